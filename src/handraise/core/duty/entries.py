"""The events of a calendar as they count for a rota: when, how often, whom they name.

An event that cannot be read stays among them with its problem: whether that matters depends on
whose shifts are asked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from handraise.core.duty.ical import (
    MAX_WORD,
    Component,
    Line,
    When,
    components,
    length,
    rule,
    when,
)
from handraise.core.duty.recurrence import Budget, CalendarProblem, Rule
from handraise.core.duty.zones import MOST_DAYS, zone_named

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=366)
WORD = re.compile(r"\w+")
NO_PART = {"DECLINED", "DELEGATED"}


class Length(Struct, frozen=True):
    """How long an event lasts: first by the clock on the wall, then by the time that passes."""

    wall: timedelta
    exact: timedelta = timedelta()


class Entry(Struct, frozen=True, kw_only=True):
    """An event as it stands in the file.

    Attributes:
        uid: what its series is called.
        label: for people.
        start: when it first happens; means nothing where there is a problem.
        length: how long it lasts.
        rule: how it repeats; None for once.
        until: the last time it may happen; None for no end.
        added: further times, each with its length.
        removed: times at which it does not happen after all.
        replaces: the time in its series that it stands for; None for the series itself.
        sequence: which revision it is.
        is_cancelled: whether it does not happen.
        words: what may name people: its summary, the names of who attends; folded for comparing.
        addresses: the mail addresses of who attends, folded.
        problem: why it cannot be read; None when it can.
    """

    uid: str
    label: str
    start: When = date.min
    length: Length = Length(timedelta())
    rule: Rule | None = None
    until: When | None = None
    added: tuple[tuple[When, Length], ...] = ()
    removed: tuple[When, ...] = ()
    replaces: When | None = None
    sequence: int = 0
    is_cancelled: bool = False
    words: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    problem: str | None = None


class Calendar(Struct, frozen=True):
    """The events of a calendar.

    Attributes:
        series: the events, those of one series together.
        places: by word, in which series it stands where somebody may be named.
    """

    series: tuple[tuple[Entry, ...], ...]
    places: Mapping[str, Sequence[int]]


def read_calendar(text: str) -> Calendar:
    """Return the calendar that an iCalendar text holds.

    Raises:
        CalendarProblem: it holds none, it is cut off, or too long.
    """
    series: dict[str, list[Entry]] = {}
    budget = Budget(MOST_DAYS)
    for calendar in components(text):
        described = {part.text("TZID"): part for part in calendar.parts if part.name == "VTIMEZONE"}
        zones = Zones(described, budget)
        for n, part in enumerate(calendar.parts):
            if part.name == "VEVENT":
                # Without a name an event is a series of its own.
                entry = _entry(part, part.text("UID") or f" {len(series)}.{n}", zones)
                series.setdefault(entry.uid, []).append(entry)
    listed = tuple(tuple(entries) for entries in series.values())
    return Calendar(listed, _places(listed))


def _places(series: Sequence[Sequence[Entry]]) -> dict[str, list[int]]:
    """Return by word in which series it stands: a rota of a thousand is asked a thousand times."""
    found: dict[str, list[int]] = {}
    for place, entries in enumerate(series):
        texts = [text for entry in entries for text in (*entry.words, *entry.addresses)]
        for word in {word for text in texts for word in words_in(text)}:
            found.setdefault(word, []).append(place)
    return found


def words_in(text: str) -> list[str]:
    """Return the words of a folded text, in order."""
    return WORD.findall(text)


def folded(text: str) -> str:
    """Return a text for comparing: case, width and runs of blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Zones:
    """The time zones of a calendar, each worked out once."""

    def __init__(self, described: Mapping[str, Component], budget: Budget) -> None:
        """Keep the descriptions, and what working them out may cost."""
        self._described = described
        self._budget = budget
        self._found: dict[str, tzinfo] = {}

    def named(self, name: str) -> tzinfo:
        """Return the zone of a name.

        Raises:
            CalendarProblem: it is not known.
        """
        if name not in self._found:
            self._found[name] = zone_named(name, self._described, self._budget)
        return self._found[name]


def _entry(part: Component, uid: str, zones: Zones) -> Entry:
    """Return an event; what cannot be read leaves its problem."""
    summary = part.text("SUMMARY")
    attending = [line for line in part.all("ATTENDEE") if _takes_part(line)]
    entry = {
        "uid": uid,
        "label": (summary or uid).strip()[:MAX_WORD],
        "words": tuple(
            folded(one) for one in (summary, *(line.parameter("CN") for line in attending)) if one
        ),
        "addresses": tuple(folded(_address(line.value)) for line in attending),
        "is_cancelled": part.text("STATUS").strip().upper() == "CANCELLED",
    }
    try:
        return Entry(**entry, **_times(part, zones))  # type: ignore[arg-type]
    except CalendarProblem as problem:
        return Entry(**entry, problem=str(problem))  # type: ignore[arg-type]


def _takes_part(line: Line) -> bool:
    status, role = line.parameter("PARTSTAT").upper(), line.parameter("ROLE").upper()
    return status not in NO_PART and role != "NON-PARTICIPANT"


def _address(value: str) -> str:
    return value[7:] if value[:7].lower() == "mailto:" else value


def _times(part: Component, zones: Zones) -> dict[str, object]:
    """Return when an event happens.

    Raises:
        CalendarProblem: that cannot be read.
    """
    if part.torn:
        raise CalendarProblem(f'"{part.torn[0]}" is no line of a calendar')
    if part.all("EXRULE"):
        raise CalendarProblem("EXRULE is not read; write the days as EXDATE")
    begins = part.one("DTSTART")
    if begins is None:
        raise CalendarProblem("DTSTART is missing")
    start = _when(begins, begins.value, zones)
    lasts = _length(part, start, zones)
    rules = part.all("RRULE")
    if len(rules) > 1:
        raise CalendarProblem("it has more than one RRULE")
    how, until = rule(rules[0].value, start) if rules else (None, None)
    replaced = part.one("RECURRENCE-ID")
    if replaced is not None and replaced.parameter("RANGE"):
        raise CalendarProblem("RANGE is not read; end the series, and begin another")
    return {
        "start": start,
        "length": lasts,
        "rule": how,
        "until": until,
        "added": tuple(
            _added(line, value, lasts, zones)
            for line in part.all("RDATE")
            for value in line.value.split(",")
        ),
        "removed": tuple(
            _when(line, value, zones)
            for line in part.all("EXDATE")
            for value in line.value.split(",")
        ),
        "replaces": _when(replaced, replaced.value, zones) if replaced else None,
        "sequence": _sequence(part.text("SEQUENCE")),
    }


def _when(line: Line, value: str, zones: Zones) -> When:
    """Return a day or a time, in the zone that its line names."""
    found = when(value)
    name = line.parameter("TZID")
    if not isinstance(found, datetime) or found.tzinfo is not None or not name:
        return found
    return found.replace(tzinfo=zones.named(name))


def _length(part: Component, start: When, zones: Zones) -> Length:
    ends, duration = part.one("DTEND"), part.one("DURATION")
    if ends is not None:
        return _between(start, _when(ends, ends.value, zones))
    if duration is not None:
        return _lasting(length(duration.value))
    return Length(timedelta() if isinstance(start, datetime) else ONE_DAY)


def _between(start: When, end: When) -> Length:
    first, last = wall(start), wall(end)
    if zone_in(start) is not zone_in(end) and zone_in(start) and zone_in(end):
        return _checked(Length(timedelta(), instant(end, UTC) - instant(start, UTC)))
    return _checked(Length(last - first))


def _lasting(duration: timedelta) -> Length:
    """Return the length for a duration: its days by the calendar, its hours as they pass."""
    days = timedelta(days=duration.days)
    return _checked(Length(days, duration - days))


def _checked(lasts: Length) -> Length:
    if not timedelta() <= lasts.wall + lasts.exact <= LONGEST:
        raise CalendarProblem("it ends before it begins, or lasts for more than a year")
    return lasts


def _added(line: Line, value: str, lasts: Length, zones: Zones) -> tuple[When, Length]:
    """Return a further time: on its own, or from when to when, or from when for how long."""
    first, slash, last = value.partition("/")
    start = _when(line, first, zones)
    if not slash:
        return start, lasts
    if last.strip().upper().startswith(("P", "+P")):
        return start, _lasting(length(last))
    return start, _between(start, _when(line, last, zones))


def _sequence(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 10 else 0


def wall(at: When) -> datetime:
    """Return a time by the clock where it is; a day begins at midnight."""
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime.combine(at, time())


def zone_in(at: When) -> tzinfo | None:
    """Return the zone that a time is told in; None for a day, and for one without a zone."""
    return at.tzinfo if isinstance(at, datetime) else None


def instant(at: When, zone: tzinfo) -> datetime:
    """Return a time in UTC; `zone` is that of days, and of times without a zone.

    Where the clock on the wall shows a time twice, it is the first; where it leaves it out, it is
    as long after midnight as the clock would have shown.
    """
    bare = wall(at)
    try:
        return bare.replace(tzinfo=zone_in(at) or zone).astimezone(UTC)
    except OverflowError:  # at an end of time, where some files put what never ends
        return bare.replace(tzinfo=UTC)
