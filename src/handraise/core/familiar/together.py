"""Whether the numbers of a decision are far from those of every familiar row, taken together.

They are looked at on two scales: in steps from the middle, and by their place among the familiar
ones, which a few huge numbers do not stretch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handraise.core.familiar.conformal import Floats, fisher, p_values, spread
from handraise.core.familiar.look import CannotLookError

NEIGHBOURS = 5

FAR = 1e100
"""Numbers are placed no further out, so that their squares are still numbers."""


class Together:
    """What was learned of all numbers together.

    Attributes:
        facts: the facts, in the order of columns.
        rows: of familiar rows that have them all, shape (n, k).
        held_out: scores of the two looks at rows held out for it, sorted, shape (2, h).
    """

    def __init__(self, facts: tuple[str, ...], rows: Floats, held_out: Floats) -> None:
        """Keep the rows, and where they are on both scales."""
        self.facts = facts
        self.rows = rows
        self.held_out = held_out
        self._columns = np.sort(rows.T, axis=1)
        self._middles = rows.mean(axis=0)
        self._steps = np.array([spread(column) for column in self._columns])
        self._scaled = self._placed(rows)
        self._ranks = self._ranked(rows)

    def looks(self, values: Floats) -> Floats:
        """Return how far the nearest familiar rows are, shape (m, 2): plain, and by ranks.

        Args:
            values: shape (m, k).

        Source: Ramaswamy, Rastogi, Shim (2000), Efficient Algorithms for Mining Outliers from Large
            Data Sets, 2; the mean of the nearest as by Angiulli and Pizzuti (2002).
        """
        plain = _far(self._scaled, self._placed(values))
        return np.stack([plain, _far(self._ranks, self._ranked(values))], axis=1)

    def score(self, values: Floats) -> Floats:
        """Return one score for both looks, shape (m,)."""
        looks = self.looks(values)
        p = [p_values(self.held_out[at], looks[:, at]) for at in range(2)]
        return fisher(np.stack(p, axis=1))

    def _placed(self, values: Floats) -> Floats:
        """Return each number by how many steps it is from the middle of the familiar ones."""
        with np.errstate(over="ignore"):
            placed: Floats = np.clip((values - self._middles) / self._steps, -FAR, FAR)
        return placed

    def _ranked(self, values: Floats) -> Floats:
        """Return each number by its place among the familiar ones, in normal scores, tails kept."""
        columns = zip(self._columns, self._steps, values.T, strict=True)
        with np.errstate(over="ignore"):
            ranked = np.stack([_normal_scores(*one) for one in columns], axis=1)
        placed: Floats = np.clip(ranked, -FAR, FAR)
        return placed


def number_of(fact: str, value: Any) -> float:
    """Return a number fact's value, finite.

    Raises:
        CannotLookError: it is none, or too large to be counted with.
    """
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise CannotLookError(f"{fact} is no number that can be looked at")
    return found


def _far(seen: Floats, asked: Floats) -> Floats:
    """Return the mean distance to the nearest familiar rows, shape (m,)."""
    count = min(NEIGHBOURS, len(seen))
    found = np.empty(len(asked))
    for at, row in enumerate(asked):
        away = seen - row
        squares = np.einsum("nk,nk->n", away, away)
        found[at] = np.sqrt(np.partition(squares, count - 1)[:count]).mean()
    return found


def _normal_scores(familiar: Floats, step: float, values: Floats) -> Floats:
    """Return numbers by their place among sorted ones, on the scale of a normal distribution."""
    count = len(familiar)
    low = np.searchsorted(familiar, values, side="left")
    high = np.searchsorted(familiar, values, side="right")
    found = _quantile_of_normal(((low + high) / 2.0 + 0.5) / (count + 1.0))
    past = np.maximum(values - familiar[-1], 0.0) - np.maximum(familiar[0] - values, 0.0)
    far: Floats = found + past / step
    return far


def _quantile_of_normal(shares: Floats) -> Floats:
    """Return the standard normal's quantiles, within 0.1 where the shares are between 2 and 98 %.

    Source: the logistic approximation of the normal, Camilli (1994), Psychometrika 59, constant
        1.702; only the order and the rough scale count here.
    """
    found: Floats = np.log(shares / (1.0 - shares)) / 1.702
    return found


def columns_of(rows: Sequence[Mapping[str, Any]], facts: Sequence[str]) -> Floats:
    """Return the numbers of rows that have them all, shape (m, k).

    Raises:
        CannotLookError: one is no number, or too large to be counted with.
    """
    having = [row for row in rows if all(name in row for name in facts)]
    numbers = [[number_of(name, row[name]) for name in facts] for row in having]
    return np.array(numbers).reshape(-1, len(facts))
