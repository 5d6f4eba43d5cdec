"""Characters that no word is made of: symbols, and those that nobody sees.

Words and groups of letters do not read them, but a model does: whole sentences can be hidden in
tags, variation selectors, braille or flags. What people send, they send few of and alike.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from handraise.core.familiar.reading import readable

HIDDEN = "U+"
"""How the kind of a character that nobody sees begins: each is a kind of its own."""

MORE_DIFFERENT = 8
"""With so many different symbols more than any familiar request has, they are a message."""

MORE = 40
"""With so many symbols more than any familiar request has, they are a message."""

_UNSEEN_THOUGH_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_NEW_SYMBOLS = (0x1F000, 0x1FAFF)
"""Where symbols are added that an older Python does not know yet."""

_SHOWN_AS_PICTURE = "\ufe0f"
_JOINER = "\u200d"


@lru_cache(maxsize=10_000)
def sign_of(character: str) -> str:
    r"""Return the kind of a sign; empty for letters, digits, blanks, punctuation and currencies.

    Signs of one category are one kind where they stand near each other in Unicode.

    Example:
        >>> sign_of("a"), sign_of("!"), sign_of("\u2813"), sign_of("\U000e0041")
        ('', '', 'So 28', 'U+E0041')
    """
    code, category = ord(character), unicodedata.category(character)
    if character in _UNSEEN_THOUGH_LETTERS or any(low <= code <= top for low, top in _SELECTORS):
        return f"{HIDDEN}{code:04X}"
    if category[0] == "C" and character not in "\t\n\r\v\f\x85":
        if category == "Cn" and _NEW_SYMBOLS[0] <= code <= _NEW_SYMBOLS[1]:
            return f"So {code >> 8:X}"
        return f"{HIDDEN}{code:04X}"
    if category[0] in "CLNPZ" or category == "Sc" or code < 0x80:
        return ""
    return f"{category} {code >> 8:X}"


def signs_in(text: str) -> Counter[str]:
    """Return how often each sign is in what is read of a text.

    What makes one picture of several is no sign of its own: the selector after a symbol or digit,
    and the joiner between two symbols.
    """
    plain = readable(text)
    found: Counter[str] = Counter()
    before = base = ""
    for at, character in enumerate(plain):
        if sign_of(character) and not _is_of_a_picture(
            character, before, base, plain[at + 1 : at + 2]
        ):
            found[character] += 1
        if character != _SHOWN_AS_PICTURE:
            base = character
        before = character
    return found


def _is_of_a_picture(character: str, before: str, base: str, after: str) -> bool:
    if character == _SHOWN_AS_PICTURE:
        return before.isdigit() or _is_symbol(before)
    return character == _JOINER and _is_symbol(base) and _is_symbol(after)


def _is_symbol(character: str) -> bool:
    return sign_of(character)[:1] == "S" if character else False


class Signs(Struct, frozen=True):
    """What was learned of signs.

    Attributes:
        surprise: minus the logarithm of the share of each kind that familiar requests have.
        most_hidden: the most that nobody sees in one familiar request.
        most: the most symbols in one.
        most_different: the most different symbols in one.
    """

    surprise: Mapping[str, float]
    most_hidden: int
    most: int
    most_different: int

    def too_many_hidden(self, found: Mapping[str, int]) -> bool:
        """Return whether there are other signs that nobody sees than learned, or more of them."""
        hidden = hidden_in(found)
        other = any(sign_of(sign) not in self.surprise for sign in hidden)
        return other or sum(hidden.values()) > self.most_hidden

    def too_many_shown(self, found: Mapping[str, int]) -> bool:
        """Return whether there are so many more symbols than learned that they are a message."""
        shown = symbols_in(found)
        other = [sign for sign in found if sign_of(sign) not in self.surprise]
        return (
            len(other) > MORE_DIFFERENT
            or len(shown) > self.most_different + MORE_DIFFERENT
            or sum(shown.values()) > self.most + MORE
        )


def hidden_in(found: Mapping[str, int]) -> dict[str, int]:
    """Return the signs that nobody sees."""
    return {sign: count for sign, count in found.items() if sign_of(sign).startswith(HIDDEN)}


def symbols_in(found: Mapping[str, int]) -> dict[str, int]:
    """Return the symbols: signs that are seen and stand alone, unlike accents."""
    return {sign: count for sign, count in found.items() if _is_symbol(sign)}


def learned_signs(texts: Iterable[Counter[str]], groups: float) -> Signs:
    """Return what there is to learn of the signs of some requests.

    Args:
        texts: `signs_in` of each.
        groups: how many groups of letters they have, above 0, among which the signs are counted.
    """
    counts: Counter[str] = Counter()
    most_hidden = most = most_different = 0
    for found in texts:
        for sign, count in found.items():
            counts[sign_of(sign)] += count
        most_hidden = max(most_hidden, sum(hidden_in(found).values()))
        symbols = symbols_in(found)
        most = max(most, sum(symbols.values()))
        most_different = max(most_different, len(symbols))
    total = groups + counts.total()
    surprise = {kind: -math.log(count / total) for kind, count in sorted(counts.items())}
    return Signs(surprise, most_hidden, most, most_different)
