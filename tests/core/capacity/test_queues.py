"""The closed forms: published values, the equations they solve, and the ends of their ranges."""

import math

import numpy as np
import pytest

from handraise.core.capacity.queues import deadlined, erlang_b, impatient, patient
from handraise.errors import InputError


def test_erlang_b_is_the_ratio_of_its_sums():
    for people, load in ((1, 0.5), (3, 2.0), (10, 12.0)):
        terms = [load**n / math.factorial(n) for n in range(people + 1)]
        assert erlang_b(people, load) == pytest.approx(terms[-1] / sum(terms))
    assert erlang_b(0, 3.0) == 1.0
    assert erlang_b(5, 0.0) == 0.0


def test_fifty_agents_with_callers_who_wait_for_ever():
    found = patient(48, 1, 50)
    assert found.mean_wait * 60 == pytest.approx(20.83, abs=0.005)
    assert found.occupancy == pytest.approx(0.96)
    assert found.given_up == 0


def test_one_person_waits_as_the_textbook_says():
    found = patient(1.0, 0.5, 1)
    assert found.waits == pytest.approx(0.5)
    assert found.mean_wait == pytest.approx(0.5)


def test_where_more_comes_than_can_be_done_the_wait_is_endless():
    assert patient(10, 1, 10).mean_wait == math.inf
    assert patient(10, 1, 10).occupancy == 1.0


def test_fifty_agents_with_callers_who_give_up():
    found = impatient(48, 1, 50, 2)
    assert found.given_up == pytest.approx(0.0309, abs=0.00005)
    assert found.mean_wait * 60 == pytest.approx(3.71, abs=0.005)
    assert found.occupancy == pytest.approx(0.930, abs=0.0005)


def test_endless_patience_is_erlang_c():
    without, nearly = patient(4, 0.4, 2), impatient(4, 0.4, 2, 1e5)
    assert nearly.waits == pytest.approx(without.waits, abs=1e-4)
    assert nearly.mean_wait == pytest.approx(without.mean_wait, abs=1e-4)


def test_giving_up_solves_the_birth_and_death_equations():
    rate, work, people, patience = 9.0, 0.25, 2, 0.3
    weights = [1.0]
    for n in range(1, 400):
        weights.append(weights[-1] * rate / (min(n, people) / work + max(n - people, 0) / patience))
    shares = np.array(weights) / sum(weights)
    queue = np.maximum(np.arange(400) - people, 0)
    found = impatient(rate, work, people, patience)
    assert found.waits == pytest.approx(shares[people:].sum())
    assert found.given_up == pytest.approx((shares * queue).sum() / patience / rate)
    assert found.mean_wait == pytest.approx((shares * queue).sum() / rate)


def test_two_people_and_a_quarter_of_an_hour():
    found = deadlined(6, 0.2, 2, 0.25)
    assert found.given_up == pytest.approx(0.0735, abs=0.00005)
    assert found.waits == pytest.approx(0.3893, abs=0.00005)


def test_chained_formulas_say_two_and_a_half_percent_of_two_steps():
    first = deadlined(10, 0.2, 2, 0.25).given_up
    second = deadlined(10 * first, 0.2, 1, 0.25).given_up
    assert first * second == pytest.approx(0.0245, abs=0.00005)


def test_the_average_over_the_day_says_seven_in_a_thousand():
    assert deadlined(2, 0.2, 2, 0.25).given_up == pytest.approx(0.0072, abs=0.00005)


def test_what_is_begun_and_what_is_given_up_add_up():
    # By the mean number at work: occupancy times people is the rate of what is begun times work.
    for rate in (1.0, 6.0, 10.0, 30.0):
        found = deadlined(rate, 0.2, 2, 0.25)
        assert found.occupancy * 2 == pytest.approx(rate * 0.2 * (1 - found.given_up))
        assert 0 < found.given_up < found.waits < 1


def test_a_deadline_agrees_with_a_slow_plain_integral():
    for rate in (3.0, 9.999, 10.0, 10.001, 25.0):
        work, people, deadline = 0.2, 2, 0.25
        steps = np.linspace(0, deadline, 200_001)
        density = np.exp((rate - people / work) * steps)
        idle = 1 / erlang_b(people - 1, rate * work)
        at_it = density[-1] / (people / work)
        whole = idle + rate * (np.trapezoid(density, steps) + at_it)
        mean = rate * (np.trapezoid(density * steps, steps) + at_it * deadline) / whole
        found = deadlined(rate, work, people, deadline)
        assert found.given_up == pytest.approx(rate * work / people * density[-1] / whole, rel=1e-6)
        assert found.mean_wait == pytest.approx(mean, rel=1e-6)


def test_however_much_comes_nothing_overflows():
    found = deadlined(1e6, 1, 3, 100)
    assert found.given_up == pytest.approx(1 - 3e-6)
    assert found.mean_wait == pytest.approx(100, rel=1e-3)
    assert deadlined(1, 1, 500, 100).given_up == pytest.approx(0, abs=1e-100)


def test_however_many_give_up_nothing_overflows():
    found = impatient(2e4, 1, 1, 10)
    assert found.waits == 1.0
    assert found.given_up == pytest.approx(1 - 1 / 2e4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: erlang_b(-1, 1.0),
        lambda: erlang_b(1, -1.0),
        lambda: erlang_b(1, math.inf),
        lambda: patient(0, 1, 1),
        lambda: patient(1, math.nan, 1),
        lambda: patient(1, 1, 0),
        lambda: impatient(1, 1, 1, 0),
        lambda: impatient(1, 1, 1, 2e6),
        lambda: deadlined(1, 1, 1, -1),
    ],
    ids=range(9),
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InputError, match=r"give|use"):
        call()
