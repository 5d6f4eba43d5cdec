"""The system, for owners: does it work, and if not, what is missing and what helps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response

from handraise import __version__
from handraise.channels.contacts import channel_of
from handraise.errors import AccessError
from handraise.service.watch.running import running
from handraise.service.watch.watch import WATCH
from handraise.service.wiring import Operation
from handraise.settings import console_by
from handraise.store import head_revision
from handraise.web.api.health import missing
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.system import Lost, Seen, SystemPage, Waiting, system_page
from handraise.web.pages.visitor import Visitor
from handraise.web.render import page
from handraise.web.site import in_thread

if TYPE_CHECKING:
    from handraise.service.access.openid import OpenId

LOOKS_BACK = timedelta(days=7)
"""How far back messages that were given up on are told."""


async def show(visitor: Visitor) -> Response:
    """Show how the system stands."""
    frame, found = await in_thread(_read, visitor)
    return page("system.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, SystemPage]:
    operation, person = visitor.operation, visitor.person
    if not operation.shelf.is_owner(person):
        raise AccessError("only owners see how the system stands", "ask the owner of the table")
    found = system_page(_seen(operation, visitor.site.openid), reader_of(operation, person))
    return frame_of(operation, person, visitor.cookie, "system"), found


def _seen(operation: Operation, openid: OpenId | None) -> Seen:
    """Return what is known of the system now."""
    now, store = operation.clock.now(), operation.store
    found = running(store, now)
    settings = operation.settings
    return Seen(
        missing=missing(operation),
        cycle_at=found.cycle_at or operation.worker.last_cycle,
        delivered_at=found.delivered_at,
        looked_at=store.last_heartbeat(WATCH),
        oldest_at=found.oldest_waiting_at,
        is_outside=settings.heartbeat_url is not None,
        outside_failing_at=operation.outside.failing_since(now),
        outside_held_back="" if operation.rehearsal else operation.outside.held_back(now),
        engine=store.place.engine,
        size_bytes=store.size_bytes(),
        revision=store.schema_revision(),
        head=head_revision(),
        waiting=_waiting(operation),
        lost=_lost(operation),
        address=operation.address.url,
        version=__version__,
        is_rehearsal=operation.rehearsal,
        console_by=console_by() if settings.console else "",
        openid_trouble=None if openid is None else openid.trouble(),
    )


def _waiting(operation: Operation) -> list[Waiting]:
    """Return the messages that wait, by the channel that is tried first."""
    found: dict[str, Waiting] = {}
    for one in operation.store.unsent():
        channel = channel_of(one.contacts[0]) if one.contacts else "none"
        before = found.get(channel, Waiting(channel=channel, waiting=0, failing=0))
        found[channel] = Waiting(
            channel=channel,
            waiting=before.waiting + one.waiting,
            failing=before.failing + one.failing,
        )
    return [found[channel] for channel in sorted(found)]


def _lost(operation: Operation) -> list[Lost]:
    """Return the messages that were given up on lately, by channel and reason."""
    since = operation.clock.now() - LOOKS_BACK
    found: dict[tuple[str, str], Lost] = {}
    for one in operation.store.given_up(since):
        channel = channel_of(one.contacts[0]) if one.contacts else "none"
        before = found.get((channel, one.error))
        found[channel, one.error] = Lost(
            channel=channel,
            error=one.error,
            count=one.count + (before.count if before else 0),
            last_at=max(one.last_at, before.last_at) if before else one.last_at,
        )
    return sorted(found.values(), key=lambda one: -one.count)
