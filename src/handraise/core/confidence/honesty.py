"""Whether an agent states more than it keeps, type by type.

INVARIANT: a type is called too sure only where chance would hardly show as
much, all types together.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import binom

from handraise.core.confidence.ranking import Bools, Floats, checked

CHANCE = 0.05
"""With at most this chance an honest agent has any type that is called too sure."""


class Honesty(Struct, frozen=True, kw_only=True):
    """What an agent states of one type, and what comes of it.

    Attributes:
        labels: how many there are.
        stated: the mean confidence, in [0, 1].
        right: the share that was right, in [0, 1].
        is_too_sure: whether fewer are right than chance explains.
    """

    labels: int
    stated: float
    right: float
    is_too_sure: bool


def honesty_by_type(
    confidence: Floats, wrong: Bools, types: NDArray[np.object_]
) -> dict[str, Honesty]:
    """Return what is stated and what is right, for each type, most labels first.

    Of decisions that are right as often as each states, so few are right with at most the binomial
    chance at the mean; the uncertainty is split evenly over the types.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        types: the type of each, shape (n,).

    Raises:
        ValueError: as `ranking.checked`.

    Source:
        Hoeffding (1956), On the distribution of the number of successes in independent trials,
        theorem 4; Bonferroni for several types.

    Example:
        >>> wrong = np.array([True, False] * 50)
        >>> found = honesty_by_type(np.full(100, 0.9), wrong, np.array(["a"] * 100, dtype=object))
        >>> found["a"].right, found["a"].is_too_sure
        (0.5, True)
    """
    scores, wrongs = checked(confidence, wrong)
    names, codes, counts = np.unique(types.astype(str), return_inverse=True, return_counts=True)
    stated = np.bincount(codes, weights=scores, minlength=len(names)) / counts
    right = np.bincount(codes, weights=~wrongs, minlength=len(names))
    by_chance = binom.cdf(right, counts, np.minimum(stated, 1.0))
    return {
        str(names[place]): Honesty(
            labels=int(counts[place]),
            stated=float(stated[place]),
            right=float(right[place] / counts[place]),
            is_too_sure=bool(by_chance[place] <= CHANCE / len(names)),
        )
        for place in np.argsort(-counts, kind="stable")
    }
