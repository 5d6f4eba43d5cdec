"""iCalendar text (RFC 5545) as components and values; what they mean is read elsewhere.

Lines and values are read with the `icalendar` package. Its calendars are not used: they keep the
time zones of one file for the next, and run rules of any cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar.parser import Contentlines
from icalendar.prop import vDDDTypes, vRecur
from msgspec import Struct

from handraise.core.duty.recurrence import CalendarProblem, Frequency, Rule

MAX_LENGTH = 2_000_000
MAX_PARTS = 20_000
MAX_WORD = 60
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: dict[str, Frequency] = {
    "DAILY": "DAILY",
    "WEEKLY": "WEEKLY",
    "MONTHLY": "MONTHLY",
    "YEARLY": "YEARLY",
}

When = date
"""A day, an instant (aware), or a time by whatever clock the reader has (naive)."""


class Line(Struct, frozen=True):
    """A line of a component: its name, its parameters and its value."""

    name: str
    parameters: Mapping[str, Any]
    value: str

    def parameter(self, name: str) -> str:
        """Return a parameter's text; empty when it is left out."""
        found = self.parameters.get(name)
        return found if isinstance(found, str) else ""


class Component(Struct, frozen=True):
    """What stands between `BEGIN:NAME` and `END:NAME`.

    Attributes:
        name: its name, upper case.
        lines: its own lines, in order.
        parts: the components in it, in order.
        torn: its lines that are none.
    """

    name: str
    lines: list[Line]
    parts: list[Component]
    torn: list[str]

    def all(self, name: str) -> list[Line]:
        """Return its lines of a name, in order."""
        return [line for line in self.lines if line.name == name]

    def one(self, name: str) -> Line | None:
        """Return its last line of a name, or None."""
        return next(iter(self.all(name)[-1:]), None)

    def text(self, name: str) -> str:
        """Return the value of its last line of a name; empty when there is none."""
        line = self.one(name)
        return line.value if line else ""


def components(text: str) -> list[Component]:
    """Return the components at the top of a text: calendars.

    Raises:
        CalendarProblem: it is no iCalendar text, it is cut off, or it is too long.
    """
    if len(text) > MAX_LENGTH:
        raise CalendarProblem(f"it is longer than {MAX_LENGTH:,} characters")
    root = Component("", [], [], [])
    stack = [root]
    begun = 0
    for written in _written(text):
        line = _line(written)
        if line is None:
            stack[-1].torn.append(str(written)[:MAX_WORD])
        elif line.name == "BEGIN":
            begun += 1
            _begin(stack, line.value, begun)
        elif line.name == "END":
            _end(stack, line.value)
        else:
            stack[-1].lines.append(line)
    if len(stack) > 1:
        raise CalendarProblem(f"it is cut off: END:{stack[-1].name[:MAX_WORD]} is missing")
    found = [part for part in root.parts if part.name == "VCALENDAR"]
    if not found:
        raise CalendarProblem("it is no iCalendar file: BEGIN:VCALENDAR is missing")
    return found


def _written(text: str) -> list[Any]:
    """Return the lines of a text, folded ones joined."""
    lines = Contentlines.from_ical(text.removeprefix("\ufeff"))  # type: ignore[no-untyped-call]
    return [line for line in lines if line]


def _begin(stack: list[Component], name: str, begun: int) -> None:
    if begun > MAX_PARTS:
        raise CalendarProblem(f"it holds more than {MAX_PARTS:,} parts")
    part = Component(name.strip().upper(), [], [], [])
    stack[-1].parts.append(part)
    stack.append(part)


def _end(stack: list[Component], name: str) -> None:
    if stack[-1].name != name.strip().upper():
        raise CalendarProblem(f"END:{name[:MAX_WORD]} ends nothing that was begun")
    stack.pop()


def _line(written: Any) -> Line | None:
    try:
        name, parameters, value = written.parts()
    except ValueError:
        return None
    return Line(name.upper(), parameters, value)


def when(value: str) -> When:
    """Return a day or a time as it is written.

    Raises:
        CalendarProblem: it is neither.
    """
    found = _typed(value)
    if not isinstance(found, date):
        raise CalendarProblem(f'"{value[:MAX_WORD]}" is no date')
    return _in_utc(found)


def _in_utc(at: When) -> When:
    """Return an instant with our own UTC; anything else as it is."""
    return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo is not None else at


def length(value: str) -> timedelta:
    """Return a duration.

    Raises:
        CalendarProblem: it is none.
    """
    found = _typed(value)
    if not isinstance(found, timedelta):
        raise CalendarProblem(f'"{value[:MAX_WORD]}" is no duration')
    return found


def _typed(value: str) -> Any:
    try:
        return vDDDTypes.from_ical(value.strip())  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError) as problem:
        raise CalendarProblem(f'"{value[:MAX_WORD]}" is no date and no duration') from problem


def rule(value: str, start: When) -> tuple[Rule, When | None]:
    """Return how an event that first happens at `start` repeats, and until when.

    Raises:
        CalendarProblem: it is no such rule, or one that a shift cannot follow.
    """
    try:
        found = vRecur.from_ical(value)
        written = {str(name).upper(): found[name] for name in found}
        return _rule(written, start), _until(written)
    except CalendarProblem:
        raise
    except (ValueError, OverflowError) as problem:
        raise CalendarProblem(f'"{value[:MAX_WORD]}" is no rule to repeat by') from problem


_READ = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY"}
_READ |= {"BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"}


def _rule(written: Mapping[str, list[Any]], start: When) -> Rule:
    unread = sorted(name[:MAX_WORD] for name in set(written) - _READ)
    unread += ["leap months" for one in written.get("BYMONTH", ()) if one.leap]
    if unread:
        raise CalendarProblem(f"it repeats by {unread[0]}, which is not read")
    if "FREQ" not in written:
        raise CalendarProblem("its rule does not say how often it repeats: FREQ is missing")
    frequency = FREQUENCIES.get(str(written["FREQ"][0]))
    if frequency is None:
        raise CalendarProblem("it repeats more often than daily, which no shift does")
    _check_time(written, start)
    interval, count = written.get("INTERVAL", [1])[0], written.get("COUNT", [None])[0]
    if interval < 1 or (count is not None and count < 1):
        raise CalendarProblem("it repeats every 0 times, or 0 times")
    week_start = str(written.get("WKST", ["MO"])[0])
    if written.get("BYWEEKNO") and week_start != "MO":
        raise CalendarProblem("it counts weeks of the year that do not begin on Monday")
    return Rule(
        frequency=frequency,
        interval=interval,
        count=count,
        week_start=WEEKDAYS.index(week_start),
        months=_numbers(written, "BYMONTH", 1, 12),
        weeks=_numbers(written, "BYWEEKNO", -53, 53),
        year_days=_numbers(written, "BYYEARDAY", -366, 366),
        month_days=_numbers(written, "BYMONTHDAY", -31, 31),
        weekdays=tuple(
            (one.relative or 0, WEEKDAYS.index(one.weekday)) for one in written.get("BYDAY", ())
        ),
        places=_numbers(written, "BYSETPOS", -366, 366),
    )


def _check_time(written: Mapping[str, list[Any]], start: When) -> None:
    """Refuse a rule by which an event happens at several times of a day."""
    at = start if isinstance(start, datetime) else datetime(2000, 1, 1)  # noqa: DTZ001 - midnight
    for name, own in (("BYHOUR", at.hour), ("BYMINUTE", at.minute), ("BYSECOND", at.second)):
        if written.get(name, [own]) != [own]:
            raise CalendarProblem(f"it repeats by {name} at other times than its first")


def _numbers(written: Mapping[str, list[Any]], name: str, least: int, most: int) -> tuple[int, ...]:
    found = tuple(int(one) for one in written.get(name, ()))
    if any(not least <= one <= most or one == 0 for one in found):
        raise CalendarProblem(f"{name} is out of its bounds")
    return found


def _until(written: Mapping[str, list[Any]]) -> When | None:
    found = written.get("UNTIL", [None])[0]
    return _in_utc(found) if isinstance(found, date) else None
