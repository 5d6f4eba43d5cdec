"""Runs an encoder of the team's own in one thread of its own: in time or not at all.

INVARIANTS: it is called by one thread at a time; whatever it raises or does not return is an error
of ours in the thread that asks, without a word of what it said. A decision, which asks for one
text, waits five seconds at most, and after that the next ones fail at once for five seconds.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from msgspec import Struct

from handraise.errors import EncoderError
from handraise.service.learning.encoders.rest import Rest

WAITING = 256
"""Requests that may wait for their turn."""


class Patience(Struct, frozen=True, kw_only=True):
    """How long an encoder of the team's own may take.

    Attributes:
        text_s: for each text, with the wait for its turn.
        many_s: what is added for several texts: nobody's decision waits for those.
        rest_s: how long decisions fail at once after one that had no answer.
    """

    text_s: float = 5.0
    many_s: float = 60.0
    rest_s: float = 5.0


class InTime:
    """A function of texts that is called in one thread, and waited for as long as allowed."""

    def __init__(
        self,
        rows_of: Callable[[list[str]], Any],
        place: str,
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the function.

        Args:
            rows_of: gives a row of numbers for each text.
            place: what errors begin with.
            patience: how long it may take.
            monotonic: tells seconds that only grow; says when a rest is over.
        """
        self._rows_of = rows_of
        self._place = place
        self._patience = patience or Patience()
        self._rest = Rest(self._patience.rest_s, monotonic)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        weakref.finalize(self, self._jobs.put, None)

    def __call__(self, texts: list[str]) -> Any:
        """Return the rows of texts.

        Raises:
            EncoderError: it failed, or did not answer in time.
        """
        is_one = len(texts) == 1
        if is_one and self._rest.is_on():
            raise EncoderError(f"{self._place}: it did not answer just now", "try again soon")
        within_s = self._patience.text_s * len(texts) + (0 if is_one else self._patience.many_s)
        job = _Job(texts)
        self._hand_in(job)
        try:
            is_done = job.done.wait(within_s)
        finally:
            job.given_up = True
        if not is_done:
            self._rest.begin()
            raise EncoderError(
                f"{self._place}: it did not answer within {within_s:g} seconds", "try again soon"
            )
        self._rest.end()
        if job.error:
            raise EncoderError(f"{self._place}: it failed ({job.error})")
        return job.rows

    def _hand_in(self, job: _Job) -> None:
        with self._lock:
            if self._jobs.qsize() >= WAITING:
                raise EncoderError(f"{self._place}: too many wait for it", "try again soon")
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_work,
                    args=(self._rows_of, self._jobs),
                    name="handraise-encoder",
                    daemon=True,
                )
                self._thread.start()
            self._jobs.put(job)


class _Job:
    """Texts to be encoded, and what came of them."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.given_up = False
        self.done = threading.Event()
        self.rows: Any = None
        self.error = ""


def _work(rows_of: Callable[[list[str]], Any], jobs: SimpleQueue[_Job | None]) -> None:
    """Do one job after the other; it knows nothing of who asks, so that they can be forgotten."""
    import numpy as np

    while (job := jobs.get()) is not None:
        if job.given_up:
            continue
        try:
            # Made numbers here: what comes from others may run their code when it is read.
            job.rows = np.asarray(rows_of(job.texts), dtype=np.float64)
        except BaseException as error:  # noqa: BLE001 - it may raise anything, with the texts in it
            job.error = type(error).__name__
        job.done.set()
        del job
