"""Nobody on duty, and people who have enough already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.support.story import BIG, TABLE, UNSURE, Story

OFFICE = TABLE.replace(
    '"mailto:ines@example.com"',
    '"mailto:ines@example.com", hours: "Mon-Fri 09:00-18:00", zone: Europe/Lisbon',
)
FRIDAY = datetime(2026, 11, 20, 17, 40, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


def test_on_friday_at_1800_nobody_is_on_duty_and_the_owner_has_it_at_once(
    tell: Callable[..., Story],
):
    story = tell(OFFICE, start=FRIDAY + timedelta(minutes=20))
    verdict = story.decide(BIG)

    story.expect(
        (
            "priya",
            "with_owner",
            "Ines Duarte is off duty (hours Mon-Fri 09:00-18:00, Europe/Lisbon)",
        )
    )
    story.answer(verdict, "priya")


def test_at_the_weekend_the_owner_has_it_at_once_with_the_reason(tell: Callable[..., Story]):
    story = tell(OFFICE, start=SATURDAY)
    verdict = story.decide(BIG)

    story.expect(("priya", "with_owner", "Ines Duarte is off duty"))
    story.answer(verdict, "ines")
    story.expect(("priya", "resolved", "Ines Duarte: approved"))
    assert verdict.wait(0).by == "ines"


def test_a_step_with_nobody_on_duty_is_skipped_without_waiting(tell: Callable[..., Story]):
    text = TABLE.replace(
        '"mailto:marc@example.com"', '"mailto:marc@example.com", hours: "Sat-Sun 09:00-12:00"'
    )
    story = tell(text)
    verdict = story.decide()
    story.forward(minutes=15)

    story.expect(
        ("dana", "asked"), ("priya", "with_owner", "did not acknowledge"), ("dana", "moved_on")
    )
    story.answer(verdict, "priya")


def test_who_has_enough_open_is_passed_over(tell: Callable[..., Story]):
    story = tell(
        TABLE.replace('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 1 open')
    )
    first = story.decide(case="1")
    second = story.decide(case="2")
    story.expect(
        ("dana", "asked"), ("marc", "asked", "Dana Reyes has 1 open, the most they take at once")
    )

    story.answer(first, "dana")
    third = story.decide(case="3")
    story.expect(("dana", "asked"))
    story.answer(second, "marc")
    story.answer(third, "dana")


def test_who_had_enough_today_is_asked_again_tomorrow(tell: Callable[..., Story]):
    story = tell(
        TABLE.replace('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 1 a day')
    )
    story.answer(story.decide(case="1"), "dana")
    story.answer(story.decide(case="2"), "marc")
    story.expect(("dana", "asked"), ("marc", "asked", "Dana Reyes had 1 today"))

    story.forward(hours=14)
    story.answer(story.decide(case="3"), "dana")
    story.expect(("dana", "asked"))


def test_a_rehearsal_takes_nothing_from_anybodys_capacity(
    tell: Callable[..., Story],
):
    text = TABLE.replace('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 1 open')
    story = tell(text)
    real = story.decide(case="1")
    story.expect(("dana", "asked"))

    practice = Story(
        story.path.parent, text, rehearsal=True, sender=story.sender, secret=story.secret
    )
    verdict = practice.gate.decide(**UNSURE)
    assert practice.see(verdict).asks[0].holder == "dana"
    practice.cycle()
    practice.answer(verdict, "dana")
    practice.close()
    story.expect(("dana", "asked", "[REHEARSAL] Urgent: May support-agent"))
    story.answer(real, "dana")
