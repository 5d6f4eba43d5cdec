"""Why no threshold is safe, and how many labels would help: what a team needs to hear then.

How many labels keep a promise is exact where the errors are given. Where they are yet to
come it is an estimate from those that were seen, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.stats import binom

from handraise.core.confidence.ranking import Bools, Counts, Ranking
from handraise.core.table.units import percent_text

ROUNDING = 1e-6
"""A share of a count that is above a whole number by no more is that number."""

MOST_LABELS = 100_000_000
"""What would need more is not worth waiting for."""

POWER = 0.8
"""How often as many labels as are said to be enough will be."""

GRID = 100
"""So many numbers of labels are tried at a time; the second time between the two that are left."""


@lru_cache(maxsize=1024)
def least_accepted(max_error: float, delta: float, errors: int = 0) -> int:
    """Return the least number of labels of which so many may be wrong for a threshold to pass.

    Args:
        max_error: in [1e-6, 1).
        delta: how likely the promise may be broken, in (0, 1).
        errors: at least 0.

    Source: the least k with binom.cdf(errors, k, max_error) <= delta; without errors it is
        ln(delta) / ln(1 - max_error), rounded up.
    """
    low, high = errors, 2 * errors + 1
    while binom.cdf(errors, high, max_error) > delta:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if binom.cdf(errors, middle, max_error) > delta:
            low = middle
        else:
            high = middle
    return high


def why_none(
    ranking: Ranking, max_error: float, share: float, sure: float, begins: Sequence[int]
) -> str:
    """Return one sentence why no threshold is safe.

    Args:
        ranking: the labels.
        max_error: in [1e-6, 1).
        share: how likely the promise may be broken by one walk.
        sure: the certainty, as it is told.
        begins: the places where walks began, ascending; past the end for one without a place.
    """
    promise = f"at most {_percent(max_error)} errors with {_percent(sure)} certainty"
    tried = [place for place in begins if place < len(ranking.scores)]
    if not tried:
        least = least_accepted(max_error, share)
        if not ranking.labels:
            return f"there are no labels: {promise} needs {least:,} if none of them is wrong"
        return (
            f"{_labels(ranking.labels)} too few for {promise}: with no error at all it needs "
            f"{least:,}"
        )
    best = min(tried, key=lambda place: ranking.errors[place] / ranking.accepted[place])
    accepted, errors = int(ranking.accepted[best]), int(ranking.errors[best])
    allowed = int(binom.ppf(share, accepted, max_error))
    allowed -= int(binom.cdf(allowed, accepted, max_error) > share)
    score = f"{ranking.scores[best]:.4g}"
    if len(ranking.scores) == 1:
        which = f"all {accepted:,} labels have the same confidence, {score}, and"
    else:
        which = f"of the {accepted:,} most confident of {ranking.labels:,} labels ({score} and up)"
    were = "was" if errors == 1 else "were"
    return f"{which} {errors:,} {were} wrong: for {promise} at most {allowed:,} may be"


def enough_labels(
    ranking: Ranking, max_error: float, share: float, coverages: Sequence[float]
) -> int | None:
    """Return how many labels in all would be enough 4 times in 5, None where no number would.

    It supposes that the labels to come have the scores and the errors of those seen: a guess where
    these are few.

    Args:
        ranking: the labels, among which no threshold is safe.
        max_error: in [1e-6, 1).
        share: how likely the promise may be broken by one walk.
        coverages: where walks start.
    """
    least = least_accepted(max_error, share)
    first = max(ranking.labels + 1, least)
    if first >= MOST_LABELS:
        return None
    found = None
    for coverage in coverages:
        tried = np.geomspace(first, found or MOST_LABELS, GRID).astype(np.int64)
        passed = np.flatnonzero(_would_pass(ranking, tried, least, coverage, max_error, share))
        if len(passed):
            before, place = max(int(passed[0]) - 1, 0), int(passed[0])
            tried = np.linspace(tried[before], tried[place], GRID).astype(np.int64)
            passed = np.flatnonzero(_would_pass(ranking, tried, least, coverage, max_error, share))
            found = int(tried[passed[0]])
    return found


def _would_pass(
    ranking: Ranking, labels: Counts, least: int, coverage: float, max_error: float, share: float
) -> Bools:
    """Return for numbers of labels whether the first threshold of a walk would mostly pass.

    Args:
        ranking: the labels seen; without any, none to come is taken to be wrong.
        labels: shape (k,), each at least `least`.
        least: how many must go ahead at the least.
        coverage: where the walk starts.
        max_error: in [1e-6, 1).
        share: how likely the promise may be broken by the walk.
    """
    accepted = np.maximum(np.ceil(coverage * labels - ROUNDING).astype(np.int64), least)
    rate = np.zeros(len(labels))
    if ranking.labels:
        wanted = accepted / labels * ranking.labels
        place = np.searchsorted(ranking.accepted, wanted - ROUNDING)
        there = ranking.accepted[place]
        rate = ranking.errors[place] / there
        accepted = np.maximum(accepted, (there / ranking.labels * labels).astype(np.int64))
    passed = rate < max_error
    errors = binom.ppf(POWER, accepted[passed], rate[passed])
    passed[passed] = binom.cdf(errors, accepted[passed], max_error) <= share
    return passed


def _labels(count: int) -> str:
    return "1 label is" if count == 1 else f"{count:,} labels are"


def _percent(rate: float) -> str:
    return percent_text(round(rate, 6))
