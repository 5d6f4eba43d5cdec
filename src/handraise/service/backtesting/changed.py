"""The past counted by two tables: one query gives how many decisions of each kind there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from handraise.service.backtesting.both import Both, JudgedTwice
from handraise.service.backtesting.counting import plain, unpacked
from handraise.service.backtesting.looking import usable_handling
from handraise.service.backtesting.past import Past

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]
    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]


class Kinds(Struct, frozen=True, kw_only=True):
    """Decisions of one kind, kind by kind; all arrays have one value for each kind.

    Attributes:
        types: the types there are; "" for a missing one.
        type: the place in `types`.
        right: 1 where right, 0 where wrong, -1 without a label.
        older_fired: what fired by the older table, shape (signals, kinds).
        newer_fired: the same by the newer one.
        older_asked: who must agree by the older table, shape (routes, kinds).
        newer_asked: the same by the newer one.
        decisions: how many.
        stake: the money of them all, without its sign; 0.0 where there is no column of it.
        minutes: the work on them all that was measured.
        measured: of how many it was measured.
    """

    types: tuple[str, ...]
    type: Integers
    right: Integers
    older_fired: Truths
    newer_fired: Truths
    older_asked: Truths
    newer_asked: Truths
    decisions: Integers
    stake: Floats
    minutes: Floats
    measured: Integers

    @property
    def older_stops(self) -> Truths:
        """Which kinds stop by the older table."""
        return np.asarray(self.older_fired.any(axis=0))

    @property
    def newer_stops(self) -> Truths:
        """Which kinds stop by the newer table."""
        return np.asarray(self.newer_fired.any(axis=0))

    def count(self, which: Truths) -> int:
        """Return how many decisions are of these kinds."""
        return int(self.decisions[which].sum())

    def money(self, which: Truths) -> float:
        """Return the money of these kinds."""
        return float(self.stake[which].sum())


class Days(Struct, frozen=True, kw_only=True):
    """Decisions by day; all arrays have one value for each day and both sets of routes.

    Attributes:
        day: days since 1970 (UTC); -1 where it is not known.
        older_asked: who must agree by the older table, shape (routes, lines).
        newer_asked: the same by the newer one.
        decisions: how many.
    """

    day: Integers
    older_asked: Truths
    newer_asked: Truths
    decisions: Integers


def counted_twice(past: Past, judged: JudgedTwice, both: Both) -> tuple[Kinds, Days]:
    """Return the past counted by both tables: by kind, and by day."""
    has = both.found.has
    label = 'CASE WHEN "correct" THEN 1 WHEN NOT "correct" THEN 0 ELSE -1 END'
    right = label if "correct" in has else "-1"
    day = 'CAST("at" AS DATE)' if "at" in has else "CAST(NULL AS DATE)"
    work = usable_handling() if "handling" in has else "CAST(NULL AS DOUBLE)"
    stake = "COALESCE(SUM(stake), 0)" if "stake" in has else "0"
    ways = ", ".join([*judged.older.ways, *judged.newer.ways])
    kinds = ", ".join(['"type"', "hr_right", *judged.older.masks, *judged.newer.masks, ways])
    query = (
        f'SELECT GROUPING("type") hr_set, "type" hr_type, hr_right, '
        f"{', '.join([*judged.older.masks, *judged.newer.masks, ways])}, hr_day, "
        f"COUNT(*) hr_n, {stake} hr_stake, COALESCE(SUM(hr_work), 0) hr_minutes, "
        "COUNT(hr_work) hr_measured "
        f"FROM (SELECT *, {right} hr_right, {day} hr_day, {work} hr_work "
        f"FROM ({judged.query}) j) k "
        f"GROUP BY GROUPING SETS (({kinds}), (hr_day, {ways}))"
    )
    arrays = past.arrays(query)
    of_kinds = np.asarray(arrays["hr_set"]) == 0
    return _kinds(judged, arrays, of_kinds), _days(judged, arrays, ~of_kinds)


def _kinds(judged: JudgedTwice, arrays: dict[str, Any], which: Truths) -> Kinds:
    named = ["" if name is None else str(name) for name in plain(arrays["hr_type"][which], None)]
    types = sorted(set(named))
    places = {name: place for place, name in enumerate(types)}
    older, newer = judged.older, judged.newer
    return Kinds(
        types=tuple(types),
        type=np.array([places[name] for name in named], dtype=np.int64),
        right=plain(arrays["hr_right"][which], -1).astype(np.int64),
        older_fired=unpacked(older.signals, older.masks, arrays, which),
        newer_fired=unpacked(newer.signals, newer.masks, arrays, which),
        older_asked=unpacked(older.routes, older.ways, arrays, which),
        newer_asked=unpacked(newer.routes, newer.ways, arrays, which),
        decisions=plain(arrays["hr_n"][which], 0).astype(np.int64),
        stake=plain(arrays["hr_stake"][which], 0.0).astype(np.float64),
        minutes=plain(arrays["hr_minutes"][which], 0.0).astype(np.float64),
        measured=plain(arrays["hr_measured"][which], 0).astype(np.int64),
    )


def _days(judged: JudgedTwice, arrays: dict[str, Any], which: Truths) -> Days:
    older, newer = judged.older, judged.newer
    return Days(
        day=days_since_1970(arrays["hr_day"][which]),
        older_asked=unpacked(older.routes, older.ways, arrays, which),
        newer_asked=unpacked(newer.routes, newer.ways, arrays, which),
        decisions=plain(arrays["hr_n"][which], 0).astype(np.int64),
    )


def days_since_1970(dates: Any) -> Integers:
    """Return dates as days since 1970; -1 where there is none.

    Args:
        dates: an array of days, masked where there is none.
    """
    days = plain(dates, np.datetime64("NaT")).astype("datetime64[D]")
    return np.where(np.isnat(days), -1, days.astype(np.int64))
