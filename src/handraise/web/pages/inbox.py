"""The inbox: what waits for the reader, what is due first at the top."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from handraise.core.table.types import Table
from handraise.errors import NotFoundError, SchemaError
from handraise.model import AskLine
from handraise.service.wiring import Operation
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.inbox import Inbox, inbox
from handraise.web.pages.views.rehearsal import Waiting, exercises_waiting
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread

LIMIT = 200

Scope = Literal["mine", "routes", "all"]
State = Literal["open", "ended"]


async def show(visitor: Visitor) -> Response:
    """Show the inbox as it is filtered."""
    frame, found, exercises = await in_thread(_read, visitor)
    return page("inbox.html", frame=frame, inbox=found, exercises=exercises)


def _read(visitor: Visitor) -> tuple[Frame, Inbox, tuple[Waiting, ...]]:
    query = visitor.request.query_params
    scope, state = _scope(query.get("scope")), _state(query.get("state"))
    lines = visitor.operation.desk.inbox(visitor.person, scope=scope, state=state, limit=LIMIT)
    reader = reader_of(visitor.operation, visitor.person)
    frame = frame_of(visitor.operation, visitor.person, visitor.cookie, "inbox")
    found = inbox(
        lines,
        reader,
        lambda line: _table_of(visitor.operation, line),
        scope=scope,
        state=state,
        limit=LIMIT,
    )
    waiting = visitor.operation.rehearsals.waiting(visitor.person)
    return frame, found, exercises_waiting(waiting)


def _table_of(operation: Operation, line: AskLine) -> Table | None:
    """Return the table a line began with, or None where this release cannot read it any more."""
    try:
        return operation.shelf.table(line.agent, line.version)
    except (NotFoundError, SchemaError):
        return None


def _scope(given: str | None) -> Scope:
    return "routes" if given == "routes" else "all" if given == "all" else "mine"


def _state(given: str | None) -> State:
    return "ended" if given == "ended" else "open"
