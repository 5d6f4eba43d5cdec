"""What drives a rate away from its promise, and which changes are one and the same.

A promise holds counts of each series and not of their combinations: where one is needed, a series
is taken to be as frequent among some decisions as it was promised to be among all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.budget import ALL
from handraise.core.monitor.series import (
    CONDITION,
    OF_SYSTEM,
    ROUTE,
    ROW,
    TYPE,
    Counts,
    Kind,
    fed_by,
)
from handraise.core.table.types import Table

Direction = Literal["more", "less"]

HALF = 0.5
"""A series explains another from this share of its excess on."""

NEARLY_ALL = 0.9
"""What makes this share of the excess of all decisions is the cause of it, and no part."""

_ORDER = (ALL, ROW, CONDITION, ROUTE, TYPE)


class Driver(Struct, frozen=True, kw_only=True):
    """What a row or a type contributes to a change.

    Attributes:
        series: which.
        stopped: how many decisions it stopped.
        decisions: of how many: of all, or of the type's.
        promised: the share of them that was promised.
        excess: how many more that is than promised; fewer if negative.
        more_of: for a type: how many more stop because another share of all decisions is of it,
            by what was promised; fewer if negative.
        share: for a type: which share of all decisions is of it.
        promised_share: and which share was.
    """

    series: str
    stopped: int
    decisions: int
    promised: float
    excess: float
    more_of: float = 0.0
    share: float = 1.0
    promised_share: float = 1.0

    @property
    def whole(self) -> float:
        """Both together."""
        return self.excess + self.more_of


class Stretch:
    """The decisions of some time, held against a promise."""

    def __init__(self, kinds: Iterable[Kind], table: Table, promised: Mapping[str, Counts]) -> None:
        """Sort what is there.

        Args:
            kinds: decisions, counted by type and rows.
            table: the version that judged them.
            promised: of each series, how many stopped of how many.
        """
        rows = {row.id: row for row in table.rows}
        self._promised = promised
        self._fed = [
            (f"{TYPE} {one.type}", fed_by(one.type, one.rows, rows, table.several), one.count)
            for one in kinds
            if OF_SYSTEM.isdisjoint(one.rows)
        ]

    def decisions(self, series: str = ALL) -> int:
        """Return how many decisions a series looks at: all, or those of a type."""
        is_type = series.startswith(f"{TYPE} ")
        return sum(count for type, _, count in self._fed if not is_type or type == series)

    def stopped(self, series: str, also: str = ALL) -> int:
        """Return how many decisions stop in a series, and in another one too."""
        return sum(count for _, fed, count in self._fed if series in fed and also in fed)

    def rate(self, series: str) -> float:
        """Return the promised share of a series."""
        stopped, decisions = self._promised[series]
        return stopped / decisions

    def excess(self, series: str) -> float:
        """Return how many more decisions stop in a series than promised; fewer if negative."""
        return self.stopped(series) - self.rate(series) * self.decisions(series)

    def explains(self, one: str, other: str, direction: Direction) -> bool:
        """Whether a change in one series is at least half of the change in another.

        Args:
            one: may be the cause; the rate of all decisions is one of everything.
            other: may be explained by it.
            direction: of both.
        """
        if one == ALL:
            return True
        among = other if other.startswith(f"{TYPE} ") else one
        both = self.stopped(one, other) - self.rate(one) * self.decisions(among)
        sign = 1 if direction == "more" else -1
        return sign * both >= HALF * sign * self.excess(other)

    def is_part(self, series: str, direction: Direction) -> bool:
        """Whether a change of all decisions is more than that of one series."""
        sign = 1 if direction == "more" else -1
        whole = sign * self.excess(ALL)
        return whole > 0 and sign * self.excess(series) < NEARLY_ALL * whole

    def drivers(self, kind: str, direction: Direction) -> list[Driver]:
        """Return the rows, or the types, that drive a change, the strongest first.

        Args:
            kind: `row` or `type`.
            direction: of the change.
        """
        sign = 1 if direction == "more" else -1
        found = [self._driver(one) for one in self._promised if one.startswith(f"{kind} ")]
        driving = [one for one in found if sign * one.whole > 0]
        return sorted(driving, key=lambda one: (-sign * one.whole, one.series))

    def _driver(self, series: str) -> Driver:
        stopped, decisions, whole = self.stopped(series), self.decisions(series), self.decisions()
        rate = self.rate(series)
        found = Driver(
            series=series,
            stopped=stopped,
            decisions=decisions,
            promised=rate,
            excess=stopped - rate * decisions,
        )
        if not whole or not series.startswith(f"{TYPE} "):
            return found
        share = self._promised[series][1] / self._promised[ALL][1]
        return replace(
            found,
            more_of=(decisions - share * whole) * (rate - self.rate(ALL)),
            share=decisions / whole,
            promised_share=share,
        )


def headlines(
    found: Sequence[tuple[str, Direction]],
    heads: Sequence[tuple[str, Direction]],
    stretch: Stretch,
    *,
    turning: bool = False,
) -> dict[str, str]:
    """Return under which headline each series is told of whose change was found just now.

    What a headline explains is a line of it and no story of its own; what none explains is a new
    headline. So one cause is one story, and keeps the name under which it was first told.

    Args:
        found: the series and their directions, in the order in which they may become headlines.
        heads: the headlines there are already, the oldest first.
        stretch: the decisions since the first of these changes.
        turning: whether the rate of all decisions has a change of the other direction that is not
            over yet, so that it cannot be among those found: it is the headline all the same of
            what makes only a part of how far it went this way since.
    """
    known = list(heads)
    told: dict[str, str] = {}
    for series, direction in found:
        explaining = (
            head
            for head, way in known
            if way == direction and stretch.explains(head, series, direction)
        )
        head = next(explaining, series)
        if head == series and turning and stretch.is_part(series, direction):
            head = ALL
            known.append((ALL, direction))
        told[series] = head
        if head == series:
            known.append((series, direction))
    return told


def in_order(series: Iterable[str]) -> list[str]:
    """Return series, those that hold more decisions first: all, rows, conditions, routes, types."""
    return sorted(series, key=lambda one: (_ORDER.index(one.partition(" ")[0]), one))
