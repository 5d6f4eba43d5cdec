"""What facts and rows are called where people read of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from handraise.core.table.types import Fact

_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip


def row_words(id: str, tag: str | None = None) -> str:
    """Return what a row is called, by its place in its condition, its tag and its id.

    Example:
        >>> row_words("novelty.2", "late"), row_words("confidence.12")
        ('second novelty row “late” (novelty.2)', 'confidence row 12 (confidence.12)')
    """
    condition, _, number = id.partition(".")
    is_counted = number.isdecimal() and 0 < int(number) <= len(_ORDINALS)
    place = (
        f"{_ORDINALS[int(number) - 1]} {condition} row"
        if is_counted
        else f"{condition} row {number}"
    )
    return f"{place} “{tag}” ({id})" if tag else f"{place} ({id})"


def in_words(sentence: str, facts: Mapping[str, Fact]) -> str:
    """Return a sentence of ours with the table's facts in it as words; what is quoted stays.

    Args:
        sentence: what was said of a decision or a row.
        facts: the table's. A unit at the end of a name is left out, for it stands behind the
            number, unless another fact bears the name without it.

    Example:
        >>> late = {"days_late": Fact(id="days_late", type="number")}
        >>> in_words('days_late is 40; the type is "days_late"', late)
        'days late is 40; the type is "days_late"'
        >>> money = {"revenue_usd": Fact(id="revenue_usd", type="number", unit="USD")}
        >>> in_words("revenue_usd is 6,200 USD", money)
        'revenue is 6,200 USD'
    """
    words = {id: fact_words(fact, facts) for id, fact in facts.items() if "_" in id}
    if not words:
        return sentence
    listed = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(rf'"[^"]*"|\b(?:{listed})\b', lambda at: words.get(at[0], at[0]), sentence)


def fact_words(fact: Fact, facts: Mapping[str, Fact]) -> str:
    """Return what a fact is called; without its unit at the end, where nothing else is called so.

    Example:
        >>> fact_words(Fact(id="revenue_usd", type="number", unit="USD"), {})
        'revenue'
    """
    bare = fact.id.removesuffix(f"_{fact.unit.lower()}") if fact.unit else fact.id
    return (fact.id if bare in facts else bare).replace("_", " ")
