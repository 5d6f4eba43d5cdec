"""The simulation against the closed forms, a second simulator, and the figures of the statistics."""

import ciw
import numpy as np
import pytest

from handraise.core.capacity.queues import deadlined, erlang_b, patient
from handraise.service.simulating.arrivals import Handling, arrivals_of
from handraise.service.simulating.run import Rules
from handraise.service.simulating.simulate import staged
from tests.support.simulated import MONDAY, NEVER, of_one_route, operation, poisson

OFF = 'hours: "Sun 00:00-00:15"'
TWELVE_MINUTES = Handling(mean_s=720.0, shape="exponential")


def group(acknowledge_within, count=2, owner=OFF):
    """A route of people who take what has waited longest; each passing asks all of them once."""
    people = {f"p{n}": "" for n in range(count)} | {"priya": owner}
    named = ", ".join(f"p{n}" for n in range(count))
    route = f"{{people: [{named}], acknowledge_within: {acknowledge_within}, decide_within: 60d}}"
    return operation(people, {"support": route})


def chain(count, acknowledge_within):
    """A route whose people each work on what they hold alone."""
    return group(acknowledge_within, count)


def arrivals(at):
    return arrivals_of(at, [("support",)] * len(at))


def outcomes(table, at, seed=0, pull="own", handling=TWELVE_MINUTES):
    stage = staged(table, arrivals(at), rules=Rules(pull=pull))
    return stage, stage.outcome(handling, (seed,))


def test_two_people_and_a_quarter_of_an_hour_lose_seven_percent():
    # Two people have seven and a half minutes each, and whoever is free takes what is there.
    at = poisson(6, 10_000, 1)
    _, found = outcomes(group("7m30s"), at, pull="route")
    formula = deadlined(6, 0.2, 2, 0.25)
    assert formula.given_up == pytest.approx(0.0735, abs=0.0001)
    assert found.with_owner.mean() == pytest.approx(formula.given_up, abs=0.006)
    assert (found.wait > 0).mean() == pytest.approx(formula.waits, abs=0.01)


def test_one_person_with_a_deadline_is_the_closed_form():
    at = poisson(4, 8_000, 2)
    stage, found = outcomes(chain(1, "15m"), at)
    formula = deadlined(4, 0.2, 1, 0.25)
    assert found.with_owner.mean() == pytest.approx(formula.given_up, abs=0.008)
    busy_s = found.workers["p0"].busy_s
    assert busy_s / stage.window_s == pytest.approx(formula.occupancy, abs=0.01)


def test_people_who_can_wait_for_ever_are_erlang_c():
    at = poisson(8, 4_000, 3)
    _, found = outcomes(group("60d"), at, pull="route")
    formula = patient(8, 0.2, 2)
    assert (found.wait > 0).mean() == pytest.approx(formula.waits, abs=0.03)
    assert found.wait.mean() / 3600 == pytest.approx(formula.mean_wait, rel=0.15)


def test_people_who_take_one_at_a_time_and_pass_on_the_rest_are_erlang_b():
    people = {"p0": "capacity: 1 open", "p1": "capacity: 1 open", "priya": OFF}
    table = operation(people, {"support": "{people: [p0, p1], acknowledge_within: 1h}"})
    _, found = outcomes(table, poisson(6, 5_000, 4))
    assert found.with_owner.mean() == pytest.approx(erlang_b(2, 1.2), abs=0.012)


class Step(ciw.routing.NodeRouting):
    """A step for ciw: who is served leaves; whose patience ends goes to the next step."""

    def __init__(self, then):
        self.then = then

    def next_node(self, ind):
        return self.simulation.nodes[-1]

    def next_node_for_jockeying(self, ind):
        return self.simulation.nodes[self.then]


def ciw_reached_owner(rate, people, patience_h, hours, seed):
    """Return the share that nobody begins at any step, by ciw."""
    steps = len(people)
    routes = [Step(place + 2 if place + 1 < steps else -1) for place in range(steps)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate), *[None] * (steps - 1)],
        service_distributions=[ciw.dists.Exponential(5.0)] * steps,
        number_of_servers=list(people),
        reneging_time_distributions=[ciw.dists.Deterministic(patience_h)] * steps,
        routing=ciw.routing.NetworkRouting(routes),
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(hours)
    records = simulation.get_all_records()
    came = len({one.id_number for one in records})
    lost = sum(one.record_type == "renege" and one.node == steps for one in records)
    return lost / came


def test_a_chain_of_two_people_agrees_with_a_second_simulator():
    at = poisson(6, 5_000, 5)
    _, found = outcomes(chain(2, "15m"), at)
    other = ciw_reached_owner(6, (1, 1), 0.25, 3_000, 6)
    assert found.with_owner.mean() == pytest.approx(other, abs=0.012)
    first = deadlined(6, 0.2, 1, 0.25).given_up
    chained = first * deadlined(6 * first, 0.2, 1, 0.25).given_up
    assert found.with_owner.mean() > chained + 0.02  # what overflows comes in bursts


@pytest.fixture(scope="module")
def two_steps():
    """The share that two people, and then one, do not begin in a quarter of an hour each."""
    at = poisson(10, 6_000, 10)
    stage = staged(group("7m30s"), arrivals(at), rules=Rules(pull="route"))
    drawn = np.random.default_rng(11).exponential(720.0, len(at))
    played, _ = stage.play(drawn.tolist())
    overflow = np.array(played.with_owner)
    overflow = np.sort(overflow[np.isfinite(overflow)]) + stage.first.timestamp()
    _, second = outcomes(chain(1, "15m"), overflow, 12)
    return len(overflow) / len(at) * second.with_owner.mean()


def test_two_steps_lose_more_than_twice_what_chained_formulas_say(two_steps):
    assert 0.055 < two_steps < 0.063
    first = deadlined(10, 0.2, 2, 0.25).given_up
    assert first * deadlined(10 * first, 0.2, 1, 0.25).given_up == pytest.approx(0.0245, abs=1e-4)


def test_two_steps_agree_with_a_second_simulator(two_steps):
    other = ciw_reached_owner(10, (2, 1), 0.25, 2_000, 7)
    assert other == pytest.approx(two_steps, abs=0.008)


def test_an_eight_hour_shift_lets_two_thirds_pass_where_an_average_sees_none():
    there = 'hours: "Mon-Sun 09:00-17:00"'
    people = {"p0": there, "p1": there, "priya": OFF}
    route = "{people: [p0, p1], acknowledge_within: 7m30s, decide_within: 60d}"
    table = operation(people, {"support": route})
    at = poisson(2, 24 * 200, 8)
    found = of_one_route(table, arrivals(at), TWELVE_MINUTES, pull="route", repetitions=2)
    assert deadlined(2, 0.2, 2, 0.25).given_up == pytest.approx(0.0072, abs=0.0001)
    assert found.reached_owner.value == pytest.approx(16 / 24, abs=0.015)
    assert found.nobody_there == pytest.approx(16 / 24, abs=0.015)
    assert not found.acknowledge_held


def test_an_hour_of_a_shift_and_its_night_agree_with_a_plain_count():
    # Nobody queues: whoever comes outside the shift is the owner's, and waits for Sunday.
    there = 'hours: "Mon-Sun 09:00-17:00"'
    table = operation({"p0": there, "priya": there}, {"support": "{people: [p0]}"})
    at = MONDAY.timestamp() + 3600.0 * np.arange(24 * 7) + 1800
    found = of_one_route(table, arrivals(at), Handling(mean_s=1.0, shape="fixed"))
    assert [one.asks for one in found.hours] == [1] * 168
    inside = [9 <= one.hour < 17 for one in found.hours]
    assert [one.late == 0 for one in found.hours] == inside
    # Half an hour past five waits fifteen and a half hours, behind nobody.
    assert found.hours[17].wait_s == pytest.approx(15.5 * 3600)
    assert found.reached_owner.value == pytest.approx(16 / 24)
    assert found.unanswered.value == 0 != NEVER
