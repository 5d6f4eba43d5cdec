"""Stops made durable, and what is answered by what was decided before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from handraise.errors import KeyConflictError, StoreError
from handraise.model import Decision, Verdict
from tests.support.databases import raw
from tests.support.story import AGENT, SURE, UNSURE, Story, begun

story = pytest.fixture(begun)

DECISION = Decision(**UNSURE)


def judged(story: Story, decision: Decision) -> Verdict:
    return story.gate._judge(decision)


def keep(story: Story, **fields: object) -> Verdict:
    decision = Decision(**{**UNSURE, **fields})
    return story.operation.stops.keep(story.gate.table, judged(story, decision), decision)


def test_a_stop_is_prepared_with_everything_and_writes_nothing(story: Story):
    stop = story.operation.stops.prepare(story.gate.table, judged(story, DECISION), DECISION)

    assert [ask.holder for ask in stop.escalation.asks] == ["dana"]
    assert [event.kind for event in stop.events] == ["created", "assigned"]
    assert [message.to for message in stop.messages] == ["dana"]
    assert (stop.record.escalation_id, stop.record.rows) == (stop.escalation.id, ("confidence.1",))
    assert story.operation.store.escalation(stop.escalation.id) is None


def test_what_cannot_be_kept_exactly_is_a_fault_with_the_owner(story: Story):
    verdict = keep(story, proposal={"refund": 40, "note": "\ud800"})

    assert verdict.routes == ("support_supervisor", "owner")
    assert "could not be kept exactly: proposal.note" in verdict.reasons[-1].sentence
    assert story.see(verdict).reasons == verdict.reasons


def test_at_most_five_of_such_faults_are_told(story: Story):
    verdict = keep(story, proposal={"refund": 40, "note": ["\ud800"] * 50})

    assert sum(reason.condition == "fault" for reason in verdict.reasons) <= 6


def test_the_same_key_is_answered_by_what_it_became(story: Story):
    first = keep(story, key="k")
    again = keep(story, key="k")

    assert again.escalation_id == first.escalation_id
    assert again.reasons == first.reasons
    with pytest.raises(KeyConflictError, match='the key "k" was already used'):
        keep(story, key="k", proposal={"refund": 41})


def test_a_key_that_went_ahead_and_must_stop_now_is_one_stop_however_often(story: Story):
    assert not story.gate.decide(**{**SURE, "key": "k"}).escalated
    story.gate.close()

    decision = Decision(**{**SURE, "key": "k"})
    doubt = judged(story, DECISION)
    verdicts = [story.operation.stops.keep(story.gate.table, doubt, decision) for _ in range(3)]

    assert all(verdict.escalated for verdict in verdicts)
    assert len({verdict.escalation_id for verdict in verdicts}) == 1
    assert len(story.operation.store.escalations()) == 1
    assert story.operation.store.decision_by_key(AGENT, "k", rehearsal=False).escalation_id is None


def test_nothing_is_remembered_of_what_was_never_seen(story: Story):
    stops, table = story.operation.stops, story.gate.table

    assert (
        stops.remembered(table, judged(story, DECISION), Decision(**{**UNSURE, "key": "k"})) is None
    )
    for fields in ({"case": None}, {"proposal": None}, {"case": 5}):
        decision = Decision(**{**UNSURE, **fields})
        assert stops.remembered(table, judged(story, decision), decision) is None


def test_a_rejection_within_the_case_answers_and_is_kept_under_the_new_key(story: Story):
    verdict = keep(story)
    story.answer(verdict, "dana", "reject")
    decision = Decision(**{**SURE, "key": "later"})

    again = story.operation.stops.remembered(story.gate.table, judged(story, decision), decision)

    assert again is not None
    assert again.escalation_id == verdict.escalation_id
    record = story.operation.store.decision_by_key(AGENT, "later", rehearsal=False)
    assert record.escalation_id == verdict.escalation_id


def test_a_rehearsals_rejection_does_not_bind_the_real_case(story: Story):
    verdict = keep(story)
    raw(story.operation.store, "UPDATE escalations SET rehearsal = 1")
    story.answer(verdict, "dana", "reject")

    assert (
        story.operation.stops.remembered(story.gate.table, judged(story, DECISION), DECISION)
        is None
    )


def test_a_record_without_its_escalation_is_an_error_and_no_permission(story: Story):
    keep(story, key="k")
    with closing(sqlite3.connect(story.path.with_name("handraise.db"))) as careless:
        careless.execute("UPDATE decisions SET escalation_id = 'nothing'")
        careless.commit()

    with pytest.raises(StoreError, match="is gone from the database"):
        keep(story, key="k")


BEFORE = {**UNSURE, "key": "k", "text": "please"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"proposal": {"refund": 41}}, "proposal"),
        ({"action": "send_reply", "case": "another"}, "action, case"),
        (
            {"type": "x", "action": "send_reply", "confidence": 0.4, "facts": {"years": 2}},
            "type, action, confidence, facts",
        ),
    ],
)
@pytest.mark.parametrize("before", [BEFORE, {**BEFORE, "confidence": 0.95}], ids=["stop", "ahead"])
def test_a_conflict_names_the_fields_that_differ_and_no_values(
    story: Story, before: dict[str, Any], changes: dict[str, Any], names: str
):
    given = {**before, "facts": {"years": 1}}
    story.gate.decide(**given)

    with pytest.raises(KeyConflictError) as caught:
        story.gate.decide(**{**given, **changes})
    assert caught.value.message.endswith(f"for another decision: not the same {names}")
    assert "41" not in str(caught.value)


def test_of_a_decision_with_a_long_case_that_went_ahead_only_the_text_is_named(story: Story):
    given = {**BEFORE, "confidence": 0.95, "case": "c" * 500}
    assert not story.gate.decide(**given).escalated

    with pytest.raises(KeyConflictError, match="not the same text;"):
        story.operation.stops.remembered(
            story.gate.table, Verdict(None), flushed(story, {**given, "text": "now!"})
        )


def flushed(story: Story, given: dict[str, Any]) -> Decision:
    """Return the decision, once everything that went ahead is recorded."""
    story.gate.close()
    return Decision(**given)


def test_a_conflict_with_what_a_rejection_answered_stays_general(story: Story):
    verdict = keep(story)
    story.answer(verdict, "dana", "reject")
    again = {**SURE, "key": "later"}
    assert story.gate.decide(**again).escalation_id == verdict.escalation_id

    with pytest.raises(KeyConflictError) as caught:
        story.gate.decide(**{**again, "confidence": 0.96})
    assert caught.value.message.endswith("for another decision")
