"""The one place that looks at a watch.

Services take a `Clock`; the core takes instants as arguments. Every instant is an aware UTC
datetime.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to: for stories, rehearsals and simulations."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware."""
        if start.tzinfo is None:
            msg = "a clock starts at an aware instant"
            raise ValueError(msg)
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        with self._lock:
            return self._now

    def advance(self, **duration: float) -> datetime:
        """Move forward by `timedelta(**duration)` and return the new instant."""
        with self._lock:
            self._now += timedelta(**duration)
            return self._now

    def set(self, instant: datetime) -> None:
        """Move to `instant`, which must be aware."""
        with self._lock:
            self._now = instant.astimezone(UTC)
