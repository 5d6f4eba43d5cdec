"""Clopper and Pearson's interval, and the beta distribution it is made of, against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import betainc
from scipy.stats import beta

from handraise.core.monitor.intervals import (
    at_least,
    at_most,
    clopper_pearson,
    log_share_below,
    share_below,
    value_at,
)

SIZES = (1, 2, 3, 10, 100, 1_000, 100_000, 10_000_000, 1_000_000_000)
CERTAINTIES = (0.5, 0.95, 0.999, 1 - 1e-5)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("certainty", CERTAINTIES)
def test_an_interval_is_the_one_of_scipy(n: int, certainty: float) -> None:
    outside = (1 - certainty) / 2
    for count in sorted({0, 1, n // 1000, n // 10, n // 2, n - n // 10, n - 1, n}):
        low, high = clopper_pearson(count, n, certainty)
        expected = beta.ppf(outside, count, n - count + 1) if count else 0.0
        assert low == pytest.approx(expected, abs=1e-9)
        expected = beta.isf(outside, count + 1, n - count) if count < n else 1.0
        assert high == pytest.approx(expected, abs=1e-9)


def test_shares_of_a_beta_distribution_are_those_of_scipy() -> None:
    rng = np.random.default_rng(20260105)
    for _ in range(2000):
        a, b = (float(10 ** rng.uniform(-1, 5)) for _ in range(2))
        x = float(rng.random() ** rng.choice([1, 4]))
        assert share_below(x, a, b) == pytest.approx(float(betainc(a, b, x)), abs=1e-9)


def test_a_share_too_small_for_a_number_has_a_logarithm() -> None:
    found = log_share_below(1e-4, 300, 20)
    assert share_below(1e-4, 300, 20) == 0.0
    log_beta = math.lgamma(300) + math.lgamma(20) - math.lgamma(320)
    assert found == pytest.approx(300 * math.log(1e-4) - math.log(300) - log_beta, rel=1e-5)


def test_the_ends_of_a_beta_distribution_are_all_or_nothing() -> None:
    assert log_share_below(0, 2, 3) == -math.inf
    assert share_below(1, 2, 3) == 1.0


@pytest.mark.parametrize("share", [1e-12, 0.3, 0.5, 0.9, 1 - 1e-9])
def test_the_value_at_a_share_has_that_share_below_it(share: float) -> None:
    for a, b in ((0.2, 3.0), (5.0, 5.0), (700.0, 2.0)):
        assert share_below(value_at(share, a, b), a, b) == pytest.approx(share, rel=1e-6)


def test_where_nothing_was_counted_nothing_is_known() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert at_least(0, 0) == 0.0
    assert at_most(0, 0) == 1.0


def test_a_bound_on_one_side_is_the_interval_with_twice_the_rest() -> None:
    low, high = clopper_pearson(17, 400, 0.9)
    assert at_least(17, 400, 0.95) == pytest.approx(low)
    assert at_most(17, 400, 0.95) == pytest.approx(high)


def test_the_published_bound_of_no_errors_in_230_labels() -> None:
    assert at_most(0, 230, 0.9) == pytest.approx(0.0099613, abs=5e-8)
    assert at_least(230, 230, 0.9) == pytest.approx(1 - 0.0099613, abs=5e-8)


@pytest.mark.parametrize(("count", "n"), [(-1, 3), (4, 3), (math.nan, 3), (1, math.nan), (0, -1)])
def test_counts_that_cannot_be_are_refused(count: float, n: float) -> None:
    for bound in (clopper_pearson, at_least, at_most):
        with pytest.raises(ValueError, match="is no count"):
            bound(count, n)


@pytest.mark.parametrize("certainty", [0, 1, -0.5, math.nan])
def test_a_certainty_that_cannot_be_is_refused(certainty: float) -> None:
    for bound in (clopper_pearson, at_least, at_most):
        with pytest.raises(ValueError, match="certainty lies between"):
            bound(1, 3, certainty)


@pytest.mark.parametrize(
    ("x", "a", "b"), [(-0.1, 1, 1), (1.1, 1, 1), (math.nan, 1, 1), (0.5, 0, 1), (0.5, 1, math.inf)]
)
def test_a_share_that_cannot_be_is_refused(x: float, a: float, b: float) -> None:
    with pytest.raises(ValueError, match="beta distribution"):
        log_share_below(x, a, b)


@pytest.mark.parametrize("share", [0, 1, math.nan])
def test_a_value_is_asked_for_a_share_between_nothing_and_all(share: float) -> None:
    with pytest.raises(ValueError, match="no share between"):
        value_at(share, 1, 1)


def test_a_value_too_small_for_a_number_is_as_good_as_nothing() -> None:
    assert 0 <= value_at(1e-12, 0.01, 0.01) < 1e-20


def test_counts_beyond_any_operation_still_have_an_interval() -> None:
    low, high = clopper_pearson(50_000_000_000_000, 100_000_000_000_000)
    assert 0.4999 < low < 0.5 < high < 0.5001
