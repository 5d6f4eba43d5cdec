"""From what happened to each ask in each run to the figures that people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.duty.hours import zone_of
from handraise.core.lifecycle.parts import OWNER_ROUTE
from handraise.core.table.types import Table
from handraise.service.simulating.arrivals import Asks, Floats
from handraise.service.simulating.people import Presence, Worker
from handraise.service.simulating.records import (
    Estimate,
    HourLoad,
    PersonLoad,
    RouteLoad,
    Waits,
)
from handraise.service.simulating.run import Played

CELLS = 7 * 24
ROUNDING_S = 1e-6
"""Instants that are nearer than this are the same."""


class Outcome(Struct, frozen=True, kw_only=True):
    """One run, of all asks and people, in numbers; seconds, endless where it did not happen.

    Attributes:
        wait: until somebody began, shape (m,).
        acknowledged: until somebody acknowledged, shape (m,).
        answer: until somebody answered, shape (m,).
        with_owner: whether it came to the owner as the last resort, shape (m,).
        moved: whether it was passed on, shape (m,).
        workers: what each person did, by id.
    """

    wait: Floats
    acknowledged: Floats
    answer: Floats
    with_owner: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    workers: dict[str, WorkerLoad]


class WorkerLoad(Struct, frozen=True, kw_only=True):
    """What one person did in one run; see `PersonLoad`."""

    asks: int
    answered: int
    busy_s: float
    overtime_s: float
    full_s: float
    full_days: int
    longest_backlog: int


def outcome(played: Played, workers: Sequence[Worker], window_s: float) -> Outcome:
    """Return a run in numbers.

    Args:
        played: what happened to each ask.
        workers: everybody, at the end of it.
        window_s: until when people's time is looked at, in seconds from the beginning.
    """
    came = np.array(played.came)
    return Outcome(
        wait=np.array(played.begun) - came,
        acknowledged=np.array(played.acknowledged) - came,
        answer=np.array(played.answered) - came,
        with_owner=np.isfinite(np.array(played.with_owner)),
        moved=np.array(played.moves) > 0,
        workers={worker.id: _worked(worker, window_s) for worker in workers},
    )


def _worked(worker: Worker, window_s: float) -> WorkerLoad:
    duty = _elapsed_duty(worker.presence, window_s)
    busy = np.minimum(np.array(worker.busy).reshape(-1, 2), window_s)
    full = np.minimum(np.array(worker.full).reshape(-1, 2), window_s)
    busy_s = float((duty(busy[:, 1]) - duty(busy[:, 0])).sum())
    return WorkerLoad(
        asks=worker.given,
        answered=worker.answered,
        busy_s=busy_s,
        overtime_s=max(float((busy[:, 1] - busy[:, 0]).sum()) - busy_s, 0.0),
        full_s=float((duty(full[:, 1]) - duty(full[:, 0])).sum()),
        full_days=worker.full_days,
        longest_backlog=worker.most_open,
    )


def _elapsed_duty(presence: Presence, window_s: float) -> Callable[[Floats], Floats]:
    """Return the function from an instant to the seconds on duty from the beginning until then."""
    starts = np.array([one for one in presence.starts if one < window_s])
    ends = np.minimum(np.array(presence.ends[: len(starts)]), window_s)
    corners = np.column_stack([starts, ends]).ravel()
    elapsed = np.column_stack([np.zeros(len(starts)), ends - starts]).ravel().cumsum()

    def at(instants: Floats) -> Floats:
        if not len(corners):
            return np.zeros(len(instants))
        found: Floats = np.interp(instants, corners, elapsed, left=0.0)
        return found

    return at


def duty_s(presence: Presence, window_s: float) -> float:
    """Return how many seconds somebody is on duty in the window."""
    return float(_elapsed_duty(presence, window_s)(np.array([window_s]))[0])


def duty_days(presence: Presence, window_s: float) -> int:
    """Return on how many of somebody's days in the window there is some duty."""
    elapsed = _elapsed_duty(presence, window_s)
    days = [one for one in presence.midnights if one < window_s]
    bounds = np.array([*days, window_s])
    return int(sum(b > a for a, b in pairwise(elapsed(bounds).tolist())))


def estimate(values: Sequence[float]) -> Estimate:
    """Return a figure over repetitions: its mean, and what 95 % of them lie between.

    Args:
        values: one for each repetition; endless ones make the mean endless.
    """
    found = np.array(values, dtype=np.float64)
    low, high = np.quantile(found, [0.025, 0.975], method="inverted_cdf")
    return Estimate(
        *(float(one) if np.isfinite(one) else None for one in (found.mean(), low, high))
    )


def hours_of_week(at: Floats, zone: str) -> NDArray[np.int64]:
    """Return the hour of the week of each instant, 0 for Monday's first, by the clock of a zone.

    Args:
        at: seconds of UTC since 1970, shape (n,), sorted.
        zone: an IANA name.
    """
    info = zone_of(zone)
    quarters = np.floor(at / 900).astype(np.int64)  # clocks are set on a quarter of an hour
    known, places = np.unique(quarters, return_inverse=True)
    local = (datetime.fromtimestamp(int(one) * 900, UTC).astimezone(info) for one in known)
    cells = np.array([one.weekday() * 24 + one.hour for one in local], dtype=np.int64)
    return cells[places]


def route_loads(
    table: Table,
    asks: Asks,
    cells: NDArray[np.int64],
    nobody_there: NDArray[np.bool_],
    runs: Sequence[Outcome],
    *,
    end_s: Floats,
    target: float,
) -> tuple[RouteLoad, ...]:
    """Return what became of the asks of each route that got some.

    Args:
        table: whose routes.
        asks: the asks.
        cells: the hour of the week of each ask, shape (m,).
        nobody_there: whether none of its route's people was on duty when it came, shape (m,).
        runs: the repetitions.
        end_s: how long after each ask the run was over, shape (m,).
        target: the share of asks for which a deadline is to be held.
    """
    found = []
    for place, route in enumerate(asks.routes):
        mine = np.flatnonzero(asks.route == place)
        if len(mine):
            parts = [_part_of(one, mine) for one in runs]
            there = float(nobody_there[mine].mean())
            found.append(
                _route_load(table, route, cells[mine], there, parts, end_s[mine], target=target)
            )
    return tuple(found)


def _part_of(run: Outcome, mine: NDArray[np.int64]) -> Outcome:
    return Outcome(
        wait=run.wait[mine],
        acknowledged=run.acknowledged[mine],
        answer=run.answer[mine],
        with_owner=run.with_owner[mine],
        moved=run.moved[mine],
        workers={},
    )


def _route_load(
    table: Table,
    route: str,
    cells: NDArray[np.int64],
    nobody_there: float,
    runs: Sequence[Outcome],
    end_s: Floats,
    *,
    target: float,
) -> RouteLoad:
    known = table.routes.get(route, OWNER_ROUTE)
    late = [_is_late(one.acknowledged, known.acknowledge_within_s) for one in runs]
    late_to_acknowledge = estimate([float(one.mean()) for one in late])
    decided_late = [_is_late(one.answer, known.decide_within_s) for one in runs]
    late_to_decide = estimate([float(one.mean()) for one in decided_late])
    return RouteLoad(
        route=route,
        asks=len(cells),
        acknowledge_within_s=known.acknowledge_within_s,
        decide_within_s=known.decide_within_s,
        late_to_acknowledge=late_to_acknowledge,
        late_to_decide=late_to_decide,
        passed_on=estimate([float(one.moved.mean()) for one in runs]),
        reached_owner=estimate([float(one.with_owner.mean()) for one in runs]),
        unanswered=estimate([float(np.isinf(one.answer).mean()) for one in runs]),
        nobody_there=nobody_there,
        waits=_waits([one.wait for one in runs]),
        answers=_waits([one.answer for one in runs]),
        hours=_hour_loads(cells, late, [np.minimum(one.wait, end_s) for one in runs]),
        acknowledge_held=_is_held(late_to_acknowledge, target),
        decide_held=_is_held(late_to_decide, target),
    )


def _is_late(wait_s: Floats, within_s: float) -> NDArray[np.bool_]:
    """Return what a deadline moved on: it passes at the instant itself, as in the lifecycle."""
    return wait_s >= within_s - ROUNDING_S


def _is_held(late: Estimate, target: float) -> bool:
    return late.value is not None and late.value <= 1 - target + 1e-12


def _waits(runs: Sequence[Floats]) -> Waits:
    shares = [0.5, 0.9, 0.99]
    found = [np.quantile(one, shares, method="inverted_cdf").tolist() for one in runs]
    median, p90, p99 = (estimate([one[place] for one in found]) for place in range(3))
    return Waits(median_s=median, p90_s=p90, p99_s=p99)


def _hour_loads(
    cells: NDArray[np.int64], late: Sequence[NDArray[np.bool_]], waits: Sequence[Floats]
) -> tuple[HourLoad, ...]:
    asks = np.bincount(cells, minlength=CELLS)
    total = np.maximum(asks, 1)
    lates = np.mean([np.bincount(cells, one, CELLS) for one in late], axis=0)
    means = np.mean([np.bincount(cells, one, CELLS) / total for one in waits], axis=0)
    return tuple(
        HourLoad(
            weekday=cell // 24,
            hour=cell % 24,
            asks=int(asks[cell]),
            late=float(lates[cell]),
            wait_s=float(means[cell]) if asks[cell] else None,
        )
        for cell in range(CELLS)
    )


def person_load(presence: Presence, runs: Sequence[WorkerLoad], window_s: float) -> PersonLoad:
    """Return what one person has to do, over all repetitions."""
    duty, days = duty_s(presence, window_s), duty_days(presence, window_s)
    has_limit = presence.person.capacity_day is not None and days > 0
    return PersonLoad(
        person=presence.person.id,
        asks=estimate([one.asks for one in runs]),
        answered=estimate([one.answered for one in runs]),
        duty_s=duty,
        busy=estimate([one.busy_s / duty if duty else 0.0 for one in runs]),
        overtime_s=estimate([one.overtime_s for one in runs]),
        full=estimate([one.full_s / duty if duty else 0.0 for one in runs]),
        days=days,
        full_days=estimate([one.full_days / days for one in runs]) if has_limit else None,
        longest_backlog=estimate([one.longest_backlog for one in runs]),
    )


def is_nobody_there(
    table: Table, asks: Asks, at_s: Floats, presences: dict[str, Presence]
) -> NDArray[np.bool_]:
    """Return for each ask whether none of its route's people was on duty when it came.

    Args:
        table: whose routes.
        asks: the asks.
        at_s: when each came, in seconds from the beginning, shape (m,).
        presences: when everybody is there.
    """
    found = np.ones(len(at_s), dtype=np.bool_)
    for place, route in enumerate(asks.routes):
        mine = np.flatnonzero(asks.route == place)
        for id in table.route_people(route):
            one = presences[id]
            starts, ends = np.array(one.starts), np.array([*one.ends, -np.inf])
            span = np.searchsorted(starts, at_s[mine], side="right") - 1
            found[mine] &= ~((span >= 0) & (at_s[mine] < ends[span]))
    return found
