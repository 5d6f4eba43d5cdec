"""Two tables on a past that lies in a database: the same answers as on files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from msgspec.structs import replace

from handraise.service.backtesting.backtest import past_at
from handraise.service.backtesting.both import both_in
from handraise.service.backtesting.budget import fitted, row_of
from handraise.service.backtesting.comparison import Comparison
from handraise.service.backtesting.difference import Difference
from handraise.service.backtesting.differing import difference
from handraise.service.backtesting.fit import Fit
from handraise.service.backtesting.plan import Where
from handraise.service.backtesting.pools import budget_of
from tests.service.backtesting.test_engines import filled
from tests.support.databases import Postgres
from tests.support.two_tables import TABLE, changed, table_of

OLDER = changed(
    ("  revenue: number", "  count: number\n  vip: boolean"),
    (
        "- {when: revenue > 1000, to: finance}",
        "- {when: count > 1000, to: finance}\n    - {when: vip and count / 2 > 5, to: support}",
    ),
    text=TABLE,
)
NEWER = changed(
    ("below: 0.7", "below: {card: 0.4, else: 0.8}"),
    ("when: count > 1000, to: finance", "when: count > 500, to: desk"),
    ("routes:\n", "several: first\nroutes:\n  desk: [marc]\n"),
    text=OLDER,
)


def drawn(count: int = 400) -> list[dict[str, Any]]:
    chance = random.Random(8)
    return [
        {
            "id": f"d-{place:03d}",
            "at": f"2026-03-{1 + place % 9:02d} {place % 24:02d}:00:00",
            "type": chance.choice(("refund", "refund", "card", "card", "odd", None)),
            "confidence": chance.choice((None, 0.3, 0.4, 0.5, 0.72, 0.75, 0.9, 0.95, 1.0, 7.0)),
            "count": chance.choice((0.0, 3.0, 12.0, 501.0, 1001.0, None)),
            "vip": chance.choice((True, False, False, None)),
            "correct": chance.choice((True, True, False, None)),
            "stake": chance.choice((1.0, 20.0, -300.0, None)),
        }
        for place in range(count)
    ]


def told(where: Where) -> tuple[Difference, Fit]:
    """Return the difference of two tables, and what a budget is answered with."""
    older, newer = table_of(OLDER), table_of(NEWER)
    plan = Comparison(older=Path("old.yaml"), newer=Path("new.yaml"), where=where)
    row, budget = row_of(plan.older, older, None), budget_of("38 a day each")
    with past_at(where) as past:
        both, alone = (both_in(past, older, one, plan.columns) for one in (newer, older))
        found = difference(past, both, older, newer, plan)
        return found, fitted(past, alone, older, row, budget, plan, days_over=0.2)


def same(found: tuple[Difference, Fit]) -> tuple[Difference, Fit]:
    """Return what was told, without what is named differently, and without drawn examples."""
    result, fit = found
    assert fit.difference is not None
    return _bare(result), replace(fit, difference=_bare(fit.difference))


def _bare(result: Difference) -> Difference:
    return replace(
        result,
        engine="",
        sources=(),
        stops_now=replace(result.stops_now, examples=()),
        goes_now=replace(result.goes_now, examples=()),
        moved=replace(result.moved, examples=()),
    )


@pytest.fixture
def by_files(tmp_path: Path) -> tuple[Difference, Fit]:
    """What DuckDB says of the same rows in a Parquet file."""
    file = tmp_path / "past.parquet"
    with duckdb.connect() as connection:
        filled(connection.execute, drawn())
        connection.execute(f"COPY past TO '{file}' (FORMAT parquet)")
    found = told(Where(paths=(file,)))
    change = found[0]
    assert change.goes_now.decisions.count
    assert change.stops_now.decisions.count
    assert change.moved.decisions.count
    assert found[1].threshold is not None
    return found


def test_postgresql_says_what_files_say(
    by_files: tuple[Difference, Fit], postgres: Postgres
) -> None:
    url = postgres.create(template="template0")
    with psycopg.connect(url, autocommit=True) as connection:
        filled(connection.execute, drawn())  # type: ignore[arg-type]
    found = told(Where(engine=url, relation="public.past"))
    assert same(found) == same(by_files)
    assert len(found[0].goes_now.examples) == len(by_files[0].goes_now.examples) > 0
