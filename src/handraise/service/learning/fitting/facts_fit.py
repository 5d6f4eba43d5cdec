"""Counting the facts of fitted rows, in bounded memory, however many rows there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handraise.core.familiar.facts import (
    TYPE,
    Facts,
    Numbers,
    Values,
    pair_hashes,
    value_hash,
    value_text,
)
from handraise.core.familiar.look import Asked
from handraise.core.familiar.together import Together, columns_of

MAX_VALUES = 1_000
"""A text fact with more different values holds names or numbers of things: it is not checked."""

MAX_PAIRS = 500_000
"""Where there are more different pairs, the facts with the most values are not paired any more."""

MAX_KEPT = 20_000
MAX_TOGETHER = 5_000
QUANTILES = 2_001
LEAST_OF_TYPE = 100
"""A number is looked at by type only where so many rows of the type have it."""


class FactCounter:
    """Counts the facts of rows, one after the other.

    Attributes:
        kinds: what each fact is: number, text or boolean.
        too_many: the text facts with too many different values to be checked.
        unpaired: two facts each, in alphabetical order, with too many pairs to be counted.
    """

    def __init__(
        self, kinds: Mapping[str, str], seed: int = 0, *, most_pairs: int = MAX_PAIRS
    ) -> None:
        """Begin with nothing.

        Args:
            kinds: what each fact is.
            seed: of what is drawn by chance.
            most_pairs: how many different pairs of values are counted, at least 1.
        """
        self.kinds = dict(kinds)
        self.too_many: set[str] = set()
        self._rows = 0
        self._missing: Counter[str] = Counter()
        self._values: dict[str, Counter[str]] = {
            name: Counter() for name, kind in kinds.items() if kind != "number"
        }
        self._values[TYPE] = Counter()
        self.unpaired: set[tuple[str, str]] = set()
        self._pairs: dict[tuple[str, str], Counter[int]] = {}
        self._pair_count = 0
        self._most_pairs = most_pairs
        self._kept: list[Asked] = []
        self._random = np.random.default_rng(seed)

    def add(self, asked: Sequence[Asked]) -> None:
        """Count some rows; each has its type."""
        for one in asked:
            self._rows += 1
            there = {TYPE: str(one.type)}
            for name, kind in self.kinds.items():
                if name not in one.facts:
                    self._missing[name] += 1
                elif kind != "number":
                    there[name] = value_text(one.facts[name])
            self._count(there)
            self._keep(one)

    def _count(self, there: dict[str, str]) -> None:
        for name in self.too_many & there.keys():
            del there[name]
        for name, value in there.items():
            self._values[name][value] += 1
            if name != TYPE and len(self._values[name]) > MAX_VALUES:
                self.too_many.add(name)
                self._drop([facts for facts in self._pairs if name in facts])
        for facts, hash in pair_hashes(there).items():
            if facts not in self.unpaired:
                counts = self._pairs.setdefault(facts, Counter())
                self._pair_count += hash not in counts
                counts[hash] += 1
        while self._pair_count > self._most_pairs:
            self._drop(self._dearest())

    def _dearest(self) -> list[tuple[str, str]]:
        """Return the pairs of the fact with the most values; those with the type come last."""
        open_pairs = [facts for facts in self._pairs if TYPE not in facts] or list(self._pairs)
        names = {name for facts in open_pairs for name in facts} - {TYPE}
        most = max(sorted(names), key=lambda name: len(self._values[name]))
        return [facts for facts in open_pairs if most in facts]

    def _drop(self, dropped: Sequence[tuple[str, str]]) -> None:
        """Count these pairs no more: what was counted in part would look rare."""
        for facts in dropped:
            self._pair_count -= len(self._pairs.pop(facts))
        self.unpaired.update(dropped)

    def _keep(self, one: Asked) -> None:
        """Keep a fair sample of all rows.

        Source: reservoir sampling, Vitter (1985), Random Sampling with a Reservoir, algorithm R.
        """
        if len(self._kept) < MAX_KEPT:
            self._kept.append(one)
        elif (place := int(self._random.integers(self._rows))) < MAX_KEPT:
            self._kept[place] = one

    def facts(self) -> Facts:
        """Return what was learned, all numbers together without their held-out scores."""
        values = {
            name: _values(counts)
            for name, counts in self._values.items()
            if name not in self.too_many and counts
        }
        numbers = {
            name: self._numbers(name) for name, kind in self.kinds.items() if kind == "number"
        }
        return Facts(
            rows=self._rows,
            missing={name: self._missing[name] / max(self._rows, 1) for name in self.kinds},
            values=values if len(values) > 1 else {},
            numbers={name: found for name, found in numbers.items() if len(found.familiar)},
            pairs={hash: n for counts in self._pairs.values() for hash, n in counts.items()},
            together=self._together(),
            unpaired=tuple(sorted(self.unpaired)),
        )

    def _numbers(self, name: str) -> Numbers:
        having = [one for one in self._kept if name in one.facts]
        by_type: dict[str, list[float]] = {}
        for one in having:
            by_type.setdefault(str(one.type), []).append(float(one.facts[name]))
        return Numbers(
            _quantiles([float(one.facts[name]) for one in having]),
            {
                type: _quantiles(found)
                for type, found in by_type.items()
                if len(found) >= LEAST_OF_TYPE and len(by_type) > 1
            },
        )

    def _together(self) -> Together | None:
        names = tuple(name for name, kind in self.kinds.items() if kind == "number")
        if len(names) < 2:
            return None
        rows = columns_of([one.facts for one in self._kept], names)
        if len(rows) < 2:
            return None
        if len(rows) > MAX_TOGETHER:
            rows = rows[np.sort(self._random.choice(len(rows), MAX_TOGETHER, replace=False))]
        return Together(names, rows, np.zeros((2, 0)))


def _values(counts: Counter[str]) -> Values:
    often = [value for value, count in counts.most_common() if count > 1]
    return Values(
        count=counts.total(),
        counts={value_hash(value): count for value, count in counts.items()},
        shown=tuple(often),
    )


def _quantiles(found: Sequence[float]) -> Any:
    """Return numbers sorted; of very many only some, evenly, with the least and the largest."""
    ordered = np.sort(np.asarray(found, dtype=np.float64))
    if len(ordered) <= QUANTILES:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, QUANTILES).round().astype(np.int64)]
