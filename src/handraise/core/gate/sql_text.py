"""Small pieces of SQL text that mean the same on every engine; nothing a user wrote stays bare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.expression import MAX_MAGNITUDE

BITS = 60
"""How many signals fit into one column; a sum of them stays exact in 64 bits."""

NEVER_PAST = 1e307
"""A product or quotient below this is finite; what could be larger is not worked out."""

ALL_WHOLE = 2.0**53
"""From here on, every number that is held is whole."""


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


def bits(prefix: str, truths: list[str]) -> dict[str, str]:
    """Return the columns of bits by their names: a bit for each of the truths."""
    found = {}
    for place in range(0, len(truths), BITS):
        bits = [
            f"CASE WHEN {one} THEN {1 << bit} ELSE 0 END"
            for bit, one in enumerate(truths[place : place + BITS])
        ]
        found[f"{prefix}{place // BITS}"] = f"CAST({' + '.join(bits)} AS BIGINT)"
    return found


def words(sql: str) -> Iterator[str]:
    """Yield the names that an expression of ours reads; what stands in quotes is no name."""
    for place, part in enumerate(sql.split("'")):
        if place % 2 == 0:
            yield from "".join(one if one.isalnum() or one == "_" else " " for one in part).split()


def listed(texts: Iterable[str]) -> str:
    """Return texts as what stands behind IN."""
    return ", ".join(map(literal, texts)) or "NULL"


def finite(name: str) -> str:
    """Return a number that is on the real line, else NULL; NaN is greater than all numbers."""
    low, high = double(-MAX_MAGNITUDE), double(MAX_MAGNITUDE)
    return f"CASE WHEN {name} > {low} AND {name} < {high} THEN {name} END"


def whole(name: str, usable: str) -> str:
    """Return a number that is whole, else NULL; where FLOOR may not reach, all of them are."""
    return (
        f"CASE WHEN ABS({name}) >= {double(ALL_WHOLE)} THEN {usable} "
        f"WHEN {name} = FLOOR({name}) THEN {usable} END"
    )


def calibrated(fitted: CalibrationMap, stated: str) -> str:
    """Return what a map makes of a stated confidence, term by term as `calibrated` does.

    What is missing is told first: LEAST and GREATEST would leave it out and name an end.
    """
    pieces = []
    for (x0, y0), (x1, y1) in pairwise(fitted.knots):
        found = f"{double(y0)} + ({stated} - {double(x0)}) * {double((y1 - y0) / (x1 - x0))}"
        pieces.append(f"LEAST(GREATEST({found}, {double(y0)}), {double(y1)})")
    cases = " ".join(
        f"WHEN {stated} < {double(x1)} THEN {piece}"
        for (x1, _), piece in zip(fitted.knots[1:-1], pieces, strict=False)
    )
    return f"CASE WHEN {stated} IS NULL THEN NULL {cases} ELSE {pieces[-1]} END"


def worked_out(operator: str, one: str, other: str) -> str:
    """Return a sum, product or quotient, NULL where it would divide by zero or overflow."""
    if operator in "+-":
        return f"({one} {operator} {other})"
    past = double(NEVER_PAST)
    result = f"{one} {operator} {other}"
    if operator == "*":
        safe = f"CASE WHEN ABS({one}) < {past} / ABS({other}) THEN {result} END"
        return f"CASE WHEN ABS({other}) > 1 THEN {safe} ELSE {result} END"
    safe = f"CASE WHEN ABS({one}) < {past} * ABS({other}) THEN {result} END"
    return f"CASE WHEN {other} = 0 THEN NULL WHEN ABS({other}) < 1 THEN {safe} ELSE {result} END"


def in_turn(parts: list[str], *, until: bool) -> str:
    """Return parts looked at one after the other until one is `until`; NULL where one is."""
    found = parts[-1]
    for part in reversed(parts[:-1]):
        true, false = ("TRUE", found) if until else (found, "FALSE")
        found = f"CASE {part} WHEN TRUE THEN {true} WHEN FALSE THEN {false} END"
    return found
