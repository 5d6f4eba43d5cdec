"""Conformal p-values, and how several of them become one.

A p-value says how many familiar ones are at least as unusual. It holds whatever the score is, as
long as the held-out rows and the decision come from the same source: nothing is assumed about how
scores are spread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def fisher(p: Floats) -> Floats:
    """Return one score for several p-values of the same thing: minus the sum of their logarithms.

    Args:
        p: shape (m, k), each in (0, 1].

    Returns:
        Shape (m,); larger is more unusual.

    Source: Fisher (1925), Statistical Methods for Research Workers, 21.1. The p-values are not
        independent, so the sum is held against held-out sums and not against a chi-square.
    """
    total: Floats = -np.log(p).sum(axis=1)
    return total


def harmonic(p: Floats, weights: Floats) -> Floats:
    """Return one score for p-values of different things: a single small one is enough.

    Args:
        p: shape (m, k), each in (0, 1].
        weights: shape (k,), the share of the false alarms that each may cause; their sum is 1.

    Returns:
        Shape (m,); larger is more unusual.

    Source: the weighted harmonic mean p-value, Wilson (2019), PNAS 116(4), equation 1, inverted;
        it is held against held-out ones, so nothing is assumed about how they depend.
    """
    total: Floats = (weights / p).sum(axis=1)
    return total


def least_rate(held_out: int) -> float:
    """Return the lowest false-alarm rate that so many held-out rows can carry, in (0, 1]."""
    return 1.0 / (held_out + 1)
