"""What an agent gets wrong alone reaches its owner: drawn by lot, looked at blind, held to a promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.audited import audits, looked, table
from tests.support.operation import SURE
from tests.support.story import Story


@pytest.fixture
def story(tell: Callable[..., Story]) -> Story:
    return tell(table(at_most="50 a day"))


def test_an_agent_that_is_sure_and_wrong_is_found_by_those_who_look(story: Story) -> None:
    for number in range(14):
        verdict = story.gate.decide(
            **SURE, text=f"I was charged twice ({number})", case=str(number)
        )
        assert not verdict.escalated
    story.operation.recorder.flush()
    story.forward(minutes=2)
    words = "7 decisions that support-agent took alone wait for your look"
    story.expect(("dana", "audits", words), ("marc", "audits", words))

    for one in audits(story.operation):
        looked(story.operation, one, "wrong", chosen="send_reply", stake=40.0)
    story.forward(minutes=11)
    story.expect(("priya", "alarm", "of the decisions it takes alone are wrong"))
    story.forward(hours=3)
    story.quiet()


def test_looks_that_nobody_takes_reach_the_owner_and_are_never_right(story: Story) -> None:
    for number in range(6):
        story.gate.decide(**SURE, text=f"I was charged twice ({number})")
    story.operation.recorder.flush()
    story.forward(minutes=2)
    story.expect(("dana", "audits"), ("marc", "audits"))
    story.forward(days=3, minutes=15)
    story.expect(("dana", "audits", "Due already: 3"), ("marc", "audits", "Due already: 3"))
    story.expect(("priya", "alarm", "6 of 6 decisions that wait for a second look"))
    found = story.operation.estimating.alone("support-agent").estimate
    assert (found.right, found.rate, found.rate_at_worst) == (0, None, 1)
