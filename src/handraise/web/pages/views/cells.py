"""JSON as something readable: nested tables and lists, long texts folded, nothing dropped.

Whatever the agent or a customer sent is text here; it is escaped by the template and is never
markup.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

import msgspec
from msgspec import Struct

from handraise.service.telling.wording.figures import number_words

LONG_CHARACTERS = 700
LONG_LINES = 14
START_CHARACTERS = 420
START_LINES = 8
MAX_DEPTH = 8
MAX_PARTS = 60

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d\u00ad\r")  # they belong to honest words and emoji


class Words(Struct, frozen=True, kw_only=True):
    """A text, folded when it is long.

    Attributes:
        start: its beginning; all of it when it is not long.
        rest: what comes after the beginning; empty when it is not long.
        size: its length in words, for the fold's handle.
    """

    start: str
    rest: str = ""
    size: str = ""


class Cell(Struct, frozen=True, kw_only=True):
    """A JSON value to be shown.

    Attributes:
        kind: `words`; `number`; `quiet` for what is empty or nothing; `table` of labelled rows;
            `list`; `raw` for JSON that is nested too deeply to read as tables.
        words: the text, for all but tables and lists.
        rows: label and value, for tables.
        items: the values, for lists.
        size: how many rows or items, for the fold's handle; empty when it needs no fold.
    """

    kind: Literal["words", "number", "quiet", "table", "list", "raw"]
    words: Words = Words(start="")
    rows: tuple[tuple[str, Cell], ...] = ()
    items: tuple[Cell, ...] = ()
    size: str = ""


def visible(text: str) -> str:
    r"""Return a text in which no character hides or turns round what stands beside it.

    Example:
        >>> visible("refund \u202e0002")
        'refund [U+202E]0002'
    """
    if text.isprintable():
        return text
    return "".join(
        f"[U+{ord(one):04X}]"
        if one not in "\n\t" and unicodedata.category(one) in _HIDDEN and one not in _JOINERS
        else one
        for one in text
    )


def words(text: str) -> Words:
    """Return a text, split where it is folded.

    Example:
        >>> words("short").rest
        ''
    """
    text = visible(text)
    if len(text) <= LONG_CHARACTERS and text.count("\n") < LONG_LINES:
        return Words(start=text)
    start = "\n".join(text.split("\n")[:START_LINES])[:START_CHARACTERS]
    if " " in start[-40:]:
        start = start[: start.rfind(" ") + 1]
    return Words(start=start, rest=text[len(start) :], size=f"{len(text):,} characters")


def cell(value: Any, *, grouped: bool = False, depth: int = 0) -> Cell:
    """Return a JSON value to be shown.

    Args:
        value: plain JSON.
        grouped: whether numbers are amounts, whose thousands are set apart.
        depth: how many tables are around it.
    """
    if isinstance(value, dict | list) and not value:
        return _quiet("empty list" if isinstance(value, list) else "empty")
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        return Cell(kind="raw", words=words(as_json(value)))
    if isinstance(value, dict):
        rows = tuple(
            (visible(str(name)), cell(inner, grouped=grouped, depth=depth + 1))
            for name, inner in value.items()
        )
        return Cell(kind="table", rows=rows, size=_size(len(rows), "fields"))
    if isinstance(value, list):
        items = tuple(cell(inner, grouped=grouped, depth=depth + 1) for inner in value)
        return Cell(kind="list", items=items, size=_size(len(items), "items"))
    return _scalar(value, grouped=grouped)


def _size(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number > MAX_PARTS else ""


def _scalar(value: Any, *, grouped: bool) -> Cell:
    if value is None:
        return _quiet("nothing")
    if isinstance(value, bool):
        return Cell(kind="words", words=Words(start="yes" if value else "no"))
    if isinstance(value, int | float):
        shown = number_words(value) if grouped else repr(value)
        return Cell(kind="number", words=Words(start=shown))
    text = str(value)
    if not text.strip():
        return _quiet("empty text" if not text else "blanks only")
    return Cell(kind="words", words=words(text))


def _quiet(text: str) -> Cell:
    return Cell(kind="quiet", words=Words(start=text))


def as_json(value: Any) -> str:
    """Return a value as indented JSON; never raises, whatever the value."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError, msgspec.MsgspecError):
        return repr(value)
