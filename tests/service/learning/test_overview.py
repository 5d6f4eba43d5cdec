"""What there is to see of the familiar: who may, and what is shown when an encoder fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from handraise.core.familiar.look import CannotLookError
from handraise.errors import AccessError, InputError
from handraise.service.learning.overview import Overviews
from tests.support.story import AGENT, Story, begun

story = pytest.fixture(begun)

SHELLS = ("can I pay with shells", "can I pay my bill with shells", "I want to pay with shells")
RIDDLE = {"type": "riddle", "action": "send_reply", "confidence": 0.95, "proposal": {}}


@pytest.fixture
def overviews(story: Story) -> Overviews:
    return Overviews(story.operation.store, story.operation.shelf, story.clock)


def model_with(encode: Any) -> Any:
    """Return as much of a learned model as grouping needs."""
    return SimpleNamespace(encode=encode)


def answered(story: Story, *texts: str) -> None:
    for at, text in enumerate(texts):
        verdict = story.decide({**RIDDLE, "text": text, "case": f"case {at}"})
        story.answer(verdict, "dana", "approve")


def test_an_encoder_that_fails_leaves_the_letters(story: Story, overviews: Overviews) -> None:
    def fails(_texts: Any) -> Any:
        raise CannotLookError("the address does not answer")

    answered(story, *SHELLS)
    found = overviews.grouped(overviews.table(AGENT, "dana"), model_with(fails))

    assert [one.count for one in found.groups] == [3]
    assert found.why == ("they are grouped by their letters for now: the address does not answer")
    assert overviews.grouped(overviews.table(AGENT, "dana"), None).why == ""


def test_only_who_answers_for_the_novel_may_look(story: Story, overviews: Overviews) -> None:
    assert overviews.agents("dana") == overviews.agents("priya") == (AGENT,)
    assert overviews.agents("ines") == ()
    for agent, person in ((AGENT, "ines"), ("another-agent", "dana"), ("", "dana")):
        with pytest.raises(AccessError, match="you do not answer"):
            overviews.table(agent, person)
    story.operation.roster.deactivate("dana", "priya", "left")
    with pytest.raises(AccessError, match="you do not answer"):
        overviews.table(AGENT, "dana")


def test_a_table_that_learned_nothing_has_nothing_to_show(
    story: Story, overviews: Overviews
) -> None:
    answered(story, *SHELLS)
    table = overviews.table(AGENT, "priya")

    assert overviews.learned(table) == (None, "")
    assert (overviews.points(table), overviews.stops(table)) == ([], [])
    assert overviews.said(table, None) == ()
    with pytest.raises(InputError, match="names no learned files"):
        overviews.drift(table)
