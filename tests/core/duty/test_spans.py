"""Duty over a long time says the same as duty at an instant."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.duty import day_start, on_duty
from handraise.core.duty.spans import duty_spans, midnights
from handraise.core.table.types import CalendarUse, Person
from handraise.core.table.units import hours

ROTA = (CalendarUse("oncall.ics"),)
FIRST = datetime(2026, 10, 20, tzinfo=UTC)
LAST = datetime(2026, 11, 5, tzinfo=UTC)
ZONES = ("UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "America/Havana")
HOURS = (
    "always",
    "Mon-Fri 09:00-17:00",
    "Sun 01:30-03:30",
    "Sat-Sun 00:00-01:30; Sun 02:00-05:00",
    "Mon-Sun 22:00-06:00",
    "Mon-Sun 00:00-24:00",
)


def person(text=None, zone="UTC", **fields):
    spans = hours(text) if text else ()
    return Person(id="dana", name="Dana", contacts=("x",), hours=spans, zone=zone, **fields)


def covered(spans, at):
    return any(start <= at < end for start, end in spans)


def test_a_week_of_office_hours_has_five_spans():
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    spans = duty_spans(person("Mon-Fri 09:00-17:00"), (), monday, monday + timedelta(days=7))
    assert [(start.weekday(), start.hour, end.hour) for start, end in spans] == [
        (day, 9, 17) for day in range(5)
    ]


def test_who_is_always_there_has_one_span_cut_off_at_both_ends():
    assert duty_spans(person(), (), FIRST, LAST) == ((FIRST, LAST),)
    assert duty_spans(person("Mon-Fri 09:00-17:00"), (), FIRST.replace(hour=10), FIRST.replace(hour=11)) == ((FIRST.replace(hour=10), FIRST.replace(hour=11)),)  # fmt: skip


def test_shifts_are_spans_and_nobody_without_one_is_there():
    shift = (FIRST + timedelta(hours=3), FIRST + timedelta(hours=5))
    early = (FIRST - timedelta(hours=3), FIRST + timedelta(hours=1))
    who = person(calendars=ROTA)
    assert duty_spans(who, (early, shift), FIRST, LAST) == ((FIRST, early[1]), shift)
    assert duty_spans(who, None, FIRST, LAST) == ()


def test_a_holiday_ends_with_its_midnight():
    new_york = person(zone="America/New_York", holidays="US")
    first, last = (
        datetime(2026, 7, day, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
        for day in (2, 6)
    )
    third = first + timedelta(days=1)  # kept for the 4th, a Saturday
    assert duty_spans(new_york, (), first, last) == (
        (first, third),
        (third + timedelta(days=2), last),
    )


@pytest.mark.parametrize("text", HOURS)
@pytest.mark.parametrize("zone", ZONES)
def test_an_instant_lies_in_a_span_exactly_where_somebody_is_on_duty(text, zone):
    who = person(text, zone)
    spans = duty_spans(who, (), FIRST, LAST)
    edges = {edge + step * timedelta(seconds=1) for span in spans for edge in span for step in (-1, 0, 1)}  # fmt: skip
    steps = {FIRST + n * timedelta(minutes=15) for n in range(16 * 96)}
    for at in sorted(edges | steps):
        if FIRST <= at < LAST:
            assert covered(spans, at) is on_duty(who, at), at


@settings(deadline=None)
@given(
    text=st.sampled_from(HOURS),
    zone=st.sampled_from(ZONES),
    holidays=st.sampled_from([None, "US"]),
    cuts=st.lists(st.integers(0, 40 * 24 * 60), max_size=4, unique=True),
    first=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - UTC by `timezones`
    minutes=st.lists(st.integers(0, 40 * 24 * 60 - 1), min_size=1, max_size=20),
)
def test_spans_and_instants_agree(text, zone, holidays, cuts, first, minutes):
    sides = sorted(cuts)[: len(cuts) // 2 * 2]
    instants = [first + timedelta(minutes=n) for n in sides]
    shifts = tuple(zip(instants[::2], instants[1::2], strict=True))
    who = person(text, zone, holidays=holidays, calendars=ROTA if shifts else ())
    spans = duty_spans(who, shifts, first, first + timedelta(days=40))
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    for n in minutes:
        at = first + timedelta(minutes=n)
        assert covered(spans, at) is on_duty(who, at, shifts)


def test_midnights_are_where_days_begin():
    for zone in ZONES:
        who = person(zone=zone)
        found = midnights(who, FIRST, LAST)
        assert found[0] == day_start(who, FIRST)
        for n in range(16 * 24):
            at = FIRST + timedelta(hours=n)
            assert max(one for one in found if one <= at) == day_start(who, at)
