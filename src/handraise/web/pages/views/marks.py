"""Texts in which nothing hides: what a reader cannot see is a mark that says what it is.

A text becomes runs; a run with a note is a mark. Every character of the text is in a run or told of
in a note. INVARIANT: no run holds a character that hides, or turns round what stands beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from handraise.core.looks import LOOKALIKES, hides, in_latin, is_in_place

MOST_MARKS = 200
"""So many marks of a text explain themselves; the others only stand there."""

MOST_ACCENTS = 4
"""Marks that an honest script puts on one letter."""

_JOINERS = "\u200c\u200d\u00ad"

_SCRIPTS = tuple(
    (name, f"{name.upper()} ")
    for name in ("Latin", "Cyrillic", "Greek", "Armenian", "Cherokee", "Coptic", "Lisu", "Georgian")
)
_ODD_LATIN = re.compile("[\u0251\u0261\u0269\u0279-\u028f\u1d00-\u1d23\ua730-\ua731]")
"""Latin letters of phonetics, which look like common ones among those."""

_WORD = re.compile(r"[^\W_]+")
_HONEST = re.compile(r"[\n\t -~]*")


class Run(Struct, frozen=True):
    """A piece of a text; one with a note is a mark, and the note says what it stands for."""

    text: str
    note: str = ""


def runs(text: str, *, exact: bool = False) -> tuple[Run, ...]:
    r"""Return a text as runs.

    Args:
        text: whatever somebody wrote.
        exact: mark blanks at either end and unusual blanks too, as in a value that is acted upon.

    Example:
        >>> [one.text for one in runs("refund \u202e0002")]
        ['refund ', '[U+202E]', '0002']
        >>> runs("p\u0430ypal")[0].note
        'mixes Latin and Cyrillic letters'
    """
    if _HONEST.fullmatch(text) and not (exact and text != text.strip()):
        return (Run(text),) if text else ()
    found: list[Run] = []
    marks = 0
    for run in _joined(_pieces(text, exact=exact)):
        marks += bool(run.note)
        found.append(run if marks <= MOST_MARKS else Run(run.text))
    return tuple(_joined(iter(found)))


def _joined(pieces: Iterator[Run]) -> Iterator[Run]:
    """Yield runs with the plain ones beside each other made one."""
    plain: list[str] = []
    for run in pieces:
        if not run.note:
            plain.append(run.text)
            continue
        if any(plain):
            yield Run("".join(plain))
        plain = []
        yield run
    if any(plain):
        yield Run("".join(plain))


def _pieces(text: str, *, exact: bool) -> Iterator[Run]:
    head = text[: len(text) - len(text.lstrip())] if exact else ""
    tail = text[len(text.rstrip()) :] if exact and len(head) < len(text) else ""
    if head:
        yield _blanks(head, "begins")
    body = text[len(head) : len(text) - len(tail)]
    place = 0
    odd = _odd(body, exact=exact)
    if odd is not None:
        for found in odd.finditer(body):
            if len(found[0]) == 1 and is_in_place(body, found.start()):
                continue
            yield from _words(body[place : found.start()], body)
            yield _mark(found[0])
            place = found.end()
    yield from _words(body[place:], body)
    if tail:
        yield _blanks(tail, "ends")


def _blanks(blanks: str, verb: str) -> Run:
    if set(blanks) <= {" "}:
        what = "a blank" if len(blanks) == 1 else f"{len(blanks):,} blanks"
    else:
        what = ", ".join(dict.fromkeys(f"U+{ord(one):04X}" for one in blanks[:20]))
        what = f"{len(blanks):,} blanks: {what}" if len(blanks) > 1 else f"the blank {what}"
    return Run(f"[{what}]", f"the text {verb} with this")


def _odd(text: str, *, exact: bool) -> re.Pattern[str] | None:
    """Return what finds the characters that must be marked; None where there are none."""
    there = {one for one in set(text) if not " " <= one <= "~" and one not in "\n\t"}
    hidden = {one for one in there if _is_marked(one, exact=exact)} - {*_JOINERS}
    accents = {one for one in there if unicodedata.category(one) in {"Mn", "Me"}} - hidden
    parts = [f"([{_class(hidden)}])\\1*"] if hidden else []
    if there & {*_JOINERS}:
        parts.append(f"(?<=[\\x00-~])[{_JOINERS}]+|[{_JOINERS}]+(?=[\\x00-~])|[{_JOINERS}]{{2,}}")
    if accents:
        parts.append(f"(?<=[{_class(accents)}]{{{MOST_ACCENTS}}})[{_class(accents)}]+")
    return re.compile("|".join(parts)) if parts else None


def _is_marked(one: str, *, exact: bool) -> bool:
    return hides(one) or (exact and unicodedata.category(one) == "Zs")


def _class(characters: set[str]) -> str:
    return "".join(f"\\U{ord(one):08x}" for one in sorted(characters))


def _mark(found: str) -> Run:
    if unicodedata.category(found[0]) in {"Mn", "Me"} and not hides(found[0]):
        return Run(f"[{len(found):,} more accents]", "accents on one letter, left out here")
    if len(set(found)) > 1:
        shown = "".join(f"[U+{ord(one):04X}]" for one in found[:20])
        return Run(shown if len(found) <= 20 else f"{shown}[…]", "characters nobody sees")
    times = f" × {len(found):,}" if len(found) > 1 else ""
    name = unicodedata.name(found[0], "a control character").lower()
    return Run(f"[U+{ord(found[0]):04X}{times}]", f"{name}, which nobody sees")


def _words(text: str, whole: str) -> Iterator[Run]:
    """Yield a text with the words marked whose letters are not what they seem."""
    if text.isascii():
        yield Run(text)
        return
    place = 0
    for found in _WORD.finditer(text):
        if not found[0].isascii() and (note := _seems(found[0], whole)):
            yield Run(text[place : found.start()])
            yield Run(found[0], note)
            place = found.end()
    yield Run(text[place:])


def _seems(word: str, whole: str) -> str:
    """Return in what the letters of a word are not what they seem; empty for an honest word."""
    if len(word) > 80:
        word = word[:80]
    plain = unicodedata.normalize("NFKC", word)
    names = [unicodedata.name(one, "") for one in word]
    if plain != word and (plain.isascii() or any(one.startswith("MATHEM") for one in names)):
        return f"unusual forms of the letters {plain}"
    scripts = [
        script for script, prefix in _SCRIPTS if any(one.startswith(prefix) for one in names)
    ]
    if len(scripts) > 1:
        return f"mixes {' and '.join(scripts)} letters"
    if _ODD_LATIN.search(word) and any(one.isascii() for one in word):
        return "letters of phonetics among common ones"
    if len(word) > 1 and all(one in LOOKALIKES for one in word) and _is_alone(whole):
        return f"{scripts[0]} letters that look like {in_latin(word).casefold()}"
    return ""


def _is_alone(whole: str) -> bool:
    """Whether a text has no other Cyrillic or Greek letters than those that look Latin."""
    others = {one for one in set(whole) if not one.isascii()} - LOOKALIKES.keys()
    prefixes = ("CYRILLIC", "GREEK")
    return not any(unicodedata.name(one, "").startswith(prefixes) for one in others)
