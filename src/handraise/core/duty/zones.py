"""The time zones of a calendar: by their IANA name, by their name in Windows, or as described.

A name that is known here wins over the description in the file: the world's time zones change, and
files do not follow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from icalendar.prop import vUTCOffset
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from handraise.core.duty.hours import zone_of
from handraise.core.duty.ical import MAX_WORD, Component, rule, when
from handraise.core.duty.recurrence import Budget, CalendarProblem, occurrences

LAST = datetime(2100, 1, 1)  # noqa: DTZ001 - by the zone's own clock
"""Until when the clock changes of a described zone are worked out."""

MOST_DAYS = 100_000
"""How many days may be looked at for all the zones of a file."""


class DescribedZone(tzinfo):
    """A time zone as a calendar file describes it."""

    def __init__(self, name: str, changes: list[tuple[datetime, timedelta, timedelta]]) -> None:
        """Keep the clock changes.

        Args:
            name: what the file calls it.
            changes: at least one: (by the clock before, offset before, offset after), sorted.
        """
        self._name = name
        self._changes = changes
        self._starts = [start for start, _, _ in changes]

    def utcoffset(self, at: datetime | None) -> timedelta:
        """Return the offset from UTC at a time by the zone's own clock."""
        wall = LAST if at is None else at.replace(tzinfo=None)
        place = bisect_right(self._starts, wall)
        return self._changes[place - 1][2] if place else self._changes[0][1]

    def dst(self, at: datetime | None) -> None:
        """Return None: the file does not say which part of the offset is daylight saving."""

    def tzname(self, at: datetime | None) -> str:
        """Return what the file calls it."""
        return self._name


def zone_named(name: str, described: Mapping[str, Component], budget: Budget) -> tzinfo:
    """Return the time zone that a calendar calls by a name.

    Args:
        name: the `TZID`.
        described: the `VTIMEZONE` components of the file, by name.
        budget: how many days may still be looked at for them.

    Raises:
        CalendarProblem: neither the name is known nor a usable description given.
    """
    parts = name.strip("/ ").split("/")
    # "/example.org/2024/Europe/Lisbon" is a name of that organisation's own for Europe/Lisbon.
    for n in range(len(parts) if name.startswith("/") else 1):
        candidate = "/".join(parts[n:])
        try:
            return zone_of(WINDOWS_TO_OLSON.get(candidate, candidate))
        except (OSError, ValueError, KeyError):
            continue
    if name not in described:
        raise CalendarProblem(f'the time zone "{name[:MAX_WORD]}" is not known')
    changes = sorted(
        change for part in described[name].parts for change in _changes(part, name, budget)
    )
    if not changes:
        raise CalendarProblem(f'the time zone "{name[:MAX_WORD]}" is described by nothing')
    return DescribedZone(name, changes)


def _changes(
    part: Component, name: str, budget: Budget
) -> list[tuple[datetime, timedelta, timedelta]]:
    """Return the clock changes that one observance of a description stands for."""
    try:
        before = _offset(part.text("TZOFFSETFROM"))
        after = _offset(part.text("TZOFFSETTO"))
    except ValueError as problem:
        raise CalendarProblem(f'the time zone "{name[:MAX_WORD]}" has no offset') from problem
    start = _wall(part.text("DTSTART"))
    walls = [start]
    for line in part.all("RRULE"):
        how, until = rule(line.value, start)
        last = LAST
        if isinstance(until, datetime):
            last = until.replace(tzinfo=None) + (before if until.tzinfo else timedelta())
        walls += occurrences(how, start, start, min(last, LAST), budget)
    for line in part.all("RDATE"):
        walls += [_wall(value) for value in line.value.split(",")]
    return [(wall, before, after) for wall in set(walls)]


def _wall(value: str) -> datetime:
    found = when(value)
    if not isinstance(found, datetime):
        raise CalendarProblem(f'"{value[:MAX_WORD]}" is no time of a clock change')
    return found.replace(tzinfo=None)


def _offset(value: str) -> timedelta:
    found: timedelta = vUTCOffset.from_ical(value)  # type: ignore[no-untyped-call]
    return found
