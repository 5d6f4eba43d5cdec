"""Going live: what is proved, rehearsed and accepted of each agent, what is missing, what ends."""

from __future__ import annotations

from starlette.responses import Response

from handraise.service.going_live.waiving import carried
from handraise.service.going_live.willing import willing
from handraise.service.wiring import Operation
from handraise.web.pages.views.frame import AgentChoice, Frame, frame_of, reader_of
from handraise.web.pages.views.going_live import AgentView, Seen, agent_view
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agents_meant
from handraise.web.render import page
from handraise.web.site import in_thread

PROOF_WAIT_S = 2.0
"""How long a page waits for a proof; the next look finds it done."""

MOST_DRILLS = 200


async def show(visitor: Visitor) -> Response:
    """Show how far each agent is on whose table the reader stands."""
    frame, choice, agents = await in_thread(_read, visitor)
    return page("going_live.html", frame=frame, choice=choice, agents=agents)


def _read(visitor: Visitor) -> tuple[Frame, AgentChoice, tuple[AgentView, ...]]:
    operation, person = visitor.operation, visitor.person
    reader = reader_of(operation, person)
    choice, agents = agents_meant(visitor)
    found = tuple(agent_view(_seen(operation, agent), reader) for agent in agents)
    frame = frame_of(operation, person, visitor.cookie, "going-live", agent=choice.agent)
    return frame, choice, found


def _seen(operation: Operation, agent: str) -> Seen:
    """Return what is to be told of an agent: the version that waits, or else the current one."""
    waiting = operation.readiness.waiting(agent)
    table = waiting or operation.shelf.current(agent)
    hold = operation.readiness.hold(agent)
    record = hold.record if hold is not None and hold.holds else None
    waivers = carried(record, table.version, operation.clock.now())
    return Seen(
        table=table,
        is_waiting=waiting is not None,
        hold=hold,
        lines=operation.checklists.lines(table, waivers, PROOF_WAIT_S),
        signer=operation.readiness.signer(table),
        people=willing(table, operation.store),
        drills=operation.store.drills(agent, limit=MOST_DRILLS),
    )
