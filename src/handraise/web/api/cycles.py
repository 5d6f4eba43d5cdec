"""How long ago a worker last completed a cycle, as far as this machine's clock can tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from handraise.service.wiring import Operation
from handraise.service.working.worker import LEASE

CLOCKS_DIFFER_BY = timedelta(seconds=10)
"""A sign of life that is further ahead says nothing: the clock was put back since."""


def cycles(operation: Operation) -> list[datetime]:
    """Return when workers last completed a cycle: this process's, and any on the store.

    Raises:
        StoreError: the store cannot be read.
    """
    last = operation.worker.last_cycle
    elsewhere = operation.store.last_heartbeat(LEASE)
    return [instant for instant in (last, elsewhere) if instant is not None]


def silent_s(signs: Iterable[datetime | None], now: datetime) -> float | None:
    """Return the seconds since the latest sign of life; None when no past one is known."""
    past = [one for one in signs if one is not None and one - now <= CLOCKS_DIFFER_BY]
    return max(0.0, (now - max(past)).total_seconds()) if past else None
