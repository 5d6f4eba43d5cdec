"""How the error rate of what an agent decides alone falls as it decides less: to be looked at.

Nothing here promises anything. `naive_threshold` is what a team would read off the curve by eye; it
stands beside the one of `thresholds`, so that the difference can be seen.
"""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from scipy.special import xlog1py

from handraise.core.confidence.ranking import Bools, Floats, Ranking, ranked

POINTS = 400
"""So many points draw a smooth curve on a page."""


class Curve(Struct, frozen=True, kw_only=True):
    """The error rate among the most confident decisions, from the most confident on.

    Attributes:
        thresholds: the distinct scores, descending, shape (m,); NaN where there are none
            (`oracle_curve`).
        coverage: the share of decisions that go ahead, shape (m,), rising, in (0, 1].
        risk: the share of those that are wrong, shape (m,), in [0, 1].
    """

    thresholds: Floats
    coverage: Floats
    risk: Floats


def risk_coverage(confidence: Floats, wrong: Bools) -> Curve:
    """Return the risk-coverage curve: a point for each distinct score; equal scores stay together.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).

    Returns:
        A curve without points for no labels.

    Raises:
        ValueError: as `ranking.checked`.

    Source: El-Yaniv, Wiener, "On the foundations of noise-free selective classification", JMLR
        2010, section 2.

    Example:
        >>> curve = risk_coverage(np.array([0.9, 0.8, 0.8]), np.array([False, True, False]))
        >>> curve.coverage[0].item(), curve.risk[0].item(), curve.risk[-1].item()
        (0.3333333333333333, 0.0, 0.3333333333333333)
    """
    ranking = ranked(confidence, wrong)
    return Curve(
        thresholds=ranking.scores,
        coverage=ranking.accepted / max(ranking.labels, 1),
        risk=ranking.errors / ranking.accepted,
    )


def oracle_curve(wrong: Bools) -> Curve:
    """Return the best curve that any score could have: every error comes last.

    Args:
        wrong: shape (n,).

    Returns:
        A point for each label; its thresholds are NaN, since an oracle has no scores.
    """
    labels, errors = len(wrong), int(np.sum(wrong))
    accepted = np.arange(1, labels + 1)
    return Curve(
        thresholds=np.full(labels, np.nan),
        coverage=accepted / max(labels, 1),
        risk=np.maximum(accepted - (labels - errors), 0) / accepted,
    )


def thinned(curve: Curve, points: int = POINTS) -> Curve:
    """Return a curve with at most so many of its points, evenly over coverage, both ends included.

    Args:
        curve: any.
        points: at least 2.
    """
    count = len(curve.coverage)
    if count <= points:
        return curve
    wanted = np.linspace(curve.coverage[0], curve.coverage[-1], points)
    kept = np.unique(np.searchsorted(curve.coverage, wanted))
    return Curve(
        thresholds=curve.thresholds[kept], coverage=curve.coverage[kept], risk=curve.risk[kept]
    )


def naive_threshold(confidence: Floats, wrong: Bools, max_error: float) -> float | None:
    """Return the lowest score above which the labels show no more errors than wanted.

    It keeps no promise: half of the time and more, decisions to come have more errors than that.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: shape (n,).
        max_error: the error rate that is wanted at most, in (0, 1).

    Returns:
        None where every score has more errors, and for no labels.

    Raises:
        ValueError: as `ranking.checked`.
    """
    ranking = ranked(confidence, wrong)
    good = np.flatnonzero(ranking.errors / ranking.accepted <= max_error)
    return float(ranking.scores[good[-1]]) if len(good) else None


def aurc(confidence: Floats, wrong: Bools) -> float:
    """Return the area under the risk-coverage curve: the error rate, averaged over all coverages.

    Among equal scores every order is as likely as any other, and the mean over them counts.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: shape (n,).

    Returns:
        In [0, 1], lower is better; NaN for no labels.

    Raises:
        ValueError: as `ranking.checked`.

    Source: the mean over k of (errors among the top k) / k: Geifman, Uziel, El-Yaniv,
        "Bias-reduced uncertainty estimation for deep neural classifiers", ICLR 2019, section 2.

    Example:
        >>> aurc(np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True]))
        0.3333333333333333
    """
    return _area(ranked(confidence, wrong))


def excess_aurc(confidence: Floats, wrong: Bools) -> float:
    """Return how far the area under the curve is above that of an oracle with as many errors.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: shape (n,).

    Returns:
        At least 0, and 0 for a perfect order of very many labels; NaN for no labels.

    Raises:
        ValueError: as `ranking.checked`.

    Source: E-AURC, Geifman, Uziel, El-Yaniv (2019), section 4: AURC - (r + (1 - r)·ln(1 - r)) with
        the error rate r of all labels.
    """
    ranking = ranked(confidence, wrong)
    if not ranking.labels:
        return math.nan
    rate = ranking.wrong / ranking.labels
    return _area(ranking) - (rate + float(xlog1py(1.0 - rate, -rate)))


def _area(ranking: Ranking) -> float:
    if not ranking.labels:
        return math.nan
    top = np.arange(1, ranking.labels + 1)
    # Inside a group of equal scores the expected number of errors rises in a straight line.
    errors = np.interp(top, np.append(0, ranking.accepted), np.append(0, ranking.errors))
    return float(np.mean(errors / top))
