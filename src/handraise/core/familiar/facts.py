"""Whether the facts of a decision are familiar: values, numbers, what is missing, combinations.

Six looks, each one score: the rarest value of a text or truth; the number furthest out; the least
usual absence or presence; and of combinations the pair of common values that is hardly ever
together, the number furthest out for its type, and how far all numbers together are from any row.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.conformal import fisher, p_values
from handraise.core.familiar.letters import spread, tail_score

Floats = NDArray[np.float64]

LOOKS = ("value", "number", "missing", "pair", "number_for_type", "together")

TYPE = ""
"""The name under which the situation type is one of the values."""

NEIGHBOURS = 5
EXPECTED = 5.0
"""A pair is only missed where at least so many were to be expected."""


def value_text(value: Any) -> str:
    """Return a text fact's or a boolean's value as the text it is counted by."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def value_hash(*values: str) -> int:
    """Return the number that stands for a value, or for several together."""
    return zlib.crc32("\x1f".join(values).encode("utf-8", "surrogatepass"))


class Values(Struct, frozen=True):
    """What was learned of a fact that is a text or a truth.

    Attributes:
        count: rows that have it.
        counts: rows by the value's hash.
        shown: values that several rows have, most frequent first, to name the nearest.
    """

    count: int
    counts: dict[int, int]
    shown: tuple[str, ...]

    def share(self, value: str) -> float:
        """Return the share of familiar rows with this value, a little above 0 for none."""
        return (self.counts.get(value_hash(value), 0) + 0.5) / (self.count + 1.0)

    def is_seen(self, value: str) -> bool:
        """Whether any familiar row has it."""
        return value_hash(value) in self.counts


class Numbers(Struct, frozen=True):
    """What was learned of a fact that is a number.

    Attributes:
        familiar: its values or their quantiles, sorted, shape (n,).
        by_type: the same for each type with enough rows.
    """

    familiar: Floats
    by_type: dict[str, Floats]


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
        spreads = rows.std(axis=0)
        self._mean = rows.mean(axis=0)
        self._spreads = np.where(spreads > 0, spreads, 1.0)
        self._sorted = np.sort(rows, axis=0)
        self._scaled = (rows - self._mean) / self._spreads
        self._ranks = self._ranked(rows)

    def looks(self, values: Floats) -> Floats:
        """Return how far the nearest familiar rows are, shape (m, 2): plain, and by ranks.

        Args:
            values: shape (m, k).

        Source: Ramaswamy, Rastogi, Shim (2000), Efficient Algorithms for Mining Outliers from Large
            Data Sets, 2; the mean of the nearest as by Angiulli and Pizzuti (2002).
        """
        plain = _far(self._scaled, (values - self._mean) / self._spreads)
        return np.stack([plain, _far(self._ranks, self._ranked(values))], axis=1)

    def score(self, values: Floats) -> Floats:
        """Return one score for both looks, shape (m,)."""
        looks = self.looks(values)
        p = [p_values(self.held_out[at], looks[:, at]) for at in range(2)]
        return fisher(np.stack(p, axis=1))

    def _ranked(self, values: Floats) -> Floats:
        """Return each number by its place among the familiar ones, in normal scores, tails kept."""
        columns = range(values.shape[1])
        return np.stack([_normal_scores(self._sorted[:, at], values[:, at]) for at in columns], 1)


class Facts(Struct, frozen=True):
    """What was learned of the facts.

    Attributes:
        rows: how many rows were counted.
        missing: the share of rows without each fact.
        values: text facts and truths by name; the situation type under the empty name.
        numbers: number facts by name.
        pairs: rows by the hash of (fact, value, other fact, other value).
        together: all numbers together; None where fewer than two are numbers.
    """

    rows: int
    missing: dict[str, float]
    values: dict[str, Values]
    numbers: dict[str, Numbers]
    pairs: dict[int, int]
    together: Together | None

    def looks(self, given: Mapping[str, Any], type: str | None) -> dict[str, Found]:
        """Return what each look finds furthest from familiar.

        Args:
            given: the usable values by fact; what is missing is not in it.
            type: the situation type; None for unknown.

        Returns:
            A score and what it is about, for each of `LOOKS`.
        """
        return {
            "value": _furthest(self._values(given)),
            "number": _furthest(self._numbers(given)),
            "missing": _furthest(self._missing(given)),
            "pair": _furthest(self._pairs(given, type)),
            "number_for_type": _furthest(self._by_type(given, type)),
            "together": _furthest(self._together(given)),
        }

    def _values(self, given: Mapping[str, Any]) -> Iterator[Found]:
        for name, values in self.values.items():
            if name != TYPE and name in given:
                yield Found(-float(np.log(values.share(value_text(given[name])))), (name,))

    def _numbers(self, given: Mapping[str, Any]) -> Iterator[Found]:
        for name, numbers in self.numbers.items():
            if name in given:
                yield Found(tail_score(numbers.familiar, float(given[name])), (name,))

    def _missing(self, given: Mapping[str, Any]) -> Iterator[Found]:
        for name, share in self.missing.items():
            usual = 1.0 - share if name in given else share
            score = -float(np.log((usual * self.rows + 0.5) / (self.rows + 1.0)))
            yield Found(score, (name,))

    def _pairs(self, given: Mapping[str, Any], type: str | None) -> Iterator[Found]:
        """Yield the pairs of common values, and how much rarer they are together than by chance."""
        there = {name: value_text(given[name]) for name in self.values if name in given}
        if type is not None and TYPE in self.values:
            there[TYPE] = type
        for one, other in combinations(sorted(there), 2):
            first, second = self.values[one], self.values[other]
            expected = first.share(there[one]) * second.share(there[other]) * self.rows
            if expected >= EXPECTED:
                seen = self.pair_count(one, there[one], other, there[other])
                yield Found(float(np.log(expected / (seen + 0.5))), (one, other))

    def pair_count(self, one: str, value: str, other: str, other_value: str) -> int:
        """Return how many familiar rows have both values; facts in alphabetical order."""
        return self.pairs.get(value_hash(one, value, other, other_value), 0)

    def _by_type(self, given: Mapping[str, Any], type: str | None) -> Iterator[Found]:
        for name, numbers in self.numbers.items():
            if name in given and type in numbers.by_type:
                yield Found(tail_score(numbers.by_type[type], float(given[name])), (TYPE, name))

    def _together(self, given: Mapping[str, Any]) -> Iterator[Found]:
        if self.together is not None and all(name in given for name in self.together.facts):
            values = np.array([[float(given[name]) for name in self.together.facts]])
            yield Found(float(self.together.score(values)[0]), self.together.facts)


class Found(Struct, frozen=True):
    """What one look finds furthest from familiar.

    Attributes:
        score: larger is more unusual; 0 where there was nothing to look at.
        facts: what it is about; the situation type under the empty name.
    """

    score: float
    facts: tuple[str, ...] = ()


def _furthest(found: Iterator[Found]) -> Found:
    return max(found, key=lambda one: one.score, default=Found(0.0))


def pair_hashes(given: Mapping[str, str]) -> list[int]:
    """Return the numbers that stand for each pair of (fact, value)."""
    return [
        value_hash(one, given[one], other, given[other])
        for one, other in combinations(sorted(given), 2)
    ]


def _far(seen: Floats, asked: Floats) -> Floats:
    """Return the mean distance to the nearest familiar rows, shape (m,)."""
    count = min(NEIGHBOURS, len(seen))
    found = np.empty(len(asked))
    for at, row in enumerate(asked):
        squares = np.square(seen - row).sum(axis=1)
        found[at] = np.sqrt(np.partition(squares, count - 1)[:count]).mean()
    return found


def _normal_scores(familiar: Floats, values: Floats) -> Floats:
    """Return numbers by their place among familiar ones, on the scale of a normal distribution."""
    count = len(familiar)
    low = np.searchsorted(familiar, values, side="left")
    high = np.searchsorted(familiar, values, side="right")
    found = _quantile_of_normal(((low + high) / 2.0 + 0.5) / (count + 1.0))
    past = np.maximum(values - familiar[-1], 0.0) - np.maximum(familiar[0] - values, 0.0)
    far: Floats = found + past / spread(familiar)
    return far


def _quantile_of_normal(shares: Floats) -> Floats:
    """Return the standard normal's quantiles, within 0.1 where the shares are between 2 and 98 %.

    Source: the logistic approximation of the normal, Camilli (1994), Psychometrika 59, constant
        1.702; only the order and the rough scale count here.
    """
    found: Floats = np.log(shares / (1.0 - shares)) / 1.702
    return found


def columns_of(rows: Sequence[Mapping[str, Any]], facts: Sequence[str]) -> Floats:
    """Return the numbers of rows that have them all, shape (m, k)."""
    return np.array(
        [[float(row[name]) for name in facts] for row in rows if all(name in row for name in facts)]
    ).reshape(-1, len(facts))
