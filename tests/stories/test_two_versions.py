"""Two servers of one store with different files: both judge by the version in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from handraise.clock import ManualClock
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import SECRET, STRICTER, SURE, TABLE, RecordingSender, gate_of
from tests.support.signed import sign
from tests.support.verified import verify_everybody

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def server(folder: Path, text: str, url: str, clock: ManualClock) -> Operation:
    """Return a server's operation, with a file of its own."""
    folder.mkdir()
    (folder / "handraise.yaml").write_text(text)
    settings = Settings(store_url=url, secret=SECRET)
    files = [folder / "handraise.yaml"]
    return assemble(files, settings, clock=clock, sender=RecordingSender())


def test_both_judge_by_the_version_in_force_and_take_up_the_next(tmp_path: Path, any_url: str):
    clock = ManualClock(MONDAY)
    one = server(tmp_path / "one", TABLE, any_url, clock)
    verify_everybody(one)
    sign(one, tmp_path / "one" / "handraise.yaml")
    in_force = gate_of(one).table.version
    two = server(tmp_path / "two", STRICTER, any_url, clock)

    for operation in (one, two):
        gate = gate_of(operation)
        gate.look()
        operation.shelf.refresh()
        verdict = gate.decide(**SURE)
        assert (verdict.outcome, verdict.version) == ("proceed", in_force)
        assert operation.shelf.current(gate.agent).version == in_force
        assert gate.waiting is not None, "both know of the one that waits"

    clock.advance(minutes=1)
    verify_everybody(two)
    sign(two, tmp_path / "two" / "handraise.yaml")

    for operation in (one, two):
        gate_of(operation).look()
        verdict = gate_of(operation).decide(**SURE)
        assert verdict.outcome == "escalate"
        assert verdict.version != in_force
        assert operation.shelf.current(gate_of(operation).agent).version == verdict.version
        assert gate_of(operation).waiting is None
        operation.close()


def test_a_version_put_back_by_one_is_taken_up_by_the_other(tmp_path: Path, any_url: str):
    clock = ManualClock(MONDAY)
    one = server(tmp_path / "one", TABLE, any_url, clock)
    verify_everybody(one)
    sign(one, tmp_path / "one" / "handraise.yaml")
    former = gate_of(one).table
    two = server(tmp_path / "two", STRICTER, any_url, clock)
    verify_everybody(two)
    sign(two, tmp_path / "two" / "handraise.yaml")
    gate_of(one).look()
    assert gate_of(one).decide(**SURE).escalated

    two.readiness.put_back(two.shelf.table(former.agent, former.version), "priya", "too strict")
    gate_of(one).look()

    assert not gate_of(one).decide(**{**SURE, "confidence": 0.91}).escalated
    one.close()
    two.close()
