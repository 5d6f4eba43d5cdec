"""Go-live records of before: an end that a clock takes back, and rows written back past Handraise."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.core.table.read import read
from handraise.errors import NotReadyError
from handraise.model import Event, ReadyRecord
from handraise.service.going_live.readiness import Readiness
from handraise.service.going_live.standing import Hold
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, STRICTER, SURE, UNSURE, gate_of, opened
from tests.support.signed import lines_of, sign

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def operation(tmp_path: Path, migrated_file: Path) -> Iterator[Operation]:
    """Return an operation that its owner has signed for, one line of it waived for 90 days."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    operation = opened(tmp_path, clock=ManualClock(MONDAY), is_ready=False)
    sign(operation, gate_of(operation).table, waive=["drilled"])
    yield operation
    operation.close()


def set_clock(operation: Operation, days: float) -> None:
    assert isinstance(operation.clock, ManualClock)
    operation.clock.set(MONDAY + timedelta(days=days))


def lets_go(operation: Operation) -> bool:
    gate = gate_of(operation)
    gate.look()
    return not gate.decide(**SURE).escalated


def hold(operation: Operation) -> Hold:
    found = operation.readiness.hold(AGENT)
    assert found is not None
    return found


def kinds(operation: Operation) -> list[str]:
    with operation.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM events ORDER BY seq")
        return [kind for (kind,) in rows if kind in ("ready", "withdrawn", "ended")]


def newest(operation: Operation) -> ReadyRecord:
    record = operation.store.newest_ready(AGENT)
    assert record is not None
    return record


def test_a_stop_that_a_clock_put_back_writes_does_not_bring_an_ended_record_back(
    operation: Operation,
):
    assert lets_go(operation)
    set_clock(operation, days=91)
    gate_of(operation).look()
    set_clock(operation, days=80)

    assert gate_of(operation).decide(**UNSURE).escalated, "written now, by the earlier clock"

    assert not lets_go(operation)
    assert "ended on 2027-02-21" in hold(operation).ended
    assert kinds(operation) == ["ready", "ended"], "it is noted once"
    sign(operation, gate_of(operation).table)
    assert lets_go(operation)


def test_the_worker_notes_an_end_where_no_gate_looks(operation: Operation):
    set_clock(operation, days=91)
    operation.worker.tick()
    set_clock(operation, days=80)
    operation.store.add_event(Event(at=operation.clock.now(), kind="away", who="dana", agent=AGENT))

    assert not hold(operation).holds
    assert kinds(operation) == ["ready", "ended"]


def test_one_event_of_the_far_future_ends_no_record_that_is_signed_after_it(operation: Operation):
    at = datetime(2036, 1, 1, tzinfo=UTC)
    operation.store.add_event(Event(at=at, kind="away", who="dana", agent=AGENT))
    gate_of(operation).look()
    assert "something was written later than that: see to the clocks" in hold(operation).ended

    set_clock(operation, days=1)
    sign(operation, gate_of(operation).table, waive=["drilled"])

    assert lets_go(operation)
    set_clock(operation, days=60)
    assert lets_go(operation)


def test_people_who_come_back_bring_a_record_back_whose_time_is_not_over(operation: Operation):
    operation.roster.deactivate("ines", "priya")
    assert not lets_go(operation)
    operation.roster.activate("ines", "priya")

    assert lets_go(operation)
    assert kinds(operation) == ["ready"]


def test_the_row_of_before_a_withdrawal_written_back_lets_nothing_go_ahead(operation: Operation):
    before = newest(operation)
    set_clock(operation, days=1)
    operation.readiness.withdraw(gate_of(operation).table, "priya")

    operation.store.save_ready(before)

    assert not lets_go(operation)
    assert hold(operation).ended == (
        "its go-live record was withdrawn by priya on 2026-11-24 10:00 UTC"
    )


def test_an_older_record_is_not_in_force_because_the_newest_was_deleted(operation: Operation):
    set_clock(operation, days=1)
    reading = read(STRICTER)
    assert reading.table is not None
    operation.shelf.register(reading.table, reading, "handraise.yaml")
    sign(operation, reading.table)
    assert hold(operation).holds

    with operation.store.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM ready_records WHERE version = ?", (reading.table.version,)
        )

    assert not lets_go(operation)
    assert "is not the last that was written" in hold(operation).ended


def test_a_row_of_the_same_version_from_before_is_not_in_force(operation: Operation):
    before = newest(operation)
    set_clock(operation, days=1)
    sign(operation, gate_of(operation).table)
    operation.store.save_ready(before)

    assert not lets_go(operation)
    assert "`handraise ready` signs again" in hold(operation).ended


class Meanwhile(ManualClock):
    """A clock at which somebody else does something once, while it is looked at."""

    def __init__(self, at: datetime, what: Callable[[], object]) -> None:
        """Keep what happens meanwhile."""
        super().__init__(at)
        self._what: list[Callable[[], object]] = [what]

    def now(self) -> datetime:
        """Return the instant, after what happens."""
        if self._what:
            self._what.pop()()
        return super().now()


def meanwhile(operation: Operation, what: Callable[[], object]) -> Readiness:
    clock = Meanwhile(MONDAY + timedelta(days=1), what)
    return Readiness(operation.store, operation.shelf, operation.signer, clock)


def test_a_withdrawal_while_somebody_signs_is_not_lost(operation: Operation):
    table = gate_of(operation).table
    signing = meanwhile(operation, lambda: operation.readiness.withdraw(table, "priya"))

    with pytest.raises(NotReadyError, match="signed or withdrew a version"):
        signing.sign(table, lines_of(table), "priya")

    assert not lets_go(operation)
    assert kinds(operation) == ["ready", "withdrawn"]


def test_a_withdrawal_ends_what_is_signed_meanwhile(operation: Operation):
    table = gate_of(operation).table
    withdrawing = meanwhile(operation, lambda: sign(operation, table))

    withdrawing.withdraw(table, "priya")

    assert not lets_go(operation)
    assert kinds(operation) == ["ready", "ready", "withdrawn"]


def test_a_record_of_which_no_event_tells_lets_nothing_go_ahead(operation: Operation):
    with operation.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM events")

    assert not lets_go(operation)
    assert "knows of no signature" in hold(operation).ended


def test_what_ended_or_was_withdrawn_is_not_put_back_by_a_clock_or_a_row(operation: Operation):
    table, before = gate_of(operation).table, newest(operation)
    set_clock(operation, days=91)
    operation.worker.tick()
    set_clock(operation, days=80)
    with pytest.raises(NotReadyError, match="cannot be put back: its go-live record ended"):
        operation.readiness.put_back(table, "priya", "it was good")

    operation.readiness.withdraw(table, "priya")
    operation.store.save_ready(before)
    with pytest.raises(NotReadyError, match="cannot be put back: its go-live record was withdrawn"):
        operation.readiness.put_back(table, "priya", "it was good")
