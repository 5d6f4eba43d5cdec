"""The team: who is there and who is not; the owner of a table sees to those who stand on it.

Every verb of an owner is checked by the roster, whatever the page offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace
from starlette.responses import Response

from handraise.core.table.types import Table
from handraise.errors import AccessError, Error
from handraise.service.people.standings import PersonLine
from handraise.web.pages.me import errors_of, set_away
from handraise.web.pages.views.figures import FiguresView, figures_view
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.team import TeamPage, team_page
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

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
    """Show everybody on the tables on which the reader stands."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show(visitor, Draft(), said)


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
        return await _show(visitor, draft, "", status=status_of(error))
    return redirect(f"/people?done={done}#person-{person}")


async def _show(visitor: Visitor, draft: Draft, said: str, status: int = 200) -> Response:
    frame, found, figures = await in_thread(_read, visitor, draft)
    return page(
        "people.html",
        status=status,
        frame=frame,
        page=found,
        figures=figures,
        draft=draft,
        said=said,
    )


def _read(visitor: Visitor, draft: Draft) -> tuple[Frame, TeamPage, dict[str, list[FiguresView]]]:
    operation, person = visitor.operation, visitor.person
    agents = sorted(operation.shelf.agents_read_by(person))
    tables: list[Table] = [operation.shelf.current(agent) for agent in agents]
    theirs = {id for table in tables for id in table.people}
    lines = [_seen(line, agents) for line in operation.roster.standing() if line.id in theirs]
    reader = reader_of(operation, person)
    found = team_page(tables, lines, _managed(visitor), reader, draft, _passkeys(visitor))
    frame = frame_of(operation, person, visitor.cookie, "people")
    return frame, found, _figures(visitor, tables)


def _passkeys(visitor: Visitor) -> dict[str, int]:
    """Return how many passkeys each person has."""
    kept = visitor.operation.store.passkeys()
    return dict(Counter(one.person for one in kept if one.ended_at is None))


def _figures(visitor: Visitor, tables: Sequence[Table]) -> dict[str, list[FiguresView]]:
    """Return everybody's figures by person, for the agents whose owner the reader is.

    A rehearsal has none.
    """
    found: dict[str, list[FiguresView]] = {}
    for table in tables:
        if table.owner != visitor.person or visitor.operation.rehearsal:
            continue
        each = visitor.operation.humans.figures_of_each(table.agent, visitor.person)
        for person, figures in each.items():
            found.setdefault(person, []).append(figures_view(figures))
    return found


def _seen(line: PersonLine, agents: list[str]) -> PersonLine:
    """Return a line without the tables on which the reader does not stand."""
    return replace(line, tables=tuple(one for one in line.tables if one.agent in agents))
