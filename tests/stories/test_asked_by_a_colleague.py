"""Nobody decides what they asked the agent for, however the agent spells their name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handraise.errors import AccessError
from tests.stories.conftest import Story
from tests.support.story import UNSURE


@pytest.mark.parametrize(
    "named", ["dana", "Dana", "Dana Reyes", "dana@example.com", "mailto:dana@example.com"]
)
def test_who_asked_is_passed_over_and_may_not_approve(tell: Callable[..., Story], named: str):
    story = tell()
    verdict = story.decide(UNSURE, asked_by=named)
    story.expect(("marc", "asked"))

    with pytest.raises(AccessError, match="dana asked the agent for this"):
        story.operation.desk.acknowledge(story.see(verdict).asks[0].id, "dana")
    story.answer(verdict, "marc")

    assert story.see(verdict).outcome == "approved"


def test_an_owner_who_asked_can_end_it_and_not_approve_it(tell: Callable[..., Story]):
    story = tell()
    verdict = story.decide(asked_by="priya")
    story.expect(("dana", "asked"))
    story.forward(minutes=15)
    story.expect(("marc", "asked"), ("dana", "moved_on"))
    story.forward(minutes=15)
    story.expect(("priya", "with_owner"), ("marc", "moved_on"))

    with pytest.raises(AccessError, match="priya asked the agent for this"):
        story.answer(verdict, "priya")
    story.answer(verdict, "priya", "reject")

    assert story.see(verdict).outcome == "rejected"


def test_a_customer_who_asked_shuts_nobody_out(tell: Callable[..., Story]):
    story = tell()
    story.decide(asked_by="c.keller@example.org")
    story.expect(("dana", "asked"))


def test_a_name_that_is_none_stops_the_agent_and_tells_the_owner(tell: Callable[..., Story]):
    story = tell()
    verdict = story.decide(asked_by=["dana"])

    assert {reason.condition for reason in verdict.reasons} >= {"fault"}
    story.expect(("dana", "asked"), ("priya", "with_owner"))
