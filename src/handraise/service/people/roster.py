"""The roster: who is here, who is away, who has left, who accepted what they will be asked.

INVARIANT: whoever goes away, leaves or declines loses their open asks at once, by `on_change`; the
owner of a table cannot leave before another one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Literal

from handraise.channels.contacts import contact_name
from handraise.clock import Clock
from handraise.core.duty import unavailable
from handraise.errors import AccessError, InputError, NotFoundError, StoreError
from handraise.model import (
    Absence,
    ContactPlan,
    ContactRecord,
    ContactStep,
    Departure,
    DutyRecord,
    Urgency,
)
from handraise.service.logs import Log
from handraise.service.people.absences import Away, check_span, gives_way
from handraise.service.people.invitations import Invitations, Invited
from handraise.service.people.plans import check_steps
from handraise.service.people.standings import (
    ContactView,
    DutyView,
    PersonLine,
    duty_views,
    person_lines,
    person_of,
)
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id, local
from handraise.service.telling.wording.invitations import declination
from handraise.store import Store

MAX_NOTE = 2_000
OPERATOR = "operator:"
"""What begins the name of whoever acts from the command line of the machine that keeps the store,
before their account; nobody on a table can be called so."""

log = Log(__name__)


class Roster:
    """What people, owners and operators say about who is there."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, address: Address
    ) -> None:
        """Keep what the roster needs; `on_change` is called with whoever is not there any more."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address
        self._invitations = Invitations(store, shelf, clock, signer, address)
        self.on_change: Callable[[str], object] = _nothing

    def away(
        self,
        person: str,
        starts_at: datetime | None,
        ends_at: datetime | None,
        note: str,
        by: str,
    ) -> Away:
        """Keep that a person is away, and return what came of it.

        It takes the place of absences of theirs that it overlaps. Two of them stay: one that holds
        now, by one that begins later; and one that begins later, by one without an end.

        Args:
            person: who.
            starts_at: from when; None for now.
            ends_at: until when, exclusive; None until they are back.
            note: for the others; may be empty.
            by: who says so: they themselves, an owner, or `operator:ACCOUNT`.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` has no right to say so.
            InputError: it ends before it starts or in the past, begins or ends more than two years
                from now, or lasts longer than that.
        """
        self.check_right(by, person)
        now = self._clock.now()
        starts_at = starts_at or now
        check_span(starts_at, ends_at, now)
        absence = Absence(
            id=fresh_id(),
            person=person,
            starts_at=starts_at,
            ends_at=ends_at,
            note=_noted(note),
            by=by,
            set_at=now,
        )
        others = self._store.absences(person, since=now)
        replaced = tuple(one for one in others if gives_way(one, absence, now))
        detail = {
            "person": person,
            "starts_at": starts_at.isoformat(),
            "ends_at": None if ends_at is None else ends_at.isoformat(),
            "note": absence.note,
        }
        self._store.set_absence(
            absence,
            instead_of=[one.id for one in replaced],
            events=self._invitations.events("away", by, person, detail),
        )
        if starts_at <= now:
            self._changed(person)
        return Away(
            absence=absence,
            replaced=replaced,
            last_resort_of=self._owned_by(person),
            alone_on=tuple(
                (agent, route)
                for agent, route in self._shelf.routes_of(person)
                if self._shelf.current(agent).route_people(route) == (person,)
                and route in self._shelf.current(agent).routes
            ),
        )

    def _owned_by(self, person: str) -> tuple[str, ...]:
        return tuple(
            agent for agent in self._shelf.agents() if self._shelf.current(agent).owner == person
        )

    def check_right(self, by: str, person: str, *, owner_only: bool = False) -> None:
        """Refuse whoever may not speak about a person: only they themselves and owners may.

        Args:
            by: who would.
            person: about whom.
            owner_only: whether not even they themselves may.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` is somebody else. Only owners whose tables they read are named.
        """
        person_of(self._shelf, person)
        shelf = self._shelf
        owners = {agent: shelf.current(agent).owner for agent in shelf.agents_of(person)}
        is_owner = by in owners.values()
        if by.startswith(OPERATOR) or is_owner or (by == person and not owner_only):
            return
        who = "an owner" if owner_only else f"{person} or an owner"
        known = sorted({owners[agent] for agent in shelf.agents_read_by(by) & owners.keys()})
        hint = f"ask {who}: {', '.join(known)}" if known else f"ask {who}"
        raise AccessError(f'"{by}" may not say this about "{person}"', hint)

    def _changed(self, person: str) -> None:
        """Move what a person holds who is not there any more; a worker does it if that fails."""
        try:
            self.on_change(person)
        except StoreError as error:
            log.warning("asks wait for the worker to move", person=person, error=error.message)

    def back(self, person: str, by: str, *, planned: bool = False) -> tuple[Absence, ...]:
        """End the absences of a person, and return which.

        Args:
            person: who is back.
            by: who says so.
            planned: take back those that begin later too.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` has no right to say so.
            InputError: they are not away.
        """
        self.check_right(by, person)
        now = self._clock.now()
        known = self._store.absences(person, since=now)
        ended = tuple(one for one in known if planned or one.starts_at <= now)
        if not ended:
            raise InputError(
                f"{person} is not away",
                "with planned, absences that begin later are taken back" if known else "",
            )
        detail = {"person": person, "planned": planned}
        events = self._invitations.events("back", by, person, detail)
        self._store.end_absences(person, now, planned=planned, events=events)
        return ended

    def absences(self, person: str | None = None) -> list[Absence]:
        """Return the absences that are not over, those that begin later included."""
        return self._store.absences(person, since=self._clock.now())

    def deactivate(self, person: str, by: str, reason: str = "") -> Departure:
        """Keep that a person has left, and return it: they are asked nothing any more, anywhere.

        Args:
            person: who.
            by: who says so: an owner, or `operator:ACCOUNT`.
            reason: why; may be empty.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` has no right to say so.
            InputError: they own a table, or have left already.
        """
        self.check_right(by, person, owner_only=True)
        owned = self._owned_by(person)
        if owned:
            raise InputError(
                f"{person} is the owner of the table of {', '.join(owned)}",
                "name another owner in the table first: every path needs a last resort",
            )
        now, said = self._clock.now(), _noted(reason)
        departure = Departure(id=fresh_id(), person=person, by=by, at=now, reason=said)
        detail = {"person": person, "reason": said}
        events = self._invitations.events("deactivated", by, person, detail)
        if not self._store.deactivate(departure, events=events):
            raise InputError(f"{person} has left already", "`handraise people list` shows them")
        self._changed(person)
        return departure

    def activate(self, person: str, by: str) -> None:
        """Keep that a person who had left is here again.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` has no right to say so.
            InputError: they have not left.
        """
        self.check_right(by, person, owner_only=True)
        events = self._invitations.events("activated", by, person, {"person": person})
        if not self._store.activate(person, self._clock.now(), events=events):
            raise InputError(f"{person} has not left")

    def contacts(self, person: str) -> list[ContactView]:
        """Return a person's contacts with what is known of each; see `Invitations.contacts`."""
        return self._invitations.contacts(person)

    def invite(self, person: str | None = None, *, again: bool = False) -> list[Invited]:
        """Send a code through contacts that are not verified; see `Invitations.invite`."""
        return self._invitations.invite(person, again=again)

    def peek(self, code: str) -> ContactRecord | None:
        """Return the contact a code would verify, without using it; None for a bad code."""
        return self._invitations.peek(code)

    def verify(self, code: str) -> ContactRecord:
        """Use a code once, and return the contact that counts now; see `Invitations.verify`."""
        return self._invitations.verify(code)

    def tick(self) -> int:
        """Ask whoever has not been asked; return how many messages that takes."""
        return self._invitations.tick()

    def plans(self, person: str) -> list[ContactPlan]:
        """Return how a person wants to hear of asks: a plan for each urgency that has one.

        Raises:
            NotFoundError: they are on no newest table.
        """
        person_of(self._shelf, person)
        return self._store.contact_plans(person)

    def plan(
        self, person: str, urgency: Urgency, steps: Sequence[ContactStep], by: str
    ) -> ContactPlan | None:
        """Keep how a person wants to hear of asks of one urgency, and return it.

        Args:
            person: who.
            urgency: of which asks.
            steps: the first at once, each other so many seconds later while nobody has
                acknowledged; none removes the plan.
            by: who says so.

        Raises:
            NotFoundError: the person is on no newest table.
            AccessError: `by` has no right to say so.
            InputError: a step names a contact that is not theirs, or a wait that cannot be.
        """
        self.check_right(by, person)
        check_steps(steps, self.contacts(person))
        named = [[contact_name(step.contact), step.after_s] for step in steps]
        detail = {"person": person, "urgency": urgency, "steps": named}
        kind = "plan_chosen" if steps else "plan_dropped"
        events = self._invitations.events(kind, by, person, detail)
        if not steps:
            self._store.drop_contact_plan(person, urgency, events=events)
            return None
        plan = ContactPlan(person=person, urgency=urgency, steps=tuple(steps), at=self._clock.now())
        self._store.save_contact_plan(plan, events=events)
        return plan

    def duties(self, person: str) -> list[DutyView]:
        """Return a person's duties by the newest tables, with their answers; none for who has none.

        Raises:
            NotFoundError: they are on no newest table.
        """
        person_of(self._shelf, person)
        return duty_views(self._store, self._shelf, person)

    def accept(self, agent: str, person: str, digest: str, note: str = "") -> DutyRecord:
        """Keep that a person accepts their duty, and return it.

        Args:
            agent: whose table.
            person: who, in their own name.
            digest: of the duty as they were shown it.
            note: their words; may be empty.

        Raises:
            NotFoundError: they have no duty by that table.
            InputError: their duty has changed since they were shown it.
        """
        return self._answer(agent, person, digest, "accepted", note)

    def decline(self, agent: str, person: str, digest: str, note: str = "") -> DutyRecord:
        """Keep that a person declines their duty, and return it; the owner is told.

        They are asked nothing by that table any more. An owner stays the last resort of a table
        until it names another one.

        Args:
            agent: whose table.
            person: who, in their own name.
            digest: of the duty as they were shown it.
            note: their words; may be empty.

        Raises:
            NotFoundError: they have no duty by that table.
            InputError: their duty has changed since they were shown it.
        """
        record = self._answer(agent, person, digest, "declined", note)
        self._changed(person)
        return record

    def _answer(
        self,
        agent: str,
        person: str,
        digest: str,
        state: Literal["accepted", "declined"],
        note: str,
    ) -> DutyRecord:
        person_of(self._shelf, person)
        asked = self._shelf.duties(agent, person)
        if not asked:
            raise NotFoundError(f"{person} has no duty by the table of {agent}")
        meant = next((one for one in asked if one[1].digest == digest), None)
        if meant is None:
            raise InputError("your duty has changed since you were shown it", "look at it again")
        table, duty = meant
        now, said = self._clock.now(), _noted(note)
        self._store.ask_duty(self._invitations.asked(duty, now))
        detail = {"person": person, "digest": digest, "version": table.version}
        events = self._invitations.events(
            f"duty_{state}", person, person, {**detail, "note": said}, agents=[agent]
        )
        is_told = state == "declined" and person != table.owner
        told = [declination(duty, table, said, now)] if is_told else []
        record = self._store.answer_duty(
            agent, person, digest, state, said, now, messages=told, events=events
        )
        if record is None:
            raise StoreError(f"the duty of {person} could not be kept", "try again")
        return record

    def standing(
        self,
        agent: str | None = None,
        only: Collection[str] | None = None,
        counted: Collection[str] | None = None,
    ) -> list[PersonLine]:
        """Return how everybody stands, by id.

        Args:
            agent: only those on this agent's table, and as they stand by it.
            only: these people alone; None for everybody.
            counted: of which agents asks are counted; None for all.

        Raises:
            NotFoundError: there is no such agent.
        """
        agents = self._shelf.agents() if agent is None else [agent]
        return person_lines(self._store, self._shelf, agents, self._clock.now(), only, counted)

    def absent(self, agent: str) -> dict[str, str]:
        """Return who on an agent's newest table cannot be asked now, and why, in plain words.

        Raises:
            NotFoundError: there is no such agent.
        """
        now, table = self._clock.now(), self._shelf.current(agent)
        states = self._shelf.directory(agent, rehearsal=False).states
        gone = {one.person for one in self._store.departures(gone_only=True)}
        found = {
            id: "has left" if id in gone else unavailable(one, states.get(id), now)
            for id, one in table.people.items()
        }
        return {id: why for id, why in found.items() if why is not None}

    def local(self, person: str, at: datetime) -> str:
        """Return an instant as a person reads it: in their own zone.

        Raises:
            NotFoundError: they are on no newest table.
        """
        return local(at, person_of(self._shelf, person))


def _nothing(_person: str) -> None:
    """Do nothing: nobody is there yet to move what a person holds."""


def _noted(note: str) -> str:
    """Return a note as it is kept.

    Raises:
        InputError: it is too long.
    """
    if len(note.strip()) > MAX_NOTE:
        raise InputError(f"the note is longer than {MAX_NOTE:,} characters", "say it shorter")
    return note.strip()
