"""The series that a promise can be held against: all decisions, each row, condition, route, type.

One decision feeds several of them. What the system itself raised (a fault, a stall, a version that
is not ready) is no part of a promise: such decisions are left out of every series, so that they
neither raise a rate nor thin it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from handraise.core.monitor.budget import ALL
from handraise.core.table.types import Row, Table
from handraise.model import OWNER, Promise

ROW, CONDITION, ROUTE, TYPE = "row", "condition", "route", "type"
"""The first words of a series that is not `all`."""

OF_SYSTEM = frozenset({"fault", "stall", "not_ready"})
"""What the system itself raises; it stands among the rows that fired."""

Counts = tuple[int, int]
"""How many stopped, and of how many decisions."""


class Kind(Struct, frozen=True):
    """Decisions of one kind.

    Attributes:
        type: the situation type, or `(unknown)`; empty where it was not usable.
        rows: the rows that fired, in the table's order; empty for those that went ahead.
        count: how many there are.
    """

    type: str
    rows: tuple[str, ...]
    count: int


def promised_counts(promise: Promise, table: Table) -> dict[str, Counts]:
    """Return what was promised of each series, as counts of the past.

    Args:
        promise: of exactly this version.
        table: the version; types that it does not know are no series.
    """
    found = {ALL: (promise.stopped, promise.decisions)}
    for first, counts in (
        (ROW, promise.rows),
        (CONDITION, promise.conditions),
        (ROUTE, promise.routes),
    ):
        for name, stopped in counts.items():
            found[f"{first} {name}"] = (stopped, promise.decisions)
    known = frozenset(table.known.types)
    for name, (decisions, stopped) in promise.types.items():
        if name in known and decisions:
            found[f"{TYPE} {name}"] = (stopped, decisions)
    return found


def counts_by_series(
    kinds: Iterable[Kind], table: Table, series: Iterable[str]
) -> dict[str, Counts]:
    """Return how many stopped of how many, for each series.

    Args:
        kinds: decisions, counted by type and rows.
        table: the version that judged them.
        series: their names; a type that is none of them counts in the others only.
    """
    rows = {row.id: row for row in table.rows}
    decisions, by_type = 0, dict[str, int]()
    stopped = dict.fromkeys(series, 0)
    for kind in kinds:
        if not OF_SYSTEM.isdisjoint(kind.rows):
            continue
        of_type = f"{TYPE} {kind.type}"
        decisions += kind.count
        by_type[of_type] = by_type.get(of_type, 0) + kind.count
        for name in fed_by(kind.type, kind.rows, rows, table.several):
            if name in stopped:
                stopped[name] += kind.count
    return {
        name: (count, by_type.get(name, 0) if name.startswith(f"{TYPE} ") else decisions)
        for name, count in stopped.items()
    }


def fed_by(type: str, fired: tuple[str, ...], rows: Mapping[str, Row], several: str) -> set[str]:
    """Return the series in which a decision counts as stopped; empty where it went ahead.

    Args:
        type: its type.
        fired: the rows that fired, in the table's order; the name of a condition stands for what
            it raises where none of its rows looked, which goes to the owner.
        rows: the table's, by id.
        several: whether `every` route of them is asked, or the `first` row's.
    """
    if not fired:
        return set()
    found = {ALL, f"{TYPE} {type}"}
    is_asked = True
    for name in fired:
        row = rows.get(name)
        found |= {f"{ROW} {name}", f"{CONDITION} {row.condition if row else name}"}
        if row is None:
            found.add(f"{ROUTE} {OWNER}")
        elif is_asked:
            found.add(f"{ROUTE} {row.to}")
            is_asked = several == "every"
    return found
