"""Whether the facts of a decision are familiar: values, numbers, what is missing, combinations.

Six looks, each one score: the rarest value of a text or truth; the number furthest out; the least
usual absence or presence; and of combinations the pair of common values that is hardly ever
together, the number furthest out for its type, and how far all numbers together are from any row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import combinations
from typing import Any

from msgspec import Struct

from handraise.core.familiar.conformal import Floats, tail_score
from handraise.core.familiar.together import Together, columns_of, number_of

NOTHING = -math.inf
"""The score where there was nothing to look at."""

LOOKS = ("value", "number", "missing", "pair", "number_for_type", "together")

TYPE = ""
"""The name under which the situation type is one of the values."""

EXPECTED = 5.0
"""A pair is only missed where at least so many were to be expected."""


def value_text(value: Any) -> str:
    """Return a text fact's or a boolean's value as the text it is counted by."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def value_hash(*values: str) -> int:
    """Return the number that stands for a value, or for several together, in [0, 2**64).

    No quick one: a value with the number of a familiar one would take 2**64 tries to make up.
    """
    whole = blake2b(digest_size=8)
    for value in values:
        read = value.encode("utf-8", "surrogatepass")
        whole.update(b"%d:" % len(read) + read)
    return int.from_bytes(whole.digest(), "big")


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

    def rows(self, value: str) -> int:
        """Return how many familiar rows have this value."""
        return self.counts.get(value_hash(value), 0)

    def share(self, value: str) -> float:
        """Return the share of familiar rows with this value, a little above 0 for none."""
        return (self.rows(value) + 0.5) / (self.count + 1.0)


class Numbers(Struct, frozen=True):
    """What was learned of a fact that is a number.

    Attributes:
        familiar: its values or their quantiles, sorted, shape (n,).
        by_type: the same for each type with enough rows.
    """

    familiar: Floats
    by_type: dict[str, Floats]


class Facts(Struct, frozen=True):
    """What was learned of the facts.

    Attributes:
        rows: how many rows were counted.
        missing: the share of rows without each fact.
        values: text facts and truths by name; the situation type under the empty name.
        numbers: number facts by name.
        pairs: rows by the hash of (fact, value, other fact, other value).
        together: all numbers together; None where fewer than two are numbers.
        unpaired: two facts each, in alphabetical order, with too many pairs to be counted.
    """

    rows: int
    missing: dict[str, float]
    values: dict[str, Values]
    numbers: dict[str, Numbers]
    pairs: dict[int, int]
    together: Together | None
    unpaired: tuple[tuple[str, str], ...] = ()

    def looks(self, given: Mapping[str, Any], type: str | None) -> dict[str, Found]:
        """Return what each look finds furthest from familiar.

        Where a fact is no usable number, nothing can be told: that is not left to the other looks.

        Args:
            given: the usable values by fact; what is missing is not in it.
            type: the situation type; None for unknown.

        Returns:
            A score, finite and at least 0, and what it is about, for each of `LOOKS`.

        Raises:
            CannotLookError: a number fact is no number, or too large to be counted with.
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
                yield Found(-math.log(values.share(value_text(given[name]))), (name,))

    def _numbers(self, given: Mapping[str, Any]) -> Iterator[Found]:
        for name, numbers in self.numbers.items():
            if name in given:
                value = number_of(name, given[name])
                yield Found(tail_score(numbers.familiar, value), (name,))

    def _missing(self, given: Mapping[str, Any]) -> Iterator[Found]:
        for name, share in self.missing.items():
            usual = 1.0 - share if name in given else share
            yield Found(-math.log((usual * self.rows + 0.5) / (self.rows + 1.0)), (name,))

    def _pairs(self, given: Mapping[str, Any], type: str | None) -> Iterator[Found]:
        """Yield the pairs of common values that are rarer together than by chance, and how much."""
        if not self.pairs:
            return
        there = {name: value_text(given[name]) for name in self.values if name in given}
        if type is not None and TYPE in self.values:
            there[TYPE] = type
        for one, other in combinations(sorted(there), 2):
            if (one, other) in self.unpaired:
                continue
            first, second = self.values[one], self.values[other]
            expected = first.share(there[one]) * second.share(there[other]) * self.rows
            if expected >= EXPECTED:
                seen = self.pair_count(one, there[one], other, there[other])
                if seen + 0.5 < expected:
                    yield Found(math.log(expected / (seen + 0.5)), (one, other))

    def pair_count(self, one: str, value: str, other: str, other_value: str) -> int:
        """Return how many familiar rows have both values; facts in alphabetical order."""
        return self.pairs.get(value_hash(one, value, other, other_value), 0)

    def _by_type(self, given: Mapping[str, Any], type: str | None) -> Iterator[Found]:
        for name, numbers in self.numbers.items():
            if name in given and type in numbers.by_type:
                value = number_of(name, given[name])
                yield Found(tail_score(numbers.by_type[type], value), (TYPE, name))

    def _together(self, given: Mapping[str, Any]) -> Iterator[Found]:
        if self.together is not None and all(name in given for name in self.together.facts):
            values = columns_of([given], self.together.facts)
            yield Found(float(self.together.score(values)[0]), self.together.facts)


class Found(Struct, frozen=True):
    """What one look finds furthest from familiar.

    Attributes:
        score: larger is more unusual; `NOTHING` where there was nothing to look at.
        facts: what it is about; the situation type under the empty name.
    """

    score: float
    facts: tuple[str, ...] = ()


def _furthest(found: Iterator[Found]) -> Found:
    return max(found, key=lambda one: one.score, default=Found(NOTHING))


def pair_hashes(given: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """Return the number that stands for each pair of (fact, value), by the two facts in order."""
    return {
        (one, other): value_hash(one, given[one], other, given[other])
        for one, other in combinations(sorted(given), 2)
    }
