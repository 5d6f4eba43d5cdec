"""The days of a recurring event, by the rules of iCalendar (RFC 5545, section 3.3.10).

A rule repeats daily or less often: shifts do. Days are looked at one by one and counted in a
`Budget`, so that no rule, however it is made, can keep anybody busy.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

DAY = timedelta(days=1)


class CalendarProblem(ValueError):  # noqa: N818 - turned into a finding or a report
    """Why a calendar cannot be read, in plain words."""


class Budget:
    """How many days may still be looked at."""

    def __init__(self, days: int) -> None:
        """Start with so many days."""
        self.left = days

    def spend(self, days: int) -> None:
        """Take off the days that were looked at.

        Raises:
            CalendarProblem: nothing is left.
        """
        self.left -= days
        if self.left < 0:
            raise CalendarProblem("its events repeat too often to be worked out")


class Rule(Struct, frozen=True, kw_only=True):
    """How an event repeats.

    Attributes:
        frequency: how long a period is.
        interval: every how many periods it happens.
        count: how often at most, its first time included; None for no limit.
        week_start: the weekday a week begins with, 0 for Monday.
        months: 1 to 12; empty for all.
        weeks: of the year by ISO 8601, 1 to 53, or from its end -53 to -1; empty for all.
        year_days: 1 to 366, or from its end -366 to -1; empty for all.
        month_days: 1 to 31, or from its end -31 to -1; empty for all.
        weekdays: (which, weekday): the how manieth of its month or year, from the end where it is
            negative, 0 for each; empty for all.
        places: which of a period's days, from 1, or from its end from -1; empty for all.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    week_start: int = 0
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    places: tuple[int, ...] = ()


def occurrences(
    rule: Rule, start: datetime, first: datetime, last: datetime, budget: Budget
) -> Iterator[datetime]:
    """Yield when an event happens, in order, by the wall clock of its own zone.

    Args:
        rule: how it repeats.
        start: its first time, which always counts.
        first: what ends before this may be left out.
        last: what begins after this is left out.
        budget: how many days may be looked at.
    """
    if start > last:
        return
    yield start
    rule = _completed(rule, start.date())
    n = _periods_before(rule, start.date(), first.date()) if _may_skip(rule) else 0
    left = None if rule.count is None else rule.count - 1 - _passed(rule, start.date(), n)
    if left is not None and left <= 0:
        return
    while (days := _period(rule, start.date(), n * rule.interval)) and days[0] <= last.date():
        n += 1
        budget.spend(len(days))
        for day in _chosen(rule, days):
            at = datetime.combine(day, start.time())
            if at > last or left == 0:
                return
            if at > start:
                left = None if left is None else left - 1
                yield at


def _completed(rule: Rule, start: date) -> Rule:
    """Return the rule with what it leaves to the event's first time."""
    has_day = bool(rule.month_days or rule.weekdays or rule.year_days)
    if rule.frequency == "DAILY" or has_day:
        return rule
    if rule.frequency == "WEEKLY" or rule.weeks:
        return replace(rule, weekdays=((0, start.weekday()),))
    if rule.frequency == "YEARLY" and not rule.months:
        return replace(rule, months=(start.month,), month_days=(start.day,))
    return replace(rule, month_days=(start.day,))


def _may_skip(rule: Rule) -> bool:
    """Whether what happens before the window need not be looked at, only counted."""
    if rule.count is None:
        return True
    if rule.months or rule.weeks or rule.year_days or rule.month_days or rule.places:
        return False
    if rule.frequency == "DAILY":
        return not rule.weekdays
    return rule.frequency == "WEEKLY" and all(which == 0 for which, _ in rule.weekdays)


def _passed(rule: Rule, start: date, n: int) -> int:
    """Return how often a rule that may be skipped happens after `start` in its first n periods."""
    if n == 0 or rule.count is None:
        return 0
    in_first = sum(day > start for day in _chosen(rule, _period(rule, start, 0)))
    return in_first + (n - 1) * len(_chosen(rule, _period(rule, start, rule.interval)))


def _periods_before(rule: Rule, start: date, first: date) -> int:
    """Return how many periods of the rule lie wholly before `first`."""
    if first <= start:
        return 0
    whole = {
        "DAILY": (first - start).days,
        "WEEKLY": (first - start).days // 7,
        "MONTHLY": (first.year - start.year) * 12 + first.month - start.month,
        "YEARLY": first.year - start.year,
    }[rule.frequency]
    return max(whole // rule.interval - 1, 0)


def _period(rule: Rule, start: date, n: int) -> list[date]:
    """Return the days of the n-th period after that of `start`; none past the end of time."""
    try:
        if rule.frequency == "DAILY":
            return [start + n * DAY]
        if rule.frequency == "WEEKLY":
            monday = start - ((start.weekday() - rule.week_start) % 7) * DAY
            return [monday + (n * 7 + place) * DAY for place in range(7)]
        if rule.frequency == "MONTHLY":
            months = start.year * 12 + start.month - 1 + n
            return _month(months // 12, months % 12 + 1)
        year = start.year + n
        months_of = sorted(rule.months) or range(1, 13)
        return [day for month in months_of for day in _month(year, month)]
    except (OverflowError, ValueError):
        return []


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _chosen(rule: Rule, days: list[date]) -> list[date]:
    """Return the days of a period on which it happens."""
    found = [day for day in days if _fits(rule, day)]
    if not rule.places:
        return found
    size = len(found)
    places = {place - 1 if place > 0 else size + place for place in rule.places}
    return [found[place] for place in sorted(places) if 0 <= place < size]


def _fits(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days:
        length = calendar.monthrange(day.year, day.month)[1]
        if not _is_one_of(day.day, length, rule.month_days):
            return False
    if rule.year_days:
        length = 366 if calendar.isleap(day.year) else 365
        if not _is_one_of(day.timetuple().tm_yday, length, rule.year_days):
            return False
    if rule.weeks:
        year, week, _ = day.isocalendar()
        if not _is_one_of(week, date(year, 12, 28).isocalendar().week, rule.weeks):
            return False
    return not rule.weekdays or any(_is_weekday(rule, day, *one) for one in rule.weekdays)


def _is_one_of(number: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Whether a number, counted from 1 or from the end, is one of those wanted."""
    return number in wanted or number - length - 1 in wanted


def _is_weekday(rule: Rule, day: date, which: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if which == 0:
        return True
    if rule.frequency == "YEARLY" and not rule.months:
        place, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    else:
        place, length = day.day, calendar.monthrange(day.year, day.month)[1]
    from_start, from_end = (place - 1) // 7 + 1, -((length - place) // 7 + 1)
    return which in (from_start, from_end)
