"""Recording of decisions that went ahead: handed over at once, written in groups by a thread.

INVARIANT: nothing goes ahead unrecorded for long. When the store refuses for `PATIENCE_S` seconds or the
queue is full, `healthy` turns false and the gate stops the agent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from handraise.errors import StoreError
from handraise.model import DecisionRecord
from handraise.store import Store

PATIENCE_S = 5.0
EVERY_S = 0.05
GROUP = 500
MAX_WAITING = 20_000

log = structlog.get_logger(__name__)


class Recorder:
    """Writes records in groups; `waiting` are those handed over and not yet written."""

    def __init__(self, store: Store, on_conflict: Callable[[DecisionRecord], None]) -> None:
        """Begin with nothing waiting.

        Args:
            store: where to write.
            on_conflict: told of a record whose key another process used for another decision.
        """
        self._store = store
        self._on_conflict = on_conflict
        self._lock = threading.Lock()
        self._waiting: list[DecisionRecord] = []
        self._by_key: dict[tuple[str, bool, str], DecisionRecord] = {}
        self._wake = threading.Event()
        self._closing = False
        self._refused_since: float | None = None
        self._thread: threading.Thread | None = None
        self._writing = threading.Lock()

    @property
    def healthy(self) -> bool:
        """Whether what goes ahead is being recorded."""
        since = self._refused_since
        stuck = since is not None and time.monotonic() - since > PATIENCE_S
        return not stuck and len(self._waiting) < MAX_WAITING and not self._closing

    def hand_over(self, record: DecisionRecord) -> None:
        """Take a record; it is written within a moment."""
        with self._lock:
            self._waiting.append(record)
            if record.key is not None:
                self._by_key[record.agent, record.rehearsal, record.key] = record
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="handraise-recorder", daemon=True)
                self._thread.start()
        if len(self._waiting) >= GROUP:
            self._wake.set()

    def waiting_for(self, agent: str, key: str, *, rehearsal: bool) -> DecisionRecord | None:
        """Return the record of a key that is handed over and perhaps not yet written."""
        with self._lock:
            return self._by_key.get((agent, rehearsal, key))

    def flush(self) -> None:
        """Write everything that waits, now.

        Raises:
            StoreError: the store refuses; what waited still waits.
        """
        with self._writing:
            while True:
                with self._lock:
                    group = self._waiting[:GROUP]
                if not group:
                    return
                for conflict in self._store.record_decisions(group):
                    self._on_conflict(conflict)
                with self._lock:
                    del self._waiting[: len(group)]
                    for record in group:
                        if record.key is not None:
                            self._by_key.pop((record.agent, record.rehearsal, record.key), None)

    def close(self) -> None:
        """Write what waits and stop.

        Raises:
            StoreError: the store refuses; the number of lost records is logged.
        """
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S)
        try:
            self.flush()
        except StoreError:
            log.critical("decisions could not be recorded", count=len(self._waiting))
            raise

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(EVERY_S)
            self._wake.clear()
            try:
                self.flush()
                self._refused_since = None
            except StoreError as error:
                if self._refused_since is None:
                    self._refused_since = time.monotonic()
                    log.error("decisions cannot be recorded just now", error=error.message)
