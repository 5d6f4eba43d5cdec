"""The lowest rate that held-out rows can carry, and back."""

import numpy as np

from handraise.core.familiar.conformal import p_values
from handraise.core.familiar.rates import held_out_for, least_rate


def test_at_the_least_rate_three_rows_draw_the_line_and_not_one():
    assert least_rate(299) == 0.01
    assert least_rate(0) == least_rate(1) == 1.0
    familiar = np.arange(1.0, 300.0)
    familiar[-1] = 1e9  # a mislabelled row
    assert p_values(familiar, np.array([1e6]))[0] <= least_rate(299)


def test_the_least_rate_says_how_many_rows_were_held_out():
    assert [held_out_for(least_rate(count)) for count in (2, 20, 299, 10_000)] == [
        2,
        20,
        299,
        10_000,
    ]
    assert held_out_for(1.0) == 2
