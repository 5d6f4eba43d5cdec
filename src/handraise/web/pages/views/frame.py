"""What stands around every page of a signed-in person."""

from __future__ import annotations

from msgspec import Struct

from handraise.service.learning.situations import answering
from handraise.service.watch.picture import is_waiting
from handraise.service.wiring import Operation
from handraise.web.pages.views.notes import notes_of
from handraise.web.pages.views.words import Reader, zone_of


class Frame(Struct, frozen=True, kw_only=True):
    """The head of a page.

    Attributes:
        person: the reader's full name.
        csrf: the token for the page's forms.
        zone: in which all instants of the page are told, by name.
        here: which part of the site this is: `inbox`, `me`, `people`, `situations`, `watch`,
            `audits`, `table`, `going-live` or empty.
        todo: how much the reader has to see to on their own page: duties to answer, and that no
            contact of theirs is verified.
        is_unreachable: whether none is.
        sees_situations: whether they answer for the new situations of an agent.
        sees_audits: whether decisions are looked at that an agent takes alone, and it concerns
            them: as one who looks, or as the owner.
        audits: how many of them wait for their look.
        alarms: how many alarms wait for the reader, as the owner, to take them.
        notes: what nobody on the reader's tables must miss: what is waived, and what ends soon.
    """

    person: str
    csrf: str
    zone: str
    here: str = ""
    todo: int = 0
    is_unreachable: bool = False
    sees_situations: bool = False
    sees_audits: bool = False
    audits: int = 0
    alarms: int = 0
    notes: tuple[str, ...] = ()


def reader_of(operation: Operation, person_id: str) -> Reader:
    """Return who reads, in which zone, now."""
    people = operation.shelf.people()
    return Reader(
        id=person_id,
        zone=zone_of(people.get(person_id)),
        now=operation.clock.now(),
        people=people,
    )


def frame_of(operation: Operation, person_id: str, cookie: str, here: str = "") -> Frame:
    """Return the head of a page for a person."""
    person = operation.shelf.person(person_id)
    is_unreachable, unanswered = _open_matters(operation, person_id)
    audits = operation.store.audits_waiting(person_id)
    return Frame(
        person=person.name if person else person_id,
        csrf=operation.door.csrf(cookie),
        zone=str(zone_of(person)),
        here=here,
        todo=unanswered + is_unreachable,
        is_unreachable=is_unreachable,
        sees_situations=any(
            person_id in answering(operation.shelf.current(agent))
            for agent in operation.shelf.agents()
        ),
        alarms=_alarms(operation, person_id),
        sees_audits=bool(audits) or _looks(operation, person_id),
        audits=audits,
        notes=notes_of(operation, reader_of(operation, person_id)),
    )


def _alarms(operation: Operation, person_id: str) -> int:
    """Return how many alarms wait for a person, who is the owner, to take them."""
    if operation.rehearsal:
        return 0
    owned = [one for one in operation.shelf.agents() if operation.shelf.is_owner(person_id, one)]
    now = operation.clock.now()
    return sum(
        is_waiting(alarm, now)
        for agent in owned
        for alarm in operation.store.alarms(agent, unresolved=True)
    )


def _looks(operation: Operation, person_id: str) -> bool:
    """Whether a person is one of those who look at audits of an agent, or its owner."""
    tables = [operation.shelf.current(agent) for agent in operation.shelf.agents()]
    return any(
        person_id in (table.owner, *table.route_people(table.audit.to))
        for table in tables
        if table.audit is not None
    )


def _open_matters(operation: Operation, person_id: str) -> tuple[bool, int]:
    """Return whether nothing can be put to a person, and how many duties they have not answered.

    A rehearsal asks nobody to confirm anything.
    """
    if operation.rehearsal:
        return False, 0
    contacts = operation.roster.contacts(person_id)
    duties = operation.roster.duties(person_id)
    unanswered = sum(duty.state in {"asked", "not asked"} for duty in duties)
    return not any(one.is_verified for one in contacts), unanswered
