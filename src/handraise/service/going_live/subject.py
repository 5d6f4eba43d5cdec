"""What a go-live checklist is about: one version of a table, and where its evidence is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from handraise.core.familiar.look import Familiar
from handraise.core.table.types import Table
from handraise.model import Finding
from handraise.service.going_live.proofs import Proofs
from handraise.service.secrets import Signer
from handraise.store import Store


class Subject(Struct, frozen=True, kw_only=True):
    """One version of a table that is to go live.

    Attributes:
        table: the version.
        findings: all findings of reading it; none of them is an error.
        store: where people's answers, drills and backtests are kept; None where there is none yet.
        now: the instant of looking.
        place: the table's file, for what stands beside it; None where only the store has the
            table.
        signer: checks signatures of evidence; None where the operation's secret is not at hand.
        familiar: the learned files that the table names, ready to be asked.
        proofs: what was proved of tables before.
        proof_wait_s: how long to wait for a proof, in seconds; None for as long as it takes.
    """

    table: Table
    findings: tuple[Finding, ...] = ()
    store: Store | None
    now: datetime
    place: Path | None = None
    signer: Signer | None = None
    familiar: Familiar | None = None
    proofs: Proofs
    proof_wait_s: float | None = None

    @property
    def folder(self) -> Path | None:
        """Where the table's file lies; None where only the store has the table."""
        return None if self.place is None else self.place.parent
