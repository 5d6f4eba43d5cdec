"""The past where it already is: a table of any engine that Ibis can reach.

The very query that DuckDB runs on files is translated to the engine's own SQL and runs there; what
comes back is counts. Texts are not made into numbers here: engines differ in what they do with a
text that is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from handraise.core.gate.sql_text import identifier
from handraise.errors import InputError, SettingsError
from handraise.service.backtesting.past import Column, Kind, Part

Answer = tuple[list[str], list[tuple[Any, ...]]]
"""The names of the columns, and the lines."""

UTC_FIRST = {
    "postgres": "SET TIME ZONE 'UTC'",
    "pyspark": "SET spark.sql.session.timeZone = UTC",
}
"""What makes an engine read and write times in UTC."""

EXTRAS = {"postgresql": "postgres", "redshift": "postgres"}
"""The extra of Ibis that has an engine's driver, where it is not named like the address."""


class EnginePast:
    """A table of an engine; see `Past`."""

    can_try = False

    def __init__(self, backend: Any, relation: str) -> None:
        """Look at which columns the table has; `past_of_engine` opens it."""
        self._backend = backend
        self._relation = relation
        self.sources: tuple[str, ...] = (relation,)
        self.engine = _name_of(backend)
        self.parts: tuple[Part, ...] = (self._part(relation),)

    def lines(self, query: str) -> list[tuple[Any, ...]]:
        """Return all lines that a query gives."""
        return self._answer(query)[1]

    def arrays(self, query: str) -> dict[str, Any]:
        """Return the columns that a query gives, as NumPy arrays; masked where NULL."""
        names, lines = self._answer(query)
        columns = list(zip(*lines, strict=True)) or [()] * len(names)
        return {name: _array(values) for name, values in zip(names, columns, strict=True)}

    def _answer(self, query: str) -> Answer:
        """Return the columns and lines that a query gives.

        Ibis itself would first make a view to know the columns; what only reads needs none.
        """
        import sqlglot

        text = sqlglot.transpile(query, read="duckdb", write=self._backend.dialect)[0]
        return self._asked(lambda: _read(self._backend.raw_sql(text)))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except Exception as error:
            kind = type(error).__name__
            raise InputError(
                f"{self._relation}: {self.engine} refused the query ({kind})",
                "is it a table of decisions, with numbers where numbers are meant?",
            ) from error

    def _part(self, relation: str) -> Part:
        names = relation.split(".")
        try:
            place = {"database": tuple(names[:-1])} if len(names) > 1 else {}
            schema = self._backend.table(names[-1], **place).schema()
        except Exception as error:  # noqa: BLE001 - each engine has errors of its own
            known = _tables(self._backend)
            raise InputError(
                f'--from: {self.engine} has no table "{relation}" ({type(error).__name__})', known
            ) from None
        columns: dict[str, Column] = {}
        for name, of in schema.items():
            columns[name] = Column(sql=identifier(name), kind=_kind(of))
            if of.is_struct():
                for field, inner in of.items():
                    sql = f"{identifier(name)}.{identifier(field)}"
                    columns[f"{name}.{field}"] = Column(sql=sql, kind=_kind(inner))
        return Part(name=relation, sql=".".join(map(identifier, names)), columns=columns)


@contextmanager
def past_of_engine(url: str, relation: str) -> Iterator[EnginePast]:
    """Give the past that lies in a table of an engine.

    Args:
        url: as Ibis writes it: `postgres://…`, `pyspark://`.
        relation: the table, with its schema if it has one: `schema.table`.

    Raises:
        SettingsError: Ibis or the engine's driver is not installed.
        InputError: the engine cannot be reached, or has no such table.
    """
    try:
        import ibis
    except ImportError:
        raise SettingsError(
            "ibis-framework is not installed: --engine needs it", "pip install 'handraise[engines]'"
        ) from None
    try:
        backend = ibis.connect(url)
    except ImportError:
        extra = _extra(url)
        raise SettingsError(
            f"--engine: the driver of {extra} is not installed",
            f"pip install 'ibis-framework[{extra}]'",
        ) from None
    except Exception as error:  # noqa: BLE001 - each engine has errors of its own
        raise InputError(
            f"--engine: {shown_url(url)} cannot be reached ({type(error).__name__})",
            "an address is written as Ibis does: postgres://USER@HOST/DATABASE",
        ) from None
    try:
        first = UTC_FIRST.get(backend.name)
        if first is not None:
            answer = backend.raw_sql(first)
            if backend.name == "postgres":
                answer.close()
        yield EnginePast(backend, relation)
    finally:
        backend.disconnect()


def shown_url(url: str) -> str:
    """Return an address without all that may be a secret: who asks, and what is given along.

    Example:
        >>> shown_url("postgres://reader:secret@db.example.com/past?sslpassword=secret")
        'postgres://db.example.com/past'
    """
    scheme, is_there, rest = url.partition("://")
    plain = re.split(r"[?#]", rest, maxsplit=1)[0]
    if not is_there or "@" in rest[len(plain) :]:  # where one ends and the other begins is open
        return f"{scheme}://…" if is_there else "the address"
    return f"{scheme}://{plain.rpartition('@')[2]}"


def _extra(url: str) -> str:
    """Return the extra of Ibis with an engine's driver."""
    scheme = url.partition("://")[0]
    return EXTRAS.get(scheme, scheme)


def _name_of(backend: Any) -> str:
    try:
        return f"{backend.name} {backend.version}"
    except Exception:  # noqa: BLE001 - some engines do not tell
        return str(backend.name)


def _tables(backend: Any) -> str:
    try:
        names = sorted(backend.list_tables())[:12]
    except Exception:  # noqa: BLE001 - the hint may be missing
        return "look at its name and schema"
    return f"it has {', '.join(names)}" if names else "it has no tables"


def _kind(of: Any) -> Kind:
    """Return what a column holds, by its type in Ibis."""
    if of.is_boolean():
        return "boolean"
    if of.is_numeric():
        return "number"
    if of.is_string() or of.is_uuid():
        return "text"
    return "time" if of.is_timestamp() or of.is_date() else "other"


def _read(answer: Any) -> Answer:
    """Return what an engine's cursor or frame holds."""
    if hasattr(answer, "collect"):  # Spark's frames
        return list(answer.columns), [tuple(line) for line in answer.collect()]
    try:
        return [one[0] for one in answer.description], [tuple(line) for line in answer.fetchall()]
    finally:
        answer.close()


def _array(values: Sequence[Any]) -> Any:
    """Return values as a NumPy array, masked where they are None."""
    import numpy as np

    mask = np.array([value is None for value in values], dtype=bool)
    first = next((value for value in values if value is not None), None)
    if isinstance(first, Decimal):
        values, first = [None if one is None else float(one) for one in values], 0.0
    if first is None or isinstance(first, str):
        return np.ma.MaskedArray(np.array(values, dtype=object), mask=mask)
    kind = "datetime64[us]" if isinstance(first, datetime) else None
    kind = "datetime64[D]" if isinstance(first, date) and kind is None else kind
    filled = [first if value is None else value for value in values]
    return np.ma.MaskedArray(np.array(filled, dtype=kind), mask=mask)
