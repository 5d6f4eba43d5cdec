"""For those who run the server: is it alive, is it ready, and the figures Prometheus reads.

Ready means that the store answers, that a worker has lately acted upon every deadline, and that
messages go out: a server whose timers or messages stand still must not look well.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from handraise.errors import StoreError
from handraise.service.wiring import Operation
from handraise.service.working.worker import POST
from handraise.web.api.cycles import cycles, silent_s
from handraise.web.api.endpoint import Call
from handraise.web.api.records import Health
from handraise.web.site import in_thread

WORKER_SILENT_AFTER = timedelta(seconds=30)
POST_SILENT_AFTER = timedelta(seconds=60)
MESSAGE_WAITS_AT_MOST = timedelta(minutes=3)
"""A message that has not gone out for longer, however often it was tried, means that messages stand
still; one contact that takes nothing is given up before."""


async def live(_call: Call) -> Health:
    """Return that this process answers."""
    return Health(status="live")


async def ready(call: Call) -> Response:
    """Return whether this process can do its work: 200, or 503 saying what is missing."""
    lacks = await in_thread(missing, call.site.operation)
    health = Health(status="not_ready", detail=lacks) if lacks else Health(status="ready")
    return Response(
        msgspec.json.encode(health),
        status_code=503 if lacks else 200,
        media_type="application/json",
    )


def missing(operation: Operation) -> str:
    """Return what keeps this process from its work, in words; empty for nothing."""
    try:
        operation.store.ping()
        known = cycles(operation)
        silent = silent_s(known, operation.clock.now())
        post = _post_missing(operation)
    except StoreError:
        return "the store does not answer"
    if silent is None:
        if known:
            return "the last cycle of a worker lies in the future; look at this machine's clock"
        return "no worker has completed a cycle yet"
    if silent > WORKER_SILENT_AFTER.total_seconds():
        return f"no worker has completed a cycle for {silent:.0f} seconds"
    return post


def _post_missing(operation: Operation) -> str:
    """Return what is wrong with the delivery of messages; empty for nothing."""
    now = operation.clock.now()
    beat = operation.store.last_heartbeat(POST)
    silent = silent_s([beat], now)
    if silent is None:
        return "no worker has delivered messages yet"
    if silent > POST_SILENT_AFTER.total_seconds():
        return f"no worker has delivered messages for {silent:.0f} seconds"
    oldest = operation.store.oldest_pending(now)
    if oldest is not None and now - oldest > MESSAGE_WAITS_AT_MOST:
        return (
            f"a message that should be out waits for {(now - oldest).total_seconds():.0f} seconds"
        )
    return ""


async def metrics(call: Call) -> Response:
    """Return the figures in Prometheus' text format."""
    text = await in_thread(call.site.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
