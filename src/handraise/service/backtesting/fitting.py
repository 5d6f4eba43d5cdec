"""What people are asked a day at each threshold that a confidence row might have, counted once.

A decision meets a row `below` in one of three ways, whatever its threshold is: never, always, or
while its confidence is below it. So the table judges twice: with the row asleep and with the row
awake for everything. What lies between is a sum over confidence.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.confidence.mapping import calibrated
from handraise.core.gate.sql_inputs import Judged
from handraise.core.gate.sql_text import double
from handraise.core.table.types import Row, Table
from handraise.errors import InputError
from handraise.service.backtesting.both import Both, judged_twice
from handraise.service.backtesting.changed import days_since_1970
from handraise.service.backtesting.counting import plain, unpacked
from handraise.service.backtesting.differing import asks_of
from handraise.service.backtesting.past import Past

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

MOST_SCORES = 5_000
"""With more distinct scores than this, they are looked at in steps."""
STEPS = 1_000
MOST_CELLS = 10_000_000
"""No more days times thresholds are looked at at once."""
AT = "a budget is asks a day: --at COLUMN names the column with the time of each decision"
ASLEEP, AWAKE = 0.0, 2.0
"""Thresholds of a row that no usable confidence is below, and that all are."""


class Sums(Struct, frozen=True, kw_only=True):
    """Decisions by day, people and confidence; the arrays have one value for each line.

    Attributes:
        thresholds: those that make a difference, rising, as rows read them; shape (m,).
        exact: whether they are all scores there are; otherwise steps of 1/1,000.
        days: how many days the past has, from the first to the last.
        first: the first of them, in days since 1970.
        day: the place of the day, from 0.
        rank: from which threshold on it meets the row: below `thresholds[rank]` it does not; m
            where the row makes no difference to it.
        asleep: asks by route without the row, shape (routes, lines).
        awake: asks by route with it, shape (routes, lines).
        decisions: how many.
        routes: the routes.
    """

    thresholds: Floats
    exact: bool
    days: int
    first: int
    day: Integers
    rank: Integers
    asleep: Integers
    awake: Integers
    decisions: Integers
    routes: tuple[str, ...]

    def asks(self, routes: tuple[str, ...]) -> Integers:
        """Return how many asks these routes get together.

        Returns:
            Shape (days, m): by day, at each threshold.
        """
        which = [place for place, route in enumerate(self.routes) if route in routes]
        size = len(self.thresholds)
        asleep, awake = (
            one[which].sum(axis=0) * self.decisions for one in (self.asleep, self.awake)
        )
        base = np.bincount(self.day, asleep, self.days).astype(np.int64)
        more = np.zeros((self.days, size + 1), dtype=np.int32)
        met = self.rank < size - 1
        np.add.at(more, (self.day[met], self.rank[met] + 1), (awake - asleep)[met])
        return base[:, None] + np.cumsum(more[:, :size], axis=1, dtype=np.int64)

    def asks_without(self, route: str) -> Integers:
        """Return how many asks a route gets each day without the row, shape (days,)."""
        which = [place for place, one in enumerate(self.routes) if one == route]
        asks = self.asleep[which].sum(axis=0) * self.decisions
        return np.bincount(self.day, asks, self.days).astype(np.int64)

    def place_of(self, threshold: float) -> int:
        """Return the place of the first threshold that stops as much as this one does."""
        return min(int(np.searchsorted(self.thresholds, threshold)), len(self.thresholds) - 1)


def with_threshold(table: Table, row: Row, below: float) -> Table:
    """Return a table with another threshold in one of its confidence rows."""
    rows = tuple(replace(one, below=below) if one.id == row.id else one for one in table.rows)
    return replace(table, rows=rows)


def sums_of(past: Past, both: Both, table: Table, row: Row) -> Sums:
    """Return what people are asked at each threshold of a row.

    Args:
        past: where the decisions lie.
        both: the past, read for this table twice.
        table: a table without errors.
        row: its row with one threshold.

    Raises:
        InputError: no decision says when it was, or none has a usable confidence.
    """
    if "at" not in both.found.has:
        raise InputError(f"{', '.join(past.sources)}: has no times", AT)
    asleep, awake = (with_threshold(table, row, one) for one in (ASLEEP, AWAKE))
    judged = judged_twice(asleep, awake, both, ours=("confidence",))
    usable = 'CASE WHEN "confidence" >= 0 AND "confidence" <= 1 THEN "confidence" END'
    source = f'(SELECT *, CAST("at" AS DATE) hr_day, {usable} hr_score FROM ({judged.query}) j) k'
    days, exact = _extent(past, source)
    score = "hr_score" if exact else f"FLOOR(hr_score * {double(STEPS)}) / {double(STEPS)}"
    ways = list(zip(judged.older.ways, judged.newer.ways, strict=True))
    differs = " OR ".join(f"{one} <> {other}" for one, other in ways)
    grouped = ", ".join(["hr_day", *(name for pair in ways for name in pair), "hr_met"])
    arrays = past.arrays(
        f"SELECT {grouped}, COUNT(*) hr_n FROM "
        f"(SELECT *, CASE WHEN {differs} THEN {score} END hr_met FROM {source} "
        f"WHERE hr_day IS NOT NULL) m GROUP BY {grouped}"
    )
    day = days_since_1970(arrays["hr_day"])
    thresholds, rank = _ranked(table, plain(arrays["hr_met"], math.nan).astype(np.float64))
    return Sums(
        thresholds=thresholds,
        exact=exact,
        days=days,
        first=int(day.min()),
        day=day - int(day.min()),
        rank=rank,
        asleep=_asks(table, judged.older, arrays),
        awake=_asks(table, judged.newer, arrays),
        decisions=plain(arrays["hr_n"], 0).astype(np.int64),
        routes=judged.older.routes,
    )


def _extent(past: Past, source: str) -> tuple[int, bool]:
    """Return how many days the past has, and whether every score can be looked at by itself."""
    what = "COUNT(DISTINCT hr_score) n, MIN(hr_day) f, MAX(hr_day) l"
    ((scores, first, last),) = past.lines(f"SELECT {what} FROM {source}")
    if first is None:
        raise InputError(f"{', '.join(past.sources)}: no decision says when it was", AT)
    days = (last - first).days + 1
    if days * STEPS > MOST_CELLS:
        raise InputError(
            f"{', '.join(past.sources)}: goes over {days:,} days, from {first} to {last}",
            "is a time in it wrong? try it on a part",
        )
    return days, scores <= MOST_SCORES and days * scores <= MOST_CELLS


def _asks(table: Table, judged: Judged, arrays: dict[str, Any]) -> Integers:
    """Return how many asks each route gets of each line, shape (routes, lines)."""
    every = np.ones(len(arrays["hr_n"]), dtype=bool)
    asked = unpacked(judged.routes, judged.ways, arrays, every)
    each = [asks_of(table, judged.routes, asked, (route,)) for route in judged.routes]
    return np.array(each, dtype=np.int64).reshape(asked.shape)


def _ranked(table: Table, met: Floats) -> tuple[Floats, Integers]:
    """Return the thresholds that make a difference, and which of them each line is at.

    Args:
        table: says whether rows read a calibrated confidence.
        met: the stated confidence of each line; NaN where the row makes no difference.
    """
    known = ~np.isnan(met)
    stated = np.unique(met[known])
    map = table.calibration.map if table.calibration is not None else None
    read = stated if map is None else np.array([calibrated(map, float(one)) for one in stated])
    if not len(read) or read[-1] < 1.0:
        read = np.append(read, 1.0)
    rank = np.full(len(met), len(read), dtype=np.int64)
    rank[known] = np.searchsorted(stated, met[known])
    return read, rank
