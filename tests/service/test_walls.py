"""Screens on the wall: who may look, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.errors import InputError, NotFoundError
from handraise.service.walls import MOST_LIVE
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, UNSURE, opened
from tests.support.signed import sign


@pytest.fixture
def operation(tmp_path: Path, clock: ManualClock) -> Iterator[Operation]:
    operation = opened(tmp_path, clock=clock, is_ready=False)
    yield operation
    operation.close()


def test_the_address_opens_its_wall_until_that_is_ended(operation: Operation) -> None:
    wall, address = operation.walls.make(" the lobby ", "priya")
    secret = address.rpartition("/")[2]
    assert (wall.label, wall.agents, wall.made_by) == ("the lobby", (), "priya")
    assert operation.walls.at(secret) == wall
    assert operation.walls.at(secret[:-1]) is None
    assert operation.walls.at("") is None
    assert secret not in str(operation.store.walls())
    operation.walls.end(wall.id)
    assert operation.walls.at(secret) is None
    with pytest.raises(NotFoundError, match="no live wall"):
        operation.walls.end(wall.id)


def test_what_makes_no_sense_is_refused(operation: Operation) -> None:
    with pytest.raises(InputError, match="label"):
        operation.walls.make("  ", "priya")
    with pytest.raises(InputError, match="label"):
        operation.walls.make("x" * 101, "priya")
    with pytest.raises(NotFoundError, match='no agent "suport-agent"'):
        operation.walls.make("lobby", "priya", ["suport-agent"])
    for number in range(MOST_LIVE):
        operation.walls.make(f"room {number}", "priya")
    with pytest.raises(InputError, match="walls already"):
        operation.walls.make("one more", "priya")


def test_a_wall_counts_what_is_open_overdue_and_who_is_there(
    operation: Operation, clock: ManualClock
) -> None:
    wall, _ = operation.walls.make("lobby", "priya", [AGENT])
    (before,) = operation.walls.shows(wall)
    assert (before.force, before.open, before.oldest_at, before.on_duty) == (
        "not signed",
        0,
        None,
        2,
    )
    sign(operation, operation.shelf.current(AGENT))
    began = clock.now()
    operation.gates[AGENT].decide(**UNSURE)
    operation.drills.start(AGENT, "finance_lead", "priya")
    operation.roster.away("ines", began, began + timedelta(days=1), "", "ines")
    (now,) = operation.walls.shows(wall)
    assert (now.force, now.open, now.overdue, now.oldest_at) == ("in force", 1, 0, began)
    assert (now.on_duty, now.people) == (1, 2)
    clock.advance(hours=1)
    (later,) = operation.walls.shows(wall)
    assert (later.open, later.overdue) == (1, 1)
