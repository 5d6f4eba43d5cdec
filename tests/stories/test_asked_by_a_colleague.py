"""Nobody decides what they asked the agent for, however the agent spells their name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handraise.errors import AccessError
from tests.stories.conftest import Story
from tests.support.databases import raw
from tests.support.story import SURE, TABLE, UNSURE


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


@pytest.mark.parametrize(
    "named",
    [
        "Dana Reyes <dana@example.com>",
        "<dana@example.com>",
        "dana@example.com.",
        "mailto:dana@example.com?subject=x",
        "Dana  Reyes",
        "Dana\u00a0Reyes",
        "Reyes, Dana",
        "dana reyes (Support)",
        "@dana",
        "Dana.",
    ],
)
def test_ordinary_spellings_of_a_colleague_mean_them(tell: Callable[..., Story], named: str):
    story = tell()
    verdict = story.decide(UNSURE, asked_by=named)
    story.expect(("marc", "asked"))
    with pytest.raises(AccessError, match="dana asked the agent for this"):
        story.operation.desk.acknowledge(story.see(verdict).asks[0].id, "dana")


def test_of_several_people_of_one_name_none_decides(tell: Callable[..., Story]):
    story = tell(TABLE.replace("Marc Oyelaran", "Dana Reyes"))
    verdict = story.decide(UNSURE, asked_by="Dana Reyes")

    assert story.see(verdict).decision.asked_by == "dana marc"
    story.expect(("priya", "with_owner"))


def test_who_asks_for_what_somebody_else_asked_for_already_does_not_decide_it(
    tell: Callable[..., Story],
):
    story = tell()
    first = story.decide(UNSURE)
    story.expect(("dana", "asked"))
    second = story.decide(UNSURE, asked_by="dana")
    story.expect(("marc", "asked"))

    assert second.escalation_id != first.escalation_id
    again = story.decide(UNSURE, asked_by="Dana Reyes")
    assert again.escalation_id == second.escalation_id
    story.answer(first, "dana")
    assert story.see(second).state == "open"


def test_what_would_go_ahead_waits_for_somebody_else_while_the_same_is_decided(
    tell: Callable[..., Story],
):
    story = tell()
    first = story.decide(UNSURE)
    story.expect(("dana", "asked"))
    sure = story.decide(SURE, asked_by="dana", key="another key")
    story.expect(("marc", "asked"))

    assert sure.escalated
    assert sure.escalation_id != first.escalation_id
    repeated = story.decide(SURE, asked_by="dana", key="another key")
    assert repeated.escalation_id == sure.escalation_id


def test_a_rejection_holds_back_whoever_asks_for_the_same(tell: Callable[..., Story]):
    story = tell()
    first = story.decide(UNSURE)
    second = story.decide(UNSURE, asked_by="dana")
    story.expect(("dana", "asked"), ("marc", "asked"))
    story.answer(first, "dana", "reject")

    third = story.decide(SURE, asked_by="ines")

    assert third.escalation_id == first.escalation_id
    assert story.see(second).state == "open"


def test_a_stop_that_is_kept_late_knows_who_asked(tell: Callable[..., Story]):
    story = tell()
    store = story.operation.store
    raw(store, "ALTER TABLE escalations RENAME TO away")
    verdict = story.gate.decide(**UNSURE, asked_by="Dana Reyes")
    assert verdict.escalation_id is None
    raw(store, "ALTER TABLE away RENAME TO escalations")
    story.operation.recorder.flush()

    kept = store.escalations(state="open")

    assert [one.decision.asked_by for one in kept] == ["dana"]
    assert [ask.holder for one in kept for ask in one.asks] == ["marc", "priya"]


def test_an_owner_who_asked_does_not_agree_under_another_id(tell: Callable[..., Story]):
    story = tell()
    verdict = story.decide(UNSURE, asked_by="priya")
    story.expect(("dana", "asked"))
    story.rewrite(("  priya:", "  praman:"), ("owner: priya", "owner: praman"))

    with pytest.raises(AccessError, match="praman asked the agent for this"):
        story.answer(verdict, "praman")
    story.answer(verdict, "praman", "reject")
    story.sender.sent.clear()
