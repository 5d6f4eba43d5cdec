"""The digits of a cell's number: on which side of what a decision is, and what stands for it.

A number lies in a band between limits; a text is one of those that are named, or another. Each
side has one value that stands for all on it: no row can tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from handraise.core.gate.sql_inputs import NO_NUMBER, NO_TEXT, NO_TRUTH
from handraise.core.gate.sql_text import double, literal

Limit = tuple[float, int]
"""Where a number is cut: just below a value (0), or just above it (1)."""


class Digit(Struct, frozen=True, kw_only=True):
    """One thing by which cells differ.

    Attributes:
        name: of what it is a side.
        sql: which side a decision is on, 0 and up.
        values: for each side an SQL value that stands for it.
    """

    name: str
    sql: str
    values: tuple[str, ...]


def boolean_digit(name: str, column: str) -> Digit:
    """Return the digit of a truth: true, false, none."""
    sql = f"CASE {column} WHEN TRUE THEN 0 WHEN FALSE THEN 1 ELSE 2 END"
    return Digit(name=name, sql=sql, values=("TRUE", "FALSE", NO_TRUTH))


def number_digit(name: str, column: str, cuts: Iterable[Limit]) -> Digit:
    """Return the digit of a number: its bands between the limits, and no number."""
    limits = sorted(cuts)
    bands = [_before(limits[0]) if limits else 0.0, *map(_after, limits)]
    sql = f"CASE WHEN {column} IS NULL THEN {len(bands)} ELSE {_tree(column, limits, 0)} END"
    return Digit(name=name, sql=sql, values=(*map(double, bands), NO_NUMBER))


def text_digit(name: str, column: str, texts: Iterable[str], *, is_closed: bool = False) -> Digit:
    """Return the digit of a text: each that is named, all others, none.

    Args:
        name: of what it is a side.
        column: where it stands.
        texts: those that are named.
        is_closed: whether the others count as none.
    """
    listed = list(texts)
    other, missing = len(listed), len(listed) + 1
    side = f"COALESCE({_place(listed, column)} - 1, {other})" if listed else str(other)
    another = NO_TEXT if is_closed else literal(_none_of(listed))
    return Digit(
        name=name,
        sql=f"CASE WHEN {column} IS NULL THEN {missing} ELSE {side} END",
        values=(*map(literal, listed), another, NO_TEXT),
    )


def type_digit(column: str, texts: Iterable[str], known: Sequence[str]) -> Digit:
    """Return the digit of the type: all known types that no row names are one.

    Args:
        column: where it stands.
        texts: the types that rows name.
        known: the types that the table knows.
    """
    named = sorted(texts)
    others = [name for name in known if name not in set(named)]
    listed = [*named, *others]
    new = len(named) + bool(others)
    sides = [*range(len(named)), *([len(named)] * len(others))]
    side = f"COALESCE([{', '.join(map(str, sides))}][{_place(listed, column)}], {new})"
    return Digit(
        name="type",
        sql=f"CASE WHEN {column} IS NULL THEN {new + 1} ELSE {side} END",
        values=(*map(literal, [*named, *others[:1]]), literal(_none_of(listed)), NO_TEXT),
    )


def number_of(codes: Sequence[str], digits: Sequence[Digit]) -> str:
    """Return the number that digits make, each with as many values as it has sides.

    Args:
        codes: SQL of which side each is on; none gives 0.
        digits: as many.
    """
    found = "0"
    for code, digit in zip(codes, digits, strict=True):
        found = f"({found} * {len(digit.values)} + {code})"
    return f"CAST({found} AS INTEGER)"


def _place(texts: Iterable[str], column: str) -> str:
    """Return which of some texts it is, from 1: fast, where a column has few different ones."""
    return f"list_position([{', '.join(map(literal, texts))}], {column})"


def _none_of(texts: Iterable[str]) -> str:
    """Return a text that is none of those."""
    taken, found = set(texts), "something else"
    while found in taken:
        found += "."
    return found


def _tree(column: str, limits: Sequence[Limit], first: int) -> str:
    """Return which band a number is in, found by halves."""
    if not limits:
        return str(first)
    middle = len(limits) // 2
    value, side = limits[middle]
    low = _tree(column, limits[:middle], first)
    high = _tree(column, limits[middle + 1 :], first + middle + 1)
    sign = "<=" if side else "<"
    return f"CASE WHEN {column} {sign} {double(value)} THEN {low} ELSE {high} END"


def _before(limit: Limit) -> float:
    value, side = limit
    return value if side else math.nextafter(value, -math.inf)


def _after(limit: Limit) -> float:
    value, side = limit
    return math.nextafter(value, math.inf) if side else value
