"""Small pasts in files, read and tried as `backtest` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handraise.core.table.types import Table
from handraise.service.backtesting.backtest import backtest, opened
from handraise.service.backtesting.finding import Found, column_of
from handraise.service.backtesting.past import FilePast, Past, past_of_files
from handraise.service.backtesting.plan import Columns, Plan, Where
from handraise.service.backtesting.result import Backtest


def plan_of(*paths: Path, **more: Any) -> Plan:
    """Return a plan over files; what is no part of a plan names columns."""
    own = {key: more.pop(key) for key in ("ignore_unfamiliar", "examples", "table") if key in more}
    place = own.pop("table", Path("handraise.yaml"))
    return Plan(table=place, where=Where(paths=paths), columns=Columns(**more), **own)


def cells(*paths: Path) -> list[dict[str, Any]]:
    """Return what stands in files, line by line, as it is read before it means anything."""
    found: list[dict[str, Any]] = []
    with past_of_files(paths) as past:
        for part in past.parts:
            columns = list(part.columns)
            sql = ", ".join(part.columns[name].sql for name in columns)
            lines = past.lines(f"SELECT {sql} FROM {part.sql}")
            found += [dict(zip(columns, line, strict=True)) for line in lines]
    return found


def kinds(path: Path) -> dict[str, str]:
    """Return what each column of a file holds."""
    with past_of_files([path]) as past:
        return {name: column.kind for name, column in past.parts[0].columns.items()}


@contextmanager
def found_for(table: Table, *paths: Path, **columns: Any) -> Iterator[tuple[Past, Found]]:
    """Give the past in files, read as a table's decisions."""
    with opened(plan_of(*paths, **columns), table) as both:
        yield both


def read_as(table: Table, path: Path, *keys: str, **columns: Any) -> list[tuple[Any, ...]]:
    """Return what a file's lines mean, by what each column is for."""
    with found_for(table, path, **columns) as (past, found):
        named = ", ".join(f'"{column_of(key)}"' for key in keys)
        return past.lines(f"SELECT {named} FROM {found.source}")


def tried_on(table: Table, *paths: Path, **more: Any) -> Backtest:
    """Return what a table would have done to the decisions in files."""
    plan = plan_of(*paths, **more)
    with opened(plan, table) as (past, found):
        return backtest(past, found, table, plan)


def file_past(past: Past) -> FilePast:
    """Return a past that is known to lie in files."""
    assert isinstance(past, FilePast)
    return past
