"""Which version of its table a gate judges by, and whether that may let anything go ahead.

A change of the file changes nothing in production: the version that the owner signed for last
judges, until another one is signed for; gates that run take that up within seconds.
INVARIANT: a record that cannot be read, or has ended, lets nothing go ahead.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from handraise.core.gate.compile import Judge, compile_table
from handraise.core.table.types import Table
from handraise.errors import Error
from handraise.service.deciding.in_force import InForce
from handraise.service.deciding.readback import ReadingGate
from handraise.service.going_live.readiness import Readiness
from handraise.service.going_live.standing import Hold
from handraise.service.logs import Log
from handraise.service.reading.learned import READY_WITHIN_S

READY_EVERY_S = 5.0
NOT_READY = "is not ready for live work"

log = Log(__name__)


class VersionedGate(ReadingGate):
    """A gate that takes up the version in force by itself."""

    def __init__(self, table: Table, readiness: Readiness, **parts: Any) -> None:
        """Compile the version that judges.

        Live, that is the one that the owner signed for last; a rehearsal, or an agent that never
        went live, is judged by the table given.

        Args:
            table: as it was opened.
            readiness: knows what is in force.
            parts: what a gate reads with; see `ReadingGate`.
        """
        super().__init__(table.agent, **parts)
        self._readiness = readiness
        signed = None if self.rehearsal else self._shelf.signed(table.agent)
        is_another = signed is not None and signed.version != table.version
        self.table = signed if signed is not None and is_another else table
        self._waived: tuple[str, ...] = ()
        self._judge = self._compiled(self.table)
        self._ready_checked_at = -READY_EVERY_S
        self._ready = False
        self._why_not = ""
        self._hold: Hold | None = None
        self._ready_lock = threading.Lock()
        self._opened = table.version if is_another else None

    @property
    def ready(self) -> bool:
        """Whether the table that judges has its go-live record; looked up every few seconds.

        A version that is signed for while the gate is open is taken up here, and one that ends
        stops everything.
        """
        if time.monotonic() - self._ready_checked_at >= READY_EVERY_S:
            with self._ready_lock:
                if time.monotonic() - self._ready_checked_at >= READY_EVERY_S:
                    self._look()
        return self._ready

    def look(self) -> None:
        """Look at once whether the table that judges may let anything go ahead."""
        with self._ready_lock:
            self._look()

    def _look(self) -> None:
        self._warn_of_another()
        ready, self._why_not = self._look_whether_ready()
        self._ready = ready  # after why: whoever reads that it is not ready finds why
        self._ready_checked_at = time.monotonic()

    def _warn_of_another(self) -> None:
        """Say once that another version judges: whoever only opened the table says so itself."""
        opened, self._opened = self._opened, None
        if opened is not None:
            log.warning(
                "another version is in force: it judges until the one that was opened is signed",
                agent=self.agent,
                in_force=self.table.version,
                opened=opened,
            )

    @property
    def not_ready(self) -> str:
        """Why nothing goes ahead, as far as the go-live record says; empty where it holds."""
        return "" if self.rehearsal or self.ready else self._why_not

    @property
    def waiting(self) -> Table | None:
        """The newest version of the table, where another one judges until it is signed for."""
        return None if self.rehearsal else self._shelf.waiting(self.agent)

    def in_force(self) -> InForce:
        """Return the version that judges, whether its record holds, and what waits."""
        ready, hold, waiting = self.ready, self._hold, self.waiting
        return InForce(
            version=self.table.version,
            ready=ready,
            not_ready=self.not_ready,
            waived=self._waived,
            ends_at=None if hold is None else hold.ends_at,
            ends_why="" if hold is None else hold.ends_why,
            waiting=None if waiting is None else waiting.version,
        )

    def _look_whether_ready(self) -> tuple[bool, str]:
        """Return whether the record of what judges holds, and why not."""
        try:
            self._hold = None
            self._hold = hold = self._readiness.hold(self.agent)
            if hold is None or self.rehearsal:
                return False, f"this version of the table ({self.table.version}) {NOT_READY}"
            waived = tuple(waiver.line for waiver in hold.record.waivers)
            if (hold.record.version, waived) != (self.table.version, self._waived):
                self._take_up(hold.record.version, waived)
            self._readiness.note_end(hold)
            return hold.holds, hold.ended
        except Exception as error:  # noqa: BLE001 - a record that cannot be read is none
            log.error("the go-live record cannot be read", agent=self.agent, error=named(error))
            return False, "the go-live record cannot be read"

    def _take_up(self, version: str, waived: tuple[str, ...]) -> None:
        """Judge by another registered version from now on, or by the same with other waivers."""
        table = self._shelf.table(self.agent, version)
        self._waived = waived
        self._judge = self._compiled(table, wait_s=0.0)  # a decision may be waiting for this
        if self.table.version != version:
            log.warning("another version of the table is in force", agent=self.agent, now=version)
        self.table = table

    def _compiled(self, table: Table, wait_s: float = READY_WITHIN_S) -> Judge:
        familiar = self._shelf.learned.of(table, wait_s=wait_s)
        return compile_table(
            table, rehearsal=self.rehearsal, familiar=familiar, waived=self._waived
        )


def named(error: Exception) -> str:
    """Return what went wrong, without the words of a stranger's error, which may quote a value."""
    return error.message if isinstance(error, Error) else type(error).__name__
