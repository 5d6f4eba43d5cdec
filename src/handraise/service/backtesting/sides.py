"""What two tables say of one thing, side by side: in words, and in full where words are the same.

INVARIANT: of two records that differ each field that does is told: by the words, or by itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.looks import hides, is_in_place, skeleton
from handraise.core.table.expression import Node, as_source

MOST_SIGNS = 340
"""A longer sentence is cut around what differs."""

AROUND, SHOWN = 30, 170

_JOINERS = frozenset({"\u200c", "\u200d"})
"""They belong to the writing of some languages, and to pictures."""


class Changed(Struct, frozen=True, kw_only=True):
    """One thing that two tables say differently.

    Attributes:
        what: the part of the table, e.g. `row confidence.1`.
        before: what the older one says; empty for what is new.
        after: what the newer one says; empty for what is gone.
        sentence: all of it in one plain sentence.
    """

    what: str
    before: str = ""
    after: str = ""
    sentence: str


NOT_TOLD = "they differ in something that is not told here: look at the texts"
UNTOLD = Changed(what="something else", after=NOT_TOLD, sentence=NOT_TOLD)
"""Stands where two versions differ and nobody can say in what."""


def change(what: str, before: str, after: str) -> Changed:
    """Return a change with both sides; letters that only look the same are spelled out."""
    if skeleton(before) == skeleton(after):
        before, after = letters_told(before), letters_told(after)
    short = _cut(before, after)
    return Changed(
        what=what, before=before, after=after, sentence=f"{what}: {short[0]} -> {short[1]}"
    )


def gone(what: str, before: str) -> Changed:
    """Return that something is gone."""
    return Changed(what=what, before=before, sentence=f"{what} is gone: {before}")


def new(what: str, after: str) -> Changed:
    """Return that something is new."""
    return Changed(what=what, after=after, sentence=f"{what} is new: {after}")


def told(what: str, after: str) -> Changed:
    """Return a change that has no two sides worth telling."""
    return Changed(what=what, after=after, sentence=f"{what}: {after}")


def plain(
    what: str, before: Any, after: Any, worded: Callable[[Any], str] | None = None
) -> Iterator[Changed]:
    """Yield what changes of a single value: in words, or in full where those are the same.

    Args:
        what: the part of the table.
        before: what the older one says.
        after: what the newer one says.
        worded: how it is said; None for a text.
    """
    if exactly(before) == exactly(after):
        return
    sides = [worded(one) if worded else in_words(one or "") for one in (before, after)]
    if sides[0] == sides[1]:
        sides = [exactly(before), exactly(after)]
    yield change(what, sides[0] or "nothing", sides[1] or "nothing")


def named(
    what: str,
    before: dict[str, Any],
    after: dict[str, Any],
    worded: Callable[[Any], str],
    *,
    apart: Sequence[str] = (),
) -> Iterator[Changed]:
    """Yield what is gone, new and changed among things that have a name.

    Args:
        what: what such a thing is called.
        before: the older ones by their name.
        after: the newer ones.
        worded: how one is said.
        apart: the fields that are told elsewhere.
    """
    for id, one in before.items():
        if id not in after:
            yield gone(f"{what} {in_words(id)}", worded(one))
            continue
        if exactly(one) == exactly(after[id]):
            continue
        if worded(one) != worded(after[id]):
            yield change(f"{what} {in_words(id)}", worded(one), worded(after[id]))
        yield from unworded(f"{what} {in_words(id)}", one, after[id], worded, apart=apart)
    for id, one in after.items():
        if id not in before:
            yield new(f"{what} {in_words(id)}", worded(one))


def unworded(
    what: str, one: Any, other: Any, worded: Callable[[Any], str], *, apart: Sequence[str] = ()
) -> Iterator[Changed]:
    """Yield in full the fields that differ without a change of the words.

    Args:
        what: the part of the table.
        one: the older record.
        other: the newer one, of the same type.
        worded: how such a record is said.
        apart: the fields that are told elsewhere.
    """
    said = worded(one)
    for field in one.__struct_fields__:
        before, after = getattr(one, field), getattr(other, field)
        if field in apart or exactly(before) == exactly(after):
            continue
        if _look_alike(said, worded(replace(one, **{field: after}))):
            yield in_full(f"{what}, {field_words(field)}", before, after)


def in_full(what: str, before: Any, after: Any) -> Changed:
    """Return a change of a value with nothing left out of it."""
    return change(what, exactly(before), exactly(after))


def field_words(field: str) -> str:
    """Return what a field of a record is called.

    Example:
        >>> field_words("quiet_after_s")
        'quiet after'
    """
    return field.removesuffix("_s").replace("_", " ")


def _look_alike(said: str, other: str) -> bool:
    if said == other:
        return True
    return not (said + other).isascii() and skeleton(said) == skeleton(other)


def in_words(text: str) -> str:
    r"""Return a text on one line in which nothing hides.

    Example:
        >>> in_words("to  the\u200b team")
        'to the[U+200B] team'
    """
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return "".join(
        _code(one) if hides(one) and one not in _JOINERS and not is_in_place(line, place) else one
        for place, one in enumerate(line)
    )


def exactly(value: Any) -> str:
    r"""Return a value of a table in full: two that are not the same never read the same.

    Example:
        >>> exactly(0.7000001), exactly(("a", "b ")), exactly({"b": 1, "a": None})
        ('0.7000001', '“a”, “b[U+0020]”', 'a: nothing, b: 1')
    """
    if value is None or value in ((), [], {}, ""):
        return "nothing"
    if isinstance(value, str):
        return f"“{_spelled(value)}”"
    if isinstance(value, tuple | list):
        return ", ".join(
            f"({exactly(one)})" if isinstance(one, tuple | list | dict | Struct) else exactly(one)
            for one in value
        )
    if isinstance(value, dict):
        return ", ".join(
            f"{_spelled(str(key))}: {exactly(value[key])}" for key in sorted(value, key=str)
        )
    if isinstance(value, Node):
        return _spelled(as_source(value))
    if isinstance(value, Struct):
        fields = value.__struct_fields__
        return ", ".join(f"{field_words(one)} {exactly(getattr(value, one))}" for one in fields)
    return repr(value)


def _spelled(text: str) -> str:
    """Return a text with each sign that nobody sees by its number, odd spaces too."""
    return "".join(
        _code(one) if hides(one) or (one.isspace() and _is_odd(text, place)) else one
        for place, one in enumerate(text)
    )


def _is_odd(text: str, place: int) -> bool:
    """Whether a space is not the single one between two words."""
    is_outer = place in (0, len(text) - 1)
    return text[place] != " " or is_outer or text[place - 1].isspace()


def letters_told(text: str) -> str:
    """Return a text with its signs that are taken for ASCII letters by their number."""
    return "".join(_code(one) if _is_like_ascii(one) else one for one in text)


def _is_like_ascii(one: str) -> bool:
    is_accented = unicodedata.normalize("NFD", one) != one
    return not one.isascii() and not is_accented and skeleton(one).isascii()


def _code(one: str) -> str:
    return f"[U+{ord(one):04X}]"


def _cut(before: str, after: str) -> tuple[str, str]:
    """Return two texts that fit into a sentence, cut around what differs."""
    if len(before) + len(after) <= MOST_SIGNS:
        return before, after
    first = _alike(before, after)
    last = min(_alike(before[::-1], after[::-1]), min(len(before), len(after)) - first)
    start, end = max(0, first - AROUND), max(0, last - AROUND)

    def part(text: str) -> str:
        inner = text[start : len(text) - end]
        is_cut = end or len(inner) > SHOWN
        return ("…" if start else "") + inner[:SHOWN] + ("…" if is_cut else "")

    return part(before), part(after)


def _alike(text: str, other: str) -> int:
    """Return how many signs two texts have in common at their start."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(text), len(other)))
