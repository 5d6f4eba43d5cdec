"""Drills: a marked rehearsal through the real channel to the real person, and how long it took.

INVARIANT: a drill is a rehearsal in every figure, grants nothing, and ends by itself: nobody is
reminded of an exercise for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from handraise.clock import Clock
from handraise.core.lifecycle import OWNER_ROUTE, withdraw
from handraise.core.table.expression import nearest
from handraise.core.table.types import Route, Table
from handraise.errors import InputError, NotFoundError
from handraise.model import (
    OWNER,
    Answer,
    Decision,
    DrillRecord,
    Escalation,
    Event,
    Message,
    Move,
    Reason,
    Verdict,
)
from handraise.service.deciding.stops import Stops
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id, messages_for
from handraise.store import Store

DRILL = "drill"
TOLD = frozenset({"asked", "with_owner"})
MOST_OPEN = 500


class Timing(Struct, frozen=True, kw_only=True):
    """How long a drill took, in seconds; None for what has not happened.

    Attributes:
        told_s: from its start until the channel took the message.
        acknowledged_s: from then until somebody said "I have it", or answered.
        answered_s: from then until somebody answered.
    """

    told_s: float | None
    acknowledged_s: float | None
    answered_s: float | None


def timing_of(drill: DrillRecord) -> Timing:
    """Return how long a drill took."""

    def since_told(at: datetime | None) -> float | None:
        if drill.told_at is None or at is None:
            return None
        return max((at - drill.told_at).total_seconds(), 0.0)

    told = drill.told_at
    return Timing(
        told_s=None if told is None else (told - drill.started_at).total_seconds(),
        acknowledged_s=since_told(drill.acknowledged_at or drill.answered_at),
        answered_s=since_told(drill.answered_at),
    )


class Drills:
    """Starts drills of one store and settles how they went."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, stops: Stops, address: Address
    ) -> None:
        """Keep what drills need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._stops = stops
        self._address = address

    def start(self, agent: str, route: str, by: str, person: str | None = None) -> DrillRecord:
        """Return a new drill of a route of the agent's newest table; its message is on its way.

        Args:
            agent: whose table.
            route: which route, or `owner`.
            by: who starts it.
            person: to whom it goes; by default to whoever would be asked now.

        Raises:
            NotFoundError: there is no such agent or route.
            InputError: the person is not on the route, or nobody of it can be asked now.
        """
        table = self._shelf.newest(agent)
        found = _route(table, route)
        people = found.people or (table.owner,)
        if person is not None and person not in people:
            listed = ", ".join(people)
            raise InputError(f'"{person}" is not on the route "{route}"', f"it has {listed}")
        asked = msgspec.structs.replace(
            found, people=(person,) if person is not None else people, needs=1
        )
        # Only for the beginning: from here on it moves as any other ask of the route does.
        routes = {**table.routes, route: asked} if route != OWNER else table.routes
        once = msgspec.structs.replace(table, routes=routes)
        id = fresh_id()
        decision = Decision(type=DRILL, action=DRILL, proposal={"route": route}, key=f"drill {id}")
        sentence = f"this is a drill of {route}: nothing is done, whatever you answer"
        reason = Reason(
            row=DRILL, condition="drill", route=route, observed="", limit="", sentence=sentence
        )
        verdict = Verdict(decision, (reason,), (route,), table.version, rehearsal=True)
        stop = self._stops.prepare(once, verdict, decision)
        _check_somebody(stop.escalation, stop.events, route)
        record = DrillRecord(
            id=id,
            agent=agent,
            version=table.version,
            route=route,
            person=stop.escalation.asks[0].holder,
            escalation_id=stop.escalation.id,
            by=by,
            started_at=stop.escalation.created_at,
        )
        begun = Event(
            at=record.started_at,
            kind="drill_started",
            who=by,
            agent=agent,
            escalation_id=record.escalation_id,
            detail={"route": route, "person": record.person},
        )
        self._store.add_drill(
            record, stop.record, stop.escalation, (*stop.events, begun), stop.messages
        )
        self._stops.on_kept()
        return record

    def drill(self, id: str) -> DrillRecord:
        """Return a drill as it stands.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = next((one for one in self._store.drills(limit=MOST_OPEN) if one.id == id), None)
        if found is None:
            raise NotFoundError(f"there is no drill {id}", "`handraise drill --list` shows them")
        return found

    def settle(self) -> int:
        """Look how open drills went, and end those whose time is over; return how many ended."""
        return sum(map(self._settled, self._store.drills(open_only=True, limit=MOST_OPEN)))

    def _settled(self, drill: DrillRecord) -> bool:
        """Keep what is known of a drill by now; whether it has ended."""
        escalation = self._store.escalation(drill.escalation_id)
        if escalation is None:
            return self._store.change_drill(drill.id, outcome="failed")
        known = self._known(drill, escalation)
        if known != drill:
            names = ("told_at", "acknowledged_at", "answered_at", "answered_by", "outcome")
            values = {name: getattr(known, name) for name in names}
            self._store.change_drill(drill.id, **values)
        if known.outcome != "open":
            return True
        over_at = drill.started_at + timedelta(seconds=self._lasts_s(drill))
        if self._clock.now() < over_at:
            return False
        self._ended(escalation)
        return self._store.change_drill(drill.id, outcome="failed")

    def _known(self, drill: DrillRecord, escalation: Escalation) -> DrillRecord:
        ask = escalation.asks[0]
        answer: Answer | None = ask.answer
        outcome = drill.outcome
        if answer is not None:
            outcome = "answered" if answer.by == drill.person else "moved"
        elif escalation.state == "resolved":
            outcome = "failed"
        taken = ask.acknowledged_at if ask.holder == drill.person or answer else None
        known: DrillRecord = msgspec.structs.replace(
            drill,
            told_at=drill.told_at or self._told_at(drill),
            acknowledged_at=drill.acknowledged_at or taken,
            answered_at=answer.at if answer else None,
            answered_by=answer.by if answer else None,
            outcome=outcome,
        )
        return known

    def _told_at(self, drill: DrillRecord) -> datetime | None:
        sent = self._store.messages(state="sent", to=drill.person, limit=MOST_OPEN)
        times = [
            one.sent_at
            for one in sent
            if one.escalation_id == drill.escalation_id and one.kind in TOLD and one.sent_at
        ]
        return min(times, default=None)

    def _lasts_s(self, drill: DrillRecord) -> float:
        """Return for how long a drill goes on: as long as its route has to decide."""
        table = self._shelf.table(drill.agent, drill.version)
        return _route(table, drill.route).decide_within_s

    def _ended(self, escalation: Escalation) -> None:
        """End a drill that nobody answered, as the agent takes a question back."""

        def move(one: Escalation) -> tuple[Move, list[Message]] | None:
            if one.state != "open":
                return None
            now = self._clock.now()
            made = withdraw(one, "the drill is over: nobody answered it", now)
            return made, messages_for(made, self._shelf, self._address.url, now)

        self._store.change(escalation.id, move)


def _check_somebody(escalation: Escalation, events: Sequence[Event], route: str) -> None:
    """Refuse a drill that would go past everybody on its route, as a real question would.

    Raises:
        InputError: nobody can be asked now; it says why for each.
    """
    if route == OWNER or not escalation.asks[0].with_owner:
        return
    skipped = [one for event in events for one in event.detail.get("skipped", ())]
    why = "; ".join(f"{one['person']} {one['why']}" for one in skipped)
    raise InputError(
        f"nobody of {route} can be asked now: {why}",
        "a real question would go to the owner; `handraise people list` shows how everybody stands",
    )


def _route(table: Table, route: str) -> Route:
    """Return a route of a table, the owner's included.

    Raises:
        NotFoundError: there is no such route.
    """
    if route == OWNER:
        return OWNER_ROUTE
    found = table.routes.get(route)
    if found is None:
        names = [*table.routes, OWNER]
        hint = nearest(route, names, f"expected {', '.join(names)}")
        raise NotFoundError(f'the table of {table.agent} has no route "{route}"', hint)
    return found
