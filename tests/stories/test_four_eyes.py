"""Four eyes: a route that needs two of its people gets two, and never the same one twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handraise.errors import AccessError, AlreadyAnsweredError, AnswerError
from tests.support.story import BIG, TABLE, Story

TWO_OF_THREE = TABLE.replace(
    "finance_lead: {people: [ines],", "finance_lead: {people: [ines, marc, dana], needs: 2,"
)
JUST_TWO = TWO_OF_THREE.replace("[ines, marc, dana]", "[ines, marc]")
MARC = '  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com"}\n'


@pytest.fixture
def four(tell: Callable[..., Story]) -> Story:
    """Return a story in which two of Ines, Marc and Dana must agree to a big refund."""
    return tell(TWO_OF_THREE)


def test_both_must_agree(four: Story):
    verdict = four.decide(BIG)
    four.expect(("ines", "asked"), ("marc", "asked"))

    four.answer(verdict, "marc")
    four.quiet()
    assert four.see(verdict).state == "open"
    four.answer(verdict, "ines")

    assert verdict.wait(0).outcome == "approved"


def test_one_rejects_and_the_other_is_told(four: Story):
    verdict = four.decide(BIG)
    four.expect(("ines", "asked"), ("marc", "asked"))
    four.answer(verdict, "ines", "reject", reason="never")

    four.expect(("marc", "resolved", "Ines Duarte: rejected"))
    assert verdict.wait(0).reason == "never"


def test_nobody_agrees_twice(four: Story):
    verdict = four.decide(BIG)
    four.expect(("ines", "asked"), ("marc", "asked"))
    four.answer(verdict, "ines")
    desk, digest = four.operation.desk, four.see(verdict).proposal_digest
    for ask in four.see(verdict).asks:
        with pytest.raises(
            (AccessError, AlreadyAnsweredError), match=r"ines|you have answered this already"
        ):
            desk.answer(ask.id, "ines", kind="approve", digest=digest)

    assert four.see(verdict).state == "open"
    four.answer(verdict, "marc")


def test_the_owner_agrees_once_and_gives_the_other_to_somebody(tell: Callable[..., Story]):
    story = tell(JUST_TWO)
    verdict = story.decide(BIG)
    story.forward(minutes=30)
    story.expect(
        ("ines", "asked"),
        ("marc", "asked"),
        ("priya", "with_owner", "Ines Duarte did not acknowledge"),
        ("priya", "with_owner", "Marc Oyelaran did not acknowledge"),
        ("ines", "moved_on"),
        ("marc", "moved_on"),
    )
    story.answer(verdict, "priya")
    with pytest.raises(AccessError, match="priya has agreed already"):
        story.answer(verdict, "priya")

    ask = story.ask_of(verdict, "priya")
    with pytest.raises(AnswerError, match='there is no "omar"'):
        story.operation.desk.reassign(ask.id, "priya", "omar")
    story.operation.desk.reassign(ask.id, "priya", "dana", "please look at it too")
    story.cycle()
    story.expect(("dana", "asked", "Priya Raman gave it to Dana Reyes: please look at it too"))
    story.answer(verdict, "dana")
    story.expect(("priya", "resolved", "Dana Reyes: approved"))
    assert verdict.wait(0).outcome == "approved"


def test_one_of_them_leaves_and_the_third_takes_their_place(four: Story):
    verdict = four.decide(BIG)
    four.expect(("ines", "asked"), ("marc", "asked"))
    four.rewrite(("[ines, marc, dana]", "[ines, dana]"), ("[dana, marc]", "[dana]"), (MARC, ""))
    four.cycle()

    four.expect(("dana", "asked", "Marc Oyelaran is no longer here"))
    four.answer(verdict, "dana")
    four.answer(verdict, "ines")
    assert verdict.wait(0).outcome == "approved"


def test_where_only_one_is_left_the_owner_is_the_second(tell: Callable[..., Story]):
    story = tell(JUST_TWO)
    verdict = story.decide(BIG)
    story.expect(("ines", "asked"), ("marc", "asked"))
    story.rewrite(("[ines, marc], needs: 2", "[ines]"), ("[dana, marc]", "[dana]"), (MARC, ""))
    story.cycle()

    story.expect(("priya", "with_owner", "Marc Oyelaran is no longer here"))
    story.answer(verdict, "ines")
    story.answer(verdict, "priya")
    assert verdict.wait(0).outcome == "approved"


def test_who_asked_the_agent_for_it_is_not_one_of_the_two(four: Story):
    verdict = four.decide(BIG, asked_by="ines")
    four.expect(("marc", "asked"), ("dana", "asked"))

    for ask in four.see(verdict).asks:
        with pytest.raises(AccessError, match="ines asked the agent for this"):
            four.operation.desk.acknowledge(ask.id, "ines")
    four.answer(verdict, "marc")
    four.answer(verdict, "dana")
    assert verdict.wait(0).outcome == "approved"


def test_a_change_by_one_is_put_before_the_other_again(four: Story):
    verdict = four.decide(BIG)
    four.expect(("ines", "asked"), ("marc", "asked"))
    four.answer(verdict, "marc")
    four.answer(verdict, "ines", "change", proposal={"refund": 6100})

    four.expect(("marc", "asked_again", "6100"))
    assert four.see(verdict).state == "open"
    four.answer(verdict, "marc")
    assert verdict.wait(0).proposal == {"refund": 6100}
