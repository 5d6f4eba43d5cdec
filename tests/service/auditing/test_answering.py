"""Looking is blind first; what was said stays; nobody sees what others said before their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handraise.clock import ManualClock
from handraise.errors import AccessError, AlreadyAnsweredError, AnswerError, NotFoundError
from handraise.model import Audit
from handraise.service.wiring import Operation
from tests.support.audited import alone, audits, looked, table
from tests.support.operation import AGENT, RecordingSender, opened


@pytest.fixture
def twice(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    """An operation in which one of two decisions has two looks."""
    operation = opened(folder, clock=clock, sender=sender, table=table(twice="0.5"))
    yield operation
    operation.close()


def asked(operation: Operation, **fields: Any) -> Audit:
    alone(operation, **fields)
    operation.asking.tick()
    return audits(operation)[0]


def pair(operation: Operation) -> tuple[Audit, Audit]:
    """Return the two looks at one decision, both put to people."""
    alone(operation, 6)
    operation.asking.tick()
    by_id = {one.id: one for one in audits(operation, state="asked")}
    first = next(
        one for id, one in by_id.items() if f"{one.decision_id}.2" in by_id and id[-1] == "1"
    )
    return first, by_id[f"{first.decision_id}.2"]


def test_what_the_agent_did_is_covered_until_the_reader_has_said_what_they_would_have_done(
    operation: Operation,
) -> None:
    audit = asked(operation, case="ticket-1")
    question = operation.audits.question(audit.id, "dana")

    assert question.is_blind
    assert question.is_mine
    assert question.audit.text == "please give it back (0)"
    assert question.audit.context == {"order": 0}
    assert (question.decision.case, question.decision.type) == ("ticket-1", "refund_request")
    covered = question.decision
    assert covered.action is covered.proposal is covered.confidence is covered.facts is None
    assert covered.severity is None
    assert question.choices == ("send_reply", "refund", "ask a person", "cannot tell")

    shown = operation.audits.choose(audit.id, "dana", "ask a person")
    assert not shown.is_blind
    assert (shown.decision.action, shown.decision.proposal) == ("refund", {"refund": 40})
    assert shown.audit.chosen == "ask a person"


def test_what_one_would_have_done_is_said_once(operation: Operation) -> None:
    audit = asked(operation)
    operation.audits.choose(audit.id, "dana", "refund")
    with pytest.raises(AlreadyAnsweredError, match="is said, and stays"):
        operation.audits.choose(audit.id, "dana", "send_reply")
    assert operation.audits.question(audit.id, "dana").audit.chosen == "refund"


def test_nothing_is_answered_before(operation: Operation) -> None:
    audit = asked(operation)
    with pytest.raises(AnswerError, match="say first what you would have done"):
        operation.audits.answer(audit.id, "dana", "right")
    with pytest.raises(AnswerError, match='"dance" is nothing that may be chosen'):
        operation.audits.choose(audit.id, "dana", "dance")


def test_where_there_is_nothing_to_decide_by_one_is_not_asked_first(operation: Operation) -> None:
    audit = asked(operation, text=None, context=None)
    question = operation.audits.question(audit.id, "dana")
    assert not question.is_blind
    assert question.decision.action == "refund"
    operation.audits.answer(audit.id, "dana", "right")
    assert audits(operation)[0].chosen is None


def test_a_wrong_one_is_kept_with_what_it_cost_and_a_right_one_cost_nothing(
    operation: Operation,
) -> None:
    alone(operation, 3)
    operation.asking.tick()
    first, second, third = audits(operation)
    looked(operation, first, "wrong", stake=40, note=" refunded twice ")
    looked(operation, second, "right", stake=40)
    looked(operation, third, "cannot-tell")
    found = [(one.answer, one.stake, one.note, one.answered_by) for one in audits(operation)]
    assert found == [
        ("wrong", 40, "refunded twice", first.person),
        ("right", None, "", second.person),
        ("cannot_tell", None, "", third.person),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"answer": "maybe"}, 'answer: "maybe" is none'),
        ({"stake": -1.0}, "stake: -1.0 is no cost"),
        ({"stake": float("nan")}, "stake: nan is no cost"),
        ({"note": "a" * 2001}, "note: has 2,001 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_by_field(
    operation: Operation, fields: dict[str, Any], words: str
) -> None:
    audit = asked(operation)
    operation.audits.choose(audit.id, "dana", "refund")
    given = {"answer": "wrong", **fields}
    with pytest.raises(AnswerError, match=words):
        operation.audits.answer(audit.id, "dana", given.pop("answer"), **given)
    assert audits(operation)[0].state == "asked"


def test_only_whom_it_was_put_to_sees_and_answers_it(operation: Operation) -> None:
    audit = asked(operation)
    for stranger in ("marc", "ines", "nobody"):
        with pytest.raises(NotFoundError):
            operation.audits.question(audit.id, stranger)
    with pytest.raises(NotFoundError):
        operation.audits.question("none.1", "dana")
    with pytest.raises(AccessError, match="was not put to you"):
        operation.audits.answer(audit.id, "priya", "right")
    with pytest.raises(AccessError, match="was not put to you"):
        operation.audits.choose(audit.id, "priya", "refund")


def test_the_first_answer_stands(operation: Operation) -> None:
    audit = asked(operation)
    looked(operation, audit, "right")
    with pytest.raises(AlreadyAnsweredError, match="you have answered it already, on 2026-11-22"):
        operation.audits.answer(audit.id, "dana", "wrong")
    assert audits(operation)[0].answer == "right"


def test_the_owner_takes_one_over_and_looks_blind_too(operation: Operation) -> None:
    audit = asked(operation)
    operation.audits.choose(audit.id, "dana", "send_reply")
    assert operation.audits.question(audit.id, "priya").may_take_over
    with pytest.raises(NotFoundError):
        operation.audits.take_over(audit.id, "marc")
    operation.audits.take_over(audit.id, "priya")
    with pytest.raises(AlreadyAnsweredError, match="in your hands already"):
        operation.audits.take_over(audit.id, "priya")

    question = operation.audits.question(audit.id, "priya")
    assert question.is_blind
    assert question.audit.chosen is None
    looked(operation, audit, "wrong", "priya")
    assert audits(operation)[0].answered_by == "priya"
    with pytest.raises(AccessError, match="not yours to take over"):
        operation.audits.take_over(audit.id, "priya")


def test_nobody_sees_what_another_said_before_their_own_answer(twice: Operation) -> None:
    first, second = pair(twice)
    looked(twice, first, "wrong", note="twice")
    before = twice.audits.question(second.id, second.person or "")
    assert before.others == ()
    assert before.is_blind
    with pytest.raises(NotFoundError):  # the other look is not theirs to see
        twice.audits.question(first.id, second.person or "")
    twice.audits.choose(second.id, second.person or "", "refund")
    assert twice.audits.question(second.id, second.person or "").others == ()

    looked(twice, second, "right")
    after = twice.audits.question(second.id, second.person or "")
    assert [one.answer for one in after.others] == ["wrong"]


def test_an_owner_who_looks_themselves_sees_nothing_of_the_other_before(twice: Operation) -> None:
    first, second = pair(twice)
    twice.audits.take_over(second.id, "priya")
    looked(twice, first, "wrong", note="twice")
    covered = twice.audits.question(first.id, "priya")
    assert (covered.audit.answer, covered.audit.note, covered.others) == (None, "", ())
    assert covered.decision.action is None
    looked(twice, second, "right", "priya")
    assert twice.audits.question(first.id, "priya").audit.answer == "wrong"


def test_an_owner_sees_what_was_answered_and_then_takes_over_no_other_look(
    twice: Operation,
) -> None:
    first, second = pair(twice)
    waiting = twice.audits.question(second.id, "priya")
    assert waiting.may_take_over
    assert waiting.decision.action is None
    looked(twice, first, "wrong", note="twice")
    covered = twice.audits.question(first.id, "priya")  # while the other look is still open
    assert (covered.audit.answer, covered.audit.note, covered.decision.action) == (None, "", None)
    assert not twice.audits.question(second.id, "priya").may_take_over
    looked(twice, second, "wrong")
    assert twice.audits.question(first.id, "priya").decision.action == "refund"


def test_an_owner_is_shown_no_answer_to_what_they_may_be_asked_about(
    folder: Path, clock: ManualClock, sender: RecordingSender
) -> None:
    text = table(twice="0.5", at_most="2 a day").replace("[dana, marc]", "[dana, priya]")
    operation = opened(folder, clock=clock, sender=sender, table=text)
    try:
        alone(operation, 9)
        shown: set[str] = set()
        for _ in range(12):
            operation.asking.tick()
            for one in audits(operation, state="asked"):
                if one.decision_id not in shown:
                    looked(operation, one, "wrong")
            for one in audits(operation, state="answered"):
                if operation.audits.question(one.id, "priya").decision.action is not None:
                    shown |= {one.decision_id} if one.answered_by != "priya" else set()
            wrong = set(operation.estimating.alone(AGENT).wrong)
            still = {
                one.decision_id for s in ("drawn", "asked") for one in audits(operation, state=s)
            }
            assert not wrong & still
            assert not {one.decision_id for one in audits(operation, person="priya")} & {
                one for one in shown if not operation.store.audit(f"{one}.2")
            }
            assert not {one.decision_id for one in audits(operation, state="asked")} & shown
            clock.advance(days=1)
        assert shown
        assert any(one.id.endswith(".2") for one in audits(operation, state="answered"))
    finally:
        operation.close()


def test_whoever_has_said_what_they_would_have_done_does_not_get_it_again(
    twice: Operation, clock: ManualClock
) -> None:
    first, _ = pair(twice)
    who, other = first.person or "", {"dana": "marc", "marc": "dana"}[first.person or ""]
    twice.audits.choose(first.id, who, "send_reply")
    seconds = {one.id for one in audits(twice, state="asked") if one.person == other}
    now = clock.now()
    twice.roster.away(who, now, now + timedelta(days=4), "", who)
    for id in seconds:
        if id.startswith(first.decision_id):
            looked(twice, twice.store.audit(id), "right", other)  # type: ignore[arg-type]
    clock.advance(days=3, minutes=1)
    twice.asking.tick()  # the other has looked at it, too: so it is the owner's
    assert twice.store.audit(first.id).person == "priya"  # type: ignore[union-attr]
    clock.advance(days=2)
    now = clock.now()
    twice.roster.away("priya", now, now + timedelta(days=9), "", "priya")
    clock.advance(days=3)
    twice.asking.tick()
    held = twice.store.audit(first.id)
    assert held is not None
    assert held.person == "priya"  # and not again theirs who know what was done
    assert not any(one.decision_id == first.decision_id for one in twice.audits.mine(who))


def test_an_owner_who_chose_does_not_take_it_over_again(
    operation: Operation, clock: ManualClock
) -> None:
    alone(operation)
    operation.asking.tick()
    audit = audits(operation)[0]
    operation.audits.take_over(audit.id, "priya")
    operation.audits.choose(audit.id, "priya", "refund")
    now = clock.now()
    operation.roster.away("priya", now, now + timedelta(days=9), "", "priya")
    clock.advance(days=4)
    operation.asking.tick()
    assert operation.store.audit(audit.id).person in {"dana", "marc"}  # type: ignore[union-attr]
    assert not operation.audits.question(audit.id, "priya").may_take_over


def test_an_owner_who_gave_one_of_the_answers_does_not_settle_alone(twice: Operation) -> None:
    first, second = pair(twice)
    twice.audits.take_over(second.id, "priya")
    looked(twice, first, "wrong")
    looked(twice, second, "right", "priya")
    question = twice.audits.question(first.id, "priya")
    assert (question.is_disputed, question.may_settle) == (True, False)
    with pytest.raises(AccessError, match="gave one of the two answers"):
        twice.audits.settle(first.decision_id, "priya", "right")
    assert twice.estimating.alone(AGENT).disagreements


def test_nobody_takes_over_the_second_look_at_what_they_looked_at(twice: Operation) -> None:
    first, second = pair(twice)
    twice.audits.take_over(first.id, "priya")
    assert not twice.audits.question(second.id, "priya").may_take_over
    with pytest.raises(AccessError):
        twice.audits.take_over(second.id, "priya")


def test_the_owner_settles_what_two_people_see_differently(twice: Operation) -> None:
    first, second = pair(twice)
    looked(twice, first, "wrong")
    id = first.decision_id
    with pytest.raises(AlreadyAnsweredError, match="nothing to settle"):
        twice.audits.settle(id, "priya", "right")
    looked(twice, second, "right")
    assert twice.audits.question(first.id, "priya").may_settle
    with pytest.raises(AccessError, match="does not own"):
        twice.audits.settle(id, "dana", "right")
    with pytest.raises(NotFoundError):
        twice.audits.settle("none", "priya", "right")

    twice.audits.settle(id, "priya", "wrong", stake=12, note="it was paid before")
    settled = twice.store.audit(f"{id}.3")
    assert settled is not None
    assert (settled.answer, settled.stake, settled.answered_by) == ("wrong", 12, "priya")
    assert not twice.audits.question(first.id, "priya").may_settle
    with pytest.raises(AlreadyAnsweredError, match="you have answered it already"):
        twice.audits.settle(id, "priya", "right")
    assert twice.record.verify().flaws == ()


def test_what_waits_for_a_person_is_listed_the_soonest_due_first(
    operation: Operation, clock: ManualClock
) -> None:
    early = asked(operation)
    clock.advance(hours=1)
    alone(operation, 2)
    operation.asking.tick()
    mine = operation.audits.mine("dana")
    assert mine[0].id == early.id
    assert {one.person for one in mine} == {"dana"}
    assert operation.audits.mine("ines") == []


def test_where_the_table_names_no_actions_one_says_it_in_ones_own_words(
    folder: Path, clock: ManualClock, sender: RecordingSender
) -> None:
    lines = table().splitlines(keepends=True)
    drop = ("severities:", "actions:", "  send_reply:", "  refund: {", "  revenue_usd:")
    text = "".join(line for line in lines if not line.startswith(drop))
    text = text.replace("facts:\n", "facts: {revenue_usd: number}\n")
    text = text.replace("proposal: {refund:", "facts: {revenue_usd:")
    text = text.replace(
        "send_reply, confidence: 0.9", "x, confidence: 0.9, facts: {revenue_usd: 1}"
    )
    operation = opened(folder, clock=clock, sender=sender, table=text)
    try:
        audit = asked(operation, facts={"revenue_usd": 40}, action="refund")
        assert audit.severity == ""
        question = operation.audits.question(audit.id, audit.person or "")
        assert question.choices == ("ask a person", "cannot tell")
        for words in ("", "w" * 201):
            with pytest.raises(AnswerError, match="nothing that may be chosen"):
                operation.audits.choose(audit.id, audit.person or "", words)
        operation.audits.choose(audit.id, audit.person or "", "send a voucher")
        assert audits(operation)[0].chosen == "send a voucher"
    finally:
        operation.close()
