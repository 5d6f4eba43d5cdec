"""What each threshold costs and saves, counted on labelled decisions: for people to weigh.

These are counts of what has been, without any promise; a threshold that was chosen for its counts
needs labels that were not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from handraise.core.confidence.ranking import Bools, Floats, checked

GRID = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""Thresholds that people think in; at 0 nothing is stopped."""


class Cost(Struct, frozen=True, kw_only=True):
    """What one threshold would have done.

    Attributes:
        threshold: decisions with at least this confidence go ahead.
        alone: how many the agent decides alone.
        stopped: how many a human decides.
        errors_alone: of those decided alone, how many were wrong.
        errors_caught: of those stopped, how many were wrong.
        stopped_right: of those stopped, how many were right: stopped for nothing.
        stake_lost: the stakes of the errors decided alone; None without stakes.
        stake_caught: the stakes of the errors stopped; None without stakes.
    """

    threshold: float
    alone: int
    stopped: int
    errors_alone: int
    errors_caught: int
    stopped_right: int
    stake_lost: float | None
    stake_caught: float | None


def costs(
    confidence: Floats,
    wrong: Bools,
    stake: Floats | None = None,
    thresholds: Sequence[float] | None = None,
) -> tuple[Cost, ...]:
    """Return what thresholds cost and save: those given, and a few round ones beside them.

    Args:
        confidence: shape (n,), each in [0, 1].
        wrong: whether the agent was wrong, shape (n,).
        stake: what a wrong decision loses, shape (n,), each finite and at least 0; None for not
            known.
        thresholds: each in [0, 1]; a round one that does the same as a lower one is left out.

    Returns:
        One for each threshold, ascending.

    Raises:
        ValueError: as `ranking.checked`, or a stake or threshold is out of range.

    Example:
        >>> found = costs(np.array([0.9, 0.6]), np.array([False, True]), thresholds=[0.65])
        >>> [(one.threshold, one.alone, one.errors_alone) for one in found]
        [(0.0, 2, 1), (0.65, 1, 0), (0.95, 0, 0)]
    """
    scores, wrongs = checked(confidence, wrong)
    order = np.argsort(scores)
    rising = scores[order]
    wanted = _thresholds(rising, thresholds or ())
    errors = np.append(0, np.cumsum(wrongs[order], dtype=np.int64))
    stakes = None
    if stake is not None:
        stakes = np.append(
            0.0, np.cumsum(np.where(wrongs, _stakes(stake, len(scores)), 0.0)[order])
        )
    found = []
    for threshold in wanted:
        stopped = int(np.searchsorted(rising, threshold, side="left"))
        caught = int(errors[stopped])
        found.append(
            Cost(
                threshold=threshold,
                alone=len(scores) - stopped,
                stopped=stopped,
                errors_alone=int(errors[-1]) - caught,
                errors_caught=caught,
                stopped_right=stopped - caught,
                stake_lost=None if stakes is None else float(stakes[-1] - stakes[stopped]),
                stake_caught=None if stakes is None else float(stakes[stopped]),
            )
        )
    return tuple(found)


def _thresholds(rising: Floats, given: Sequence[float]) -> list[float]:
    """Return the given thresholds, and the round ones that stop more than the one below."""
    if not all(0.0 <= one <= 1.0 for one in given):
        raise ValueError("each threshold must be a number from 0 to 1")
    wanted, stops = [], -1
    for one in sorted({*GRID, *map(float, given)}):
        found = int(np.searchsorted(rising, one, side="left"))
        if found > stops or one in given:
            wanted.append(one)
        stops = found
    return wanted


def _stakes(stake: Floats, labels: int) -> Floats:
    stakes = np.asarray(stake, dtype=np.float64)
    if stakes.shape != (labels,):
        raise ValueError(f"each label needs one stake: got {stakes.shape} for {labels} labels")
    if not (np.isfinite(stakes) & (stakes >= 0.0)).all():
        raise ValueError("each stake must be a finite number of at least 0")
    return stakes
