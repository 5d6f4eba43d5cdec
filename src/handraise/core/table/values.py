"""What is usable of whatever an agent sends: exact plain values, and values as text for people.

Nothing here raises, or trusts a value's own methods beyond saying its number: subclasses of dict,
list and str are read by what they hold, so that what is judged is what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from numbers import Integral, Real
from typing import Any

from handraise.core.table.nodes import MAX_MAGNITUDE
from handraise.core.table.wording import number_text

SHOWN_DEPTH = 4


def number(value: Any) -> float | int | None:
    """Return a usable number, or None: bools, NaN, infinities, text and sizes past 1e300 are none.

    Whole numbers stay exact; any other kind of number (Decimal, Fraction, NumPy's) is read as the
    nearest float.
    """
    kind = type(value)
    if kind is float or kind is int:
        return value if -MAX_MAGNITUDE < value < MAX_MAGNITUDE else None
    try:
        if kind is bool or not isinstance(value, Real | Decimal):
            return None
        plain = int(value) if isinstance(value, Integral) else float(value)
    except Exception:  # noqa: BLE001 - a number that cannot say its value is none
        return None
    return plain if -MAX_MAGNITUDE < plain < MAX_MAGNITUDE else None


def text(value: Any) -> str | None:
    """Return a usable text, or None; an enumeration of texts gives its text."""
    kind = type(value)
    return value if kind is str else str.__str__(value) if issubclass(kind, str) else None


def boolean(value: Any) -> bool | None:
    """Return a usable truth, or None: only true and false themselves are."""
    return value if value is True or value is False else None


def mapping(value: Any) -> dict[Any, Any] | None:
    """Return what a dict holds as a plain dict, or None when it is none."""
    kind = type(value)
    if kind is dict:
        plain: dict[Any, Any] = value
        return plain
    return dict(dict.items(value)) if issubclass(kind, dict) else None


def sequence(value: Any) -> list[Any] | tuple[Any, ...] | None:
    """Return what a list or tuple holds as a plain one, or None when it is neither."""
    kind = type(value)
    if kind is list or kind is tuple:
        plain: list[Any] | tuple[Any, ...] = value
        return plain
    if issubclass(kind, list):
        return list(list.__iter__(value))
    return tuple(tuple.__iter__(value)) if issubclass(kind, tuple) else None


def shown(value: Any, limit: int = 60) -> str:
    """Return a value as short plain text for a sentence; reads no more than it shows."""
    try:
        found = str.__str__(_shown(value, limit, 0))
    except Exception:  # noqa: BLE001 - a value whose own repr fails is still shown
        found = f"<{type(value).__name__}>"
    found = found[: limit + 1].encode("utf-8", "backslashreplace").decode()
    return found if len(found) <= limit else found[: limit - 1] + "…"


def _shown(value: Any, limit: int, depth: int) -> str:
    kind = type(value)
    if kind is float and number(value) is not None:
        return number_text(value)
    if issubclass(kind, str):
        return repr(str.__str__(value)[: limit + 1])
    if issubclass(kind, dict | list | tuple) and depth >= SHOWN_DEPTH:
        return "…"
    if issubclass(kind, dict):
        pairs = islice(dict.items(value), limit)
        return "{" + _joined((_pair(key, one, limit, depth) for key, one in pairs), limit) + "}"
    if issubclass(kind, list):
        inner = (_shown(one, limit, depth + 1) for one in islice(list.__iter__(value), limit))
        return f"[{_joined(inner, limit)}]"
    if issubclass(kind, tuple):
        inner = (_shown(one, limit, depth + 1) for one in islice(tuple.__iter__(value), limit))
        return f"({_joined(inner, limit)})"
    if issubclass(kind, bytes | bytearray):
        return repr(bytes(value[: limit + 1]))
    if issubclass(kind, set | frozenset) and len(value) > limit:
        return f"<{kind.__name__} of {len(value):,}>"
    return repr(value)


def _pair(key: Any, value: Any, limit: int, depth: int) -> str:
    return f"{_shown(key, limit, depth + 1)}: {_shown(value, limit, depth + 1)}"


def _joined(parts: Iterator[str], limit: int) -> str:
    """Return the parts with commas between them, as many as fit."""
    found = ""
    for part in parts:
        found += f", {part}" if found else part
        if len(found) > limit:
            break
    return found
