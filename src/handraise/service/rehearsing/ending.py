"""How an exercise ends: at its time, when all is answered, or by its owner; and who is told.

INVARIANT: the protocol that is signed tells of every answer that is kept, and of no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from handraise.clock import Clock
from handraise.core.record import digest_of
from handraise.core.table.types import Person
from handraise.errors import InputError, NotFoundError, SchemaError, StoreError
from handraise.model import Message, Rehearsal, RehearsalAsk
from handraise.service.reading.shelf import Shelf
from handraise.service.rehearsing.happening import happening
from handraise.service.rehearsing.messages import ending, reminder
from handraise.service.rehearsing.protocol import Protocol, protocol_in, protocol_of, signed
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.store import Store

MOST_TRIES = 20

Why = Literal["answered", "time", "owner"]


class Endings:
    """Reminds and ends the exercises of one store."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, address: Address
    ) -> None:
        """Keep what ending needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._address = address

    def settle(self) -> int:
        """Remind and end what it is time for; return how many exercises ended."""
        return sum(map(self._settled, self._store.rehearsals(open_only=True)))

    def _settled(self, rehearsal: Rehearsal) -> bool:
        now = self._clock.now()
        asks = self._store.rehearsal_asks(rehearsal.id)
        if all(ask.kind is not None for ask in asks):
            return self.end(rehearsal, "answered", "handraise")
        if now >= rehearsal.ends_at:
            return self.end(rehearsal, "time", "handraise")
        half = rehearsal.started_at + (rehearsal.ends_at - rehearsal.started_at) / 2
        if rehearsal.reminded_at is None and now >= half:
            self._remind(rehearsal, asks, now)
        return False

    def _remind(self, rehearsal: Rehearsal, asks: Sequence[RehearsalAsk], now: datetime) -> None:
        people = self._people(rehearsal)
        messages = []
        for one in rehearsal.invited:
            open_ = sum(ask.person == one.person and ask.kind is None for ask in asks)
            if open_ and one.person in people:
                person = people[one.person]
                messages.append(reminder(rehearsal, person, open_, self._address.url, now))
        self._store.remind_rehearsal(rehearsal.id, now, messages)

    def end(self, rehearsal: Rehearsal, why: Why, by: str) -> bool:
        """End an exercise with a protocol of every answer there is; False if it had ended."""
        people = self._people(rehearsal)
        names = {id: person.name for id, person in people.items()}
        for _ in range(MOST_TRIES):
            now = self._clock.now()
            asks = self._store.rehearsal_asks(rehearsal.id)
            told = self.told(rehearsal)
            found = protocol_of(rehearsal, asks, names=names, told=told, now=now, why=why)
            statement = signed(found, self._signer)
            ended = msgspec.structs.replace(
                rehearsal, ended_at=now, ended_why=why, protocol=statement
            )
            answered = sum(ask.kind is not None for ask in asks)
            detail = {"why": why, "answered": answered, "asked": len(asks)}
            event = happening(
                rehearsal, "rehearsal_ended", by, now, **detail, protocol=digest_of("", statement)
            )
            messages = self._endings(ended, people, now)
            outcome = self._store.end_rehearsal(ended, asks, [event], messages)
            if outcome != "moved":
                return outcome == "ended"
        raise StoreError(f"rehearsal {rehearsal.id} could not be ended: answers keep coming")

    def _endings(
        self, rehearsal: Rehearsal, people: Mapping[str, Person], now: datetime
    ) -> list[Message]:
        told = dict.fromkeys([*(one.person for one in rehearsal.invited), rehearsal.by])
        return [
            ending(rehearsal, people[one], self._address.url, now) for one in told if one in people
        ]

    def told(self, rehearsal: Rehearsal) -> dict[str, datetime]:
        """Return when each person was told of an exercise, as far as a channel took the message."""
        found = {}
        for one in rehearsal.invited:
            steps = self._store.steps_of(one.message_id)
            times = [step.sent_at for step in steps if step.sent_at is not None]
            if times:
                found[one.person] = min(times)
        return found

    def protocol(self, rehearsal: Rehearsal) -> Protocol:
        """Return the protocol of an exercise that has ended.

        Raises:
            InputError: it still runs.
            StoreError: what is kept of it was not signed by this operation.
        """
        if rehearsal.protocol is None:
            raise InputError(f"rehearsal {rehearsal.id} still runs", "its end makes the protocol")
        found = protocol_in(rehearsal.protocol, self._signer)
        if found is None:
            raise StoreError(
                f"the protocol of rehearsal {rehearsal.id} was not signed by this operation",
                "it was changed outside of Handraise, or the secret is another one",
            )
        return found

    def _people(self, rehearsal: Rehearsal) -> dict[str, Person]:
        """Return the people of an exercise's version; today's where it cannot be read."""
        try:
            return dict(self._shelf.table(rehearsal.agent, rehearsal.version).people)
        except (NotFoundError, SchemaError):
            return self._shelf.people()
