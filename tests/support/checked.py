"""A version of a table on its way to live work, looked at with nothing to prove."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from handraise.core.table.read import read
from handraise.service.going_live.proofs import Proofs
from handraise.service.going_live.subject import Subject
from handraise.store import Store
from tests.support.operation import TABLE

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def subject_of(text: str = TABLE, store: Store | None = None, **fields: Any) -> Subject:
    """Return a table as a checklist looks at it, now; nothing of it needs to be proved."""
    reading = read(text)
    assert reading.table is not None, [finding.line_text() for finding in reading.errors]
    given: dict[str, Any] = {"now": NOW, "proofs": Proofs(lambda _table: ()), **fields}
    return Subject(table=reading.table, findings=reading.findings, store=store, **given)
