"""Whether a request is written as the familiar ones are: its letters, and how long it is.

A request in another language or script has groups of letters that the familiar ones do not have.
Only hashed counts are kept.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.conformal import tail_score
from handraise.core.familiar.grams import MAX_CHARACTERS, MAX_KEPT_WORD, words_of

BUCKETS = 1 << 15
GROUP = 3

NAMED_OTHERWISE = {"Cjk": "Chinese"}
"""Scripts that Unicode names in a way nobody else does."""


def groups_of(word: str) -> tuple[int, ...]:
    """Return the buckets of a word's groups of three letters, its ends marked."""
    return _kept_groups(word) if len(word) <= MAX_KEPT_WORD else _groups(word)


def _groups(word: str) -> tuple[int, ...]:
    padded = f" {word} "
    return tuple(
        zlib.crc32(padded[start : start + GROUP].encode("utf-8", "surrogatepass")) % BUCKETS
        for start in range(len(padded) - GROUP + 1)
    )


_kept_groups = lru_cache(maxsize=50_000)(_groups)


@lru_cache(maxsize=10_000)
def script_of(character: str) -> str:
    """Return the script of a letter, e.g. `Latin` or `Cyrillic`; empty for what is no letter."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "").split(" ")[0].split("-")[0].capitalize()
    return NAMED_OTHERWISE.get(name, name)


def scripts_of(text: str) -> Counter[str]:
    """Return how many letters of each script the beginning of a text has."""
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    return Counter(filter(None, map(script_of, plain)))


class Letters(Struct, frozen=True):
    """What was learned of letters and lengths.

    Attributes:
        surprise: minus the logarithm of each bucket's share, shape (BUCKETS,).
        seen: whether any familiar request fell in each bucket, shape (BUCKETS,).
        lengths: numbers of characters of familiar requests, sorted, shape (n,).
        scripts: the share of all letters in each script.
    """

    surprise: NDArray[np.float32]
    seen: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    scripts: dict[str, float]

    def oddness(self, text: str) -> float:
        """Return how surprising the groups of letters of a text are, on average."""
        groups = self._groups(text)
        return float(self.surprise[groups].mean()) if len(groups) else float(self.surprise.max())

    def unseen_share(self, text: str) -> float:
        """Return the share of its groups of letters that no familiar request has, in [0, 1]."""
        groups = self._groups(text)
        return float(1.0 - self.seen[groups].mean()) if len(groups) else 1.0

    def strange_script(self, text: str) -> str:
        """Return the script most of a text is in, if few familiar letters are; otherwise empty."""
        scripts = scripts_of(text)
        if not scripts:
            return ""
        script, _ = scripts.most_common(1)[0]
        return script if self.scripts.get(script, 0.0) < 0.01 else ""

    def length_oddness(self, text: str) -> float:
        """Return how far out the length of a text is: larger the fewer are as short or as long."""
        return tail_score(self.lengths, float(len(text)))

    def _groups(self, text: str) -> NDArray[np.int64]:
        found = [group for word in words_of(text) for group in groups_of(word)]
        return np.asarray(found, dtype=np.int64)
