"""The routing table in force: which version, whether it is live, who is behind each row."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from handraise.core.table.sheet import sheet_of
from handraise.core.table.types import Table
from handraise.errors import NotFoundError
from handraise.service.wiring import Operation
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.words import Moment
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread


class TablePage(Struct, frozen=True, kw_only=True):
    """The page of one agent's routing table."""

    agent: str
    purpose: str
    version: str
    is_ready: bool
    ready_by: str
    ready_at: Moment | None
    agents: tuple[str, ...]


async def show(visitor: Visitor) -> Response:
    """Show the table of an agent; of the reader's first one where none is named."""
    frame, found, table = await in_thread(_read, visitor)
    return page("table.html", frame=frame, page=found, sheet=sheet_of(table))


def _read(visitor: Visitor) -> tuple[Frame, TablePage, Table]:
    operation, person = visitor.operation, visitor.person
    tables = _tables_of(operation, person)
    agent = visitor.request.path_params.get("agent") or next(iter(tables), "")
    table = tables.get(agent)
    if table is None:
        raise NotFoundError("you are on no routing table of that name")
    ready = operation.readiness.of(agent, table.version)
    reader = reader_of(operation, person)
    found = TablePage(
        agent=agent,
        purpose=table.purpose,
        version=table.version,
        is_ready=ready is not None,
        ready_by=reader.full_name(ready.by) if ready else "",
        ready_at=reader.moment(ready.at) if ready else None,
        agents=tuple(tables),
    )
    return frame_of(operation, person, visitor.cookie, "table"), found, table


def _tables_of(operation: Operation, person: str) -> dict[str, Table]:
    """Return the newest tables that name this person, by agent."""
    newest = ((agent, operation.shelf.current(agent)) for agent in operation.shelf.agents())
    return {agent: table for agent, table in newest if person in table.people}
