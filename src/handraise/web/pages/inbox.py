"""The inbox: what waits for the reader, what is due first at the top; and what keeps it fresh."""

from __future__ import annotations

from starlette.responses import Response

from handraise.core.instants import read_instant
from handraise.core.table.types import Table
from handraise.errors import NotFoundError, SchemaError
from handraise.model import AskLine
from handraise.service.wiring import Operation
from handraise.web.live import stream
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.inbox import lines_in_words
from handraise.web.pages.views.inbox_page import InboxPage, capped, inbox_page, view_of
from handraise.web.pages.views.rehearsal import Waiting, exercises_waiting
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show the inbox as it is filtered, or what a search has found."""
    frame, found, exercises = await in_thread(_read, visitor)
    return page("inbox.html", frame=frame, inbox=found, exercises=exercises)


async def show_list(visitor: Visitor) -> Response:
    """Show the list alone, as the page fetches it anew."""
    return page("inbox_list.html", inbox=await in_thread(_page, visitor))


async def show_badge(visitor: Visitor) -> Response:
    """Show how many questions wait, for the head of another page."""
    waiting = await in_thread(_waiting, visitor)
    return page("inbox_badge.html", waiting=waiting)


async def live(visitor: Visitor) -> Response:
    """Tell a page, for as long as it is open, when the inbox of its person may look different."""
    request, site = visitor.request, visitor.site
    known = request.headers.get("Last-Event-ID") or request.query_params.get("seq", "")
    seq = int(known) if known.isdecimal() and len(known) < 19 else None
    peek = visitor.operation.door.sessions.peek

    async def is_here() -> bool:
        return await in_thread(peek, visitor.cookie) == visitor.person

    return stream(site.live, visitor.person, view_of(request.query_params).scope, seq, is_here)


def _read(visitor: Visitor) -> tuple[Frame, InboxPage, tuple[Waiting, ...]]:
    found = _page(visitor)
    frame = frame_of(visitor.operation, visitor.person, visitor.cookie, "inbox")
    waiting = visitor.operation.rehearsals.waiting(visitor.person)
    return frame, found, exercises_waiting(waiting)


def _page(visitor: Visitor) -> InboxPage:
    operation, query = visitor.operation, visitor.request.query_params
    view = view_of(query)
    seq = operation.store.latest_event_seq()  # before the lines: what comes between is told of
    listed = operation.inbox.page(visitor.person, view)
    reader = reader_of(operation, visitor.person)
    return inbox_page(
        listed,
        view,
        reader,
        lines_in_words(listed.lines, reader, lambda line: _table_of(operation, line)),
        seq=seq,
        since=read_instant(query.get("since", "")),
        is_rehearsal=operation.rehearsal,
    )


def _waiting(visitor: Visitor) -> str:
    return capped(visitor.operation.inbox.waiting(visitor.person))


def _table_of(operation: Operation, line: AskLine) -> Table | None:
    """Return the table a line began with, or None where this release cannot read it any more."""
    try:
        return operation.shelf.table(line.agent, line.version)
    except (NotFoundError, SchemaError):
        return None
