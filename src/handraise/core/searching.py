"""What can be searched for in an escalation, and what somebody who searches asks for: plain words.

Both sides are folded the same way, so that "Café" finds "CAFE": case and accents do not count, and
whatever is no letter or digit only parts words. INVARIANT: a query is never syntax. Quotes, stars
and AND from a person are parts between words, or words like any other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from msgspec import Struct

from handraise.core.table.money import CURRENCIES
from handraise.model import Escalation

MAX_CHARACTERS = 50_000
"""So much of an escalation can be searched for, its beginning."""

MAX_WORD = 40
MAX_WORDS = 4_000
MAX_ASKED = 12

_DEEPEST = 20
_WORD = re.compile(r"[^\W_]+")
_APART = r"'\u2019\u00a0\u2009\u202f"
_NUMBER = (
    rf"(?<![\w.,])(?<!\d[{_APART}])"
    rf"(?P<whole>\d{{1,3}}(?:[,{_APART}]\d{{3}})+|\d+)(?:\.(?P<rest>\d+))?"
)
_WRITTEN = re.compile(rf"{_NUMBER}(?!\w|[.,]\d)")
_AMOUNT = re.compile(rf"{_NUMBER}(?:[ \u00a0]?(?P<unit>[A-Za-z]{{3}}))?(?!\w|[.,]\d)")
_ALIKE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})
_ONE_BY_ONE = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])")
"""Characters of scripts that put no blank between words: each is a word of its own."""


class Asked(Struct, frozen=True):
    """What somebody searches for: every word must be there.

    Attributes:
        words: folded, each once; the last is the beginning of a word where `is_begun`.
        is_begun: whether the last one may go on.
    """

    words: tuple[str, ...] = ()
    is_begun: bool = False


def folded(text: str) -> list[str]:
    """Return the words of a text, folded, in their order.

    Example:
        >>> folded("Café, the REFUND of $6,200!")
        ['cafe', 'the', 'refund', 'of', '6', '200']
    """
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        plain = "".join(one for one in plain if not unicodedata.combining(one)).translate(_ALIKE)
        plain = _ONE_BY_ONE.sub(r" \1 ", plain)
    return [word[:MAX_WORD] for word in _WORD.findall(plain)]


def searched(escalation: Escalation) -> str:
    """Return the words by which an escalation is found, each once, parted by blanks.

    They are of the customer's text, the proposal as it stands, the case, the type, the action and
    the tags of the rows that fired. Nothing of one that was erased is found.
    """
    if escalation.erased_at is not None:
        return ""
    decision = escalation.decision
    texts: list[str] = []
    tags = [reason.tag for reason in escalation.reasons]
    left = MAX_CHARACTERS
    for part in (decision.case, decision.type, decision.action, tags, escalation.proposal):
        left = _gather(part, texts, left)
    _gather(decision.text, texts, left)
    words = dict.fromkeys(word for text in texts for word in folded(text))
    return " ".join(list(words)[:MAX_WORDS])


def _gather(value: Any, texts: list[str], left: int, depth: int = 0) -> int:
    """Add the texts and numbers of a plain value; return how many more characters may follow."""
    if left <= 0 or depth > _DEEPEST or value is None or isinstance(value, bool):
        return left
    if isinstance(value, dict):
        for name, inner in value.items():
            left = _gather(name, texts, left, depth + 1)
            left = _gather(inner, texts, left, depth + 1)
        return left
    if isinstance(value, list | tuple):
        for inner in value:
            left = _gather(inner, texts, left, depth + 1)
        return left
    text = str(value)[:left]
    texts.append(_WRITTEN.sub(_spelled, text))
    return left - len(text)


def _spelled(found: re.Match[str]) -> str:
    """Return a number as it is written, and as a number is kept."""
    plain = _plain(found)
    return found[0] if plain == found[0] else f"{found[0]} {plain}"


def _plain(found: re.Match[str]) -> str:
    """Return a number without what sets its thousands apart, and without noughts at its end."""
    whole = "".join(one for one in found["whole"] if one.isdigit())
    rest = (found["rest"] or "").rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _as_kept(found: re.Match[str]) -> str:
    """Return a number as one is kept: without its currency, which stands in the table alone.

    What was left out ends the number: a blank says that it is no beginning of a longer one.
    """
    plain, unit = _plain(found), found["unit"] or ""
    is_currency = unit.upper() in CURRENCIES
    is_ended = unit or (found["rest"] or "").endswith("0")
    kept = f"{plain} " if is_ended else plain
    return kept if is_currency else f"{kept}{unit}"


def asked(query: str) -> Asked:
    """Return what a query asks for; without a word in it, nothing.

    The last word is the beginning of one, unless a blank or a sign follows it. A number asks for
    itself however it is written: `6,200 USD` for 6200.

    Example:
        >>> asked('refund "card* AND')
        Asked(words=('refund', 'card', 'and'), is_begun=True)
    """
    query = _AMOUNT.sub(_as_kept, query[:1_000])
    words = folded(query)
    last = words[-1] if words else ""
    is_begun = bool(words) and (query[-1].isalnum() or unicodedata.combining(query[-1]) > 0)
    each = [word for word in dict.fromkeys(words) if word != last][: MAX_ASKED - 1]
    return Asked((*each, last) if last else (), is_begun)
