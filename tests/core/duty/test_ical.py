"""What is no calendar is said in words; nothing else comes of a broken or hostile file."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.duty import ical
from handraise.core.duty.entries import read_calendar
from handraise.core.duty.recurrence import Budget, CalendarProblem
from handraise.core.duty.rota import Rota
from handraise.core.duty.zones import zone_named
from handraise.core.table.types import Person
from tests.core.duty.calendars import BERLIN_BY_HAND, calendar, event

DANA = Person(id="dana", name="Dana Reyes", contacts=("mailto:dana@example.com",))
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def problem(text):
    """Return why Dana's shifts cannot be told."""
    with pytest.raises(CalendarProblem) as caught:
        Rota(read_calendar(text), FIRST, LAST).shifts(DANA, every_event=False)
    return str(caught.value).removeprefix('the event "Dana Reyes on call" cannot be read: ')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is no iCalendar file: BEGIN:VCALENDAR is missing"),
        ("<html>", "it is no iCalendar file: BEGIN:VCALENDAR is missing"),
        ("BEGIN:VCARD\nEND:VCARD", "it is no iCalendar file: BEGIN:VCALENDAR is missing"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1", "it is cut off: END:VEVENT is missing"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "END:VEVENT ends nothing that was begun"),
        ("END:VCALENDAR", "END:VCALENDAR ends nothing that was begun"),
        ("x" * (ical.MAX_LENGTH + 1), "it is longer than 2,000,000 characters"),
        (calendar("BEGIN:X\nEND:X\n" * ical.MAX_PARTS), "it holds more than 20,000 parts"),
    ],
    ids=range(8),
)
def test_what_is_no_calendar_is_said(text, words):
    assert problem(text) == words


def test_a_calendar_may_begin_with_a_mark_and_end_its_lines_as_it_likes():
    whole = calendar(event(DTSTART="20260105"))
    for text in ("\ufeff" + whole, whole.replace("\n", "\r\n"), whole + "\n\n", whole.lower()):
        assert len(read_calendar(text).series) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({}, "DTSTART is missing"),
        ({"DTSTART": "20260105T250000"}, '"20260105T250000" is no date and no duration'),
        ({"DTSTART": "P1D"}, '"P1D" is no date'),
        ({"DTSTART": "20260105", "DURATION": "20260105"}, '"20260105" is no duration'),
        ({"DTSTART": "20260105", "DURATION": "P99999999999W"}, '"P99999999999W" is no date and no duration'),
        ({"DTSTART": "20260105", "DURATION": "P400D"}, "it ends before it begins, or lasts for more than a year"),
        ({"DTSTART": "20260105", "DTEND": "20260104"}, "it ends before it begins, or lasts for more than a year"),
        ({"DTSTART": "20260105", "DTEND": "soon"}, '"soon" is no date and no duration'),
        ({"DTSTART": "20260105", "EXDATE": "soon"}, '"soon" is no date and no duration'),
        ({"DTSTART": "20260105", "RDATE": "soon"}, '"soon" is no date and no duration'),
        ({"DTSTART": "20260105", "RDATE": "20260105/soon"}, '"soon" is no date and no duration'),
        ({"DTSTART": "20260105", "EXRULE": "FREQ=DAILY"}, "EXRULE is not read; write the days as EXDATE"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY", "RRULE;X=1": "FREQ=DAILY"}, "it has more than one RRULE"),
        ({"DTSTART": "20260105", "RECURRENCE_ID;RANGE=THISANDFUTURE": "20260105"}, "RANGE is not read; end the series, and begin another"),
        ({"DTSTART@Nowhere/Nix": "20260105T090000"}, 'the time zone "Nowhere/Nix" is not known'),
        ({"DTSTART@../../etc/passwd": "20260105T090000"}, 'the time zone "../../etc/passwd" is not known'),
        ({"DTSTART@/a/../b": "20260105T090000"}, 'the time zone "/a/../b" is not known'),
        ({"DTSTART": "20260105\njust a line"}, '"just a line" is no line of a calendar'),
        ({"DTSTART": "20260105", "RRULE": "FREQ=soon"}, '"FREQ=soon" is no rule to repeat by'),
        ({"DTSTART": "20260105", "RRULE": "INTERVAL=2"}, "its rule does not say how often it repeats: FREQ is missing"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=SECONDLY"}, "it repeats more often than daily, which no shift does"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;INTERVAL=0"}, "it repeats every 0 times, or 0 times"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;COUNT=-1"}, "it repeats every 0 times, or 0 times"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;BYHOUR=9,12"}, "it repeats by BYHOUR at other times than its first"),
        ({"DTSTART": "20260105T090000Z", "RRULE": "FREQ=DAILY;BYMINUTE=30"}, "it repeats by BYMINUTE at other times than its first"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;RSCALE=CHINESE"}, "it repeats by RSCALE, which is not read"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;BYMONTHDAY=32"}, "BYMONTHDAY is out of its bounds"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=DAILY;BYMONTH=5L"}, "it repeats by leap months, which is not read"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=YEARLY;BYYEARDAY=0"}, "BYYEARDAY is out of its bounds"),
        ({"DTSTART": "20260105", "RRULE": "FREQ=YEARLY;BYWEEKNO=1;WKST=SU"}, "it counts weeks of the year that do not begin on Monday"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_read_says_why(lines, words):
    assert problem(calendar(event(**lines))) == words


def test_a_rule_may_name_the_time_it_has_anyway():
    rule = "FREQ=WEEKLY;WKST=SU;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=2"
    text = calendar(event(DTSTART="20260105T090000Z", DURATION="PT1H", RRULE=rule))
    assert len(Rota(read_calendar(text), FIRST, LAST).shifts(DANA, every_event=False)) == 2


def described(text, name="Our Berlin"):
    """Return a zone by its description."""
    part = ical.components(calendar(text))[0].parts[0]
    return zone_named(name, {name: part}, Budget(100_000))


def test_a_zone_is_known_by_its_description():
    berlin = described(BERLIN_BY_HAND)
    told = [datetime(*at, tzinfo=berlin).utcoffset() for at in ((1980, 1, 1), (2026, 1, 1), (2026, 3, 29, 1, 59), (2026, 3, 29, 3), (2026, 7, 1), (2026, 10, 25, 3), (2099, 7, 1))]  # fmt: skip
    assert [one / timedelta(hours=1) for one in told] == [1, 1, 1, 2, 2, 1, 2]
    assert (berlin.tzname(None), berlin.dst(None)) == ("Our Berlin", None)
    assert berlin.utcoffset(None) == timedelta(hours=1)


def test_a_zone_may_have_rules_that_ended_and_days_of_their_own():
    until = "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;UNTIL=20160327T010000Z"
    text = BERLIN_BY_HAND.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", until)
    text = text.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "RDATE:20151025T030000,20161030T030000")  # fmt: skip
    berlin = described(text)
    told = [datetime(year, 7, 1, tzinfo=berlin).utcoffset() for year in (2015, 2016, 2017, 2026)]
    assert [one / timedelta(hours=1) for one in told] == [2, 2, 1, 1]
    floating = described(BERLIN_BY_HAND.replace("BYMONTH=10", "BYMONTH=10;UNTIL=20161030T030000"))
    assert datetime(2026, 12, 1, tzinfo=floating).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("+0200", "two", 'the time zone "Our Berlin" has no offset'),
        ("19961027T030000", "19961027", '"19961027" is no time of a clock change'),
        ("19961027T030000", "", '"" is no date and no duration'),
        ("FREQ=YEARLY", "FREQ=SECONDLY", "it repeats more often than daily, which no shift does"),
        ("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", None),
        ("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "FREQ=YEARLY;BYWEEKNO=9;BYMONTH=12", None),
    ],
)
def test_a_zone_that_cannot_be_understood_is_said(old, new, words):
    text = BERLIN_BY_HAND.replace(old, new, 1)
    if words is None:
        described(text)
    else:
        with pytest.raises(CalendarProblem) as caught:
            described(text)
        assert str(caught.value) == words


def test_a_zone_that_is_described_by_nothing_is_none():
    with pytest.raises(CalendarProblem, match="is described by nothing"):
        described("BEGIN:VTIMEZONE\nTZID:Our Berlin\nEND:VTIMEZONE")


def test_the_zones_of_one_file_are_not_those_of_the_next():
    other = BERLIN_BY_HAND.replace("+0100", "+0500").replace("+0200", "+0600")
    there = {"DTSTART@Our Berlin": "20260701T090000", "DURATION": "PT1H"}
    found = [
        Rota(read_calendar(calendar(zone, event(**there))), FIRST, LAST).shifts(DANA, every_event=False)[0][0].hour
        for zone in (BERLIN_BY_HAND, other, BERLIN_BY_HAND)
    ]  # fmt: skip
    assert found == [7, 3, 7]


def test_zones_cost_no_more_than_they_may():
    daily = "RRULE:FREQ=DAILY;INTERVAL=1"
    text = BERLIN_BY_HAND.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", daily)
    many = [text.replace("Our Berlin", f"Zone {n}") for n in range(9)]
    events = [event(str(n), **{f"DTSTART@Zone {n}": "20260701T090000"}) for n in range(9)]
    assert problem(calendar(*many, *events)).endswith(
        "its events repeat too often to be worked out"
    )


WORDS = st.sampled_from(("BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "TZID:X", "UID:1", "SUMMARY:dana", "STATUS:CANCELLED", "SEQUENCE:٣", "ATTENDEE:mailto:", 'ATTENDEE;CN="a","b":x', ";:", "TZOFFSETFROM:+0100", "TZOFFSETTO:+2360"))  # fmt: skip
NAMES = st.sampled_from(("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "DTSTART;TZID=X", "EXDATE;TZID=Europe/Lisbon", "DTSTART;TZID=", "RDATE;VALUE=PERIOD"))  # fmt: skip
VALUES = st.sampled_from(("20260105", "20260105T090000", "20260105T090000Z", "00010101T000000Z", "99991231T235959", "P1D", "-P1D", "PT0S", "P366D", "20260105/P1D", "20260105T090000/00010101", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,-2TU", "FREQ=YEARLY;BYSETPOS=-1;INTERVAL=99999999999999999999", "FREQ=MONTHLY;COUNT=3;UNTIL=00010101", "FREQ=DAILY;UNTIL=P1D", "FREQ=;=", "")) | st.text(max_size=12)  # fmt: skip


@given(st.lists(WORDS | st.tuples(NAMES, VALUES).map(":".join), max_size=14), st.booleans())
def test_whatever_a_file_holds_it_is_shifts_or_a_problem(lines, whole):
    body = ["BEGIN:VEVENT", "SUMMARY:dana", *lines, "END:VEVENT"] if whole else lines
    zone = ["BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", *lines, "END:STANDARD", "END:VTIMEZONE"]
    text = calendar(*zone, *body) if whole else "\n".join(body)
    found = ()
    with suppress(CalendarProblem):
        found = Rota(read_calendar(text), FIRST, LAST).shifts(DANA, every_event=True)
    assert all(start < end for start, end in found)
