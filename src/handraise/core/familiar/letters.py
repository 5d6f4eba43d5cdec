"""Whether a request is written as the familiar ones are: its letters and signs, its length.

A request in another language or script has groups of letters that the familiar ones do not have.
Only hashed counts are kept.

INVARIANT: more signs that nobody sees than any learned request has, or others, are further out
than letters can be.
"""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections import Counter
from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.conformal import tail_score
from handraise.core.familiar.grams import MAX_KEPT_WORD, words_of
from handraise.core.familiar.reading import readable
from handraise.core.familiar.signs import Signs, hidden_in, sign_of, signs_in, symbols_in

BUCKETS = 1 << 15
GROUP = 3

FAR = 1_000.0
"""Added for signs that are a message: letters alone come to about 15."""

TOO_LONG = 20_000
"""Of a text with more characters less than a fifth is read."""

MOST_UNSEEN = 0.4
"""With so many groups of letters that were never seen, they say more than the words."""

SHOWN_SIGNS = 5

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
    """Return how many letters of each script what is read of a text has."""
    return Counter(filter(None, map(script_of, readable(text))))


class Letters(Struct, frozen=True):
    """What was learned of letters and lengths.

    Attributes:
        surprise: minus the logarithm of each bucket's share, shape (BUCKETS,).
        seen: whether any familiar request fell in each bucket, shape (BUCKETS,).
        lengths: numbers of characters of familiar requests, sorted, shape (n,).
        scripts: the share of all letters in each script.
        signs: symbols, and what nobody sees.
    """

    surprise: NDArray[np.float32]
    seen: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    scripts: dict[str, float]
    signs: Signs

    def oddness(self, text: str) -> float:
        """Return how surprising the groups of letters and the signs of a text are, on average."""
        groups, found = self._groups(text), signs_in(text)
        most = float(self.surprise.max())
        of_signs = sum(
            self.signs.surprise.get(sign_of(sign), most) * count for sign, count in found.items()
        )
        count = len(groups) + found.total()
        mean = (float(self.surprise[groups].sum()) + of_signs) / count if count else most
        return mean + FAR * self._messages(found)

    def _messages(self, found: Counter[str]) -> float:
        """Return 0 for signs as people use them, and more the more there are of a message."""
        strange = 0
        if self.signs.too_many_hidden(found):
            strange += sum(hidden_in(found).values())
        if self.signs.too_many_shown(found):
            strange += found.total()
        return 1.0 + math.log(strange) if strange else 0.0

    def is_too_long(self, text: str) -> bool:
        """Return whether too little of a text would be read, and no familiar one is as long."""
        return len(text) > max(TOO_LONG, float(self.lengths[-1]))

    def strange_signs(self, text: str) -> tuple[str, str]:
        """Return (what signs a text has, what familiar ones have) in words; empty if usual."""
        found = signs_in(text)
        if self.signs.too_many_hidden(found):
            count = sum(hidden_in(found).values())
            return _counted(count, "invisible character"), _at_most(self.signs.most_hidden)
        if self.signs.too_many_shown(found):
            shown = symbols_in(found)
            count = sum(shown.values())
            accents = found.total() - count - sum(hidden_in(found).values())
            if accents > count:
                return _counted(accents, "accent"), "others"
            what = f"{_counted(count, 'symbol')} like {' '.join(list(shown)[:SHOWN_SIGNS])}"
            return what, _at_most(self.signs.most)
        return "", ""

    def is_told_beside_words(self, text: str) -> bool:
        """Return whether letters and signs say more of a text than that its words are unseen."""
        return (
            bool(self.strange_script(text) or self.strange_signs(text)[0])
            or self.unseen_share(text) >= MOST_UNSEEN
        )

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


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def _at_most(count: int) -> str:
    return f"at most {count:,}" if count else "none"
