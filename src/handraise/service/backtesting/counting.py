"""The past counted: one query judges every decision once and gives how many of each kind.

What comes back is small: by type, label and what fired; and by day, hour and who must agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import Judged
from handraise.core.gate.sql_text import BITS
from handraise.core.table.types import Table
from handraise.service.backtesting.finding import Found
from handraise.service.backtesting.past import Past

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]
    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

MONEY = 'ABS(CASE WHEN "stake" > -1e300 AND "stake" < 1e300 THEN "stake" END)'
"""The money of a decision, without its sign; NULL where it is no usable number."""

CARRIED = ("type", "correct", "stake", "at", "handling", "id", "place")


class Counted(Struct, frozen=True, kw_only=True):
    """Decisions of one kind, kind by kind; all arrays have one value for each kind.

    Attributes:
        signals: what may have fired, in the table's order.
        types: the types there are; "" for a missing one.
        type: the place in `types`.
        right: 1 where right, 0 where wrong, -1 without a label.
        fired: what fired, shape (signals, kinds).
        decisions: how many.
        stake: the money of them all, without its sign; 0.0 where there is no column of it.
    """

    signals: tuple[str, ...]
    types: tuple[str, ...]
    type: Integers
    right: Integers
    fired: Truths
    decisions: Integers
    stake: Floats

    @property
    def stops(self) -> Truths:
        """Which kinds stop."""
        return np.asarray(self.fired.any(axis=0))

    def count(self, which: Truths) -> int:
        """Return how many decisions are of these kinds."""
        return int(self.decisions[which].sum())

    def money(self, which: Truths) -> float:
        """Return the money of these kinds."""
        return float(self.stake[which].sum())


class Timed(Struct, frozen=True, kw_only=True):
    """Decisions by hour; all arrays have one value for each day, hour and set of routes.

    Attributes:
        routes: who may have to agree.
        day: days since 1970 (UTC); -1 where it is not known.
        hour: 0 to 23 (UTC).
        asked: who must agree, shape (routes, kinds).
        stops: whether anybody must.
        decisions: how many.
    """

    routes: tuple[str, ...]
    day: Integers
    hour: Integers
    asked: Truths
    stops: Truths
    decisions: Integers


def carried_of(found: Found) -> dict[str, str]:
    """Return what each judged line takes along, as SQL by its column."""
    carried = {key: f'"{key}"' for key in CARRIED if key in found.has}
    if "stake" in carried:
        carried["stake"] = MONEY
    return carried


def judged_past(table: Table, found: Found) -> Judged:
    """Return the query that judges every decision of the past.

    Args:
        table: the table that judges.
        found: where in the past a decision stands.
    """
    return judged_by(table, found.inputs, found.source, carried_of(found))


def count(past: Past, judged: Judged, found: Found) -> tuple[Counted, Timed]:
    """Return the past counted: by kind, and by hour."""
    label = 'CASE WHEN "correct" THEN 1 WHEN NOT "correct" THEN 0 ELSE -1 END'
    right = label if "correct" in found.has else "-1"
    stake = "COALESCE(SUM(stake), 0)" if "stake" in found.has else "0"
    has_time = "at" in found.has
    day = 'CAST("at" AS DATE)' if has_time else "CAST(NULL AS DATE)"
    hour = 'CAST(EXTRACT(HOUR FROM "at") AS BIGINT)' if has_time else "0"
    masks, ways = ", ".join(judged.masks), ", ".join(judged.ways)
    query = (
        f'SELECT GROUPING("type") hr_set, "type" hr_type, hr_right, {masks}, hr_day, hr_hour, '
        f"{ways}, stops, COUNT(*) hr_n, {stake} hr_stake "
        f"FROM (SELECT *, {right} hr_right, {day} hr_day, {hour} hr_hour "
        f"FROM ({judged.query}) j) k "
        f'GROUP BY GROUPING SETS (("type", hr_right, {masks}), (hr_day, hr_hour, {ways}, stops))'
    )
    arrays = past.arrays(query)
    of_kinds = np.asarray(arrays["hr_set"]) == 0
    return _counted(judged, arrays, of_kinds), _timed(judged, arrays, ~of_kinds)


def _counted(judged: Judged, arrays: dict[str, Any], which: Truths) -> Counted:
    names = ["" if name is None else str(name) for name in plain(arrays["hr_type"][which], None)]
    types = sorted(set(names))
    places = {name: place for place, name in enumerate(types)}
    return Counted(
        signals=judged.signals,
        types=tuple(types),
        type=np.array([places[name] for name in names], dtype=np.int64),
        right=plain(arrays["hr_right"][which], -1).astype(np.int64),
        fired=unpacked(judged.signals, judged.masks, arrays, which),
        decisions=plain(arrays["hr_n"][which], 0).astype(np.int64),
        stake=plain(arrays["hr_stake"][which], 0.0).astype(np.float64),
    )


def _timed(judged: Judged, arrays: dict[str, Any], which: Truths) -> Timed:
    days = plain(arrays["hr_day"][which], np.datetime64("NaT"))
    known = ~np.isnat(days.astype("datetime64[D]"))
    day = np.where(known, days.astype("datetime64[D]").astype(np.int64), -1)
    return Timed(
        routes=judged.routes,
        day=day,
        hour=plain(arrays["hr_hour"][which], 0).astype(np.int64),
        asked=unpacked(judged.routes, judged.ways, arrays, which),
        stops=plain(arrays["stops"][which], False).astype(bool),
        decisions=plain(arrays["hr_n"][which], 0).astype(np.int64),
    )


def unpacked(
    names: Sequence[str], columns: Sequence[str], arrays: dict[str, Any], which: Truths
) -> Truths:
    """Return bits as truths, shape (names, lines)."""
    packed = [plain(arrays[column][which], 0).astype(np.int64) for column in columns]
    return np.array(
        [(packed[place // BITS] >> (place % BITS)) & 1 for place in range(len(names))], dtype=bool
    ).reshape(len(names), int(which.sum()))


def plain(array: Any, missing: Any) -> Any:
    """Return an array without a mask: what was NULL is `missing`."""
    if not isinstance(array, np.ma.MaskedArray):
        return np.asarray(array)
    if array.dtype == object:
        return np.where(np.ma.getmaskarray(array), missing, array.data)
    return array.filled(missing)


def day_text(day: int) -> str:
    """Return a day, counted since 1970, as `2026-03-31`."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(day)).isoformat()
