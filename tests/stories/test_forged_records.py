"""Forged go-live records: edited, copied, of another secret, and those of a clock put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from handraise import Decision, GrantError
from handraise.clock import ManualClock
from handraise.errors import NotReadyError
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import (
    AGENT,
    SECRET,
    STRICTER,
    SURE,
    TABLE,
    RecordingSender,
    gate_of,
    opened,
)
from tests.support.signed import sign, waiver_of

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEYED = {**SURE, "key": "ticket-991/1"}


@pytest.fixture
def operation(tmp_path: Path, migrated_file: Path) -> Iterator[Operation]:
    """Return an operation whose people are reachable and willing, and that nobody signed for."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    operation = opened(tmp_path, clock=ManualClock(MONDAY), is_ready=False)
    yield operation
    operation.close()


def lets_go(operation: Operation) -> bool:
    gate = gate_of(operation)
    gate.look()
    return not gate.decide(**SURE).escalated


def test_an_edited_record_lets_nothing_go_ahead(operation: Operation):
    waived = waiver_of(operation, "drilled", "priya", timedelta(days=1))
    record = sign(operation, gate_of(operation).table, waive=["drilled"])
    assert lets_go(operation)
    later = MONDAY + timedelta(days=400)
    for change in (
        {"expires_at": None},
        {"expires_at": later},
        {"expires_why": ""},
        {"waivers": ()},
        {"waivers": (msgspec.structs.replace(waived, until=later),)},
        {"at": later},
        {"by": "dana"},
        {"statement": record.statement[:-4] + "AAAA"},
        {"evidence": record.evidence[1:]},
    ):
        operation.store.save_ready(msgspec.structs.replace(record, **change))
        assert not lets_go(operation), change
    operation.store.save_ready(record)
    assert lets_go(operation)


def test_a_record_of_another_version_agent_or_secret_lets_nothing_go_ahead(
    operation: Operation, tmp_path: Path
):
    other = tmp_path / "other"
    other.mkdir()
    theirs = opened(other, clock=ManualClock(MONDAY), secret="a secret of another operation, long")
    record = theirs.store.newest_ready(AGENT)
    theirs.close()
    assert record is not None
    operation.store.save_ready(record)
    assert not lets_go(operation), "another secret"

    third = tmp_path / "third"
    third.mkdir()
    text = STRICTER.replace(f"agent: {AGENT}", "agent: order-agent")
    (third / "handraise.yaml").write_text(text)
    cousin = opened(third, clock=ManualClock(MONDAY), table=text)
    record = cousin.store.newest_ready("order-agent")
    cousin.close()
    assert record is not None
    version = gate_of(operation).table.version
    for change in (
        {},
        {"version": version},
        {"agent": AGENT},
        {"agent": AGENT, "version": version},
    ):
        operation.store.save_ready(msgspec.structs.replace(record, **change))
        assert not lets_go(operation), change


def test_a_clock_that_is_put_back_brings_no_record_back(operation: Operation):
    assert isinstance(operation.clock, ManualClock)
    sign(operation, gate_of(operation).table, waive=["drilled"])
    operation.clock.advance(days=91)
    assert not lets_go(operation)

    operation.clock.set(MONDAY + timedelta(days=1))

    assert not lets_go(operation), "what was written since says that it is later"


def test_a_store_of_rehearsals_put_in_the_place_of_the_real_one_lets_nothing_go_ahead(
    tmp_path: Path, migrated_file: Path
):
    shutil.copy(migrated_file, tmp_path / "handraise-rehearsal.db")
    practice = opened(tmp_path, rehearsal=True, is_ready=False)
    gate_of(practice).decide(**KEYED)
    practice.close()
    shutil.copy(tmp_path / "handraise-rehearsal.db", tmp_path / "handraise.db")

    operation = opened(tmp_path, is_ready=False, is_settled=False, secret=SECRET)

    assert not lets_go(operation)
    with pytest.raises(GrantError):
        gate_of(operation).granted(Decision(**KEYED))
    operation.close()


def test_what_was_signed_once_goes_on_for_nothing_else(operation: Operation, tmp_path: Path):
    """Put a draft under the name of the version in force: its text is not what was signed for."""
    sign(operation, gate_of(operation).table)
    gate = gate_of(operation)
    assert lets_go(operation)
    looser = TABLE.replace("below: 0.72", "below: 0.01")
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE table_versions SET text = ?", (looser,))
    assert gate.decide(**{**SURE, "confidence": 0.5}).escalated, "what runs is what was read"

    # A process that has the table from the store only, and one whose file is another by now.
    for text in (None, STRICTER):
        if text is not None:
            (tmp_path / "handraise.yaml").write_text(text)
        paths = [] if text is None else [tmp_path / "handraise.yaml"]
        settings = Settings(secret=SECRET, store_url=f"sqlite:///{tmp_path / 'handraise.db'}")
        another = assemble(paths, settings, clock=ManualClock(MONDAY), sender=RecordingSender())
        assert not lets_go(another)
        another.close()


def test_a_signature_of_an_earlier_release_holds_for_the_text_that_its_version_names(
    operation: Operation, tmp_path: Path
):
    """Those did not sign the text: a draft put under the version's name is not what they mean."""
    record = sign(operation, gate_of(operation).table)
    said = operation.signer.verified(record.statement)
    assert said is not None
    former = operation.signer.sign({name: said[name] for name in said if name != "text"})
    operation.store.save_ready(msgspec.structs.replace(record, statement=former))
    settings = Settings(secret=SECRET, store_url=f"sqlite:///{tmp_path / 'handraise.db'}")

    first = assemble([], settings, clock=ManualClock(MONDAY), sender=RecordingSender())
    assert lets_go(first)
    looser = TABLE.replace("below: 0.72", "below: 0.01")
    with operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE table_versions SET text = ?", (looser,))
    assert lets_go(first), "what runs is what was read"
    assert gate_of(first).decide(**{**SURE, "confidence": 0.5}).escalated
    first.close()

    second = assemble([], settings, clock=ManualClock(MONDAY), sender=RecordingSender())
    assert not lets_go(second)
    hold = second.readiness.hold(AGENT)
    assert hold is not None
    assert "reads the text that is kept of the version as another" in hold.ended
    with pytest.raises(NotReadyError, match="`handraise ready` signs again"):
        second.readiness.put_back(gate_of(second).table, "priya", "it was good")
    second.close()
