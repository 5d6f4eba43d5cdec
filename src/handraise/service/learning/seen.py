"""What a whole stream of labelled rows showed, in bounded memory.

Texts are kept as hashes of 64 bits, 24 bytes a row, never as words.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.table.types import FactType
from handraise.errors import InputError
from handraise.service.learning.rows import Batch
from handraise.service.reading.tables import MAX_TYPES

MAX_VALUES = 10_000
MAX_CONFLICT_ROWS = 20


class Conflicts(Struct, frozen=True):
    """Texts that stand under more than one type.

    Attributes:
        texts: how many different ones.
        rows: the first rows that hold one, by their number; at most 20.
    """

    texts: int
    rows: tuple[int, ...]


class SeenFact:
    """What the stream showed of one fact.

    Attributes:
        type: as the table declares it.
        count: rows that have it.
        missing: rows that lack it.
        values: of a text or boolean fact, how often each value came; of a number it is empty.
        too_many: whether there were more than 10,000 values: they are then free text or ids, are no
            longer kept, and cannot be checked.
        low: the least number; None where there was none.
        high: the greatest number; None where there was none.
    """

    def __init__(self, type: FactType) -> None:
        self.type = type
        self.count = self.missing = 0
        self.values: dict[str | bool, int] = {}
        self.too_many = False
        self.low: float | None = None
        self.high: float | None = None

    def add(self, values: list[Any]) -> None:
        """Take up a batch's values; None for missing."""
        present = [value for value in values if value is not None]
        self.count += len(present)
        self.missing += len(values) - len(present)
        if self.type in ("number", "integer"):
            self._measure(present)
        elif not self.too_many:
            self._tally(present)

    def _measure(self, numbers: list[float]) -> None:
        if numbers:
            low, high = min(numbers), max(numbers)
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)

    def _tally(self, values: list[str | bool]) -> None:
        for value in values:
            self.values[value] = self.values.get(value, 0) + 1
        if len(self.values) > MAX_VALUES:
            self.too_many = True
            self.values = {}


class Seen:
    """What the stream showed so far; `add` every batch of it.

    Attributes:
        rows: how many there were.
        types: how many rows of each type.
        facts: what was seen of each fact.
    """

    def __init__(self, facts: Mapping[str, FactType]) -> None:
        self.rows = 0
        self.types: dict[str, int] = {}
        self.facts = {name: SeenFact(type) for name, type in facts.items()}
        self._texts = array("Q")
        self._pairs = array("Q")
        self._numbers = array("Q")

    def add(self, batch: Batch) -> None:
        """Take up a batch.

        Raises:
            InputError: there are more types than a table can know.
        """
        self.rows += len(batch)
        for type in batch.types:
            self.types[type] = self.types.get(type, 0) + 1
        check_types(len(self.types))
        for name, values in batch.facts.items():
            self.facts[name].add(values)
        for number, type, text in zip(batch.numbers, batch.types, batch.texts, strict=True):
            if text is not None:
                words = text.encode()
                self._numbers.append(number)
                self._texts.append(_hash(words))
                self._pairs.append(_hash(type.encode() + b"\0" + words))

    def duplicates(self) -> int:
        """Return how many rows repeat the text and the type of an earlier one."""
        return len(self._pairs) - len(np.unique(_numbers(self._pairs)))

    def conflicts(self) -> Conflicts:
        """Return the texts that stand under more than one type."""
        _, first = np.unique(_numbers(self._pairs), return_index=True)
        texts = _numbers(self._texts)
        different, types = np.unique(texts[first], return_counts=True)
        torn = different[types > 1]
        rows = np.sort(_numbers(self._numbers)[np.isin(texts, torn)])
        return Conflicts(len(torn), tuple(int(row) for row in rows[:MAX_CONFLICT_ROWS]))

    def too_small(self, least: int) -> dict[str, int]:
        """Return the types with fewer than `least` rows, smallest first, with their counts."""
        few = [(count, type) for type, count in self.types.items() if count < least]
        return {type: count for count, type in sorted(few)}


def check_types(count: int) -> None:
    """Make sure that there are no more types than a table can know.

    Raises:
        InputError: there are.
    """
    if count > MAX_TYPES:
        raise InputError(
            f"the type column has more than {MAX_TYPES:,} different labels",
            "is this the right column?",
        )


def _hash(words: bytes) -> int:
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big")


def _numbers(kept: array[int]) -> NDArray[np.uint64]:
    return np.array(kept, dtype=np.uint64)
