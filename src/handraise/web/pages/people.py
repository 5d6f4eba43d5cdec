"""The team: who is there and who is not; the owner of a table sees to those who stand on it.

The list has fifty on a page, and what decides who is asked; the page of one person has the rest:
their figures, for them and the owner alone, and what the owner can do.

Every verb of an owner is checked by the roster, whatever the page offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from urllib.parse import quote

from msgspec.structs import replace
from starlette.responses import Response

from handraise.core.table.types import Table
from handraise.errors import AccessError, Error, NotFoundError
from handraise.service.people.standings import PersonLine
from handraise.web.pages.me import errors_of, set_away
from handraise.web.pages.views.figures import FiguresView, figures_view
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.team import (
    PersonCard,
    Sought,
    TeamPage,
    found_people,
    person_cards,
    team_page,
)
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

MAX_QUERY = 200

SAID = {
    "away": "It is noted when they are away.",
    "back": "It is noted that they are back.",
    "stay": "It is taken back.",
    "deactivated": "They are deactivated. What they had open has moved on.",
    "signed-out": "They are signed out everywhere.",
    "activated": "They are active again.",
    "asked": "A code is on its way to each of their contacts that is not verified.",
    "none": "All their contacts are verified.",
}
"""What is said after something was done; only these words, whatever the address holds."""


async def show(visitor: Visitor) -> Response:
    """Show those on the tables on which the reader stands, or those whom a search has found."""
    return await _show_team(visitor, Draft())


async def show_one(visitor: Visitor) -> Response:
    """Show one person.

    Raises:
        NotFoundError: there is nobody of that name on the tables on which the reader stands.
    """
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show_one(visitor, visitor.request.path_params["id"], Draft(), said)


async def send_away(visitor: Visitor) -> Response:
    """Note that somebody is or will be away."""

    def away(person: str) -> str:
        set_away(visitor, person)
        return "away"

    return await _done(visitor, "away", away)


async def bring_back(visitor: Visitor) -> Response:
    """Note that somebody is back, or will not be away after all."""

    def back(person: str) -> str:
        planned = bool(visitor.form.get("planned"))
        visitor.operation.roster.back(person, visitor.person, planned=planned)
        return "stay" if planned else "back"

    return await _done(visitor, "back", back)


async def deactivate(visitor: Visitor) -> Response:
    """Note that somebody has left."""

    def leave(person: str) -> str:
        reason = visitor.form.get("reason", "")
        visitor.operation.roster.deactivate(person, visitor.person, reason)
        return "deactivated"

    return await _done(visitor, "deactivate", leave)


async def activate(visitor: Visitor) -> Response:
    """Note that somebody who had left is here again."""

    def come(person: str) -> str:
        visitor.operation.roster.activate(person, visitor.person)
        return "activated"

    return await _done(visitor, "activate", come)


async def invite(visitor: Visitor) -> Response:
    """Send a code again through each contact of somebody that is not verified."""

    def ask(person: str) -> str:
        if person not in _managed(visitor):
            raise AccessError("only an owner may ask others again", "they may do it themselves")
        return "asked" if visitor.operation.roster.invite(person, again=True) else "none"

    return await _done(visitor, "invite", ask)


def _managed(visitor: Visitor) -> set[str]:
    """Return whom the reader may see to: everybody else on the tables they own."""
    shelf = visitor.operation.shelf
    owned = (shelf.current(agent) for agent in shelf.agents())
    people = {id for table in owned if table.owner == visitor.person for id in table.people}
    return people - {visitor.person}


async def _done(visitor: Visitor, form: str, act: Callable[[str], str]) -> Response:
    """Do it and lead back to the page, or show the page again with why it was not taken."""
    person = visitor.request.path_params["id"]
    try:
        done = await in_thread(act, person)
    except AccessError:
        raise
    except Error as error:
        errors = errors_of(error, visitor.form)
        draft = Draft(form=f"{form} {person}", values=visitor.form, errors=errors)
        return await _refused(visitor, person, draft, status_of(error))
    return redirect(f"/people/{quote(person, safe='')}?done={done}")


async def _refused(visitor: Visitor, person: str, draft: Draft, status: int) -> Response:
    """Show again where it was asked for, saying why it was not taken."""
    try:
        return await _show_one(visitor, person, draft, "", status)
    except NotFoundError:
        return await _show_team(visitor, draft, status)


async def _show_team(visitor: Visitor, draft: Draft, status: int = 200) -> Response:
    frame, found = await in_thread(_read_team, visitor, draft)
    return page("people.html", status=status, frame=frame, page=found, draft=draft)


def _read_team(visitor: Visitor, draft: Draft) -> tuple[Frame, TeamPage]:
    operation, query = visitor.operation, visitor.request.query_params
    tables = _tables(visitor)
    sought = Sought(query.get("q", "")[:MAX_QUERY].strip(), query.get("after", ""))
    found = found_people(tables, sought)
    shown = tables if sought.is_all else []
    absent = {table.agent: operation.roster.absent(table.agent) for table in shown}
    cards = _cards(visitor, tables, found.ids, draft)
    frame = frame_of(operation, visitor.person, visitor.cookie, "people")
    return frame, team_page(shown, cards, absent, sought, found)


async def _show_one(
    visitor: Visitor, person: str, draft: Draft, said: str, status: int = 200
) -> Response:
    frame, found, figures = await in_thread(_read_one, visitor, person, draft)
    return page(
        "teammate.html",
        status=status,
        frame=frame,
        one=found,
        figures=figures,
        draft=draft,
        said=said,
    )


def _read_one(
    visitor: Visitor, person: str, draft: Draft
) -> tuple[Frame, PersonCard, list[FiguresView]]:
    tables = [table for table in _tables(visitor) if person in table.people]
    if not tables:
        raise NotFoundError(
            f'there is no "{person}" on your tables', "the page of the team lists everybody"
        )
    (card,) = _cards(visitor, tables, [person], draft)
    frame = frame_of(visitor.operation, visitor.person, visitor.cookie, "people")
    return frame, card, _figures(visitor, tables, person)


def _tables(visitor: Visitor) -> list[Table]:
    """Return the tables on which the reader stands, by agent."""
    shelf = visitor.operation.shelf
    return [shelf.current(agent) for agent in sorted(shelf.agents_read_by(visitor.person))]


def _cards(
    visitor: Visitor, tables: Sequence[Table], ids: Collection[str], draft: Draft
) -> list[PersonCard]:
    operation = visitor.operation
    agents = [table.agent for table in tables]
    standing = operation.roster.standing(only=ids, counted=agents)
    lines = [_seen(line, agents) for line in standing]
    reader = reader_of(operation, visitor.person)
    managed = _managed(visitor)
    return list(person_cards(tables, lines, managed, reader, draft, _passkeys(visitor)))


def _passkeys(visitor: Visitor) -> dict[str, int]:
    """Return how many passkeys each person has."""
    kept = visitor.operation.store.passkeys()
    return dict(Counter(one.person for one in kept if one.ended_at is None))


def _figures(visitor: Visitor, tables: Sequence[Table], person: str) -> list[FiguresView]:
    """Return somebody's figures, for the agents whose owner the reader is; a rehearsal has none."""
    operation, reader = visitor.operation, visitor.person
    if operation.rehearsal:
        return []
    return [
        figures_view(operation.humans.figures_of(table.agent, person, reader))
        for table in tables
        if table.owner == reader
    ]


def _seen(line: PersonLine, agents: list[str]) -> PersonLine:
    """Return a line without the tables on which the reader does not stand."""
    return replace(line, tables=tuple(one for one in line.tables if one.agent in agents))
