"""A first look over the past: how many decisions, from when to when, and what cannot be used."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from handraise.core.gate.sql_text import double, identifier
from handraise.core.instants import tellable
from handraise.core.table.expression import MAX_MAGNITUDE
from handraise.service.backtesting.finding import Found, column_of
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.result import Unusable

NO_TIME = "CAST(NULL AS TIMESTAMP)"
MOST = math.nextafter(MAX_MAGNITUDE, 0.0)
MOST_MINUTES = 1e6
"""Nobody works on one decision for two years; a longer time is not usable."""


BESIDE = frozenset({"at", "correct", "stake", "handling", "id", "text"})
"""What no row reads: what is missing there stops nothing."""


class Seen(Struct, frozen=True, kw_only=True):
    """What a first look shows.

    Attributes:
        decisions: how many lines there are.
        first: the earliest instant, ISO 8601 in UTC; empty where times are not known.
        last: the latest.
        unusable: columns with values that were missing or could not be used.
    """

    decisions: int
    first: str
    last: str
    unusable: tuple[Unusable, ...]


def looked_over(past: Past, found: Found) -> Seen:
    """Return how many decisions there are, from when to when, and what cannot be used."""
    keys = list(found.columns)
    counts = [f"COUNT({_usable(key, found)})" for key in keys]
    given = [f"COUNT(CASE WHEN {found.given[key]} THEN 1 END)" for key in keys]
    times = ['MIN("at")', 'MAX("at")'] if "at" in found.has else [NO_TIME, NO_TIME]
    asked = ["COUNT(*)", *times, *counts, *given]
    named = ", ".join(f"{sql} c{place}" for place, sql in enumerate(asked))
    query = f"SELECT {named} FROM {found.source}"
    ((decisions, first, last, *rest),) = past.lines(query)
    unusable: dict[str, Unusable] = {}
    for key, usable, there in zip(keys, rest[: len(keys)], rest[len(keys) :], strict=True):
        column, stops = found.columns[key], key not in BESIDE
        if usable < decisions and (column not in unusable or stops):
            unusable[column] = Unusable(
                column=column,
                missing=decisions - there,
                unreadable=there - usable,
                stops=stops,
            )
    return Seen(
        decisions=decisions,
        first=instant(first),
        last=instant(last),
        unusable=tuple(unusable.values()),
    )


def usable_handling() -> str:
    """Return the minutes that a person worked on a decision, as SQL: NULL where nobody knows."""
    return f'CASE WHEN "handling" > 0 AND "handling" < {double(MOST_MINUTES)} THEN "handling" END'


def _usable(key: str, found: Found) -> str:
    """Return something that is NULL where a value is missing, or no usable number."""
    column = identifier(column_of(key))
    if key == "handling":
        return usable_handling()
    low, high = (0.0, 1.0) if key == "confidence" else (-MOST, MOST)
    if key not in found.numbers:
        return column
    return f"CASE WHEN {column} >= {double(low)} AND {column} <= {double(high)} THEN 1 END"


def instant(value: Any) -> str:
    """Return an instant in UTC as ISO 8601; empty for none."""
    if not isinstance(value, datetime):
        return ""
    at = tellable(value, UTC) or value.replace(tzinfo=UTC)
    return at.isoformat().replace("+00:00", "Z")
