"""Draws are checked: one left out, deleted, invented or edited with SQL is found, and located."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.gate.drawing import drawn
from handraise.model import Audit, DecisionRecord
from handraise.service.deciding.lots import audits_of
from handraise.service.recording.checking import Report
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.service.telling.wording import fresh_id
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, SECRET, SURE, TABLE, gate_of, opened

HALF = f"{TABLE}audit: {{one_in: {{low: 1, high: 2}}, to: support_supervisor, twice: 50%}}\n"
REPLY = {"type": "refund_request", "action": "send_reply", "confidence": 0.9}


@pytest.fixture
def operation(folder: Path) -> Iterator[Operation]:
    """Return an operation with a dozen decisions, of which about half were drawn."""
    operation = opened(folder, table=HALF)
    for number in range(12):
        assert not gate_of(operation).decide(**(REPLY if number % 6 == 0 else SURE)).escalated
    operation.recorder.flush()
    yield operation
    operation.close()


def _sql(operation: Operation, text: str, *values: Any) -> None:
    with operation.store.write() as connection:
        assert connection.exec_driver_sql(text, values).rowcount == 1


def _verified(operation: Operation) -> Report:
    operation.recorder.flush()
    operation.record.tick()
    return operation.record.verify()


def _places(report: Report) -> list[str]:
    return [flaw.place for flaw in report.flaws]


def _audit(operation: Operation, look: int = 1) -> Audit:
    return next(one for one in operation.store.audits(AGENT) if one.id.endswith(f".{look}"))


def _decision(operation: Operation, is_drawn: Callable[[DecisionRecord], bool]) -> DecisionRecord:
    """Return a decision that went ahead, made until the lot says of it what is asked for."""
    auditing, key = gate_of(operation).table.audit, operation.signer.lots_key()
    assert auditing is not None
    made = operation.store.recent_decisions(AGENT, limit=1)[0]
    while True:
        made = replace(made, id=fresh_id(), action="refund", severity="high", audit=None)
        looks = drawn(auditing, "high", key, made.id)
        made = replace(made, audit=looks[0] if looks else None)
        if is_drawn(made):
            return made


def test_draws_that_nobody_touched_are_whole(operation: Operation) -> None:
    (first, second) = operation.store.audits(AGENT, limit=2)
    now = operation.clock.now()
    operation.store.ask_audit(first.id, "dana", now, now, probability=first.probability / 8)
    operation.store.choose(first.id, "dana", "refund", now)
    operation.store.answer_audit(first.id, "dana", "wrong", 40.0, "Too much.", now)
    operation.store.leave_out_audits([second.id], now)
    report = _verified(operation)
    assert report.flaws == ()
    looks = [one.id[-2:] for one in operation.store.audits(AGENT, limit=99)]
    assert report.drawn == looks.count(".1") > 1
    assert report.are_lots_known


def test_an_audit_that_was_deleted_is_found(operation: Operation) -> None:
    audit = _audit(operation)
    _sql(operation, "DELETE FROM audits WHERE id = ?", audit.id)
    assert f"audit {audit.id}" in _places(_verified(operation))


def test_an_answer_that_was_edited_is_found(operation: Operation) -> None:
    audit, now = _audit(operation), operation.clock.now()
    operation.store.ask_audit(audit.id, "dana", now, now)
    operation.store.answer_audit(audit.id, "dana", "wrong", None, "", now)
    _sql(operation, "UPDATE audits SET answer = 'right' WHERE id = ?", audit.id)
    assert _places(_verified(operation)) == [f"audit {audit.id}"]


def test_an_answer_that_was_left_out_afterwards_is_found(operation: Operation) -> None:
    audit, now = _audit(operation), operation.clock.now()
    operation.store.ask_audit(audit.id, "dana", now, now)
    operation.store.answer_audit(audit.id, "dana", "wrong", None, "", now)
    _sql(
        operation,
        "UPDATE audits SET state = 'left_out', answer = NULL, answered_by = NULL WHERE id = ?",
        audit.id,
    )
    assert _places(_verified(operation)) == [f"audit {audit.id}"]


def test_a_probability_that_was_edited_before_the_audit_was_put_is_found(
    operation: Operation,
) -> None:
    audit, now = _audit(operation), operation.clock.now()
    _sql(operation, "UPDATE audits SET probability = probability / 3 WHERE id = ?", audit.id)
    assert _places(_verified(operation)) == [f"audit {audit.id}"]
    edited = operation.store.audit(audit.id)
    assert edited is not None
    operation.store.ask_audit(audit.id, "dana", now, now, probability=edited.probability)
    assert _places(_verified(operation)) == [f"audit {audit.id}"]


def test_one_that_was_left_out_in_the_place_of_another_is_found(operation: Operation) -> None:
    good, bad = operation.store.audits(AGENT, limit=2)
    operation.store.leave_out_audits([good.id], operation.clock.now())
    _sql(operation, "UPDATE audits SET state = 'drawn' WHERE id = ?", good.id)
    _sql(operation, "UPDATE audits SET state = 'left_out' WHERE id = ?", bad.id)
    assert sorted(_places(_verified(operation))) == [f"audit {good.id}", f"audit {bad.id}"]


def test_a_decision_that_a_gate_left_out_of_the_lot_is_found(operation: Operation) -> None:
    suppressed = replace(_decision(operation, lambda one: one.audit is not None), audit=None)
    operation.store.record_decisions([suppressed])
    assert _places(_verified(operation)) == [f"decision {suppressed.id}"]


def test_a_decision_that_was_put_among_the_audits_is_found(operation: Operation) -> None:
    invented = replace(_decision(operation, lambda one: one.audit is None), audit=0.5)
    verdict = gate_of(operation).decide(**SURE)
    operation.store.record_decisions([invented], audits_of(invented, verdict.decision, [0.5]))
    assert _places(_verified(operation)) == [f"decision {invented.id}"]


def test_an_audit_of_a_decision_that_was_not_drawn_is_found(operation: Operation) -> None:
    plain = _decision(operation, lambda one: one.audit is None)
    verdict = gate_of(operation).decide(**SURE)
    operation.store.record_decisions([plain], audits_of(plain, verdict.decision, [0.5]))
    assert _places(_verified(operation)) == [f"audit {plain.id}.1"]


def test_an_audit_whose_decision_is_gone_is_found(operation: Operation) -> None:
    _verified(operation)
    audit = _audit(operation)
    with sqlite3.connect(operation.store.place.path) as connection:
        connection.execute("DELETE FROM decisions WHERE id = ?", (audit.decision_id,))
    connection.close()
    places = _places(operation.record.verify())
    assert f"audit {audit.id}" in places


def test_without_the_secret_only_what_contradicts_itself_is_found(operation: Operation) -> None:
    suppressed = replace(_decision(operation, lambda one: one.audit is not None), audit=None)
    operation.store.record_decisions([suppressed])
    _verified(operation)
    outside = Record(operation.store, None, operation.clock)
    report = outside.verify()
    assert (report.flaws, report.are_lots_known) == ((), False)
    audit = _audit(operation)
    _sql(operation, "DELETE FROM audits WHERE id = ?", audit.id)
    assert _places(outside.verify()) == [f"audit {audit.id}"]


def test_after_the_secret_was_rotated_the_draws_of_before_hold(operation: Operation) -> None:
    rotated = Signer(f"{'n' * 40}\n{SECRET}")
    assert Record(operation.store, rotated, operation.clock).verify().flaws == ()


def test_an_entirely_different_secret_draws_differently(operation: Operation) -> None:
    _verified(operation)
    other = Record(operation.store, Signer("x" * 40), operation.clock).verify()
    assert other.flaw_count > 0


def test_what_was_erased_stands_as_it_was_drawn(operation: Operation) -> None:
    verdict = gate_of(operation).decide(**REPLY, case="ticket-1", text="Jane, 12 Quiet Lane")
    assert not verdict.escalated
    assert [one.text for one in operation.store.audits(AGENT, limit=99)].count(
        "Jane, 12 Quiet Lane"
    ) in {1, 2}
    operation.record.redact(case="ticket-1", by="priya", reason="asked for")
    texts = [one.text for one in operation.store.audits(AGENT, limit=99)]
    assert "Jane, 12 Quiet Lane" not in texts
    assert _verified(operation).flaws == ()
