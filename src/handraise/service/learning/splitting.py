"""Which rows are fitted and which are held out, and bounded samples of them.

The last rows of each type are held out: what comes to the agent comes later than what it learned,
and rows that were written together are alike, so that rows drawn by chance promise too much. Copies
of a row are divided like any others: where customers repeat themselves, so will those to come, and
holding out fewer of them than there will be would promise something else.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.service.learning.rows import Batch, Row

Part = Literal["fit", "members", "whole"]
"""Fitted; held out to calibrate each check; held out to calibrate all checks together."""

HELD_OUT_SHARE = 0.2
LEAST_OF_TYPE = 5
"""Types with fewer rows are divided together, as if they were one."""


PARTS: tuple[Part, ...] = ("fit", "members", "whole")


class Split:
    """A split of rows into fitted and held-out ones: `see` all rows, `settle`, ask for `parts`.

    Of the rows of a type, in their order, the last share is held out, in turn for each check and
    for all checks together; small types are divided as one, so that the promise covers them too.
    Rows that were given to be held out all are, and then no others.
    """

    def __init__(self, held_out: float = HELD_OUT_SHARE, *, by_chance: int | None = None) -> None:
        """Begin with no row.

        Args:
            held_out: the share of each type's rows that is held out, in (0, 1).
            by_chance: a seed: rows are held out by the hash of what they say and this, instead of
                by their order. For rows that are sorted by something else than time.
        """
        if not 0 < held_out < 1:
            raise ValueError("expected a share above 0 and below 1")
        self._held_out = held_out
        self._by_chance = by_chance is not None
        self._key = str(by_chance or 0).encode()[:64]
        self._hashes = array("Q")
        self._types = array("L")
        self._given = array("b")
        self._fitted = array("b")
        self._type_places: dict[str, int] = {}
        self._parts: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        self._next = 0

    def hashes(self, batch: Batch) -> list[int]:
        """Return the hash of each row's type, text and facts, in [0, 2**64).

        Without a text the row's number counts too: equal facts do not make a copy.
        """
        names = sorted(batch.facts)
        columns = [batch.facts[name] for name in names]
        said = [
            batch.numbers[place] if text is None else text for place, text in enumerate(batch.texts)
        ]
        return [
            self._hash([batch.types[place], said[place], _stated(names, columns, place)])
            for place in range(len(batch))
        ]

    def see(self, batch: Batch, *, given: bool = False, fitted: bool = False) -> None:
        """Take note of rows.

        Args:
            batch: the next rows.
            given: whether they were given to be held out.
            fitted: whether they are fitted on in any case.
        """
        self._hashes.extend(self.hashes(batch))
        for type in batch.types:
            self._types.append(self._type_places.setdefault(type, len(self._type_places)))
        self._given.extend([given] * len(batch))
        self._fitted.extend([fitted] * len(batch))

    def settle(self) -> int:
        """Divide what was seen; return how many held-out rows are copies of fitted ones."""
        hashes = np.array(self._hashes, dtype=np.uint64)
        types = np.array(self._types, dtype=np.int64)
        given = np.array(self._given, dtype=bool)
        divided = np.flatnonzero(~np.array(self._fitted, dtype=bool))
        pools = _pools(types[divided])
        rank = self._ranks(hashes)[divided]
        by_pool = np.lexsort((rank, pools))
        order = divided[by_pool]
        at, counts = _places_within(pools[by_pool])
        held = self._is_held(at, counts, given[order], any_given=bool(given.any()))
        self._parts = np.zeros(len(hashes), dtype=np.int8)
        self._parts[order] = np.where(held, 1 + (np.cumsum(held) % 2), 0)
        self._next = 0
        is_held = self._parts > 0
        return int(np.isin(hashes[is_held], hashes[~is_held]).sum())

    def _ranks(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return in which order rows are divided: theirs, or one that depends on what they say."""
        if not self._by_chance:
            return np.arange(len(hashes), dtype=np.uint64)
        alike = np.argsort(hashes, kind="stable")
        copy = np.zeros(len(hashes), dtype=np.uint64)
        copy[alike] = _places_within(hashes[alike])[0]
        return _mixed(hashes + copy)

    def _is_held(
        self,
        at: NDArray[np.int64],
        counts: NDArray[np.int64],
        given: NDArray[np.bool_],
        *,
        any_given: bool,
    ) -> NDArray[np.bool_]:
        if any_given:
            return given
        last = np.floor(counts * self._held_out).astype(np.int64)
        held: NDArray[np.bool_] = (at >= counts - last) & (counts >= LEAST_OF_TYPE)
        return held

    def parts(self, batch: Batch) -> list[Part]:
        """Return the part of each of the next rows; in the order in which they were seen."""
        found = self._parts[self._next : self._next + len(batch)]
        self._next += len(batch)
        return [PARTS[int(part)] for part in found]

    def _hash(self, content: Any) -> int:
        written = msgspec.json.encode(content)
        return int.from_bytes(blake2b(written, digest_size=8, key=self._key).digest(), "big")


def _pools(types: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what each row is divided with: its type, or -1 for all the small types."""
    counts = np.bincount(types)
    return np.where(counts[types] < LEAST_OF_TYPE, -1, types)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers that look drawn by chance, so that neighbours come apart.

    Source: the finalizer of SplitMix64, Steele, Lea, Flood (2014), Fast Splittable Pseudorandom
        Number Generators, 3.
    """
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return mixed ^ (mixed >> np.uint64(31))


def _places_within(kinds: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (place within its kind, rows of its kind) for each of rows sorted by kind."""
    different, start, counts = np.unique(kinds, return_index=True, return_counts=True)
    back = np.searchsorted(different, kinds)
    return np.arange(len(kinds)) - start[back], counts[back]


class Reservoir:
    """A bounded, fair sample of a stream, the same for the same stream.

    Source: reservoir sampling, Vitter (1985), Random Sampling with a Reservoir, algorithm R.
    """

    def __init__(self, limit: int) -> None:
        """Begin with nothing; at most `limit` rows are kept."""
        self.rows: list[Row] = []
        self.offered = 0
        self._limit = limit
        self._random = np.random.default_rng(limit)

    def offer(self, row: Row) -> None:
        """Keep a row, or not."""
        self.offered += 1
        if len(self.rows) < self._limit:
            self.rows.append(row)
        elif (place := int(self._random.integers(self.offered))) < self._limit:
            self.rows[place] = row


class Sampled(Struct, frozen=True):
    """A row that was kept, and how many copies of it the stream held."""

    row: Row
    copies: int


class Sample:
    """A bounded, reproducible sample of a stream with equal shares for its types.

    Each type keeps all it has up to an equal share of the limit; of a larger one those with the
    least hashes stay. Copies of a row take one place and are counted. The order of the stream
    changes nothing but which of several copies gives its number.

    INVARIANT: at most `limit` rows are held; where there are more types than that, one of each.

    Args:
        limit: how many different rows are kept, at least 1.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("expected a limit of at least 1")
        self._limit = limit
        self._kept: dict[str, dict[int, Row]] = {}
        self._copies: dict[str, dict[int, int]] = {}
        self._greatest: dict[str, list[int]] = {}  # heaps of negated hashes
        self._size = 0
        self._largest = (0, "")

    def __len__(self) -> int:
        """Return how many different rows are kept."""
        return self._size

    def offer(self, batch: Batch, hashes: Sequence[int], places: Sequence[int]) -> None:
        """Take up rows of a batch.

        Args:
            batch: the rows.
            hashes: of each row in the batch, as `Split.hashes` gives them.
            places: which rows are offered, by their place in the batch.
        """
        for place in places:
            type, hash = batch.types[place], hashes[place]
            copies = self._copies.setdefault(type, {})
            if hash in copies:
                copies[hash] += 1
            elif self._makes_room(type, hash):
                self._keep(type, hash, batch.row(place))

    def rows(self) -> list[Sampled]:
        """Return what was kept, in the order of types and hashes."""
        return [
            Sampled(row, self._copies[type][hash])
            for type, kept in sorted(self._kept.items())
            for hash, row in sorted(kept.items())
        ]

    def _makes_room(self, type: str, hash: int) -> bool:
        """Let the greatest hash of the largest type go where it must; whether a row may come in."""
        size = len(self._kept.setdefault(type, {}))
        if self._size < self._limit or size == 0:
            if self._size >= self._limit and self._largest[0] > 1:
                self._drop(self._largest[1])
            return True
        if (size + 1, type) < self._largest:
            self._drop(self._largest[1])
            return True
        if hash > -self._greatest[type][0]:
            return False
        self._drop(type)
        return True

    def _keep(self, type: str, hash: int, row: Row) -> None:
        self._kept[type][hash] = row
        self._copies[type][hash] = 1
        heapq.heappush(self._greatest.setdefault(type, []), -hash)
        self._size += 1
        self._largest = max(self._largest, (len(self._kept[type]), type))

    def _drop(self, type: str) -> None:
        hash = -heapq.heappop(self._greatest[type])
        del self._kept[type][hash], self._copies[type][hash]
        self._size -= 1
        if type == self._largest[1]:
            self._largest = max((len(kept), name) for name, kept in self._kept.items())


def _stated(names: list[str], columns: list[list[Any]], place: int) -> dict[str, Any]:
    """Return a row's facts that have a value, by name in order."""
    return {
        name: values[place]
        for name, values in zip(names, columns, strict=True)
        if values[place] is not None
    }
