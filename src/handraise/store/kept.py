"""Rows as they are kept: what the driver reads, nothing decoded, so that a digest can commit to it.

A value that somebody wrote past us comes back as it is, and is never an error here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Boolean, Connection, Table, bindparam, select

from handraise.core.record import state_of
from handraise.model import Head, SealedDecision
from handraise.store.inserts import compiled, run
from handraise.store.schema import asks, decisions, escalations

Row = dict[str, Any]

CONTENT = ("facts", "proposal")
SEAL = ("salt", "content_digest", "sealed_with", "seal")
_MANY = 100


def is_readable(head: Head) -> bool:
    """Whether the row that says where the chain ends holds what it can: SQLite takes anything."""
    numbers = type(head.seq) is int and type(head.count) is int
    return numbers and head.seq >= 0 and isinstance(head.link, str)


def kept_rows(
    connection: Connection, table: Table, by: str, values: Sequence[str], order: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the rows whose column `by` has one of some values.

    Args:
        connection: to read from.
        table: of which table.
        by: the column.
        values: any number; the rows of a hundred are read at a time.
        order: the columns to sort by, within each hundred.
    """
    for start in range(0, len(values), _MANY):
        part = list(values[start : start + _MANY])
        count = 1 if len(part) == 1 else _MANY
        part += part[-1:] * (count - len(part))
        text = _reading(table, connection.dialect.name, by, tuple(order), count)
        with run(connection, text, [part]) as cursor:
            found = cursor.fetchall()
        yield from as_rows(table, found)


def as_rows(table: Table, found: Iterable[Any]) -> Iterator[Row]:
    """Yield what a driver read of all columns of a table, in their order, as rows."""
    names, flags = _shape(table)
    for values in found:
        row = dict(zip(names, values, strict=True))
        for name in flags:
            if row[name] in {0, 1}:  # SQLite's
                row[name] = bool(row[name])
        yield row


def states_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return how escalations stand, each as the text that the record commits to."""
    rows = list(kept_rows(connection, escalations, "id", ids))
    asked = kept_rows(connection, asks, "escalation_id", ids, ("escalation_id", "position"))
    by_id = {id: list(found) for id, found in groupby(asked, key=lambda row: row["escalation_id"])}
    return {row["id"]: state_of(row, by_id.get(row["id"], [])) for row in rows}


def sealed_decision(row: Row) -> SealedDecision:
    """Return a row of `decisions`, as it is kept, for sealing or checking."""
    return SealedDecision(
        id=row["id"],
        fields={
            name: value
            for name, value in row.items()
            if value is not None and name not in CONTENT and name not in SEAL
        },
        content=tuple(row[name] for name in CONTENT),
        salt=row["salt"],
        content_digest=row["content_digest"],
        group=row["sealed_with"],
        seal=row["seal"],
    )


def sealed_in(connection: Connection, groups: Sequence[str]) -> Iterator[SealedDecision]:
    """Yield the decisions of some groups, each group's together and in the order of their ids."""
    for row in kept_rows(connection, decisions, "sealed_with", groups, ("sealed_with", "id")):
        yield sealed_decision(row)


@cache
def _reading(table: Table, engine: str, by: str, order: tuple[str, ...], count: int) -> str:
    places = [bindparam(f"value_{place}", type_=table.c[by].type) for place in range(count)]
    found = select(table).where(table.c[by].in_(places))
    text: str = compiled(found.order_by(*(table.c[name] for name in order)), engine).string
    return text


@cache
def _shape(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    flags = [column.name for column in table.columns if isinstance(column.type, Boolean)]
    return tuple(table.columns.keys()), tuple(flags)
