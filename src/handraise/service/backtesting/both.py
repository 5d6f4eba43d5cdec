"""The past read as the decisions of two tables at once, and judged by both in one query.

INVARIANT: every decision is one line, with what the older and what the newer table say of it side
by side: nothing is joined, so nothing can be matched wrongly or lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import NO_NUMBER, NO_TEXT, Inputs, Judged, fields_of
from handraise.core.gate.sql_text import identifier
from handraise.core.table.types import Table
from handraise.service.backtesting.counting import carried_of
from handraise.service.backtesting.finding import Found, Use, column_of, read_as, wanted_in
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.plan import Columns

FACT, FIELD = "fact ", "field "
NEWER = "newer "
"""Stands before the name of a column that the two tables read as different things."""

NOT_CARRIED = frozenset({"text"})


class Both(Struct, frozen=True, kw_only=True):
    """The past, read as the decisions of two tables.

    Attributes:
        found: all columns that either of them wants, read as the older one's decisions.
        newer: where in the same source a decision of the newer one stands.
        older_keys: what the older one wants, with its column in the source.
        newer_keys: what the newer one wants, with its column in the source.
    """

    found: Found
    newer: Inputs
    older_keys: dict[str, str]
    newer_keys: dict[str, str]

    @property
    def carried(self) -> dict[str, str]:
        """All columns but the customer's words, as SQL by what they are for."""
        kept = [key for key in self.found.columns if key not in NOT_CARRIED]
        more = ["familiarity"] if "familiarity" in self.found.has else []
        return {key: identifier(column_of(key)) for key in dict.fromkeys([*kept, *more])}

    def decision(self, line: dict[str, Any], *, is_newer: bool) -> dict[str, Any]:
        """Return what is on record of one decision, as one of the tables reads it.

        Args:
            line: values by the column of the source.
            is_newer: for the newer table.
        """
        keys = self.newer_keys if is_newer else self.older_keys
        return {key: line[column] for key, column in keys.items() if column in line}


class JudgedTwice(Struct, frozen=True, kw_only=True):
    """The query that judges by both tables, and how to read what it gives.

    Attributes:
        query: a SELECT; its columns are those carried, and of each table the masks, the ways, and
            whether it stops: `older_stops` and `newer_stops`.
        older: signals and routes of the older table; its columns are named as they are here.
        newer: the same of the newer one.
    """

    query: str
    older: Judged
    newer: Judged


def both_in(
    past: Past, older: Table, newer: Table, columns: Columns, *, ignore_unfamiliar: bool = False
) -> Both:
    """Return the past read as the decisions of two tables.

    Args:
        past: where the decisions lie.
        older: a table without errors.
        newer: another one; it may have other facts, and the same ones from elsewhere.
        columns: which column holds what; a fact or field needs to be known to one table alone.
        ignore_unfamiliar: whether rows `unfamiliar` need no column.

    Raises:
        InputError: a column that a row of either reads is missing, or holds something else.
    """
    first, second = (
        wanted_in(
            past, one, _known_to(one, other, columns), ignore_unfamiliar=ignore_unfamiliar
        )
        for one, other in ((older, newer), (newer, older))
    )  # fmt: skip
    there = {use.key: use for use in first}
    renamed = {use.key: _renamed(use, there) for use in second}
    more = [
        replace(use, key=renamed[use.key]) for use in second if renamed[use.key] not in there
    ]  # fmt: skip
    found = read_as(past, [*first, *more])
    shared = {key: key for key in found.columns if not key.startswith((FACT, FIELD, NEWER))}
    mine = shared | {key: key for key in there if key in found.has}
    theirs = shared | {key: column for key, column in renamed.items() if column in found.has}
    return Both(
        found=replace(found, inputs=_inputs(mine)),
        newer=_inputs(theirs),
        older_keys=mine,
        newer_keys=theirs,
    )


def _known_to(table: Table, other: Table, columns: Columns) -> Columns:
    """Return what is said of the columns, without what only the other table knows."""
    fields, their_fields = _fields(table), _fields(other)
    return replace(
        columns,
        facts={
            id: column
            for id, column in columns.facts.items()
            if id in table.facts or id not in other.facts
        },
        fields={
            id: column
            for id, column in columns.fields.items()
            if id in fields or id not in their_fields
        },
    )


def _fields(table: Table) -> set[str]:
    return {field for fact in table.facts.values() for field in fields_of(fact)}


def _renamed(use: Use, there: dict[str, Use]) -> str:
    """Return under which name a column of the newer table stands: its own, unless that is taken."""
    taken = there.get(use.key)
    same = taken is None or (taken.meant, taken.names) == (use.meant, use.names)
    return use.key if same else f"{NEWER}{use.key}"


def _inputs(keys: dict[str, str]) -> Inputs:
    """Return where a decision stands, by what each column is for."""
    sql = {key: identifier(column_of(column)) for key, column in keys.items()}
    return Inputs(
        type=sql["type"],
        action=sql.get("action", NO_TEXT),
        confidence=sql["confidence"],
        facts={key[len(FACT) :]: one for key, one in sql.items() if key.startswith(FACT)},
        fields={key[len(FIELD) :]: one for key, one in sql.items() if key.startswith(FIELD)},
        familiarity=sql.get("familiarity", NO_NUMBER),
    )


def judged_twice(
    older: Table, newer: Table, both: Both, *, whole: bool = False, ours: Iterable[str] = ()
) -> JudgedTwice:
    """Return the query that judges every decision by both tables.

    Args:
        older: the one that judges first.
        newer: the other one.
        both: the past, read for both.
        whole: whether every column is carried along, for examples; otherwise what is counted.
        ours: columns of the source to be carried beside those.
    """
    found = both.found
    through = {column_of(key): sql for key, sql in both.carried.items()}
    through |= {column: identifier(column) for column in ours}
    first = judged_by(older, found.inputs, found.source, through)
    carried = (
        dict(through)
        if whole
        else carried_of(found) | {column: through[column] for column in ours}
    )  # fmt: skip
    carried |= {f"older_{name}": name for name in (*first.masks, *first.ways, "stops")}
    second = judged_by(newer, both.newer, f"({first.query}) older", carried)
    names = {name: f"newer_{name}" for name in (*second.masks, *second.ways, "stops")}
    columns = [*map(identifier, carried), *(f"{old} {new}" for old, new in names.items())]
    return JudgedTwice(
        query=f"SELECT {', '.join(columns)} FROM ({second.query}) newer",
        older=_prefixed(first, "older"),
        newer=_prefixed(second, "newer"),
    )


def _prefixed(judged: Judged, prefix: str) -> Judged:
    def named(names: Iterable[str]) -> Iterator[str]:
        return (f"{prefix}_{name}" for name in names)

    return replace(judged, masks=tuple(named(judged.masks)), ways=tuple(named(judged.ways)))
