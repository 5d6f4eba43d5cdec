"""The team: who is asked for what, in which order, and who is there now.

However many they are, a page has at most fifty of them; the others are found by name and by route.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.searching import folded
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import OWNER
from handraise.service.people.standings import PersonLine
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.me import DUTY_WORDS, AbsenceView, Draft, absence_view
from handraise.web.pages.views.words import Reader, counted, route_name, sentence

MOST_PEOPLE = 50
MOST_ROUTES = 30
MOST_PLACES = 12

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
    """A route: its people in order, and its deadlines in words.

    Attributes, where the name alone does not say it:
        others: how many more are on it than are shown, in words; empty for none.
        href: where its people are listed.
    """

    name: str
    about: str
    people: tuple[Place, ...]
    others: str
    href: str


class AgentCard(Struct, frozen=True):
    """An agent, its routes, and how many more it has than are shown, as a sentence."""

    name: str
    about: str
    routes: tuple[RouteCard, ...]
    others: str


class PersonCard(Struct, frozen=True, kw_only=True):
    """One person.

    Attributes, where the name alone does not say it:
        href: of the page that is about them alone.
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
    href: str
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


class Sought(Struct, frozen=True):
    """Which people a page is to have: words of names and routes, and behind whom it begins."""

    words: str = ""
    after: str = ""

    @property
    def is_all(self) -> bool:
        """Whether it is the first page, of everybody."""
        return not self.words and not self.after


class Found(Struct, frozen=True):
    """Whom a page has, by their ids; how many were found, and whether there are more behind."""

    ids: tuple[str, ...]
    count: int
    has_more: bool


class TeamPage(Struct, frozen=True, kw_only=True):
    """The page of the team.

    Attributes, where the name alone does not say it:
        agents: on the first page alone.
        words: what was searched for; empty for nothing.
        count: how many were found, as a sentence; empty where all are shown.
        start: where the first page is; empty on it.
        more: where the next page is; empty on the last one.
    """

    agents: tuple[AgentCard, ...]
    people: tuple[PersonCard, ...]
    words: str = ""
    count: str = ""
    start: str = ""
    more: str = ""


def found_people(tables: Sequence[Table], sought: Sought) -> Found:
    """Return who is on a page: at most fifty, by their ids.

    Everybody is found by the beginnings of words: of their name, of their id, of the routes and the
    agents that ask them. What is written without a blank, as `finance_lead`, stands together.
    """
    wanted = [parts for word in sought.words.split() if (parts := folded(word))]
    texts = _texts(tables)
    ids = [id for id in sorted(texts) if all(_stands_in(one, texts[id]) for one in wanted)]
    rest = [id for id in ids if id > sought.after]
    return Found(tuple(rest[:MOST_PEOPLE]), len(ids), len(rest) > MOST_PEOPLE)


def _texts(tables: Sequence[Table]) -> dict[str, list[list[str]]]:
    """Return by what each person is found, as words."""
    found: dict[str, list[list[str]]] = {}
    for table in tables:
        agent = folded(table.agent)
        for id, person in table.people.items():
            found.setdefault(id, []).extend((folded(id), folded(person.name), agent))
        for route in table.routes.values():
            name = folded(route.id)
            for id in route.people:
                found[id].append(name)
        found[table.owner].append([OWNER])
    return found


def _stands_in(wanted: Sequence[str], texts: Sequence[Sequence[str]]) -> bool:
    """Return whether words stand together in a text, the last of them maybe only begun."""
    *whole, begun = wanted
    return any(
        list(text[at : at + len(whole)]) == whole and text[at + len(whole)].startswith(begun)
        for text in texts
        for at in range(len(text) - len(whole))
    )


def team_page(
    tables: Sequence[Table],
    people: Sequence[PersonCard],
    absent: Mapping[str, Mapping[str, str]],
    sought: Sought,
    found: Found,
) -> TeamPage:
    """Return the page in words.

    Args:
        tables: those whose routes are shown.
        people: the cards of those that were found.
        absent: by agent, who cannot be asked now and why.
        sought: what was asked for.
        found: who was found.
    """
    people_found = "1 person" if found.count == 1 else f"{found.count:,} people"
    last = found.ids[-1] if found.ids else ""
    return TeamPage(
        agents=tuple(_agent(table, absent.get(table.agent, {})) for table in tables),
        people=tuple(people),
        words=sought.words,
        count=f"{people_found} found." if sought.words else "",
        start=_address(Sought(sought.words)) if sought.after else "",
        more=_address(Sought(sought.words, last)) if found.has_more else "",
    )


def _address(sought: Sought) -> str:
    given = {"q": sought.words, "after": sought.after}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/people?{query}" if query else "/people"


def person_cards(
    tables: Sequence[Table],
    lines: Sequence[PersonLine],
    managed: Container[str],
    reader: Reader,
    draft: Draft,
    passkeys: Mapping[str, int],
) -> Iterator[PersonCard]:
    """Yield how some people stand, in words.

    Args:
        tables: those the reader stands on.
        lines: how they stand.
        managed: whom the reader may see to, as an owner.
        reader: who reads.
        draft: a form that was not taken.
        passkeys: how many passkeys each has; who is not there has none.
    """
    for line in lines:
        card = _person(line, tables, line.id in managed, reader, draft)
        if line.id in passkeys:
            card = replace(card, passkeys=counted(passkeys[line.id], "passkey"))
        yield card


def _agent(table: Table, absent: Mapping[str, str]) -> AgentCard:
    routes = list(table.routes.values())
    shown = tuple(
        _route(
            table,
            route.id,
            _deadlines(route.acknowledge_within_s, route.decide_within_s, route.needs),
            route.people,
            absent,
        )
        for route in routes[:MOST_ROUTES]
    )
    last = _route(table, OWNER, "the last resort", (table.owner,), {})
    others = max(len(routes) - MOST_ROUTES, 0)
    left_out = f"{counted(others, 'more route')}: search for the name." if others else ""
    about = f"Who is asked for what, on {counted(len(routes) + 1, 'route')}"
    return AgentCard(table.agent, about, (*shown, last), left_out)


def _route(
    table: Table, id: str, about: str, people: Sequence[str], absent: Mapping[str, str]
) -> RouteCard:
    others = len(people) - MOST_PLACES
    return RouteCard(
        name=route_name(id),
        about=about,
        people=tuple(
            Place(table.people[one].name, visible(absent.get(one, "")))
            for one in people[:MOST_PLACES]
        ),
        others=f"and {others:,} more" if others > 0 else "",
        href=_address(Sought(f"{id} {table.agent}")),
    )


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
        href=f"/people/{quote(line.id, safe='')}",
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
        passkeys="none",
        is_unreachable=not line.verified and not line.only_reads,
        open_asks=_load(line),
        hours=line.hours,
        zone=line.zone,
        absences=tuple(absence_view(one, reader) for one in absences),
        may_manage=may_manage,
        wants_asking=not (line.has_left or line.only_reads) and line.verified < line.contacts,
        draft=draft,
    )


def _here(line: PersonLine) -> tuple[str, str, str]:
    """Return whether somebody can be asked now: in a word or two, its tone, and why not."""
    if line.has_left:
        return "has left", "closed", ""
    if line.only_reads:
        return "reads only", "closed", ""
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
    nothing = "nothing here" if line.has_others else "nothing"
    asks = counted(line.open_asks, "open ask") if line.open_asks else nothing
    today = f", {line.asks_today:,} put to them today" if line.asks_today else ""
    others = ", and others elsewhere" if line.has_others else ""
    most = f" (at most {line.capacity})" if line.capacity else ""
    return f"{asks}{today}{others}{most}"
