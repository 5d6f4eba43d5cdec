"""Hours that end while a question waits: on a Friday evening, and in the nights when clocks change.

Nobody is waited for who has gone home; and no hour is counted that does not exist, or forgotten
because it came twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tests.support.story import BIG, TABLE, Story

INES = '"mailto:ines@example.com"'


def with_hours(hours: str) -> str:
    """Return the usual table with hours for Ines, who alone decides about big refunds."""
    return TABLE.replace(INES, f'{INES}, hours: "{hours}", zone: Europe/Lisbon')


OFFICE = with_hours("Mon-Fri 09:00-18:00")
NIGHT = with_hours("Mon-Sun 22:00-06:00")
FRIDAY = datetime(2026, 11, 20, 17, 40, tzinfo=UTC)
CLOCKS_BACK = datetime(2026, 10, 25, tzinfo=UTC)
"""In Lisbon 02:00 becomes 01:00 again an hour later."""
CLOCKS_FORWARD = datetime(2027, 3, 28, tzinfo=UTC)
"""In Lisbon 01:00 becomes 02:00 an hour later."""


def test_on_friday_at_1740_it_is_asked_and_at_1800_it_is_with_the_owner(tell: Callable[..., Story]):
    story = tell(OFFICE, start=FRIDAY)
    verdict = story.decide(BIG)
    story.expect(("ines", "asked", "acknowledge by Fri 20 Nov, 18:00 (Europe/Lisbon)"))

    story.forward(minutes=19, seconds=59)
    story.quiet()
    story.forward(seconds=1)

    story.expect(
        ("priya", "with_owner", "the hours of Ines Duarte have ended"),
        ("ines", "moved_on", "went to Priya Raman: the hours of Ines Duarte have ended"),
    )
    story.answer(verdict, "priya")
    assert verdict.wait(0).by == "priya"


def test_who_says_at_1750_that_they_have_it_is_left_to_finish_it(tell: Callable[..., Story]):
    story = tell(OFFICE, start=FRIDAY)
    verdict = story.decide(BIG)
    story.expect(("ines", "asked"))
    story.forward(minutes=10)
    story.acknowledge(verdict, "ines")

    story.forward(minutes=29)
    story.quiet()
    assert story.see(verdict).asks[0].holder == "ines"
    story.answer(verdict, "ines")
    assert verdict.wait(0).by == "ines"


def test_who_takes_it_and_goes_home_is_reminded_and_loses_it_the_same_evening(
    tell: Callable[..., Story],
):
    story = tell(OFFICE, start=FRIDAY)
    verdict = story.decide(BIG)
    story.expect(("ines", "asked"))
    story.acknowledge(verdict, "ines")
    story.forward(hours=4)

    # Reminded after 30m and 90m and 210m; the word holds for half of the eight hours.
    story.expect(
        *[("ines", "reminder")] * 3,
        ("priya", "with_owner", "the hours of Ines Duarte have ended"),
        ("ines", "moved_on"),
    )
    story.answer(verdict, "priya")


def test_when_clocks_go_back_the_night_shift_lasts_an_hour_longer(tell: Callable[..., Story]):
    # 22:00 in summer time to 06:00 in winter time: from 21:00 to 06:00 UTC.
    story = tell(NIGHT, start=CLOCKS_BACK.replace(hour=5, minute=45))
    verdict = story.decide(BIG)
    story.expect(("ines", "asked"))

    story.forward(minutes=14)
    story.quiet()
    story.forward(minutes=1)
    story.expect(
        ("priya", "with_owner", "the hours of Ines Duarte have ended"), ("ines", "moved_on")
    )
    story.answer(verdict, "priya")


def test_when_clocks_go_forward_the_night_shift_ends_an_hour_earlier(tell: Callable[..., Story]):
    # 22:00 in winter time to 06:00 in summer time: from 22:00 to 05:00 UTC.
    story = tell(NIGHT, start=CLOCKS_FORWARD.replace(hour=4, minute=45))
    first = story.decide(BIG, case="1")
    story.expect(("ines", "asked"))

    story.forward(minutes=15)
    story.expect(
        ("priya", "with_owner", "the hours of Ines Duarte have ended"), ("ines", "moved_on")
    )
    second = story.decide(BIG, case="2")
    story.expect(("priya", "with_owner", "Ines Duarte is off duty"))
    story.answer(first, "priya")
    story.answer(second, "priya")


def test_an_hour_that_comes_twice_is_worked_twice(tell: Callable[..., Story]):
    story = tell(with_hours("Sun 01:15-01:45"), start=CLOCKS_BACK.replace(hour=0, minute=20))
    first = story.decide(BIG, case="1")
    story.expect(("ines", "asked"))
    story.forward(minutes=25)
    story.expect(
        ("priya", "with_owner", "the hours of Ines Duarte have ended"), ("ines", "moved_on")
    )

    story.forward(minutes=30)
    story.expect(("priya", "reminder"))
    second = story.decide(BIG, case="2")
    story.expect(("ines", "asked"))
    story.answer(second, "ines")
    story.answer(first, "priya")


def test_an_hour_that_does_not_exist_is_not_waited_for(tell: Callable[..., Story]):
    story = tell(with_hours("Sun 01:15-01:45"), start=CLOCKS_FORWARD.replace(hour=0, minute=59))
    first = story.decide(BIG, case="1")
    story.clock.advance(minutes=16)
    second = story.decide(BIG, case="2")

    story.expect(*[("priya", "with_owner", "Ines Duarte is off duty")] * 2)
    story.answer(first, "priya")
    story.answer(second, "priya")


def test_a_deadline_is_as_long_in_the_night_that_clocks_go_back(tell: Callable[..., Story]):
    story = tell(start=CLOCKS_BACK.replace(hour=0, minute=50))
    verdict = story.decide()
    story.expect(("dana", "asked"))

    story.forward(minutes=14, seconds=59)
    story.quiet()
    story.forward(seconds=1)
    story.expect(
        ("marc", "asked", "Dana Reyes did not acknowledge within 15m"), ("dana", "moved_on")
    )
    story.answer(verdict, "marc")
