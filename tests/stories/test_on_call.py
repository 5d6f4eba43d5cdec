"""An on-call calendar of the team: who is on shift is asked, and an override counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.story import TABLE, Story

TABLE_ON_CALL = TABLE.replace(
    '"mailto:dana@example.com"', '"mailto:dana@example.com", hours: {calendar: on-call.ics}'
).replace('"mailto:marc@example.com"', '"mailto:marc@example.com", hours: {calendar: on-call.ics}')

SERIES = """\
BEGIN:VEVENT
UID:rota@example.com
SUMMARY:Dana Reyes
DTSTART:20261123T080000Z
DTEND:20261123T200000Z
RRULE:FREQ=DAILY;COUNT=14
END:VEVENT
"""
WEDNESDAY_IS_MARCS = """\
BEGIN:VEVENT
UID:rota@example.com
RECURRENCE-ID:20261125T080000Z
SUMMARY:Marc Oyelaran
DTSTART:20261125T080000Z
DTEND:20261125T180000Z
END:VEVENT
"""
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WEDNESDAY = TUESDAY + timedelta(days=1)


def keep(folder: Path, *events: str) -> None:
    """Write the calendar beside the table."""
    parts = ["BEGIN:VCALENDAR\n", "VERSION:2.0\n", "PRODID:-//team//rota//EN\n", *events]
    text = "".join([*parts, "END:VCALENDAR\n"])
    (folder / "on-call.ics").write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")


def test_who_is_on_shift_is_asked_and_the_override_counts(
    tell: Callable[..., Story], tmp_path: Path
):
    keep(tmp_path, SERIES, WEDNESDAY_IS_MARCS)
    story = tell(TABLE_ON_CALL, start=TUESDAY)
    tuesday = story.decide(case="tuesday")
    story.expect(("dana", "asked"))
    story.answer(tuesday, "dana")

    story.clock.set(WEDNESDAY)
    wednesday = story.decide(case="wednesday")
    story.expect(("marc", "asked", "Dana Reyes is off duty"))
    story.answer(wednesday, "marc")

    story.clock.set(WEDNESDAY + timedelta(days=1))
    thursday = story.decide(case="thursday")
    story.expect(("dana", "asked"))
    story.answer(thursday, "dana")


def test_the_override_ends_earlier_and_nobody_is_on_call_then(
    tell: Callable[..., Story], tmp_path: Path
):
    keep(tmp_path, SERIES, WEDNESDAY_IS_MARCS)
    story = tell(TABLE_ON_CALL, start=WEDNESDAY.replace(hour=17, minute=50))
    verdict = story.decide()
    story.expect(("marc", "asked", "acknowledge by Wed 25 Nov, 18:00"))

    story.forward(minutes=10)
    story.expect(
        ("priya", "with_owner", "the hours of Marc Oyelaran have ended"), ("marc", "moved_on")
    )
    story.answer(verdict, "priya")


def test_an_override_written_today_is_in_force_within_a_minute(
    tell: Callable[..., Story], tmp_path: Path
):
    keep(tmp_path, SERIES)
    story = tell(TABLE_ON_CALL, start=WEDNESDAY)
    first = story.decide(case="1")
    story.expect(("dana", "asked"))
    story.answer(first, "dana")

    keep(tmp_path, SERIES, WEDNESDAY_IS_MARCS)
    story.forward(minutes=1)
    second = story.decide(case="2")
    story.expect(("marc", "asked"))
    story.answer(second, "marc")


def test_without_its_calendar_nobody_is_on_call_and_the_owner_has_it_at_once(
    tell: Callable[..., Story], tmp_path: Path
):
    keep(tmp_path, SERIES)
    story = tell(TABLE_ON_CALL, start=TUESDAY.replace(hour=3))
    verdict = story.decide()

    story.expect(("priya", "with_owner", "Dana Reyes is off duty"))
    story.answer(verdict, "priya")
