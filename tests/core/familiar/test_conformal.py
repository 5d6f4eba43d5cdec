"""Conformal p-values: exact, valid by simulation, and never too small for ties."""

import math

import numpy as np
import pytest

from handraise.core.familiar.conformal import (
    falling_p_values,
    fisher,
    harmonic_parts,
    p_values,
    spread,
    tail_score,
)

HELD_OUT = np.array([1.0, 2.0, 3.0, 4.0])


def test_a_p_value_counts_the_held_out_rows_that_are_at_least_as_unusual():
    scores = np.array([0.0, 1.5, 3.5, 9.0])
    assert p_values(HELD_OUT, scores).tolist() == [1.0, 0.8, 0.4, 0.2]


def test_a_tie_counts_as_at_least_as_unusual():
    assert p_values(np.array([1.0, 2.0, 2.0, 2.0]), np.array([2.0])).tolist() == [0.8]
    assert p_values(HELD_OUT, np.array([4.0])).tolist() == [0.4]


def test_a_score_that_is_no_number_gives_none_and_an_infinite_one_the_least():
    found = p_values(HELD_OUT, np.array([math.nan, math.inf, -math.inf]))
    assert math.isnan(found[0])
    assert found[1:].tolist() == [0.2, 1.0]


def test_without_held_out_rows_nothing_is_unusual():
    nothing = np.zeros(0)
    assert p_values(nothing, np.array([9.0])).tolist() == [1.0]
    assert falling_p_values(nothing, np.array([9.0])).tolist() == [1.0]


@pytest.mark.parametrize("asked", [0.01, 0.05, 0.10])
def test_the_share_of_familiar_ones_at_or_below_a_rate_is_that_rate(asked):
    rng = np.random.default_rng(7)
    found = [
        (p_values(np.sort(rng.normal(size=199)), rng.normal(size=200)) <= asked).mean()
        for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(asked, abs=0.1 * asked)


def test_familiar_scores_with_many_ties_are_stopped_at_most_as_often_as_asked():
    rng = np.random.default_rng(3)
    found = [
        (p_values(np.sort(rng.poisson(1.0, 199) * 1.0), rng.poisson(1.0, 200) * 1.0) <= 0.05).mean()
        for _ in range(200)
    ]
    assert np.mean(found) <= 0.05


def test_p_values_fall_only_past_the_largest_held_out_score():
    scores = np.array([0.0, 2.0, 4.0])
    assert falling_p_values(HELD_OUT, scores).tolist() == p_values(HELD_OUT, scores).tolist()
    step = spread(HELD_OUT)
    found = falling_p_values(HELD_OUT, np.array([2.0, 4.0, 4.0 + step, 4.0 + 3 * step]))
    assert found.tolist() == pytest.approx([0.8, 0.4, 0.2 * math.exp(-1), 0.2 * math.exp(-3)])


def test_however_far_out_a_falling_p_value_stays_above_nothing():
    found = falling_p_values(HELD_OUT, np.array([1e300, math.inf]))
    assert (found > 0).all()
    assert found[0] == found[1] < 1e-20


def test_fisher_adds_the_logarithms():
    p = np.array([[1.0, 1.0], [0.1, 0.01]])
    assert fisher(p).tolist() == pytest.approx([0.0, math.log(1000)])


def test_one_small_p_value_outweighs_all_others():
    parts = harmonic_parts(np.array([[1.0, 1e-6], [0.3, 0.3]]), np.array([0.9, 0.1]))
    assert parts[0].tolist() == pytest.approx([0.9, 1e5])
    assert parts.sum(axis=1).tolist() == pytest.approx([100_000.9, 1 / 0.3])


def test_a_spread_is_a_standard_deviation_even_of_huge_numbers():
    assert spread(np.array([1.0, 3.0])) == pytest.approx(1.0)
    assert spread(np.array([-1e299, 1e299])) == pytest.approx(1e299)
    assert spread(np.array([-3e307, 0.0, 1.7e308])) < math.inf


def test_the_spread_of_numbers_that_are_all_the_same_is_near_one():
    assert spread(np.zeros(3)) == 1.0
    assert spread(np.full(3, 0.1)) == 1.0
    assert spread(np.full(7, 5e4)) == 500.0


def test_a_number_in_the_middle_is_not_far_out_and_one_at_an_end_is():
    familiar = np.arange(1.0, 100.0)
    assert tail_score(familiar, 50.0) == 0.0
    assert tail_score(familiar, 1.0) == tail_score(familiar, 99.0) == pytest.approx(-math.log(0.04))
    assert tail_score(familiar, 10.0) < tail_score(familiar, 3.0) < tail_score(familiar, 1.0)


def test_past_the_ends_a_number_is_further_out_the_further_it_is():
    familiar = np.arange(1.0, 100.0)
    found = [tail_score(familiar, value) for value in (99.0, 100.0, 1_000.0, 1e299)]
    assert found == sorted(set(found))
    assert tail_score(familiar, 0.0) == tail_score(familiar, 100.0)


def test_the_tail_of_any_finite_number_is_finite():
    for familiar in ([0.0, 0.0], [5e-324, 5e-324], [-1.7e308, 1.7e308], [1e-300, 2e-300], [7.0]):
        for value in (0.0, -0.0, 1.7e308, -1.7e308, 5e-324):
            assert 0.0 <= tail_score(np.array(familiar), value) < math.inf
