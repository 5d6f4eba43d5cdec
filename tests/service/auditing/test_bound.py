"""The bound holds where people cannot look at all that comes: after a burst, and on a holiday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from handraise.clock import ManualClock
from handraise.core.monitor.audits import Estimate
from handraise.service.wiring import Operation
from tests.support.audited import alone, audits, looked, table
from tests.support.operation import AGENT, RecordingSender, opened

A_DAY, PEOPLE = 6, ("dana", "marc")


@pytest.fixture
def operation(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    text = table(at_most="4 a day", within="2d")
    operation = opened(folder, clock=clock, sender=sender, table=text)
    yield operation
    operation.close()


class Life:
    """Days of an operation: so many decisions, so often wrong, looked at by who is there."""

    def __init__(self, operation: Operation, clock: ManualClock) -> None:
        self.operation, self.clock, self.random = operation, clock, Random(5)
        self.is_wrong: dict[str, bool] = {}

    def day(self, count: int, rate: float, away: tuple[str, ...] = ()) -> None:
        """Let a day go by."""
        alone(self.operation, count)
        for one in audits(self.operation, limit=10_000):
            self.is_wrong.setdefault(one.decision_id, self.random.random() < rate)
        self.operation.asking.tick()
        for one in audits(self.operation, state="asked", limit=10_000):
            if one.person not in away:
                wrong = self.is_wrong[one.decision_id]
                looked(self.operation, one, "wrong" if wrong else "right")
        self.clock.advance(days=1)

    def told(self) -> tuple[float, Estimate]:
        """Return the share that was wrong of what the estimate speaks of, and the estimate."""
        found = self.operation.estimating.alone(AGENT)
        spoken = {
            one.decision_id
            for one in audits(self.operation, limit=10_000)
            if one.drawn_at < found.until
        }
        assert found.estimate.decisions == len(spoken)
        true = sum(self.is_wrong[one] for one in spoken) / max(len(spoken), 1)
        return true, found.estimate


@pytest.fixture
def life(operation: Operation, clock: ManualClock) -> Life:
    return Life(operation, clock)


def test_a_burst_that_goes_wrong_is_in_the_bound_and_blocks_no_later_day(life: Life) -> None:
    for _ in range(6):
        life.day(A_DAY, 0.0)
    life.day(120, 0.6)
    burst = max(one.drawn_at for one in audits(life.operation, limit=10_000))
    for _ in range(8):
        life.day(A_DAY, 0.0)
        true, found = life.told()
        assert found.floor <= true <= found.bound
    assert true > 0.3
    # The few that were kept stand for all; which they are is drawn anew each time.
    assert found.rate == pytest.approx(true, abs=0.3)
    of_burst = [
        one
        for one in audits(life.operation, limit=10_000)
        if abs(one.drawn_at - burst) < timedelta(minutes=1)
    ]
    assert sum(one.state == "left_out" for one in of_burst) > 90
    assert not any(one.state == "drawn" for one in of_burst)
    # Its own part of the draws: those that were put on the day, and those of which a share was.
    kept = {one.probability for one in of_burst if one.state == "answered"}
    assert len(kept) == 2
    assert min(kept) == max(kept) / 4
    later = [
        one
        for one in audits(life.operation, state="answered", limit=10_000)
        if one.drawn_at > burst
    ]
    assert len({one.drawn_at.date() for one in later}) >= 3


def test_what_goes_wrong_while_nobody_is_there_is_in_the_bound(life: Life) -> None:
    for _ in range(8):
        life.day(A_DAY, 0.0)
    now = life.clock.now()
    for person in PEOPLE:
        life.operation.roster.away(person, now, now + timedelta(days=10), "", person)
    for _ in range(10):
        life.day(A_DAY, 0.5, away=PEOPLE)
        true, found = life.told()
        assert found.floor <= true <= found.bound
    assert true > 0.15
    assert found.pending
    # What waits for them is no more than they have room for in some days.
    assert len(audits(life.operation, state="drawn", limit=1_000)) <= 40
