"""An edit from 900 to 90,000 is judged again; who must agree now is asked; the original stays."""

from __future__ import annotations

import pytest

from handraise.errors import ProposalMovedError
from tests.support.story import UNSURE, Story

SMALL = {**UNSURE, "proposal": {"refund": 900}}


def test_an_edit_from_900_to_90000_needs_finance(story: Story):
    verdict = story.decide(SMALL, key="k")
    story.expect(("dana", "asked", "refund 900"))
    story.answer(
        verdict, "dana", "change", proposal={"refund": 90_000}, reason="a zero was missing"
    )

    assert story.gate.resolution(key="k") is None, "nothing may be done yet"
    story.expect(("ines", "asked", "revenue is 90,000 USD"))
    story.answer(verdict, "ines")

    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.proposal) == ("changed", {"refund": 90_000})
    assert resolution.reason == "a zero was missing"


def test_what_finance_rejects_is_not_done_for_either_sum(story: Story):
    verdict = story.decide(SMALL)
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "change", proposal={"refund": 90_000})
    story.expect(("ines", "asked"))
    story.answer(verdict, "ines", "reject", reason="no")

    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.proposal, resolution.may_act) == (
        "rejected",
        None,
        False,
    )
    for refund in (900, 90_000):
        again = story.decide(SMALL, proposal={"refund": refund})
        assert again.wait(0).outcome == "rejected"


def test_the_original_stands_beside_the_edit_in_the_record(story: Story):
    verdict = story.decide(SMALL)
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "change", proposal={"refund": 90_000})
    story.expect(("ines", "asked"))

    escalation = story.see(verdict)
    assert escalation.decision.proposal == {"refund": 900}
    assert escalation.proposal == {"refund": 90_000}
    assert escalation.proposal_digest != escalation.asked_digest
    events = story.operation.desk.events(escalation.id, "ines")
    (edit,) = [one for one in events if one.kind == "answered"]
    assert (edit.who, edit.detail["from"], edit.detail["to"]) == (
        "dana",
        {"refund": 900},
        {"refund": 90_000},
    )
    story.answer(verdict, "ines")
    assert story.see(verdict).decision.proposal == {"refund": 900}


def test_who_reads_the_old_sum_cannot_approve_the_new_one(story: Story):
    verdict = story.decide(SMALL, proposal={"refund": 6200})
    story.expect(("dana", "asked"), ("ines", "asked"))
    seen = story.see(verdict).proposal_digest
    story.answer(verdict, "dana", "change", proposal={"refund": 90_000})
    story.expect(("ines", "asked_again", "90000"))

    with pytest.raises(ProposalMovedError):
        story.answer(verdict, "ines", digest=seen)
    assert story.see(verdict).state == "open"
    story.answer(verdict, "ines")


def test_an_edit_back_to_less_keeps_finance_in_it(story: Story):
    verdict = story.decide(SMALL)
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana", "change", proposal={"refund": 90_000})
    story.expect(("ines", "asked"))
    story.answer(verdict, "ines", "change", proposal={"refund": 800})

    story.expect(("dana", "asked_again", "800"))
    story.answer(verdict, "dana")
    assert verdict.wait(0).proposal == {"refund": 800}
