"""Everybody's duty over a long time, worked out once: when it begins and ends, and their midnights.

INVARIANT: an instant lies in one of the spans exactly where `on_duty` says so; a span is over where
`duty_ends` says so. Who has to ask at many thousands of instants asks here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from handraise.core.duty.hours import Shift, clock_change, day_start, duty_ends, on_duty, zone_of
from handraise.core.table.types import Person

DAY = timedelta(days=1)


def duty_spans(
    person: Person, shifts: Sequence[Shift] | None, first: datetime, last: datetime
) -> tuple[Shift, ...]:
    """Return the stretches of [`first`, `last`) in which a person is on duty, sorted and apart.

    Args:
        person: who.
        shifts: theirs by their calendars, as `on_duty` takes them.
        first: an aware instant; duty that began earlier is cut off here.
        last: an aware instant, later; duty that goes on is cut off here.

    Example:
        >>> from handraise.core.table.units import hours
        >>> dana = Person(id="dana", name="Dana", contacts=(), hours=hours("Mon 09:00-17:00"))
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> [(start.hour, end.hour) for start, end in duty_spans(dana, (), monday, monday + DAY)]
        [(9, 17)]
    """
    found: list[Shift] = []
    end = first = first.astimezone(UTC)
    for start in sorted(set(_beginnings(person, shifts, first, last))):
        if end <= start < last and on_duty(person, start, shifts):
            ends_at = duty_ends(person, shifts, start, last)
            end = last.astimezone(UTC) if ends_at is None else ends_at
            found.append((start, end))
    return tuple(found)


def midnights(person: Person, first: datetime, last: datetime) -> tuple[datetime, ...]:
    """Return where the person's days begin: the last midnight up to `first`, and each to `last`."""
    noons = (_instant(person, day, 12 * 60) for day in _days(person, first, last))
    found = sorted({day_start(person, noon) for noon in noons})
    begun = day_start(person, first)
    return tuple(one for one in found if begun <= one <= last)


def _beginnings(
    person: Person, shifts: Sequence[Shift] | None, first: datetime, last: datetime
) -> Iterator[datetime]:
    """Yield all instants at which duty may begin, and others."""
    yield first
    yield from (start.astimezone(UTC) for start, _ in shifts or () if start >= first)
    for day in _days(person, first, last):
        # A holiday ends at midnight, a span begins by the clock, and clocks may jump into one.
        minutes = {0, *(span.start for span in person.hours if span.weekday == day.weekday())}
        for minute in minutes:
            yield _instant(person, day, minute)
            yield _instant(person, day, minute, fold=1)
        noon = _instant(person, day, 12 * 60)
        change = clock_change(zone_of(person.zone), noon - DAY, noon)
        if change is not None:
            yield change


def _days(person: Person, first: datetime, last: datetime) -> Iterator[date]:
    """Yield the dates of the person's own calendar, with one more on either side."""
    zone = zone_of(person.zone)
    begin, end = first.astimezone(zone).date() - DAY, last.astimezone(zone).date() + DAY
    for n in range((end - begin).days + 1):
        yield begin + n * DAY


def _instant(person: Person, day: date, minute: int, fold: int = 0) -> datetime:
    wall = datetime.combine(day, time(), zone_of(person.zone)) + timedelta(minutes=minute)
    return wall.replace(fold=fold).astimezone(UTC)
