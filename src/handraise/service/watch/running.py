"""Whether the worker keeps up: its last cycle, its last delivery, and what waits to go out.

A worker that runs but fails says so here. One that does not run says nothing: `/health/ready` and
`running` tell whoever asks, and the outside address hears nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.core.monitor.signals import Signal
from handraise.service.watch.words import lasting
from handraise.service.working.worker import LEASE, POST
from handraise.store import Store

CYCLE_SILENT = timedelta(seconds=60)
POST_SILENT = timedelta(seconds=120)
MESSAGE_WAITS = timedelta(minutes=5)
CLOCKS_DIFFER_BY = timedelta(seconds=10)


class Running(Struct, frozen=True, kw_only=True):
    """When a worker of any process last did what it is for.

    Attributes:
        cycle_at: when a cycle was last completed; None for never, or in the future.
        delivered_at: when messages were last seen to; likewise.
        oldest_waiting_at: since when the oldest message is due; None where none is.
    """

    cycle_at: datetime | None
    delivered_at: datetime | None
    oldest_waiting_at: datetime | None

    def is_acting(self, now: datetime) -> bool:
        """Whether deadlines are acted upon."""
        return self.cycle_at is not None and now - self.cycle_at <= CYCLE_SILENT

    def is_delivering(self, now: datetime) -> bool:
        """Whether messages are seen to, and none waits for long."""
        if self.delivered_at is None or now - self.delivered_at > POST_SILENT:
            return False
        return self.oldest_waiting_at is None or now - self.oldest_waiting_at <= MESSAGE_WAITS


def running(store: Store, now: datetime) -> Running:
    """Return how the workers of a store stand; for pages, commands and the outside address.

    Raises:
        StoreError: the store cannot be read.
    """
    cycle_at, delivered_at = store.last_heartbeat(LEASE), store.last_heartbeat(POST)
    return Running(
        cycle_at=past(cycle_at, now),
        delivered_at=past(delivered_at, now),
        oldest_waiting_at=store.oldest_pending(now),
    )


def past(at: datetime | None, now: datetime) -> datetime | None:
    """Return an instant; None for one in the future, which a clock wrote that was ahead."""
    return None if at is None or at > now + CLOCKS_DIFFER_BY else at


class Workers:
    """Tells from look to look whether what a worker does is completed.

    A look is part of a worker's cycle. What was not completed since the look before fails; a gap in
    which no worker ran at all is over by now.
    """

    def __init__(self, store: Store) -> None:
        """Begin without a look before."""
        self._store = store
        self._looked: dict[str, datetime] = {}

    def signals(self, agent: str, now: datetime) -> Iterator[Signal]:
        """Yield what a worker that runs does not get done.

        Raises:
            StoreError: the store cannot be read.
        """
        before = self._looked.get(agent)
        self._looked[agent] = now
        if before is None:
            return
        found = running(self._store, now)
        if found.cycle_at is not None and found.cycle_at < before and not found.is_acting(now):
            yield _signal(
                agent,
                "deadlines",
                f"No worker has completed a cycle for {_for(found.cycle_at, now)}: deadlines may "
                "pass without anybody being asked.",
                found.cycle_at,
            )
        waits = found.oldest_waiting_at
        stands = [at for at in (found.delivered_at, waits) if at is not None and at < before]
        if stands and not found.is_delivering(now):
            since = min(stands)
            yield _signal(
                agent,
                "delivery",
                f"Messages that are due have not gone out for {_for(since, now)}.",
                since,
            )


def _signal(agent: str, subject: str, sentence: str, since: datetime) -> Signal:
    return Signal(
        agent=agent,
        kind="worker_silent",
        subject=subject,
        sentence=sentence,
        means="A worker runs, but a part of what it does fails again and again. Its log says what.",
        since=since,
        urgent=True,
    )


def _for(since: datetime, now: datetime) -> str:
    return lasting((now - since).total_seconds())
