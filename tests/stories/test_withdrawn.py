"""Withdrawing is a brake: nothing goes ahead, and no draft comes in charge of anybody by it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import ReadyRecord
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import AGENT, BIG, SECRET, TABLE, RecordingSender, gate_of, opened
from tests.support.signed import sign
from tests.support.verified import verify_everybody

MALLORY = '  mallory: {name: Mallory X, contact: "mailto:mallory@example.net"}'
DRAFT = (
    TABLE.replace("owner: priya", "owner: mallory")
    .replace("  priya:", f"{MALLORY}\n  priya:")
    .replace("mailto:dana@example.com", "mailto:evil@example.net")
    .replace("[ines]", "[mallory]")
)
"""A draft that would put somebody else in charge, with contacts of theirs."""


@pytest.fixture
def operation(tmp_path: Path, migrated_file: Path) -> Iterator[Operation]:
    """Return an operation whose table is in force."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    clock = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    operation = opened(tmp_path, clock=clock)
    yield operation
    operation.close()


@pytest.fixture
def draft(operation: Operation) -> Table:
    """Return the draft, which waits, its people all reachable."""
    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(minutes=1)
    reading = read(DRAFT)
    assert reading.table is not None
    operation.shelf.register(reading.table, reading, "handraise.yaml")
    verify_everybody(operation)
    return reading.table


def restarted(operation: Operation) -> Operation:
    """Return another process on the same store, which knows no file."""
    url = f"sqlite:///{operation.store.place.path}"
    settings = Settings(secret=SECRET, store_url=url)
    return assemble([], settings, clock=operation.clock, sender=RecordingSender())


def assert_as_before(operation: Operation, version: str) -> None:
    """Nobody is in charge but those of the version that was signed for."""
    shelf = operation.shelf
    shelf.refresh()
    gate_of(operation).look()
    assert shelf.current(AGENT).version == version
    assert (shelf.is_owner("priya", AGENT), shelf.is_owner("mallory", AGENT)) == (True, False)
    assert shelf.people()["dana"].contacts == ("mailto:dana@example.com",)
    verdict = gate_of(operation).decide(**BIG)
    found = operation.store.escalation(verdict.escalation_id)
    assert found is not None
    assert {ask.holder for ask in found.asks} == {"ines", "priya"}


def test_a_withdrawal_puts_no_draft_in_charge_here_or_after_a_restart(
    operation: Operation, draft: Table
):
    version = gate_of(operation).table.version
    operation.readiness.withdraw(operation.shelf.current(AGENT), "priya")

    assert operation.readiness.in_force(AGENT) is None
    assert_as_before(operation, version)
    another = restarted(operation)
    assert_as_before(another, version)
    another.close()
    sign(operation, operation.shelf.table(AGENT, version))
    assert operation.readiness.in_force(AGENT) is not None


def test_the_owner_of_a_draft_withdraws_nothing(operation: Operation, draft: Table):
    with pytest.raises(NotReadyError, match="not the owner"):
        operation.readiness.withdraw(draft, "mallory")
    assert operation.readiness.in_force(AGENT) is not None
    record = operation.readiness.withdraw(draft, "priya")
    assert record.version == gate_of(operation).table.version


def test_a_forged_record_puts_no_draft_in_charge(operation: Operation, draft: Table):
    version = gate_of(operation).table.version
    for evidence in ([{"line": "all is well"}], []):
        forged = ReadyRecord(
            agent=AGENT,
            version=draft.version,
            by="mallory",
            at=operation.clock.now() + timedelta(minutes=1),
            statement="forged",
            evidence=evidence,
        )
        operation.store.save_ready(forged)
        assert_as_before(operation, version)
        another = restarted(operation)
        assert_as_before(another, version)
        another.close()


def test_a_damaged_record_puts_no_draft_and_no_older_version_in_charge(
    operation: Operation, draft: Table
):
    version = gate_of(operation).table.version
    older = operation.store.newest_ready(AGENT)
    assert older is not None
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE ready_records SET evidence = 'not JSON'")
    operation.store.save_ready(older_one(older, draft.version))
    assert_as_before(operation, version)
    another = restarted(operation)
    assert_as_before(another, version)
    another.close()


def older_one(record: ReadyRecord, version: str) -> ReadyRecord:
    at = record.at - timedelta(days=1)
    return ReadyRecord(
        agent=AGENT, version=version, by="priya", at=at, statement="x", evidence=[{}]
    )
