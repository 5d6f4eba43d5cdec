"""What stands around every page of a signed-in person."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from handraise.service.access.rights import only_reads
from handraise.service.learning.situations import answering
from handraise.service.watch.picture import is_waiting
from handraise.service.wiring import Operation
from handraise.web.pages.views.notes import notes_of
from handraise.web.pages.views.words import Reader, zone_of

SECTIONS = {
    "inbox": ("Inbox", {"inbox": "Inbox"}),
    "watch": (
        "Watch",
        {
            "watch": "Watch",
            "figures": "Figures",
            "audits": "Audits",
            "situations": "Situations",
            "thresholds": "Thresholds",
        },
    ),
    "table": (
        "Table",
        {
            "table": "Table",
            "versions": "Versions",
            "going-live": "Going live",
            "rehearsals": "Rehearsals",
        },
    ),
    "people": (
        "Team",
        {"people": "People", "drills": "Drills", "keys": "Keys", "system": "System"},
    ),
    "me": ("Me", {"me": "Me"}),
}
"""The five sections of the house, each with its name and the names of its parts, in order."""

PARTS = tuple(part for _, parts in SECTIONS.values() for part in parts)
"""All parts of the site."""

OF_OWNERS = frozenset({"keys", "system"})
"""The parts that only an owner sees."""

OF_ONE_AGENT = frozenset(
    {
        "watch",
        "figures",
        "audits",
        "situations",
        "thresholds",
        "table",
        "versions",
        "going-live",
        "rehearsals",
    }
)
"""The parts that are, or can be, about one agent, which stays the same from one to the next."""


class AgentChoice(Struct, frozen=True):
    """Which agents a reader can choose from, and which one is chosen; empty for all of them."""

    agents: tuple[str, ...]
    agent: str


class Place(Struct, frozen=True, kw_only=True):
    """Where one can go from every page: a section of the house, or a tab of one.

    Attributes:
        id: its name in the code: the part of the site, or the section.
        name: its name on the page.
        href: where it is.
        is_here: whether the page is this one, or in it.
        waiting: how much waits there for the reader.
        about: what it is that waits.
    """

    id: str
    name: str
    href: str
    is_here: bool = False
    waiting: int = 0
    about: str = ""


class Frame(Struct, frozen=True, kw_only=True):
    """The head of a page.

    Attributes:
        person: the reader's full name.
        csrf: the token for the page's forms.
        zone: in which all instants of the page are told, by name.
        here: which part of the site this is: one of `PARTS`, or empty.
        sections: the five parts of the house.
        tabs: what the section that the page is in has; empty for a section of one page.
        todo: how much the reader has to see to on their own page: duties to answer, and that no
            contact of theirs is verified.
        is_unreachable: whether none is.
        is_owner: whether the reader owns a table.
        waiting: how many questions the reader has.
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
    sections: tuple[Place, ...] = ()
    tabs: tuple[Place, ...] = ()
    todo: int = 0
    is_unreachable: bool = False
    is_owner: bool = False
    waiting: int = 0
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


def frame_of(
    operation: Operation, person_id: str, cookie: str, here: str = "", *, agent: str = ""
) -> Frame:
    """Return the head of a page for a person.

    Args:
        operation: what is shown.
        person_id: the reader.
        cookie: of their session.
        here: which part of the site it is: one of `PARTS`, or empty.
        agent: the agent the page is about: the tabs beside it lead to the same one.
    """
    person = operation.shelf.person(person_id)
    is_unreachable, unanswered = _open_matters(operation, person_id)
    audits = operation.store.audits_waiting(person_id)
    held, _ = operation.store.open_load([person_id], {}, rehearsal=operation.rehearsal)[person_id]
    frame = Frame(
        person=person.name if person else person_id,
        csrf=operation.door.csrf(cookie),
        zone=str(zone_of(person)),
        here=here,
        todo=unanswered + is_unreachable,
        is_unreachable=is_unreachable,
        is_owner=operation.shelf.is_owner(person_id),
        waiting=held,
        sees_situations=any(
            person_id in answering(operation.shelf.current(agent))
            for agent in operation.shelf.agents()
        ),
        alarms=_alarms(operation, person_id),
        sees_audits=bool(audits) or _looks(operation, person_id),
        audits=audits,
        notes=notes_of(operation, reader_of(operation, person_id)),
    )
    return replace(frame, sections=sections_of(frame), tabs=tabs_of(frame, agent))


def sections_of(frame: Frame) -> tuple[Place, ...]:
    """Return the sections of the house, with what waits in each."""
    waiting = {
        "inbox": (frame.waiting, "waiting for you"),
        "watch": (frame.alarms + frame.audits, "to look at"),
        "me": (frame.todo, "to see to"),
    }
    return tuple(
        Place(
            id=id,
            name=name,
            href=_path(next(iter(parts))),
            is_here=frame.here in parts,
            waiting=waiting.get(id, (0, ""))[0],
            about=waiting.get(id, (0, ""))[1],
        )
        for id, (name, parts) in SECTIONS.items()
    )


def tabs_of(frame: Frame, agent: str) -> tuple[Place, ...]:
    """Return the parts of the section that a page is in, as far as the reader sees them."""
    waiting = {"watch": (frame.alarms, "to take"), "audits": (frame.audits, "to look at")}
    hidden = set() if frame.is_owner else set(OF_OWNERS)
    hidden |= set() if frame.sees_audits else {"audits"}
    hidden |= set() if frame.sees_situations else {"situations"}
    parts = next((parts for _, parts in SECTIONS.values() if frame.here in parts), {})
    if len(parts) < 2:
        return ()
    about = f"?agent={quote(agent, safe='')}" if agent else ""
    return tuple(
        Place(
            id=id,
            name=name,
            href=_path(id) + (about if id in OF_ONE_AGENT else ""),
            is_here=frame.here == id,
            waiting=waiting.get(id, (0, ""))[0],
            about=waiting.get(id, (0, ""))[1],
        )
        for id, name in parts.items()
        if id not in hidden
    )


def _path(part: str) -> str:
    return "/" if part == "inbox" else f"/{part}"


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

    A rehearsal asks nobody to confirm anything, and nobody needs to reach who only reads.
    """
    if operation.rehearsal or only_reads(operation.shelf, person_id):
        return False, 0
    contacts = operation.roster.contacts(person_id)
    duties = operation.roster.duties(person_id)
    unanswered = sum(duty.state in {"asked", "not asked"} for duty in duties)
    return not any(one.is_verified for one in contacts), unanswered
