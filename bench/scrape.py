"""What reading the figures for Prometheus takes of a store with a million ended escalations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bench.crowd import AGENT, opened
from bench.report import Figures, duration
from bench.scratch import scratch_folder
from bench.watch_store import TABLE
from handraise.web.api.metrics import Metrics

ENDED, OPEN, SCRAPES = 1_000_000, 500, 30
DAYS, TYPES, KINDS = 400, 10, 4
"""Counts are kept for so many days; in each hour, so many types by so many sets of rows."""

ROWS = ("[]", '["confidence.1"]', '["consequence.1"]', '["confidence.1","novelty.1"]')


def run() -> Iterator[Figures]:
    """Yield what scrapes take: the first after a start, and those that follow."""
    with scratch_folder() as folder:
        path = _filled(folder)
        size = path.stat().st_size
        with opened(folder / "handraise.yaml", path) as operation:
            started = time.perf_counter()
            metrics = Metrics(operation)
            begun = time.perf_counter()
            metrics.text()
            first = time.perf_counter() - begun
            took, worked_out = [], []
            for place in range(SCRAPES):
                # Every other scrape finds what is worked out once a minute too old.
                operation.clock.advance(seconds=31 if place % 2 else 30)  # type: ignore[attr-defined]
                cpu = time.process_time()
                metrics.text()
                (worked_out if place % 2 else took).append(time.process_time() - cpu)
            operation.worker.stop()
    took.sort()
    worked_out.sort()
    yield Figures(
        title="Figures for Prometheus",
        about=f"""\
One agent with {ENDED:,} ended and {OPEN} open escalations, and counts of {DAYS} days by the hour:
{TYPES} types, {KINDS} sets of rows. SQLite, a file of {size / 1e9:.1f} GB. The rates are worked out
once a minute, the rest at each scrape. Processor time, but for the start.""",
        head=("what", "takes"),
        rows=(
            ("the start, elapsed", duration(begun - started)),
            ("the first scrape, elapsed", duration(first)),
            ("a scrape, median", duration(took[len(took) // 2])),
            (
                "a scrape that works out the rates, median",
                duration(worked_out[len(worked_out) // 2]),
            ),
        ),
    )


def _filled(folder: Path) -> Path:
    """Return a store in which one ended and one open escalation stand again and again."""
    table, path = folder / "handraise.yaml", folder / "handraise.db"
    table.write_text(TABLE.replace("@types", ", ".join(f"t{n}" for n in range(TYPES))), "utf-8")
    with opened(table, path) as operation:
        gate = operation.gates[AGENT]
        first, second = (
            gate.decide(type="t1", confidence=0.1, facts={"revenue_usd": 1}, key=key).escalation_id
            for key in ("ended", "open")
        )
        assert first is not None
        assert second is not None
        found = operation.store.escalation(first)
        assert found is not None
        ask = found.asks[0]
        operation.desk.answer(
            ask.id, ask.holder, kind="reject", digest=found.proposal_digest, reason="no"
        )
        operation.record.tick()
        operation.post.deliver()
        version, now = gate.table.version, operation.clock.now()
    with closing(sqlite3.connect(path)) as connection:
        for id, count in ((first, ENDED), (second, OPEN)):
            _multiplied(connection, id, count)
        hours = [now - timedelta(hours=n) for n in range(1, DAYS * 24)]
        connection.executemany(
            "INSERT INTO tallies (agent, version, hour, type, severity, rows, count, looked)"
            " VALUES (?, ?, ?, ?, '', ?, 7, 7)",
            (
                (AGENT, version, f"{hour:%Y-%m-%dT%H}:00:00.000000Z", f"t{type}", rows)
                for hour in hours
                for type in range(TYPES)
                for rows in ROWS[:KINDS]
            ),
        )
        connection.commit()
    return path


def _multiplied(connection: sqlite3.Connection, id: str, count: int) -> None:
    """Write the rows of an escalation again, so many times, under other ids."""
    numbers = (
        "WITH RECURSIVE numbers(n) AS"
        f" (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
    )
    for table, own, key in (
        ("escalations", ("id",), "id"),
        ("asks", ("id", "escalation_id"), "escalation_id"),
        ("decisions", ("id", "escalation_id", "key"), "escalation_id"),
        ("events", ("escalation_id", "ask_id"), "escalation_id"),
        ("outbox", ("id", "escalation_id", "ask_id"), "escalation_id"),
    ):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        columns = [name for name in columns if name != "seq"]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(
            f"\"{name}\" || '-' || n" if name in own else f'"{name}"' for name in columns
        )
        connection.execute(
            f"INSERT INTO {table} ({names}) {numbers}"
            f" SELECT {values} FROM {table}, numbers WHERE {key} = ?",
            (id,),
        )
    connection.commit()
