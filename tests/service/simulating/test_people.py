"""Who is next in a simulation is who `pick` names; what is counted of people is right."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.duty import Directory, pick
from handraise.core.table.types import CalendarUse, Person, Route, Table
from handraise.core.table.units import hours
from handraise.model import PersonState
from handraise.service.simulating.people import NEVER, Roster, Worker, presence, presences
from tests.support.simulated import MONDAY, operation

LAST = MONDAY + timedelta(days=14)
HOURS = ("always", "Mon-Fri 09:00-17:00", "Mon-Sun 22:00-06:00", "Sun 01:00-03:00")
IDS = ("dana", "marc", "ines", "priya")

WHO = st.builds(
    Person,
    id=st.just(""),
    name=st.just("A"),
    contacts=st.just(("x",)),
    hours=st.sampled_from(HOURS).map(hours),
    zone=st.sampled_from(("UTC", "America/New_York")),
    holidays=st.sampled_from((None, "US")),
    capacity_day=st.sampled_from((None, 1, 3)),
    capacity_open=st.sampled_from((None, 1, 2)),
    calendars=st.sampled_from(((), (CalendarUse("oncall.ics"),))),
)
STATE = st.builds(
    PersonState,
    active=st.sampled_from((True, True, True, False)),
    declined=st.sampled_from((False, False, False, True)),
    away=st.sampled_from((False, False, False, True)),
    reachable=st.sampled_from((True, True, True, False)),
)


@st.composite
def operations(draw):
    people = {id: _named(draw(WHO), id) for id in IDS}
    on = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True))
    base = operation(dict.fromkeys(IDS, ""), {"support": "[dana]"})
    route = Route(id="support", people=tuple(on), acknowledge_within_s=900, decide_within_s=3600)
    return Table(
        **{name: getattr(base, name) for name in base.__struct_fields__}
        | {"people": people, "routes": {"support": route}}
    )


def _named(person, id):
    return Person(**{name: getattr(person, name) for name in person.__struct_fields__} | {"id": id})


@settings(deadline=None)
@given(table=operations(), draw=st.data())
def test_the_next_person_is_who_the_lifecycle_would_pick(table, draw):
    shift = (MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=9))
    shifts = {id: (shift,) for id in IDS if table.people[id].calendars}
    states = {id: draw.draw(STATE, id) for id in IDS if draw.draw(st.integers(0, 9))}
    roster = Roster(table, presences(table, shifts, states, MONDAY, LAST).values())
    at_s = 0.0
    for _ in range(draw.draw(st.integers(1, 12))):
        at_s += 60.0 * draw.draw(st.integers(0, 24 * 60), "minutes")
        at = MONDAY + timedelta(seconds=at_s)
        route = draw.draw(st.sampled_from(("support", "support", "owner")))
        tried = draw.draw(st.lists(st.sampled_from(IDS), max_size=2), "tried")
        never = draw.draw(st.lists(st.sampled_from(IDS), max_size=1), "never")
        workers = roster.workers
        for worker in workers.values():
            worker.is_full(at_s)  # a new day begins
        known = {
            id: PersonState(
                active=state.active,
                declined=state.declined,
                away=state.away,
                reachable=state.reachable,
                open_asks=workers[id].open_asks,
                asks_today=workers[id].asks_today,
                shifts=shifts.get(id, ()),
            )
            for id, state in states.items()
        }
        directory = Directory(owner=table.owner, states=known)
        expected = pick(table, route, directory, tried, at.astimezone(UTC), never=never)
        found, is_last = roster.first(
            route, [workers[id] for id in tried], [workers[id] for id in never], at_s
        )
        assert (found.id, is_last) == (expected.person, expected.with_owner)
        found.give(at_s)
        if draw.draw(st.booleans(), "answered"):
            found.take(at_s)


def worker_of(text="always", **fields):
    who = Person(id="dana", name="Dana", contacts=("x",), hours=hours(text), **fields)
    return Worker(presence(who, (), MONDAY, LAST))


def test_a_clock_goes_over_several_spans_at_once():
    dana = worker_of("Mon-Fri 09:00-17:00")
    days = 24 * 3600.0
    assert [dana.is_on_duty(at) for at in (0, 9 * 3600, 17 * 3600, 2 * days, 4.5 * days, 13.9 * days)] == [False, True, False, False, True, False]  # fmt: skip
    assert dana.duty_ends(13.95 * days) == NEVER


def test_work_that_rests_goes_over_nights_and_may_never_be_done():
    dana = worker_of("Mon-Fri 09:00-17:00")
    nine, hour = 9 * 3600.0, 3600.0
    assert dana.is_on_duty(nine)
    assert dana.finished_at(nine, 8 * hour, overtime=False) == nine + 8 * hour
    assert dana.finished_at(nine + hour, 8 * hour, overtime=False) == 24 * hour + nine + hour
    assert dana.finished_at(nine, 100 * hour, overtime=True) == nine + 100 * hour
    assert dana.finished_at(nine, 81 * hour, overtime=False) == NEVER


@pytest.mark.parametrize(
    ("fields", "full"),
    [
        ({"capacity_open": 2}, [(10.0, 30.0), (40.0, 50.0)]),
        ({"capacity_day": 2}, [(10.0, 86_400.0)]),
        ({"capacity_day": 2, "capacity_open": 2}, [(10.0, 86_400.0)]),
        ({}, []),
    ],
)
def test_it_is_counted_from_when_to_when_somebody_can_take_no_more(fields, full):
    dana = worker_of(**fields)
    dana.give(0.0)
    dana.give(10.0)
    dana.take(30.0)
    dana.give(40.0)
    dana.take(50.0)
    dana.take(60.0)
    dana.close(100_000.0)
    assert dana.full == full
    assert (dana.most_open, dana.given, dana.open_asks) == (2, 3, 0)


def test_what_is_still_full_at_midnight_stays_full():
    dana = worker_of(capacity_day=2, capacity_open=2)
    dana.give(0.0)
    dana.give(10.0)
    dana.close(100_000.0)
    assert dana.full == [(10.0, 100_000.0)]
    assert dana.full_days == 1
