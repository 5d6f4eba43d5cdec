"""Conformal p-values, and how several of them become one.

A p-value says how many familiar ones are at least as unusual. It holds whatever the score is, as
long as the held-out rows and the decision come from the same source: nothing is assumed about how
scores are spread.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST = 1e300
"""Numbers are counted as no larger."""

FURTHEST = 50.0
"""Past so many steps nothing counts as further out."""

FLAT = 1e-12
"""Numbers that differ by a smaller share of the largest are the same but for rounding."""


def p_values(held_out: Floats, scores: Floats) -> Floats:
    """Return the conformal p-value of each score: small where it is larger than most held-out ones.

    A score that is no number gives NaN, which is below no rate and must stop.

    Args:
        held_out: the scores of rows that nothing was fitted on, sorted upwards, shape (n,).
        scores: shape (m,); larger is more unusual.

    Returns:
        Shape (m,), each in [1 / (n + 1), 1].

    Source: split conformal p-values, Vovk, Gammerman, Shafer (2005), Algorithmic Learning in a
        Random World, 2.2: p = (1 + #{held out >= score}) / (n + 1).

    Example:
        >>> p_values(np.array([1.0, 2.0, 3.0]), np.array([2.5, 9.0])).tolist()
        [0.5, 0.25]
    """
    count = len(held_out)
    above = count - np.searchsorted(held_out, scores, side="left")
    return np.where(np.isnan(scores), np.nan, (1.0 + above) / (count + 1.0))


def falling_p_values(held_out: Floats, scores: Floats) -> Floats:
    """Return p-values that go on falling past the largest held-out score, by e for each spread.

    These are no probabilities: they let what no held-out row comes near count for more than what
    some come near, however few rows there are. Only sums of them that are held against those of
    other held-out rows say how usual a decision is.

    Args:
        held_out: sorted upwards, shape (n,).
        scores: shape (m,); larger is more unusual.

    Returns:
        Shape (m,): as `p_values` up to the largest held-out score, above 0 past it.
    """
    p = p_values(held_out, scores)
    if not len(held_out) or not (scores > held_out[-1]).any():
        return p
    steps = np.maximum(scores - held_out[-1], 0.0) / spread(held_out)
    falling: Floats = p * np.exp(-np.minimum(steps, FURTHEST))
    return falling


def fisher(p: Floats) -> Floats:
    """Return one score for several p-values of the same thing: minus the sum of their logarithms.

    Args:
        p: shape (m, k), each in (0, 1].

    Returns:
        Shape (m,), each at least 0; larger is more unusual.

    Source: Fisher (1925), Statistical Methods for Research Workers, 21.1. The p-values are not
        independent, so the sum is held against held-out sums and not against a chi-square.
    """
    total: Floats = -np.log(p).sum(axis=1)
    return total


def harmonic_parts(p: Floats, weights: Floats) -> Floats:
    """Return what p-values of different things say against one: of their sum, one is enough.

    Args:
        p: shape (m, k), each in (0, 1]; as they fall past the held-out ones (`falling_p_values`),
            or one of n rows could never say more than its weight times n + 1.
        weights: shape (k,), the share of the false alarms that each may cause; their sum is 1.

    Returns:
        Shape (m, k), each above 0; the larger their sum, the more unusual.

    Source: the weighted harmonic mean p-value, Wilson (2019), PNAS 116(4), equation 1, inverted;
        it is held against held-out ones, so nothing is assumed about how they depend.
    """
    parts: Floats = weights / p
    return parts


def spread(familiar: Floats) -> float:
    """Return what one step out is among sorted numbers: their standard deviation, or near 1.

    Args:
        familiar: finite, sorted upwards, shape (n,), n > 0.

    Returns:
        Above 0; where all are the same, a hundredth of that number, at least 1.
    """
    largest = max(abs(float(familiar[0])), abs(float(familiar[-1])))
    if largest == 0.0:
        return 1.0
    found = float(np.std(familiar / largest))
    return max(found * largest, 1.0 / LARGEST) if found > FLAT else max(1.0, largest * 0.01)


def tail_score(familiar: Floats, value: float) -> float:
    """Return how far out a number is among familiar ones: minus the log of its two-sided tail.

    Past the least and the largest it goes on growing with the distance, counted in spreads.

    Args:
        familiar: finite, sorted upwards, shape (n,), n > 0.
        value: any finite number.

    Returns:
        0 in the middle; always finite.
    """
    count = len(familiar)
    low = (int(np.searchsorted(familiar, value, side="right")) + 1) / (count + 1)
    high = (count - int(np.searchsorted(familiar, value, side="left")) + 1) / (count + 1)
    score = -math.log(min(1.0, 2.0 * min(low, high)))
    past = max(float(familiar[0]) - value, value - float(familiar[-1]), 0.0)
    return score + math.log1p(min(past / spread(familiar), LARGEST)) if past else score
