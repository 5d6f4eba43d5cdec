"""The bound of one stratum: published values, edges, and what it must never do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special

from handraise.core.monitor.strata import PRIOR, at_least, at_most, between


def plain_evidence(rate: float, wrong: int, looked: int, side: int) -> float:
    """Work the logarithm of the mixture out by the definition, by numeric integration."""
    a, b = PRIOR
    grid = np.linspace(0, 1, 200_001)[1:-1]
    grid = grid[grid < rate] if side > 0 else grid[grid > rate]
    prior = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid)
    seen = wrong * np.log(grid / rate) + (looked - wrong) * np.log((1 - grid) / (1 - rate))
    mixed = special.logsumexp(prior + seen) - special.logsumexp(prior)
    return float(mixed)


def test_the_ends_are_the_published_ones():
    low, high = between(20, 1000, 0.05)

    assert low == pytest.approx(0.0091104, abs=5e-8)
    assert high == pytest.approx(0.0371072, abs=5e-8)
    assert at_most(20, 1000, 0.05) == pytest.approx(0.0356989, abs=5e-8)


@pytest.mark.parametrize(
    ("looked", "points"), [(50, 12.1), (100, 8.0), (500, 3.9), (1000, 2.8), (5000, 1.3)]
)
def test_the_interval_is_about_as_wide_as_published(looked, points):
    low, high = between(round(looked * 0.02), looked, 0.05)
    assert 100 * (high - low) == pytest.approx(points, rel=0.06)


@pytest.mark.parametrize(("wrong", "looked"), [(1, 30), (4, 60), (12, 80)])
def test_the_one_sided_ends_are_those_of_the_definition(wrong, looked):
    def over(rate: float, side: int) -> float:
        return plain_evidence(rate, wrong, looked, side) - np.log(20)

    middle = wrong / looked
    top = optimize.brentq(over, middle, 0.9, args=(1,))
    bottom = optimize.brentq(over, middle / 1000, middle, args=(-1,))

    assert at_most(wrong, looked, 0.05) == pytest.approx(top, rel=2e-3)
    assert at_least(wrong, looked, 0.05) == pytest.approx(bottom, rel=2e-2)


def test_nothing_looked_at_says_nothing():
    assert between(0, 0, 0.05) == (0.0, 1.0)
    assert at_most(0, 0, 0.05) == 1.0
    assert at_least(0, 0, 0.05) == 0.0


def test_nothing_but_wrong_ones_may_be_all_and_nothing_wrong_may_be_none():
    assert at_most(5, 5, 0.05) == 1.0
    assert at_least(0, 50, 0.05) == 0.0
    assert 0 < at_least(5, 5, 0.05) < 1
    assert 0 < at_most(0, 50, 0.05) < 1


def test_one_side_is_told_more_closely_than_both():
    low, high = between(7, 300, 0.05)
    assert low < at_least(7, 300, 0.05) < 7 / 300 < at_most(7, 300, 0.05) < high


def test_more_wrong_ones_move_every_end_up_and_less_doubt_moves_them_apart():
    assert at_most(3, 100, 0.05) < at_most(4, 100, 0.05) < at_most(4, 100, 0.01)
    assert at_least(3, 100, 0.05) < at_least(4, 100, 0.05)
    assert at_least(4, 100, 0.01) < at_least(4, 100, 0.05)


def test_a_hundred_million_looks_overflow_nothing():
    low, high = between(2_000_000, 100_000_000, 0.05)
    assert 0.0199 < low < 0.02 < at_most(2_000_000, 100_000_000, 0.05) < high < 0.0201


@pytest.mark.parametrize(("wrong", "looked"), [(-1, 5), (6, 5)])
@pytest.mark.parametrize("end", [between, at_most, at_least])
def test_counts_that_cannot_be_are_refused(end, wrong, looked):
    with pytest.raises(ValueError, match=f"{wrong} wrong of {looked}"):
        end(wrong, looked, 0.05)
