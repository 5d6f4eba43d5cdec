"""Small pieces of SQL text that mean the same on every engine; nothing a user wrote stays bare."""

from __future__ import annotations

from collections.abc import Sequence


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def double(value: float) -> str:
    """Return a number as an SQL DOUBLE, to the last bit."""
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def boolean(value: bool) -> str:
    """Return a truth as an SQL literal."""
    return "TRUE" if value else "FALSE"


def all_of(parts: Sequence[str]) -> str:
    """Return the truth that all parts hold."""
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def any_of(parts: Sequence[str]) -> str:
    """Return the truth that any part holds."""
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"
