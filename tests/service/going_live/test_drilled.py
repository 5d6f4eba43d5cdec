"""Every route has passed a drill within 30 days, answered by somebody who is still on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.going_live.drilled import HOLDS, drilled_line, passed_drills
from handraise.service.going_live.line import Line
from handraise.service.wiring import Operation
from tests.support.checked import subject_of
from tests.support.operation import AGENT, TABLE, opened


@pytest.fixture
def operation(folder: Path, clock: ManualClock) -> Operation:
    return opened(folder, clock=clock, is_ready=False)


def drill(operation: Operation, *routes: str) -> None:
    """Let routes pass a drill."""
    for route in routes:
        started = operation.drills.start(AGENT, route, "priya")
        found = operation.store.escalation(started.escalation_id)
        assert found is not None
        ask = found.asks[0]
        operation.desk.answer(ask.id, ask.holder, kind="approve", digest=found.proposal_digest)
    operation.drills.settle()


def line(operation: Operation, text: str = TABLE) -> Line:
    return drilled_line(subject_of(text, operation.store, now=operation.clock.now()))


def test_routes_without_a_drill_are_named_with_the_command(operation: Operation) -> None:
    drill(operation, "finance_lead")
    found = line(operation)
    assert (found.state, found.evidence) == ("red", "support_supervisor, owner have passed none")
    assert "`handraise drill --all`" in found.remedy
    drill(operation, "owner")
    assert "`handraise drill support_supervisor`" in line(operation).remedy
    operation.close()


def test_drills_count_for_thirty_days_and_the_oldest_decides(
    operation: Operation, clock: ManualClock
) -> None:
    drill(operation, "finance_lead")
    oldest = clock.now()
    clock.advance(days=12)
    drill(operation, "support_supervisor", "owner")
    found = line(operation)
    assert (found.state, found.at, found.until) == ("green", oldest, oldest + HOLDS)
    assert found.lapses == "the drill of finance_lead is older than 30 days"
    clock.advance(days=18)
    found = line(operation)
    assert (found.state, found.evidence) == ("red", "finance_lead has passed none within 30 days")
    operation.close()


def test_one_that_is_under_way_is_said_and_does_not_count(operation: Operation) -> None:
    operation.drills.start(AGENT, "owner", "priya")
    assert line(operation).evidence.endswith("one is under way for owner")
    operation.close()


def test_who_answered_must_still_be_on_the_route(operation: Operation) -> None:
    drill(operation, "finance_lead", "support_supervisor", "owner")
    assert line(operation).state == "green"
    moved = TABLE.replace("finance_lead: [ines]", "finance_lead: [dana]")
    assert line(operation, moved).evidence == "finance_lead has passed none"
    assert timedelta() <= operation.clock.now() - max(
        passed_drills(
            operation.store, operation.shelf.newest(AGENT), operation.clock.now(), operation.signer
        ).values()
    )
    operation.close()


def test_an_answer_of_the_future_counts_for_nothing(
    operation: Operation, clock: ManualClock
) -> None:
    today = clock.now()
    clock.advance(days=400)
    drill(operation, "finance_lead", "support_supervisor", "owner")
    clock.set(today)
    assert line(operation).evidence.endswith("owner have passed none")
    drill(operation, "finance_lead", "support_supervisor", "owner")
    assert (line(operation).state, line(operation).at) == ("green", today)
    operation.close()
