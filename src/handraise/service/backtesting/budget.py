"""Which threshold leaves people with no more than they can answer, and what it lets through.

INVARIANT: nothing is written, and a threshold below the promised one is never offered in silence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from handraise.core.capacity.limits import largest_rate
from handraise.core.table.build import CALIBRATION
from handraise.core.table.digest import version_of
from handraise.core.table.types import Row, Table
from handraise.core.table.units import percent_text
from handraise.core.table.wording import number_text
from handraise.errors import InputError
from handraise.service.backtesting.both import Both
from handraise.service.backtesting.comparison import Comparison
from handraise.service.backtesting.counting import day_text
from handraise.service.backtesting.difference import ByType, Difference
from handraise.service.backtesting.differing import difference
from handraise.service.backtesting.fit import Fit, Level, Unlooked, Without
from handraise.service.backtesting.fitting import Sums, sums_of, with_threshold
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.pools import (
    Budget,
    Pool,
    allowed_days,
    chance_over,
    highest_by_chance,
    highest_by_days,
    needed_for,
    pools_of,
    shortest_between,
    variation_of,
)
from handraise.service.reading.calibration import read_file

if TYPE_CHECKING:
    from handraise.service.backtesting.fitting import Integers

DAYS_OVER = 0.05
"""On which share of days people may be asked more than they take, unless it is said."""


def fitted(
    past: Past,
    both: Both,
    table: Table,
    row: Row,
    budget: Budget,
    plan: Comparison,
    *,
    days_over: float = DAYS_OVER,
) -> Fit:
    """Return the highest threshold of a row that leaves people with no more than they take.

    Args:
        past: where the decisions lie.
        both: the past, read for this table twice.
        table: a table without errors.
        row: its row with one threshold; see `row_of`.
        budget: what people take.
        plan: for the table's place, and for how many examples are shown.
        days_over: on which share of days it may be more, in (0, 1).

    Raises:
        InputError: the past has no times, no decision, or cannot be read.
    """
    sums = sums_of(past, both, table, row)
    pools = pools_of(table, row, budget, sums.routes)
    loads = [sums.asks(pool.routes) for pool in pools]
    by_days, by_chance = _highest(pools, loads, days_over)
    highest = [min(pair) for pair in zip(by_days, by_chance, strict=True)]
    best, present = min(highest), sums.place_of(row.below or 0.0)
    threshold = _threshold(sums, best)
    needed = [needed_for(one[:, present], days_over) for one in loads]
    found = _difference(past, both, table, row, threshold, plan)
    own, at_best = loads[0], loads[0][:, max(best, 0)]
    promise, keeps = promise_at(plan.older, table, row, threshold)
    unlooked, lost_as = unlooked_of(found)
    return Fit(
        table=str(plan.older),
        row=row.id,
        line=row.line,
        route=row.to,
        budget=budget.text,
        each_a_day=budget.a_day if budget.is_each else None,
        people=table.route_people(row.to),
        capacity=pools[0].capacity,
        days=sums.days,
        decisions_a_day=float(sums.decisions.sum() / sums.days),
        days_over=days_over,
        is_exact=sums.exact,
        threshold=threshold,
        by_days=_threshold(sums, min(by_days)),
        by_chance=_threshold(sums, min(by_chance)),
        tight=pools[highest.index(best)].routes if best < len(sums.thresholds) - 1 else (),
        largest_share=_largest_share(sums, at_best, pools[0], days_over),
        variation=variation_of(at_best),
        present=_level(own[:, present], row.below or 0.0, pools[0]),
        fitting=None if threshold is None else _level(at_best, threshold, pools[0]),
        needed=needed[0],
        more_people=_more_people(pools, needed, budget),
        without=tuple(
            _without(sums, table, row, budget, route, days_over) for route in sums.routes
        ),
        promise=promise,
        keeps_promise=keeps,
        unlooked=unlooked,
        lost_as=lost_as,
        difference=found,
    )


def _highest(
    pools: Sequence[Pool], loads: Sequence[Integers], days_over: float
) -> tuple[list[int], list[int]]:
    """Return the place of the highest threshold for each pool: by the past, and by chance."""
    by_days, by_chance = [], []
    for pool, one in zip(pools, loads, strict=True):
        by_days.append(highest_by_days(one, pool.capacity, days_over))
        by_chance.append(highest_by_chance(one, pool.capacity, days_over))
    return by_days, by_chance


def row_of(path: Path, table: Table, named: str | None) -> Row:
    """Return the row whose threshold is looked for.

    Args:
        path: the table's file, for errors.
        table: the table.
        named: its id; None where there is only one that can be meant.

    Raises:
        InputError: there is no such row, several, or it has no one threshold.
    """
    rows = [row for row in table.rows if row.kind == "below"]
    listed = ", ".join(f"{row.id} (line {row.line})" for row in rows)
    if named is not None:
        rows = [row for row in rows if row.id == named]
        if not rows:
            raise InputError(f'{path}: has no confidence row "{named}"', f"it has {listed}")
    whole = [row for row in rows if not row.for_types and not row.for_actions]
    one = whole if len(whole) == 1 else rows
    if len(one) > 1:
        raise InputError(f"{path}: has several confidence rows: {listed}", "--row names one")
    if one[0].below is None or one[0].below_by_type:
        raise InputError(
            f"{path}:{one[0].line}: {one[0].id} has a threshold for each type, and a budget is for "
            "one",
            "give the row one threshold, or a type a row of its own (for: {type: [...]})",
        )
    return one[0]


def _threshold(sums: Sums, place: int) -> float | None:
    """Return the threshold at a place, in few digits; None where no threshold above 0 is there."""
    if place < 0:
        return None
    low = float(sums.thresholds[place - 1]) if place else 0.0
    high = float(sums.thresholds[place])
    return shortest_between(low, high) if high > 0 else None


def _difference(
    past: Past, both: Both, table: Table, row: Row, threshold: float | None, plan: Comparison
) -> Difference | None:
    """Return what changes with a threshold; None where nothing does."""
    if threshold is None or threshold == row.below:
        return None
    newer = with_threshold(table, row, threshold)
    newer = replace(newer, version=version_of(newer))
    named = Path(f"{plan.older} with below: {number_text(threshold)}")
    return difference(past, both, table, newer, replace(plan, newer=named))


def _level(loads: Integers, threshold: float, pool: Pool) -> Level:
    return Level(
        threshold=threshold,
        a_day=float(loads.mean()),
        busiest_asks=int(loads.max()),
        days_over=int((loads > pool.capacity).sum()),
        chance_over=chance_over(loads, pool.capacity),
    )


def _largest_share(sums: Sums, loads: Integers, pool: Pool, days_over: float) -> float:
    a_day = float(sums.decisions.sum() / sums.days)
    return largest_rate(pool.capacity, a_day, days_over, variation=variation_of(loads))


def _more_people(pools: tuple[Pool, ...], needed: list[int], budget: Budget) -> int | None:
    if not budget.is_each:
        return None
    missing = max(need - pool.capacity for need, pool in zip(needed, pools, strict=True))
    return max(math.ceil(missing / budget.a_day), 0)


def _without(
    sums: Sums, table: Table, row: Row, budget: Budget, route: str, days_over: float
) -> Without:
    loads = sums.asks_without(route)
    capacity = budget.a_day * len(table.route_people(route)) if budget.is_each else None
    if not budget.is_each and route == row.to:
        capacity = budget.a_day
    over = 0 if capacity is None else int((loads > capacity).sum())
    busiest = int(loads.argmax())
    is_rare = capacity is None or chance_over(loads, capacity) <= days_over
    return Without(
        route=route,
        capacity=capacity,
        a_day=float(loads.mean()),
        busiest=day_text(sums.first + busiest),
        busiest_asks=int(loads[busiest]),
        days_over=over,
        fits=over <= allowed_days(sums.days, days_over) and is_rare,
    )


def promise_at(
    path: Path, table: Table, row: Row, threshold: float | None
) -> tuple[str, bool | None]:
    """Return what a threshold means for what was promised, and whether that is kept.

    Args:
        path: the table's file: a calibration may lie beside it.
        table: may name a calibration.
        row: whose threshold it is; of a row for some decisions only, nothing is promised.
        threshold: the one looked at; None for none.

    Returns:
        A sentence, and None where nothing was promised.
    """
    named = table.calibration
    place = path.parent / (named.file if named is not None else CALIBRATION)
    if named is None and not place.is_file():
        return "nothing is promised here: `handraise calibrate` says which threshold can be", None
    try:
        file = read_file(place)
    except InputError as error:
        return f"what was promised cannot be read: {error.message}", None
    kept = file.overall
    if row.for_types or row.for_actions:
        what = f"{row.id} is for some decisions only"
        return f"{place}: promises for all together, {what}: of those it says nothing", None
    if kept is None:
        return f"{place}: promises by type, and says nothing of one threshold for all", None
    safe = kept.threshold if named is None else kept.calibrated
    what = f"at most {percent_text(file.max_error)} errors, {percent_text(file.sure)} sure"
    if safe is None:
        return f"{place}: no threshold could promise {what}", None
    if threshold is None:
        return f"{place}: promises {what}, from {number_text(safe)} on", None
    if threshold < safe:
        return (
            f"{number_text(threshold)} breaks the promise of {what}: it holds from "
            f"{number_text(safe)} on",
            False,
        )
    return f"{number_text(threshold)} keeps the promise of {what}", True


def unlooked_of(found: Difference | None) -> tuple[tuple[Unlooked, ...], str]:
    """Return types that go ahead now, the least lost first, and what is lost as.

    A person's answer is taken to be right, so what is lost is stake times the share of errors.

    Source: rank by stake·(p_error - p_human)/minutes, with p_human = 0.
    """
    going = [one for one in found.types if one.goes_now and one.labelled] if found else []
    if not going:
        return (), ""
    has_money = all(one.stake is not None for one in going)
    has_minutes = all(one.minutes for one in going)
    lines = [
        Unlooked(type=one.type, decisions=one.goes_now, lost=_lost(one, has_money, has_minutes))
        for one in going
    ]
    unit = f"{'money' if has_money else 'errors'} {'a minute' if has_minutes else 'an ask'}"
    return tuple(sorted(lines, key=lambda one: (one.lost, one.type))), unit


def _lost(one: ByType, has_money: bool, has_minutes: bool) -> float:
    errors = (one.stake or 0.0) if has_money else float(one.slipped)
    return errors / one.labelled / ((one.minutes or 1.0) if has_minutes else 1.0)
