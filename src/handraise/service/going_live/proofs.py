"""What was proved of tables, kept by version: a proof takes seconds, and a page may not.

INVARIANT: no answer yet is an answer of its own, and never counts as proved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from handraise.core.table.types import Table
from handraise.errors import SettingsError
from handraise.service.logs import Log, crash_text

if TYPE_CHECKING:
    from handraise.core.proof.result import Result

Results = tuple["Result", ...]
Prover = Callable[[Table], Results]

MOST_KEPT = 32
NEEDS_EXTRA = "pip install 'handraise[prove]'"

log = Log(__name__)


class Proofs:
    """Proves tables, each version once."""

    def __init__(self, prover: Prover | None = None) -> None:
        """Begin with nothing proved.

        Args:
            prover: proves a table; by default by z3.
        """
        self._prover = prover or proved_by_z3
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._kept: dict[tuple[str, str], _Proof] = {}

    def of(self, table: Table, wait_s: float | None = None) -> Results | None:
        """Return what was proved of a table; None while it goes on.

        Args:
            table: the version.
            wait_s: how long to wait, in seconds; None for as long as it takes.

        Raises:
            SettingsError: what proves is not installed, or broke.
        """
        key = (table.agent, table.version)
        with self._lock:
            proof = self._kept.get(key)
            if proof is None or proof.problem:
                proof = self._kept[key] = _Proof(self._prover, table, self._turn)
                while len(self._kept) > MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
        proof.wait(wait_s)
        if proof.problem:
            raise SettingsError(proof.problem, proof.remedy)
        return proof.results


class _Proof:
    """The proof of one version: under way, done, or broken."""

    def __init__(self, prover: Prover, table: Table, turn: threading.Lock) -> None:
        self.results: Results | None = None
        self.problem, self.remedy = "", ""
        self._turn = turn  # one proof at a time: each keeps a core busy
        self._prover, self._table = prover, table
        self._thread = threading.Thread(target=self._prove, name="handraise-proof", daemon=True)
        self._thread.start()

    def wait(self, wait_s: float | None) -> None:
        """Wait until it is over, or has taken so long."""
        self._thread.join(wait_s)

    def _prove(self) -> None:
        try:
            with self._turn:
                self.results = self._prover(self._table)
        except SettingsError as error:
            self.problem, self.remedy = error.message, error.hint
        except Exception as error:  # noqa: BLE001 - a line of the checklist says so, in red
            log.critical("a table could not be proved", places=crash_text(error))
            self.problem = f"the proof broke ({type(error).__name__})"
            self.remedy = "please report this: it is a fault of Handraise"


def proved_by_z3(table: Table) -> Results:
    """Return what z3 says of every possible decision.

    Raises:
        SettingsError: z3 is not installed.
    """
    try:
        from handraise.core.proof.prove import prove
    except ImportError as error:
        what = error.name or "a package"
        raise SettingsError(f"{what} is not installed: proofs need it", NEEDS_EXTRA) from None
    return prove(table)
