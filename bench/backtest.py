"""What a backtest of ten million decisions takes, with small and large tables.

Against what DuckDB needs to read the same columns and to aggregate them in the same shape without
judging anything; and, for three rows, against the same verdicts written by hand in Polars, and a
plain Python loop over the compiled gate on a part of the rows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl

from bench.measure import Contestant, take_turns
from bench.report import Part, compared
from bench.scratch import scratch_folder
from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Table
from handraise.model import Decision
from handraise.service.backtesting.backtest import backtest, opened
from handraise.service.backtesting.plan import Columns, Plan, Where
from handraise.service.reading.tables import open_table

ROWS = 10_000_000
LOOPED = 100_000
ROUNDS = 5
TYPES = 60
LIMIT = 3.0

READ = "DuckDB reads and aggregates"
BARE = "DuckDB reads the columns once"
POLARS = "Polars, the 3 rows by hand"
LOOP = "Python loop over the gate, scaled"


def run(rows: int = ROWS, rounds: int = ROUNDS) -> Iterator[Part]:
    """Yield the one part."""
    with scratch_folder() as folder:
        past = folder / "past.parquet"
        _write(past, rows)
        yield _compared(folder, past, rows, rounds)


def _compared(folder: Path, past: Path, rows: int, rounds: int) -> Part:
    tables = {f"backtest, {count} rows": _table(folder, count) for count in (3, 50)}
    looped = min(rows, LOOPED)
    contestants = {
        READ: Contestant(run=lambda: _read(past), calls=1),
        BARE: Contestant(run=lambda: _bare(past), calls=1),
        **{
            name: Contestant(
                run=lambda place=place, table=table: _tried(past, place, table), calls=1
            )  # type: ignore[misc]
            for name, (place, table) in tables.items()
        },
        POLARS: Contestant(run=lambda: _by_polars(past), calls=1),
    }
    samples = take_turns(contestants, rounds=rounds)
    _, three = tables["backtest, 3 rows"]
    loop = take_turns({LOOP: Contestant(run=lambda: _loop(past, three, looped), calls=1)}, rounds=1)
    samples[LOOP] = [seconds * rows / looped for seconds in loop[LOOP]] * rounds
    lines = []
    for name in tables:
        lines += [
            compared(samples, name, READ, LIMIT),
            compared(samples, name, BARE),
        ]
    lines.append(compared(samples, "backtest, 3 rows", POLARS))
    lines.append(compared(samples, LOOP, "backtest, 3 rows"))
    memory = max(_memory_mb(past, place) for place, _ in tables.values())
    return Part(
        title="A table on the past",
        about=(
            f"{rows:,} decisions of {TYPES} types in one Parquet file, over a year, all labelled: "
            "the rate by row, condition, type and day, the load by route and hour, errors and "
            "money, five examples of each kind. The first comparison groups by type and label and "
            "by hour, as a backtest must, and judges nothing; the second only reads each column "
            f"into one sum. Processor time; DuckDB {duckdb.__version__}, Polars "
            f"{version('polars')}. The loop judged {looped:,} decisions."
        ),
        lines=tuple(lines),
        notes=f"A process that does the larger of the two needs at most {memory:,.0f} MB.",
    )


def _write(past: Path, rows: int) -> None:
    """Write decisions: mostly sure, mostly small, wrong more often where less sure."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT
                'type_' || CAST(floor({TYPES} * pow(hash(i) % 1000003 / 1000003.0, 2)) AS INT)
                    "type",
                CASE hash(i * 7) % 4 WHEN 0 THEN 'refund' WHEN 1 THEN 'change_billing'
                    ELSE 'send_reply' END "action",
                1 - pow(hash(i * 13) % 1000003 / 1000003.0, 3) "confidence",
                exp(10.0 * (hash(i * 17) % 1000003 / 1000003.0) - 1) "revenue_usd",
                pow(hash(i * 13) % 1000003 / 1000003.0, 3) * 0.6
                    < hash(i * 19) % 1000003 / 1000003.0 "correct",
                TIMESTAMP '2025-01-01' + to_milliseconds(CAST(i * {365 * 86_400_000 / rows}
                    AS BIGINT)) "at"
            FROM range({rows}) t(i)) TO '{past}' (FORMAT parquet)"""
        )


def _table(folder: Path, count: int) -> tuple[Path, Table]:
    """Return a table of so many rows: three for everybody, the others each for some."""
    confidence = ["- {below: 0.72, to: support}"]
    consequence = ["- {when: abs(revenue_usd) > 5000, to: finance}"]
    for place in range(count - 3):
        if place % 2:
            confidence.append(
                f"- {{below: {0.5 + place / 200:.3f}, to: support, "
                f"for: {{type: [type_{place % TYPES}, type_{(place + 31) % TYPES}]}}}}"
            )
        else:
            consequence.append(
                f"- {{when: 'revenue_usd > {900 + 100 * place} and confidence < "
                f"{0.99 - place / 200:.3f}', to: finance, for: {{action: [refund]}}}}"
            )
    indent = "\n    "
    place = folder / f"table{count}.yaml"
    place.write_text(
        f"""handraise: 1
agent: agent
owner: priya
people:
  dana: {{name: Dana, contact: "mailto:dana@example.com"}}
  ines: {{name: Ines, contact: "mailto:ines@example.com"}}
  priya: {{name: Priya, contact: "mailto:priya@example.com"}}
routes: {{support: [dana], finance: [ines]}}
actions: {{send_reply: low, refund: high, change_billing: high}}
facts: {{revenue_usd: number}}
known: [{", ".join(f"type_{n}" for n in range(TYPES))}]
escalate:
  confidence:
    {indent.join(confidence)}
  consequence:
    {indent.join(consequence)}
  novelty:
    - {{unknown: type, to: support}}
""",
        encoding="utf-8",
    )
    table, _ = open_table(place)
    assert len(table.rows) == count
    return place, table


def _tried(past: Path, place: Path, table: Table) -> None:
    plan = Plan(
        table=place, where=Where(paths=(past,)), columns=Columns(stake="revenue_usd"), examples=5
    )
    with opened(plan, table) as (there, found):
        result = backtest(there, found, table, plan)
    assert 0 < result.rate.count < result.decisions


def _read(past: Path) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"""SELECT "type", "correct", "when", COUNT(*), SUM(stake), AVG("confidence"),
                MAX("action") FROM (SELECT *, ABS("revenue_usd") stake,
                DATE_TRUNC('hour', "at") "when" FROM read_parquet('{past}'))
            GROUP BY GROUPING SETS (("type", "correct"), ("when"))"""
        ).fetchall()


def _bare(past: Path) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"""SELECT "type", "action", COUNT(*), AVG("confidence"), SUM("revenue_usd"),
                SUM(CAST("correct" AS INT)), MIN("at"), MAX("at") FROM read_parquet('{past}')
            GROUP BY ALL"""
        ).fetchall()


def _by_polars(past: Path) -> None:
    low = pl.col("confidence").is_null() | (pl.col("confidence") < 0.72)
    big = pl.col("revenue_usd").is_null() | (pl.col("revenue_usd").abs() > 5000)
    known = [f"type_{n}" for n in range(TYPES)]
    new = pl.col("type").is_null() | ~pl.col("type").is_in(known)
    bits = low.cast(pl.Int8) + 2 * big.cast(pl.Int8) + 4 * new.cast(pl.Int8)
    lines = pl.scan_parquet(past).with_columns(
        bits=bits, hour=pl.col("at").dt.truncate("1h"), stake=pl.col("revenue_usd").abs()
    )
    sums = [pl.len(), pl.col("stake").sum()]
    pl.collect_all(
        [
            lines.group_by("type", "correct", "bits").agg(sums),
            lines.group_by("hour", "bits").agg(pl.len()),
        ],
        engine="streaming",
    )


def _loop(past: Path, table: Table, count: int) -> None:
    judge = compile_table(table)
    columns = ("type", "action", "confidence", "revenue_usd")
    stopped = 0
    for kind, action, confidence, revenue in (
        pl.scan_parquet(past).select(columns).head(count).collect().iter_rows()
    ):
        verdict = judge(
            Decision(
                type=kind, action=action, confidence=confidence, facts={"revenue_usd": revenue}
            )
        )
        stopped += verdict.escalated
    assert 0 < stopped < count


def _memory_mb(past: Path, place: Path) -> float:
    """Return the most memory a process had that ran one backtest, in megabytes."""
    program = (
        "import sys; from pathlib import Path; from bench import backtest as b; "
        "b._tried(Path(sys.argv[1]), Path(sys.argv[2]), b.open_table(Path(sys.argv[2]))[0]); "
        "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(past), str(place)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return int(done.stdout) / unit
