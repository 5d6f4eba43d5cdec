"""Recurring days, against `dateutil` as the oracle, and what they may cost.

The oracle looks for a rule that never happens until time ends: so it is asked shortly before.
"""
# ruff: noqa: DTZ001, DTZ901 - these are times by a clock on the wall

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekdays
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.duty.recurrence import Budget, CalendarProblem, Rule, occurrences

START = datetime(9990, 1, 31, 9)
LEAP = datetime(2024, 2, 29)
FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}


def happening(rule, start=START, first=None, years=3, budget=1_000_000):
    last = start + timedelta(days=366 * years)
    return list(occurrences(rule, start, first or start, last, Budget(budget)))


def expected(rule, start=START, years=3):
    """Return what dateutil says; it leaves out a start that the rule does not fit."""
    by_weekday = [weekdays[day](which) if which else weekdays[day] for which, day in rule.weekdays]
    found = rrule(
        FREQUENCIES[rule.frequency],
        dtstart=start,
        interval=rule.interval,
        wkst=rule.week_start,
        bymonth=rule.months or None,
        byweekno=rule.weeks or None,
        byyearday=rule.year_days or None,
        bymonthday=rule.month_days or None,
        byweekday=by_weekday or None,
        bysetpos=rule.places or None,
        until=start + timedelta(days=366 * years),
    )
    found = [start, *(one for one in found if one != start)]
    return found[: rule.count]


def some(values, most=3):
    return st.lists(values, max_size=most, unique=True).map(tuple)


def signed(most):
    return st.integers(1, most) | st.integers(-most, -1)


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(sorted(FREQUENCIES)))
    rule = {
        "frequency": frequency,
        "interval": draw(st.integers(1, 4)),
        "count": draw(st.none() | st.integers(1, 40)),
        "week_start": draw(st.sampled_from((0, 6))),
        "months": draw(some(st.integers(1, 12))),
    }
    # Some of "each Monday" and "the first Friday" in one rule: the oracle wants a day to be both.
    has_ordinals = draw(st.booleans())
    if frequency == "YEARLY":
        rule["year_days"] = draw(some(signed(366)))
        if not has_ordinals:
            rule["weeks"] = draw(some(signed(53)))
            rule["week_start"] = 0
    if frequency != "WEEKLY":
        rule["month_days"] = draw(some(signed(31)))
    highest = {"MONTHLY": 5, "YEARLY": 5 if rule["months"] else 20}.get(frequency, 0)
    ordinals = signed(highest) if has_ordinals and highest else st.just(0)
    days = st.tuples(ordinals, st.integers(0, 6))
    # A week alone is all of its days to the oracle; here, as to calendars, the start's weekday.
    least = 1 if rule.get("weeks") else 0
    rule["weekdays"] = tuple(draw(st.lists(days, min_size=least, max_size=3, unique=True)))
    # A week that has begun before the start is cut there by the oracle; here it is counted whole.
    rule["places"] = () if frequency == "WEEKLY" else draw(st.just(()) | some(signed(5), 2))
    return Rule(**rule)


@given(rules(), st.integers(0, 800))
@settings(deadline=None)
def test_a_rule_happens_when_the_oracle_says(rule, days):
    start = START + timedelta(days=days)
    assert happening(rule, start) == expected(rule, start)


@given(rules(), st.integers(0, 1000))
def test_what_is_long_past_may_be_left_out_but_nothing_after_it(rule, days):
    first = START + timedelta(days=days)
    whole = [one for one in happening(rule) if one >= first]
    assert [one for one in happening(rule, first=first) if one >= first] == whole


@given(rules(), st.integers(1, 200), st.integers(0, 1000))
def test_a_counted_rule_ends_where_it_does_however_late_it_is_looked_at(rule, count, days):
    plain = Rule(
        frequency="WEEKLY" if rule.frequency == "WEEKLY" else "DAILY",
        interval=rule.interval,
        count=count,
        week_start=rule.week_start,
        weekdays=rule.weekdays if rule.frequency == "WEEKLY" else (),
    )
    first = START + timedelta(days=days)
    whole = [one for one in happening(plain) if one >= first]
    assert [one for one in happening(plain, first=first) if one >= first] == whole


def test_the_first_time_counts_also_where_the_rule_does_not_fit_it():
    tuesdays = Rule(frequency="WEEKLY", weekdays=((0, 1),), count=2)
    assert happening(tuesdays, LEAP) == [LEAP, datetime(2024, 3, 5)]


def test_a_month_without_the_day_is_left_out():
    start = datetime(2024, 1, 31)
    monthly = Rule(frequency="MONTHLY", count=3)
    assert happening(monthly, start) == [start, datetime(2024, 3, 31), datetime(2024, 5, 31)]
    assert happening(Rule(frequency="YEARLY", count=2), LEAP, years=5)[1] == datetime(2028, 2, 29)


def test_a_week_of_the_year_is_taken_on_the_weekday_of_the_start():
    tuesday = datetime(2026, 1, 6)
    weeks = Rule(frequency="YEARLY", weeks=(2, -1))
    assert happening(weeks, tuesday, years=1) == [tuesday, datetime(2026, 12, 29)]


NINE = datetime(1997, 9, 2, 9)
"""When the examples of RFC 5545, section 3.8.5.3, begin."""


@pytest.mark.parametrize(
    ("rule", "start", "days"),
    [
        (Rule(frequency="YEARLY", weekdays=((20, 0),), count=3), datetime(1997, 5, 19, 9), ["1997-05-19", "1998-05-18", "1999-05-17"]),
        (Rule(frequency="YEARLY", weeks=(20,), weekdays=((0, 0),), count=3), datetime(1997, 5, 12, 9), ["1997-05-12", "1998-05-11", "1999-05-17"]),
        (Rule(frequency="YEARLY", interval=3, year_days=(1, 100, 200), count=5), datetime(1997, 1, 1, 9), ["1997-01-01", "1997-04-10", "1997-07-19", "2000-01-01", "2000-04-09"]),
        (Rule(frequency="YEARLY", months=(3,), weekdays=((0, 3),), count=3), datetime(1997, 3, 13, 9), ["1997-03-13", "1997-03-20", "1997-03-27"]),
        (Rule(frequency="YEARLY", interval=4, months=(11,), weekdays=((0, 1),), month_days=(2, 3, 4, 5, 6, 7, 8), count=3), datetime(1996, 11, 5, 9), ["1996-11-05", "2000-11-07", "2004-11-02"]),
        (Rule(frequency="MONTHLY", weekdays=((-2, 0),), count=3), datetime(1997, 9, 22, 9), ["1997-09-22", "1997-10-20", "1997-11-17"]),
        (Rule(frequency="MONTHLY", month_days=(-3,), count=3), datetime(1997, 9, 28, 9), ["1997-09-28", "1997-10-29", "1997-11-28"]),
        (Rule(frequency="MONTHLY", weekdays=((0, 1), (0, 2), (0, 3)), places=(3,), count=3), datetime(1997, 9, 4, 9), ["1997-09-04", "1997-10-07", "1997-11-06"]),
        (Rule(frequency="MONTHLY", weekdays=tuple((0, n) for n in range(5)), places=(-2,), count=2), datetime(1997, 9, 29, 9), ["1997-09-29", "1997-10-30"]),
        (Rule(frequency="MONTHLY", weekdays=((0, 4),), month_days=(13,), count=3), NINE, ["1997-09-02", "1998-02-13", "1998-03-13"]),
        (Rule(frequency="WEEKLY", interval=2, weekdays=((0, 1), (0, 6)), count=4), datetime(1997, 8, 5, 9), ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]),
        (Rule(frequency="WEEKLY", interval=2, weekdays=((0, 1), (0, 6)), count=4, week_start=6), datetime(1997, 8, 5, 9), ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]),
        (Rule(frequency="DAILY", interval=10, count=3), NINE, ["1997-09-02", "1997-09-12", "1997-09-22"]),
        (Rule(frequency="DAILY", months=(1,), count=2), datetime(1998, 1, 31, 9), ["1998-01-31", "1999-01-01"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard_happen_when_it_says(rule, start, days):
    found = happening(rule, start, years=10)
    assert [f"{one:%Y-%m-%d}" for one in found] == days


def test_the_places_of_a_week_are_those_of_the_whole_week():
    thursday = datetime(2026, 1, 1)
    last = Rule(frequency="WEEKLY", weekdays=((0, 0), (0, 2), (0, 4)), places=(1, -1), count=4)
    assert [one.day for one in happening(last, thursday)] == [1, 2, 5, 9]


def test_each_monday_and_the_first_friday_are_days_of_one_rule():
    start = datetime(2026, 1, 2)
    both = Rule(frequency="MONTHLY", weekdays=((0, 0), (1, 4)), count=6)
    assert [one.day for one in happening(both, start)] == [2, 5, 12, 19, 26, 2]


def test_what_begins_after_the_window_is_left_out():
    assert not list(occurrences(Rule(frequency="DAILY"), START, START, START - timedelta(1), Budget(9)))  # fmt: skip


@pytest.mark.parametrize("frequency", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_time_itself_ends(frequency):
    start = datetime(9998, 12, 1)
    rule = Rule(frequency=frequency, interval=2, week_start=6, months=(2,), month_days=(30,))
    assert list(occurrences(rule, start, start, datetime.max, Budget(10_000))) == [start]
    huge = Rule(frequency=frequency, interval=10**30)
    assert list(occurrences(huge, START, START, datetime.max, Budget(10_000))) == [START]  # fmt: skip


def test_a_rule_costs_no_more_than_it_may():
    never = Rule(frequency="DAILY", months=(2,), month_days=(30,))
    with pytest.raises(CalendarProblem, match="repeat too often"):
        happening(never, LEAP, years=100, budget=10_000)
    old = datetime(1970, 1, 1)
    recent = datetime(2026, 1, 1)
    last = datetime(2026, 3, 1)
    found = list(occurrences(Rule(frequency="DAILY"), old, recent, last, Budget(80)))
    assert found[-1] == last
    for rule in (
        Rule(frequency="DAILY", count=30_000),
        Rule(frequency="WEEKLY", count=30_000, weekdays=((0, 0), (0, 3))),
    ):
        found = list(occurrences(rule, old, recent, last, Budget(90)))
        assert found[-1] > last - timedelta(days=7)
    over = Rule(frequency="DAILY", count=20_000)
    assert list(occurrences(over, old, recent, last, Budget(90))) == [old]
