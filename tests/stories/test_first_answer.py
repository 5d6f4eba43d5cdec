"""The first one acknowledges and decides; the agent carries on with that answer."""

from __future__ import annotations

import pytest

from handraise.errors import AlreadyAnsweredError
from tests.support.story import BIG, SURE, Story


def test_the_first_person_acknowledges_and_approves(story: Story):
    verdict = story.decide(key="ticket-991/1")
    assert verdict.escalated
    story.expect(("dana", "asked", "confidence 0.5 is below 0.72"))

    story.forward(minutes=5)
    story.acknowledge(verdict, "dana")
    story.forward(minutes=30)
    story.expect(("dana", "reminder"))
    assert story.gate.resolution(key="ticket-991/1") is None

    story.answer(verdict, "dana")
    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.by) == ("approved", "dana")
    assert resolution.may_act
    assert resolution.proposal == {"refund": 40}


def test_a_decision_within_bounds_goes_ahead_and_troubles_nobody(story: Story):
    assert not story.decide(SURE).escalated
    story.forward(days=2)


def test_the_message_says_what_is_asked_until_when_and_where(story: Story):
    verdict = story.decide(BIG)
    message = story.sender.sent[0]
    story.expect(("ines", "asked"))

    assert message.subject == "Urgent: May support-agent refund 6,200 USD for ticket-991?"
    assert message.contacts == ("mailto:ines@example.com",)
    for part in (
        "Hello Ines Duarte,",
        "revenue is 6,200 USD",
        '"refund": 6200',
        "acknowledge by Mon 23 Nov, 10:30 (UTC) and decide by Mon 23 Nov, 18:00 (UTC)",
        f"https://handraise.example.com/escalations/{verdict.escalation_id}",
    ):
        assert part in message.body


def test_a_colleague_who_is_faster_takes_it_off_the_first_one(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.forward(minutes=1)
    story.acknowledge(verdict, "marc")
    story.expect(("dana", "moved_on", "Marc Oyelaran has taken it"))
    story.answer(verdict, "marc")

    with pytest.raises(AlreadyAnsweredError, match="marc answered this"):
        story.operation.desk.answer(f"{verdict.escalation_id}.1", "dana", kind="approve", digest="")


def test_the_one_who_held_it_is_told_when_a_colleague_answers(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.forward(minutes=1)
    story.answer(verdict, "marc", "reject", reason="paid out already")
    story.expect(("dana", "resolved", "Marc Oyelaran: rejected"))


def test_instructions_reach_the_agent_and_allow_nothing(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "instruct", instruction="ask for the invoice first")

    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.instruction) == (
        "instructed",
        "ask for the invoice first",
    )
    assert not resolution.may_act
    assert resolution.proposal is None


def test_a_human_takes_it_over(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "take_over", reason="an old friend of the house")

    assert verdict.wait(0).outcome == "taken_over"
