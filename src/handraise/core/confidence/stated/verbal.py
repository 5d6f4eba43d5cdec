"""Confidence from an agent's own words: the number in a short text, if it holds nothing else.

The whole text must be one of the forms below. So "not 100% sure", "about 80%", "80-90%" and "0,85"
are no confidence: a form that is not known is not guessed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from handraise.core.table.values import number, text

LONGEST = 100
"""A sentence with more characters is not looked into."""

LONGEST_JSON = 100_000
"""Nor is a JSON object with more."""

# fmt: off
_UP_TO_19 = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
_FROM_20 = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
_UNITS = {word: float(value) for value, word in enumerate(_UP_TO_19)}
_TENS = {word: 10.0 * value for value, word in enumerate(_FROM_20, 2)}
_RATED = frozenset({10.0, 20.0, 25.0, 50.0, 100.0, 1000.0})
"""Of so many people say how sure they are; other fractions are mostly something else."""
_FULL = frozenset({10.0, 100.0})
"""Of these, all of them is said; `50/50` and `20/20` mean something else."""
_HUNDRED = ("hundred", "a hundred", "one hundred")

_FIGURE = r"(?:(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,20})?|\.[0-9]{1,20})"
_WORDS = r"[a-z]+(?:[ -][a-z]+)??"
_BEFORE = r"(?:(?:my )?confidence(?: level| score)? ?(?:[:=] ?|is |)|i am |i'm |i’m )?"
_AFTER = r"(?: (?:sure|certain|confident|confidence))?\.?"
_PERCENT = re.compile(rf"{_BEFORE}({_FIGURE}|{_WORDS}) ?(?:%|percent|per cent){_AFTER}")
_WHOLE = r"[1-9][0-9]{0,5}"
_OUT_OF = re.compile(
    rf"{_BEFORE}({_FIGURE}|{_WORDS}) ?(?:/| out of | of | in ) ?({_WHOLE}|{_WORDS}){_AFTER}"
)
_BARE = re.compile(rf"{_BEFORE}({_FIGURE}){_AFTER}")


def verbal_confidence(said: Any, *, scale: Any = None) -> float | None:
    """Return the confidence that a text states, if it states one and nothing else.

    Forms: `85%`, `85 percent`, `eighty-five percent`; `17/20`, `17 out of 20`, `nine in ten`;
    `0.85`; a JSON object with one `confidence` that is a number or one of these. Before it there
    may be `confidence:` or `I am`, after it `sure`, `certain` or `confident`. Everything else is
    doubtful: a fraction of another number than 10, 20, 25, 50, 100 or 1000 (`9/11` is a day, `3 of
    4` a count) and `50/50`, a whole number (85 of what? 1 may be 1 %) unless a scale is given, a
    comma, a range, a hedge, a negation, more than one number, more words.

    Args:
        said: a text; up to 100 characters, a JSON object up to 100,000.
        scale: what a bare number is of, above 0, e.g. 100 or 10; a bare number between 0 and 1 is
            then doubtful, unless the scale is 1.

    Returns:
        In [0, 1]; None for no confidence, also for a number outside and for what is no text.

    Example:
        >>> verbal_confidence("I am 85% sure."), verbal_confidence('{"confidence": 0.85}')
        (0.85, 0.85)
        >>> verbal_confidence("I am not 100% sure") is None
        True
        >>> verbal_confidence("85") is None, verbal_confidence("85", scale=100)
        (True, 0.85)
    """
    written = text(said)
    of = None if scale is None else number(scale)
    if written is None or (scale is not None and (of is None or of <= 0)):
        return None
    written = written.strip()
    if written.startswith("{"):
        return _in_json(written, of)
    return _in_words(written, of) if len(written) <= LONGEST else None


def _in_json(written: str, scale: float | None) -> float | None:
    """Return the confidence of a JSON object that names exactly one."""
    if len(written) > LONGEST_JSON:
        return None
    try:
        pairs = json.loads(written, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    found = [value for key, value in pairs if key.strip().casefold() == "confidence"]
    if len(found) != 1:
        return None
    said = text(found[0])
    if said is not None:
        return _in_words(said.strip(), scale) if len(said) <= LONGEST else None
    value = number(found[0])
    return None if value is None else _bare(value, scale, is_whole=isinstance(value, int))


class _Pairs(list[tuple[str, Any]]):
    """A JSON object that keeps a name that stands twice."""


def _in_words(written: str, scale: float | None) -> float | None:
    plain = " ".join(written.casefold().split())
    if found := _PERCENT.fullmatch(plain):
        return _share(_value(found[1]), 100)
    if found := _OUT_OF.fullmatch(plain):
        return _fraction(_value(found[1]), _value(found[2]))
    if found := _BARE.fullmatch(plain):
        return _bare(float(found[1]), scale, is_whole="." not in found[1])
    return None


def _bare(value: float, scale: float | None, *, is_whole: bool) -> float | None:
    """Return what a number by itself says: as one of the scale, or from 0.0 to 1.0."""
    if scale is None:
        return None if is_whole and value != 0 else _share(value, 1)
    return None if scale != 1 and 0 < value < 1 else _share(value, scale)


def _fraction(value: float | None, of: float | None) -> float | None:
    """Return what a fraction says, if people rate with it: `50/50` is a coin, `9/11` a day."""
    if of not in _RATED or (value == of and of not in _FULL):
        return None
    return _share(value, of)


def _share(value: float | None, of: float | None) -> float | None:
    if value is None or of is None or of <= 0 or not 0 <= value <= of:
        return None
    return value / of


def _value(said: str) -> float | None:
    """Return the number that figures or English words say, up to a hundred in words."""
    if said[0] in ".0123456789":
        return float(said)
    if said in _HUNDRED:
        return 100.0
    first, _, second = said.replace("-", " ").partition(" ")
    if not second:
        return _UNITS.get(first, _TENS.get(first))
    unit = _UNITS.get(second, 0)
    return _TENS[first] + unit if first in _TENS and 1 <= unit <= 9 else None
