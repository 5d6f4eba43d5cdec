"""JSON as something readable: tables, lists of records, instants; bounded, nothing dropped unsaid.

What looks the same is the same: a text that could be taken for a number, a truth or nothing stands
in quotation marks, names that look alike are shown as they are written, and whatever hides is
marked. Whatever the agent or a customer sent is text here; the template escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from handraise.core.instants import tellable
from handraise.core.looks import UNSEEN, hides, is_in_place, seems_a_value, skeleton
from handraise.service.telling.wording.figures import number_words
from handraise.web.pages.views.marks import Run, runs
from handraise.web.pages.views.words import Reader

LONG_CHARACTERS = 700
LONG_LINES = 14
START_CHARACTERS = 420
START_LINES = 8
MOST_CHARACTERS = 40_000
"""So much of one text stands on a page; where it goes on is said."""

MAX_DEPTH = 8
MAX_PARTS = 60
MOST_PARTS = 1_500
"""So many values of one document stand on a page; how many more there are is said."""

MAX_HEADS = 6
ELSEWHERE = "in the whole decision"

_JOINERS = frozenset("\n\t\u200c\u200d\u00ad\r")  # they belong to honest words and emoji
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")


class Words(Struct, frozen=True, kw_only=True):
    """A text, folded when it is long; to be printed by its runs, in which nothing hides.

    Attributes:
        start: its beginning; all of it when it is not long.
        rest: what comes after the beginning; empty when it is not long.
        size: how much that is, for the fold's handle.
        beyond: what of it does not stand on the page at all, in words; empty for nothing.
        exact: whether blanks at its ends are marked too.
    """

    start: str
    rest: str = ""
    size: str = ""
    beyond: str = ""
    exact: bool = False

    @property
    def runs(self) -> tuple[Run, ...]:
        """The beginning, to be printed."""
        return runs(self.start, exact=self.exact and not self.rest)

    @property
    def rest_runs(self) -> tuple[Run, ...]:
        """What comes after the beginning, to be printed."""
        return runs(self.rest)


class Label(Struct, frozen=True):
    """The name of a field, to be printed; `note` where it looks like another one."""

    runs: tuple[Run, ...]
    note: str = ""


class Cell(Struct, frozen=True, kw_only=True):
    """A JSON value to be shown.

    Attributes:
        kind: `words`; `quoted` for a text that could be taken for something else; `number`; `time`;
            `quiet` for what is empty or nothing; `table` of labelled rows; `records`, a table with
            heads; `list`; `raw` for JSON that is nested too deeply to read as tables.
        words: the text, for all but tables and lists.
        raw: as it was sent, where it is shown differently.
        rows: label and value, for tables.
        heads: the names of the columns, for records.
        items: the values, for lists; for records those of each, one after the other.
        size: how many rows or items, for the fold's handle; empty when it needs no fold.
        beyond: what of it does not stand on the page, in words; empty for nothing.
    """

    kind: Literal["words", "quoted", "number", "time", "quiet", "table", "records", "list", "raw"]
    words: Words = Words(start="")
    raw: str = ""
    rows: tuple[tuple[Label, Cell], ...] = ()
    heads: tuple[Label, ...] = ()
    items: tuple[Cell, ...] = ()
    size: str = ""
    beyond: str = ""

    @property
    def lines(self) -> tuple[tuple[Cell, ...], ...]:
        """The values of records, line by line."""
        width = len(self.heads) or 1
        return tuple(self.items[at : at + width] for at in range(0, len(self.items), width))


def visible(text: str) -> str:
    r"""Return a text in which no character hides or turns round what stands beside it.

    Example:
        >>> visible("refund \u202e0002")
        'refund [U+202E]0002'
    """
    if text.isprintable() and (text.isascii() or UNSEEN.search(text) is None):
        return text
    return "".join(
        f"[U+{ord(one):04X}]"
        if one not in _JOINERS and hides(one) and not is_in_place(text, place)
        else one
        for place, one in enumerate(text)
    )


def words(text: str, *, exact: bool = False) -> Words:
    """Return a text, split where it is folded.

    Example:
        >>> words("short").rest
        ''
    """
    beyond = ""
    if len(text) > MOST_CHARACTERS:
        beyond = f"{len(text) - MOST_CHARACTERS:,} more characters of this stand {ELSEWHERE}."
        text = text[:MOST_CHARACTERS]
    if len(text) <= LONG_CHARACTERS and text.count("\n") < LONG_LINES:
        return Words(start=text, beyond=beyond, exact=exact)
    start = "\n".join(text.split("\n")[:START_LINES])[:START_CHARACTERS]
    if " " in start[-40:]:
        start = start[: start.rfind(" ") + 1]
    rest = text[len(start) :]
    lines = rest.count("\n")
    size = f"{lines:,} lines" if lines > 1 else f"{len(rest):,} characters"
    return Words(start=start, rest=rest, size=size, beyond=beyond)


class _Room:
    """How many more values may stand on the page."""

    def __init__(self, left: int) -> None:
        self.left = left

    def takes(self) -> bool:
        self.left -= 1
        return self.left >= 0


def cell(
    value: Any, *, grouped: bool = False, depth: int = 0, reader: Reader | None = None
) -> Cell:
    """Return a JSON value to be shown.

    Args:
        value: plain JSON.
        grouped: whether numbers are amounts, whose thousands are set apart.
        depth: how many tables are around it.
        reader: in whose zone instants are told; without one they stay as they were sent.
    """
    return _Maker(reader, grouped).cell(value, depth)


class _Maker:
    """Makes the cells of one document, and counts them."""

    def __init__(self, reader: Reader | None, grouped: bool) -> None:
        self._reader = reader
        self._grouped = grouped
        self._room = _Room(MOST_PARTS)

    def cell(self, value: Any, depth: int) -> Cell:
        try:
            return self._cell(value, depth)
        except Exception:  # noqa: BLE001 - whatever one value is, the page around it stands
            return Cell(kind="raw", words=words(as_json(value)))

    def _cell(self, value: Any, depth: int) -> Cell:
        if not isinstance(value, dict | list):
            return scalar(value, grouped=self._grouped, reader=self._reader)
        if not value:
            return quiet("empty list" if isinstance(value, list) else "empty")
        if depth >= MAX_DEPTH:
            return Cell(kind="raw", words=words(as_json(value)))
        if isinstance(value, dict):
            return self._table(value, depth)
        heads = _heads(value)
        return self._records(value, heads) if heads else self._list(value, depth)

    def _table(self, value: Mapping[Any, Any], depth: int) -> Cell:
        shown = [
            (name, self.cell(inner, depth + 1))
            for name, inner in value.items()
            if self._room.takes()
        ]
        names = labels(name for name, _ in shown)
        rows = tuple((label, inner) for label, (_, inner) in zip(names, shown, strict=True))
        size, beyond = _sizes(len(rows), len(value), "fields")
        return Cell(kind="table", rows=rows, size=size, beyond=beyond)

    def _list(self, value: Sequence[Any], depth: int) -> Cell:
        items = tuple(self.cell(inner, depth + 1) for inner in value if self._room.takes())
        size, beyond = _sizes(len(items), len(value), "items")
        return Cell(kind="list", items=items, size=size, beyond=beyond)

    def _records(self, value: Sequence[Mapping[str, Any]], heads: Sequence[str]) -> Cell:
        room = max(self._room.left // len(heads), 0)
        shown = value[:room]
        self._room.left -= len(shown) * len(heads)
        items = tuple(
            self.cell(one[name], 1) if name in one else quiet("not there")
            for one in shown
            for name in heads
        )
        size, beyond = _sizes(len(shown), len(value), "records")
        return Cell(
            kind="records", heads=tuple(labels(heads)), items=items, size=size, beyond=beyond
        )


def labels(names: Iterable[Any]) -> list[Label]:
    """Return names of fields to be printed; those that look alike say so."""
    written = [str(name) for name in names]
    looks = [skeleton(name[:200]) for name in written]
    counts: dict[str, int] = {}
    for look in looks:
        counts[look] = counts.get(look, 0) + 1
    return [
        Label(
            runs=runs(name[:2_000], exact=True) or (Run("[no name]", "the name is empty"),),
            note="looks like another field" if counts[look] > 1 else "",
        )
        for name, look in zip(written, looks, strict=True)
    ]


def _heads(value: Sequence[Any]) -> list[str]:
    """Return the columns of a list of records; nothing where it is no such list."""
    if len(value) < 2 or not all(isinstance(one, dict) and one for one in value):
        return []
    heads = list(dict.fromkeys(name for one in value[:MOST_PARTS] for name in one))
    if len(heads) > MAX_HEADS:
        return []
    known = set(heads)
    for one in value:
        if not known.issuperset(one) or any(isinstance(part, dict | list) for part in one.values()):
            return []
    filled = sum(len(one) for one in value)
    return heads if 2 * filled > len(heads) * len(value) else []


def _sizes(shown: int, all_of_them: int, noun: str) -> tuple[str, str]:
    more = all_of_them - shown
    beyond = f"{more:,} more {noun} stand {ELSEWHERE}." if more else ""
    return (f"{shown:,} {noun}" if shown > MAX_PARTS else ""), beyond


def scalar(value: Any, *, grouped: bool = False, reader: Reader | None = None) -> Cell:
    """Return a value that is neither a table nor a list; see `cell`."""
    if value is None:
        return quiet("nothing")
    if isinstance(value, bool):
        return Cell(
            kind="words", words=Words(start="yes" if value else "no"), raw=str(value).lower()
        )
    if isinstance(value, int | float):
        shown = number_words(value) if grouped else repr(value)
        return Cell(kind="number", words=Words(start=shown))
    text = str(value)
    if not text.strip():
        return quiet("empty text" if not text else f"blanks only ({len(text):,})")
    if told := _told_time(text, reader):
        return Cell(kind="time", words=Words(start=told), raw=text)
    kind: Any = "quoted" if seems_a_value(text) else "words"
    return Cell(kind=kind, words=words(text, exact=True))


def _told_time(text: str, reader: Reader | None) -> str:
    """Return a day or an instant in words; empty for what is neither."""
    try:
        if _DAY.fullmatch(text):
            return f"{date.fromisoformat(text):%A %-d %B %Y}"
        if reader is None or not _INSTANT.fullmatch(text):
            return ""
        instant = datetime.fromisoformat(text)
    except ValueError:
        return ""
    if (in_utc := tellable(instant, UTC)) is None:
        return ""
    if instant.tzinfo is None:
        return f"{instant:%A %-d %B %Y, %H:%M:%S}, no zone given"
    return reader.moment(in_utc).exact


def quiet(text: str) -> Cell:
    """Return what is said where there is nothing to be shown."""
    return Cell(kind="quiet", words=Words(start=text))


def as_json(value: Any) -> str:
    """Return a value as indented JSON; never raises, whatever the value."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError, msgspec.MsgspecError):
        return repr(value)
