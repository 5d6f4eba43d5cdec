"""How people stand, for lists and pages: contacts, duties, and what decides who is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from handraise.channels.contacts import contact_name
from handraise.core.duty import Duty, day_start, unavailable
from handraise.core.table.expression import nearest
from handraise.core.table.types import Person, Table
from handraise.core.table.units import capacity_text, hours_of
from handraise.errors import NotFoundError
from handraise.model import Absence, ContactRecord, DutyRecord, PersonState
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

DutyState = Literal["not asked", "asked", "accepted", "declined"]
Answers = Mapping[tuple[str, str, str], DutyRecord]
"""By agent, person and digest."""

Kept = TypeVar("Kept", ContactRecord, Absence)


class DutyView(Struct, frozen=True, kw_only=True):
    """A person's duty by one agent's table, and how they stand by it.

    Attributes:
        agent: whose table.
        person: who.
        digest: of the duty; an answer must name it.
        lines: in plain words.
        routes: the routes they are on; `owner` where they are it.
        state: whether they were asked, and what they said.
        asked_at: when they were asked; None before.
        answered_at: when they answered; None before.
        note: what they said with it.
        has_changed: whether they accepted another duty by this table before, and not this one yet.
        added: lines that are not in the duty they accepted last.
        removed: lines of that one which are gone.
        waits: whether it is asked by a version that nobody has signed for yet; until then their
            other duty by that table holds, if they have one.
    """

    agent: str
    person: str
    digest: str
    lines: tuple[str, ...]
    routes: tuple[str, ...]
    state: DutyState
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    note: str = ""
    has_changed: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waits: bool = False


class ContactView(Struct, frozen=True, kw_only=True):
    """One contact of a person, as it stands on the newest tables.

    Attributes:
        number: its place, from 1.
        contact: as it stands in the table; may hold a secret.
        name: as people may see it.
        record: what is known of it.
    """

    number: int
    contact: str
    name: str
    record: ContactRecord

    @property
    def is_verified(self) -> bool:
        """Whether it counts."""
        return self.record.verified_at is not None


class TableLine(Struct, frozen=True, kw_only=True):
    """How a person stands by one agent's newest table.

    Attributes:
        agent: whose.
        routes: the routes they are on; `owner` where they are it.
        duty: how they stand by their duty; None where they have none.
        unavailable: why they would not be asked now, in plain words; None where they would.
    """

    agent: str
    routes: tuple[str, ...]
    duty: DutyState | None
    unavailable: str | None


class PersonLine(Struct, frozen=True, kw_only=True):
    """How a person stands.

    Attributes:
        id: who.
        name: their full name.
        zone: their time zone.
        hours: when they are there, in words.
        capacity: how much they take, in words; empty for no limit.
        is_owner: whether they own a table.
        has_left: whether they were deactivated.
        away: the absence that holds now, with the latest end; None while they are here.
        planned: absences that begin later, the first coming first.
        contacts: how many contacts they have.
        verified: how many of those are verified.
        failing: how many of those took no message the last time.
        open_asks: how many asks they hold now, rehearsals apart.
        asks_today: how many were put to them since midnight in their zone, rehearsals apart.
        tables: how they stand by each agent's table.
        has_others: whether they hold asks, or were put some today, that are not counted here.
    """

    id: str
    name: str
    zone: str
    hours: str
    capacity: str
    is_owner: bool
    has_left: bool
    away: Absence | None
    planned: tuple[Absence, ...]
    contacts: int
    verified: int
    failing: int
    open_asks: int
    asks_today: int
    tables: tuple[TableLine, ...]
    has_others: bool = False

    @property
    def only_reads(self) -> bool:
        """Whether nothing is asked of them: they are on tables, and on no route of one."""
        return not any(one.routes or one.duty for one in self.tables)


def person_of(shelf: Shelf, id: str) -> Person:
    """Return a person of the newest tables.

    Raises:
        NotFoundError: there is none of that name; says which is nearest.
    """
    people = shelf.people()
    if id not in people:
        listed = f"the tables have {', '.join(sorted(people)[:12])}"
        raise NotFoundError(f'there is no person "{id}"', nearest(id, people, listed))
    return people[id]


def contact_views(person: Person, records: Iterable[ContactRecord]) -> list[ContactView]:
    """Return a person's contacts, in the table's order, with what is known of each.

    Args:
        person: who.
        records: what is known of contacts; those of others are passed over.
    """
    kept = {record.contact: record for record in records if record.person == person.id}
    return [
        ContactView(
            number=number,
            contact=contact,
            name=contact_name(contact),
            record=kept.get(contact) or ContactRecord(person=person.id, contact=contact),
        )
        for number, contact in enumerate(dict.fromkeys(person.contacts), start=1)
    ]


def duty_views(store: Store, shelf: Shelf, person: str) -> list[DutyView]:
    """Return a person's duties by the tables, by agent; those of a version that waits come last."""
    records = store.duties(person=person)
    answers = _by_digest(records)
    found = []
    for agent in sorted(shelf.agents_of(person)):
        current = shelf.current(agent).version
        for table, duty in shelf.duties(agent, person):
            before = [one for one in records if one.agent == agent and one.state == "accepted"]
            view = _view(duty, answers, before)
            found.append(replace(view, waits=table.version != current))
    return found


def _by_digest(records: Iterable[DutyRecord]) -> dict[tuple[str, str, str], DutyRecord]:
    return {(one.agent, one.person, one.digest): one for one in records}


def _view(duty: Duty, answers: Answers, accepted: Sequence[DutyRecord]) -> DutyView:
    record = answers.get((duty.agent, duty.person, duty.digest))
    last = max(accepted, key=lambda one: one.answered_at or one.asked_at, default=None)
    has_changed = last is not None and last.digest != duty.digest and _is_open(record)
    old = last.lines if last is not None and has_changed else ()
    return DutyView(
        agent=duty.agent,
        person=duty.person,
        digest=duty.digest,
        lines=duty.lines,
        routes=duty.routes,
        state=record.state if record is not None else "not asked",
        asked_at=record.asked_at if record is not None else None,
        answered_at=record.answered_at if record is not None else None,
        note=record.note if record is not None else "",
        has_changed=has_changed,
        added=tuple(line for line in duty.lines if line not in old) if has_changed else (),
        removed=tuple(line for line in old if line not in duty.lines),
    )


def _is_open(record: DutyRecord | None) -> bool:
    return record is None or record.state == "asked"


def person_lines(
    store: Store,
    shelf: Shelf,
    agents: Sequence[str],
    now: datetime,
    only: Collection[str] | None = None,
    counted: Collection[str] | None = None,
) -> list[PersonLine]:
    """Return how those on some agents' newest tables stand, by id.

    Args:
        store: where it is kept.
        shelf: the tables.
        agents: whose tables.
        now: the present instant.
        only: these people alone; None for everybody.
        counted: of which agents asks are counted; None for all.
    """
    tables = {agent: shelf.current(agent) for agent in agents}
    people = {
        id: person
        for table in tables.values()
        for id, person in table.people.items()
        if only is None or id in only
    }
    states = {agent: shelf.directory(agent, rehearsal=False).states for agent in agents}
    answers = _by_digest(store.duties())
    gone = {one.person for one in store.departures(gone_only=True)}
    since = {id: day_start(one, now) for id, one in people.items()}
    loads = store.open_load(people, since)
    seen = loads if counted is None else store.open_load(people, since, agents=counted)
    contacts = _by_person(store.contact_records())
    absences = _by_person(store.absences(since=now))
    lines = []
    for id in sorted(people):
        person = people[id]
        on = [
            _table_line(shelf, tables[agent], person, states[agent][id], answers, now)
            for agent in agents
            if id in tables[agent].people
        ]
        lines.append(
            _line(
                person,
                on,
                [one for one in contacts.get(id, ()) if one.contact in person.contacts],
                absences.get(id, []),
                seen[id],
                has_others=seen[id] != loads[id],
                has_left=id in gone,
                is_owner=shelf.is_owner(id),
                now=now,
            )
        )
    return lines


def _by_person(records: Iterable[Kept]) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for record in records:
        found.setdefault(record.person, []).append(record)
    return found


def _table_line(
    shelf: Shelf, table: Table, person: Person, state: PersonState, answers: Answers, now: datetime
) -> TableLine:
    duty = shelf.duty(table.agent, person.id)
    answer = answers.get((table.agent, person.id, duty.digest)) if duty is not None else None
    return TableLine(
        agent=table.agent,
        routes=duty.routes if duty is not None else (),
        duty=None if duty is None else answer.state if answer is not None else "not asked",
        unavailable=unavailable(person, state, now),
    )


def _line(
    person: Person,
    tables: Sequence[TableLine],
    contacts: Sequence[ContactRecord],
    absences: Sequence[Absence],
    load: tuple[int, int],
    *,
    has_others: bool,
    has_left: bool,
    is_owner: bool,
    now: datetime,
) -> PersonLine:
    present = [one for one in absences if one.starts_at <= now]
    return PersonLine(
        id=person.id,
        name=person.name,
        zone=person.zone,
        hours=hours_of(person),
        capacity=capacity_text(person.capacity_day, person.capacity_open),
        is_owner=is_owner,
        has_left=has_left,
        away=max(present, key=_end, default=None),
        planned=tuple(one for one in absences if one.starts_at > now),
        contacts=len(set(person.contacts)),
        verified=sum(one.verified_at is not None for one in contacts),
        failing=sum(one.failed_at is not None for one in contacts),
        open_asks=load[0],
        asks_today=load[1],
        tables=tuple(tables),
        has_others=has_others,
    )


def _end(absence: Absence) -> tuple[bool, datetime]:
    """Return what the latest end sorts by; one without an end is the latest."""
    return absence.ends_at is None, absence.ends_at or absence.starts_at
