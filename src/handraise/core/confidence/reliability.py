"""How honest a stated confidence is: of the decisions at 0.9, are 9 in 10 right?

With few labels even a perfect score looks dishonest, so the null band stands beside it: what a
perfect one would show with exactly these confidences.
"""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct

from handraise.core.confidence.ranking import Bools, Counts, Floats, checked

INSIDE = (0.025, 0.975)
"""A perfect score lies within a bin's band so often: 95 times in 100, for each bin by itself."""

CELLS = 100
"""Each bin is so many cells; decisions of one cell are drawn with their mean confidence."""


class Bin(Struct, frozen=True, kw_only=True):
    """The decisions of one range of confidence; at least one.

    Attributes:
        low: above this (the first bin: from 0 on).
        high: up to this.
        count: how many decisions.
        confidence: their mean confidence.
        right: the share that was right.
        band_low: a perfect score's share is at least this, but for 1 time in 40.
        band_high: and at most this.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: float
    band_low: float
    band_high: float


class Reliability(Struct, frozen=True, kw_only=True):
    """How far confidence is from the share that is right.

    Attributes:
        bins: in ascending order, those without a decision left out.
        ece: the expected calibration error: the mean distance over all decisions; NaN for none.
        null_mean: the mean of it that a perfect score would have; NaN for no decisions.
        null_95: at most this, 95 times in 100; NaN for no decisions.
    """

    bins: tuple[Bin, ...]
    ece: float
    null_mean: float
    null_95: float


def reliability(
    confidence: Floats, wrong: Bools, *, bins: int = 15, seed: int = 0, draws: int = 1000
) -> Reliability:
    """Return the reliability diagram, the calibration error, and what chance alone makes of both.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        bins: how many of equal width, at least 1; a score on an edge belongs to the lower one.
        seed: of the draws; the same labels and seed give the same band.
        draws: how many perfect scores are drawn for the band, at least 1.

    Returns:
        No bins and NaN for no labels.

    Raises:
        ValueError: as `ranking.checked`, or there is no bin or no draw.

    Source: ECE: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
        binning", AAAI 2015; 15 bins and their edges: Guo and others, "On calibration of modern
        neural networks", ICML 2017, equation 3. The null band: consistency resampling, Bröcker,
        Smith, "Increasing the reliability of reliability diagrams", Weather and Forecasting 2007,
        with the confidences kept as they are.

    Example:
        >>> found = reliability(np.array([0.9, 0.9, 0.9, 0.9]), np.array([False] * 3 + [True]))
        >>> found.bins[0].count, round(found.ece, 3)
        (4, 0.15)
    """
    scores, wrongs = checked(confidence, wrong)
    if bins < 1 or draws < 1:
        raise ValueError(f"at least one bin and one draw are needed, got {bins} and {draws}")
    if not len(scores):
        return Reliability(bins=(), ece=math.nan, null_mean=math.nan, null_95=math.nan)
    place = np.maximum(np.ceil(scores * bins).astype(np.int64) - 1, 0)
    used, count = np.unique(place, return_counts=True)
    stated = np.bincount(place, weights=scores)[used]
    right = np.bincount(place, weights=~wrongs)[used]
    drawn = _perfect(scores, place, bins, np.random.default_rng(seed), draws)
    gaps = np.abs(drawn - stated).sum(axis=1) / len(scores)
    low, high = np.quantile(drawn, INSIDE, axis=0) / count
    rows = zip(used, count, stated / count, right / count, low, high, strict=True)
    return Reliability(
        bins=tuple(_bin(bins, *map(float, row)) for row in rows),
        ece=float(np.abs(right - stated).sum() / len(scores)),
        null_mean=float(gaps.mean()),
        null_95=float(np.quantile(gaps, 0.95)),
    )


def _bin(
    bins: int,
    place: float,
    count: float,
    confidence: float,
    right: float,
    band_low: float,
    band_high: float,
) -> Bin:
    return Bin(
        low=place / bins,
        high=(place + 1) / bins,
        count=int(count),
        confidence=confidence,
        right=right,
        band_low=band_low,
        band_high=band_high,
    )


def _perfect(
    scores: Floats, place: Counts, bins: int, rng: np.random.Generator, draws: int
) -> Counts:
    """Return how many would be right in each used bin, draw by draw, if confidence were the chance.

    Decisions are drawn by narrow cells of confidence, so that a million cost no more than a
    thousand. Within one the chance is off by at most 1 / (bins · CELLS), their mean not at all.
    """
    within = np.clip((scores * bins - place) * CELLS, 0, CELLS - 1).astype(np.int64)
    used, cell, count = np.unique(place * CELLS + within, return_inverse=True, return_counts=True)
    chance = np.minimum(np.bincount(cell, weights=scores) / count, 1.0)
    drawn = rng.binomial(count, chance, size=(draws, len(used)))
    _, starts = np.unique(used // CELLS, return_index=True)
    found: Counts = np.add.reduceat(drawn, starts, axis=1)
    return found
