"""Waking those who wait: one look at the newest event for everybody, a few times a second.

A waiter holds no thread and no connection to the database. It looks itself, then sleeps until an
event was written, and looks again; at the latest every few seconds, whatever became of the look
that serves everybody. The watcher looks only while somebody waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import anyio.to_thread

from handraise.errors import StoreError
from handraise.service.logs import Log

T = TypeVar("T")

LOOK_EVERY_S = 0.25
LOOK_AGAIN_S = 5.0

log = Log(__name__)


class Watcher:
    """Wakes waiters when the log of events has grown."""

    def __init__(self, latest_event_seq: Callable[[], int]) -> None:
        """Keep the question to ask; nothing runs before `running`."""
        self._latest = latest_event_seq
        self._changed = anyio.Event()
        self._wanted = anyio.Event()
        self._waiters = 0
        self._stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look in the background while the block runs."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look)
            try:
                yield
            finally:
                self.stop()
                tasks.cancel_scope.cancel()

    def stop(self) -> None:
        """Send everybody who waits home; from the event loop's thread."""
        self._stopping = True
        self._wake()

    @property
    def is_stopping(self) -> bool:
        """Whether everybody who waits is sent home."""
        return self._stopping

    async def until(
        self, look: Callable[[], Awaitable[T]], is_done: Callable[[T], bool], timeout_s: float
    ) -> T:
        """Return what `look` sees once `is_done` holds, or the last it saw by `timeout_s`."""
        end = anyio.current_time() + timeout_s
        while True:
            changed = self._changed  # taken before looking, so that nothing in between is missed
            seen = await look()
            left = end - anyio.current_time()
            if is_done(seen) or left <= 0 or self._stopping:
                return seen
            await self._sleep(changed, min(left, LOOK_AGAIN_S))

    async def _sleep(self, changed: anyio.Event, seconds: float) -> None:
        self._waiters += 1
        self._wanted.set()
        try:
            with anyio.move_on_after(seconds):
                await changed.wait()
        finally:
            self._waiters -= 1

    def _wake(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    async def _look(self) -> None:
        seen = -1
        while True:
            if not self._waiters:
                self._wanted = anyio.Event()
                await self._wanted.wait()
            try:
                newest = await anyio.to_thread.run_sync(self._latest)
            except StoreError as error:
                log.warning("store.unavailable", code=error.code)
                newest = seen
                self._wake()  # those who wait look themselves, and say what is wrong
            if newest != seen:
                seen = newest
                self._wake()
            await anyio.sleep(LOOK_EVERY_S)
