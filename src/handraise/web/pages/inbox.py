"""The inbox: what waits for the reader, what is due first at the top; and what keeps it fresh."""

from __future__ import annotations

from msgspec.structs import replace
from starlette.responses import Response

from handraise.core.instants import read_instant
from handraise.core.table.types import Table
from handraise.errors import AccessError, NotFoundError, SchemaError
from handraise.model import AskLine, Escalation
from handraise.service.inbox import View
from handraise.service.wiring import Operation
from handraise.web.live import stream
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.inbox import lines_in_words
from handraise.web.pages.views.inbox_page import InboxPage, capped, inbox_page, view_of
from handraise.web.pages.views.onward import INBOX, Onward, href_of, inbox_named, onward
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

    scope = view_of(request.query_params).scope
    shown = await in_thread(_shown, visitor)
    return stream(site.live, visitor.person, scope, seq, is_here, shown)


def _shown(visitor: Visitor) -> str:
    """Return which escalation a page shows; empty for none that the reader may read."""
    escalation_id = visitor.request.query_params.get("escalation", "")
    if not escalation_id:
        return ""
    try:
        return visitor.operation.desk.escalation(escalation_id, visitor.person).id
    except (AccessError, NotFoundError):
        return ""


def _read(visitor: Visitor) -> tuple[Frame, InboxPage, tuple[Waiting, ...]]:
    found = _page(visitor)
    frame = frame_of(visitor.operation, visitor.person, visitor.cookie, "inbox")
    waiting = visitor.operation.rehearsals.waiting(visitor.person)
    return frame, found, exercises_waiting(waiting)


def _page(visitor: Visitor) -> InboxPage:
    operation, query = visitor.operation, visitor.request.query_params
    view, only_reads = _view(visitor)
    seq = operation.store.latest_event_seq()  # before the lines: what comes between is told of
    listed = operation.inbox.page(visitor.person, view)
    reader = reader_of(operation, visitor.person)
    lines = lines_in_words(listed.lines, reader, lambda line: _table_of(operation, line))
    return inbox_page(
        listed,
        view,
        reader,
        tuple(
            replace(one, href=href_of(line.escalation_id, view))
            for line, one in zip(listed.lines, lines, strict=True)
        ),
        seq=seq,
        since=read_instant(query.get("since", "")),
        is_rehearsal=operation.rehearsal,
        only_reads=only_reads,
    )


def _view(visitor: Visitor) -> tuple[View, bool]:
    """Return which page is asked for, and whether its reader only reads.

    Of them nothing is asked: where they say nothing else they see what waits for others.
    """
    operation, query = visitor.operation, visitor.request.query_params
    view = view_of(query)
    only_reads = not operation.shelf.routes_of(visitor.person)
    if not only_reads or query.get("scope") or operation.inbox.waiting(visitor.person):
        return view, only_reads
    return replace(view, scope="all"), only_reads


def _waiting(visitor: Visitor) -> str:
    return capped(visitor.operation.inbox.waiting(visitor.person))


def leading_on(visitor: Visitor, escalation: Escalation, *, is_done: bool) -> Onward:
    """Return what leads on from an escalation: back to the inbox the reader came from.

    Where they have done with it, what waits for them next is looked up too.
    """
    operation = visitor.operation
    said = visitor.form.get(INBOX) or visitor.request.query_params.get(INBOX, "")
    view = inbox_named(said)
    line = None
    if is_done:
        line = operation.inbox.following(
            visitor.person, escalation.id, view, is_drill=escalation.rehearsal
        )
    reader = reader_of(operation, visitor.person)
    found = [] if line is None else [line]
    lines = lines_in_words(found, reader, lambda one: _table_of(operation, one))
    return onward(view, next(iter(lines), None))


def _table_of(operation: Operation, line: AskLine) -> Table | None:
    """Return the table a line began with, or None where this release cannot read it any more."""
    try:
        return operation.shelf.table(line.agent, line.version)
    except (NotFoundError, SchemaError):
        return None
