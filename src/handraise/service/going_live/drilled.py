"""The part of the checklist that is about drills: that every route was tried, and not long ago.

A rehearsal of the whole team counts as a drill of each route that passed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from handraise.core.table.types import Table
from handraise.model import OWNER, DrillRecord
from handraise.service.going_live.line import Line, is_to_come
from handraise.service.going_live.subject import Subject
from handraise.service.rehearsing.passed import passes
from handraise.service.secrets import Signer
from handraise.store import Store

HOLDS = timedelta(days=30)
"""How long a drill counts."""

MOST_DRILLS = 200
NAME = "every route has passed a drill"


def drilled_line(subject: Subject) -> Line:
    """Return the line about drills: each route, the owner's included, within 30 days.

    A drill of an older version counts as long as whoever answered it is still on the route.
    """
    table, store, now = subject.table, subject.store, subject.now
    passed = {} if store is None else passed_drills(store, table, now, subject.signer)
    routes = (*table.routes, OWNER)
    never, old = _missing(table, passed, now)
    if not never and not old:
        first = min(routes, key=passed.__getitem__)
        oldest = passed[first]
        return Line(
            code="drilled",
            name=NAME,
            state="green",
            evidence=f"{len(routes)} of {len(routes)} within {HOLDS.days} days",
            at=oldest,
            until=oldest + HOLDS,
            lapses=f"the drill of {first} is older than {HOLDS.days} days",
        )
    parts = [f"{', '.join(never)} {_has(never)} passed none"] if never else []
    parts += [f"{', '.join(old)} {_has(old)} passed none within {HOLDS.days} days"] if old else []
    waiting = () if store is None else _under_way(store, table, (*never, *old))
    parts += [f"one is under way for {', '.join(waiting)}"] if waiting else []
    wanted = (*never, *old)
    one = wanted[0] if len(wanted) == 1 else "--all"
    return Line(
        code="drilled",
        name=NAME,
        state="red",
        evidence="; ".join(parts),
        remedy=f"`handraise drill {one}` sends it, and waits for the answers",
    )


def passed_drills(
    store: Store, table: Table, now: datetime, signer: Signer | None
) -> dict[str, datetime]:
    """Return when each route last passed a drill or a rehearsal; without those that never have.

    A drill is passed when the person it went to answered it, who is on the route by this table; a
    rehearsal when by its signed protocol all who were asked for the route answered, one of whom
    still is.

    Args:
        store: where drills are kept.
        table: the version that says who is on a route.
        now: aware UTC; an answer that is of later counts for nothing.
        signer: checks who signed the protocols of rehearsals; without one no rehearsal counts.

    Raises:
        StoreError: the store cannot be reached.
    """
    found = {}
    rehearsed = passes(store, table.agent, signer)
    for route in (*table.routes, OWNER):
        times = _answers(store.drills(table.agent, route, limit=MOST_DRILLS), table, route)
        passed = rehearsed.get(route)
        if passed is not None and not set(passed.people).isdisjoint(table.route_people(route)):
            times.append(passed.at)
        latest = max((at for at in times if not is_to_come(at, now)), default=None)
        if latest is not None:
            found[route] = latest
    return found


def routes_to_drill(
    store: Store, table: Table, now: datetime, signer: Signer | None
) -> tuple[str, ...]:
    """Return the routes that the checklist wants a drill of, `owner` last: see `passed_drills`.

    Raises:
        StoreError: the store cannot be reached.
    """
    never, old = _missing(table, passed_drills(store, table, now, signer), now)
    return tuple(route for route in (*table.routes, OWNER) if route in {*never, *old})


def _missing(
    table: Table, passed: Mapping[str, datetime], now: datetime
) -> tuple[list[str], list[str]]:
    """Return the routes that have passed no drill, and those whose drill counts no more."""
    routes = (*table.routes, OWNER)
    never = [route for route in routes if route not in passed]
    return never, [one for one in routes if one in passed and passed[one] + HOLDS <= now]


def _answers(drills: Iterable[DrillRecord], table: Table, route: str) -> list[datetime]:
    people = table.route_people(route)
    return [
        one.answered_at
        for one in drills
        if one.outcome == "answered" and one.answered_at and one.answered_by in people
    ]


def _under_way(store: Store, table: Table, routes: Iterable[str]) -> list[str]:
    open_ = {one.route for one in store.drills(table.agent, open_only=True, limit=MOST_DRILLS)}
    return [route for route in routes if route in open_]


def _has(routes: list[str]) -> str:
    return "has" if len(routes) == 1 else "have"
