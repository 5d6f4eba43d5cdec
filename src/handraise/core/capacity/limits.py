"""Which share of decisions people with a limit a day can take, in view of chance.

A share that fits on average overflows on nearly every other day.
"""

from __future__ import annotations

import math

from scipy.special import betainc, betaincinv, gammainc, gammaincinv

from handraise.errors import InputError

LEAST_VARIATION = 1e-4
"""Days that differ less than this do not differ."""


def largest_rate(capacity: int, decisions: float, risk: float, *, variation: float = 0.0) -> float:
    """Return the largest share of decisions that stays within a capacity on all but few days.

    Args:
        capacity: how many asks a day people take, at least 0.
        decisions: how many decisions come a day on average, above 0.
        risk: on which share of days it may be more, in (0, 1).
        variation: how much days differ beyond chance: the standard deviation of a day's mean over
            its mean, 0 to 10; 0.3 is common.

    Returns:
        In (0, 1]: the largest r with P(asks > capacity) <= risk.

    Raises:
        InputError: an argument is out of its range.

    Source: asks of a day are Poisson(N·r), whose tail is the regularised gamma function; with a
        day's mean spread as a gamma of shape k = 1 / variation², they are negative binomial, whose
        tail is the regularised beta function (Johnson, Kemp, Kotz 2005, 4.12 and 5.6).

    Example:
        >>> [round(largest_rate(40, 1000, 0.05, variation=one), 4) for one in (0.0, 0.3)]
        [0.0311, 0.0245]
    """
    _check(capacity, decisions, variation)
    if not 0 < risk < 1:
        raise InputError(f"risk: {risk}", "give a share of days above 0 and below 1, such as 0.05")
    if variation < LEAST_VARIATION:
        mean = float(gammaincinv(capacity + 1, risk))
    else:
        shape = 1 / variation**2
        x = float(betaincinv(capacity + 1, shape, risk))
        mean = shape * x / (1 - x) if x < 1 else math.inf
    return min(mean / decisions, 1.0)


def overflow(capacity: int, mean: float, *, variation: float = 0.0) -> float:
    """Return the share of days on which more asks come than a capacity.

    Args:
        capacity: how many asks a day people take, at least 0.
        mean: how many come a day on average, above 0.
        variation: how much days differ beyond chance, as for `largest_rate`.

    Raises:
        InputError: an argument is out of its range.

    Example:
        >>> round(overflow(40, 40.0), 3)
        0.458
    """
    _check(capacity, mean, variation)
    if variation < LEAST_VARIATION:
        return float(gammainc(capacity + 1, mean))
    shape = 1 / variation**2
    return float(betainc(capacity + 1, shape, mean / (mean + shape)))


def _check(capacity: int, mean: float, variation: float) -> None:
    if capacity < 0:
        raise InputError(f"capacity: {capacity}", "give at least 0 a day")
    if not (math.isfinite(mean) and mean > 0):
        raise InputError(f"decisions: {mean}", "give a finite number above 0")
    if not 0 <= variation <= 10:
        raise InputError(f"variation: {variation}", "give 0 to 10, such as 0.3")
