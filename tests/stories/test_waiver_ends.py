"""A waiver that ends: until then every verdict says what is waived; from then on nothing goes ahead."""

from __future__ import annotations

from datetime import timedelta

from handraise.service.going_live.line import Line
from tests.support.signed import lines_of, sign, waiver_of
from tests.support.story import AGENT, SURE, Story

QUIETLY = {**SURE, "case": None}


def signed_with_a_waiver(story: Story, days: int) -> None:
    table = story.gate.table
    waiver = waiver_of(story.operation, "drilled", "priya", timedelta(days=days))
    story.operation.readiness.sign(table, lines_of(table, red=["drilled"]), "priya", [waiver])
    story.gate.look()


def test_every_verdict_says_what_is_waived_until_the_waiver_ends(story: Story):
    signed_with_a_waiver(story, days=30)
    assert story.decide(QUIETLY).waived == ("drilled",)
    assert story.decide().waived == ("drilled",)
    story.expect(("dana", "asked"))

    story.clock.advance(days=30)
    story.gate.look()
    verdict = story.decide(QUIETLY)

    assert verdict.reasons[-1].condition == "not_ready"
    assert 'the waiver of "drilled" ends' in verdict.reasons[-1].sentence
    assert story.operation.readiness.in_force(AGENT) is None
    sign(story.operation, story.gate.table)
    story.gate.look()
    assert story.decide({**QUIETLY, "confidence": 0.96}).waived == ()
    story.sender.sent.clear()  # what the owner is told of it, the story of warnings looks at


def test_a_drill_that_grows_old_ends_it_by_the_same_way(story: Story):
    table, now = story.gate.table, story.clock.now()
    drilled = Line(
        code="drilled",
        name="every route has passed a drill",
        state="green",
        evidence="all did",
        at=now,
        until=now + timedelta(days=30),
        lapses="the drill of finance_lead is 30 days old",
    )
    lines = [line for line in lines_of(table) if line.code != "drilled"]
    story.operation.readiness.sign(table, [*lines, drilled], "priya")
    story.gate.look()
    assert not story.decide(QUIETLY).escalated

    story.clock.advance(days=29, hours=23)
    story.gate.look()
    assert not story.decide(QUIETLY).escalated
    story.clock.advance(hours=1)
    story.gate.look()

    (reason,) = story.decide(QUIETLY).reasons
    assert "the drill of finance_lead is 30 days old" in reason.sentence
    assert "2026-12-23" in reason.sentence
    story.sender.sent.clear()
