"""Which facts are money: by their unit, or by a part of their name."""

from __future__ import annotations

from handraise.core.table.money import CURRENCIES
from handraise.core.table.types import Fact, Table

WORDS = frozenset(
    {"ALL", "BAM", "BOB", "COP", "CUP", "GEL", "LAK", "MAD", "MOP", "PEN", "TOP", "TRY"}
)
"""Currencies that are words too: in a name they are no sign of money; as a unit they are."""

NUMBERS = frozenset({"number", "integer"})


def money_facts(table: Table) -> tuple[Fact, ...]:
    """Return the facts that are money, in the table's order.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> [fact.id for fact in money_facts(read(MISSION_TABLE).table)]
        ['revenue_usd']
    """
    return tuple(fact for fact in table.facts.values() if is_money(fact))


def is_money(fact: Fact) -> bool:
    """Whether a number's unit is a currency, or a part of its name: `revenue_usd`, `amount_eur`."""
    parts = {part.upper() for part in fact.id.split("_")}
    is_named = not parts.isdisjoint(CURRENCIES - WORDS)
    return fact.type in NUMBERS and (fact.unit.upper() in CURRENCIES or is_named)
