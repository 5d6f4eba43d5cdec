"""The operation of most browser stories: one table, on a clock that stands on a Friday."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from handraise.clock import ManualClock
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.store import open_store
from tests.support.signed import sign
from tests.support.verified import verify_everybody


def on_a_friday(folder: Path, table: str, *, hour: int) -> Operation:
    """Return an operation in a folder, signed for; its messages are printed.

    Args:
        folder: where its table and its store are.
        table: the table's text.
        hour: of 20 November 2026 in UTC, at which its clock stands.
    """
    open_store(f"sqlite:///{folder / 'handraise.db'}", migrate=True).close()
    path = folder / "support.yaml"
    path.write_text(table)
    settings = Settings(
        base_url="http://testserver", console=True, secret="a secret that is long enough to be one"
    )
    clock = ManualClock(datetime(2026, 11, 20, hour, 0, tzinfo=UTC))
    operation = assemble([path], settings, clock=clock)
    verify_everybody(operation)
    sign(operation, path)
    return operation
