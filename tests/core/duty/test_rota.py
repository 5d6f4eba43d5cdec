"""Whose shift it is by an on-call calendar: fixtures worked out by hand."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.duty.entries import read_calendar
from handraise.core.duty.recurrence import CalendarProblem
from handraise.core.duty.rota import Rota, merged, names_anybody
from handraise.core.table.types import Person
from tests.core.duty.calendars import BERLIN_BY_HAND, calendar, event

DANA = Person(id="dana", name="Dana Reyes", contacts=("json://x", "mailto:Dana@example.com"), zone="America/New_York")  # fmt: skip
MARC = Person(id="marc", name="Marc Oyelaran", contacts=("mailto://user:pw@example.com", "mailto:marc@example.com"), zone="Europe/Lisbon")  # fmt: skip
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)

WEEKLY = event(
    **{
        "DTSTART@Europe/Lisbon": "20260105T090000",
        "DTEND@Europe/Lisbon": "20260112T090000",
        "RRULE": "FREQ=WEEKLY;INTERVAL=2;COUNT=3",
    }
)


def shifts(text, person=DANA, *, first=FIRST, last=LAST, every=False):
    """Return shifts as a reader writes them: `0105T0900-0112T0900`, in UTC."""
    found = Rota(read_calendar(text), first, last).shifts(person, every_event=every)
    assert all(one.tzinfo is UTC for pair in found for one in pair)
    return [f"{start:%m%dT%H%M}-{end:%m%dT%H%M}" for start, end in found]


def once(start="20260105T090000Z", end="20260105T170000Z", **lines):
    return calendar(event(**({"DTSTART": start, "DTEND": end} | lines)))


def test_a_rota_of_weeks_is_worked_out():
    assert shifts(calendar(WEEKLY)) == ["0105T0900-0112T0900", "0119T0900-0126T0900", "0202T0900-0209T0900"]  # fmt: skip


def test_a_week_with_a_change_of_clocks_goes_from_nine_to_nine():
    week = event(**{"DTSTART@Europe/Lisbon": "20260323T090000", "DTEND@Europe/Lisbon": "20260330T090000", "RRULE": "FREQ=WEEKLY;COUNT=2"})  # fmt: skip
    assert shifts(calendar(week)) == ["0323T0900-0406T0800"]
    night = once(**{"DTSTART": None, "DTEND": None, "DTSTART@America/New_York": "20261031T220000", "DTEND@America/New_York": "20261101T060000"})  # fmt: skip
    assert shifts(night) == ["1101T0200-1101T1100"]


def test_an_override_hands_one_week_to_another_person():
    handed = event(summary="Marc on call", **{"RECURRENCE-ID@Europe/Lisbon": "20260119T090000", "DTSTART@Europe/Lisbon": "20260119T090000", "DTEND@Europe/Lisbon": "20260126T090000"})  # fmt: skip
    text = calendar(WEEKLY, handed)
    assert shifts(text) == ["0105T0900-0112T0900", "0202T0900-0209T0900"]
    assert shifts(text, MARC) == ["0119T0900-0126T0900"]
    assert shifts(calendar(handed, WEEKLY)) == ["0105T0900-0112T0900", "0202T0900-0209T0900"]


def test_an_override_moves_one_week():
    moved = event(RECURRENCE_ID="20260119T090000Z", DTSTART="20260120T120000Z", DURATION="PT6H", RRULE="FREQ=DAILY")  # fmt: skip
    assert shifts(calendar(WEEKLY, moved)) == ["0105T0900-0112T0900", "0120T1200-0120T1800", "0202T0900-0209T0900"]  # fmt: skip


def test_a_cancelled_week_is_nobodys():
    gone = event(RECURRENCE_ID="20260119T090000Z", DTSTART="20260119T090000Z", STATUS="CANCELLED")
    text = calendar(WEEKLY, gone)
    assert shifts(text) == ["0105T0900-0112T0900", "0202T0900-0209T0900"]
    assert shifts(once(STATUS="cancelled")) == []


def test_of_several_revisions_the_newest_counts():
    old = event(summary="Marc", SEQUENCE="2", RECURRENCE_ID="20260119T090000Z", DTSTART="20260119T090000Z", DURATION="P1D")  # fmt: skip
    new = event(SEQUENCE="3", RECURRENCE_ID="20260119T090000Z", DTSTART="20260119T100000Z", DURATION="P1D")  # fmt: skip
    for text in (calendar(WEEKLY, old, new), calendar(WEEKLY, new, old)):
        assert "0119T1000-0120T1000" in shifts(text)
        assert shifts(text, MARC) == []
    later = event(SEQUENCE="1", DTSTART="20260301T090000Z", DURATION="PT1H")
    assert shifts(calendar(WEEKLY, later)) == ["0301T0900-0301T1000"]
    assert shifts(calendar(WEEKLY, later.replace(":1\n", ":x\n"))) != ["0301T0900-0301T1000"]


def test_days_are_taken_out_and_added():
    daily = {"DTSTART": "20260105T090000Z", "DURATION": "PT1H", "RRULE": "FREQ=DAILY;UNTIL=20260108T090000Z"}  # fmt: skip
    assert shifts(calendar(event(**daily))) == [f"010{n}T0900-010{n}T1000" for n in (5, 6, 7, 8)]
    out = {"EXDATE": "20260105T090000Z,20260107T090000Z", "EXDATE;VALUE=DATE": "20260106"}
    assert shifts(calendar(event(**daily, **out))) == ["0108T0900-0108T1000"]
    more = {"RDATE": "20260110T120000Z", "RDATE;VALUE=PERIOD": "20260111T120000Z/PT3H,20260112T120000Z/20260112T130000Z"}  # fmt: skip
    assert shifts(calendar(event(**daily, **more)))[4:] == ["0110T1200-0110T1300", "0111T1200-0111T1500", "0112T1200-0112T1300"]  # fmt: skip
    assert shifts(calendar(event(DTSTART="20260105T090000Z", DURATION="PT1H", RDATE="19990101T000000Z"))) == ["0105T0900-0105T1000"]  # fmt: skip


def test_the_last_day_of_a_rule_may_be_a_day_an_instant_or_a_time():
    for until in ("20260107", "20260107T140000Z", "20260107T090000"):
        there = {"DTSTART@America/New_York": "20260105T090000", "DURATION": "PT1H", "RRULE": f"FREQ=DAILY;UNTIL={until}"}  # fmt: skip
        assert len(shifts(calendar(event(**there)))) == 3, until
    assert len(shifts(calendar(event(**(there | {"RRULE": "FREQ=DAILY;UNTIL=20260107T135959Z"}))))) == 2  # fmt: skip
    assert len(shifts(calendar(event(DTSTART="20260105", RRULE="FREQ=WEEKLY;UNTIL=20260112T000000Z")))) == 2  # fmt: skip
    ever = {"DTSTART@America/New_York": "20260105T090000", "DURATION": "PT1H", "RRULE": "FREQ=YEARLY;UNTIL=99991231T235959"}  # fmt: skip
    assert len(shifts(calendar(event(**ever)))) == 1


def test_a_whole_day_is_a_day_where_the_person_is():
    assert shifts(calendar(event(DTSTART="20260105"))) == ["0105T0500-0106T0500"]
    assert shifts(calendar(event(DTSTART="20260105", DTEND="20260107")), MARC, every=True) == ["0105T0000-0107T0000"]  # fmt: skip
    weekend = event(DTSTART="20260307", DTEND="20260309", RRULE="FREQ=WEEKLY;COUNT=2", EXDATE="20260314")  # fmt: skip
    assert shifts(calendar(weekend)) == ["0307T0500-0309T0400"]


def test_a_time_without_a_zone_is_told_by_the_persons_clock():
    text = once("20260105T090000", "20260105T170000")
    assert shifts(text) == ["0105T1400-0105T2200"]
    assert shifts(text, MARC, every=True) == ["0105T0900-0105T1700"]


def test_a_duration_counts_days_by_the_calendar_and_hours_as_they_pass():
    there = {"DTSTART@Europe/Lisbon": "20260328T220000"}
    assert shifts(calendar(event(**there, DURATION="PT8H"))) == ["0328T2200-0329T0600"]
    assert shifts(calendar(event(**there, DURATION="P1D"))) == ["0328T2200-0329T2100"]
    across = {"DTSTART@America/New_York": "20260105T090000", "DTEND@Europe/Lisbon": "20260105T170000"}  # fmt: skip
    assert shifts(calendar(event(**across))) == ["0105T1400-0105T1700"]


def test_a_time_that_does_not_exist_or_comes_twice_has_its_place():
    gap = {"DTSTART@Europe/Lisbon": "20260329T013000", "DURATION": "PT1H"}
    assert shifts(calendar(event(**gap))) == ["0329T0130-0329T0230"]
    twice = {"DTSTART@Europe/Lisbon": "20261025T013000", "DURATION": "PT1H"}
    assert shifts(calendar(event(**twice))) == ["1025T0030-1025T0130"]


def test_an_event_without_a_length_is_no_shift():
    assert shifts(calendar(event(DTSTART="20260105T090000Z"))) == []
    assert shifts(once("20260105T090000Z", "20260105T090000Z")) == []


def test_the_zone_may_be_named_by_windows_or_by_an_organisation_or_described():
    for zone in ("W. Europe Standard Time", "/example.org/2024/Europe/Berlin", "Our Berlin"):
        there = {f"DTSTART@{zone}": "20260628T090000", "DURATION": "PT1H", "RRULE": "FREQ=MONTHLY;INTERVAL=6;COUNT=2"}  # fmt: skip
        text = calendar(BERLIN_BY_HAND, event(**there))
        assert shifts(text) == ["0628T0700-0628T0800", "1228T0800-1228T0900"], zone


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ATTENDEE", "mailto:dana@EXAMPLE.com"),
        ("ATTENDEE", "dana@example.com"),
        ("ATTENDEE;CN=Dana Reyes", "mailto:d.reyes@example.org"),
        ('ATTENDEE;CN="Reyes, dana";PARTSTAT=ACCEPTED', "urn:x"),
        ("SUMMARY", "On call: DANA  reyes"),
        ("SUMMARY", "dana/marc"),
        ("SUMMARY", "primary - Dana."),
        ("SUMMARY", "Dana's week"),
        ("SUMMARY", "call (dana@example.com)"),
    ],
)
def test_an_event_is_theirs_whom_it_names(name, line):
    text = once(**({"SUMMARY": "on call"} | {name: line}))
    assert shifts(text) == ["0105T0900-0105T1700"]
    assert names_anybody(read_calendar(text), DANA)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("SUMMARY", "Bandana day"),
        ("SUMMARY", "dana_2 on call"),
        ("SUMMARY", "Anna-Dana on call"),
        ("SUMMARY", "dana-maria"),
        ("SUMMARY", "dana@example.org on call"),
        ("SUMMARY", "dana.smith on call"),
        ("SUMMARY", "x.dana on call"),
        ("SUMMARY", ""),
        ("ATTENDEE", "mailto:xdana@example.com"),
        ("ATTENDEE;PARTSTAT=DECLINED", "mailto:dana@example.com"),
        ("ATTENDEE;ROLE=NON-PARTICIPANT;CN=Dana Reyes", "mailto:dana@example.com"),
        ("DESCRIPTION", "Dana Reyes"),
    ],
)
def test_who_is_not_named_has_no_shift(name, line):
    text = once(**({"SUMMARY": "on call"} | {name: line}))
    assert shifts(text) == []
    assert not names_anybody(read_calendar(text), DANA)
    assert shifts(text, every=True) == ["0105T0900-0105T1700"]


def test_a_name_may_be_no_word():
    star = Person(id="dora", name="★", contacts=())
    assert shifts(once(SUMMARY="on call: ★"), star) == ["0105T0900-0105T1700"]
    assert shifts(once(SUMMARY="on call"), star) == []


def test_only_what_touches_the_window_counts():
    window = {"first": datetime(2026, 1, 19, 9, tzinfo=UTC), "last": datetime(2026, 1, 26, 9, tzinfo=UTC)}  # fmt: skip
    assert shifts(calendar(WEEKLY), **window) == ["0119T0900-0126T0900"]
    inside = {name: at.replace(day=22) for name, at in window.items()}
    assert shifts(calendar(WEEKLY), **inside) == ["0119T0900-0126T0900"]
    old = {"DTSTART": "00010101T000000", "DURATION": "PT1H", "EXDATE": "00010102T000000,99991231T235959", "RRULE": "FREQ=DAILY;INTERVAL=300"}  # fmt: skip
    assert shifts(calendar(event(**old)), **window) == []
    assert shifts(calendar(event(DTSTART="99991231T235959", DURATION="P300D")), **window) == []
    assert shifts(calendar(event(DTSTART="00010101T000000")), MARC, every=True) == []


def test_an_event_that_cannot_be_read_concerns_only_those_it_may_name():
    broken = event("two", "Marc on call", DTSTART="soon")
    assert len(shifts(calendar(WEEKLY, broken))) == 3
    with pytest.raises(CalendarProblem, match='the event "Marc on call" cannot be read'):
        shifts(calendar(WEEKLY, broken), MARC)
    with pytest.raises(CalendarProblem, match="cannot be read"):
        shifts(calendar(WEEKLY, broken), every=True)
    part = event("one", "somebody else", RECURRENCE_ID="soon", DTSTART="20260105")
    with pytest.raises(CalendarProblem, match='"soon" is no date'):
        shifts(calendar(WEEKLY, part))


def test_events_without_a_name_of_their_own_are_not_one_series():
    unnamed = [event(None, DTSTART=f"2026010{n}T090000Z", DURATION="PT1H") for n in (5, 7)]
    assert shifts(calendar(*unnamed)) == ["0105T0900-0105T1000", "0107T0900-0107T1000"]
    assert shifts(calendar(*unnamed) + "\n" + calendar(unnamed[0].replace("05T", "09T"))) == ["0105T0900-0105T1000", "0107T0900-0107T1000", "0109T0900-0109T1000"]  # fmt: skip


def test_no_file_keeps_anybody_busy():
    never = [event(str(n), DTSTART="19700101", RRULE="FREQ=MONTHLY;COUNT=99999999;BYMONTHDAY=1,2") for n in range(99)]  # fmt: skip
    with pytest.raises(CalendarProblem, match="repeat too often to be worked out"):
        shifts(calendar(*never))


def test_a_calendar_costs_no_more_for_a_hundred_people_than_for_one():
    names = " ".join(f"p{n}" for n in range(100))
    daily = {"DTSTART": "20240101T090000Z", "DURATION": "PT8H", "RRULE": "FREQ=MONTHLY;COUNT=1990;BYMONTHDAY=1,2"}  # fmt: skip
    text = calendar(*(event(str(n), names, **daily) for n in range(50)))
    rota = Rota(read_calendar(text), FIRST, datetime(2026, 2, 10, tzinfo=UTC))
    found = {rota.shifts(Person(id=f"p{n}", name=f"P {n}", contacts=()), every_event=False) for n in range(100)}  # fmt: skip
    assert [len(one) for one in found] == [4]
    assert not rota.is_spent


def test_when_the_budget_of_a_calendar_is_spent_nobody_gets_more_of_it():
    costly = [event(str(n), "Dana", DTSTART="19700101", RRULE="FREQ=MONTHLY;COUNT=99999;BYMONTHDAY=1") for n in range(99)]  # fmt: skip
    rota = Rota(read_calendar(calendar(*costly, event("m", "Marc", DTSTART="20260105"))), FIRST, LAST)  # fmt: skip
    assert len(rota.shifts(MARC, every_event=False)) == 1
    with pytest.raises(CalendarProblem):
        rota.shifts(DANA, every_event=False)
    assert rota.is_spent
    with pytest.raises(CalendarProblem):
        rota.shifts(MARC, every_event=False)
    nobody = Rota(read_calendar(calendar(*costly)), FIRST, LAST)
    assert nobody.shifts(MARC, every_event=False) == ()


def test_names_in_long_titles_draw_on_the_budget_too():
    words = " ".join(f"p{n}" for n in range(1000))
    text = calendar(*(event(str(n), words, DTSTART="20260105") for n in range(100)))
    rota = Rota(read_calendar(text), FIRST, LAST)
    everybody = [Person(id=f"p{n}", name=f"P {n}", contacts=()) for n in range(1000)]
    with pytest.raises(CalendarProblem, match="too often"):
        [rota.shifts(person, every_event=False) for person in everybody]


INSTANTS = st.integers(0, 47).map(lambda n: datetime(2026, 1, 1, n // 2, n % 2 * 30, tzinfo=UTC))


@given(st.lists(st.tuples(INSTANTS, INSTANTS).filter(lambda one: one[0] < one[1]), max_size=8))
def test_merged_shifts_cover_the_same_and_lie_apart(pairs):
    found = merged(pairs)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    for n in range(48):
        at = datetime(2026, 1, 1, n // 2, n % 2 * 30, tzinfo=UTC)
        covered = any(start <= at < end for start, end in found)
        assert covered == any(start <= at < end for start, end in pairs)


def test_a_rota_beside_its_hand_made_table():
    """Two people by turns through the winter, with a swap at Christmas."""
    turns = [
        event(name, f"{name} on call", **{"DTSTART@Europe/Lisbon": start, "DTEND@Europe/Lisbon": end, "RRULE": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"})
        for name, start, end in (("Dana", "20261130T090000", "20261207T090000"), ("Marc", "20261207T090000", "20261214T090000"))
    ]  # fmt: skip
    swap = [
        event(uid, f"{name} on call", **{"RECURRENCE-ID@Europe/Lisbon": start, "DTSTART@Europe/Lisbon": start, "DTEND@Europe/Lisbon": end})
        for uid, name, start, end in (("Marc", "Dana", "20261221T090000", "20261228T090000"), ("Dana", "Marc", "20261228T090000", "20270104T090000"))
    ]  # fmt: skip
    text = calendar(*turns, *swap)
    window = {"first": datetime(2026, 12, 1, tzinfo=UTC), "last": datetime(2027, 1, 10, tzinfo=UTC)}
    assert shifts(text, **window) == ["1130T0900-1207T0900", "1214T0900-1228T0900"]
    assert shifts(text, MARC, **window) == ["1207T0900-1214T0900", "1228T0900-0111T0900"]
