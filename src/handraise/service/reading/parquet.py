"""Cells of Parquet files, with DuckDB (extra `learn`): no network, no files of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from handraise.errors import InputError, SettingsError
from handraise.service.reading.files import Cells, Reading, check_column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_AT_ONCE = 2_048


def parquet_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Iterator[Cells]:
    """Yield the wanted cells of each row of a Parquet file, as text; None for null.

    Raises:
        InputError: the file cannot be read, or a wanted column is missing or no single values.
        SettingsError: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise SettingsError(
            f"{path}: Parquet needs the package duckdb", "pip install 'handraise[learn]'"
        ) from None
    place = path.resolve()
    # A path is a pattern to DuckDB: each of its signs stands for itself in brackets.
    pattern = re.sub(r"([*?\[])", r"[\1]", str(place))
    try:
        with _connected(place.parent) as connection:
            named = _parquet_columns(path, pattern, connection)
            reading.names.update(dict.fromkeys(named))
            for column in wanted:
                check_column(str(path), column, list(named))
                _check_single(path, column, named[column])
            chosen = [f"CAST({_quoted(column)} AS VARCHAR)" for column in wanted]
            if reading.whole is not None:
                chosen += [_comparable(column, kind) for column, kind in named.items()]
            count = _number(
                connection, "SELECT sum(num_rows) FROM parquet_file_metadata(?)", pattern
            )
            read, size = 0, place.stat().st_size
            reading.done_bytes = lambda: size * read // max(count, 1)
            rows = connection.execute(
                f"SELECT {', '.join(chosen)} FROM read_parquet(?, hive_partitioning = false)",  # noqa: S608 - quoted
                [pattern],
            )
            while some := rows.fetchmany(ROWS_AT_ONCE):
                for row in some:
                    read += 1
                    if reading.whole is not None:
                        reading.whole(zip(named, row[len(wanted) :], strict=True))
                        row = row[: len(wanted)]
                    yield None, row
    except duckdb.Error:
        raise InputError(
            f"{path}: is no Parquet file, or damaged", "write it again, in groups of fewer rows"
        ) from None


@contextmanager
def _connected(folder: Path) -> Iterator[DuckDBPyConnection]:
    """Give a DuckDB that reads this folder and nothing else, and writes nothing."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "1GB",
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would stand in what is printed
        connection.execute("SET allowed_directories = ?", [[str(folder)]])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _parquet_columns(path: Path, pattern: str, connection: DuckDBPyConnection) -> dict[str, str]:
    """Return the type of each column, as DuckDB writes it."""
    rows = connection.execute(
        "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)", [pattern]
    ).fetchall()
    return {name: kind for name, kind, *_ in rows}


def _check_single(path: Path, column: str, kind: str) -> None:
    """Refuse a column of lists, objects or bytes."""
    if kind.startswith(("STRUCT", "MAP", "UNION", "BLOB", "VARIANT")) or kind.endswith("]"):
        raise InputError(
            f'{path}: column "{column}": expected single values, found {kind.split("(")[0]}',
            "name a column of single values",
        )


def _comparable(column: str, kind: str) -> str:
    """Return what tells a column's values apart: their text, but lists and objects as they are."""
    is_nested = kind.startswith("STRUCT") or kind.endswith("]")
    return _quoted(column) if is_nested else f"CAST({_quoted(column)} AS VARCHAR)"


def _number(connection: DuckDBPyConnection, query: str, pattern: str) -> int:
    found = connection.execute(query, [pattern]).fetchone()
    return int(found[0]) if found else 0


def _quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
