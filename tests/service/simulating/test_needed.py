"""How many more people would hold the deadlines, and an honest no."""

import json

import msgspec
import numpy as np
import pytest

from handraise.errors import InputError
from handraise.model import PersonState
from handraise.service.simulating.arrivals import Handling, arrivals_of
from handraise.service.simulating.needed import people_needed
from handraise.service.simulating.simulate import simulate
from tests.support.simulated import MONDAY, fixed, operation, poisson

OFF = 'hours: "Sun 00:00-00:15"'
ROUTE = "{people: [dana], acknowledge_within: 30m, decide_within: 8h}"


def support(at):
    return arrivals_of(at, [("support",)] * len(at))


def night_and_day(days=28):
    """Return an ask in the middle of each hour, all around the clock."""
    return support(MONDAY.timestamp() + 3600.0 * np.arange(24 * days) + 1800)


def test_who_holds_their_deadlines_needs_nobody_more():
    table = operation({"dana": "", "priya": OFF}, {"support": ROUTE})
    found = people_needed(table, night_and_day(7), fixed(5))
    assert found.holds
    assert found.routes[0].more == ()
    assert (
        found.routes[0].sentence
        == "support needs nobody more: both deadlines for 95 % of its asks are held"
    )


@pytest.mark.parametrize(("limit", "pull"), [("", "route"), (", capacity: 1 open", "own")])
def test_more_people_with_the_same_hours_help_where_one_cannot_do_it_all(limit, pull):
    hours = f'hours: "Mon-Sun 00:00-24:00"{limit}'
    table = operation({"dana": hours, "priya": OFF}, {"support": ROUTE})
    arrivals, handling = support(poisson(6, 24 * 14, 3)), Handling(mean_s=900.0)
    found = people_needed(table, arrivals, handling, repetitions=1, pull=pull)
    needed = found.routes[0]
    assert needed.holds
    assert [one.hours for one in needed.more] == ["Mon-Sun 00:00-24:00"]
    count = needed.more[0].count
    assert f"support needs {count} more (Mon-Sun 00:00-24:00, UTC) to hold" in needed.sentence
    assert needed.late > 0.05 >= needed.late_then
    # One fewer of them does not hold it.
    fewer = people_needed(table, arrivals, handling, repetitions=1, pull=pull, most=count - 1)
    assert not fewer.holds


def test_who_is_asked_only_after_a_deadline_does_not_help_to_hold_it():
    table = operation({"dana": "", "priya": OFF}, {"support": ROUTE})
    found = people_needed(
        table, support(poisson(6, 24 * 7, 3)), Handling(mean_s=900.0), repetitions=1
    )
    assert found.routes[0].more == ()
    assert (
        "nobody helped: who stands further down a route is asked when" in found.routes[0].sentence
    )


def test_people_at_other_hours_are_proposed_where_nobody_is_there():
    table = operation({"dana": 'hours: "Mon-Sun 08:00-16:00"', "priya": OFF}, {"support": ROUTE})
    found = people_needed(table, night_and_day(), fixed(5), target=0.9)
    needed = found.routes[0]
    assert needed.late == pytest.approx(16 / 24, abs=0.01)
    assert needed.holds
    assert {one.hours for one in needed.more} == {"Mon-Sun 00:00-08:00", "Mon-Sun 16:00-24:00"}
    assert [one.count for one in needed.more] == [1, 1]
    assert needed.late_then == 0


def test_a_shift_over_midnight_is_written_as_one():
    table = operation({"dana": 'hours: "Mon-Sun 06:00-22:00"', "priya": OFF}, {"support": ROUTE})
    found = people_needed(table, night_and_day(), fixed(5))
    assert [one.hours for one in found.routes[0].more] == ["Mon-Sun 22:00-06:00"]


def test_it_says_so_when_not_so_many_people_would_do():
    table = operation({"dana": 'hours: "Mon-Sun 08:00-16:00"', "priya": OFF}, {"support": ROUTE})
    found = people_needed(table, night_and_day(7), fixed(5), most=1)
    needed = found.routes[0]
    assert not found.holds
    assert needed.sentence.startswith(
        "support does not hold both deadlines for 95 % of its asks with what was tried:"
    )
    assert "with 1 more (Mon-Sun 00:00-08:00, UTC) 33 % would still be late" in needed.sentence


def test_it_says_so_when_nobody_helps():
    table = operation(
        {"dana": "", "priya": OFF},
        {"support": "{people: [dana], acknowledge_within: 10m, decide_within: 20m}"},
    )
    found = people_needed(table, night_and_day(7), fixed(30))
    assert not found.holds
    assert found.routes[0].more == ()
    assert found.routes[0].sentence.split(": ")[1].endswith("100 % are late now; nobody helped")


def test_who_has_left_does_not_help_and_who_is_added_is_there():
    table = operation(
        {"dana": "", "marc": "", "priya": OFF},
        {"support": "{people: [dana, marc], acknowledge_within: 30m}"},
    )
    states = {"marc": PersonState(declined=True), "priya": PersonState()}
    found = people_needed(table, night_and_day(7), fixed(5), states=states)
    assert found.routes[0].late == pytest.approx(1, abs=0.01)
    assert [one.hours for one in found.routes[0].more] == ["always"]
    assert found.holds


def test_the_owner_is_no_route_and_people_on_calendars_are_not_copied():
    table = operation({"dana": "hours: {calendar: oncall.ics}", "priya": OFF}, {"support": ROUTE})
    at = MONDAY.timestamp() + 3600.0 * np.arange(48)
    arrivals = arrivals_of(at, [("support",), ("owner",)] * 24, [60.0] * 48)
    found = people_needed(table, arrivals, fixed(5), most=1)
    assert [one.route for one in found.routes] == ["support"]
    assert [one.hours for one in found.routes[0].more] == ["Mon-Fri 00:00-08:00"]
    assert json.loads(msgspec.json.encode(found))["routes"][0]["more"][0]["zone"] == "UTC"


def test_what_was_added_for_one_route_is_there_for_the_next():
    table = operation(
        {"dana": 'hours: "Mon-Sun 08:00-16:00"', "priya": OFF},
        {"first": "{people: [dana]}", "second": "{people: [dana]}"},
    )
    at = MONDAY.timestamp() + 3600.0 * np.arange(24 * 7)
    arrivals = arrivals_of(at, [("first", "second")] * len(at))
    found = people_needed(table, arrivals, fixed(1), most=2)
    assert found.holds
    assert [one.route for one in found.routes] == ["first", "second"]
    grown = operation(
        {"dana": "", "priya": OFF}, {"first": "{people: [dana]}", "second": "{people: [dana]}"}
    )
    assert simulate(grown, arrivals, fixed(1)).deadlines_held


@pytest.mark.parametrize("most", [0, 51])
def test_the_search_is_bounded(most):
    table = operation({"dana": "", "priya": ""}, {"support": ROUTE})
    with pytest.raises(InputError, match="give 1 to 50 people"):
        people_needed(table, night_and_day(1), fixed(5), most=most)
