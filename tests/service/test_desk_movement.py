"""Giving asks on, at the desk: who may, to whom, and in whose inbox they are then."""

from __future__ import annotations

import pytest

from handraise.errors import AccessError, AnswerError
from tests.support.story import Story, begun

story = pytest.fixture(begun)


def held(story: Story, person: str) -> list[str]:
    return [line.ask.id for line in story.operation.inbox.lines(person)]


def test_what_is_delegated_is_in_both_inboxes(story: Story):
    verdict = story.decide()
    ask = story.see(verdict).asks[0].id
    story.operation.desk.delegate(ask, "dana", "marc", "  you know them better ")

    assert held(story, "dana") == held(story, "marc") == [ask]
    story.operation.desk.delegate(ask, "dana", None)
    assert held(story, "marc") == []


def test_what_is_released_or_reassigned_is_in_the_next_inbox(story: Story):
    desk = story.operation.desk
    ask = story.see(story.decide()).asks[0].id
    desk.release(ask, "dana", "I know the customer")
    assert (held(story, "dana"), held(story, "marc")) == ([], [ask])

    desk.reassign(ask, "marc", "dana")

    assert (held(story, "dana"), held(story, "marc")) == ([ask], [])


def test_targets_are_those_who_could_take_it_now(story: Story):
    desk = story.operation.desk
    escalation = story.see(story.decide())
    ask = escalation.asks[0]

    mine = desk.targets(escalation, ask, "dana")
    assert mine.reassign == ("marc", "priya")
    assert "ines" in mine.delegate
    owners = desk.targets(escalation, ask, "priya")
    assert {"marc", "ines", "priya"} <= set(owners.reassign)
    assert owners.delegate == ()
    assert desk.targets(escalation, ask, "ines") == desk.targets(escalation, ask, "nobody")


def test_a_note_has_an_end_and_strangers_have_no_say(story: Story):
    desk = story.operation.desk
    ask = story.see(story.decide()).asks[0].id

    with pytest.raises(AnswerError, match="note: longer than 2,000"):
        desk.release(ask, "dana", "x" * 2_001)
    with pytest.raises(AccessError):
        desk.reassign(ask, "ines", "ines")
    with pytest.raises(AccessError, match="ines is not on the route"):
        desk.reassign(ask, "dana", "ines")
