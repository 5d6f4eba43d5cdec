"""For those who run the server: is it alive, is it ready, and the figures Prometheus reads.

Ready means that the store answers, that a worker has lately acted upon every deadline, and that
messages go out: a server whose timers or messages stand still must not look well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response

from handraise.errors import StoreError
from handraise.service.wiring import Operation
from handraise.service.working.worker import LEASE, POST
from handraise.web.api.endpoint import Call
from handraise.web.api.records import Health
from handraise.web.site import in_thread

WORKER_SILENT_AFTER = timedelta(seconds=30)
POST_SILENT_AFTER = timedelta(seconds=60)
MESSAGE_WAITS_AT_MOST = timedelta(minutes=2)
"""A message that is due for longer than this means that the post does not keep up."""

CLOCKS_DIFFER_BY = timedelta(seconds=10)
"""A sign of life that is further ahead says nothing: the clock was put back since."""


async def live(_call: Call) -> Health:
    """Return that this process answers."""
    return Health(status="live")


async def ready(call: Call) -> Response:
    """Return whether this process can do its work: 200, or 503 saying what is missing."""
    missing = await in_thread(_missing, call.site.operation)
    health = Health(status="not_ready", detail=missing) if missing else Health(status="ready")
    return Response(
        msgspec.json.encode(health),
        status_code=503 if missing else 200,
        media_type="application/json",
    )


def _missing(operation: Operation) -> str:
    try:
        operation.store.ping()
        known = _cycles(operation)
        silent_s = _silent_s(operation, known)
        post = _post_missing(operation)
    except StoreError:
        return "the store does not answer"
    if silent_s is None:
        if known:
            return "the last cycle of a worker lies in the future; look at this machine's clock"
        return "no worker has completed a cycle yet"
    if silent_s > WORKER_SILENT_AFTER.total_seconds():
        return f"no worker has completed a cycle for {silent_s:.0f} seconds"
    return post


def _post_missing(operation: Operation) -> str:
    """Return what is wrong with the delivery of messages; empty for nothing."""
    now = operation.clock.now()
    beat = operation.store.last_heartbeat(POST)
    silent_s = _silent_s(operation, () if beat is None else (beat,))
    if silent_s is None:
        return "no worker has delivered messages yet"
    if silent_s > POST_SILENT_AFTER.total_seconds():
        return f"no worker has delivered messages for {silent_s:.0f} seconds"
    oldest = operation.store.oldest_pending(now)
    if oldest is not None and now - oldest > MESSAGE_WAITS_AT_MOST:
        return f"a message that is due waits for {(now - oldest).total_seconds():.0f} seconds"
    return ""


def _cycles(operation: Operation) -> list[datetime]:
    """Return when workers last completed a cycle: this process's, and any on the store."""
    last = operation.worker.last_cycle
    elsewhere = operation.store.last_heartbeat(LEASE)
    return [instant for instant in (last, elsewhere) if instant is not None]


def _silent_s(operation: Operation, cycles: Iterable[datetime]) -> float | None:
    """Return the seconds since the latest cycle; None when no past one is known."""
    now = operation.clock.now()
    past = [instant for instant in cycles if instant - now <= CLOCKS_DIFFER_BY]
    return max(0.0, (now - max(past)).total_seconds()) if past else None


async def metrics(call: Call) -> Response:
    """Return the figures in Prometheus' text format."""
    text = await in_thread(_figures, call.site.operation)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _figures(operation: Operation) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(operation))
    return generate_latest(registry)


class _Figures(Collector):
    """Reads the figures from the store when they are asked for."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = self.operation.clock.now()
        verdicts = GaugeMetricFamily(
            "handraise_decisions",
            "Decisions judged, rehearsals apart.",
            labels=["agent", "verdict"],
        )
        outcomes = GaugeMetricFamily(
            "handraise_escalations_resolved", "How escalations ended.", labels=["agent", "outcome"]
        )
        rows = GaugeMetricFamily(
            "handraise_row_fired", "How often each row stopped the agent.", labels=["agent", "row"]
        )
        still_open = GaugeMetricFamily(
            "handraise_escalations_open", "Escalations that wait for a person.", labels=["agent"]
        )
        overdue = GaugeMetricFamily(
            "handraise_asks_overdue", "Open asks whose instant has passed.", labels=["agent"]
        )
        for agent in self.operation.shelf.agents():
            counts = self.operation.store.counts(agent, now=now)
            verdicts.add_metric([agent, "proceed"], counts.proceeded)
            verdicts.add_metric([agent, "escalate"], counts.decided - counts.proceeded)
            still_open.add_metric([agent], counts.open)
            overdue.add_metric([agent], counts.overdue)
            for outcome, number in counts.by_outcome.items():
                outcomes.add_metric([agent, outcome], number)
            for row, number in counts.by_row.items():
                rows.add_metric([agent, row], number)
        yield from (verdicts, outcomes, rows, still_open, overdue)
        yield from self._process()

    def _process(self) -> Iterator[GaugeMetricFamily]:
        now = self.operation.clock.now()
        oldest = self.operation.store.oldest_pending(now)
        age_s = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily(
            "handraise_outbox_oldest_pending_seconds", "Age of the oldest unsent message.", age_s
        )
        silent_s = _silent_s(self.operation, _cycles(self.operation))
        yield GaugeMetricFamily(
            "handraise_worker_last_cycle_seconds",
            "Seconds since a worker completed a cycle; infinite for never.",
            float("inf") if silent_s is None else silent_s,
        )
