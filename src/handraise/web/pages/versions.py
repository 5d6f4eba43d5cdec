"""The versions of a table: which was in force when, by whose signature, and what one changes."""

from __future__ import annotations

from starlette.responses import Response

from handraise.service.backtesting.changes import changed_parts
from handraise.service.going_live.publishing import version_lines
from handraise.web.pages.tables import agent_named, tables_of
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.versions import (
    DifferenceView,
    VersionsPage,
    difference_view,
    versions_page,
)
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show the versions of an agent's table, and how two of them differ where two are named."""
    frame, found = await in_thread(_read, visitor)
    return page("versions.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, VersionsPage]:
    operation, person = visitor.operation, visitor.person
    tables = tables_of(operation, person)
    agent = agent_named(visitor, tables)
    lines = version_lines(agent, operation.store, operation.shelf, operation.readiness)
    reader = reader_of(operation, person)
    found = versions_page(agent, tuple(tables), lines, _difference(visitor, agent), reader)
    return frame_of(operation, person, visitor.cookie, "versions", agent=agent), found


def _difference(visitor: Visitor, agent: str) -> DifferenceView | None:
    """Return how the two named versions differ; None where not both are named.

    Raises:
        NotFoundError: there is no such version.
        SchemaError: this release cannot read one of them.
    """
    query, shelf = visitor.request.query_params, visitor.operation.shelf
    old, new = query.get("old", ""), query.get("new", "")
    if not old or not new:
        return None
    parts = changed_parts(shelf.table(agent, old), shelf.table(agent, new))
    return difference_view(old, new, parts)
