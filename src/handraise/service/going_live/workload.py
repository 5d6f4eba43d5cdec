"""The part of the checklist that is about capacity: what a backtest of this version said will come.

People are looked at by route, and routes together wherever they share people: each group of routes
needs as many hands as it has asks (Hall's condition).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import OWNER, Promise
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject

NAME = "its people have the capacity"
RARELY = 0.05
"""On at most this share of days more may come than people take."""

MOST_TOGETHER = 6
"""With more routes that are asked than this, they are looked at alone and all together."""


class Load(Struct, frozen=True, kw_only=True):
    """What some routes are asked a day, and what their people take.

    Attributes:
        routes: the routes.
        people: everybody on them.
        a_day: asks a day, on average; each person who must agree counts.
        capacity: asks a day that all of them take together; None where one has no limit.
    """

    routes: tuple[str, ...]
    people: tuple[str, ...]
    a_day: float
    capacity: int | None

    def text(self) -> str:
        """Return it in words, e.g. `finance_lead (ines) 3.2 of 15 a day`."""
        takes = "no limit given" if self.capacity is None else f"of {self.capacity:,} a day"
        return f"{' + '.join(self.routes)} ({', '.join(self.people)}) {self.a_day:,.1f} {takes}"


def capacity_line(subject: Subject) -> Line:
    """Return the line about capacity, by the backtest of exactly this version that was kept."""
    table, store = subject.table, subject.store
    promise = None if store is None else store.promise_of(table.agent, table.version)
    if promise is None:
        evidence = "no backtest of this version is kept: nobody knows how much will come"
        return _red(evidence, "`handraise backtest HISTORY --keep` tries it on the past")
    if promise.first is None or promise.last is None:
        evidence = "the decisions of the backtest have no times: nobody knows how many come a day"
        return _red(evidence, "name their column: `handraise backtest HISTORY --at COLUMN --keep`")
    loads = list(loads_of(table, promise))
    over = [one for one in loads if one.capacity is not None and one.a_day > one.capacity]
    if over:
        remedy = "more people or capacity, or fewer stops: `handraise diff --budget` finds how many"
        return _red(f"too much: {over[0].text()}", remedy)
    return _fitting(loads, promise)


def _red(evidence: str, remedy: str) -> Line:
    return Line(code="capacity", name=NAME, state="red", evidence=evidence, remedy=remedy)


def _fitting(loads: list[Load], promise: Promise) -> Line:
    """Return the line of a load that fits on average: whether it fits on nearly every day too."""
    alone = [one for one in loads if len(one.routes) == 1]
    days = _days(promise)
    said = "; ".join(one.text() for one in alone) or "no route is asked"
    evidence = f"{promise.decisions:,} decisions of {days:,} days: {said}"
    tight = [(share, one) for one in loads if (share := overflow(one)) > RARELY]
    unlimited = [one for one in alone if one.capacity is None]
    if tight:
        share, one = max(tight, key=lambda pair: pair[0])
        evidence += f"; by chance alone, {' + '.join(one.routes)} is over it on {share:.0%} of days"
        remedy = "more capacity, or fewer stops: `handraise diff --budget` finds how many"
    elif unlimited:
        remedy = f"say what {unlimited[0].people[0]} takes, e.g. capacity: 40 a day"
    else:
        return Line(code="capacity", name=NAME, state="green", evidence=evidence, at=promise.at)
    return Line(
        code="capacity", name=NAME, state="yellow", evidence=evidence, remedy=remedy, at=promise.at
    )


def loads_of(table: Table, promise: Promise) -> Iterator[Load]:
    """Yield what each route that is asked gets a day, then routes that share people together.

    Args:
        table: the version.
        promise: what a backtest of it found, with times.
    """
    days = _days(promise)
    asked = [route for route in (*table.routes, OWNER) if promise.routes.get(route)]
    for route in asked:
        yield _load(table, promise, (route,), days)
    if len(asked) > MOST_TOGETHER:
        yield _load(table, promise, tuple(asked), days)
        return
    for size in range(2, len(asked) + 1):
        for routes in combinations(asked, size):
            if _share_people(table, routes):
                yield _load(table, promise, routes, days)


def _load(table: Table, promise: Promise, routes: tuple[str, ...], days: int) -> Load:
    people = tuple(dict.fromkeys(id for route in routes for id in table.route_people(route)))
    limits = [table.people[id].capacity_day for id in people]
    asks = sum(promise.routes[route] * _needs(table, route) for route in routes)
    return Load(
        routes=routes,
        people=people,
        a_day=asks / days,
        capacity=None if None in limits else sum(limit or 0 for limit in limits),
    )


def _needs(table: Table, route: str) -> int:
    return table.routes[route].needs if route in table.routes else 1


def _share_people(table: Table, routes: tuple[str, ...]) -> bool:
    people = [id for route in routes for id in table.route_people(route)]
    return len(set(people)) < len(people)


def _days(promise: Promise) -> int:
    """Return of how many days the decisions are, the first and the last included."""
    if promise.first is None or promise.last is None:
        return 1
    return max((promise.last.date() - promise.first.date()).days + 1, 1)


def overflow(load: Load) -> float:
    """Return on which share of days more comes than is taken, by chance alone; 0 without a limit.

    Source: asks of a day are Poisson; the tail above the capacity (Johnson, Kemp, Kotz 2005, 4.4).
    """
    if load.capacity is None or load.a_day <= 0:
        return 0.0
    log = math.log(load.a_day)
    within = math.fsum(
        math.exp(count * log - load.a_day - math.lgamma(count + 1))
        for count in range(load.capacity + 1)
    )
    return max(1.0 - within, 0.0)
