"""Writing rows fast: SQLAlchemy's text, compiled once, handed to the driver with encoded values.

Core's own `execute` costs more than a hundred microseconds a row; this costs a few. Every insert of
the store goes through here, single ones too, so that there is one way of writing a row; and so do
the few other statements that an agent waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial
from operator import attrgetter
from typing import Any

from msgspec import Struct
from sqlalchemy import Boolean, Column, Connection, Table, bindparam, exc, update
from sqlalchemy.dialects import postgresql, sqlite

from handraise.store.columns import Coded

Row = Mapping[str, Any]
Encoders = tuple[tuple[str, Callable[[Any], Any] | None], ...]

_ENGINES: dict[str, Any] = {
    "postgresql": (partial(postgresql.psycopg.dialect, paramstyle="format"), postgresql.insert),
    "sqlite": (partial(sqlite.pysqlite.dialect, paramstyle="qmark"), sqlite.insert),
}


def insert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    known: bool = False,
    is_encoded: bool = False,
) -> int:
    """Write rows, each with a value for every column; return how many.

    Args:
        connection: of a write transaction.
        table: where to.
        rows: column name to value, as the records have them; may be empty. A column that may be
            NULL may be left out.
        known: pass over rows whose primary or unique key is already there, instead of failing.
        is_encoded: whether the values are as the database keeps them already, see `encoded`.
    """
    if not rows:
        return 0
    statement, encoders = _prepared(table, connection.dialect.name, known)
    if is_encoded:
        values = [tuple([row[name] for name, _ in encoders]) for row in rows]
    else:
        values = [_encoded(row, encoders) for row in rows]
    with run(connection, statement, values) as cursor:
        return int(cursor.rowcount)


def insert_records(
    connection: Connection,
    table: Table,
    records: Iterable[Struct],
    *,
    known: bool = False,
    is_encoded: bool = False,
) -> int:
    """Write records that have a field for each column, as `insert` does rows; return how many."""
    statement, encoders = _prepared(table, connection.dialect.name, known)
    fields = attrgetter(*(name for name, _ in encoders))
    values: list[tuple[Any, ...]] = [fields(record) for record in records]
    if not values:
        return 0
    if not is_encoded:
        coding = [encode for _, encode in encoders]
        values = [
            tuple(
                [
                    value if value is None or encode is None else encode(value)
                    for value, encode in zip(row, coding, strict=True)
                ]
            )
            for row in values
        ]
    with run(connection, statement, values) as cursor:
        return int(cursor.rowcount)


def add_up(connection: Connection, table: Table, number: str, rows: Sequence[Row]) -> None:
    """Write rows as the database keeps them; to one that is there already, its number is added.

    Args:
        connection: of a write transaction.
        table: where to.
        number: the column that is added up.
        rows: each with another primary key, sorted by it: two who do so never wait for each other.
    """
    _write_over(connection, table, number, rows)


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows as the database keeps them, in place of those with the same primary key."""
    _write_over(connection, table, None, rows)


def _write_over(
    connection: Connection, table: Table, number: str | None, rows: Sequence[Row]
) -> None:
    if rows:
        statement, names = _over(table, connection.dialect.name, number)
        with run(connection, statement, [tuple([row[name] for name in names]) for row in rows]):
            pass


def rewrite(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]
) -> None:
    """Write some columns of rows, as the records have them, over those with the same id."""
    statement, encoders = _rewriting(table, connection.dialect.name, tuple(names))
    with run(connection, statement, [_encoded(row, encoders) for row in rows]):
        pass


def decoders(columns: Sequence[Column[Any]]) -> tuple[Callable[[Any], Any] | None, ...]:
    """Return for each column what makes the record's value of the driver's; None for nothing."""
    return tuple(
        column.type.decode
        if isinstance(column.type, Coded)
        else bool
        if isinstance(column.type, Boolean)
        else None
        for column in columns
    )


@contextmanager
def run(
    connection: Connection, statement: str, rows: Sequence[Sequence[Any]] = ((),)
) -> Iterator[Any]:
    """Yield the driver's cursor behind a finished statement, run for each of some rows of values.

    An error of the driver inside the block comes out as it would from SQLAlchemy.
    """
    driver = connection.dialect.loaded_dbapi.Error
    with closing(connection.connection.cursor()) as cursor:
        try:
            if len(rows) == 1:
                cursor.execute(statement, rows[0])
            else:
                cursor.executemany(statement, rows)
            yield cursor
        except driver as error:
            raise exc.DBAPIError.instance(
                None, None, error, driver, hide_parameters=True, dialect=connection.dialect
            ) from error


def encoded(table: Table, row: Row) -> dict[str, Any]:
    """Return a row as the database keeps it, every column named."""
    names = tuple(column.name for column in table.columns)
    return dict(zip(names, _encoded(row, _encoders(table, names)), strict=True))


def compiled(statement: Any, engine: str) -> Any:
    """Return a statement compiled for a driver, its values by position."""
    return statement.compile(dialect=_ENGINES[engine][0]())


def _encoded(row: Row, encoders: Encoders) -> tuple[Any, ...]:
    return tuple(
        [
            value if (value := row.get(name)) is None or encode is None else encode(value)
            for name, encode in encoders
        ]
    )


@cache
def _prepared(table: Table, engine: str, known: bool) -> tuple[str, Encoders]:
    """Return the text of an insert, and the columns it takes with their encoders, in its order."""
    make_dialect, make_insert = _ENGINES[engine]
    statement = make_insert(table)
    if known:
        statement = statement.on_conflict_do_nothing()
    written = statement.compile(dialect=make_dialect())
    return written.string, _encoders(table, tuple(written.positiontup))


@cache
def _over(table: Table, engine: str, number: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the text of an insert over what is there, and the columns it takes, in its order."""
    statement = _ENGINES[engine][1](table)
    key, new = list(table.primary_key), statement.excluded
    changes: dict[str, Any] = {
        column.name: new[column.name] for column in table.columns if column not in set(key)
    }
    if number is not None:
        changes = {number: table.c[number] + new[number]}
    written = compiled(statement.on_conflict_do_update(index_elements=key, set_=changes), engine)
    return written.string, tuple(written.positiontup)


@cache
def _rewriting(table: Table, engine: str, names: tuple[str, ...]) -> tuple[str, Encoders]:
    """Return the text of an update, and the columns it takes with their encoders, in its order."""
    values = {name: bindparam(f"_{name}", type_=table.c[name].type) for name in names}
    statement = update(table).where(table.c.id == bindparam("_id")).values(values)
    written = compiled(statement, engine)
    return written.string, _encoders(table, tuple(name[1:] for name in written.positiontup))


@cache
def _encoders(table: Table, names: tuple[str, ...]) -> Encoders:
    kinds = [table.columns[name].type for name in names]
    return tuple(
        (name, kind.encode if isinstance(kind, Coded) else None)
        for name, kind in zip(names, kinds, strict=True)
    )
