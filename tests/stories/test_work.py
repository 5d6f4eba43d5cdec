"""Silence or a crash in watched work becomes an escalation to the owner."""

from __future__ import annotations

import pytest

from tests.support.story import Story


def test_silence_in_work_is_a_stall_that_the_owner_hears_of(story: Story):
    work = story.work()
    story.forward(minutes=9)
    assert story.gate.beat(work.id)
    story.forward(minutes=9)
    story.quiet()

    story.forward(minutes=1)
    story.expect(("priya", "with_owner", "gave no sign of life for 10m"))
    assert not story.gate.beat(work.id)
    story.forward(minutes=14)
    story.quiet()
    story.forward(minutes=1)
    story.expect(("priya", "reminder", "support-agent has gone silent on ticket-991"))


def test_a_crash_in_work_is_told_without_the_customers_words(story: Story):
    with pytest.raises(ZeroDivisionError), story.gate.work("ticket-991"):
        raise ZeroDivisionError("Mrs. Gray's card number")
    story.cycle()

    assert "Gray" not in story.sender.sent[0].body
    story.expect(("priya", "with_owner", "the agent crashed in its work"))


def test_work_that_is_done_is_no_longer_watched(story: Story):
    work = story.work()
    assert story.gate.done(work.id)
    story.forward(days=1)
