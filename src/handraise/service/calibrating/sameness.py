"""Whether rows are the same decision: by the names of their columns and what the cells say.

The kind of the file, the order of its columns and the spelling of a number make no difference: a
copy of a CSV file as JSONL or Parquet holds the same rows. INVARIANT: 64 bits stand for a row, and
no cell is kept. They hold within one run only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+ ?(?:Z|[+-][0-9:]+)?)?")
_LONGEST = 48
"""No text that is longer has another spelling."""

_WHOLE_UP_TO = 1e15
"""Floats below are exact where they are whole."""


def row_hash(cells: Iterable[tuple[str, Any]]) -> int:
    """Return 64 bits that rows of the same cells share, whatever their order.

    Args:
        cells: the name of each column with its cell; one that says nothing is as one that is
            missing.

    Example:
        >>> row_hash([("id", "1.0"), ("right", "True")]) == row_hash([("right", True), ("id", 1)])
        True
    """
    return hash(frozenset([(name, said) for name, cell in cells if (said := plain_cell(cell))]))


def plain_cell(cell: Any) -> str:
    """Return a cell in the one spelling that all of its spellings share; "" where it says nothing.

    `007` and whole numbers of any length keep all their digits: they may be ids.

    Example:
        >>> [plain_cell(cell) for cell in ("1.0", 1, "1e3", "007", None, "nan", "0.50")]
        ['1', '1', '1000', '007', '', '', '0.5']
    """
    if isinstance(cell, str):
        return _plain_text(cell.strip())
    if cell is None:
        return ""
    if isinstance(cell, bool | int | float):
        return _plain_text(str(cell))
    try:
        return msgspec.json.encode(cell, enc_hook=str, order="sorted").decode()
    except (RecursionError, TypeError, ValueError):
        return type(cell).__name__


def _plain_text(text: str) -> str:
    if text.isdecimal() and text.isascii():
        return text
    return _plain_short(text) if len(text) <= _LONGEST else text


@lru_cache(maxsize=1 << 15)
def _plain_short(text: str) -> str:
    number = _NUMBER.fullmatch(text)
    if number is not None:
        if number.group(1) is None and number.group(2) is None:
            return "0" if text == "-0" else text
        return _plain_number(float(text), text)
    if len(text) <= 5 and text.lower() in ("true", "false", "nan"):
        return "" if text.lower() == "nan" else text.lower()
    if text[4:5] == "-" and _INSTANT.fullmatch(text):
        return _plain_instant(text)
    return text


def _plain_number(number: float, text: str) -> str:
    if abs(number) < _WHOLE_UP_TO and number.is_integer():
        return str(int(number))
    return repr(number) if abs(number) < float("inf") else text


def _plain_instant(text: str) -> str:
    """Return an instant in UTC, as which one without an offset counts; a date is its midnight."""
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return found.isoformat()
