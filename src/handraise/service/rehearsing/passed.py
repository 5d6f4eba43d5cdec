"""Which routes were rehearsed: a team rehearsal counts for a route as a drill does."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from handraise.model import Rehearsal, RehearsalAsk
from handraise.store import Store

MOST_LOOKED_AT = 50


class Passed(Struct, frozen=True, kw_only=True):
    """A route that was rehearsed.

    Attributes:
        route: which, or `owner`.
        people: who was asked for it, all of whom answered.
        at: when the last of them had answered for the first time.
        rehearsal_id: in which rehearsal.
    """

    route: str
    people: tuple[str, ...]
    at: datetime
    rehearsal_id: str


def passes(store: Store, agent: str) -> dict[str, Passed]:
    """Return for each route the newest rehearsal in which everybody who was asked for it answered.

    Somebody who was asked for a route and answered nothing lets it fail in that rehearsal, whatever
    the others did. A rehearsal that still runs does not count.
    """
    found: dict[str, Passed] = {}
    for rehearsal in store.rehearsals(agent, limit=MOST_LOOKED_AT):
        if rehearsal.ended_at is not None:
            asks = store.rehearsal_asks(rehearsal.id)
            for route in dict.fromkeys(route for ask in asks for route in ask.routes):
                passed = _passed(rehearsal, route, asks)
                if passed is not None:
                    found.setdefault(route, passed)
    return found


def passed_routes(store: Store, agent: str) -> dict[str, datetime]:
    """Return when each route that was rehearsed was last; see `passes`."""
    return {route: passed.at for route, passed in passes(store, agent).items()}


def _passed(rehearsal: Rehearsal, route: str, asks: list[RehearsalAsk]) -> Passed | None:
    asked = dict.fromkeys(ask.person for ask in asks if route in ask.routes)
    first: dict[str, datetime] = {}
    for ask in asks:
        if route in ask.routes and ask.answered_at is not None:
            first[ask.person] = min(ask.answered_at, first.get(ask.person, ask.answered_at))
    if first.keys() != asked.keys():
        return None
    return Passed(
        route=route, people=tuple(asked), at=max(first.values()), rehearsal_id=rehearsal.id
    )
