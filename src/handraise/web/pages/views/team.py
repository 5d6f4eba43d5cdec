"""The team: who is asked for what, in which order, and who is there now."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import OWNER
from handraise.service.people.standings import PersonLine
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.me import DUTY_WORDS, AbsenceView, Draft, absence_view
from handraise.web.pages.views.words import Reader, counted, route_name, sentence

PLACES = ("first", "second", "third", "fourth", "fifth")
TONES = {"accepted": "fine", "declined": "wanting", "asked": "waiting", "not asked": "waiting"}
ABSENT = {
    "is away": "away",
    "is off duty": "off duty",
    "has declined": "declined",
    "has no verified": "not reachable",
    "has ": "full",
    "had ": "full",
}
"""How the reasons why somebody cannot be asked begin, and each in a word or two."""


class Place(Struct, frozen=True):
    """Somebody on a route: full name, and why they cannot be asked now; empty when they can."""

    name: str
    why: str


class RouteCard(Struct, frozen=True, kw_only=True):
    """A route: its people in order, and its deadlines in words."""

    name: str
    about: str
    people: tuple[Place, ...]


class AgentCard(Struct, frozen=True):
    """An agent and its routes."""

    name: str
    routes: tuple[RouteCard, ...]


class PersonCard(Struct, frozen=True, kw_only=True):
    """One person.

    Attributes, where the name alone does not say it:
        here: in a word or two whether they can be asked now.
        tone: the colour of that.
        why: why they cannot be asked, a sentence; empty when they can.
        roles: the routes they are on, with their place.
        duties: state in words and its tone, for each agent.
        contacts: how many are verified, and how many fail.
        is_unreachable: whether none is verified.
        wants_asking: whether a duty is not answered, or a contact not verified.
        passkeys: how many they have, in words.
    """

    id: str
    name: str
    is_you: bool
    is_owner: bool
    is_gone: bool
    here: str
    tone: str
    why: str
    roles: str
    duties: tuple[tuple[str, str], ...]
    contacts: str
    passkeys: str
    is_unreachable: bool
    open_asks: str
    hours: str
    zone: str
    absences: tuple[AbsenceView, ...]
    may_manage: bool
    wants_asking: bool
    draft: Draft


class TeamPage(Struct, frozen=True):
    """The page of the team."""

    agents: tuple[AgentCard, ...]
    people: tuple[PersonCard, ...]


def team_page(
    tables: Sequence[Table],
    lines: Sequence[PersonLine],
    managed: Container[str],
    reader: Reader,
    draft: Draft,
    passkeys: Mapping[str, int],
) -> TeamPage:
    """Return the page in words.

    Args:
        tables: those the reader stands on.
        lines: how everybody on them stands.
        managed: whom the reader may see to, as an owner.
        reader: who reads.
        draft: a form that was not taken.
        passkeys: how many passkeys each has; who is not there has none.
    """
    people = {line.id: line for line in lines}
    return TeamPage(
        agents=tuple(AgentCard(table.agent, _routes(table, people)) for table in tables),
        people=tuple(
            replace(
                _person(line, tables, line.id in managed, reader, draft),
                passkeys=counted(passkeys[line.id], "passkey") if line.id in passkeys else "none",
            )
            for line in lines
        ),
    )


def _routes(table: Table, people: Mapping[str, PersonLine]) -> tuple[RouteCard, ...]:
    def place(id: str) -> Place:
        return Place(people[id].name, visible(_why_not(people[id]).get(table.agent, "")))

    found = [
        RouteCard(
            name=route_name(route.id),
            about=_deadlines(route.acknowledge_within_s, route.decide_within_s, route.needs),
            people=tuple(map(place, route.people)),
        )
        for route in table.routes.values()
    ]
    last = Place(people[table.owner].name, "")
    return (*found, RouteCard(name=route_name(OWNER), about="the last resort", people=(last,)))


def _deadlines(acknowledge_s: float, decide_s: float, needs: int) -> str:
    said = f"pick up within {duration_text(acknowledge_s)}, decide within {duration_text(decide_s)}"
    return f"{said}; {needs} of them must agree" if needs > 1 else said


def _why_not(line: PersonLine) -> dict[str, str]:
    """Return why somebody cannot be asked now, by agent; without those for which they can."""
    if line.has_left:
        return {one.agent: "has left" for one in line.tables}
    return {one.agent: one.unavailable for one in line.tables if one.unavailable is not None}


def _person(
    line: PersonLine, tables: Sequence[Table], may_manage: bool, reader: Reader, draft: Draft
) -> PersonCard:
    here, tone, why = _here(line)
    absences = [*([line.away] if line.away else []), *line.planned]
    return PersonCard(
        id=line.id,
        name=line.name,
        is_you=line.id == reader.id,
        is_owner=line.is_owner,
        is_gone=line.has_left,
        here=here,
        tone=tone,
        why=why,
        roles=_roles(line.id, tables),
        duties=_duties(line),
        contacts=_contacts(line),
        passkeys="",
        is_unreachable=not line.verified,
        open_asks=_load(line),
        hours=line.hours,
        zone=line.zone,
        absences=tuple(absence_view(one, reader) for one in absences),
        may_manage=may_manage,
        wants_asking=not line.has_left and line.verified < line.contacts,
        draft=draft,
    )


def _here(line: PersonLine) -> tuple[str, str, str]:
    """Return whether somebody can be asked now: in a word or two, its tone, and why not."""
    if line.has_left:
        return "has left", "closed", ""
    reasons = _why_not(line)
    if not reasons:
        return "there", "approve", ""
    said = " and ".join(dict.fromkeys(reasons.values()))
    why = sentence(visible(f"{line.name} {said}"))
    if len(reasons) < len(line.tables):
        return "partly there", "open", f"{why} This is so for {', '.join(reasons)} only."
    word = next((word for start, word in ABSENT.items() if said.startswith(start)), "not there")
    return word, "reject" if word in {"not reachable", "declined"} else "closed", why


def _roles(id: str, tables: Sequence[Table]) -> str:
    found = []
    for table in tables:
        of = f" ({table.agent})" if len(tables) > 1 else ""
        found += [
            f"{route_name(route.id)}, {_place(route.people, id)}{of}"
            for route in table.routes.values()
            if id in route.people
        ]
        if table.owner == id:
            found.append(f"the last resort, as the owner{of}")
    return "; ".join(found)


def _place(people: Sequence[str], id: str) -> str:
    number = people.index(id)
    word = PLACES[number] if number < len(PLACES) else f"number {number + 1}"
    return f"{word} of {len(people)}" if len(people) > 1 else "alone"


def _duties(line: PersonLine) -> tuple[tuple[str, str], ...]:
    """Return how they stand by their duty of each agent, in words and as a tone."""
    states = [(one.agent, one.duty) for one in line.tables if one.duty is not None]
    return tuple(
        (f"{agent}: {DUTY_WORDS[state]}" if len(states) > 1 else DUTY_WORDS[state], TONES[state])
        for agent, state in states
    )


def _contacts(line: PersonLine) -> str:
    said = f"{line.verified} of {line.contacts} verified"
    return f"{said}, {line.failing} failing" if line.failing else said


def _load(line: PersonLine) -> str:
    asks = counted(line.open_asks, "question") if line.open_asks else "nothing"
    today = f", {line.asks_today:,} put to them today" if line.asks_today else ""
    return f"{asks}{today} (at most {line.capacity})" if line.capacity else f"{asks}{today}"
