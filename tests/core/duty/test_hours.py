"""When somebody is there, to the instant, in the nights when clocks change too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handraise.core.duty import duty_ends, gap, on_duty
from handraise.core.table.types import CalendarUse, Person, Span
from handraise.core.table.units import hours

MINUTE = timedelta(minutes=1)
ROTA = (CalendarUse("oncall.ics"),)


def person(text=None, zone="UTC", **fields):
    spans = hours(text) if text else ()
    return Person(id="dana", name="Dana", contacts=("x",), hours=spans, zone=zone, **fields)


def at(text, zone="UTC", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def ends(who, start, shifts=(), days=7):
    return duty_ends(who, shifts, start, start + timedelta(days=days))


def test_duty_ends_with_the_span():
    dana = person("Mon-Fri 09:00-17:00", "Europe/Lisbon")
    friday = at("2026-11-20T16:40", "Europe/Lisbon")
    assert ends(dana, friday) == at("2026-11-20T17:00", "Europe/Lisbon")
    assert ends(dana, friday + timedelta(seconds=59.5)) == at("2026-11-20T17:00")


def test_duty_that_lasts_to_the_end_and_beyond_does_not_end():
    dana = person("Mon-Fri 09:00-17:00")
    start = at("2026-11-20T16:40")
    five = at("2026-11-20T17:00")
    assert duty_ends(dana, (), start, five - timedelta(microseconds=1)) is None
    assert duty_ends(dana, (), start, five) == five
    assert ends(person(), start) is None
    assert ends(person("Mon-Sun 00:00-24:00", "Australia/Lord_Howe"), start, days=366) is None


def test_nothing_ends_for_who_is_off_duty():
    assert ends(person("Mon-Fri 09:00-17:00"), at("2026-11-20T17:00")) is None


def test_an_instant_in_any_zone_is_the_same_instant():
    start = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Lisbon"))
    lisbon = person("Sat-Sun 20:00-06:00", "Europe/Lisbon")
    assert ends(lisbon, start) == at("2026-03-29T06:00", "Europe/Lisbon")


def test_a_night_shift_has_seven_hours_or_nine_when_the_clocks_change():
    for zone, spring, autumn in (
        ("Europe/Lisbon", "2026-03-28", "2026-10-24"),
        ("America/New_York", "2026-03-07", "2026-10-31"),
    ):
        night = person("Mon-Sun 22:00-06:00", zone)
        for day, lasts in ((spring, 7), (autumn, 9), ("2026-11-20", 8)):
            start = at(f"{day}T22:00", zone)
            assert ends(night, start) == start + timedelta(hours=lasts), (zone, day)


def test_where_clocks_change_by_half_an_hour_duty_follows():
    early = person("Sun 01:00-03:00", "Australia/Lord_Howe")
    spring, autumn = (at(f"{day}T01:00", early.zone) for day in ("2026-10-04", "2026-04-05"))
    assert ends(early, spring) == spring + timedelta(hours=1.5)
    assert ends(early, autumn) == autumn + timedelta(hours=2.5)


def test_duty_that_ends_in_the_hour_that_does_not_exist_ends_when_it_would_begin():
    early = person("Sun 00:00-01:30", "Europe/Lisbon")
    start = at("2026-03-29T00:10", "Europe/Lisbon")
    assert ends(early, start) == at("2026-03-29T01:00")


def test_duty_in_the_hour_that_comes_twice_ends_and_begins_again():
    early = person("Sun 01:00-01:30", "Europe/Lisbon")
    first = at("2026-10-25T01:00", "Europe/Lisbon")
    assert ends(early, first) == first + timedelta(minutes=30)
    assert not on_duty(early, first + timedelta(minutes=45))
    assert on_duty(early, first + timedelta(minutes=60))
    assert ends(early, first + timedelta(minutes=60)) == first + timedelta(minutes=90)


def test_who_has_a_calendar_and_no_spans_is_there_in_their_shifts_only():
    rota = person(calendars=ROTA)
    shifts = ((at("2026-11-16T09:00"), at("2026-11-23T09:00")),)
    assert not on_duty(rota, at("2026-11-16T08:59:59"), shifts)
    assert on_duty(rota, at("2026-11-16T09:00"), shifts)
    assert not on_duty(rota, at("2026-11-23T09:00"), shifts)
    assert ends(rota, at("2026-11-20T09:00"), shifts) == at("2026-11-23T09:00")
    assert ends(rota, at("2026-11-15T09:00"), shifts) is None


def test_a_calendar_that_cannot_be_read_gives_nobody_a_shift():
    assert not on_duty(person(calendars=ROTA), at("2026-11-20T12:00"), None)
    both = person("Fri 09:00-17:00", calendars=ROTA)
    assert on_duty(both, at("2026-11-20T12:00"), None)
    assert ends(both, at("2026-11-20T12:00"), None) == at("2026-11-20T17:00")


def test_spans_and_shifts_add_up_without_a_break_between_them():
    both = person("Fri 09:00-17:00", calendars=ROTA)
    shifts = ((at("2026-11-20T16:00"), at("2026-11-20T22:00")),)
    assert ends(both, at("2026-11-20T10:00"), shifts) == at("2026-11-20T22:00")
    shifts = ((at("2026-11-20T17:01"), at("2026-11-20T22:00")),)
    assert ends(both, at("2026-11-20T10:00"), shifts) == at("2026-11-20T17:00")


def test_a_public_holiday_is_a_day_off_where_the_person_is():
    dana = person("Mon-Sun 00:00-24:00", "America/New_York", holidays="US")
    eve, day = at("2026-11-25T23:59", dana.zone), at("2026-11-26T00:00", dana.zone)
    assert on_duty(dana, eve)
    assert ends(dana, eve) == day
    assert not on_duty(dana, day)
    assert on_duty(dana, at("2026-11-27T00:00", dana.zone))
    always = person(None, "America/New_York", holidays="US")
    assert [on_duty(always, eve), on_duty(always, day)] == [True, False]
    assert ends(always, at("2026-11-20T12:00")) == day


def test_a_shift_is_kept_on_a_holiday():
    dana = person("Mon-Fri 09:00-17:00", holidays="US", calendars=ROTA)
    shifts = ((at("2026-11-26T10:00"), at("2026-11-26T12:00")),)
    thanksgiving = at("2026-11-26T11:00")
    assert not on_duty(dana, thanksgiving)
    assert on_duty(dana, thanksgiving, shifts)
    assert ends(dana, thanksgiving, shifts) == at("2026-11-26T12:00")


def test_a_night_shift_stops_at_the_midnight_a_holiday_begins():
    night = person("Mon-Sun 22:00-06:00", holidays="US")
    assert ends(night, at("2026-11-25T23:00")) == at("2026-11-26T00:00")
    assert on_duty(night, at("2026-11-27T00:00"))


def test_calendars_and_holidays_have_no_part_in_the_gap_of_a_week():
    monday = at("2026-01-05T00:00")
    assert gap([person(calendars=ROTA)], monday) == (monday, monday + timedelta(days=7))
    assert gap([person(holidays="US")], datetime(2026, 7, 6, tzinfo=UTC)) is None


ZONES = ("UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu")  # fmt: skip
NIGHTS = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 4), date(2026, 4, 5), date(2026, 11, 26)]  # fmt: skip


@st.composite
def spans(draw):
    start = draw(st.integers(0, 1439))
    return Span(draw(st.integers(0, 6)), start, draw(st.integers(start + 1, 1440)))


@st.composite
def shifts(draw, around):
    edges = draw(st.lists(st.integers(-600, 3000), min_size=0, max_size=6, unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((around + MINUTE * one, around + MINUTE * two) for one, two in pairs)


@st.composite
def lives(draw):
    zone = draw(st.sampled_from(ZONES))
    night = draw(st.sampled_from(NIGHTS))
    start = datetime.combine(night, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    start += timedelta(minutes=draw(st.integers(-1500, 1500)), seconds=draw(st.integers(0, 59)))
    who = Person(
        id="d",
        name="D",
        contacts=("x",),
        hours=tuple(draw(st.lists(spans(), max_size=8))),
        calendars=draw(st.sampled_from(((), ROTA))),
        holidays=draw(st.sampled_from((None, "US", "DE-BY"))),
        zone=zone,
    )
    return who, start, draw(shifts(start.replace(second=0)))


@given(lives(), st.integers(1, 3 * 1440))
@example((person("Sun 00:00-24:00", "America/Havana"), at("2026-03-07T23:59", "America/Havana"), ()), 3000)  # fmt: skip
def test_duty_ends_exactly_where_a_slow_look_at_each_minute_says(life, minutes):
    who, start, rota = life
    until = start + MINUTE * minutes
    found = duty_ends(who, rota, start, until)
    first = start.replace(second=0, microsecond=0) + MINUTE
    slow = None
    if on_duty(who, start, rota):
        scanned = (first + MINUTE * n for n in range(minutes + 1))
        slow = next((one for one in scanned if not on_duty(who, one, rota)), None)
        slow = slow if slow is not None and slow <= until else None
    assert found == slow


@pytest.mark.parametrize("zone", ZONES)
def test_every_week_has_its_hours_whatever_the_clocks_do(zone):
    who = person("Mon-Fri 09:00-17:00", zone)
    monday = at("2026-03-02T00:00", zone)
    while monday < at("2026-12-01T00:00"):
        nine = monday.astimezone(ZoneInfo(zone)).replace(hour=9).astimezone(UTC)
        assert on_duty(who, nine)
        assert not on_duty(who, nine - timedelta(microseconds=1))
        assert ends(who, nine) == nine + timedelta(hours=8)
        local = monday.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=7)
        monday = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
