"""The gate at work: it stops on every doubt, and what it stops is durable and never forgotten."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.clock import ManualClock
from handraise.errors import (
    AlreadyAnsweredError,
    InputError,
    KeyConflictError,
    NotFoundError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.model import Decision, Verdict
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import (
    AGENT,
    BIG,
    SECRET,
    STRICTER,
    SURE,
    TABLE,
    UNSURE,
    RecordingSender,
    answered,
    gate_of,
    opened,
)
from tests.support.tables import Rude, RudeText, junk
from tests.support.verified import verify_everybody


def _words(verdict: Verdict) -> str:
    return "; ".join(reason.sentence for reason in verdict.reasons)


class _BrokenDecision(Decision):
    """Breaks when it is looked at."""

    @property
    def confidence(self) -> Any:
        raise RuntimeError("a customer's words")


def test_a_sure_decision_goes_ahead_and_is_recorded(
    gate: EmbeddedGate, operation: Operation
) -> None:
    verdict = gate.decide(**SURE, facts={"revenue_usd": 40}, text="please", key="k", case="c")
    assert (verdict.outcome, verdict.routes, verdict.rehearsal) == ("proceed", (), False)
    operation.recorder.flush()
    record = operation.store.decision_by_key(AGENT, "k", rehearsal=False)
    assert record is not None
    assert (record.type, record.action, record.confidence) == ("refund_request", "refund", 0.9)
    assert (record.facts, record.proposal, record.case) == (
        {"revenue_usd": 40},
        {"refund": 40},
        "c",
    )


def test_a_stop_is_durable_when_it_returns(gate: EmbeddedGate, operation: Operation) -> None:
    verdict = gate.decide(**BIG)
    assert verdict.routes == ("finance_lead",)
    kept = operation.store.escalation(verdict.escalation_id or "")
    assert kept is not None
    assert (kept.state, kept.asks[0].holder, kept.proposal) == ("open", "ines", {"refund": 6200})


# Not ready: nothing goes ahead, whoever asks and however.

ENTRIES: dict[str, Callable[[EmbeddedGate], Verdict]] = {
    "a Decision": lambda gate: gate.decide(Decision(**SURE)),
    "fields": lambda gate: gate.decide(**SURE),
    "a dict": lambda gate: gate.decide(dict(SURE)),  # type: ignore[arg-type]
    "a Decision with fields": lambda gate: gate.decide(Decision(**SURE), key="k"),
    "judge": lambda gate: gate.judge(Decision(**SURE)),
    "with a key": lambda gate: gate.decide(**SURE, key="k"),
    "with a case": lambda gate: gate.decide(**SURE, case="c"),
    "in work": lambda gate: _in_work(gate),
    "nothing": lambda gate: gate.decide(),
    "junk": lambda gate: gate.decide(7),  # type: ignore[arg-type]
}


def _in_work(gate: EmbeddedGate) -> Verdict:
    with gate.work(case="c") as work:
        return work.decide(**SURE)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_before_it_is_ready_nothing_goes_ahead(
    entry: Callable[[EmbeddedGate], Verdict], folder: Path
) -> None:
    operation = opened(folder, is_ready=False)
    verdict = entry(gate_of(operation))
    assert "not_ready" in [reason.condition for reason in verdict.reasons]
    assert "owner" in verdict.routes
    assert verdict.escalation_id is not None
    operation.close()


def test_what_goes_ahead_when_ready_goes_ahead_by_every_entry(gate: EmbeddedGate) -> None:
    sure = [name for name in ENTRIES if name not in {"nothing", "junk"}]
    cases = {f"{place}": ENTRIES[name](gate) for place, name in enumerate(sure)}
    assert {place for place, verdict in cases.items() if verdict.escalated} == set()


def test_a_table_changed_after_it_was_signed_for_waits_and_changes_nothing(folder: Path) -> None:
    opened(folder).close()
    operation = opened(folder, table=STRICTER, is_ready=False)
    gate = gate_of(operation)
    assert not gate.decide(**SURE).escalated, "by the version in force"
    waiting = gate.waiting
    assert waiting is not None
    assert waiting.version != gate.table.version
    operation.close()
    again = opened(folder, table=TABLE, is_ready=False)
    assert not gate_of(again).decide(**SURE).escalated
    again.close()


def test_a_rehearsal_is_marked_and_allows_nothing(folder: Path) -> None:
    operation = opened(folder, is_ready=False, rehearsal=True)
    gate = gate_of(operation)
    assert gate.decide(**SURE).rehearsal
    verdict = gate.decide(**BIG, key="k")
    assert verdict.rehearsal
    answered(operation, verdict.escalation_id or "", "approve")
    resolution = verdict.wait(5)
    assert (resolution.outcome, resolution.rehearsal) == ("approved", True)
    assert not resolution.may_act
    operation.close()
    live = opened(folder)
    # The rehearsal's answer is not the real one's, even with the same key.
    real = gate_of(live).decide(**BIG, key="k")
    assert real.escalation_id != verdict.escalation_id
    assert gate_of(live).resolution(key="k") is None
    live.close()


# Total: whatever comes, a verdict.


ODD: dict[str, Callable[[EmbeddedGate], Verdict]] = {
    "a decision that breaks": lambda gate: gate.decide(_BrokenDecision()),
    "a confidence of 7": lambda gate: gate.decide(**{**SURE, "confidence": 7.0}),
    "a key that breaks": lambda gate: gate.decide(**SURE, key=Rude()),
    "a case that breaks": lambda gate: gate.decide(**SURE, case=Rude()),
    "a proposal that breaks": lambda gate: gate.decide(**{**SURE, "proposal": Rude()}),
    "a dict with odd names": lambda gate: gate.decide({**SURE, 7: 8, RudeText("k"): 1}),  # type: ignore[arg-type]
    "a class": lambda gate: gate.decide(Decision),  # type: ignore[arg-type]
    "something that breaks": lambda gate: gate.decide(Rude()),  # type: ignore[arg-type]
    "a field called self": lambda gate: gate.decide(**SURE, self=1, decision=2),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_the_oddest_input_stops_and_is_durable(
    odd: Callable[[EmbeddedGate], Verdict], gate: EmbeddedGate
) -> None:
    verdict = odd(gate)
    assert verdict.escalated
    assert verdict.escalation_id is not None


def test_a_key_whose_own_methods_break_is_read_by_what_it_holds(gate: EmbeddedGate) -> None:
    first, second = (gate.decide(**BIG, key=key) for key in (RudeText("k"), "k"))
    assert first.escalation_id == second.escalation_id


@settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    decision=st.none() | junk() | st.dictionaries(st.text(max_size=8), junk(), max_size=3),
    fields=st.dictionaries(
        st.sampled_from(Decision.__struct_fields__) | st.text(max_size=6), junk(), max_size=9
    ),
)
def test_any_input_gives_a_verdict(
    decision: Any, fields: dict[str, Any], gate: EmbeddedGate
) -> None:
    try:
        verdict = gate.decide(decision, **fields)
    except KeyConflictError:
        return
    assert verdict.outcome in {"proceed", "escalate"}
    if verdict.escalated:
        assert verdict.escalation_id is not None, _words(verdict)
        assert verdict.routes


@pytest.mark.parametrize("confidence", [None, "0.9", "high", float("nan"), 7.0, -0.1, True, [0.9]])
def test_a_confidence_that_is_none_stops(confidence: Any, gate: EmbeddedGate) -> None:
    assert gate.decide(**{**SURE, "confidence": confidence}).escalated


@pytest.mark.parametrize("name", ["key", "case"])
@pytest.mark.parametrize("value", [7, "", "  ", ["k"], True])
def test_a_key_or_case_that_names_nothing_stops(name: str, value: Any, gate: EmbeddedGate) -> None:
    """A number would not be looked up: what was rejected or done before would happen once more."""
    for refund in (40, 41):
        verdict = gate.decide(**{**SURE, "proposal": {"refund": refund}, name: value})
        assert [reason.condition for reason in verdict.reasons] == ["fault"]
        assert f"the {name} is" in _words(verdict)


def test_an_unknown_field_is_a_fault(gate: EmbeddedGate) -> None:
    verdict = gate.decide(**SURE, confidense=0.1)
    assert "a decision has no field 'confidense'" in _words(verdict)
    assert verdict.routes == ("owner",)


@pytest.mark.parametrize("key", [None, "k"])
def test_what_cannot_be_kept_exactly_does_not_go_ahead(key: str | None, gate: EmbeddedGate) -> None:
    odd = {"type": "refund_request", "action": "send_reply", "confidence": 0.9}
    verdict = gate.decide(**odd, proposal={"to": object()}, key=key)
    assert "could not be kept exactly" in _words(verdict)


def test_a_bug_in_the_judge_is_a_fault_to_the_owner(operation: Operation) -> None:
    table = gate_of(operation).table
    refund = msgspec.structs.replace(table.actions["refund"], form=object())
    broken = msgspec.structs.replace(table, actions={**table.actions, "refund": refund})
    verdict = operation.add(broken).decide(**SURE)
    assert [(reason.condition, reason.route) for reason in verdict.reasons] == [("fault", "owner")]
    assert operation.store.escalation(verdict.escalation_id or "") is not None


# Keys: the same is the same, another is refused.


def test_the_same_key_gives_the_same_escalation(gate: EmbeddedGate) -> None:
    first, second = gate.decide(**BIG, key="k"), gate.decide(**BIG, key="k")
    assert first.escalation_id == second.escalation_id
    assert (first.reasons, first.routes) == (second.reasons, second.routes)


def test_the_same_key_is_the_same_after_a_restart(folder: Path) -> None:
    operation = opened(folder)
    before = [gate_of(operation).decide(**BIG, key="b"), gate_of(operation).decide(**SURE, key="s")]
    operation.close()
    again = opened(folder)
    after = [gate_of(again).decide(**BIG, key="b"), gate_of(again).decide(**SURE, key="s")]
    with pytest.raises(KeyConflictError):
        gate_of(again).decide(**BIG, key="s")
    assert [one.escalation_id for one in before] == [one.escalation_id for one in after]
    again.close()


@pytest.mark.parametrize(("first", "second"), [(BIG, SURE), (SURE, BIG), (SURE, {**SURE, "proposal": {"refund": 41}}), (BIG, {**BIG, "proposal": {"refund": 9000}})])  # fmt: skip
def test_the_same_key_with_another_amount_is_refused(
    first: dict[str, Any], second: dict[str, Any], gate: EmbeddedGate, operation: Operation
) -> None:
    verdict = gate.decide(**first, key="k")
    if verdict.escalation_id is not None:
        answered(operation, verdict.escalation_id, "approve")
    for _ in range(2):
        with pytest.raises(KeyConflictError):
            gate.decide(**second, key="k")


def test_two_threads_with_one_key_and_two_amounts_never_both_go_ahead(gate: EmbeddedGate) -> None:
    """What waits to be written counts as well as what is written."""
    for round in range(25):
        start = threading.Barrier(2)
        results: list[str] = []

        def decide(
            refund: int,
            key: str = f"k{round}",
            start: threading.Barrier = start,
            results: list[str] = results,
        ) -> None:
            start.wait()
            try:
                results.append(
                    gate.decide(**{**SURE, "proposal": {"refund": refund}}, key=key).outcome
                )
            except KeyConflictError:
                results.append("refused")

        threads = [threading.Thread(target=decide, args=(refund,)) for refund in (40, 41)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["proceed", "refused"]


def test_many_threads_with_one_key_get_one_escalation(gate: EmbeddedGate) -> None:
    start = threading.Barrier(8)
    ids: list[str | None] = []

    def decide() -> None:
        start.wait()
        ids.append(gate.decide(**BIG, key="k").escalation_id)

    threads = [threading.Thread(target=decide) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_what_was_allowed_before_a_stricter_table_stops_once(folder: Path) -> None:
    """The key went ahead by the old table; by the new one a person is asked, and only one time."""
    operation = opened(folder)
    assert not gate_of(operation).decide(**SURE, key="k").escalated
    operation.close()
    stricter = opened(folder, table=STRICTER)
    verdicts = [gate_of(stricter).decide(**SURE, key="k") for _ in range(3)]
    assert all(verdict.escalated for verdict in verdicts)
    assert len({verdict.escalation_id for verdict in verdicts}) == 1
    stricter.close()


# A rejection stands.


def test_what_was_rejected_in_the_case_is_answered_by_the_rejection(
    gate: EmbeddedGate, operation: Operation
) -> None:
    first = gate.decide(**UNSURE, case="c")
    answered(operation, first.escalation_id or "", "reject", reason="not theirs")
    # Now the agent is sure, and the gate alone would let it go ahead.
    for more in ({}, {"key": "other"}, {"text": "once more"}):
        again = gate.decide(**SURE, case="c", **more)
        assert again.escalation_id == first.escalation_id
        assert again.wait(5).outcome == "rejected"
    assert not gate.decide(**SURE, case="another").escalated
    assert not gate.decide(**{**SURE, "proposal": {"refund": 41}}, case="c").escalated
    assert gate.resolution(key="other") is not None


# The store away.


def test_a_store_that_is_gone_stops(folder: Path, sender: RecordingSender) -> None:
    operation = opened(folder, sender=sender)
    gate = gate_of(operation)
    assert not gate.decide(**SURE).escalated
    operation.recorder.flush()
    operation.store.close()
    for name in ("handraise.db", "handraise.db-wal", "handraise.db-shm"):
        (folder / name).unlink(missing_ok=True)
    for fields in (BIG, {**SURE, "key": "k"}, {**SURE, "case": "c"}):
        verdict = gate.decide(**fields)
        assert verdict.escalated
        assert "fault" in [reason.condition for reason in verdict.reasons]
        with pytest.raises(StoreUnavailableError):
            verdict.wait(1)
    with pytest.raises(StoreUnavailableError):
        operation.close()


def test_a_stop_that_was_refused_is_kept_and_told_as_soon_as_the_store_takes_it(
    folder: Path, sender: RecordingSender
) -> None:
    operation = opened(folder, sender=sender)
    gate = gate_of(operation)
    assert not gate.decide(**SURE).escalated
    operation.recorder.flush()
    with operation.store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    verdict = gate.decide(**BIG, context="x" * 90_000, key="k")
    assert verdict.escalation_id is None
    with operation.store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    operation.recorder.flush()
    operation.worker.tick()

    again = gate.decide(**BIG, context="x" * 90_000, key="k")
    assert again.escalation_id is not None
    assert "could not be recorded yet" in _words(again)
    assert {message.to for _, message in sender.sent} == {"ines", "priya"}
    operation.close()


def test_a_full_disk_stops(folder: Path) -> None:
    operation = opened(folder)
    gate = gate_of(operation)
    with operation.store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    full = {**BIG, "context": "x" * 90_000}
    verdict = gate.decide(**full)
    assert verdict.escalated
    assert verdict.escalation_id is None
    assert "could not be recorded" in _words(verdict)
    # A flood of what would go ahead is stopped as soon as a record is refused.
    note = "x" * 2_000
    for _ in range(400):
        gate.decide(**{**SURE, "proposal": {"refund": 1, "note": note}})
    with pytest.raises(StoreUnavailableError):
        operation.recorder.flush()
    stopped = gate.decide(**SURE)
    assert stopped.escalated
    with operation.store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    operation.recorder.flush()
    assert not gate.decide(**SURE).escalated
    operation.close()


def test_a_closed_gate_lets_nothing_go_ahead(operation: Operation) -> None:
    gate = gate_of(operation)
    operation.close()
    for fields in ({}, {"key": "k"}):
        assert gate.decide(**SURE, **fields).escalated
    operation.store.close()


# Waiting and coming back.


def test_waiting_ends_with_the_answer(gate: EmbeddedGate, operation: Operation) -> None:
    verdict = gate.decide(**BIG)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(verdict.wait("1m")))
    waiting.start()
    answered(
        operation,
        verdict.escalation_id or "",
        "change",
        proposal={"refund": 620},
        reason="a typing error",
    )
    waiting.join()
    assert (found[0].outcome, found[0].proposal, found[0].by) == (
        "changed",
        {"refund": 620},
        "ines",
    )


def test_waiting_in_vain_says_so(gate: EmbeddedGate) -> None:
    verdict = gate.decide(**BIG)
    for timeout in (0, 0.01, "0.1s"):
        with pytest.raises(StillOpenError):
            verdict.wait(timeout)


@pytest.mark.parametrize(
    "timeout", ["soon", -1, "0s", True, float("nan"), float("inf"), 10**400, []]
)
def test_a_timeout_that_is_none_is_refused(timeout: Any, gate: EmbeddedGate) -> None:
    verdict = gate.decide(**BIG)
    with pytest.raises(InputError, match="timeout"):
        verdict.wait(timeout)


def test_there_is_nothing_to_wait_for_when_it_goes_ahead(gate: EmbeddedGate) -> None:
    with pytest.raises(NotFoundError):
        gate.decide(**SURE).wait(0)


def test_a_resolution_is_found_by_id_and_by_key(gate: EmbeddedGate, operation: Operation) -> None:
    verdict = gate.decide(**BIG, key="k")
    assert gate.resolution(verdict.escalation_id) is None
    assert gate.resolution(key="k") is None
    answered(operation, verdict.escalation_id or "", "approve")
    assert gate.resolution(verdict.escalation_id) == gate.resolution(key="k") == verdict.wait(1)
    assert gate.decide(**SURE, key="s").outcome == "proceed"
    operation.recorder.flush()
    for lookup in ({"key": "s"}, {"key": "never"}, {"key": ""}):
        with pytest.raises(NotFoundError):
            gate.resolution(**lookup)
    with pytest.raises(NotFoundError):
        gate.resolution("never")


def test_what_is_withdrawn_has_ended(gate: EmbeddedGate) -> None:
    verdict = gate.decide(**BIG)
    resolution = gate.withdraw(verdict.escalation_id or "", "the customer found it")
    assert (resolution.outcome, resolution.may_act) == ("withdrawn", False)
    with pytest.raises(AlreadyAnsweredError):
        gate.withdraw(verdict.escalation_id or "")
    with pytest.raises(NotFoundError):
        gate.withdraw("never")


def test_a_gate_sees_nothing_of_another_agent(folder: Path) -> None:
    """Two agents of one store, each with its own gate."""
    (folder / "one.yaml").write_text(TABLE)
    (folder / "two.yaml").write_text(TABLE.replace(AGENT, "other-agent"))
    operation = assemble(
        [folder / "one.yaml", folder / "two.yaml"],
        Settings(secret=SECRET),
        sender=RecordingSender(),
    )
    verify_everybody(operation)
    one, two = gate_of(operation), gate_of(operation, "other-agent")
    stop = one.decide(**BIG, key="k")
    work = one.start_work()
    for refused in (
        lambda: two.resolution(stop.escalation_id),
        lambda: two.resolution(key="k"),
        lambda: two.withdraw(stop.escalation_id or ""),
        lambda: two.wait(stop.escalation_id or "", 0),
        lambda: two.beat(work.id),
        lambda: two.done(work.id),
        lambda: two.failed(work.id, "x"),
    ):
        with pytest.raises(NotFoundError):
            refused()
    assert two.decide(**BIG, key="k").escalation_id != stop.escalation_id
    operation.close()


def test_times_are_those_of_the_clock(
    gate: EmbeddedGate, operation: Operation, clock: ManualClock
) -> None:
    verdict = gate.decide(**BIG)
    kept = operation.store.escalation(verdict.escalation_id or "")
    assert kept is not None
    assert kept.created_at == clock.now()
