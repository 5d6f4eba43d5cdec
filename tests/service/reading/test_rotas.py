"""Calendars beside the table: read, kept, renewed, and the shifts they come to."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.core.table.types import CalendarUse, Person, Table
from handraise.errors import InputError
from handraise.model import CalendarRecord
from handraise.service.reading.rotas import Rotas, shifts_beside
from handraise.service.reading.tables import calendar_text, open_table, read_table
from handraise.store import Store, open_store
from tests.core.duty.calendars import calendar, event
from tests.support.support_table import TABLE, changed

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = event(
    **{
        "DTSTART@Europe/Lisbon": "20261116T090000",
        "DTEND@Europe/Lisbon": "20261123T090000",
        "RRULE": "FREQ=WEEKLY;INTERVAL=2",
    }
)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
HANDED = event(
    summary="Marc on call",
    **{
        "RECURRENCE-ID@Europe/Lisbon": "20261116T090000",
        "DTSTART@Europe/Lisbon": "20261116T090000",
        "DTEND@Europe/Lisbon": "20261123T090000",
    },
)


@pytest.fixture
def clock():
    return ManualClock(FRIDAY)


@pytest.fixture
def store(folder: Path):
    opened = open_store(f"sqlite:///{folder / 'handraise.db'}")
    yield opened
    opened.close()


@pytest.fixture
def table(folder: Path, clock: ManualClock) -> Table:
    """Return a table by whose calendar Dana and Marc take turns."""
    text = changed('hours: "Mon-Fri 09:00-17:00"', "hours: {calendar: oncall.ics}")
    text = text.replace("  marc:  {", "  marc:  {hours: {calendar: oncall.ics}, ")
    (folder / "handraise.yaml").write_text(text, encoding="utf-8")
    write(folder, calendar(WEEK))
    return open_table(folder / "handraise.yaml")[0]


def write(folder: Path, text: str, *, at: datetime = FRIDAY) -> None:
    (folder / "oncall.ics").write_text(text, encoding="utf-8")
    os.utime(folder / "oncall.ics", (at.timestamp(), at.timestamp()))


def first(rotas: Rotas, table: Table, person: str, now: datetime = FRIDAY):
    """Return when a person's first shift begins; None without one."""
    found = rotas.all_shifts(table, now)[person]
    assert found is not None
    return found[0][0] if found else None


def test_a_registered_calendar_gives_the_shifts_of_five_weeks(store, clock, folder, table):
    rotas = Rotas(store, clock)
    assert rotas.register(table, folder) == []
    found = rotas.all_shifts(table, FRIDAY)["dana"]
    week, fortnight = timedelta(days=7), timedelta(days=14)
    assert found == tuple((MONDAY + n * fortnight, MONDAY + n * fortnight + week) for n in range(3))
    assert rotas.all_shifts(table, FRIDAY)["marc"] == ()
    assert "ines" not in rotas.all_shifts(table, FRIDAY)


def test_tomorrows_shifts_are_worked_out_by_a_look_not_by_the_agent(store, clock, folder, table):
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    kept = rotas.all_shifts(table, FRIDAY)
    assert rotas.all_shifts(table, FRIDAY + timedelta(hours=13)) is kept
    assert rotas.all_shifts(table, FRIDAY + timedelta(days=20)) is kept
    clock.advance(days=1)
    rotas.refresh(table, folder)
    looked = rotas.all_shifts(table, clock.now())
    assert looked is not kept
    rotas.refresh(table, folder)
    assert rotas.all_shifts(table, clock.now()) is looked


def test_shifts_that_tell_nothing_of_the_days_to_come_are_worked_out_at_once(store, clock, folder, table):  # fmt: skip
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    kept = rotas.all_shifts(table, FRIDAY)
    later = rotas.all_shifts(table, FRIDAY + timedelta(days=40))
    assert later["dana"][-1][0] > kept["dana"][-1][0]
    earlier = rotas.all_shifts(table, FRIDAY - timedelta(days=40))
    assert earlier["dana"] != later["dana"]


def costly(start: str) -> str:
    """Return a calendar that takes more to work out the longer ago it began."""
    rule = {"DTSTART": start, "DURATION": "P1D", "RRULE": "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=9999"}
    return calendar(*(event(str(n), "Dana Reyes", **rule) for n in range(99)), event("m", "Marc Oyelaran", DTSTART="20261120"))  # fmt: skip


def test_a_calendar_that_has_become_too_much_puts_nobody_on_shift_and_is_told(store, clock, folder, table):  # fmt: skip
    rotas = Rotas(store, clock)
    write(folder, costly("20241101T090000Z"))
    assert rotas.register(table, folder) == []
    assert rotas.all_shifts(table, FRIDAY)["marc"]
    clock.advance(days=1800)
    (told,) = rotas.refresh(table, folder)
    assert told == (
        '"oncall.ics" cannot be worked out: its events repeat too often to be worked out; '
        "whom that concerns is on no shift"
    )
    assert rotas.all_shifts(table, clock.now()) == {"dana": None, "marc": None}


def test_a_new_calendar_that_is_too_much_is_refused_in_words(store, clock, folder, table):
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    write(folder, costly("19700101T090000Z"), at=FRIDAY + timedelta(minutes=1))
    (told,) = rotas.refresh(table, folder)
    assert "its events repeat too often to be worked out" in told
    assert first(rotas, table, "dana") == MONDAY


def test_an_override_is_in_force_with_the_next_look_in_every_process(store, clock, folder, table):
    rotas, elsewhere = Rotas(store, clock), Rotas(store, clock)
    rotas.register(table, folder)
    assert elsewhere.refresh(table, None) == []
    write(folder, calendar(WEEK, HANDED), at=FRIDAY + timedelta(minutes=1))
    assert first(rotas, table, "marc") is None
    for one, place in ((rotas, folder), (elsewhere, None)):
        assert one.refresh(table, place) == []
        assert first(one, table, "marc") == MONDAY
        assert first(one, table, "dana") == MONDAY + timedelta(days=14)
    assert first(Rotas(store, clock), table, "marc") == MONDAY


def test_a_file_that_did_not_change_is_not_read_again(store, clock, folder, table):
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    clock.advance(minutes=1)
    write(folder, calendar(WEEK))
    rotas.refresh(table, folder)
    write(folder, calendar(WEEK), at=FRIDAY + timedelta(minutes=1))
    rotas.refresh(table, folder)
    assert [record.read_at for record in store.calendar_records()] == [FRIDAY]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (calendar(WEEK).rpartition("\n")[0], '"oncall.ics" cannot be read as a calendar: it is cut off: END:VCALENDAR is missing'),
        (calendar(WEEK, event(summary="x", RECURRENCE_ID="soon", DTSTART="20261116")), '"oncall.ics" cannot be read as a calendar: the event "x" cannot be read: "soon" is no date and no duration'),
        ("", '"oncall.ics" cannot be read as a calendar: it is no iCalendar file: BEGIN:VCALENDAR is missing'),
        (None, 'there is no calendar "oncall.ics" in'),
    ],
    ids=["torn", "odd", "empty", "gone"],
)  # fmt: skip
def test_a_broken_file_is_told_until_it_is_mended_and_the_last_good_one_stays(store, clock, folder, table, text, words):  # fmt: skip
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    if text is None:
        (folder / "oncall.ics").unlink()
    else:
        write(folder, text, at=FRIDAY + timedelta(minutes=1))
    for _ in range(2):
        (told,) = rotas.refresh(table, folder)
        assert told.startswith(words)
        assert told.endswith("; the rota as it was last read stays in force")
        assert first(rotas, table, "dana") == MONDAY
    assert first(Rotas(store, clock), table, "dana") == MONDAY
    write(folder, calendar(WEEK))
    assert rotas.refresh(table, folder) == []


def test_a_calendar_that_was_never_read_puts_nobody_on_shift(store, clock, folder, table):
    rotas = Rotas(store, clock)
    assert rotas.refresh(table, None) == ['"oncall.ics" was never read; nobody is on shift by it']
    assert rotas.all_shifts(table, FRIDAY)["dana"] is None
    (folder / "oncall.ics").unlink()
    (told,) = rotas.register(table, folder)
    assert told.endswith("; nobody is on shift by it")
    assert rotas.all_shifts(table, FRIDAY)["dana"] is None


def test_a_calendar_of_another_release_that_cannot_be_read_here_is_no_shift(store, clock, table):
    for text in ("x", calendar(event(DTSTART="soon"))):
        store.save_calendar(CalendarRecord(agent=table.agent, file="oncall.ics", text=text, digest=text[:5], read_at=FRIDAY))  # fmt: skip
        rotas = Rotas(store, clock)
        assert rotas.all_shifts(table, FRIDAY)["dana"] is None


def test_the_shifts_of_several_calendars_are_one(store, clock, table):
    later = event(**{"DTSTART@Europe/Lisbon": "20261123T090000", "DURATION": "P1D"})
    for file, text in (("a.ics", calendar(WEEK)), ("b.ics", calendar(later))):
        store.save_calendar(CalendarRecord(agent=table.agent, file=file, text=text, digest=file, read_at=FRIDAY))  # fmt: skip
    uses = (CalendarUse("a.ics"), CalendarUse("b.ics", every_event=True))
    dana = Person(id="dana", name="Dana Reyes", contacts=(), calendars=uses)
    found = Rotas(store, clock).all_shifts(replace(table, people={"dana": dana}), FRIDAY)["dana"]
    assert found[0] == (MONDAY, MONDAY + timedelta(days=8))


def test_an_agent_sees_its_own_calendars_only(store: Store, clock, folder, table):
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    assert rotas.all_shifts(replace(table, agent="another"), FRIDAY)["dana"] is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * 2_000_001, "oncall.ics is larger than 2,000,000 bytes"),
        (b"\xff\xfe", "oncall.ics: not UTF-8 text (byte 0)"),
    ],
)
def test_a_calendar_is_utf_8_text_of_a_usual_size(tmp_path, content, words):
    (tmp_path / "oncall.ics").write_bytes(content)
    with pytest.raises(InputError, match="^" + words.replace("(", r"\(").replace(")", r"\)")):
        calendar_text(tmp_path / "oncall.ics")


def test_what_is_no_file_is_no_calendar(tmp_path):
    for name in ("nowhere.ics", ".", "a\0b.ics", "x" * 300):
        with pytest.raises(InputError):
            calendar_text(tmp_path / name)
    loop = tmp_path / "loop.ics"
    loop.symlink_to(loop)
    with pytest.raises(InputError):
        calendar_text(loop)
    (tmp_path / "shut.ics").mkdir()
    with pytest.raises(InputError, match="there is no calendar"):
        calendar_text(tmp_path / "shut.ics")


def test_a_table_is_read_with_its_calendars(folder, table, clock):
    reading = read_table(folder / "handraise.yaml", clock)
    assert "not-named" in [finding.code for finding in reading.findings]
    (folder / "oncall.ics").write_text(TABLE, encoding="utf-8")
    assert [finding.code for finding in read_table(folder / "handraise.yaml").errors] == [
        "calendar"
    ]


def test_everybodys_shifts_are_kept_until_a_calendar_or_the_table_changes(store, clock, folder, table):  # fmt: skip
    rotas = Rotas(store, clock)
    rotas.register(table, folder)
    found = rotas.all_shifts(table, FRIDAY)
    assert set(found) == {"dana", "marc"}
    assert rotas.all_shifts(table, FRIDAY) is found
    write(folder, calendar(WEEK, HANDED), at=FRIDAY + timedelta(minutes=1))
    rotas.refresh(table, folder)
    assert rotas.all_shifts(table, FRIDAY)["marc"][0][0] == MONDAY
    text = (folder / "handraise.yaml").read_text(encoding="utf-8")
    (folder / "handraise.yaml").write_text(text.replace("dana:", "dora:").replace("dana,", "dora,"))
    newer = open_table(folder / "handraise.yaml")[0]
    assert set(rotas.all_shifts(newer, FRIDAY)) == {"dora", "marc"}


def test_the_shifts_of_a_table_are_told_straight_from_its_files(folder, table):
    found = shifts_beside(table, folder, FRIDAY)
    assert found["dana"] is not None
    assert found["dana"][0][0] == MONDAY
    assert found["marc"] == ()
    (folder / "oncall.ics").unlink()
    assert shifts_beside(table, folder, FRIDAY) == {"dana": None, "marc": None}
