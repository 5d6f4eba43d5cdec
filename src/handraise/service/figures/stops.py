"""How often an agent stopped, over time and by what made it stop.

What the system itself raised (a fault, a stall, a version that is not ready) is counted apart, as a
promise does: it says nothing of the table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handraise.core.monitor.series import OF_SYSTEM, Kind, fed_by
from handraise.core.table.types import Table
from handraise.service.figures.periods import Stretch

CONDITION, ROW, ROUTE, TYPE = "condition", "row", "route", "type"

Hourly = tuple[datetime, str, tuple[str, ...], int]
"""When an hour began, the version that judged, the rows that fired, and how many decisions."""

Stopped = tuple[int, int]
"""How many decisions stopped, and of how many."""


class Stops(Struct, frozen=True, kw_only=True):
    """How often an agent stopped.

    Attributes:
        over_time: of each stretch, how many decisions stopped, and of how many.
        by: for `condition`, `row`, `route` and `type`, by name: how many stopped, and of how many;
            what stopped most first. Rows and types are of the version in force alone: another may
            mean something else by the name.
        of_system: how many decisions stopped for what the system raised; in nothing else here.
    """

    over_time: tuple[Stopped, ...]
    by: Mapping[str, Mapping[str, Stopped]]
    of_system: int

    @property
    def stopped(self) -> int:
        """How many stopped."""
        return sum(count for count, _ in self.over_time)

    @property
    def decisions(self) -> int:
        """How many decisions there were."""
        return sum(count for _, count in self.over_time)


def stops_of(
    hourly: Iterable[Hourly],
    kinds: Iterable[Kind],
    stretches: Sequence[Stretch],
    tables: Mapping[str, Table],
    current: str,
) -> Stops:
    """Return how often an agent stopped.

    An hour counts in the stretch in which it begins: in a zone that is half an hour off, a day is
    counted from the half hour on.

    Args:
        hourly: what was counted in the stretches.
        kinds: what the version in force judged in the stretches, by type.
        stretches: oldest first, at least one.
        tables: the versions that judged, by version; of one that cannot be read any more, routes
            are not known.
        current: the version in force.
    """
    starts = [one.starts_at for one in stretches]
    stopped, decisions = [0] * len(starts), [0] * len(starts)
    found: Counter[str] = Counter()
    of_system = of_current = 0
    for hour, version, fired, count in hourly:
        if not OF_SYSTEM.isdisjoint(fired):
            of_system += count
            continue
        at = bisect_right(starts, hour) - 1
        decisions[at] += count
        stopped[at] += count if fired else 0
        of_current += count if version == current else 0
        for name in _series(fired, tables.get(version)):
            if version == current or not name.startswith(f"{ROW} "):
                found[name] += count
    whole = sum(decisions)
    return Stops(
        over_time=tuple(zip(stopped, decisions, strict=True)),
        by={
            CONDITION: _sorted(_named(CONDITION, found, whole)),
            ROW: _sorted(_named(ROW, found, of_current)),
            ROUTE: _sorted(_named(ROUTE, found, whole)),
            TYPE: _sorted(_by_type(kinds)),
        },
        of_system=of_system,
    )


def _series(fired: tuple[str, ...], table: Table | None) -> set[str]:
    if table is None:
        return {f"{CONDITION} {row.partition('.')[0]}" for row in fired}
    return fed_by("", fired, {row.id: row for row in table.rows}, table.several)


def _named(kind: str, found: Counter[str], of: int) -> dict[str, Stopped]:
    first = f"{kind} "
    return {
        series.removeprefix(first): (count, of)
        for series, count in found.items()
        if series.startswith(first)
    }


def _by_type(kinds: Iterable[Kind]) -> dict[str, Stopped]:
    counts: dict[str, Stopped] = {}
    for kind in kinds:
        if OF_SYSTEM.isdisjoint(kind.rows):
            stopped, decisions = counts.get(kind.type, (0, 0))
            counts[kind.type] = stopped + (kind.count if kind.rows else 0), decisions + kind.count
    return counts


def _sorted(counts: dict[str, Stopped]) -> dict[str, Stopped]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1][0], -one[1][1], one[0])))
