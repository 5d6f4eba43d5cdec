"""Several routes must agree; a change is judged again; one rejection ends it for all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handraise.errors import AnswerError, ProposalMovedError
from tests.support.story import TABLE, UNSURE, UNSURE_AND_BIG, Story


def test_two_routes_must_both_agree(story: Story):
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("dana", "asked"), ("ines", "asked"))

    story.answer(verdict, "dana")
    assert story.gate.resolution(verdict.escalation_id) is None
    story.answer(verdict, "ines")

    assert verdict.wait(0).outcome == "approved"


def test_with_several_first_only_the_first_rows_route_is_asked(tell: Callable[..., Story]):
    story = tell(TABLE.replace("tests:\n", "several: first\ntests:\n"))
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("dana", "asked", "revenue is 6,200 USD"))
    story.answer(verdict, "dana")

    assert verdict.wait(0).outcome == "approved"


def test_one_rejection_ends_it_for_all(story: Story):
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("dana", "asked"), ("ines", "asked"))
    story.answer(verdict, "ines", "reject", reason="never")

    story.expect(("dana", "resolved", "Ines Duarte: rejected"))
    assert verdict.wait(0).reason == "never"
    story.forward(days=3)


def test_a_change_from_9000_to_90000_brings_in_finance(tell: Callable[..., Story]):
    story = tell(TABLE.replace("> 5000", "> 10000").replace("refund: 6200", "refund: 16200"))
    verdict = story.decide(UNSURE, proposal={"refund": 9000})
    story.expect(("dana", "asked"))

    story.answer(verdict, "dana", "change", proposal={"refund": 90_000})

    assert story.see(verdict).state == "open"
    story.expect(("ines", "asked", "revenue is 90,000 USD"))
    story.answer(verdict, "ines")
    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.proposal) == ("changed", {"refund": 90_000})


def test_who_agreed_to_the_former_proposal_is_asked_again(story: Story):
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("dana", "asked"), ("ines", "asked"))
    story.answer(verdict, "dana")
    seen = story.see(verdict).proposal_digest
    story.answer(verdict, "ines", "change", proposal={"refund": 62})

    story.expect(("dana", "asked_again", '"refund": 62\n'))
    with pytest.raises(ProposalMovedError):
        story.answer(verdict, "dana", digest=seen)
    story.answer(verdict, "dana")
    assert verdict.wait(0).proposal == {"refund": 62}


def test_a_changed_proposal_must_fit_the_form_of_its_action(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    for proposal, words in (
        ({"refund": "lots"}, "refund"),
        ({"refund": 40, "to": "me"}, "proposal has an unknown field 'to'"),
        ({}, "refund"),
        ([40], "proposal"),
    ):
        with pytest.raises(AnswerError, match=f"^{words}"):
            story.answer(verdict, "dana", "change", proposal=proposal)
    assert story.see(verdict).asks[0].state == "open"


def test_what_the_agent_states_may_be_corrected_and_is_judged_again(tell: Callable[..., Story]):
    text = TABLE.replace(
        "  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}",
        "  consequence:\n    - {when: abs(revenue_usd) > 5000, to: finance_lead}\n    - {when: years > 10, to: finance_lead}",
    ).replace("confidence: 0.95, proposal", "confidence: 0.95, facts: {years: 1}, proposal")
    text = text.replace("confidence: 0.5, proposal", "confidence: 0.5, facts: {years: 1}, proposal")
    story = tell(text)
    verdict = story.decide(facts={"years": 1})
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "change", proposal={"refund": 40}, facts={"years": 11})

    story.expect(("ines", "asked", "years is 11"))
    story.answer(verdict, "ines")
    assert verdict.wait(0).outcome == "changed"


def test_the_agent_withdraws(story: Story):
    verdict = story.decide(UNSURE_AND_BIG, key="k")
    story.expect(("dana", "asked"), ("ines", "asked"))
    resolution = story.gate.withdraw(verdict.escalation_id or "", "the customer called it off")
    story.cycle()

    assert (resolution.outcome, resolution.may_act) == ("withdrawn", False)
    story.expect(("dana", "resolved", "Withdrawn: May support-agent refund"), ("ines", "resolved"))
    assert story.decide(UNSURE_AND_BIG, key="k").wait(0).outcome == "withdrawn"
    story.forward(days=1)
