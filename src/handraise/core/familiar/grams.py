"""Words and parts of words of a request as numbers: what the wording checks read.

Only hashes are kept of what was learned, so that the learned files hold no customer's words.
Digits count as 0: sums and order numbers say how, not what.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handraise.core.familiar.reading import readable

SHORTEST, LONGEST = 2, 5
MAX_KEPT_WORD = 30
"""Longer words are mostly none, and in some scripts whole sentences: their parts are not kept."""

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")

Entries = tuple[NDArray[np.int64], NDArray[np.float32]]
"""(places in the vocabulary, their weights) of one request."""


def words_of(text: str) -> list[str]:
    """Return the words of a request, in order, however they are spelled or composed."""
    return _words_in(readable(text))


def _words_in(plain: str) -> list[str]:
    return _WORD.findall(_DIGIT.sub("0", plain.casefold()))


def word_hash(word: str) -> int:
    """Return the number that stands for a word, or for two in a row with a space between.

    A quick one, for a text needs thousands. A word can be made up that has the number of a familiar
    one, which gains no more than writing the familiar one beside it; of values it would (`facts`).
    """
    return zlib.crc32(b"w:" + word.encode("utf-8", "surrogatepass"))


def part_hashes(word: str) -> tuple[int, ...]:
    """Return the numbers that stand for the parts of a word, 2 to 5 characters, its ends marked."""
    return _kept_parts(word) if len(word) <= MAX_KEPT_WORD else _parts(word)


def _parts(word: str) -> tuple[int, ...]:
    padded = f" {word} "
    found = []
    for size in range(SHORTEST, min(LONGEST, len(padded)) + 1):
        for start in range(len(padded) - size + 1):
            part = padded[start : start + size]
            found.append(zlib.crc32(b"p:" + part.encode("utf-8", "surrogatepass")))
    return tuple(found)


_kept_parts = lru_cache(maxsize=50_000)(_parts)


def hashes_of(text: str) -> tuple[list[int], list[int]]:
    """Return (words and pairs of words, parts of words) of a request as numbers, with repeats."""
    words = words_of(text)
    pairs = (f"{first} {second}" for first, second in itertools.pairwise(words))
    whole = [word_hash(word) for word in (*words, *pairs)]
    return whole, [hash for word in words for hash in part_hashes(word)]


class Vocabulary:
    """The words and parts that were learned, each with its weight.

    Attributes:
        hashes: shape (v,), uint32, in the order of places.
        weights: shape (v,), the inverse document frequency of each.
    """

    def __init__(self, hashes: NDArray[np.uint32], weights: NDArray[np.float32]) -> None:
        """Keep the arrays, and the place of each hash."""
        self.hashes = hashes
        self.weights = weights
        self._places: Mapping[int, int] = {int(one): at for at, one in enumerate(hashes)}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.hashes)

    def entries(self, text: str) -> Entries:
        """Return the places and weights of a request: two blocks of length 1 / sqrt(2) each."""
        blocks = [self._block(hashes) for hashes in hashes_of(text)]
        places = np.concatenate([places for places, _ in blocks])
        return places, np.concatenate([weights for _, weights in blocks])

    def _block(self, hashes: list[int]) -> Entries:
        known = self._places
        counts = Counter(known[hash] for hash in hashes if hash in known)
        places = np.fromiter(counts, dtype=np.int64, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        weights = (1.0 + np.log(often)) * self.weights[places]
        length = float(np.sqrt((weights * weights).sum()))
        scale = np.float32(1.0 / (length * np.sqrt(2.0))) if length else np.float32(0.0)
        return places, (weights * scale).astype(np.float32)


class Words:
    """How rare each word of the learned requests is.

    Attributes:
        hashes: shape (w,), uint32.
        weights: shape (w,), the inverse document frequency of each.
        unseen: the weight of a word that was never seen.
    """

    def __init__(self, hashes: NDArray[np.uint32], weights: NDArray[np.float32]) -> None:
        """Keep the arrays."""
        self.hashes = hashes
        self.weights = weights
        self.unseen = float(weights.max()) + 0.5 if len(weights) else 1.0
        self._weight = dict(zip(hashes.tolist(), weights.tolist(), strict=True))

    def unseen_share(self, text: str) -> float:
        """Return the share of a request's weight in words that were never seen, in [0, 1]."""
        weights = [(self._weight.get(hash), word) for word, hash in _hashed(text)]
        total = sum(self.unseen if weight is None else weight for weight, _ in weights)
        strange = sum(self.unseen for weight, _ in weights if weight is None)
        return strange / total if total else 1.0

    def unseen_words(self, text: str) -> list[str]:
        """Return the words of a request that were never seen, as they stand there, each once."""
        found: dict[str, str] = {}
        for word in _WORD.findall(readable(text)):
            found.setdefault(word.casefold(), word)
        return [word for word in found.values() if not self._is_seen(word)]

    def _is_seen(self, word: str) -> bool:
        return all(word_hash(part) in self._weight for part in _words_in(word))


def _hashed(text: str) -> Iterator[tuple[str, int]]:
    for word in words_of(text):
        yield word, word_hash(word)
