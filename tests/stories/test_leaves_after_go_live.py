"""Somebody leaves after go-live: with nobody left on a route all stops; with others, a week remains."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handraise.errors import NotReadyError
from tests.support.signed import sign
from tests.support.story import AGENT, SURE, Story

QUIETLY = {**SURE, "case": None}


def sentence_of(story: Story) -> str:
    story.gate.look()
    verdict = story.decide(QUIETLY)
    return verdict.reasons[-1].sentence if verdict.escalated else ""


def test_the_last_one_of_a_route_who_leaves_stops_the_agent_at_once(story: Story):
    story.operation.roster.deactivate("ines", "priya", "")

    said = sentence_of(story)

    assert "nobody is left for finance_lead" in said
    assert "Ines Duarte has left" in said
    story.sender.sent.clear()


def test_the_last_one_of_a_route_who_declines_stops_it_too(story: Story):
    (duty,) = story.operation.roster.duties("ines")
    story.operation.roster.decline(AGENT, "ines", duty.digest, "no time")

    assert "Ines Duarte has declined their duty" in sentence_of(story)
    story.operation.roster.accept(AGENT, "ines", duty.digest)
    assert sentence_of(story) == ""
    story.sender.sent.clear()


def test_where_another_remains_it_holds_for_a_week(story: Story):
    story.clock.advance(days=1)
    story.operation.roster.deactivate("dana", "priya", "")
    hold = story.operation.readiness.hold(AGENT)
    assert hold is not None
    assert hold.holds
    assert hold.ends_at is not None
    assert (hold.ends_at - story.clock.now()).days == 7
    assert hold.gone == {"dana": "Dana Reyes has left"}
    assert sentence_of(story) == ""

    story.clock.advance(days=7)

    assert "Dana Reyes has left, 7 days before" in sentence_of(story)
    story.sender.sent.clear()


def test_an_owner_who_signs_again_knowing_of_it_goes_on(story: Story):
    story.operation.roster.deactivate("dana", "priya", "")
    story.clock.advance(days=6)
    sign(story.operation, story.gate.table)
    story.clock.advance(days=3)

    assert sentence_of(story) == ""
    story.sender.sent.clear()


def test_a_route_without_anybody_reachable_stops_unless_that_was_waived(story: Story):
    with story.operation.store.write() as connection:
        connection.exec_driver_sql("UPDATE contacts SET verified_at = NULL WHERE person = 'ines'")
    assert "Ines Duarte has no verified contact any more" in sentence_of(story)

    sign(story.operation, story.gate.table)  # the helper waives what is not so

    assert sentence_of(story) == ""
    assert story.decide(QUIETLY).waived == ("reachable",)
    story.sender.sent.clear()


@pytest.mark.parametrize("person", ["marc", "dana"])
def test_who_comes_back_in_time_ends_nothing(story: Story, person: str):
    story.operation.roster.deactivate(person, "priya", "")
    story.clock.advance(days=3)
    story.operation.roster.activate(person, "priya")
    story.clock.advance(days=30)

    assert sentence_of(story) == ""
    story.sender.sent.clear()


def test_who_leaves_by_a_clock_behind_the_one_that_signed_ends_it_too(story: Story):
    story.clock.advance(minutes=4)
    sign(story.operation, story.gate.table)
    story.clock.set(story.clock.now() - timedelta(minutes=3))
    story.operation.roster.deactivate("dana", "priya", "")

    story.clock.advance(days=7, minutes=3)

    assert "Dana Reyes has left, 7 days before" in sentence_of(story)
    story.sender.sent.clear()


def test_an_end_that_came_while_nobody_was_left_is_not_taken_back(story: Story):
    story.operation.roster.deactivate("ines", "priya", "")
    story.clock.advance(days=7)
    assert "Ines Duarte has left, 7 days before" in sentence_of(story)

    story.operation.roster.activate("ines", "priya")

    assert "Ines Duarte has left, 7 days before" in sentence_of(story)
    story.sender.sent.clear()


def test_nobody_signs_for_a_route_that_has_nobody_left_whatever_is_waived(story: Story):
    story.operation.roster.deactivate("ines", "priya", "")

    with pytest.raises(NotReadyError, match="nobody is left for finance_lead: Ines Duarte has"):
        sign(story.operation, story.gate.table, waive=["reachable", "accepted"])

    story.operation.roster.activate("ines", "priya")
    sign(story.operation, story.gate.table)
    assert sentence_of(story) == ""
    story.sender.sent.clear()
