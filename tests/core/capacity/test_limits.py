"""The largest share that fits a limit a day."""

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from handraise.core.capacity.limits import largest_rate, overflow
from handraise.errors import InputError


@pytest.mark.parametrize("capacity", [10, 15, 40])
def test_a_share_that_fits_on_average_overflows_on_nearly_every_other_day(capacity):
    assert 0.41 < overflow(capacity, capacity) < 0.465
    assert overflow(capacity, capacity) == pytest.approx(poisson.sf(capacity, capacity))


@pytest.mark.parametrize("variation", [0.0, 0.3])
@pytest.mark.parametrize("capacity", [0, 5, 40, 300])
def test_the_largest_rate_is_where_the_risk_is_met(capacity, variation):
    rate = largest_rate(capacity, 1000, 0.05, variation=variation)
    assert overflow(capacity, 1000 * rate, variation=variation) == pytest.approx(0.05)


def test_days_that_differ_are_negative_binomial():
    shape = 1 / 0.3**2
    expected = nbinom.sf(40, shape, shape / (shape + 30))
    assert overflow(40, 30, variation=0.3) == pytest.approx(expected)
    rng = np.random.default_rng(5)
    days = rng.poisson(rng.gamma(shape, 30 / shape, 200_000))
    assert overflow(40, 30, variation=0.3) == pytest.approx((days > 40).mean(), abs=0.003)


def test_days_that_differ_leave_room_for_less():
    assert largest_rate(40, 1000, 0.05, variation=0.3) < largest_rate(40, 1000, 0.05) < 0.04


def test_where_all_fits_the_rate_is_everything():
    assert largest_rate(40, 3, 0.05) == 1.0
    assert largest_rate(40, 3, 1 - 1e-16, variation=10.0) == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: largest_rate(-1, 10, 0.05),
        lambda: largest_rate(1, 0, 0.05),
        lambda: largest_rate(1, 10, 0.0),
        lambda: largest_rate(1, 10, 0.05, variation=-0.1),
        lambda: overflow(1, float("nan")),
    ],
    ids=range(5),
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(InputError, match="give"):
        call()
