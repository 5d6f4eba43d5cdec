"""Labelled decisions in descending confidence, as thresholds, curves and costs read them.

A threshold is a score: decisions with the same one go ahead or stop together, so labels are counted
at the end of each group of equal scores and nowhere in between.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Ranking(Struct, frozen=True, kw_only=True):
    """What each distinct score lets go ahead as a threshold.

    Attributes:
        scores: the distinct scores, descending, shape (m,).
        accepted: how many labels have at least that score, shape (m,); the last one is n.
        errors: how many of those are wrong, shape (m,).
    """

    scores: Floats
    accepted: Counts
    errors: Counts

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return int(self.accepted[-1]) if len(self.accepted) else 0

    @property
    def wrong(self) -> int:
        """How many of all labels are wrong."""
        return int(self.errors[-1]) if len(self.errors) else 0


def checked(confidence: Floats, wrong: Bools) -> tuple[Floats, Bools]:
    """Return labels as arrays that can be counted on.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).

    Raises:
        ValueError: the shapes differ, a confidence is no number in [0, 1], or `wrong` holds
            anything but true and false.
    """
    scores, wrongs = np.asarray(confidence, dtype=np.float64), np.asarray(wrong)
    if scores.ndim != 1 or scores.shape != wrongs.shape:
        raise ValueError(
            "each label needs one confidence and whether it was wrong: "
            f"got shapes {scores.shape} and {wrongs.shape}"
        )
    if wrongs.dtype != np.bool_:
        raise ValueError(f"whether a label is wrong must be true or false, got {wrongs.dtype}")
    if not ((scores >= 0.0) & (scores <= 1.0)).all():
        raise ValueError("each confidence must be a number from 0 to 1")
    return scores, wrongs


def ranked(confidence: Floats, wrong: Bools) -> Ranking:
    """Return labels counted at each distinct score, from the most confident on.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: shape (n,).

    Raises:
        ValueError: as `checked`.

    Example:
        >>> ranked(np.array([0.5, 0.9, 0.5]), np.array([True, False, False])).accepted.tolist()
        [1, 3]
    """
    scores, wrongs = checked(confidence, wrong)
    order = np.argsort(-scores)
    falling = scores[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))
    return Ranking(
        scores=falling[last],
        accepted=last + 1,
        errors=np.cumsum(wrongs[order], dtype=np.int64)[last],
    )
