"""Advice in an operation: given daily, taken up as a draft, declined, and past."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.core.confidence.mapping import CalibrationMap
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    InputError,
    NotFoundError,
    TableError,
)
from handraise.model import Advice, Audit, Decision, DecisionRecord, Outcome, Promise
from handraise.service.advising.looked_at import seen_alone
from handraise.service.advising.taking import take_up
from handraise.service.calibrating.writing import write_calibration
from handraise.service.reading.calibration import CalibrationFile
from handraise.service.wiring import Operation
from handraise.store.inserts import insert
from handraise.store.rows import escalation_values, values_of
from handraise.store.schema import audits, decisions, escalations
from tests.store.records import (
    approval,
    make_escalation,
    make_reason,
    make_record,
    new_id,
    rejection,
)
from tests.support.operation import AGENT, TABLE, RecordingSender, opened

AUDITED = TABLE.replace(
    "watch: {silent_after: 10m}",
    "audit: {one_in: 10, to: support_supervisor, promise: 5%}\nwatch: {silent_after: 10m}",
)
LOWERED = AUDITED.replace("below: 0.72", "below: 0.5")


@pytest.fixture
def operation(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    operation = opened(folder, clock=clock, sender=sender, table=AUDITED)
    yield operation
    operation.close()


def version(operation: Operation) -> str:
    return operation.shelf.current(AGENT).version


def stopped(
    operation: Operation,
    count: int,
    *,
    sure: float = 0.5,
    type: str = "refund_request",
    move: Any = approval,
) -> None:
    """Keep decisions that the row about confidence stopped and people approved unchanged.

    Written past the verbs, in one go: each by itself would take its own transaction.
    """
    reasons = (make_reason(row="confidence.1", condition="confidence"),)
    made = [make_escalation(reasons=reasons, version=version(operation)) for _ in range(count)]
    given = {"confidence": sure, "type": type}
    records = [make_record(one, version=one.version, **given) for one in made]
    with operation.store.write() as connection:
        ended = [move(one, "dana").escalation for one in made]
        insert(connection, escalations, [escalation_values(one) for one in ended])
        insert(connection, decisions, [values_of(one) for one in records])


def went_ahead(operation: Operation, count: int, **fields: Any) -> list[DecisionRecord]:
    given = {"version": version(operation), "decided_at": operation.clock.now(), **fields}
    records = [make_record(**given) for _ in range(count)]
    operation.store.record_decisions(records)
    return records


def audited(operation: Operation, of: DecisionRecord, answer: Any, look: int = 1) -> None:
    """Keep what a person said of a decision, past the verbs."""
    made = Audit(
        id=f"{of.id}.{look}",
        decision_id=of.id,
        agent=of.agent,
        version=of.version,
        severity="high",
        probability=0.1,
        state="asked" if answer is None else "answered",
        drawn_at=of.decided_at,
        person="dana",
        answer=answer,
        answered_by=answer and "dana",
    )
    with operation.store.write() as connection:
        insert(connection, audits, [values_of(made)])


def only(operation: Operation, **filters: Any) -> Advice:
    (found,) = operation.advising.of([AGENT], **filters)
    return found


def lowering(operation: Operation) -> Advice:
    """Return the advice that speaks for a lower threshold, freshly made."""
    stopped(operation, 250)
    assert operation.advising.advise(AGENT) == 1
    return only(operation)


def test_a_lower_threshold_is_advised_with_its_diff(operation: Operation) -> None:
    found = lowering(operation)
    assert (found.kind, found.subject, found.state) == ("threshold", "confidence.1", "open")
    assert "could be 0.5 instead of 0.72" in found.sentence
    assert "-  confidence:  {below: 0.72, to: support_supervisor}\n" in found.change
    assert "+  confidence:  {below: 0.5, to: support_supervisor}\n" in found.change
    assert found.change.startswith("--- handraise.yaml\n+++ handraise.yaml\n")


def test_it_is_taken_up_as_a_draft_and_changes_nothing_in_force(
    operation: Operation, folder: Path
) -> None:
    before = version(operation)
    found = lowering(operation)

    taken = take_up(operation.advising, found.id, "priya", folder / "handraise.yaml")

    assert (folder / "handraise.yaml").read_text() == LOWERED
    assert (taken.advice.state, taken.advice.settled_by) == ("taken", "priya")
    assert version(operation) == before != taken.version
    assert operation.advising.advise(AGENT) == 0, "the same is not advised again meanwhile"
    with pytest.raises(AlreadyAnsweredError, match="was taken up by priya"):
        take_up(operation.advising, found.id, "priya", folder / "handraise.yaml")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        (AUDITED.replace("promise: 5%", "promise: 4%"), InputError),
        (AUDITED.replace("  confidence: ", "  # sure?\n  confidence: "), InputError),
        (AUDITED.replace("owner: priya", "owner: nobody"), TableError),
    ],
)
def test_a_file_that_changed_since_is_left_alone(
    operation: Operation, folder: Path, changed: str, error: type[Exception]
) -> None:
    found = lowering(operation)
    (folder / "handraise.yaml").write_text(changed)
    with pytest.raises(error):
        take_up(operation.advising, found.id, "priya", folder / "handraise.yaml")
    assert (folder / "handraise.yaml").read_text() == changed
    assert only(operation).state == "open"


def test_only_the_owner_settles_it(operation: Operation, folder: Path) -> None:
    found = lowering(operation)
    for person in ("dana", "nobody"):
        with pytest.raises(AccessError, match="priya settles advice"):
            operation.advising.decline(found.id, person, "no")
        with pytest.raises(AccessError):
            take_up(operation.advising, found.id, person, folder / "handraise.yaml")
    with pytest.raises(NotFoundError):
        operation.advising.decline("unknown", "priya", "no")
    for reason in (" ", "x" * 2_001):
        with pytest.raises(InputError, match="expected 1 to 2,000"):
            operation.advising.decline(found.id, "priya", reason)


def test_what_was_declined_comes_back_after_90_days_or_with_twice_the_evidence(
    operation: Operation, clock: ManualClock
) -> None:
    found = lowering(operation)
    declined = operation.advising.decline(found.id, "priya", "the season was quiet")
    assert (declined.state, declined.reason) == ("declined", "the season was quiet")
    stopped(operation, 249)
    assert operation.advising.advise(AGENT) == 0
    clock.advance(days=89)
    assert operation.advising.advise(AGENT) == 0
    clock.advance(days=2)
    assert operation.advising.advise(AGENT) == 1
    operation.advising.decline(only(operation).id, "priya", "no")
    stopped(operation, 1)
    assert operation.advising.advise(AGENT) == 1, "500 instead of 250 speak for it"


def test_what_nothing_speaks_for_any_more_is_past(operation: Operation) -> None:
    found = lowering(operation)
    for record in went_ahead(operation, 60, confidence=0.99, severity="high"):
        audited(operation, record, "wrong")
    operation.advising.advise(AGENT)
    assert operation.advising.one(found.id).state == "past"
    with pytest.raises(AlreadyAnsweredError, match="nothing speaks for it any more"):
        operation.advising.decline(found.id, "priya", "no")


def test_audits_just_over_the_threshold_advise_a_higher_one(operation: Operation) -> None:
    for number, record in enumerate(went_ahead(operation, 60, confidence=0.73, severity="high")):
        audited(operation, record, "wrong" if number < 30 else "right")
    assert operation.advising.advise(AGENT) == 1
    found = only(operation)
    assert "should be 0.79 instead of 0.72" in found.sentence
    assert "+  confidence:  {below: 0.79, to: support_supervisor}\n" in found.change


def test_an_outcome_beats_an_answer_and_the_owners_word_two_peoples(operation: Operation) -> None:
    one, two, three, four, five = went_ahead(operation, 5, confidence=0.8)
    for record, answer in ((one, "right"), (two, "right"), (three, "right"), (four, None)):
        audited(operation, record, answer)
    audited(operation, two, "wrong", look=2)
    audited(operation, three, "wrong", look=2)
    store, now = operation.store, operation.clock.now()
    store.settle_audit(three.id, "priya", "wrong", None, "", now)
    told = Outcome(
        id=new_id(),
        agent=AGENT,
        decision_id=one.id,
        is_right=False,
        at=now,
        told_at=now,
        source="api",
        by="billing",
    )
    own = replace(told, id=new_id(), decision_id=two.id, source="agent", is_right=True)
    waiting = replace(told, id=new_id(), decision_id=four.id)
    store.tell_outcomes([told, own, waiting])

    seen = seen_alone(store, AGENT, version(operation))

    assert [one.look.finding for one in seen] == ["wrong", "unclear", "wrong", "pending"]
    assert {one.look.probability for one in seen} == {0.1}
    assert five.id not in {one.id for one in (one, two, three, four)}


def test_a_row_that_never_fires_is_asked_about(operation: Operation, clock: ManualClock) -> None:
    operation.store.save_promise(
        Promise(
            agent=AGENT,
            version=version(operation),
            at=clock.now(),
            decisions=10_000,
            stopped=900,
            rows={"consequence.1": 50},
            conditions={},
            routes={},
            types={},
            first=None,
            last=None,
        )
    )
    went_ahead(operation, 1_000, action="send_reply")
    clock.advance(days=29)
    assert operation.advising.advise(AGENT) == 0
    clock.advance(days=2)
    assert operation.advising.advise(AGENT) == 2

    found = {one.subject: one for one in operation.advising.of([AGENT])}

    assert set(found) == {"confidence.1", "consequence.1"}, "unknown types are no sign"
    silent = found["consequence.1"]
    assert (silent.kind, silent.change, silent.evidence) == ("silent_row", "", 1_000)
    assert "never fired in 1,000 decisions since 2026-" in silent.sentence
    assert "By the backtest it would have fired about 5 times." in silent.lines
    assert (
        "revenue_usd is worked out of refund: 0 of the 1,000 newest decisions were such."
        in silent.lines
    )


def test_it_says_how_far_each_kind_is(operation: Operation, clock: ManualClock) -> None:
    stopped(operation, 57)
    went_ahead(operation, 400, rows=("confidence.1",))
    clock.advance(days=9)
    assert operation.advising.so_far(AGENT) == (
        "threshold: confidence.1 alone stopped 57 of 250 decisions",
        "new situations: none has been given a name yet; a name is proposed as a known type "
        "once 20 have it",
        "rows: consequence.1 has not fired in 9 of 30 days, and 400 of 1,000 decisions",
    )
    stopped(operation, 200)
    went_ahead(operation, 1, rows=("consequence.1",))
    first, _, rows = operation.advising.so_far(AGENT)
    assert first == "threshold: confidence.1 alone stopped 257 of 500 decisions, to look again"
    assert rows == "rows: every one has fired"


def test_a_row_that_fired_once_is_not_silent(operation: Operation, clock: ManualClock) -> None:
    went_ahead(operation, 1_000)
    went_ahead(operation, 1, rows=("consequence.1", "confidence.1"))
    clock.advance(days=31)
    assert operation.advising.advise(AGENT) == 0


def test_the_worker_looks(operation: Operation) -> None:
    stopped(operation, 250)
    operation.worker.tick()
    assert only(operation).kind == "threshold"


def test_it_looks_once_a_day_and_only_at_what_is_live(
    operation: Operation, clock: ManualClock
) -> None:
    stopped(operation, 250)
    assert operation.advising.look() == 1
    stopped(operation, 250)
    evidence = only(operation).evidence
    clock.advance(hours=23)
    operation.advising.look()
    assert only(operation).evidence == evidence
    clock.advance(hours=2)
    operation.advising.look()
    assert only(operation).evidence == 500


def test_without_a_promise_thresholds_are_not_advised_on(folder: Path, clock: ManualClock) -> None:
    operation = opened(folder, clock=clock, is_settled=False)
    try:
        (line,) = operation.advising.lacks(AGENT)
        assert "nobody said how much may go wrong alone" in line
        stopped(operation, 250)
        assert operation.advising.advise(AGENT) == 0
    finally:
        operation.close()


BY_TYPE = AUDITED.replace("below: 0.72", "below: {refund_request: 0.72, else: 0.8}")
CALIBRATED = AUDITED.replace("\nknown:", "\nconfidence: calibrated\nknown:").replace(
    "confidence: 0.9,", "confidence: 1,"
)


def test_types_are_apart_only_where_the_table_has_them_apart(
    folder: Path, clock: ManualClock
) -> None:
    operation = opened(folder, clock=clock, table=BY_TYPE)
    try:
        stopped(operation, 250, sure=0.7)
        stopped(operation, 250, sure=0.7, type="court_order", move=rejection)
        operation.advising.advise(AGENT)
        found = only(operation)
    finally:
        operation.close()
    assert found.sentence.startswith(
        "The threshold of confidence.1 for refund_request could be 0.7"
    )
    assert all(line.startswith("refund_request: ") for line in found.lines)
    assert "+  confidence:  {below: {refund_request: 0.7, else: 0.8}," in found.change


def test_all_thresholds_of_a_table_share_how_often_advice_may_be_wrong(
    folder: Path, clock: ManualClock
) -> None:
    one = "{below: 0.72, to: support_supervisor}"
    two = f"[{one}, {{below: {{refund_request: 0.3, else: 0.2}}, to: finance_lead}}]"
    operation = opened(folder, clock=clock, table=AUDITED.replace(one, two))
    try:
        stopped(operation, 250)
        operation.advising.advise(AGENT)
        found = only(operation)
    finally:
        operation.close()
    assert any("wrong itself with at most 1.67%" in line for line in found.lines)


def test_a_calibrated_threshold_is_weighed_by_the_calibrated_confidence(
    folder: Path, clock: ManualClock
) -> None:
    knots = ((0.0, 0.0), (0.9, 0.6), (1.0, 1.0))
    file = CalibrationFile(
        handraise_calibration=1,
        made_with="0",
        made_at="2026-11-01T00:00:00Z",
        agent=AGENT,
        labels=1_000,
        map=CalibrationMap("platt", knots),
        max_error=0.05,
        sure=0.95,
        minimum_coverage=0.2,
        overall=None,
        by_type={},
        columns={},
    )
    write_calibration(folder / "calibration.json", file)
    operation = opened(folder, clock=clock, table=CALIBRATED)
    try:
        stopped(operation, 250, sure=0.9)
        operation.advising.advise(AGENT)
        found = only(operation)
    finally:
        operation.close()
    assert "could be 0.6 instead of 0.72" in found.sentence


def test_comments_among_thresholds_stay(folder: Path, clock: ManualClock) -> None:
    lines = "\n    below:\n      refund_request: 0.72\n      # the others\n      else: 0.8\n    "
    table = AUDITED.replace(
        "{below: 0.72, to: support_supervisor}\n  consequence",
        f"{lines}to: support_supervisor\n  consequence",
    )
    operation = opened(folder, clock=clock, table=table)
    try:
        stopped(operation, 250, sure=0.7)
        operation.advising.advise(AGENT)
        found = only(operation)
    finally:
        operation.close()
    assert "+      refund_request: 0.7\n       # the others" in found.change


def test_without_the_extra_there_is_no_advice_to_lower_and_it_says_so(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lowering(operation)
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert operation.advising.advise(AGENT) == 0
    assert operation.advising.one(found.id).state == "open", "who cannot look ends nothing"


def test_types_that_people_named_often_enough_are_ready(operation: Operation) -> None:
    reasons = (make_reason(row="novelty.1", condition="novelty"),)
    decision = Decision(type="gift", text="can I pay with a gift card?", confidence=0.9)
    made = [
        make_escalation(reasons=reasons, version=version(operation), decision=decision)
        for _ in range(20)
    ]
    store, now = operation.store, operation.clock.now()
    with store.write() as connection:
        ended = [approval(one, "dana").escalation for one in made]
        insert(connection, escalations, [escalation_values(one) for one in ended])
    ids = [one.id for one in made]
    store.say_situation(AGENT, ids[:19], "gift card", by="dana", now=now)
    assert "types: 19 of 20 named gift card" in operation.advising.so_far(AGENT)
    assert operation.advising.advise(AGENT) == 0
    store.say_situation(AGENT, ids, "gift card", by="dana", now=now)
    assert operation.advising.advise(AGENT) == 1
    found = only(operation)
    assert (found.kind, found.subject, found.change) == ("type", "gift card", "")
    operation.advising.seen_to(found.id, "priya")
    assert operation.advising.advise(AGENT) == 0, "it is seen to"
