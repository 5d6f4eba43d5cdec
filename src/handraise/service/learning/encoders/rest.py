"""Rests after a failure: what did not answer is not waited for again at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Rest:
    """Keeps decisions from waiting for what did not answer: after a rest, one of them tries."""

    def __init__(self, length_s: float, monotonic: Callable[[], float]) -> None:
        """Begin without a rest.

        Args:
            length_s: of a rest.
            monotonic: tells seconds that only grow.
        """
        self._length_s = length_s
        self._monotonic = monotonic
        self._until: float | None = None
        self._lock = threading.Lock()

    def is_on(self) -> bool:
        """Whether to fail at once; when it is over, the first who asks tries, others still rest."""
        with self._lock:
            if self._until is None:
                return False
            if self._monotonic() < self._until:
                return True
            self._until = self._monotonic() + self._length_s
            return False

    def begin(self) -> None:
        """Rest from now on."""
        with self._lock:
            self._until = self._monotonic() + self._length_s

    def end(self) -> None:
        """It answered."""
        with self._lock:
            self._until = None
