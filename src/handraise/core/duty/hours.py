"""When a person is there: their weekly hours in their own zone, and the shifts of a calendar.

Duty is exact to the instant: it begins with the first moment of a span or shift and is over at its
end, also in the nights when clocks change. An hour that comes twice is worked twice; one that does
not exist cannot be missed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from handraise.core.duty.holidays import holiday
from handraise.core.table.types import Person

Shift = tuple[datetime, datetime]
"""Start and end of a shift, aware; the end is exclusive."""

SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; the library itself keeps only a few of them."""
    return ZoneInfo(name)


def on_duty(person: Person, at: datetime, shifts: Sequence[Shift] | None = ()) -> bool:
    """Whether the person is there at the instant: by their hours, or by a shift of a calendar.

    Args:
        person: who.
        at: the instant, aware.
        shifts: theirs, sorted and apart from each other; None where they cannot be read, which
            counts as none.
    """
    return _shift_end(shifts, at) is not None or _within_hours(person, at)


def duty_ends(
    person: Person, shifts: Sequence[Shift] | None, at: datetime, until: datetime
) -> datetime | None:
    """Return the first instant in (`at`, `until`] at which somebody on duty is so no longer.

    None when they stay on duty, and for somebody who is off duty at `at`: nothing ends then.
    """
    end = at = at.astimezone(UTC)
    while end <= until:
        later = _shift_end(shifts, end) or _hours_change(person, end)
        if later is None:
            return end if end > at else None
        end = later
    return None


def day_start(person: Person, at: datetime) -> datetime:
    """Return the instant of the last midnight in the person's zone, in UTC."""
    local = at.astimezone(zone_of(person.zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def holiday_at(person: Person, at: datetime) -> str | None:
    """Return the name of the public holiday that keeps the person off duty; None on other days."""
    if person.holidays is None:
        return None
    return holiday(person.holidays, at.astimezone(zone_of(person.zone)).date())


def gap(people: Iterable[Person], monday: datetime) -> Shift | None:
    """Return the first stretch of the week from `monday` in which none of the people is on duty.

    Calendars and holidays have no weekly pattern and are left out.

    Args:
        people: those of one route.
        monday: an aware instant on the minute; the week that follows is looked at in steps that all
            hours are multiples of, so nothing falls between them.
    """
    listed = list(people)
    ends = {end for person in listed for span in person.hours for end in (span.start, span.end)}
    minutes = math.gcd(15, *ends)
    step = timedelta(minutes=minutes)
    instants = [monday + step * n for n in range(7 * 24 * 60 // minutes)]
    covered = [any(_within_spans(person, at) for person in listed) for at in instants]
    if all(covered):
        return None
    first = covered.index(False)
    length = next(
        (n for n, is_covered in enumerate(covered[first:]) if is_covered), len(covered) - first
    )
    return instants[first], instants[first] + step * length


def _shift_end(shifts: Sequence[Shift] | None, at: datetime) -> datetime | None:
    """Return the end of the shift that covers the instant, or None."""
    if not shifts:
        return None
    place = bisect_right(shifts, at, key=itemgetter(0))
    return shifts[place - 1][1] if place and at < shifts[place - 1][1] else None


def _within_spans(person: Person, at: datetime) -> bool:
    """Whether the weekly hours cover the instant, whatever the date."""
    if not person.hours:
        return not person.calendars
    local = at.astimezone(zone_of(person.zone))
    minute = local.hour * 60 + local.minute
    return any(
        span.weekday == local.weekday() and span.start <= minute < span.end for span in person.hours
    )


def _within_hours(person: Person, at: datetime) -> bool:
    return _within_spans(person, at) and holiday_at(person, at) is None


def _hours_change(person: Person, at: datetime) -> datetime | None:
    """Return the next instant to look at when the hours cover `at`; None when they do not.

    Until then they cover everything: it is the end of the span, the next midnight, or the moment
    at which the clocks are changed, whichever comes first.
    """
    if not _within_hours(person, at):
        return None
    zone = zone_of(person.zone)
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    ends = [
        span.end
        for span in person.hours
        if span.weekday == local.weekday() and span.start <= minute < span.end
    ]
    midnight = datetime.combine(local.date(), datetime.min.time())
    end = midnight + timedelta(minutes=max(ends, default=24 * 60))
    later = at + (end - local.replace(tzinfo=None))
    return clock_change(zone, at, later) or later


def clock_change(zone: tzinfo, first: datetime, last: datetime) -> datetime | None:
    """Return the instant in (`first`, `last`] from which the zone's clocks are set differently."""
    before = first.astimezone(zone).utcoffset()
    if last.astimezone(zone).utcoffset() == before:
        return None
    # Clocks are changed on a full second: between the two lies one second that is the first.
    early, late = math.floor(first.timestamp()), math.ceil(last.timestamp())
    while late - early > 1:
        middle = (early + late) // 2
        same = datetime.fromtimestamp(middle, zone).utcoffset() == before
        early, late = (middle, late) if same else (early, middle)
    return datetime.fromtimestamp(late, UTC)
