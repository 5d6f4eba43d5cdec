"""What became of the rows of a table: a row is the same where its meaning is, wherever it stands.

INVARIANT: with `several: first` the order decides who is asked, so any other order is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from handraise.core.table.expression import as_sentence
from handraise.core.table.sheet import clean, happening, narrowing
from handraise.core.table.types import Row, Table
from handraise.service.backtesting.sides import (
    Changed,
    change,
    exactly,
    gone,
    in_words,
    new,
    told,
    unworded,
)

NO_PARTS = ("id", "line")
"""Where a row stands: no part of what it means."""

SAID_ANYWAY = (*NO_PARTS, "condition", "kind", "to", "severity")
"""What the words of a row always say, as it is written."""

Pair = tuple[Row, Row]


def changed_rows(older: Table, newer: Table) -> Iterator[Changed]:
    """Yield what became of the rows of a table.

    Args:
        older: the table that is there.
        newer: the one that may replace it.
    """
    before, after = (
        list(dict.fromkeys(row.condition for row in one.rows)) for one in (older, newer)
    )
    both = [one for one in before if one in after]
    then = [one for one in after if one in before]
    if both != then:
        yield change("order of the conditions", ", ".join(both), ", ".join(then))
    for condition in ("confidence", "consequence", "novelty"):
        yield from _of_condition(older, newer, condition)


def _of_condition(older: Table, newer: Table, condition: str) -> Iterator[Changed]:
    before, after = (
        [row for row in one.rows if row.condition == condition] for one in (older, newer)
    )
    same = _paired(before, after, _mean_the_same)
    like = _paired(_without(before, same, 0), _without(after, same, 1), _are_alike)
    pairs = sorted([*same, *like], key=lambda pair: before.index(pair[0]))
    places = [after.index(row) for _, row in pairs]
    if places != sorted(places):
        is_all = len(same) == len(before) == len(after)
        which = "the same rows" if is_all else "the rows that both have"
        yield told(condition, f"{which} in another order")
    for row, other in like:
        yield from _changed(older, newer, row, other)
    lost, found = _without(before, pairs, 0), _without(after, pairs, 1)
    yield from (gone(f"row {row.id}", _row(older, row)) for row in lost)
    yield from (new(f"row {row.id}", _row(newer, row)) for row in found)


def _paired(
    rows: Sequence[Row], others: Sequence[Row], belong: Callable[[Row, Row], bool]
) -> list[Pair]:
    """Return which row belongs to which other one, each to no more than one."""
    left, found = list(others), []
    for row in rows:
        other = next((one for one in left if belong(row, one)), None)
        if other is not None:
            left.remove(other)
            found.append((row, other))
    return found


def _without(rows: Sequence[Row], pairs: Sequence[Pair], side: int) -> list[Row]:
    paired = [pair[side] for pair in pairs]
    return [row for row in rows if row not in paired]


def _mean_the_same(row: Row, other: Row) -> bool:
    return not _differing(row, other)


def _are_alike(row: Row, other: Row) -> bool:
    """Return whether one row is the other with something changed: no more than two parts of it."""
    return row.kind == other.kind and len(_differing(row, other)) <= 2


def _differing(row: Row, other: Row) -> list[str]:
    parts = [one for one in row.__struct_fields__ if one not in NO_PARTS]
    return [one for one in parts if exactly(getattr(row, one)) != exactly(getattr(other, one))]


def _changed(older: Table, newer: Table, row: Row, other: Row) -> Iterator[Changed]:
    what = f"row {row.id}"
    before, after = _row(older, row, other), _row(newer, other, row)
    if before != after:
        yield change(what, before, after)
    yield from unworded(what, row, other, lambda one: _row(older, one), apart=SAID_ANYWAY)


def _row(table: Table, row: Row, other: Row | None = None) -> str:
    """Return a row in words; beside another one, only what is worth telling them apart."""
    parts = [_happening(table, row), *narrowing(row)]
    told_apart = other is None or row.to != other.to
    where = f", to {row.to}" if told_apart else ""
    marks = [
        f"{what} “{in_words(word)}”"
        for what, word, beside in (
            ("marked", row.tag or "", other.tag or "" if other else ""),
            ("called", row.name, other.name if other else ""),
        )
        if word and (other is None or word != beside)
    ]
    return ", ".join([*parts, *marks]) + where


def _happening(table: Table, row: Row) -> str:
    if row.when is None:
        return clean(happening(table, row))
    units = {fact.id: in_words(fact.unit) for fact in table.facts.values() if fact.unit.strip()}
    return in_words(as_sentence(row.when, units))
