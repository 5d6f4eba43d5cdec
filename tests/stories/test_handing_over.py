"""A question given back, given to somebody else, or only the work of it: nobody loses sight of it."""

from __future__ import annotations

import pytest

from handraise.errors import AccessError, AnswerError, RefusedError
from tests.support.story import Story

INES = '  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}\n'


def delegated(story: Story) -> tuple[object, str]:
    """Begin with Dana, who lets Ines do the work of it."""
    verdict = story.decide()
    story.expect(("dana", "asked"))
    ask = story.ask_of(verdict, "dana")
    story.operation.desk.delegate(ask.id, "dana", "ines", "you know the customer")
    story.cycle()
    story.expect(
        ("ines", "delegated", "Dana Reyes asks you to do the work of it: you know the customer")
    )
    return verdict, ask.id


def test_what_is_given_back_goes_to_the_next_person_at_once(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.operation.desk.release(story.ask_of(verdict, "dana").id, "dana", "on the phone")
    story.cycle()

    story.expect(("marc", "asked", "Dana Reyes gave it back: on the phone"))
    story.answer(verdict, "marc")


def test_what_is_given_to_somebody_is_theirs(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    desk, ask = story.operation.desk, story.ask_of(verdict, "dana")
    with pytest.raises(AccessError, match="ines is not on the route"):
        desk.reassign(ask.id, "dana", "ines")
    desk.reassign(ask.id, "priya", "ines")
    story.cycle()
    story.expect(("ines", "asked", "Priya Raman gave it to Ines Duarte"), ("dana", "moved_on"))

    story.forward(minutes=15)
    story.expect(
        ("marc", "asked", "Ines Duarte did not acknowledge within 15m"), ("ines", "moved_on")
    )
    story.answer(verdict, "ines")
    story.expect(("marc", "resolved", "Ines Duarte: approved"))


def test_a_delegate_answers_in_the_holders_name(story: Story):
    verdict, _ = delegated(story)
    story.answer(verdict, "ines")

    story.expect(("dana", "resolved", "Ines Duarte: approved"))
    answer = story.see(verdict).asks[0].answer
    assert (answer.by, answer.on_behalf_of) == ("ines", "dana")


def test_the_holder_and_the_delegate_are_reminded_and_lose_it_together(story: Story):
    verdict, _ = delegated(story)
    story.forward(minutes=15)
    story.expect(("dana", "reminder"), ("ines", "reminder"))

    story.forward(hours=2)
    story.expect(
        *[("dana", "reminder"), ("ines", "reminder")] * 2,
        ("dana", "reminder", "say so again"),
        ("marc", "asked"),
        ("dana", "moved_on"),
        ("ines", "moved_on"),
    )
    story.answer(verdict, "marc")


def test_the_work_of_a_delegate_who_leaves_is_the_holders_again_at_once(story: Story):
    verdict, ask_id = delegated(story)
    story.rewrite(
        (INES, INES.replace("ines:", "omar:").replace("Ines", "Omar")), ("[ines]", "[omar]")
    )
    story.cycle()

    story.expect(("dana", "reminder", "Ines Duarte is no longer here"))
    with pytest.raises(AccessError):
        story.operation.desk.answer(ask_id, "ines", kind="approve", digest="")
    story.answer(verdict, "dana")


def test_the_work_comes_back_when_no_message_reaches_the_delegate(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.break_channel("ines", RefusedError, "no such mailbox")
    story.operation.desk.delegate(story.ask_of(verdict, "dana").id, "dana", "ines")
    story.forward(minutes=5)

    assert story.see(verdict).asks[0].delegate is None
    assert ("dana", "reminder") in [(one.to, one.kind) for one in story.sender.sent]
    story.sender.sent.clear()
    story.answer(verdict, "dana")


def test_nothing_is_given_to_somebody_who_is_not_there(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    desk, ask = story.operation.desk, story.ask_of(verdict, "dana")
    for to in ("omar", "", "support-agent"):
        with pytest.raises(AnswerError, match=f'there is no "{to}" on the table'):
            desk.delegate(ask.id, "dana", to)
    story.answer(verdict, "dana")
