"""Where people reach the pages: what stands before every link in a message.

Set explicitly, it is that. Otherwise it is what the last server told the store, which is read anew
every few seconds by whoever writes a message; where none ever ran, it is where one would listen.
INVARIANT: a store that cannot be read keeps no message from being written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from handraise.errors import StoreError

LOOK_EVERY_S = 3.0


class Address:
    """The address of the pages."""

    def __init__(
        self,
        own: str,
        told: Callable[[], str | None] | None = None,
        *,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Look up what was told, once, and then every few seconds.

        Args:
            own: the address that was set, or where a server of this process would listen.
            told: returns what a server told; None where the own address holds, whatever was told.
            every_s: how long what was looked up holds.
        """
        self._own = own
        self._told = told
        self._every_s = every_s
        self._url = own
        self._looked_at = 0.0
        self._looking = threading.Lock()
        if told is not None:
            self._look(told)

    @property
    def url(self) -> str:
        """The address as it is now, without a slash at its end."""
        told = self._told
        is_old = time.monotonic() - self._looked_at >= self._every_s
        # One looks, the others go on: they may hold the connections that it waits for.
        if told is not None and is_old and self._looking.acquire(blocking=False):
            try:
                self._look(told)
            finally:
                self._looking.release()
        return self._url

    def keep_own(self) -> str:
        """Return the own address, which holds from now on: the server is in this process."""
        self._told, self._url = None, self._own
        return self._own

    def _look(self, told: Callable[[], str | None]) -> None:
        self._looked_at = time.monotonic()
        try:
            found = told() or self._own
        except StoreError:
            return  # what was known goes on
        if self._told is not None:
            self._url = found
