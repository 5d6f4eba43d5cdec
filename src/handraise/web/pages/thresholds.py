"""Thresholds of confidence: what each was promised, what is seen of it, what is advised.

Everybody on an agent's table sees them; its owner takes up or declines what is advised.
"""

from __future__ import annotations

from starlette.responses import Response

from handraise.service.advising.looked_at import seen_alone
from handraise.service.auditing.promising import calibration_beside
from handraise.web.pages.views.advice import advice_page
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.views.thresholds import ThresholdsPage, thresholds_page
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agent_meant
from handraise.web.render import page
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show the thresholds of one agent; of the first one where none is named."""
    frame, found = await in_thread(_read, visitor)
    return page("thresholds.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, ThresholdsPage]:
    operation, person = visitor.operation, visitor.person
    agent, agents = agent_meant(visitor)
    table = operation.shelf.current(agent)
    folder = operation.shelf.learned.folder_of(agent)
    advice = advice_page(
        agent,
        agents,
        operation.advising.of([agent], state=None),
        operation.advising.lacks(agent),
        operation.advising.so_far(agent),
        table.owner,
        reader_of(operation, person),
        Draft(),
    )
    found = thresholds_page(
        table,
        agents,
        None if folder is None else calibration_beside(table, folder),
        operation.estimating.alone(agent),
        seen_alone(operation.store, agent, table.version),
        advice,
    )
    return frame_of(operation, person, visitor.cookie, "thresholds", agent=agent), found
