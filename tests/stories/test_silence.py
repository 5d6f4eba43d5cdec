"""Silence moves the ask to the next person and then to the owner, who is reminded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.support.story import MONDAY, TABLE, Story


def test_silence_moves_the_ask_on_and_the_owner_is_reminded_at_growing_intervals(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))

    story.forward(minutes=14)
    story.quiet()
    story.forward(minutes=1)
    story.expect(
        ("marc", "asked", "Dana Reyes did not acknowledge within 15m"),
        ("dana", "moved_on", "went to Marc Oyelaran"),
    )

    story.forward(minutes=15)
    story.expect(
        ("priya", "with_owner", "Marc Oyelaran did not acknowledge within 15m"),
        ("marc", "moved_on"),
    )

    for minutes in (15, 30, 60, 120, 240, 480, 960, 1440, 1440):
        story.forward(minutes=minutes - 1)
        story.quiet()
        story.forward(minutes=1)
        story.expect(("priya", "reminder", "Still waiting for you"))

    story.answer(verdict, "priya")
    assert verdict.wait(0).by == "priya"


def test_the_first_person_may_still_answer_after_it_moved_on(story: Story):
    verdict = story.decide()
    story.forward(minutes=15)
    story.expect(("dana", "asked"), ("marc", "asked"), ("dana", "moved_on"))

    story.answer(verdict, "dana")
    story.expect(("marc", "resolved", "Dana Reyes: approved"))


def test_a_worker_that_was_away_for_days_asks_one_person_at_a_time(story: Story):
    story.decide()
    story.expect(("dana", "asked"))
    story.clock.advance(days=3)
    story.cycle()
    story.expect(("marc", "asked"), ("dana", "moved_on"))
    story.cycle()
    story.quiet()


def test_unanswered_reject_ends_as_expired(tell: Callable[..., Story]):
    story = tell(TABLE + "unanswered: reject\n")
    verdict = story.decide(key="k")
    story.forward(minutes=30)
    story.expect(
        ("dana", "asked"),
        ("marc", "asked"),
        ("dana", "moved_on"),
        ("priya", "with_owner", "after that it is rejected unanswered"),
        ("marc", "moved_on"),
    )
    story.forward(hours=3, minutes=59)
    story.expect(*[("priya", "reminder")] * 4)
    story.forward(minutes=1)

    story.expect(("priya", "resolved", "Ended unanswered"))
    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.by, resolution.may_act) == ("expired", None, False)
    assert resolution.at == MONDAY + timedelta(hours=4, minutes=30)
    assert story.decide(key="k").wait(0) == resolution


def test_hold_waits_for_as_long_as_it_takes(story: Story):
    verdict = story.decide()
    story.forward(days=30)

    assert story.see(verdict).state == "open"
    assert story.ask_of(verdict, "priya").reminders > 30
    assert {message.kind for message in story.sender.sent if message.to == "priya"} == {
        "with_owner",
        "reminder",
        "summary",
    }
    story.sender.sent.clear()
