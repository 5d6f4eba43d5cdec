"""Hours with calendars, public holidays, and routes that need several: read, refused, printed."""

from datetime import UTC, datetime

import pytest

from handraise.core.table.read import read
from handraise.core.table.render import as_html, as_markdown, as_text
from handraise.core.table.spec import json_schema
from handraise.core.table.types import CalendarUse, Span
from handraise.errors import InputError
from tests.core.duty.calendars import calendar, event
from tests.support.support_table import TABLE, changed, table_of

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DANA = 'hours: "Mon-Fri 09:00-17:00"'
SHIFT = event(DTSTART="20261201T090000Z", DURATION="PT8H")
FILES = {
    "oncall.ics": calendar(SHIFT),
    "past.ics": calendar(event(DTSTART="20250101T090000Z", DURATION="PT8H")),
    "marc.ics": calendar(event(summary="Marc", DTSTART="20261201T090000Z", DURATION="PT8H")),
    "broken.ics": "BEGIN:VCALENDAR",
    "odd.ics": calendar(event(DTSTART="soon")),
}


def reader(file):
    if file not in FILES:
        raise InputError(f'there is no calendar "{file}"', "put it there")
    return FILES[file]


def with_hours(hours, text=TABLE):
    return changed(DANA, f"hours: {hours}", text)


def findings(text, severity="error"):
    reading = read(text, "t.yaml", calendar=reader, at=AT)
    return [one for one in reading.findings if one.severity == severity]


def told(text, severity="error"):
    return [f"{one.path}: {one.message}" for one in findings(text, severity)]


@pytest.mark.parametrize(
    ("written", "spans", "calendars"),
    [
        ("{calendar: oncall.ics}", (), [CalendarUse("oncall.ics")]),
        ("{calendar: oncall.ics, events: all}", (), [CalendarUse("oncall.ics", every_event=True)]),
        ("{calendar: oncall.ics, events: named}", (), [CalendarUse("oncall.ics")]),
        ("[{calendar: oncall.ics}, {calendar: marc.ics, events: all}]", (), [CalendarUse("oncall.ics"), CalendarUse("marc.ics", every_event=True)]),
        ("[Mon 09:00-17:00, {calendar: oncall.ics}, Tue 09:00-17:00]", (Span(0, 540, 1020), Span(1, 540, 1020)), [CalendarUse("oncall.ics")]),
        ("[Mon-Sun 00:00-24:00, {calendar: oncall.ics}]", tuple(Span(n, 0, 1440) for n in range(7)), [CalendarUse("oncall.ics")]),
        ("[always]", (), []),
    ],
)  # fmt: skip
def test_hours_take_spans_and_calendars(written, spans, calendars):
    text = with_hours(written)
    assert not findings(text)
    dana = table_of(text).people["dana"]
    assert (dana.hours, dana.calendars) == (spans, tuple(calendars))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{calendar: ''}", "people.dana.hours.calendar: people.dana.hours.calendar: is empty; at least one is needed"),
        ("{calendar: 7}", "people.dana.hours.calendar: people.dana.hours.calendar: expected text, found a number"),
        ("{events: all}", 'people.dana.hours: people.dana.hours has no "calendar"'),
        ("[{calendar: oncall.ics, events: some}]", "people.dana.hours[0].events: people.dana.hours[0].events: expected 'named' or 'all', found 'some'"),
        ("[{calender: oncall.ics}]", 'people.dana.hours[0].calender: unknown key "calender"'),
        ('"calendar: oncall.ics"', 'people.dana.hours: "calendar: oncall.ics" are no hours: a calendar is no text; write {calendar: oncall.ics}'),
        ("[always, {calendar: oncall.ics}]", "people.dana.hours: who is always there has no use for a calendar"),
        ("[]", "people.dana.hours: people.dana.hours: is empty; at least one is needed"),
        ("9", "people.dana.hours: people.dana.hours: expected text, found a number"),
        ("[Mon 09:00, {calendar: oncall.ics}]", 'people.dana.hours: "Mon 09:00" are no hours: the end is missing; write e.g. Mon-Fri 09:00-17:00'),
        ("{calendar: nowhere.ics}", 'people.dana.hours.calendar: there is no calendar "nowhere.ics"'),
        ("[{calendar: broken.ics}]", 'people.dana.hours[0].calendar: "broken.ics" cannot be read as a calendar: it is cut off: END:VCALENDAR is missing'),
        ("{calendar: odd.ics}", 'people.dana.hours.calendar: "odd.ics": the event "Dana Reyes on call" cannot be read: "soon" is no date and no duration'),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_found_at_their_place(written, message):
    assert message in told(with_hours(written))


def test_a_misspelt_key_of_a_calendar_has_the_nearest_name():
    hints = [one.hint for one in findings(with_hours("{calender: oncall.ics}"))]
    assert 'did you mean "calendar"?' in hints
    assert "name the file: calendar: oncall.ics" in hints


def test_a_calendar_that_two_people_use_is_found_broken_once():
    text = with_hours("{calendar: broken.ics}").replace("  marc:  {", "  marc:  {hours: {calendar: broken.ics}, ")  # fmt: skip
    assert len(findings(text)) == 1


def test_the_rest_of_a_broken_table_is_looked_at_with_its_calendars():
    text = with_hours("{calendar: broken.ics}").replace("zone: America/New_York", "zone: Nowhere")
    text = text.replace("  marc:  {", "  marc:  {hours: {calendar: oncall.ics}, zone: Nix, ")
    text = text.replace("  ines:  {", "  ines:  {holiday: US, ").replace("name: Priya Raman, ", "")
    assert {one.code for one in findings(text)} == {"calendar", "zone", "unknown-key", "missing-key"}  # fmt: skip


def test_a_calendar_without_a_reader_or_without_now_is_not_looked_at():
    text = with_hours("{calendar: nowhere.ics}")
    assert not read(text).errors
    assert not read(text, calendar=reader).errors
    assert not read(text, at=AT).errors


def test_a_rota_that_is_of_no_use_is_worth_knowing():
    assert told(with_hours("{calendar: oncall.ics}"), "warning")[0].startswith("escalate.")
    warned = told(with_hours("[{calendar: past.ics}, {calendar: marc.ics}]"), "warning")
    assert warned[:2] == [
        'people.dana.hours[0].calendar: Dana Reyes has no shift in "past.ics" in the next 60 days',
        'people.dana.hours[1].calendar: no event of "marc.ics" names Dana Reyes',
    ]
    every = told(with_hours("{calendar: marc.ics, events: all}"), "warning")
    assert not [one for one in every if "marc.ics" in one]


def test_a_route_with_a_calendar_has_no_weekly_gap():
    alone = changed("people: [dana, marc]", "people: [dana]")
    assert "gap" in [one.code for one in read(alone).findings]
    assert "gap" not in [one.code for one in read(with_hours("{calendar: oncall.ics}", alone)).findings]  # fmt: skip


@pytest.mark.parametrize("place", ["US", "US-CA", "DE-BY", "NO"])
def test_holidays_are_those_of_a_place(place):
    text = changed("zone: America/New_York", f"zone: America/New_York, holidays: {place}")
    assert not findings(text)
    assert table_of(text).people["dana"].holidays == place


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("Germany", 'people.dana.holidays: no public holidays are known for "Germany"', 'did you mean "DE"?'),
        ("US-Utah", 'people.dana.holidays: "US" has no part "Utah" with public holidays of its own', 'did you mean "US-UT"?'),
        ("true", "people.dana.holidays: people.dana.holidays: expected text, found true/false", ""),
        ("[US]", "people.dana.holidays: people.dana.holidays: expected text, found a list", ""),
    ],
)  # fmt: skip
def test_holidays_of_no_place_are_found_with_the_nearest(place, message, hint):
    text = changed("zone: America/New_York", f"zone: America/New_York, holidays: {place}")
    assert told(text) == [message]
    assert findings(text)[0].hint == hint


def needing(number, people="[ines, dana]"):
    return changed("finance: [ines]", f"finance: {{people: {people}, needs: {number}}}")


def test_a_route_may_need_several_of_its_people():
    assert table_of(needing(2)).routes["finance"].needs == 2
    assert table_of().routes["finance"].needs == 1


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("3", "3 must agree, but there are only 2 on this route"),
        ("0", "routes.finance.needs: expected 1 or more, found 0"),
        ("-1", "routes.finance.needs: expected 1 or more, found -1"),
        ("two", "routes.finance.needs: expected a whole number, found 'two'"),
        ("1.5", "routes.finance.needs: expected a whole number, found 1.5"),
        ("true", "routes.finance.needs: expected a whole number, found True"),
    ],
)
def test_a_route_cannot_need_what_there_is_not(number, message):
    assert told(needing(number)) == [f"routes.finance.needs: {message}"]


def test_a_route_that_needs_everybody_is_worth_knowing():
    warned = [one for one in read(needing(2)).findings if one.code == "needs-all"]
    assert [one.path for one in warned] == ["routes.finance.needs"]
    assert warned[0].message == 'all 2 people of "finance" must agree: when one is not there, the owner is asked in their place'  # fmt: skip
    assert "needs-all" not in [one.code for one in read(needing(2, "[ines, dana, marc]")).findings]


def test_the_printed_table_says_hours_holidays_and_how_many_must_agree():
    text = with_hours("[Mon 09:00-17:00, {calendar: rota/oncall.ics}]", needing(2))
    text = text.replace("zone: America/New_York", "zone: America/New_York, holidays: US")
    text = text.replace("  marc:  {", "  marc:  {holidays: DE-BY, ")
    table = table_of(text)
    for printed in (as_text(table), as_markdown(table), as_html(table)):
        plain = " ".join(printed.replace("\\", "").replace("&lt;br&gt;", " ").split())
        assert "2 of them must agree" in plain
        assert "DE-BY" in plain
        assert "oncall.ics" in plain
    assert (
        "1. Dana Reyes, Mon 09:00-17:00 but not on public holidays (US) and the shifts of"
        " oncall.ics that name them (America/New_York), at most 40 a day" in as_html(table)
    )


def test_what_is_new_makes_a_new_version_and_what_stands_in_a_calendar_does_not():
    base = table_of().version
    texts = [
        with_hours("{calendar: oncall.ics}"),
        with_hours("{calendar: oncall.ics, events: all}"),
        changed("zone: America/New_York", "zone: America/New_York, holidays: US"),
        needing(2, "[ines, dana, marc]"),
        needing(1, "[ines, dana, marc]"),
    ]
    versions = [read(text, calendar=reader, at=AT).table.version for text in texts]
    assert len({base, *versions}) == 6
    other = read(texts[0], calendar=lambda _: FILES["past.ics"], at=AT).table.version
    assert other == versions[0]


def test_the_schema_for_editors_knows_the_new_keys():
    parts = json_schema()["$defs"]
    assert set(parts["CalendarSpec"]["properties"]) == {"calendar", "events"}
    assert parts["RouteSpec"]["properties"]["needs"]["minimum"] == 1
    assert "holidays" in parts["PersonSpec"]["properties"]
    forms = parts["PersonSpec"]["properties"]["hours"]["anyOf"]
    assert {"type": "string"} in forms
    assert {"$ref": "#/$defs/CalendarSpec"} in forms
