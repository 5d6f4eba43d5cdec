"""The routing table in force: which version, whether it is live, who is behind each row."""

from __future__ import annotations

from starlette.responses import Response

from handraise.core.table.sheet import sheet_of
from handraise.core.table.types import Table
from handraise.errors import NotFoundError
from handraise.service.wiring import Operation
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.tables import TablePage, table_page
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show the table of an agent; of the reader's first one where none is named."""
    frame, found = await in_thread(_read, visitor)
    return page("table.html", frame=frame, page=found)


async def show_version(visitor: Visitor) -> Response:
    """Show one version of a table, as it was published."""
    frame, found = await in_thread(_read_version, visitor)
    return page("table.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, TablePage]:
    operation, person = visitor.operation, visitor.person
    tables = tables_of(operation, person)
    table = tables[agent_named(visitor, tables)]
    found = _current(visitor, table, tuple(tables))
    return frame_of(operation, person, visitor.cookie, "table", agent=table.agent), found


def _current(visitor: Visitor, table: Table, agents: tuple[str, ...] = ()) -> TablePage:
    operation = visitor.operation
    return table_page(
        table,
        reader_of(operation, visitor.person),
        agents=agents,
        hold=operation.readiness.hold(table.agent),
        waiting=operation.shelf.waiting(table.agent),
        directory=operation.shelf.directory(table.agent, rehearsal=operation.rehearsal),
    )


def _read_version(visitor: Visitor) -> tuple[Frame, TablePage]:
    operation, person = visitor.operation, visitor.person
    agent = agent_named(visitor, tables_of(operation, person))
    version = visitor.request.path_params["version"]
    table = operation.shelf.table(agent, version)
    if version == operation.shelf.current(agent).version:
        found = _current(visitor, table)
    else:
        found = TablePage(
            agent=agent, agents=(), version=version, is_current=False, sheet=sheet_of(table)
        )
    return frame_of(operation, person, visitor.cookie, "versions", agent=agent), found


def agent_named(visitor: Visitor, tables: dict[str, Table]) -> str:
    """Return the agent that an address names, or the reader's first one where it names none.

    Raises:
        NotFoundError: the reader may not see the table of that name, or there is none.
    """
    request = visitor.request
    named = request.path_params.get("agent") or request.query_params.get("agent")
    agent = named or next(iter(tables), "")
    if agent not in tables:
        raise NotFoundError("you are on no routing table of that name")
    return agent


def tables_of(operation: Operation, person: str) -> dict[str, Table]:
    """Return the current tables that a person may read, by agent."""
    agents = sorted(operation.shelf.agents_read_by(person))
    return {agent: operation.shelf.current(agent) for agent in agents}
