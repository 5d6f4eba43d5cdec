from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handraise.core.duty import Directory, Skip, day_start, gap, on_duty, pick, unavailable
from handraise.core.table.types import Person
from handraise.core.table.units import hours
from handraise.model import PersonState
from tests.support.support_table import changed, table_of

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def person(text="always", zone="UTC", **fields):
    return Person(id="dana", name="Dana", contacts=("x",), hours=hours(text), zone=zone, **fields)


def at(text, zone="UTC", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(("when", "duty"), [("2026-01-05T09:00", True), ("2026-01-05T08:59", False), ("2026-01-05T16:59:59", True), ("2026-01-05T17:00", False), ("2026-01-10T12:00", False)])  # fmt: skip
def test_hours_begin_with_their_minute_and_end_before_it(when, duty):
    there = "America/New_York"
    assert on_duty(person("Mon-Fri 09:00-17:00", there), at(when, there)) is duty
    assert on_duty(person(), at(when))


def test_a_night_shift_goes_on_after_midnight_and_into_the_next_week():
    night = person("Sun 22:00-06:00")
    assert [
        on_duty(night, at(f"2026-01-{day}"))
        for day in ("04T22:00", "05T05:59", "05T06:00", "04T05:00")
    ] == [True, True, False, False]


def test_the_night_that_clocks_go_forward_has_no_hour_to_miss():
    early = person("Sun 01:30-03:30", "America/New_York")
    start = at("2026-03-08T01:30", "America/New_York")
    duty = [on_duty(early, start + timedelta(minutes=n)) for n in (-1, 0, 29, 30, 59, 60)]
    assert duty == [False, True, True, True, True, False]


def test_the_hour_that_comes_twice_is_worked_twice():
    early = person("Sun 01:00-02:00", "America/New_York")
    first = at("2026-11-01T01:00", "America/New_York")
    duty = [on_duty(early, first + timedelta(minutes=n)) for n in (-1, 0, 59, 60, 119, 120)]
    assert duty == [False, True, True, True, True, False]


def test_a_day_starts_at_midnight_where_the_person_is():
    assert day_start(person(zone="America/New_York"), at("2026-01-05T03:00")) == at(
        "2026-01-04T05:00"
    )
    after = datetime(2026, 11, 1, 12, tzinfo=NEW_YORK)
    assert day_start(person(zone="America/New_York"), after) == at("2026-11-01T04:00")


def test_where_clocks_change_at_midnight_the_day_starts_once():
    havana = person(zone="America/Havana")
    assert day_start(havana, at("2026-03-08T12:00", "America/Havana")) == at("2026-03-08T05:00")
    assert day_start(havana, at("2026-11-01T00:30", "America/Havana", fold=1)) == at(
        "2026-11-01T04:00"
    )


@pytest.mark.parametrize(
    ("who", "state", "why"),
    [
        (None, PersonState(), "is no longer here"),
        (person(), None, "is no longer here"),
        (person(), PersonState(active=False), "is no longer here"),
        (person("Tue 09:00-10:00"), PersonState(), "is off duty (hours Tue 09:00-10:00, UTC)"),
        (
            person(capacity_open=2),
            PersonState(open_asks=2),
            "has 2 open, the most they take at once",
        ),
        (
            person(capacity_day=3),
            PersonState(asks_today=3),
            "had 3 today, the most they take a day",
        ),
        (person(capacity_open=2, capacity_day=3), PersonState(open_asks=1, asks_today=2), None),
    ],
)
def test_why_a_person_cannot_be_asked(who, state, why):
    assert unavailable(who, state, MONDAY) == why


def everybody(**states):
    usual = {id: PersonState() for id in ("dana", "marc", "ines", "priya")}
    return Directory(owner="priya", states=usual | states)


DAY = at("2026-01-05T15:00")
NIGHT = at("2026-01-05T03:00")


def test_the_first_who_can_is_picked():
    picked = pick(table_of(), "supervisor", everybody(), (), DAY)
    assert (picked.person, picked.with_owner, picked.skipped) == ("dana", False, ())


def test_who_cannot_is_passed_over_with_the_reason():
    picked = pick(table_of(), "supervisor", everybody(), (), NIGHT)
    assert picked.person == "marc"
    assert picked.skipped == (
        Skip("dana", "is off duty (hours Mon-Fri 09:00-17:00, America/New_York)"),
    )


def test_who_had_it_does_not_get_it_again_and_then_the_owner_has_it():
    assert pick(table_of(), "supervisor", everybody(), ["dana"], DAY).person == "marc"
    last = pick(table_of(), "supervisor", everybody(), ["dana", "marc"], DAY)
    assert (last.person, last.with_owner, last.skipped) == ("priya", True, ())
    nobody = pick(table_of(), "finance", everybody(ines=PersonState(active=False)), (), DAY)
    assert (nobody.person, nobody.with_owner, len(nobody.skipped)) == ("priya", True, 1)


def test_the_owner_is_the_last_resort_whatever_their_state():
    gone = everybody(priya=PersonState(active=False))
    for route in ("owner", "unheard_of"):
        picked = pick(table_of(), route, gone, (), DAY)
        assert (picked.person, picked.with_owner, picked.skipped) == ("priya", True, ())


def test_an_owner_who_stands_on_a_route_is_asked_there_like_anybody():
    table = table_of(changed("finance: [ines]", "finance: [priya, ines]"))
    assert not pick(table, "finance", everybody(), (), DAY).with_owner


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ([person()], None),
        ([person("Mon-Sun 00:00-24:00")], None),
        ([person("Mon-Sun 00:00-12:00"), person("Mon-Sun 12:00-24:00")], None),
        (
            [person("Mon-Sun 00:00-12:00"), person("Mon-Sun 12:07-24:00")],
            ("2026-01-05T12:00", "2026-01-05T12:07"),
        ),
        ([person("Mon-Sun 00:00-23:59")], ("2026-01-05T23:59", "2026-01-06T00:00")),
        ([person("Tue-Sun 00:00-24:00")], ("2026-01-05T00:00", "2026-01-06T00:00")),
        ([person("Mon-Sat 00:00-24:00")], ("2026-01-11T00:00", "2026-01-12T00:00")),
        ([], ("2026-01-05T00:00", "2026-01-12T00:00")),
    ],
)
def test_the_first_gap_of_a_week_is_found_to_the_minute(people, found):
    assert gap(people, MONDAY) == (found and tuple(at(one) for one in found))


def test_who_asked_or_has_agreed_is_never_picked():
    picked = pick(table_of(), "supervisor", everybody(), (), DAY, never=["dana"])
    assert picked.person == "marc"
    assert picked.skipped == ()
    last = pick(table_of(), "supervisor", everybody(), ["marc"], DAY, never=["dana"])
    assert (last.person, last.with_owner) == ("priya", True)
    assert last.skipped == (Skip("dana", "asked for this, or has another part of it"),)
    assert (
        pick(table_of(), "finance", everybody(), ["ines"], DAY, never=["priya"]).person == "priya"
    )


def test_the_owner_is_told_that_the_path_is_over_capacity():
    full = everybody(marc=PersonState(open_asks=5))
    picked = pick(table_of(), "supervisor", full, (), NIGHT)
    assert (picked.person, picked.over_capacity) == ("priya", True)
    assert picked.why == (
        "dana is off duty (hours Mon-Fri 09:00-17:00, America/New_York); "
        "marc has 5 open, the most they take at once; the path is over capacity"
    )


def test_who_is_away_does_not_make_a_path_full():
    away = everybody(ines=PersonState(away=True))
    picked = pick(table_of(), "finance", away, (), DAY)
    assert (picked.with_owner, picked.over_capacity, picked.why) == (True, False, "ines is away")
    crowded = everybody(dana=PersonState(asks_today=40))
    there = pick(table_of(), "supervisor", crowded, (), DAY)
    assert (there.person, there.over_capacity) == ("marc", False)
    assert there.why == "dana had 40 today, the most they take a day"
    assert pick(table_of(), "supervisor", everybody(), (), DAY).why == ""


def test_who_is_given_an_ask_has_one_more_and_who_loses_it_one_less():
    before = everybody(dana=PersonState(open_asks=1, asks_today=3))
    after = before.with_load(taken=["dana", "stranger"], given=["marc", "marc"])
    assert after.states["dana"] == PersonState(open_asks=0, asks_today=3)
    assert after.states["marc"] == PersonState(open_asks=2, asks_today=2)
    assert after.with_load(taken=["dana"]).states["dana"].open_asks == 0


def test_a_person_is_as_they_are_now_where_that_is_known():
    table = table_of()
    now = person("Mon 09:00-10:00")
    assert everybody().person("dana", table) == table.people["dana"]
    newer = Directory(owner="priya", states={}, people={"dana": now})
    assert newer.person("dana", table) == now
    assert newer.person("nobody", table) is None
