"""One face, two gates: what holds for the embedded gate holds for the one on a real server."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import handraise
from handraise.clock import ManualClock
from handraise.errors import (
    AlreadyAnsweredError,
    InputError,
    KeyConflictError,
    NotFoundError,
    StillOpenError,
)
from handraise.model import Decision
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, UNSURE, answered, gate_of
from tests.support.server import Server
from tests.support.tables import Rude

Gate = EmbeddedGate | RemoteGate


@pytest.fixture(params=["embedded", "remote"])
def face(request: pytest.FixtureRequest, operation: Operation) -> Iterator[Gate]:
    if request.param == "embedded":
        yield gate_of(operation)
        return
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    with handraise.connect(server.url, key) as gate:
        yield gate
    server.close()


def test_a_decision_goes_ahead(face: Gate) -> None:
    verdict = face.decide(**SURE, text="please", context={"a": [1, None]})
    assert (verdict.outcome, verdict.routes, verdict.rehearsal) == ("proceed", (), False)
    assert len(verdict.version) > 6
    with pytest.raises(NotFoundError):
        verdict.wait(0)


def test_a_decision_stops_with_its_reasons(face: Gate) -> None:
    verdict = face.decide(Decision(**{**BIG, "confidence": 0.5, "type": "court_order"}))
    assert verdict.routes == ("support_supervisor", "finance_lead")
    assert [reason.condition for reason in verdict.reasons] == [
        "confidence",
        "consequence",
        "novelty",
    ]
    assert verdict.tags == ("new situation",)
    assert verdict.escalation_id is not None


def test_the_answer_comes_to_who_waits(face: Gate, operation: Operation) -> None:
    verdict = face.decide(**BIG)
    change = {"proposal": {"refund": 620}, "reason": "a typing error"}
    answering = threading.Timer(0.3, answered, (operation, verdict.escalation_id, "change"), change)
    answering.start()
    resolution = verdict.wait("1m")
    answering.join()
    assert resolution.outcome == "changed"
    assert resolution.proposal == {"refund": 620}
    assert (resolution.by, resolution.reason) == ("ines", "a typing error")
    assert resolution.may_act
    assert face.resolution(verdict.escalation_id) == resolution


def test_waiting_in_vain_says_so(face: Gate) -> None:
    verdict = face.decide(**BIG)
    for timeout in (0, 0.2):
        with pytest.raises(StillOpenError):
            verdict.wait(timeout)
    with pytest.raises(InputError, match="timeout"):
        verdict.wait("soon")


def test_a_resolution_is_found_by_id_and_by_key(face: Gate, operation: Operation) -> None:
    verdict = face.decide(**BIG, key="ticket/991 1?&")
    assert face.resolution(key="ticket/991 1?&") is None
    assert face.resolution(verdict.escalation_id) is None
    answered(operation, verdict.escalation_id or "", "reject", reason="no")
    found = face.resolution(key="ticket/991 1?&")
    assert found is not None
    assert (found.outcome, found.may_act, found.proposal) == ("rejected", False, None)
    assert face.decide(**SURE, key="went ahead").outcome == "proceed"
    operation.recorder.flush()
    for key in ("went ahead", "never", ""):
        with pytest.raises(NotFoundError):
            face.resolution(key=key)
    for id in ("never", "../decisions", "x?key=1", "%2e%2e"):
        with pytest.raises(NotFoundError):
            face.resolution(id)


def test_what_is_withdrawn_has_ended(face: Gate) -> None:
    verdict = face.decide(**BIG)
    resolution = face.withdraw(verdict.escalation_id or "", "found it")
    assert (resolution.outcome, resolution.reason, resolution.by) == ("withdrawn", "found it", None)
    with pytest.raises(AlreadyAnsweredError):
        face.withdraw(verdict.escalation_id or "")
    with pytest.raises(NotFoundError):
        face.withdraw("never")


def test_a_key_is_for_one_decision(face: Gate, operation: Operation) -> None:
    first = face.decide(**BIG, key="k")
    assert face.decide(**BIG, key="k").escalation_id == first.escalation_id
    answered(operation, first.escalation_id or "", "approve")
    with pytest.raises(KeyConflictError):
        face.decide(**{**BIG, "proposal": {"refund": 9000}}, key="k")
    assert face.decide(**SURE, key="s").outcome == "proceed"
    assert face.decide(**SURE, key="s").outcome == "proceed"
    with pytest.raises(KeyConflictError):
        face.decide(**BIG, key="s")


JUNK: dict[str, Any] = {
    "nothing": (None, {}),
    "a number": (7, {}),
    "something that breaks": (Rude(), {}),
    "an unknown field": (None, {**SURE, "confidense": 1}),
    "an unknown field called verb": (None, {**SURE, "verb": 1, "faults": 2, "decisions": 3}),
    "not a number": (None, {**SURE, "confidence": float("nan")}),
    "an endless one": (None, {**SURE, "confidence": float("inf")}),
    "a text": (None, {**SURE, "confidence": "0.9"}),
    "seven": (None, {**SURE, "confidence": 7.0}),
    "a number as key": (None, {**SURE, "key": 7}),
    "an empty case": (None, {**SURE, "case": ""}),
    "a proposal that breaks": (None, {**SURE, "proposal": {"refund": Rude()}}),
    "a field that is not in the form": (None, {**SURE, "proposal": {"refund": 1, "to": "me"}}),
    "an unknown action": (None, {**SURE, "action": "delete_account"}),
    "facts that are none": (None, {**SURE, "facts": [1]}),
    "bytes": (None, {**SURE, "text": b"\xff", "type": b"refund_request"}),
    "a very deep one": (None, {**SURE, "case": "c", "proposal": [[[[[[[[[]]]]]]]]]}),
    "a great number": (None, {**SURE, "proposal": {"refund": 10**400}}),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_stops_and_a_person_hears_of_it(junk: Any, face: Gate, operation: Operation) -> None:
    decision, fields = junk
    verdict = face.decide(decision, **fields)
    assert verdict.escalated
    assert verdict.escalation_id is not None
    assert operation.store.escalation(verdict.escalation_id) is not None


def test_what_the_agents_side_knows_is_wrong_is_said(face: Gate) -> None:
    verdict = face.decide(**SURE, confidense=1)
    assert [reason.condition for reason in verdict.reasons] == ["fault"]
    assert verdict.reasons[0].sentence == "a decision has no field 'confidense'"


def test_before_it_is_ready_nothing_goes_ahead(face: Gate, operation: Operation) -> None:
    with operation.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM ready_records")
    verdict = face.decide(**SURE, case="c", key="k")
    assert [reason.condition for reason in verdict.reasons] == ["not_ready"]


def test_work_that_ends_leaves_nothing(
    face: Gate, operation: Operation, clock: ManualClock
) -> None:
    with face.work("c", "1h30m") as work:
        assert work.silent_after_s == 5_400
        assert work.beat()
        assert work.decide(**SURE).decision.case == "c"
    clock.advance(hours=3)
    operation.worker.tick()
    assert operation.store.escalations() == []
    assert not face.beat(work.id)
    assert not face.done(work.id)
    assert face.failed(work.id, "late") is None
    for verb in (face.beat, face.done, lambda id: face.failed(id, "")):
        with pytest.raises(NotFoundError):
            verb("never")


def test_a_crash_is_an_escalation(face: Gate, operation: Operation) -> None:
    with pytest.raises(ZeroDivisionError), face.work("c"):
        1 / 0  # noqa: B018 - it is the crash
    (found,) = operation.store.escalations()
    assert (found.case, found.reasons[0].condition) == ("c", "fault")
    assert "ZeroDivisionError" in str(found.decision.context)


def test_silence_is_a_stall(face: Gate, operation: Operation, clock: ManualClock) -> None:
    work = face.start_work("c")
    clock.advance(minutes=11)
    operation.worker.tick()
    assert [found.reasons[0].condition for found in operation.store.escalations()] == ["stall"]
    assert not face.beat(work.id)
    with pytest.raises(InputError, match="silent_after"):
        face.start_work(silent_after="soon")


def test_many_threads_use_one_gate(face: Gate) -> None:
    outcomes: list[str] = []

    def decide(place: int) -> None:
        fields = SURE if place % 2 else UNSURE
        outcomes.append(face.decide(**fields, key=f"k{place}").outcome)

    threads = [threading.Thread(target=decide, args=(place,)) for place in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["escalate"] * 8 + ["proceed"] * 8
