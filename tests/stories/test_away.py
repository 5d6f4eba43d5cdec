"""People go away and leave: what they have moves at once, and is never with nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from handraise.errors import AccessError, InputError
from handraise.model import Verdict
from tests.support.story import MONDAY, TABLE, Story


def test_who_goes_away_loses_what_they_have_at_once(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.acknowledge(verdict, "dana")
    story.operation.roster.away("dana", None, None, "ill", "dana")
    assert story.see(verdict).asks[0].holder == "marc", "nobody waits for the worker"
    story.cycle()

    story.expect(("marc", "asked", "Dana Reyes is away"), ("dana", "moved_on"))
    story.answer(verdict, "marc")


def test_a_planned_absence_begins_by_itself(story: Story):
    until = MONDAY + timedelta(days=3)
    story.operation.roster.away("dana", MONDAY + timedelta(minutes=10), until, "", "dana")
    first = story.decide(case="1")
    story.expect(("dana", "asked"))
    story.acknowledge(first, "dana")
    story.forward(minutes=10)
    story.cycle()
    story.expect(("marc", "asked", "Dana Reyes is away"), ("dana", "moved_on"))
    story.answer(first, "marc")

    second = story.decide(case="2")
    story.expect(("marc", "asked", "Dana Reyes is away until Thu 26 Nov, 10:00"))
    story.answer(second, "marc")
    story.clock.set(until)
    third = story.decide(case="3")
    story.expect(("dana", "asked"))
    story.answer(third, "dana")


def test_both_are_away_and_the_owner_has_it_at_once_with_both_reasons(story: Story):
    for person in ("dana", "marc"):
        story.operation.roster.away(person, None, None, "", person)
    verdict = story.decide()

    story.expect(("priya", "with_owner", "Dana Reyes is away", "Marc Oyelaran is away"))
    story.operation.roster.back("marc", "marc")
    story.acknowledge(verdict, "marc")
    story.expect(("priya", "moved_on", "Marc Oyelaran has taken it"))
    story.answer(verdict, "marc")


def test_the_second_goes_away_while_the_first_is_and_the_owner_has_it(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.operation.roster.away("dana", None, None, "", "dana")
    story.operation.roster.away("marc", None, None, "", "marc")
    story.cycle()

    assert story.see(verdict).asks[0].tried == ("dana", "marc", "priya")
    # Marc had it for less than a moment, and was away before anything was sent.
    kinds = [(one.to, one.kind) for one in story.sender.sent]
    assert ("priya", "with_owner") in kinds
    assert ("marc", "asked") not in kinds
    story.sender.sent.clear()
    story.answer(verdict, "priya")


def test_the_owner_is_away_too_and_is_still_asked(story: Story):
    for person in ("dana", "marc", "priya"):
        told = story.operation.roster.away(person, None, None, "", person)
    assert told.last_resort_of == ("support-agent",)
    verdict = story.decide()
    story.expect(("priya", "with_owner", "Dana Reyes is away"))

    story.forward(minutes=15)
    story.expect(("priya", "reminder"))
    story.answer(verdict, "priya")
    assert verdict.wait(0).by == "priya"


def test_an_owner_who_is_away_does_not_take_what_others_can_have(story: Story):
    story.operation.roster.away("priya", None, None, "", "priya")
    verdict = story.decide()
    story.expect(("dana", "asked"))

    with pytest.raises(AccessError, match="priya is away"):
        story.acknowledge(verdict, "priya")
    story.answer(verdict, "priya", "reject")
    story.expect(("dana", "resolved", "Priya Raman: rejected"))


def five(story: Story) -> list[Verdict]:
    """Let Dana hold five questions."""
    verdicts = [story.decide(case=f"t-{n}") for n in range(5)]
    story.expect(*[("dana", "asked")] * 5)
    return verdicts


def test_who_leaves_while_holding_five_loses_all_five_at_once(story: Story):
    verdicts = five(story)
    story.acknowledge(verdicts[0], "dana")
    story.operation.roster.deactivate("dana", "priya", "left the company")
    holders = {story.see(verdict).asks[0].holder for verdict in verdicts}
    assert holders == {"marc"}, "nobody waits for the worker"
    story.cycle()

    story.expect(*[("marc", "asked", "Dana Reyes is no longer here")] * 5)
    story.sender.sent.clear()
    for verdict in verdicts:
        with pytest.raises(AccessError):
            story.operation.desk.answer(
                f"{verdict.escalation_id}.1", "dana", kind="approve", digest=""
            )
        story.answer(verdict, "marc")


def test_five_that_are_left_respect_what_the_next_takes_at_once(tell: Callable[..., Story]):
    story = tell(
        TABLE.replace('"mailto:marc@example.com"', '"mailto:marc@example.com", capacity: 2 open')
    )
    verdicts = five(story)
    story.operation.roster.deactivate("dana", "priya")
    holders = sorted(story.see(verdict).asks[0].holder for verdict in verdicts)

    assert holders == ["marc", "marc", "priya", "priya", "priya"]
    story.cycle()
    assert ("priya", "with_owner") in [(one.to, one.kind) for one in story.sender.sent]
    story.sender.sent.clear()
    for verdict in verdicts:
        story.answer(verdict, "priya")
    story.sender.sent.clear()


def test_the_owner_cannot_leave_before_another_is_named(story: Story):
    with pytest.raises(InputError, match="priya is the owner"):
        story.operation.roster.deactivate("priya", "priya")


def test_who_declines_their_duty_loses_what_they_have(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    duty = story.operation.shelf.duty("support-agent", "dana")
    story.operation.roster.decline("support-agent", "dana", duty.digest, "not my job")
    story.cycle()

    assert story.see(verdict).asks[0].holder == "marc"
    told = {(one.to, one.kind) for one in story.sender.sent}
    assert told == {("marc", "asked"), ("dana", "moved_on"), ("priya", "alarm")}
    story.sender.sent.clear()
    story.answer(verdict, "marc")


def test_a_delegate_goes_away_and_the_work_is_the_holders_again_at_once(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.operation.desk.delegate(story.ask_of(verdict, "dana").id, "dana", "ines")
    story.cycle()
    story.expect(("ines", "delegated"))

    story.operation.roster.away("ines", None, None, "", "ines")
    assert story.see(verdict).asks[0].delegate is None
    story.cycle()
    story.expect(("dana", "reminder", "Ines Duarte is away, so the work of it is yours again"))
    story.answer(verdict, "dana")


def test_the_holder_goes_away_and_the_delegate_hears_that_it_moved(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.operation.desk.delegate(story.ask_of(verdict, "dana").id, "dana", "ines")
    story.cycle()
    story.expect(("ines", "delegated"))

    story.operation.roster.away("dana", None, None, "", "dana")
    story.cycle()
    story.expect(
        ("marc", "asked", "Dana Reyes is away"), ("dana", "moved_on"), ("ines", "moved_on")
    )
    story.answer(verdict, "marc")


def test_one_of_two_who_must_agree_goes_away(tell: Callable[..., Story]):
    story = tell(TABLE.replace("[dana, marc],", "[dana, marc, ines], needs: 2,"))
    verdict = story.decide()
    story.expect(("dana", "asked"), ("marc", "asked"))
    story.answer(verdict, "dana")
    story.operation.roster.away("marc", None, None, "", "marc")
    story.cycle()

    story.expect(("ines", "asked", "Marc Oyelaran is away"), ("marc", "moved_on"))
    story.answer(verdict, "ines")
    assert verdict.wait(0).outcome == "approved"
