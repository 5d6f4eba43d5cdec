"""Recording of decisions that went ahead: handed over at once, written in groups by a thread.

INVARIANT: nothing goes ahead unrecorded for long. From the moment the store refuses a group until
it takes one again, and while the queue is full or stuck, `healthy` is false and the gate stops the
agent. A record that the store never takes is told to the owner, and then holds up no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from handraise.errors import Error, SchemaError, StoreError, StoreUnavailableError
from handraise.model import Audit, DecisionRecord
from handraise.service.logs import Log
from handraise.store import Store

PATIENCE_S = 5.0
EVERY_S = 0.05
GROUP = 500
MAX_WAITING = 20_000
MAX_AUDITS = 2_000
MAX_AUDITED_BYTES = 64 * 2**20
"""So many drawn decisions wait at most, and so much text of them: it is held in memory."""

log = Log(__name__)


class Recorder:
    """Writes records in groups, in the order they came."""

    def __init__(
        self,
        store: Store,
        on_conflict: Callable[[DecisionRecord], None],
        on_refused: Callable[[DecisionRecord], None],
    ) -> None:
        """Begin with nothing waiting.

        Args:
            store: where to write.
            on_conflict: told of a record whose key another process used for another decision.
            on_refused: told of a record that the store takes under no circumstances.
        """
        self._store = store
        self._on_conflict = on_conflict
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._waiting: list[DecisionRecord] = []
        self._audits: dict[str, tuple[Audit, ...]] = {}
        self._audited_bytes = 0
        self._moved_at = 0.0
        self._tasks: list[Callable[[], object]] = []
        self._wake = threading.Event()
        self._closing = False
        self._refused = False
        self._thread: threading.Thread | None = None
        self._writing = threading.Lock()

    @property
    def healthy(self) -> bool:
        """Whether what goes ahead is being recorded."""
        if self._refused or self._closing:
            return False
        if not self._waiting:
            return True
        is_stuck = time.monotonic() - self._moved_at > PATIENCE_S
        return not is_stuck and len(self._waiting) < MAX_WAITING

    @property
    def waiting(self) -> int:
        """How many records are handed over and not yet written."""
        return len(self._waiting)

    def hand_over(self, record: DecisionRecord, audits: tuple[Audit, ...] = ()) -> bool:
        """Take a record, to be written within a moment; False when it is closed or full.

        Args:
            record: of a decision that goes ahead.
            audits: those it was drawn for; they are written with it, or it is not written.
        """
        with self._lock:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                return False
            if audits and not self._have_room_for(record, audits):
                return False
            if not self._waiting:
                self._moved_at = time.monotonic()
            self._waiting.append(record)
            self._started()
        if len(self._waiting) >= GROUP:
            self._wake.set()
        return True

    def write_now(self, record: DecisionRecord, audits: tuple[Audit, ...] = ()) -> bool:
        """Write a record with its audits before returning; False when its key is another's already.

        Raises:
            StoreError: the store refuses; the record is not kept.
        """
        return not self._store.record_decisions([record], audits, seal=False)

    def later(self, task: Callable[[], object]) -> None:
        """Do something the store refused just now, as soon as it takes it again."""
        with self._lock:
            self._tasks.append(task)
            self._started()

    def _started(self) -> None:
        """Start the thread when there is none; the caller holds the lock."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(
                target=self._run, name="handraise-recorder", daemon=True
            )
            self._thread.start()

    def _do_tasks(self) -> None:
        """Do what waits for the store, in order; what it refuses again goes on waiting."""
        while self._tasks:
            try:
                self._tasks[0]()
            except (StoreUnavailableError, SchemaError):
                raise
            except Exception as error:  # noqa: BLE001 - a broken task must not hold up the others
                log.critical("what waited for the store is lost", kind=type(error).__name__)
            with self._lock:
                del self._tasks[0]

    def flush(self) -> None:
        """Write everything that waits, now.

        Raises:
            StoreError: the store refuses; what waited still waits.
        """
        with self._writing:
            try:
                self._do_tasks()
            except BaseException:
                self._refused = True
                raise
            while True:
                with self._lock:
                    group = self._waiting[:GROUP]
                if not group:
                    self._refused = False
                    return
                try:
                    self._write(group)
                except BaseException:
                    self._refused = True
                    raise
                self._refused = False
                self._written(group)

    def _written(self, group: Sequence[DecisionRecord]) -> None:
        with self._lock:
            del self._waiting[: len(group)]
            if self._audits:
                for record in group:
                    self._audited_bytes -= _size_of(self._audits.pop(record.id, ()))
            self._moved_at = time.monotonic()

    def _write(self, group: Sequence[DecisionRecord]) -> None:
        """Write a group; what the store takes under no circumstances is told to the owner instead.

        The telling is a write too: while it fails, the record waits and the agent stays stopped.
        """
        try:
            conflicts = self._store.record_decisions(group, self._audits_of(group))
        except (StoreUnavailableError, SchemaError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, one must not hold up all
            if len(group) > 1:
                for record in group:
                    self._write([record])
                return
            self._on_refused(group[0])
            log.critical("a decision was refused", id=group[0].id, kind=type(error).__name__)
            return
        for conflict in conflicts:
            self._on_conflict(conflict)

    def _have_room_for(self, record: DecisionRecord, audits: tuple[Audit, ...]) -> bool:
        """Hold the audits of a record until it is written; False where too much waits already."""
        size = self._audited_bytes + _size_of(audits)
        if len(self._audits) >= MAX_AUDITS or size > MAX_AUDITED_BYTES:
            return False
        self._audits[record.id] = audits
        self._audited_bytes = size
        return True

    def _audits_of(self, group: Sequence[DecisionRecord]) -> list[Audit]:
        """Return the audits that a group of records was drawn for; as a rule few or none."""
        audits = self._audits
        return [one for record in group for one in audits.get(record.id, ())] if audits else []

    def close(self) -> None:
        """Take no more, write what waits, and stop.

        Raises:
            StoreError: the store refuses; the number of lost records is logged.
        """
        with self._lock:
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
        was_refused = False
        while not self._closing:
            self._wake.wait(EVERY_S)
            self._wake.clear()
            try:
                self.flush()
                was_refused = False
            except Exception as error:  # noqa: BLE001 - the thread must go on trying
                if not was_refused:
                    what = error.message if isinstance(error, Error) else type(error).__name__
                    log.error("decisions cannot be recorded just now", error=what)
                was_refused = True


def _size_of(audits: tuple[Audit, ...]) -> int:
    """Return how many bytes the text and the context of a decision take as JSON, about."""
    return len(msgspec.json.encode((audits[0].text, audits[0].context))) if audits else 0
