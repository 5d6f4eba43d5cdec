"""What a text looks like: which of its characters nobody sees, and which are taken for others.

Two names with the same `skeleton` are hard to tell apart; a text that `seems_a_value` is read as a
number, a truth or nothing. INVARIANT: nothing here fails for any text.

Source: Unicode 15, DerivedCoreProperties.txt (Default_Ignorable_Code_Point), and Unicode Technical
Standard 39, confusables.txt, of which those are kept that usual fonts draw like ASCII.
"""

# ruff: noqa: RUF001 - the characters that are taken for others are what this is about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of characters that nobody sees, or that turn round what stands beside them."""

UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Characters of other categories that nobody sees: blank letters, and selectors of a form."""

LOOKALIKES: Mapping[str, str] = dict(
    zip(
        "аАВсСеЕНһіІјЈкКМоОрРԛѕЅТхХуУԝαΑΒΕΖΗιΙΚΜΝοΟρΡΤΥΧνϲ",
        "aABcCeEHhiIjJkKMoOpPqsSTxXyYwaABEZHiIKMNoOpPTYXvc",
        strict=True,
    )
)
"""Cyrillic and Greek letters that look like Latin ones."""

_LIKE = {
    "a": "ɑ",
    "b": "ЬьƄ",
    "c": "ᴄⲥ",
    "d": "ԁɗᏧ",
    "e": "ҽ℮",
    "f": "ք",
    "g": "ɡցᶃ",
    "h": "հ",
    "i": "ıɩɪꙇ",
    "j": "ϳյ",
    "k": "κ",
    "l": "ӀӏǀⵏꓲᏞ",
    "n": "ոռпη",
    "o": "σօՕᴏჿⲟ௦౦೦൦๐໐၀०০੦૦〇ⵔ",
    "p": "ⲣ",
    "q": "գզ",
    "r": "гᴦⲅ",
    "s": "ꜱƽՏ",
    "t": "тτ",
    "u": "υսՍᴜʋ",
    "v": "ѵᴠ",
    "w": "աᴡɯѡ",
    "x": "×",
    "y": "γүҮʏყ",
    "z": "ᴢ",
    "A": "Ꭺ",
    "B": "Ᏼ",
    "C": "ᏟϹ",
    "D": "Ꭰ",
    "E": "Ꭼ",
    "G": "Ꮐ",
    "H": "Ꮋ",
    "J": "Ꭻ",
    "K": "Ꮶ",
    "M": "Ꮇ",
    "P": "Ꮲ",
    "R": "Ꭱ",
    "S": "Ꮪ",
    "T": "Ꭲ",
    "V": "Ꮩ",
    "W": "Ꮃ",
    "Z": "Ꮓ",
    "Q": "Ԛ",
    "3": "ЗзӠӡƷʒ",
    "6": "бᏮ",
    "8": "Ȣȣ",
    "-": "‐‑‒–—―−⁃﹘﹣－",
    "'": "’‘‛ʼʹ′´`＇",
    ",": "‚٫،",
    ".": "․·⸱‧",
    "/": "⁄∕",
}
_SEEN = str.maketrans(
    {**LOOKALIKES, **{one: look for look, those in _LIKE.items() for one in those}}
)
_ONE_STROKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})
_AS_DIGITS = str.maketrans({"o": "0", "O": "0", "l": "1", "I": "1", "|": "1"})

_SELECTED = (
    (re.compile("\ufe0f"), re.compile(r"[‼⁉↔⤴⤵〰◽◾]"), "So"),
    (re.compile("[\ufe00-\ufe02\U000e0100-\U000e01ef]"), re.compile("[\u3400-\u9fff]"), ""),
    (re.compile("[\u180b-\u180d\u180f]"), re.compile("[\u1820-\u18aa]"), ""),
)
"""Selectors, and the characters whose form they choose: emoji, Han and Mongolian letters."""

_KEYCAP = re.compile(r"[0-9#*]\ufe0f\u20e3")

MOST_OF_A_VALUE = 60
_VALUE = re.compile(
    r"""\s*(?:
    [-+(]*\s*(?:[^\W\d_]{3}\s*)?[-+]?\W?\s*                     # (USD 620), -$620
    (?:\d[\d.,'_\s]*|[.,]\d[\d.,'_\s]*)(?:/\s*\d+)?(?:e[-+]?\d+)?  # 6'200, 1/2, 1e5
    \s*(?:[%‰$€£¥₹]|[A-Z]{3})?\s*[-+]?\)*                       # 620 %, 620 USD, 620-
    |0x[0-9a-f]+|0o[0-7]+|0b[01]+
    |true|false|yes|no|null|none|nothing|empty.*|not\ there
    |nan|[-+]?inf(?:inity)?|["“'].*
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)


def hides(one: str) -> bool:
    """Whether nobody sees a character, or it turns round what stands beside it."""
    return unicodedata.category(one) in HIDDEN or UNSEEN.match(one) is not None


def is_in_place(text: str, place: int) -> bool:
    r"""Whether what stands there chooses the form of the character before it, as it should.

    Example:
        >>> is_in_place("\u2764\ufe0f", 1), is_in_place("6200\ufe0f", 4)
        (True, False)
    """
    if not place:
        return False
    before, one = text[place - 1], text[place]
    for selectors, letters, kind in _SELECTED:
        if selectors.match(one):
            is_its = letters.match(before) or unicodedata.category(before) == kind
            return bool(is_its or _KEYCAP.match(text, place - 1))
    return False


def in_latin(word: str) -> str:
    """Return a word with the letters that look like Latin ones as those."""
    return "".join(LOOKALIKES.get(one, one) for one in word)


def skeleton(name: str) -> str:
    r"""Return what a name looks like: two names with the same skeleton are hard to tell apart.

    It is for comparing alone: `I`, `l` and `1` are one letter in it, and blanks are nothing.

    Example:
        >>> skeleton("r\u0435fund") == skeleton("refund") == skeleton("re\u200bfund")
        True
        >>> skeleton("total") == skeleton("totaI"), skeleton("total") == skeleton("totals")
        (True, False)
    """
    plain = _bare(name).replace("_", "")
    folded = "".join(plain.split()).replace("I", "l").casefold().translate(_ONE_STROKE)
    return folded.replace("rn", "m").replace("vv", "w")


def seems_a_value(text: str) -> bool:
    r"""Whether a text reads as a number, a truth or nothing.

    Example:
        >>> [seems_a_value(one) for one in ("\u22126\u2019200", "no", "6200 cards")]
        [True, True, False]
    """
    if len(text) > 20 * MOST_OF_A_VALUE or len(bare := _bare(text).strip()) >= MOST_OF_A_VALUE:
        return False
    as_digits = bare.translate(_AS_DIGITS)
    is_short = len(bare) == 1 or any(one.isdigit() for one in bare)
    return bool(_VALUE.fullmatch(bare) or (is_short and _VALUE.fullmatch(as_digits)))


def _bare(text: str) -> str:
    """Return a text in the ASCII that it looks like, without what hides and without accents."""
    if text.isascii():
        return "".join(one for one in text if one.isprintable() or one.isspace())
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).translate(_SEEN))
    found: list[str] = []
    for one in plain.translate(_SEEN):
        is_accent = unicodedata.category(one) in {"Mn", "Me"}
        if not (hides(one) and one not in "\n\t") and not (is_accent and _is_latin(found)):
            found.append(one)
    return "".join(found)


def _is_latin(before: list[str]) -> bool:
    return bool(before) and before[-1].isascii()
