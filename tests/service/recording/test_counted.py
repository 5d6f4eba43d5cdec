"""What estimates weigh by is counted again: counts edited, moved or deleted with SQL are found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.wiring import Operation
from tests.support.operation import BIG, SURE, gate_of, opened


@pytest.fixture
def operation(folder: Path, clock: ManualClock) -> Iterator[Operation]:
    """Return an operation that decided on two days, alone and not."""
    operation = opened(folder, clock=clock)
    for _ in range(2):
        for given in (SURE, SURE, BIG):
            gate_of(operation).decide(**given)
        operation.recorder.flush()
        clock.advance(days=2)
    yield operation
    operation.close()


def _edited(operation: Operation, text: str) -> list[str]:
    operation.record.tick()
    assert operation.record.verify().flaws == ()
    with operation.store.write() as connection:
        assert connection.exec_driver_sql(text).rowcount > 0
    return [flaw.what for flaw in operation.record.verify().flaws]


def test_counts_that_were_multiplied_are_found(operation: Operation) -> None:
    found = _edited(operation, "UPDATE tallies SET count = count * 100 WHERE \"rows\" = '[]'")
    assert len(found) == 2
    assert all("200 of severity high that went ahead, and there are 2" in one for one in found)


def test_counts_of_another_severity_are_found(operation: Operation) -> None:
    assert _edited(operation, "UPDATE tallies SET severity = 'low' WHERE \"rows\" = '[]'")


def test_counts_that_were_deleted_are_found(operation: Operation, clock: ManualClock) -> None:
    day = (clock.now() - timedelta(days=2)).date().isoformat()
    found = _edited(operation, f"DELETE FROM tallies WHERE hour >= '{day}'")
    assert any("0 of severity high that went ahead, and there are 2" in one for one in found)


def test_counts_that_were_forgotten_are_no_flaw(operation: Operation, clock: ManualClock) -> None:
    operation.record.tick()
    operation.store.forget_tallies(clock.now() - timedelta(days=3))
    assert operation.record.verify().flaws == ()
