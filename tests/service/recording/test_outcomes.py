"""Outcomes beat every answer: one invented, edited or deleted with SQL is found, and located."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handraise.model import Outcome
from handraise.service.outcomes.telling import Outcomes, Report
from handraise.service.telling.wording import fresh_id
from handraise.service.wiring import Operation
from handraise.store.inserts import insert_records
from handraise.store.schema import outcomes as table
from tests.support.operation import AGENT, BIG, SURE, gate_of, opened


@pytest.fixture
def operation(folder: Path) -> Iterator[Operation]:
    """Return an operation with two decisions of which it was told how they turned out."""
    operation = opened(folder)
    for _ in range(2):
        assert not gate_of(operation).decide(**SURE).escalated
    operation.recorder.flush()
    ids = [one.id for one in operation.store.recent_decisions(AGENT, limit=2)]
    at = operation.clock.now()
    _tell(operation, [Report(place="x", id=ids[0], is_right=False, stake=99.0, at=at)])
    _tell(operation, [Report(place="x", id=ids[1], is_right=True)])
    yield operation
    operation.close()


def _tell(operation: Operation, reports: list[Report]) -> None:
    telling = Outcomes(operation.store, operation.shelf, operation.clock)
    assert telling.take(AGENT, reports, source="api", by="billing").is_kept


def _sql(operation: Operation, text: str, *values: Any) -> None:
    with operation.store.write() as connection:
        assert connection.exec_driver_sql(text, values).rowcount == 1


def _flaws(operation: Operation) -> list[tuple[str, str]]:
    operation.record.tick()
    return [(flaw.place, flaw.what) for flaw in operation.record.verify().flaws]


def _wrong(operation: Operation) -> Outcome:
    decisions = operation.store.recent_decisions(AGENT, limit=9)
    told = operation.store.outcome_of([one.id for one in decisions])
    return next(one for one in told.values() if not one.is_right)


def test_outcomes_that_nobody_touched_are_whole(operation: Operation) -> None:
    assert _flaws(operation) == []
    assert operation.record.verify().outcomes == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("is_right", True),
        ("stake", None),
        ("source", "agent"),
        ("by", "dana"),
        ("told_at", "2020-01-01T00:00:00.000000Z"),
        ("at", "2020-01-01T00:00:00.000000Z"),
    ],
)
def test_one_that_was_edited_is_found(operation: Operation, name: str, value: Any) -> None:
    one = _wrong(operation)
    _sql(operation, f'UPDATE outcomes SET "{name}" = ? WHERE id = ?', value, one.id)
    ((place, what),) = _flaws(operation)
    assert place == f"outcome {one.id}"
    assert name in what


def test_one_that_was_deleted_is_found(operation: Operation) -> None:
    one = _wrong(operation)
    _sql(operation, "DELETE FROM outcomes WHERE id = ?", one.id)
    assert _flaws(operation) == [(f"outcome {one.id}", "an event tells of it, and it is gone")]


def test_one_that_was_put_there_is_found(operation: Operation) -> None:
    now, one = operation.clock.now() + timedelta(days=1), _wrong(operation)
    invented = Outcome(
        id=fresh_id(),
        agent=AGENT,
        decision_id=one.decision_id,
        is_right=True,
        at=now,
        told_at=now,
        source="api",
        by="billing",
    )
    with operation.store.write() as connection:
        insert_records(connection, table, [invented])
    assert _flaws(operation) == [
        (f"outcome {invented.id}", "no event tells of it: it was put there")
    ]


def test_one_of_an_escalation_that_was_erased_stands_as_it_was_told(operation: Operation) -> None:
    verdict = gate_of(operation).decide(**BIG, case="ticket-1")
    assert verdict.escalation_id is not None
    decided = operation.store.recent_decisions(AGENT, limit=1)[0]
    escalation = operation.store.escalation(verdict.escalation_id)
    assert escalation is not None
    operation.desk.answer(
        escalation.asks[0].id,
        "ines",
        kind="approve",
        digest=escalation.proposal_digest,
        reason="read it",
    )
    _tell(operation, [Report(place="x", id=decided.id, is_right=False, stake=0.0, note="Jane")])
    operation.record.redact(case="ticket-1", by="priya", reason="asked for")
    operation.record.redact(case="ticket-1", by="priya", reason="asked for again")
    assert _flaws(operation) == []
    _sql(operation, "UPDATE outcomes SET is_right = 1 WHERE decision_id = ?", decided.id)
    ((_, what),) = _flaws(operation)
    assert what == "its is_right is not what was told: edited"
