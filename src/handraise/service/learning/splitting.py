"""Which rows are fitted and which are held out, by their content alone.

A row's part and its rank in a sample come from a keyed hash of what it says: the same row lands in
the same part whatever the order or the file, and copies of a row are never apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from msgspec import Struct

from handraise.service.learning.rows import Batch, Row

Part = Literal["fit", "members", "whole"]
"""Fitted; held out to calibrate each check; held out to calibrate all checks together."""

FIT_SHARE = 0.8
MEMBERS_SHARE = 0.1

_HASHES = 2**64


class Split:
    """A split of rows into fitted and held-out ones, reproducible from their content.

    A row's hash, as a share of all hashes, says its part: below 80 % it is fitted. So that no type
    is held out altogether, the row with the least hash of each type is fitted as well: `see` the
    whole stream once, then ask for its parts while reading it again.

    Args:
        seed: another seed gives another split.
        fit: share of the rows that are fitted, in (0, 1).
        members: share of the rows that calibrate each check, in (0, 1 - fit).
    """

    def __init__(
        self, seed: int = 0, *, fit: float = FIT_SHARE, members: float = MEMBERS_SHARE
    ) -> None:
        if not (0 < fit < 1 and 0 < members < 1 - fit):
            raise ValueError("expected shares above 0 with something left over")
        self._key = str(seed).encode()[:64]
        self._fit = int(fit * _HASHES)
        self._members = int((fit + members) * _HASHES)
        self._least: dict[str, int] = {}

    def hashes(self, batch: Batch) -> list[int]:
        """Return the hash of each row's type, text and facts, in [0, 2**64)."""
        names = sorted(batch.facts)
        columns = [batch.facts[name] for name in names]
        return [
            self._hash([batch.types[place], batch.texts[place], _stated(names, columns, place)])
            for place in range(len(batch))
        ]

    def see(self, batch: Batch) -> None:
        """Remember the least hash of each type; the order of batches does not matter."""
        for type, hash in zip(batch.types, self.hashes(batch), strict=True):
            if hash < self._least.get(type, _HASHES):
                self._least[type] = hash

    def parts(self, batch: Batch) -> list[Part]:
        """Return the part of each row."""
        pairs = zip(batch.types, self.hashes(batch), strict=True)
        return [self.part(type, hash) for type, hash in pairs]

    def part(self, type: str, hash: int) -> Part:
        """Return the part of a row, by its type and hash."""
        if hash < self._fit or hash == self._least.get(type):
            return "fit"
        return "members" if hash < self._members else "whole"

    def _hash(self, content: Any) -> int:
        written = msgspec.json.encode(content)
        return int.from_bytes(blake2b(written, digest_size=8, key=self._key).digest(), "big")


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
