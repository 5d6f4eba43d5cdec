"""Invitations: contacts are confirmed through themselves, and people are asked to their duties.

INVARIANT: a contact counts only after a code that went out through it has come back. Nobody is told
the same thing twice, however many workers there are; who stays silent is told to the owner.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.channels.contacts import contact_name
from handraise.clock import Clock
from handraise.core.duty import Duty
from handraise.core.table.types import Person
from handraise.errors import SignInError
from handraise.model import ContactRecord, DutyRecord, Event
from handraise.service.people.codes import CODE_PLACE, code_hash, contact_code
from handraise.service.people.standings import ContactView, contact_views, person_of
from handraise.service.people.unsettled import Unsettled, tell_owners
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.service.telling.wording.invitations import duty_request, verification
from handraise.store import Store

CODE_LASTS = timedelta(days=7)
ASK_AGAIN_AFTER = timedelta(days=3)
MOST_ASKED = 3
"""So often a contact is asked by itself; `invite` asks it more often."""

LOOK_EVERY = timedelta(minutes=1)
"""How often it is looked who has to be asked, besides when a table is new."""


class Invited(Struct, frozen=True, kw_only=True):
    """That a message with a code goes out.

    Attributes:
        person: to whom.
        contact: through which of their contacts, as people may see it.
    """

    person: str
    contact: str


class Invitations:
    """Asks people to confirm their contacts and to accept their duties."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, address: Address
    ) -> None:
        """Keep what inviting needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._address = address
        self._looked_at: datetime | None = None
        self._seen: dict[str, tuple[str, ...]] = {}

    def contacts(self, person: str) -> list[ContactView]:
        """Return a person's contacts with what is known of each, in the table's order.

        Raises:
            NotFoundError: they are on no newest table.
        """
        found = person_of(self._shelf, person)
        wanted = self._shelf.people_to_be().get(person, found)
        return contact_views(wanted, self._store.contact_records(person))

    def invite(self, person: str | None = None, *, again: bool = False) -> list[Invited]:
        """Send a code through each contact that is not verified, and return through which.

        Args:
            person: only to this person; None invites everybody who has a duty.
            again: also through those that were asked in the last days; their code before is void.

        Raises:
            NotFoundError: the person is on no newest table.
        """
        now = self._clock.now()
        gone = self._gone()
        wanted = self._shelf.people_to_be()
        people = wanted.values() if person is None else [wanted[person_of(self._shelf, person).id]]
        records = self._store.contact_records(person)
        invited = []
        for one in people:
            duties = self._duties(one.id)
            if one.id not in gone and (duties or person is not None):
                views = [view for view in contact_views(one, records) if not view.is_verified]
                sent = self._ask_contacts(one, views, duties, now, again=again)
                if sent:
                    self._ask_duties(one, duties, now)
                invited += sent
        return invited

    def _gone(self) -> set[str]:
        return {one.person for one in self._store.departures(gone_only=True)}

    def _duties(self, person: str) -> list[Duty]:
        agents = sorted(self._shelf.agents_of(person))
        return [duty for agent in agents for _, duty in self._shelf.duties(agent, person)]

    def _ask_contacts(
        self,
        person: Person,
        views: Sequence[ContactView],
        duties: Sequence[Duty],
        now: datetime,
        *,
        again: bool = False,
    ) -> list[Invited]:
        """Send a code through each of some contacts; return through which it goes out."""
        agents = sorted(self._shelf.agents_of(person.id))
        sent = []
        for view in views:
            message = verification(
                agents[0],
                person,
                view.contact,
                duties,
                CODE_PLACE,
                CODE_LASTS.days,
                MOST_ASKED,
                ASK_AGAIN_AFTER.days,
                self._address.url,
                now,
            )
            code = contact_code(self._signer, message.id)
            detail = {"person": person.id, "contact": view.name}
            if self._store.contact_asked(
                person.id,
                view.contact,
                code_hash(code),
                now,
                message=message,
                last=None if again else now - ASK_AGAIN_AFTER,
                events=self.events("contact_asked", "handraise", person.id, detail),
            ):
                sent.append(Invited(person=person.id, contact=view.name))
        return sent

    def events(
        self,
        kind: str,
        who: str,
        person: str,
        detail: Mapping[str, object],
        agents: Collection[str] | None = None,
    ) -> list[Event]:
        """Return that something happened about a person: an event for each agent concerned.

        Args:
            kind: what, in the past tense.
            who: did it.
            person: whom it is about.
            detail: plain JSON.
            agents: whose tables it concerns; None for all on which the person stands.
        """
        concerned = sorted(self._shelf.agents_of(person) if agents is None else agents) or [""]
        now = self._clock.now()
        return [
            Event(at=now, kind=kind, who=who, agent=agent, detail=dict(detail))
            for agent in concerned
        ]

    def peek(self, code: str) -> ContactRecord | None:
        """Return the contact a code would verify, without using it; None for a bad code."""
        since = self._clock.now() - CODE_LASTS
        return self._store.contact_of_code(code_hash(code), since=since)

    def verify(self, code: str) -> ContactRecord:
        """Use a code once: the contact through which it came counts from now on; return it.

        Args:
            code: as it stood in the message; capitals, spaces and hyphens do not matter.

        Raises:
            SignInError: it was used, has expired, a newer one was sent, or it never was.
        """
        found = self.peek(code)
        if found is not None:
            detail = {"person": found.person, "contact": contact_name(found.contact)}
            now = self._clock.now()
            found = self._store.verify_contact(
                code_hash(code),
                now,
                since=now - CODE_LASTS,
                events=self.events("contact_verified", found.person, found.person, detail),
            )
        if found is None:
            raise SignInError(
                "this code was used already, has expired, or was replaced by a newer one",
                "use the newest message; `handraise people invite PERSON --again` sends another",
            )
        self._looked_at = None
        return found

    def tick(self) -> int:
        """Ask whoever has not been asked, and tell the owners who stays silent; return how many.

        Cheap while no table is new: it looks once a minute.

        Raises:
            StoreError: the store cannot be reached.
        """
        now = self._clock.now()
        versions = {
            agent: tuple(table.version for table in self._shelf.versions(agent))
            for agent in self._shelf.agents()
        }
        is_fresh = self._looked_at is not None and abs(now - self._looked_at) < LOOK_EVERY
        if versions == self._seen and is_fresh:
            return 0
        count = self._look(now)
        self._seen, self._looked_at = versions, now
        return count

    def _look(self, now: datetime) -> int:
        gone = self._gone()
        records: dict[str, list[ContactRecord]] = {}
        for record in self._store.contact_records():
            records.setdefault(record.person, []).append(record)
        answers = {(one.agent, one.person, one.digest): one for one in self._store.duties()}
        count, unsettled = 0, Unsettled()
        for person in self._shelf.people_to_be().values():
            duties = self._duties(person.id)
            if person.id in gone or not duties:
                continue
            views = contact_views(person, records.get(person.id, ()))
            fresh = [duty for duty in duties if (duty.agent, person.id, duty.digest) not in answers]
            count += self._see_to(person, views, duties, fresh, now)
            is_reachable = any(view.is_verified for view in views)
            asked_at = None if is_reachable else _first_asked(views)
            unsettled.add(person, duties, answers, asked_at, now)
        return count + tell_owners(unsettled, self._store, self._shelf, now)

    def _see_to(
        self,
        person: Person,
        views: Sequence[ContactView],
        duties: Sequence[Duty],
        fresh: Sequence[Duty],
        now: datetime,
    ) -> int:
        """Ask one person what they have not been asked; return how many messages that takes."""
        due = [view for view in views if self._is_due(view, now)]
        sent = self._ask_contacts(person, due, duties, now)
        if fresh and any(view.is_verified for view in views):
            return len(sent) + self._ask_duties(person, fresh, now, by_message=True)
        if fresh and sent:
            self._ask_duties(person, fresh, now)
        return len(sent)

    def _is_due(self, view: ContactView, now: datetime) -> bool:
        """Whether a contact is to be asked by itself: at first, and again after some days."""
        record = view.record
        if record.verified_at is not None or record.asked_at is None:
            return record.verified_at is None
        if record.asked_at > now - ASK_AGAIN_AFTER:
            return False
        return self._store.times_asked(record.person, record.contact) < MOST_ASKED

    def _ask_duties(
        self, person: Person, duties: Sequence[Duty], now: datetime, *, by_message: bool = False
    ) -> int:
        """Keep that a person is asked to duties; by a message of its own where it is not told yet.

        Returns:
            1 where a message goes out.
        """
        records = [self.asked(duty, now) for duty in duties]
        message = None
        if by_message:
            before = {
                record.agent: record.lines
                for record in self._store.duties(person=person.id)
                if record.state == "accepted"
            }
            message = duty_request(person, duties, before, self._address.url, now)
        detail = {"person": person.id, "duties": {duty.agent: duty.digest for duty in duties}}
        events = self.events("duty_asked", "handraise", person.id, detail)
        asked = self._store.ask_duties(records, message, events=events)
        return int(asked > 0 and message is not None)

    def asked(self, duty: Duty, now: datetime) -> DutyRecord:
        """Return that a person is asked to accept a duty of theirs, by the version that has it."""
        known = self._shelf.duties(duty.agent, duty.person)
        versions = [table.version for table, one in known if one.digest == duty.digest]
        return DutyRecord(
            agent=duty.agent,
            person=duty.person,
            digest=duty.digest,
            version=versions[0],
            lines=duty.lines,
            asked_at=now,
        )


def _first_asked(views: Sequence[ContactView]) -> datetime | None:
    """Return since when it is known that none of somebody's contacts has been confirmed."""
    return min((one.record.asked_at for one in views if one.record.asked_at), default=None)
