"""The lowest threshold that keeps a promise: at most so many errors among what is decided alone.

The promise is about decisions to come, and wrong with at most the stated probability, however the
errors are spread over the scores. It needs labels that are like them and that nothing was fitted or
chosen on, and a target that was set before anybody looked. "No threshold is safe" is an answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import beta, binom

from handraise.core.confidence.ranking import Bools, Counts, Floats, Ranking, checked, ranked
from handraise.core.confidence.wanting import ROUNDING, enough_labels, least_accepted, why_none

MINIMUM_COVERAGE = 0.2
"""The share of decisions at which a search starts unless another is asked."""

LEAST_ERROR = 1e-6
"""No lower error rate is promised: it would need millions of labels without an error."""

CHUNK = 4096
"""So many thresholds are tried at a time; a search that fails early looks at no more."""


class Safe(Struct, frozen=True, kw_only=True):
    """A threshold with its guarantee, or why there is none.

    Attributes:
        threshold: the lowest safe one, a score that occurs: decisions with at least this confidence
            go ahead. None where no threshold is safe; then everything needs a human.
        labels: how many labels there are.
        accepted: how many of them go ahead at the threshold; 0 without one.
        errors: how many of those are wrong; 0 without one.
        coverage: accepted / labels, in [0, 1].
        bound: the one-sided Clopper-Pearson upper bound of the error rate at this threshold, at
            `sure`; at most `max_error`. None without one.
        max_error: the error rate that is promised at most.
        sure: how certain the promise is. By type it is the type's share of the certainty.
        minimum_coverage: where the search started; the lowest of several starts.
        starts: all starts, ascending.
        why: one sentence why no threshold is safe; empty where one is.
        more_labels: how many labels in all would be enough 4 times in 5, if errors went on as they
            are among these; None where no number would, and where there is a threshold.
    """

    threshold: float | None
    labels: int
    accepted: int
    errors: int
    coverage: float
    bound: float | None
    max_error: float
    sure: float
    minimum_coverage: float
    starts: tuple[float, ...]
    why: str
    more_labels: int | None


def safe_threshold(
    confidence: Floats,
    wrong: Bools,
    *,
    max_error: float,
    sure: float,
    minimum_coverage: float = MINIMUM_COVERAGE,
    starts: Sequence[float] = (),
) -> Safe:
    """Return the lowest threshold at which the error rate is at most `max_error`, with certainty.

    Distinct scores are tried one by one, each by the exact binomial tail, from the first that
    accepts `minimum_coverage` of the labels, and enough of them that none wrong would pass. The
    first that fails ends it; the last that passed is the answer. Nothing is lost to trying many.

    With more `starts` there is one such walk from each, and 1 - `sure` is split evenly over them. A
    walk that arrives where the next one starts hands its share on to it, so the looser walk is
    easier to pass. The loosest threshold that any walk passed is the answer.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        max_error: in [1e-6, 1); set before looking at these labels.
        sure: the certainty, in (0, 1); set before looking as well.
        minimum_coverage: in (0, 1]; a threshold that lets less go ahead is not looked for.
        starts: further minimum coverages, each in (0, 1]; set before looking.

    Raises:
        ValueError: as `ranking.checked`, or a rate is out of range.

    Source: fixed-sequence testing: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then test",
        2021, section 2.3. Several starts: the fallback procedure, Wiens, Dmitrienko, Journal of
        Biopharmaceutical Statistics 2005; Bretz, Maurer, Brannath, Posch, "A graphical approach to
        sequentially rejective multiple test procedures", Statistics in Medicine 2009, section 3.

    Example:
        >>> scores = np.linspace(1.0, 0.001, 1000)
        >>> found = safe_threshold(scores, scores < 0.25, max_error=0.02, sure=0.95)
        >>> found.threshold, found.accepted, found.errors
        (0.242, 759, 8)
    """
    scores, wrongs = checked(confidence, wrong)
    _check_rates(max_error, sure, (minimum_coverage, *starts))
    coverages = sorted({float(minimum_coverage), *map(float, starts)})
    return _searched(ranked(scores, wrongs), max_error, 1.0 - sure, sure, coverages)


def safe_by_type(
    confidence: Floats,
    wrong: Bools,
    types: Sequence[str] | NDArray[np.str_] | NDArray[np.object_],
    *,
    max_error: float,
    sure: float,
    minimum_coverage: float = MINIMUM_COVERAGE,
    weights: Mapping[str, float] | None = None,
) -> dict[str, Safe]:
    """Return a threshold for each type, such that all of them hold together with certainty.

    1 - `sure` is split over the types. A type without a safe threshold has none, and needs a human
    for everything: it is never lent another one's.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        types: shape (n,).
        max_error: in [1e-6, 1), of each type.
        sure: the certainty of all promises together, in (0, 1).
        minimum_coverage: in (0, 1], of each type's labels.
        weights: each type's share of 1 - `sure`, above 0, their sum 1, set before looking at the
            labels; None for equal ones. A type in it without labels has no threshold.

    Returns:
        By type, in alphabetical order; none for no labels and no weights.

    Raises:
        ValueError: as `safe_threshold`; the weights do not sum to 1, or a type has none.

    Source: Bonferroni over the types: the probability that any promise is broken is at most the sum
        of theirs.
    """
    scores, wrongs = checked(confidence, wrong)
    _check_rates(max_error, sure, (minimum_coverage,))
    if len(types) != len(scores):
        raise ValueError(f"each label needs one type: got {len(types)} for {len(scores)} labels")
    names, place = np.unique(np.asarray(types, dtype=np.str_), return_inverse=True)
    shares = _shares(names.tolist(), weights)
    order = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[order], np.arange(len(names) + 1))
    rows = {name: order[ends[one] : ends[one + 1]] for one, name in enumerate(names.tolist())}
    nothing = np.zeros(0, dtype=np.int64)
    found = {}
    for name in sorted(shares):
        mine = rows.get(name, nothing)
        delta = (1.0 - sure) * shares[name]
        ranking = ranked(scores[mine], wrongs[mine])
        found[name] = _searched(ranking, max_error, delta, 1.0 - delta, [float(minimum_coverage)])
    return found


def labels_needed(max_error: float, sure: float, errors: int = 0) -> int:
    """Return how many labels must go ahead, with so many errors among them, to keep the promise.

    Args:
        max_error: in [1e-6, 1).
        sure: in (0, 1).
        errors: at least 0.

    Raises:
        ValueError: a rate or the errors are out of range.

    Example:
        >>> labels_needed(0.02, 0.95), labels_needed(0.02, 0.95, errors=3)
        (149, 386)
    """
    _check_rates(max_error, sure, ())
    if errors < 0:
        raise ValueError(f"the errors must be at least 0, got {errors}")
    return least_accepted(max_error, 1.0 - sure, errors)


def upper_bound(errors: int, accepted: int, sure: float) -> float:
    """Return the one-sided upper bound of an error rate, for a threshold that was fixed before.

    Args:
        errors: from 0 to `accepted`.
        accepted: how many decisions, at least 0.
        sure: in (0, 1).

    Returns:
        In (0, 1]; 1 where all are errors, and for none.

    Source: Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case of
        the binomial", Biometrika 1934: the `sure` quantile of Beta(errors + 1, accepted - errors).

    Example:
        >>> round(upper_bound(0, 230, 0.9), 7)
        0.0099613
    """
    if errors >= accepted:
        return 1.0
    return float(beta.ppf(sure, errors + 1, accepted - errors))


def _check_rates(max_error: float, sure: float, coverages: Sequence[float]) -> None:
    if not LEAST_ERROR <= max_error < 1.0:
        raise ValueError(f"the greatest error rate must be from 1e-6 to below 1, got {max_error}")
    if not 0.0 < sure < 1.0:
        raise ValueError(f"the certainty must be between 0 and 1, got {sure}")
    for coverage in coverages:
        if not 0.0 < coverage <= 1.0:
            raise ValueError(f"a minimum coverage must be above 0 and at most 1, got {coverage}")


def _shares(names: Sequence[str], weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return each type's share of the uncertainty."""
    if weights is None:
        return {name: 1.0 / len(names) for name in names}
    missing = sorted(set(names) - set(weights))
    if missing:
        raise ValueError(f'the type "{missing[0]}" has no weight; each type that occurs needs one')
    if not all(weight > 0.0 for weight in weights.values()):
        raise ValueError("each weight must be above 0")
    total = math.fsum(weights.values())
    if not math.isclose(total, 1.0, abs_tol=1e-9):
        raise ValueError(f"the weights must sum to 1, got {total:g}")
    return {name: weight / total for name, weight in weights.items()}


def _searched(
    ranking: Ranking, max_error: float, delta: float, sure: float, coverages: Sequence[float]
) -> Safe:
    """Return the answer for labels in order.

    Args:
        ranking: the labels.
        max_error: in [1e-6, 1).
        delta: how likely the promise may be broken; 1 - `sure` before rounding.
        sure: as it is told.
        coverages: where walks start, ascending, without repeats.
    """
    labels, share = ranking.labels, delta / len(coverages)
    least = least_accepted(max_error, share)
    begins = [
        int(np.searchsorted(ranking.accepted, max(least, math.ceil(coverage * labels - ROUNDING))))
        for coverage in coverages
    ]
    last = _loosest(ranking, max_error, share, begins)
    accepted = 0 if last is None else int(ranking.accepted[last])
    errors = 0 if last is None else int(ranking.errors[last])
    return Safe(
        threshold=None if last is None else float(ranking.scores[last]),
        labels=labels,
        accepted=accepted,
        errors=errors,
        coverage=accepted / max(labels, 1),
        bound=None if last is None else upper_bound(errors, accepted, sure),
        max_error=max_error,
        sure=sure,
        minimum_coverage=coverages[0],
        starts=tuple(coverages),
        why="" if last is not None else why_none(ranking, max_error, share, sure, begins),
        more_labels=None
        if last is not None
        else enough_labels(ranking, max_error, share, coverages),
    )


def _loosest(ranking: Ranking, max_error: float, share: float, begins: Sequence[int]) -> int | None:
    """Return the loosest place that any walk passes, None where none passes any.

    INVARIANT: where walks begin depends on the number of labels and on their scores, never on which
    of them are wrong.

    Args:
        ranking: the labels.
        max_error: in [1e-6, 1).
        share: what each walk may add to the probability that the promise is broken.
        begins: the places where walks start, ascending; past the end for a walk without a place.
    """
    found, carried = None, 0.0
    for begin, end in zip(begins, [*begins[1:], len(ranking.scores)], strict=True):
        carried += share
        failed = _first_failure(ranking, max_error, carried, begin, end)
        if failed > begin:
            found = failed - 1
        if failed < end:
            carried = 0.0
    return found


def _first_failure(ranking: Ranking, max_error: float, level: float, begin: int, end: int) -> int:
    """Return the first place in [begin, end) that has too many errors, `end` where none has."""
    for start in range(begin, end, CHUNK):
        piece = slice(start, min(start + CHUNK, end))
        tail = _tail(ranking.errors[piece], ranking.accepted[piece], max_error)
        failed = np.flatnonzero(tail > level)
        if len(failed):
            return start + int(failed[0])
    return end


def _tail(errors: Counts, accepted: Counts, max_error: float) -> Floats:
    """Return how likely so few errors are where the rate is `max_error`, exactly."""
    found: Floats = binom.cdf(errors, accepted, max_error)
    return found
