"""Trials of devices: one of a person's at a time, each device's not too often, in their own thread.

INVARIANT: however slow a push service is, a trial holds up nothing but other trials.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.clock import Clock
from handraise.errors import InputError

TRIAL_EVERY = timedelta(seconds=10)
"""How often one device is tried, from begin to begin."""

AT_ONCE = 2
MOST_WAITING = 20


class _Trial(Struct, frozen=True):
    person: str
    begun_at: datetime
    future: Future[None]


class Trials:
    """Tries devices of people who ask for it, in this process."""

    def __init__(self, tell: Callable[[str], None], clock: Clock) -> None:
        """Keep how to tell a device of an id; threads begin with the first trial."""
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, _Trial] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, "handraise-push-trial")

    def begin(self, person: str, device: str) -> Future[None]:
        """Begin a trial; returns at once.

        Args:
            person: whose device it is.
            device: its id.

        Raises:
            InputError: one of theirs is being tried, or that one was a moment ago, or too many of
                others wait.
        """
        with self._lock:
            now = self._clock.now()
            for id, one in list(self._begun.items()):
                if one.future.done() and not _is_fresh(one, now):
                    del self._begun[id]
            going_on = [one for one in self._begun.values() if not one.future.done()]
            if any(one.person == person for one in going_on):
                raise InputError("device: one of yours is being tried", "wait a few seconds")
            if device in self._begun:
                raise InputError("device: it was tried a moment ago", "wait a few seconds")
            if len(going_on) >= MOST_WAITING:
                raise InputError("device: too many are being tried", "try again later")
            future = self._threads.submit(self._tell, device)
            self._begun[device] = _Trial(person, now, future)
            return future

    def settle(self, timeout_s: float) -> bool:
        """Wait until no trial goes on; False when that takes too long."""
        with self._lock:
            futures = [one.future for one in self._begun.values()]
        return not wait(futures, timeout_s).not_done

    def close(self) -> None:
        """Begin none that wait; leave those that go on."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_fresh(one: _Trial, now: datetime) -> bool:
    return now - one.begun_at < TRIAL_EVERY
