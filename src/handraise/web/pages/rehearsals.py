"""The exercises of an agent's team, the newest first: those that run, and the others."""

from __future__ import annotations

from starlette.responses import Response

from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.rehearsals import RehearsalsPage, rehearsals_page
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agent_meant
from handraise.web.render import page
from handraise.web.site import in_thread

MOST = 50


async def show(visitor: Visitor) -> Response:
    """Show the exercises of one agent's team; of the first one where none is named."""
    frame, found = await in_thread(_read, visitor)
    return page("rehearsals.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, RehearsalsPage]:
    operation, person = visitor.operation, visitor.person
    agent, agents = agent_meant(visitor)
    found = operation.store.rehearsals(agent, limit=MOST)
    waiting = {one.rehearsal_id for one in operation.rehearsals.waiting(person)}
    frame = frame_of(operation, person, visitor.cookie, "rehearsals", agent=agent)
    return frame, rehearsals_page(agent, agents, found, waiting, reader_of(operation, person))
