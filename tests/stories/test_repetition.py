"""What was asked already is not asked again; what was rejected stays rejected."""

from __future__ import annotations

import pytest

from handraise.errors import KeyConflictError
from tests.support.story import SURE, UNSURE, Story


def test_a_proposal_rejected_in_the_case_is_not_asked_again(story: Story):
    verdict = story.decide(key="1")
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "reject", reason="no receipt")

    again = story.decide(key="2")

    assert again.escalation_id == verdict.escalation_id
    assert again.wait(0).reason == "no receipt"
    story.forward(days=1)


def test_a_rejected_proposal_does_not_go_ahead_even_if_the_gate_would_now_let_it(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "reject", reason="no receipt")

    surer = story.decide(SURE)
    assert surer.escalated
    assert surer.wait(0).outcome == "rejected"
    assert not story.decide(SURE, case="ticket-992").escalated
    assert not story.decide(SURE, proposal={"refund": 39}).escalated


def test_the_same_key_is_the_same_escalation_and_tells_nobody_twice(story: Story):
    first = story.decide(key="ticket-991/1")
    story.expect(("dana", "asked"))
    second = story.decide(key="ticket-991/1")

    assert second.escalation_id == first.escalation_id
    story.answer(first, "dana")
    assert story.decide(key="ticket-991/1").wait(0).outcome == "approved"


def test_the_same_key_for_another_amount_never_gets_the_old_approval(story: Story):
    verdict = story.decide(key="ticket-991/1")
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana")

    with pytest.raises(KeyConflictError):
        story.decide(UNSURE, key="ticket-991/1", proposal={"refund": 4000})
