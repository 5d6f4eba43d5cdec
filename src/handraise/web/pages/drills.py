"""Drills: which there were, what came of them, and an owner starts one."""

from __future__ import annotations

from starlette.responses import Response

from handraise.errors import AccessError, Error
from handraise.web.pages.keys import owned_by
from handraise.web.pages.me import errors_of
from handraise.web.pages.tables import tables_of
from handraise.web.pages.views.drills import DrillsPage, drills_page
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

MOST = 200
"""So many drills of an agent are listed, the newest first."""

SAID = {"started": "The drill is on its way. What comes of it stands below."}
"""What is said after something was done; only these words, whatever the address holds."""


async def show(visitor: Visitor) -> Response:
    """Show the drills of the agents on whose tables the reader stands."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show(visitor, Draft(), said)


async def start(visitor: Visitor) -> Response:
    """Start a drill of a route, for whoever would be asked now or for one of its people."""

    def started() -> None:
        form = visitor.form
        agent, _, route = form.get("route", "").partition("/")
        if agent not in owned_by(visitor):
            raise AccessError("only the owner of an agent starts its drills", "ask the owner")
        person = form.get("person") or None
        visitor.operation.drills.start(agent, route, visitor.person, person)

    try:
        await in_thread(started)
    except AccessError:
        raise
    except Error as error:
        draft = Draft(form="drill", values=visitor.form, errors=errors_of(error, visitor.form))
        return await _show(visitor, draft, "", status=status_of(error))
    return redirect("/drills?done=started")


async def _show(visitor: Visitor, draft: Draft, said: str, status: int = 200) -> Response:
    frame, found = await in_thread(_read, visitor)
    return page("drills.html", status=status, frame=frame, page=found, draft=draft, said=said)


def _read(visitor: Visitor) -> tuple[Frame, DrillsPage]:
    operation, person = visitor.operation, visitor.person
    tables = tables_of(operation, person)
    owned = [operation.shelf.newest(agent) for agent in owned_by(visitor)]
    drills = [one for agent in tables for one in operation.store.drills(agent, limit=MOST)]
    found = drills_page(drills, owned, reader_of(operation, person))
    return frame_of(operation, person, visitor.cookie, "drills"), found
