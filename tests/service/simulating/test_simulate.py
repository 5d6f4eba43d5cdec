"""What a simulation says: figures, intervals, words, the same for the same seed, and its refusals."""

import json
import subprocess
import sys
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from handraise.errors import InputError, SettingsError
from handraise.model import PersonState
from handraise.service.extras import need, need_simulation
from handraise.service.simulating.arrivals import Arrivals, Handling, arrivals_of, asks_of
from handraise.service.simulating.figures import estimate, hours_of_week
from handraise.service.simulating.records import Estimate
from handraise.service.simulating.simulate import simulate
from handraise.service.simulating.telling import percent
from tests.support.simulated import (
    MONDAY,
    at_minutes,
    fixed,
    of_one_route,
    operation,
    poisson,
)

OFF = 'hours: "Sun 00:00-00:15"'
ROUTE = "{people: [dana], acknowledge_within: 30m, decide_within: 4h}"
CHANCE = Handling(mean_s=600.0)


def one_person(dana="", route=ROUTE, priya="", more=""):
    return operation({"dana": dana, "priya": priya}, {"support": route}, more)


def by_chance(rate=4, hours=24 * 7, seed=1, **more):
    return arrivals_of(
        at := poisson(rate, hours, seed), [("support",)] * len(at), more.get("handling_s")
    )


def test_the_figures_of_a_route_are_counted_by_hand():
    # Begun at 0, 10, 20 and, by the owner after half an hour, at 33 and 43 minutes.
    found = of_one_route(one_person(), at_minutes([0, 1, 2, 3, 4]), fixed(10), zone="UTC")
    assert found.asks == 5
    waits = found.waits
    assert [one.value for one in (waits.median_s, waits.p90_s)] == [18 * 60, 30 * 60]
    assert found.late_to_acknowledge.value == pytest.approx(1 / 5)
    assert found.reached_owner.value == found.passed_on.value == pytest.approx(1 / 5)
    assert found.answers.median_s.value == 28 * 60
    assert found.unanswered.value == found.nobody_there == 0
    assert (found.acknowledge_held, found.decide_held) == (False, True)


def test_the_figures_of_a_person_are_counted_by_hand():
    table = one_person('hours: "Mon-Fri 00:00-12:00", capacity: 2 a day')
    days = [0, 10, 20, 24 * 60, 48 * 60]
    found = simulate(table, at_minutes(days), fixed(6)).person("dana")
    assert found.asks.value == found.answered.value == 4
    assert found.duty_s == 24 * 3600
    assert found.busy.value == pytest.approx(18 * 60 / (24 * 3600))  # the last is past the end
    assert found.days == 2
    assert found.full_days.value == pytest.approx(1 / 2)
    assert found.full.value == pytest.approx((12 * 3600 - 600) / (24 * 3600))
    assert found.longest_backlog.value == 1


def test_who_is_never_there_is_never_busy():
    found = simulate(one_person(OFF), at_minutes([0, 5]), fixed(6))
    dana = found.person("dana")
    assert (dana.busy.value, dana.full.value, dana.days, dana.full_days) == (0, 0, 0, None)
    assert "dana is never on duty in this time" in found.findings
    assert found.person("nobody") is None
    assert found.route("nobody") is None


def test_work_after_hours_is_no_part_of_the_busy_share():
    table = one_person('hours: "Mon-Fri 00:00-01:00"')
    found = simulate(table, at_minutes([50, 300]), fixed(30)).person("dana")
    assert found.busy.value == pytest.approx(10 / 10)  # the first ask begins the time looked at
    assert found.overtime_s.value == pytest.approx(20 * 60)


def test_the_same_seed_gives_the_same_answer_and_another_one_another():
    table, arrivals = one_person(), by_chance()
    one, same, other = (simulate(table, arrivals, CHANCE, seed=n, repetitions=4) for n in (1, 1, 2))
    assert msgspec.json.encode(one) == msgspec.json.encode(same)
    assert one.routes[0].waits != other.routes[0].waits


def test_the_order_in_which_people_are_written_changes_nothing_but_their_order():
    people = {"dana": "", "marc": "capacity: 2 open", "priya": ""}
    routes = {"support": "{people: [dana, marc]}"}
    arrivals = by_chance()
    found = [
        simulate(operation(dict(order), routes), arrivals, CHANCE, repetitions=3)
        for order in (people.items(), reversed(people.items()))
    ]
    assert found[0].routes == found[1].routes
    assert found[0].person("marc") == found[1].person("marc")


def test_more_repetitions_draw_other_times_and_tell_how_far_they_differ():
    found = of_one_route(one_person(), by_chance(), CHANCE, repetitions=12)
    late = found.late_to_acknowledge
    assert late.low < late.value < late.high


def test_where_nothing_is_left_to_chance_it_is_played_once():
    table = one_person()
    assert simulate(table, by_chance(), fixed(5)).repetitions == 1
    measured = by_chance()
    measured = msgspec.structs.replace(measured, handling_s=np.full(len(measured.at), 60.0))
    found = simulate(table, measured, CHANCE)
    assert (found.repetitions, found.handling) == (1, "measured")
    assert found.person("dana").busy.value == pytest.approx(4 / 60, abs=0.01)


def test_it_says_whether_handling_times_were_measured():
    table, arrivals = one_person(), by_chance(hours=24)
    assert simulate(table, arrivals, CHANCE, repetitions=1).handling == "assumed"
    some = np.where(np.arange(len(arrivals.at)) % 2, 60.0, np.nan)
    partly = msgspec.structs.replace(arrivals, handling_s=some)
    assert simulate(table, partly, CHANCE, repetitions=1).handling == "partly"
    known = Handling(mean_s=600.0, source="measured")
    found = simulate(table, partly, known, repetitions=1)
    assert found.handling == "measured"
    measured = "an ask takes 10m on average (lognormal, cv 1) (measured)"
    assert f"{measured} where it was not measured itself" in found.assumptions


def test_a_route_may_have_handling_times_of_its_own():
    table = operation({"dana": "", "priya": ""}, {"a": "[dana]", "b": "[dana]"})
    arrivals = arrivals_of([0.0, 1e5], [("a",), ("b",)])
    handling = Handling(mean_s=60.0, shape="fixed", by_route={"b": fixed(2)})
    found = simulate(table, arrivals, handling)
    assert [one.answers.median_s.value for one in found.routes] == [60, 120]
    assert "an ask to b takes 2m each (assumed)" in found.assumptions


@pytest.mark.parametrize("shape", ["lognormal", "exponential"])
def test_handling_times_have_the_mean_and_the_spread_they_say(shape):
    drawn = Handling(mean_s=300.0, cv=0.5, shape=shape).draw(np.random.default_rng(1), 200_000)
    assert drawn.mean() == pytest.approx(300, rel=0.01)
    assert drawn.std() / drawn.mean() == pytest.approx(0.5 if shape == "lognormal" else 1, rel=0.02)


def test_no_ask_is_lost():
    table = operation(
        {"dana": 'hours: "Mon-Fri 09:00-17:00", capacity: 9 a day', "marc": "capacity: 2 open", "priya": ""},
        {"a": "{people: [dana, marc]}", "b": "{people: [marc, dana], needs: 2}"},
    )  # fmt: skip
    at = poisson(6, 24 * 7, 3)
    sets = [("a",), ("b",), ("a", "b"), ("owner",), ()]
    arrivals = arrivals_of(at, [sets[n % 5] for n in range(len(at))])
    for pull in ("own", "route"):
        for overtime in (True, False):
            found = simulate(table, arrivals, CHANCE, repetitions=1, pull=pull, overtime=overtime)
            assert found.unanswered.value == 0
            assert sum(one.asks for one in found.routes) == found.asks == len(asks_of(table, arrivals).arrival)  # fmt: skip
            assert sum(one.answered.value for one in found.people) == found.asks
            assert [one.route for one in found.routes] == ["a", "b", "owner"]


def test_the_hours_of_the_week_are_those_of_the_zone():
    at = np.array([MONDAY.timestamp() + 3600 * n for n in (0, 5, 24 * 7)])
    assert hours_of_week(at, "UTC").tolist() == [0, 5, 0]
    assert hours_of_week(at, "America/New_York").tolist() == [163, 0, 163]
    found = of_one_route(one_person(), at_minutes([0, 5, 90]), fixed(1), zone="Asia/Kolkata")
    assert [(one.weekday, one.hour, one.asks) for one in found.hours if one.asks] == [(0, 5, 2), (0, 7, 1)]  # fmt: skip
    assert found.hours[0].wait_s is None


def test_calendars_are_the_shifts_that_are_given():
    table = operation({"dana": "hours: {calendar: oncall.ics}", "priya": OFF}, {"support": ROUTE})
    shift = (MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=5))
    arrivals = at_minutes([0, 3 * 60, 6 * 60])
    found = simulate(table, arrivals, fixed(1), shifts={"dana": (shift,)})
    assert found.routes[0].nobody_there == pytest.approx(2 / 3)
    assert found.person("dana").duty_s == 2 * 3600
    assert simulate(table, arrivals, fixed(1), shifts={"dana": None}).routes[0].nobody_there == 1


def test_who_is_away_or_not_known_is_not_asked():
    table = one_person()
    arrivals = at_minutes([0])
    for states in ({}, {"dana": PersonState(away=True)}, {"dana": PersonState(reachable=False)}):
        found = of_one_route(table, arrivals, fixed(1), states=states)
        assert found.reached_owner.value == found.nobody_there == 1
        assert found.unanswered.value == 1  # nor is the owner there


def test_a_wait_that_never_ends_has_no_number():
    found = of_one_route(one_person(OFF, priya=OFF, more="unanswered: reject"), at_minutes([0]), fixed(1))  # fmt: skip
    assert found.waits.median_s == Estimate(None, None, None)
    assert found.late_to_decide.value == found.unanswered.value == 1
    assert found.hours[0].wait_s == pytest.approx(7 * 86_400)


def test_what_matters_is_said_in_plain_words():
    table = operation(
        {"dana": 'hours: "Mon-Fri 09:00-17:00", capacity: 4 a day', "ines": "capacity: 1 open", "priya": ""},
        {"support": ROUTE, "finance": "{people: [ines], acknowledge_within: 30m, decide_within: 1h}"},
    )  # fmt: skip
    at = poisson(6, 24 * 7, 3)
    arrivals = arrivals_of(at, [("support", "finance")] * len(at))
    found = simulate(table, arrivals, fixed(8))
    words = "\n".join(found.findings)
    assert not found.deadlines_held
    assert "of its asks wait longer than 30m until somebody has them" in words
    assert "of its asks are not decided within 1h" in words
    assert "of its asks come while none of its people is on duty" in words
    assert "of its asks come to the owner" in words
    assert "dana comes to the limit of 4 a day on 100 % of their days" in words
    assert "ines can take no more in" in words
    assert "priya is busy in" in words
    rejecting = one_person(OFF, priya=OFF, more="unanswered: reject")
    words = simulate(rejecting, at_minutes([0]), fixed(1)).findings
    assert "support: 100 % of its asks are never answered" in words


def test_where_all_is_well_nothing_is_said():
    found = simulate(one_person(), at_minutes([0, 60, 120]), fixed(5))
    assert found.deadlines_held
    assert found.findings == ()
    assert found.assumptions[0].startswith("an ask takes 5m each (assumed) where it was not ")


def test_what_is_assumed_is_said():
    words = simulate(
        one_person(), at_minutes([0]), CHANCE, pull="route", acknowledge_delay_s=120.0,
        overtime=False, repetitions=1,
    ).assumptions  # fmt: skip
    assert "whoever of a route is free takes what has waited longest, whoever holds it" in words
    assert any("say within 2m that they have the others" in one for one in words)
    assert any("rests until the next" in one for one in words)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.0001, "under 0.1 %"), (0.0245, "2.5 %"), (0.308, "31 %"), (1.0, "100 %")],
)
def test_shares_are_written_as_people_read_them(share, text):
    assert percent(share) == text


def test_an_estimate_is_the_mean_and_what_lies_in_between():
    found = estimate([float(n) for n in range(41)])
    assert (found.value, found.low, found.high) == (20.0, 1.0, 39.0)
    assert estimate([1.0, float("inf")]) == Estimate(None, 1.0, None)


def test_it_can_be_written_as_json():
    found = simulate(one_person(), by_chance(hours=24), CHANCE, repetitions=2)
    plain = json.loads(msgspec.json.encode(found))
    assert plain["routes"][0]["late_to_acknowledge"].keys() == {"value", "low", "high"}
    assert plain["starts_at"].startswith("2026-01-05T")


GOOD = at_minutes([0, 1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": np.array([])}, "there are none"),
        ({"at": np.array([1.0])}, "differ in length"),
        ({"handling_s": np.array([1.0])}, "differ in length"),
        ({"at": np.array([2.0, 1.0])}, "not sorted"),
        ({"at": np.array([1.0, np.nan])}, "not sorted"),
        ({"at": np.array([0.0, 1e9])}, "more than 20 years"),
        ({"which": np.array([0, 1])}, "names no set of routes"),
        ({"routes": (("suport",),)}, 'unknown route "suport"; the table has support'),
        ({"handling_s": np.array([1.0, 0.0])}, "not above 0"),
    ],
)
def test_arrivals_that_cannot_be_used_are_refused(change, words):
    fields = {name: getattr(GOOD, name) for name in GOOD.__struct_fields__}
    with pytest.raises(InputError, match=words):
        simulate(one_person(), Arrivals(**fields | change), fixed(1))


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="differ in length"):
        arrivals_of([1.0, 2.0], [("support",)])


@pytest.mark.parametrize(
    ("handling", "options", "words"),
    [
        (Handling(mean_s=0.0), {}, "mean_s is 0.0; give seconds above 0"),
        (Handling(mean_s=60.0, by_route={"support": Handling(mean_s=60.0, cv=0.0)}), {}, "support: cv is 0.0"),
        (CHANCE, {"repetitions": 0}, "repetitions: 0; give 1 to 1000"),
        (CHANCE, {"seed": -1}, "seed: -1"),
        (CHANCE, {"target": 0.0}, "target: 0.0"),
    ],
    ids=range(5),
)  # fmt: skip
def test_options_that_cannot_be_used_are_refused(handling, options, words):
    with pytest.raises(InputError, match=words):
        simulate(one_person(), GOOD, handling, **options)


def test_what_is_missing_is_named_with_the_extra_that_brings_it():
    need_simulation()
    with pytest.raises(SettingsError) as caught:
        need({"no_such_module_here": "no-such-package"}, "the simulation", "backtest")
    assert str(caught.value) == (
        "no-such-package is not installed: the simulation needs it; pip install 'handraise[backtest]'"
    )


def test_neither_the_gate_nor_the_extras_import_what_the_simulation_needs():
    code = (
        "import sys, handraise, handraise.service.wiring, handraise.service.extras,"
        " handraise.core.duty.spans; print({'numpy', 'scipy', 'simpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_simulation_does_without_a_database():
    code = (
        "import sys, handraise.service.simulating.needed;"
        " print({'duckdb', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
