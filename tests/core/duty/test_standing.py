"""Why somebody cannot be asked, in the order in which it is told."""

from datetime import UTC, datetime

import pytest

from handraise.core.duty import unavailable
from handraise.core.table.types import CalendarUse, Person
from handraise.core.table.units import hours
from handraise.model import PersonState

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
BACK = datetime(2026, 11, 30, 9, tzinfo=UTC)


def person(text=None, zone="Europe/Lisbon", **fields):
    spans = hours(text) if text else ()
    return Person(id="dana", name="Dana", contacts=("x",), hours=spans, zone=zone, **fields)


def why(who, at=FRIDAY, **state):
    return unavailable(who, PersonState(**state), at)


def test_the_reasons_have_an_order():
    state = {"active": False, "declined": True, "away": True, "reachable": False, "open_asks": 3, "asks_today": 9}  # fmt: skip
    who = person("Mon 09:00-10:00", capacity_open=3, capacity_day=9)
    told = []
    for name, good in (("active", True), ("declined", False), ("away", False), ("shifts", ((FRIDAY, BACK),)), ("reachable", True), ("open_asks", 0), ("asks_today", 0)):  # fmt: skip
        told.append(why(who, **state))
        state[name] = good
    assert told == [
        "is no longer here",
        "has declined this duty",
        "is away",
        "is off duty (hours Mon 09:00-10:00, Europe/Lisbon)",
        "has no verified contact",
        "has 3 open, the most they take at once",
        "had 9 today, the most they take a day",
    ]
    assert why(who, **state) is None
    assert unavailable(None, PersonState(), FRIDAY) == unavailable(who, None, FRIDAY) == told[0]


@pytest.mark.parametrize(
    ("until", "zone", "words"),
    [
        (BACK, "Europe/Lisbon", "is away until Mon 30 Nov, 09:00 (Europe/Lisbon)"),
        (BACK, "America/New_York", "is away until Mon 30 Nov, 04:00 (America/New_York)"),
        (datetime(2027, 1, 4, 8, tzinfo=UTC), "UTC", "is away until Mon 4 Jan 2027, 08:00 (UTC)"),
        (datetime(2027, 10, 31, 1, 15, tzinfo=UTC), "Europe/Berlin", "is away until Sun 31 Oct 2027, 02:15 UTC+1 (Europe/Berlin)"),
        (None, "UTC", "is away"),
    ],
)  # fmt: skip
def test_an_absence_says_its_end_by_the_persons_clock(until, zone, words):
    assert why(person(zone=zone), away=True, away_until=until) == words


@pytest.mark.parametrize(
    ("who", "shifts", "words"),
    [
        (person(calendars=(CalendarUse("rota/oncall.ics"),)), (), "is off duty (the shifts of oncall.ics that name them)"),
        (person(calendars=(CalendarUse("dana.ics", every_event=True),)), (), "is off duty (every event of dana.ics)"),
        (person("Mon 09:00-10:00", calendars=(CalendarUse("oncall.ics"),)), (), "is off duty (hours Mon 09:00-10:00 and the shifts of oncall.ics that name them, Europe/Lisbon)"),
        (person(calendars=(CalendarUse("a.ics"), CalendarUse("b.ics"))), None, "is off duty (a.ics and b.ics cannot be read, so their shifts are not known)"),
        (person("Mon 09:00-10:00"), None, "is off duty (hours Mon 09:00-10:00, Europe/Lisbon)"),
    ],
)  # fmt: skip
def test_who_is_off_duty_is_so_by_their_hours_or_a_calendar(who, shifts, words):
    assert why(who, shifts=shifts) == words


def test_a_public_holiday_is_said_by_its_name():
    thanksgiving = datetime(2026, 11, 26, 18, tzinfo=UTC)
    who = person("Mon-Fri 09:00-17:00", zone="America/New_York", holidays="US")
    assert why(who, thanksgiving) == "is off duty (Thanksgiving Day, a public holiday of US)"
    assert why(person(holidays="US"), FRIDAY) is None
    assert (
        why(who)
        == "is off duty (hours Mon-Fri 09:00-17:00 but not on public holidays (US), America/New_York)"
    )
