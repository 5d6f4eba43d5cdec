"""The past as a relation that SQL can be asked of: labelled files, through DuckDB.

A value is read as what it is meant to be, or it is NULL: what is no number is no usable number, as
it would not be in the gate. Nothing is written, and nothing but the files named is read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

from handraise.core.gate.sql_text import identifier, literal
from handraise.core.table.parsing import nearest
from handraise.errors import InputError
from handraise.service.backtesting.csv_lines import (
    ONE_ROW_A_LINE,
    check_lines,
    first_line,
    too_long,
)
from handraise.service.reading.files import files_of
from handraise.service.reading.labelled import separator_of
from handraise.service.reading.lines import MAX_LINE_BYTES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["number", "text", "boolean", "time", "other"]
MEMORY = "700MB"
LOOKED_AT = 10_000
"""So many lines of a JSONL file are looked at to know its columns."""

NUMBERS = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)", re.ASCII)


class Column(Struct, frozen=True, kw_only=True):
    """A column of the past.

    Attributes:
        sql: how it is read.
        kind: what it holds.
        empty_is_missing: whether an empty text is a missing one, as in CSV.
        json_type: SQL of the type that each value has in JSON; empty where values have none of
            their own.
    """

    sql: str
    kind: Kind
    empty_is_missing: bool = False
    json_type: str = ""


class Part(Struct, frozen=True, kw_only=True):
    """One file: what stands behind FROM, and its columns by name."""

    name: str
    sql: str
    columns: dict[str, Column]


class Past(Protocol):
    """Decisions of the past, wherever they lie.

    Attributes:
        parts: the relations they are read from, all with the wanted columns.
        sources: their names, for people.
        engine: what answers, with its version.
        can_try: whether a text that is no number can be made NULL.
    """

    parts: tuple[Part, ...]
    sources: tuple[str, ...]
    engine: str
    can_try: bool

    def lines(self, query: str) -> list[tuple[Any, ...]]:
        """Return all lines that a query gives, as plain values."""
        ...

    def arrays(self, query: str) -> dict[str, Any]:
        """Return the columns that a query gives, as NumPy arrays; masked where NULL."""
        ...


class DuckPast:
    """What DuckDB reads; see `Past`.

    Attributes:
        parts: the relations that are read.
        sources: their names.
        engine: DuckDB with its version.
    """

    can_try = True

    def __init__(self, connection: DuckDBPyConnection, sources: tuple[str, ...]) -> None:
        """Keep the connection; nothing is read yet."""
        import duckdb

        self._connection = connection
        self.sources = sources
        self.engine = f"duckdb {duckdb.__version__}"
        self.parts: tuple[Part, ...] = ()
        self._kept: dict[str, str] = {}

    def lines(self, query: str) -> list[tuple[Any, ...]]:
        """Return all lines that a query gives."""
        found: list[tuple[Any, ...]] = self._asked(
            lambda: self._connection.execute(query).fetchall()
        )
        return found

    def arrays(self, query: str) -> dict[str, Any]:
        """Return the columns that a query gives, as NumPy arrays; masked where NULL."""
        found: dict[str, Any] = self._asked(lambda: self._connection.execute(query).fetchnumpy())
        return found

    def keep(self, query: str) -> str:
        """Keep what a query gives as a table for as long as this is open; return its name.

        The same query is asked only once.
        """
        if query not in self._kept:
            name = f"hr_kept{len(self._kept)}"
            self._asked(lambda: self._connection.execute(f"CREATE TEMP TABLE {name} AS {query}"))
            self._kept[query] = name
        return self._kept[query]

    def append(self, name: str, pairs: Sequence[tuple[int, float]]) -> None:
        """Put lines into a kept table of two columns."""
        query = f"INSERT INTO {name} SELECT unnest(?::BIGINT[]), unnest(?::DOUBLE[])"
        columns = [[one for one, _ in pairs], [other for _, other in pairs]]
        self._asked(lambda: self._connection.execute(query, columns))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        import duckdb

        try:
            return ask()
        except (duckdb.ParserException, duckdb.BinderException):
            raise  # our own query is wrong: no file can be blamed for that
        except duckdb.Error as error:
            raise InputError(*_trouble(str(error), self.sources)) from None

    def columns(self, sql: str) -> dict[str, Column]:
        """Return the columns of a relation, those of its records as `name.field`."""
        columns: dict[str, Column] = {}
        for name, kind, *_ in self.lines(f"DESCRIBE SELECT * FROM {sql}"):
            columns[name] = Column(sql=identifier(name), kind=kind_of(kind))
            if kind.startswith("STRUCT"):
                inner = self.lines(f"DESCRIBE SELECT {identifier(name)}.* FROM {sql}")
                for field, of, *_ in inner:
                    column = Column(sql=f"{identifier(name)}.{identifier(field)}", kind=kind_of(of))
                    columns[f"{name}.{field}"] = column
        return columns


class FilePast(DuckPast):
    """Labelled files; see `Past`."""

    def __init__(self, paths: Sequence[Path], connection: DuckDBPyConnection) -> None:
        """Look at which columns the files have; `past_of_files` opens them."""
        files = files_of(paths)
        super().__init__(connection, tuple(map(str, files)))
        self.parts = tuple(self._part(file) for file in files)

    def _part(self, file: Path) -> Part:
        name = file.name.lower().removesuffix(".gz")
        if name.endswith(".parquet"):
            return self._parquet(file)
        if name.endswith((".jsonl", ".ndjson")):
            return self._jsonl(file)
        return _csv(file)

    def _parquet(self, file: Path) -> Part:
        sql = f"read_parquet({_pattern(file)}, hive_partitioning = false)"
        columns = self.columns(sql)
        written = {
            name for (name,) in self.lines(f"SELECT name FROM parquet_schema({_pattern(file)})")
        }
        for name in columns:
            renamed = next((one for one in (name, name.partition(".")[2]) if one in written), None)
            if renamed is None:
                raise InputError(
                    f'{file}: another column differs from "{name[:-2]}" in its case alone',
                    "rename one of them",
                )
        return Part(name=str(file), sql=sql, columns=columns)

    def _jsonl(self, file: Path) -> Part:
        lines, wrong = f"read_ndjson_objects({_pattern(file)})", f"JSON: {file.resolve()}"
        refused = f"CAST(error({literal(wrong)}) AS BOOLEAN)"
        is_object = f"CASE WHEN json_type(json) = 'OBJECT' THEN TRUE ELSE {refused} END"
        sql = f"(SELECT json FROM {lines} WHERE {is_object}) objects"
        some = f"(SELECT json FROM {sql} LIMIT {LOOKED_AT})"
        names = self.lines(f"SELECT DISTINCT unnest(json_keys(json)) FROM {some}")
        each = (
            f"SELECT unnest(json_keys(json)) of, unnest(json_extract(json, '$.*')) held FROM {some}"
        )
        inner = self.lines(
            f"SELECT DISTINCT of, unnest(json_keys(held)) FROM ({each}) "
            "WHERE json_type(held) = 'OBJECT'"
        )
        columns = {".".join(path): _json_column(*path) for path in sorted([*names, *inner])}
        return Part(name=str(file), sql=sql, columns=columns)


class DatabasePast(DuckPast):
    """A table of a DuckDB file; see `Past`. Ibis 12 cannot read with DuckDB 2, so we do."""

    def __init__(self, relation: str, connection: DuckDBPyConnection) -> None:
        """Look at which columns the table has; `past_of_database` opens it.

        Raises:
            InputError: there is no such table.
        """
        super().__init__(connection, (relation,))
        names = self.lines("SELECT table_schema, table_name FROM information_schema.tables")
        meant = [
            (schema, name)
            for schema, name in names
            if relation == f"{schema}.{name}" or (schema == "main" and relation == name)
        ]
        if not meant:
            known = [name if schema == "main" else f"{schema}.{name}" for schema, name in names]
            listed = f"it has {', '.join(sorted(known)[:12])}" if known else "it has no tables"
            hint = nearest(relation, known, listed)
            raise InputError(f'--from: {self.engine} has no table "{relation}"', hint)
        if len(meant) > 1:
            raise InputError(
                f'--from: two tables are named "{relation}"',
                f"the one without a schema is main.{relation}",
            )
        sql = ".".join(map(identifier, meant[0]))
        self.parts = (Part(name=relation, sql=sql, columns=self.columns(sql)),)


CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": MEMORY,
    "preserve_insertion_order": False,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


@contextmanager
def past_of_files(paths: Sequence[Path]) -> Iterator[FilePast]:
    """Give the past that lies in files and folders.

    Raises:
        InputError: a file is missing, of another kind, or cannot be read.
    """
    import duckdb

    resolved = {file.resolve().parent for file in files_of(paths)}
    folders = sorted({one for folder in resolved for one in (str(folder), _escaped(folder))})
    with duckdb.connect(config=CONFIG) as connection:
        connection.execute("SET allowed_directories = ?", [folders])
        _closed(connection)
        yield FilePast(paths, connection)


@contextmanager
def past_of_database(file: Path, relation: str) -> Iterator[DatabasePast]:
    """Give the past that lies in a table of a DuckDB file; nothing is written there.

    Raises:
        InputError: it is no DuckDB file, or has no such table.
    """
    import duckdb

    try:
        opened = duckdb.connect(str(file), read_only=True, config=CONFIG)
    except duckdb.Error:
        is_there = file.is_file()
        raise InputError(
            f"--engine: {file}: {'is no DuckDB file' if is_there else 'there is no such file'}",
            "an address is written as duckdb://FILE",
        ) from None
    with opened as connection:
        _closed(connection)
        yield DatabasePast(relation, connection)


def _closed(connection: DuckDBPyConnection) -> None:
    """Let a connection reach nothing but what it was opened for."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would stand in what is printed
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def kind_of(written: str) -> Kind:
    """Return what a column of a type holds, by the type's name in DuckDB."""
    if written.endswith("]"):
        return "other"  # a list, whatever of
    if NUMBERS.fullmatch(written):
        return "number"
    if written.startswith(("VARCHAR", "ENUM", "UUID")):
        return "text"
    if written.startswith(("TIMESTAMP", "DATE")):
        return "time"
    return "boolean" if written == "BOOLEAN" else "other"


def _csv(file: Path) -> Part:
    """Return a CSV file as texts; its separator is found as everywhere, from its first line."""
    header = first_line(file)
    check_lines(file)
    separator = separator_of(header, ())
    names = next(csv.reader([header], delimiter=separator), [])
    repeated = next((name for name in names if name and names.count(name) > 1), None)
    if repeated is not None:
        raise InputError(
            f'{file}: column "{repeated}" stands there more than once', "rename all but one"
        )
    kinds = ", ".join(f"'{_place(place)}': 'VARCHAR'" for place in range(len(names)))
    sql = (
        f"read_csv({_pattern(file)}, header = true, auto_detect = false, all_varchar = true, "
        f"delim = {literal(separator)}, quote = '\"', escape = '\"', columns = {{{kinds}}}, "
        f"max_line_size = {MAX_LINE_BYTES})"
    )
    columns = {
        name: Column(sql=_place(place), kind="text", empty_is_missing=True)
        for place, name in enumerate(names)
        if name
    }
    return Part(name=str(file), sql=sql, columns=columns)


def _place(place: int) -> str:
    """Return the name of a column in SQL, where names may differ in more than their case."""
    return f"column{place}"


def _pattern(file: Path) -> str:
    """Return a path as a literal; it is a pattern to DuckDB, so its signs stand in brackets."""
    return literal(_escaped(file.resolve()))


def _escaped(path: Path) -> str:
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _json_column(*names: str) -> Column:
    place = _json_path(*names)
    return Column(sql=f"(json ->> {place})", kind="text", json_type=f"json_type(json, {place})")


def _json_path(*names: str) -> str:
    quoted = ".".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return literal(f"$.{quoted}")


def _trouble(message: str, sources: Sequence[str]) -> tuple[str, str]:
    """Return where DuckDB stumbled and what to do; never what stands in the file."""
    place = next((name for name in sources if str(Path(name).resolve()) in message), sources[0])
    line = re.search(r"[Ll]ine:? (\d+)", message)
    where = f"{place}:{line.group(1)}" if line else place
    if "Maximum line size" in message:
        return too_long(where), ONE_ROW_A_LINE
    if "maximum_object_size" in message:
        return f"{where}: has an object that is too large", ONE_ROW_A_LINE
    if "Permission Error" in message:
        return (
            f"{where}: reads from outside of its database, which is not allowed",
            "copy what it reads into a table",
        )
    if "memory" in message.lower():
        return f"{where}: needs more memory than {MEMORY}", "try it on a part, or write Parquet"
    if "Expected Number of Columns" in message:
        return f"{where}: has another number of values than columns", "put quotes around values"
    if "unicode" in message.lower() or "not utf-8" in message.lower():
        return f"{where}: not UTF-8 text", "save it as UTF-8"
    if "JSON" in message:
        return f"{where}: is no JSON object", "expected one JSON object a line"
    if "CSV" in message or "quote" in message.lower():
        return f"{where}: is no CSV", "look at the quotes of this row"
    return f"{where}: cannot be read", "is it damaged? write it again"
