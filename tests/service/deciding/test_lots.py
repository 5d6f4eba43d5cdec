"""Audits drawn by the gate: with the decision or not at all, once, and unknown to the agent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from handraise.core.gate.drawing import drawn
from handraise.errors import StoreError
from handraise.model import Audit, Decision, DecisionRecord
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.recorder import MAX_AUDITED_BYTES, MAX_AUDITS
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, TABLE, gate_of, opened
from tests.support.server import Server

ALL = f"{TABLE}audit: {{one_in: 1, to: support_supervisor, twice: 50%}}\n"
SOME = f"{TABLE}audit: {{one_in: {{low: 1, high: 4}}, to: support_supervisor}}\n"
WORDS = {"text": "My card was charged twice.", "context": {"customer": "c-17"}}


@pytest.fixture
def all_drawn(folder: Path) -> Iterator[Operation]:
    operation = opened(folder, table=ALL)
    yield operation
    operation.close()


def _decisions(operation: Operation) -> list[DecisionRecord]:
    operation.recorder.flush()
    return operation.store.recent_decisions(AGENT, limit=10_000)


def _audits(operation: Operation) -> list[Audit]:
    operation.recorder.flush()
    return operation.store.audits(AGENT, limit=10_000)


WAYS: dict[str, dict[str, Any]] = {
    "without a key": {},
    "with a key": {"key": "k"},
    "with a case": {"case": "ticket-1"},
}


@pytest.mark.parametrize("names", WAYS.values(), ids=WAYS)
def test_a_drawn_decision_is_kept_with_its_text_and_context(
    names: dict[str, Any], all_drawn: Operation
) -> None:
    assert not gate_of(all_drawn).decide(**SURE, **WORDS, **names).escalated
    (record,) = _decisions(all_drawn)
    assert (record.severity, record.audit) == ("high", 1.0)
    for look, audit in enumerate(_audits(all_drawn), start=1):
        assert audit == Audit(
            id=f"{record.id}.{look}",
            decision_id=record.id,
            agent=AGENT,
            version=record.version,
            severity="high",
            probability=1.0 if look == 1 else 0.5,
            drawn_at=record.decided_at,
            **WORDS,
        )


def test_what_is_drawn_is_what_the_key_says_and_nothing_else(folder: Path) -> None:
    operation = opened(folder, table=SOME)
    gate = gate_of(operation)
    for number in range(40):
        assert not gate.decide(**SURE, **({"case": "c"} if number % 4 == 0 else {})).escalated
        gate.decide(**{**SURE, "action": "send_reply", "proposal": None})
    auditing, key = gate.table.audit, operation.signer.lots_key()
    assert auditing is not None
    wanted = {}
    for record in _decisions(operation):
        looks = drawn(auditing, record.severity, key, record.id)
        assert record.audit == (looks[0] if looks else None)
        wanted |= {f"{record.id}.{look}": chance for look, chance in enumerate(looks, start=1)}
    assert {audit.id: audit.probability for audit in _audits(operation)} == wanted
    assert len(wanted) > 40  # the forty replies at least
    operation.record.tick()  # seals, and so counts, what had a case
    now = operation.clock.now()
    assert operation.store.alone(AGENT, now - timedelta(hours=1), now) == {"high": 40, "low": 40}
    operation.close()


def test_a_table_without_audits_draws_nothing_and_says_the_severity(
    gate: EmbeddedGate, operation: Operation
) -> None:
    gate.decide(**SURE)
    (record,) = _decisions(operation)
    assert (record.severity, record.audit) == ("high", None)
    assert _audits(operation) == []


def test_a_stop_says_its_severity_and_is_never_drawn(all_drawn: Operation) -> None:
    assert gate_of(all_drawn).decide(**BIG).escalated
    assert gate_of(all_drawn).decide(type="refund_request").escalated
    assert [(one.severity, one.audit) for one in _decisions(all_drawn)] == [
        (None, None),
        ("high", None),
    ]
    assert _audits(all_drawn) == []


def test_a_rehearsal_is_never_drawn(folder: Path) -> None:
    operation = opened(folder, table=ALL, rehearsal=True, is_ready=False)
    verdict = gate_of(operation).decide(**SURE, key="k")
    assert not verdict.escalated
    operation.recorder.flush()
    record = operation.store.decision_by_key(AGENT, "k", rehearsal=True)
    assert record is not None
    assert record.audit is None
    assert _audits(operation) == []
    operation.close()


def test_the_same_key_has_the_same_verdict_and_no_second_audit(all_drawn: Operation) -> None:
    first = gate_of(all_drawn).decide(**SURE, key="k")
    before = _audits(all_drawn)
    again = gate_of(all_drawn).decide(**SURE, key="k")
    assert (again.outcome, again.version) == (first.outcome, first.version)
    assert _audits(all_drawn) == before != []


def test_a_verdict_does_not_tell_whether_it_was_drawn(all_drawn: Operation, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    plain = opened(tmp_path / "other")
    verdicts = [gate_of(one).decide(**SURE) for one in (all_drawn, plain)]
    shown = [msgspec.to_builtins(msgspec.structs.replace(one, version="")) for one in verdicts]
    assert shown[0] == shown[1]
    plain.close()


def test_over_http_a_drawn_decision_is_kept_too_and_nothing_that_comes_back_tells(
    all_drawn: Operation,
) -> None:
    server = Server.of(all_drawn)
    _, key = all_drawn.door.make_key(AGENT, "test")
    body = {**SURE, **WORDS, "key": "k"}
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(2):
        sent = httpx.post(f"{server.url}/api/v1/decisions", json=body, headers=headers)
        assert sent.json()["verdict"] == "proceed"
        assert "audit" not in sent.text
        assert "severity" not in sent.text
    server.close()
    audits = _audits(all_drawn)
    assert {(one.text, one.context["customer"]) for one in audits} == {(WORDS["text"], "c-17")}
    assert len({one.decision_id for one in audits}) == 1


def test_what_is_kept_of_a_context_is_bounded_and_plain(all_drawn: Operation) -> None:
    odd = {"text": "x" * 3_000_000, "context": {"f": object, "n": [{"a": {}}] * 100_000}}
    assert not gate_of(all_drawn).decide(**SURE, **odd).escalated
    audit = _audits(all_drawn)[0]
    assert len(audit.text) < 110_000
    assert audit.text.startswith("xxx")
    assert len(msgspec.json.encode(audit.context)) < 1_200_000


def test_what_was_changed_after_the_verdict_is_kept_as_it_was_judged(all_drawn: Operation) -> None:
    context = {"customer": "c-17"}
    gate_of(all_drawn).decide(**SURE, context=context)
    context["customer"] = "somebody else"
    assert _audits(all_drawn)[0].context == {"customer": "c-17"}


def _refuse_audits(operation: Operation) -> None:
    """Let the database refuse every audit from now on, as one that was damaged would."""
    with operation.store.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER none BEFORE INSERT ON audits BEGIN SELECT RAISE(ABORT, 'no'); END"
        )


@pytest.mark.parametrize("names", [{"key": "k"}, {"case": "c"}])
def test_an_agent_that_waits_for_its_record_stops_where_the_audit_cannot_be_kept(
    names: dict[str, Any], all_drawn: Operation
) -> None:
    _refuse_audits(all_drawn)
    assert gate_of(all_drawn).decide(**SURE, **names).escalated
    went_ahead = [one for one in _decisions(all_drawn) if not one.rows]
    assert went_ahead == []


def test_where_the_audit_cannot_be_kept_the_decision_is_not_either_and_the_owner_hears(
    all_drawn: Operation,
) -> None:
    _refuse_audits(all_drawn)
    gate_of(all_drawn).decide(**SURE)
    assert _decisions(all_drawn) == []
    subjects = [one.subject for one in all_drawn.store.messages(to="priya")]
    assert "A decision could not be recorded" in subjects


def test_drawn_decisions_that_cannot_be_written_stop_the_agent_before_they_fill_the_memory(
    all_drawn: Operation,
) -> None:
    recorder, gate = all_drawn.recorder, gate_of(all_drawn)
    record, audits = gate._record(gate.decide(**SURE), Decision(**SURE), "")
    recorder.flush()
    with recorder._writing:  # as while the store is slow
        waiting = [msgspec.structs.replace(record, id=f"{number}") for number in range(MAX_AUDITS)]
        assert all(recorder.hand_over(one, audits) for one in waiting)
        assert not recorder.hand_over(record, audits)
        assert gate.decide(**SURE).escalated
        assert recorder.hand_over(record)  # what was not drawn is taken still


def test_long_texts_that_cannot_be_written_stop_it_earlier(all_drawn: Operation) -> None:
    recorder, gate = all_drawn.recorder, gate_of(all_drawn)
    long = Decision(**SURE, text=["x" * 90_000] * 10)
    record, audits = gate._record(gate.decide(**SURE), long, "")
    recorder.flush()
    with recorder._writing:
        taken = 0
        while recorder.hand_over(msgspec.structs.replace(record, id=f"{taken}"), audits):
            taken += 1
        assert taken * 900_000 < MAX_AUDITED_BYTES < (taken + 1) * 910_000
        del recorder._waiting[:]  # nothing of this is worth writing
        recorder._audits.clear()


def test_what_the_store_refuses_for_a_moment_is_written_with_its_audit_later(
    all_drawn: Operation,
) -> None:
    assert not gate_of(all_drawn).decide(**SURE, text="x" * 90_000).escalated
    with all_drawn.store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError):
        all_drawn.recorder.flush()
    assert all_drawn.store.audits(AGENT) == []
    with all_drawn.store.write() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1_000}")
    assert _audits(all_drawn)[0].text == "x" * 90_000
    assert all_drawn.recorder.healthy
