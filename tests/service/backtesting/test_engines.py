"""The past where it already is: the same query on DuckDB, PostgreSQL and Spark, through Ibis."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from msgspec.structs import replace

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.errors import Error, InputError, SettingsError
from handraise.service.backtesting.backtest import backtest, opened
from handraise.service.backtesting.counting import judged_past
from handraise.service.backtesting.engines import past_of_engine, shown_url
from handraise.service.backtesting.past import past_of_database
from handraise.service.backtesting.plan import Columns, Plan, Where
from handraise.service.backtesting.playing import arrivals_of
from handraise.service.backtesting.result import Backtest
from tests.support.databases import Postgres

TABLE = """\
handraise: 1
agent: agent
owner: priya
people:
  dana: {name: Dana, contact: "mailto:dana@example.com"}
  ines: {name: Ines, contact: "mailto:ines@example.com"}
  priya: {name: Priya, contact: "mailto:priya@example.com"}
routes: {support: [dana], finance: [ines]}
actions: {reply: low, refund: high, delete: critical}
facts:
  revenue: {type: number, from: {refund: proposal.refund * 12 / proposal.months}, otherwise: 0}
  count: integer
  vip: boolean
  reason: one of [fraud, other]
known: [refund_request, card_lost, "it's \\\\ odd"]
escalate:
  confidence:
    - {below: {card_lost: 0.5, else: 0.72}, to: support}
  consequence:
    - {when: abs(revenue) > 5000, to: finance}
    - {when: "count / (count - 3) > 2 and not vip", to: finance, for: {type: [card_lost]}}
    - {when: "10 < min(count, 40) <= 30 or max(revenue, count) == 7", to: support}
    - {when: 'reason in ["fraud"] and severity >= "high"', to: support}
    - {severity: critical, to: owner}
  novelty:
    - {unknown: type, to: support}
"""
NUMBERS = (None, 0.0, 1.0, 3.0, 7.0, 20.0, 12.5, -6200.0, 5000.0, 1e299, math.nan, math.inf)


def drawn(count: int = 400) -> list[dict[str, Any]]:
    chance = random.Random(11)
    return [
        {
            "id": f"d-{place}",
            "at": f"2026-03-{1 + place % 28:02d} {place % 24:02d}:{place % 60:02d}:00",
            "type": chance.choice(("refund_request", "card_lost", "it's \\ odd", "new", None)),
            "action": chance.choice(("reply", "refund", "refund", "delete", "fly", None)),
            "confidence": chance.choice((None, 0.3, 0.5, 0.72, 0.9, 1.0, 7.0, math.nan)),
            "proposal.refund": chance.choice(NUMBERS),
            "proposal.months": chance.choice((0.0, 1.0, 12.0, None, 1e-200)),
            "count": chance.choice(NUMBERS),
            "vip": chance.choice((True, False, None)),
            "reason": chance.choice(("fraud", "other", "else", None)),
            "correct": chance.choice((True, True, False, None)),
            "stake": chance.choice((None, 10.0, -250.5, math.nan)),
        }
        for place in range(count)
    ]


KINDS = {"vip": "BOOLEAN", "correct": "BOOLEAN", "at": "TIMESTAMP"} | dict.fromkeys(
    ("confidence", "proposal.refund", "proposal.months", "count", "stake"), "DOUBLE PRECISION"
)


def filled(execute: Callable[[str], Any], rows: list[dict[str, Any]]) -> None:
    """Make the table `past` and fill it; `execute` runs SQL."""
    columns = ", ".join(f'"{name}" {KINDS.get(name, "VARCHAR")}' for name in rows[0])
    execute(f"CREATE TABLE past ({columns})")
    lines = ", ".join(f"({', '.join(map(_cell, row.items()))})" for row in rows)
    execute(f"INSERT INTO past VALUES {lines}")


def _cell(pair: tuple[str, Any]) -> str:
    name, value = pair
    if value is None:
        return "NULL"
    quoted = str(value).replace("'", "''")
    return f"CAST('{quoted}' AS {KINDS.get(name, 'VARCHAR')})"


@pytest.fixture
def table() -> Table:
    reading = read(TABLE)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


@pytest.fixture
def by_files(table: Table, tmp_path: Path) -> Backtest:
    """What DuckDB says of the same rows in a Parquet file."""
    file = tmp_path / "past.parquet"
    with duckdb.connect() as connection:
        filled(connection.execute, drawn())
        connection.execute(f"COPY past TO '{file}' (FORMAT parquet)")
    return told(table, Where(paths=(file,)))


def told(table: Table, where: Where) -> Backtest:
    plan = Plan(table=Path("handraise.yaml"), where=where, columns=Columns())
    with opened(plan, table) as (past, found):
        result = backtest(past, found, table, plan)
        arrivals = arrivals_of(past, judged_past(table, found), has_handling=False)
        assert len(arrivals.at) == result.rate.count
    return result


def same(result: Backtest) -> Backtest:
    """Return a result without what is named differently, and without the drawn examples."""
    bare = replace(result, engine="", sources=())
    return replace(
        bare,
        alone=replace(bare.alone, examples=()),
        stopped=replace(bare.stopped, examples=()),
    )


def test_an_engine_of_duckdb_says_what_files_say(
    table: Table, by_files: Backtest, tmp_path: Path
) -> None:
    place = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(place)) as connection:
        filled(connection.execute, drawn())
    found = told(table, Where(engine=f"duckdb://{place}", relation="main.past"))
    assert same(found) == same(by_files)
    assert found.engine.startswith("duckdb ")
    assert 0 < found.rate.count < found.decisions
    assert all(line.fired.count for line in found.rows)


def test_postgresql_says_what_files_say(
    table: Table, by_files: Backtest, postgres: Postgres
) -> None:
    url = postgres.create(template="template0")
    with psycopg.connect(url, autocommit=True) as connection:
        filled(connection.execute, drawn())  # type: ignore[arg-type]
    found = told(table, Where(engine=url, relation="public.past"))
    assert same(found) == same(by_files)
    assert found.engine.startswith("postgres ")
    assert {one.id for one in found.alone.examples} == {one.id for one in by_files.alone.examples}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE texts (type VARCHAR, confidence VARCHAR)")
    bare = replace(table, actions={}, rows=table.rows[:1])
    with pytest.raises(InputError, match='"confidence": expected numbers, found texts'):
        told(bare, Where(engine=url, relation="texts"))
    with pytest.raises(InputError, match=r'postgres [\d.]+ has no table "decisions"'):
        told(bare, Where(engine=url, relation="decisions"))


@pytest.mark.filterwarnings("ignore")  # of what Spark and pandas say to each other
def test_spark_says_what_files_say(table: Table, by_files: Backtest, spark: Any) -> None:
    frame = spark.createDataFrame([], schema="one INT")
    assert frame.count() == 0
    names = ", ".join(f"`{name}`" for name in drawn(1)[0])
    kinds = {"BOOLEAN": "BOOLEAN", "TIMESTAMP": "TIMESTAMP", "DOUBLE PRECISION": "DOUBLE"}
    spark.sql("SET spark.sql.session.timeZone = UTC")
    lines = ", ".join(
        "(" + ", ".join(_spark_cell(name, value, kinds) for name, value in row.items()) + ")"
        for row in drawn()
    )
    spark.sql(f"SELECT * FROM VALUES {lines} AS past({names})").createOrReplaceTempView("past")
    found = told(table, Where(engine="pyspark://", relation="past"))
    assert same(found) == same(by_files)
    assert found.engine.startswith("pyspark ")


def _spark_cell(name: str, value: Any, kinds: dict[str, str]) -> str:
    kind = kinds.get(KINDS.get(name, ""), "STRING")
    if value is None:
        return f"CAST(NULL AS {kind})"
    quoted = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"CAST('{quoted}' AS {kind})"


def test_what_a_database_cannot_give_is_said(table: Table, tmp_path: Path) -> None:
    place = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute("CREATE TABLE past (type VARCHAR, confidence VARCHAR)")
    with pytest.raises(InputError, match='no table "decisions"') as raised:
        told(table, Where(engine=f"duckdb://{place}", relation="decisions"))
    assert raised.value.hint == "it has past"
    with pytest.raises(InputError, match="there is no such file"):
        told(table, Where(engine=f"duckdb://{tmp_path / 'none.duckdb'}", relation="past"))
    (tmp_path / "odd.duckdb").write_text("id,type\n" * 4000)
    with pytest.raises(InputError, match="is no DuckDB file"):
        told(table, Where(engine=f"duckdb://{tmp_path / 'odd.duckdb'}", relation="past"))
    with pytest.raises(InputError, match="there is no such file"):
        told(table, Where(engine=f"duckdb://{tmp_path / 'none.duckdb'}", relation="past"))
    (tmp_path / "odd.duckdb").write_text("id,type\n" * 4000)
    with pytest.raises(InputError, match="is no DuckDB file"):
        told(table, Where(engine=f"duckdb://{tmp_path / 'odd.duckdb'}", relation="past"))


def test_an_engine_that_cannot_be_reached_is_said_without_its_password() -> None:
    url = "postgres://agent:secret@127.0.0.1:1/past"
    with pytest.raises(InputError) as raised, past_of_engine(url, "past"):
        pass
    assert "secret" not in str(raised.value)
    assert "postgres://127.0.0.1:1/past cannot be reached" in raised.value.message
    assert shown_url("duckdb://past.db") == "duckdb://past.db"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://a:secret@h/past?sslpassword=secret", "postgres://h/past"),
        ("postgres://h/past?password=sec@ret", "postgres://…"),
        ("postgres://a:sec/ret@h/past", "postgres://h/past"),
        ("postgres://a:sec?ret@h/past", "postgres://…"),
        ("databricks://secret@h/past#secret", "databricks://h/past"),
        ("a:secret@h/past", "the address"),
        ("duckdb://past.db", "duckdb://past.db"),
    ],
)
def test_an_address_is_shown_without_anything_that_may_be_a_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    with pytest.raises(Error) as raised, past_of_engine(url, "past"):
        pass
    assert "sec" not in str(raised.value)


def test_a_driver_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(SettingsError) as raised, past_of_engine("mysql://a:b@h/past", "past"):
        pass
    assert raised.value.hint == "pip install 'ibis-framework[mysql]'"


def test_a_table_of_duckdb_may_have_a_dot_in_its_name(table: Table, tmp_path: Path) -> None:
    place = tmp_path / "past.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute('CREATE TABLE "odd.name" AS SELECT 1 AS one')
        connection.execute("CREATE SCHEMA odd")
        connection.execute("CREATE TABLE odd.more AS SELECT 2 AS two")
    for relation, column in (("odd.name", "one"), ("odd.more", "two")):
        with past_of_database(place, relation) as past:
            assert list(past.parts[0].columns) == [column]
    with duckdb.connect(str(place)) as connection:
        connection.execute("CREATE TABLE odd.name AS SELECT 3 AS three")
    with (
        pytest.raises(InputError, match="two tables are named"),
        past_of_database(place, "odd.name"),
    ):
        pass
    with past_of_database(place, "main.odd.name") as past:
        assert list(past.parts[0].columns) == ["one"]


def test_a_view_that_reads_elsewhere_is_refused_in_words(table: Table, tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text("type\nrefund\n")
    place = tmp_path / "past.duckdb"
    with duckdb.connect(str(place)) as connection:
        connection.execute(f"CREATE VIEW past AS SELECT * FROM read_csv('{tmp_path}/past.csv')")
    with pytest.raises(InputError) as raised, past_of_database(place, "past"):
        pass
    assert raised.value.message == "past: reads from outside of its database, which is not allowed"
