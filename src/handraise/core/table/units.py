"""Durations, hours and capacities as people write them.

`15m`, `Mon-Fri 09:00-17:00`, `40 a day`; each reads what its `_text` twin writes.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

from handraise.core.table.types import ALWAYS, CalendarUse, Person, Span

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_DURATION_S = 366 * 86_400
MAX_LENGTH = 80
EXAMPLE_TIMES = "09:00-17:00"
DURATION = re.compile(r"\s*([0-9]+(\.[0-9]+)?\s*[smhdw]\s*)+")
PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhdw])")
SPAN = re.compile(
    r"([A-Za-z]{3})(?:\s*-\s*([A-Za-z]{3}))?\s+"
    r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})"
)
CAPACITY = re.compile(r"\s*([0-9]{1,6})\s+(a day|open)\s*")


class UnitProblem(ValueError):  # noqa: N818 - turned into a finding or an error
    """What is wrong with a written quantity; the message says what was expected."""


def seconds(text: str | float) -> float:
    """Return a duration such as `15m`, `1h30m`, `2d` or a plain number of seconds, in seconds.

    Raises:
        UnitProblem: it is not a duration, not positive, or longer than a year.
    """
    expected = "expected a duration such as 15m, 4h or 2d"
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise UnitProblem(expected)
    if isinstance(text, str):
        if len(text) > MAX_LENGTH or not DURATION.fullmatch(text):
            if re.fullmatch(r"[0-9]{1,9}", text):
                raise UnitProblem(f'the duration "{text}" has no unit; write {text}m or {text}s')
            raise UnitProblem(f'"{text[:MAX_LENGTH]}" is not a duration; {expected}')
        pieces = PIECE.findall(text)
        found = sum(float(number) * SECONDS[unit] for number, unit in pieces)
    else:
        found = text
    if not 0 < found <= MAX_DURATION_S:
        raise UnitProblem("a duration is longer than nothing and at most a year")
    return float(found)


@lru_cache(maxsize=1024)
def duration_text(value_s: float) -> str:
    """Return seconds as the shortest exact spelling: 5400 gives `1h30m`."""
    rest = timedelta(seconds=value_s)
    text = ""
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, timedelta(seconds=SECONDS[unit]))
        text += f"{count}{unit}" if count else ""
    left = f"{rest.total_seconds():.6f}".rstrip("0").rstrip(".")
    return text + (f"{left}s" if rest or not text else "")


def percent_text(share: float) -> str:
    """Return a share of 1 as people write it: 0.02 is `2%`."""
    return f"{share * 100:.10g}%"


def hours(text: str | list[str]) -> tuple[Span, ...]:
    """Return the weekly spans of `always`, `Mon-Fri 09:00-17:00` or a list of such, sorted.

    A span past midnight (`22:00-06:00`) becomes two. Days wrap (`Fri-Mon`).

    Raises:
        UnitProblem: with what was expected.
    """
    if isinstance(text, str) and text.strip().lower() == "always":
        return ALWAYS
    written = [text] if isinstance(text, str) else text
    spans: list[Span] = []
    for one in written:
        for part in re.split(r"[;,](?=\s*[A-Za-z])", one):
            spans += _spans(part.strip())
    if not spans:
        raise UnitProblem("the hours are empty; write always, or spans such as Mon-Fri 09:00-17:00")
    return _merged(spans)


def _spans(text: str) -> list[Span]:
    found = SPAN.fullmatch(text)
    if found is None:
        raise UnitProblem(f'"{text}" are no hours: {_wrong_part(text)}')
    first, last = _weekday(found.group(1)), _weekday(found.group(2) or found.group(1))
    start = _minute(found.group(3), found.group(4), text)
    end = _minute(found.group(5), found.group(6), text)
    if start == end or start == 1440:
        raise UnitProblem(f'"{text}" is empty; the end must differ from the start')
    days = [(first + n) % 7 for n in range((last - first) % 7 + 1)]
    if start < end:
        return [Span(day, start, end) for day in days]
    evening = [Span(day, start, 1440) for day in days]
    morning = [Span((day + 1) % 7, 0, end) for day in days if end]
    return evening + morning


def _wrong_part(text: str) -> str:
    """Return which part of a text keeps it from being hours, and what was expected there."""
    if text.lower().startswith("calendar:"):
        return "a calendar is no text; write {calendar: oncall.ics}"
    days, times = re.fullmatch(r"([^0-9]*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if not times:
        return f"the times of day are missing; write e.g. Mon-Fri {EXAMPLE_TIMES}"
    if not days.strip():
        return f"the days are missing; write e.g. Mon-Fri {EXAMPLE_TIMES}"
    for word in re.split(r"\s*-\s*", days.strip(), maxsplit=1):
        if word.lower() not in WEEKDAYS:
            near = [name for name in WEEKDAY_NAMES if word.lower().startswith(name.lower()[:2])]
            hint = f"write {near[0]}" if near else f"expected {', '.join(WEEKDAY_NAMES)}"
            return f'"{word}" is no day; {hint}'
    clocks = re.split(r"\s*-\s*", times, maxsplit=1)
    if len(clocks) == 1:
        return f"the end is missing; write e.g. Mon-Fri {EXAMPLE_TIMES}"
    for clock in clocks:
        if re.fullmatch(r"[0-9]{1,2}", clock):
            return f'"{clock}" has no minutes; write {clock:0>2}:00'
        if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", clock):
            return f'"{clock}" is no time of day; write it like 09:00'
    return f"expected always, or e.g. Mon-Fri {EXAMPLE_TIMES}"


def _weekday(word: str) -> int:
    if word.lower() not in WEEKDAYS:
        raise UnitProblem(f'"{word}" is no day; expected {", ".join(WEEKDAY_NAMES)}')
    return WEEKDAYS.index(word.lower())


def _minute(hour: str, minute: str, text: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > 1440:
        raise UnitProblem(f'"{text}" has a time of day that does not exist')
    return found


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    """Return the spans sorted, with overlapping and touching ones joined."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.weekday, one.start)):
        last = result[-1] if result else None
        if last and last.weekday == span.weekday and span.start <= last.end:
            result[-1] = Span(last.weekday, last.start, max(last.end, span.end))
        else:
            result.append(span)
    return tuple(result)


def hours_text(spans: tuple[Span, ...]) -> str:
    """Return spans as people write them, days with equal hours joined: `Mon-Fri 09:00-17:00`."""
    if not spans:
        return "always"
    by_time: dict[tuple[int, int], list[int]] = {}
    for span in spans:
        by_time.setdefault((span.start, span.end), []).append(span.weekday)
    parts = []
    for (start, end), days in by_time.items():
        clock = f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
        parts += [f"{run} {clock}" for run in _runs(days)]
    return ", ".join(parts)


def hours_of(person: Person) -> str:
    """Return when a person is there, in words: weekly hours, holidays, shifts of calendars."""
    return _hours_words(person.hours, person.calendars, person.holidays)


@lru_cache(maxsize=4096)
def _hours_words(
    spans: tuple[Span, ...], calendars: tuple[CalendarUse, ...], holidays: str | None
) -> str:
    """Return hours in words, worked out once: whole routes may be off duty, many times a day."""
    parts = [hours_text(spans)] if spans or not calendars else []
    if parts and holidays is not None:
        parts = [f"{parts[0]} but not on public holidays ({holidays})"]
    return " and ".join([*parts, *map(_calendar_text, calendars)])


def _calendar_text(use: CalendarUse) -> str:
    name = use.file.replace("\\", "/").rsplit("/", 1)[-1]
    return f"every event of {name}" if use.every_event else f"the shifts of {name} that name them"


def _runs(days: list[int]) -> list[str]:
    """Return weekdays as runs: [0, 1, 2, 4] gives `Mon-Wed`, `Fri`."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = WEEKDAY_NAMES
    return [names[run[0]] if len(run) == 1 else f"{names[run[0]]}-{names[run[-1]]}" for run in runs]


def capacity(text: str) -> tuple[int | None, int | None]:
    """Return (asks a day, asks open at once) of `40 a day`, `5 open` or both with `and`.

    Raises:
        UnitProblem: with what was expected.
    """
    day: int | None = None
    at_once: int | None = None
    for part in re.split(r"\s+and\s+|,", text.strip()):
        found = CAPACITY.fullmatch(part)
        if re.fullmatch(r"[0-9]{1,6}", part):
            raise UnitProblem(f'the capacity "{part}" has no unit; write {capacity_hint(part)}')
        if found is None or int(found.group(1)) == 0:
            raise UnitProblem(f'"{text}" is no capacity; expected e.g. 40 a day, or 5 open')
        if (day if found.group(2) == "a day" else at_once) is not None:
            raise UnitProblem(f'"{text}" says "{found.group(2)}" twice; say it once')
        if found.group(2) == "a day":
            day = int(found.group(1))
        else:
            at_once = int(found.group(1))
    return day, at_once


def capacity_hint(number: str | float) -> str:
    """Return how a bare number is written as a capacity; an example where it cannot be one."""
    if not CAPACITY.fullmatch(f"{number} open") or not int(number):
        return "a whole number of 1 or more, e.g. 5 open or 40 a day"
    return f"{number} open or {number} a day"


def capacity_text(day: int | None, at_once: int | None) -> str:
    """Return a capacity as people write it; empty when there is no limit."""
    parts = [f"{day} a day"] if day is not None else []
    parts += [f"{at_once} open"] if at_once is not None else []
    return " and ".join(parts)
