"""From records to rows and back, by the names of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Column, Table

from handraise.errors import StoreError
from handraise.model import Ask, Escalation
from handraise.store import schema

Record = TypeVar("Record", bound=Struct)
Values = dict[str, Any]


def values_of(record: Struct) -> Values:
    """Return the record's fields as a row."""
    return {name: getattr(record, name) for name in record.__struct_fields__}


@cache
def columns_of(table: Table, kind: type[Struct]) -> tuple[Column[Any], ...]:
    """Return the columns that a record of `kind` is read from, in the order of its fields."""
    return tuple(table.columns[name] for name in kind.__struct_fields__)


def record_of(kind: type[Record], row: Sequence[Any]) -> Record:
    """Return the record of a row that was selected by `columns_of`."""
    return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))


_ESCALATION_FIELDS = tuple(name for name in Escalation.__struct_fields__ if name != "asks")
own_fields = attrgetter(*_ESCALATION_FIELDS)
"""Returns everything of an escalation but its asks."""

ESCALATION_COLUMNS = tuple(schema.escalations.columns[name] for name in _ESCALATION_FIELDS)
ASK_COLUMNS = columns_of(schema.asks, Ask)


def escalation_values(escalation: Escalation) -> Values:
    """Return the row of an escalation, its asks apart.

    Raises:
        StoreError: it is open with nobody asked, or has ended with somebody asked: never kept.
    """
    waiting = any(ask.state == "open" for ask in escalation.asks)
    if waiting != (escalation.state == "open"):
        raise StoreError(f"escalation {escalation.id} is {escalation.state}, but its asks are not")
    decision = escalation.decision
    return {
        **{name: getattr(escalation, name) for name in _ESCALATION_FIELDS},
        "case": escalation.case,
        "type": decision.type if isinstance(decision.type, str) else None,
        "action": decision.action if isinstance(decision.action, str) else None,
    }


def ask_values(escalation: Escalation, ask: Ask, position: int) -> Values:
    """Return the row of one ask."""
    return {**values_of(ask), "escalation_id": escalation.id, "position": position}


def escalations_of(rows: Iterable[Sequence[Any]]) -> list[Escalation]:
    """Return the escalations of rows of ESCALATION_COLUMNS and ASK_COLUMNS, an ask a row."""
    width = len(ESCALATION_COLUMNS)
    records = []
    for _, group in groupby(rows, key=lambda row: row[0]):
        parts = list(group)
        fields = dict(zip(_ESCALATION_FIELDS, parts[0][:width], strict=True))
        asks = tuple(record_of(Ask, part[width:]) for part in parts)
        records.append(Escalation(**fields, asks=asks))
    return records
