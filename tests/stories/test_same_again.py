"""The same proposal in the same case is one matter, whatever key or confidence it comes with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.story import BIG, SURE, TABLE, UNSURE, Story

CASELESS = {**UNSURE, "case": None}
STATED = TABLE.replace(
    "revenue_usd: {type: number, unit: USD, from: {refund: proposal.refund}, otherwise: 0}",
    "revenue_usd: number",
)


def test_what_a_person_is_deciding_does_not_go_ahead_meanwhile(tell: Callable[..., Story]):
    story = tell()
    asked = story.decide(UNSURE)
    surer = story.decide(SURE, key="another key")
    assert surer.escalated
    assert surer.escalation_id == asked.escalation_id
    story.cycle()
    story.expect(("dana", "asked"))
    story.answer(asked, "dana")
    assert surer.wait(1).may_act


@pytest.mark.parametrize(
    ("kind", "words", "outcome"),
    [
        ("take_over", {"reason": "I call them"}, "taken_over"),
        ("instruct", {"instruction": "do not refund"}, "instructed"),
        ("reject", {"reason": "no"}, "rejected"),
    ],
)
def test_what_a_person_ended_is_not_done_with_another_key(
    tell: Callable[..., Story], kind: str, words: dict[str, str], outcome: str
):
    story = tell()
    asked = story.decide(UNSURE)
    story.cycle()
    story.expect(("dana", "asked"))
    story.answer(asked, "dana", kind, **words)

    again = story.decide(SURE, key="another key")

    assert again.escalated
    assert again.wait(1).outcome == outcome


def test_the_same_again_that_concerns_somebody_else_too_is_asked_anew(tell: Callable[..., Story]):
    story = tell()
    asked = story.decide(UNSURE)
    unknown = story.decide({**UNSURE, "confidence": 0.9, "facts": {"undeclared": 1}})
    assert unknown.escalation_id != asked.escalation_id
    assert "owner" in unknown.routes
    story.cycle()
    story.expect(("dana", "asked"), ("priya", "with_owner"))


def test_another_sum_is_another_matter(tell: Callable[..., Story]):
    story = tell()
    story.decide(UNSURE)
    other = story.decide({**SURE, "proposal": {"refund": 41}})
    assert not other.escalated
    story.cycle()
    story.expect(("dana", "asked"))


def test_a_changed_proposal_is_not_judged_by_what_the_agent_said_of_the_former_one(
    tell: Callable[..., Story],
):
    assert "revenue_usd: number" in STATED
    story = tell(STATED, rehearsal=True)
    asked = story.decide({**UNSURE, "facts": {"revenue_usd": 40}})
    story.cycle()
    story.expect(("dana", "asked"))

    story.answer(asked, "dana", "change", proposal={"refund": 90_000}, reason="a slip")

    assert story.see(asked).state == "open"
    story.cycle()
    story.expect(("ines", "asked"))


def test_under_several_first_a_change_still_asks_whom_it_concerns_only_now(
    tell: Callable[..., Story],
):
    story = tell(TABLE + "several: first\n")
    asked = story.decide(UNSURE)
    story.cycle()
    story.expect(("dana", "asked"))

    story.answer(asked, "dana", "change", proposal=BIG["proposal"], reason="a slip")

    assert [ask.route for ask in story.see(asked).asks] == ["support_supervisor", "finance_lead"]
    story.cycle()
    story.expect(("ines", "asked"))


def test_an_agent_that_repeats_itself_without_case_and_key_rings_once(tell: Callable[..., Story]):
    story = tell()
    first = story.gate.decide(**CASELESS)
    again = story.gate.decide(**CASELESS)
    story.cycle()

    assert again.escalation_id == first.escalation_id
    story.expect(("dana", "asked"))
    story.answer(first, "dana")
    later = story.decide(CASELESS)
    assert later.escalation_id != first.escalation_id, "an approval is for one time"
    story.expect(("dana", "asked"))


def test_two_keys_or_other_words_are_two_matters(tell: Callable[..., Story]):
    story = tell()
    ids = {
        story.gate.decide(**CASELESS).escalation_id,
        story.gate.decide(**CASELESS, key="1").escalation_id,
        story.gate.decide(**CASELESS, key="2").escalation_id,
        story.gate.decide(**CASELESS, text="please hurry").escalation_id,
    }
    assert len(ids) == 4
    story.cycle()
    story.sender.sent.clear()
