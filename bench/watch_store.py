"""The watch on rates through the store: what a minute's look takes, and what counting adds."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.report import Figures, duration
from bench.scratch import scratch_folder
from bench.store import new_store
from handraise.clock import ManualClock
from handraise.core.table.types import Table
from handraise.model import DecisionRecord, Promise
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.service.watch.rates import Rates
from handraise.store import Store
from handraise.store.inserts import add_up
from handraise.store.schema import tallies
from handraise.store.tallies import count_rows

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY, MINUTES_A_DAY = 10_000_000, 1_440
TYPES = 990
"""With all decisions, three conditions, three rows and three routes: a thousand series."""

RATE = 0.1
ROUTES = ("sales", "supervisor", "finance")
GROUP, GROUPS = 500, 60

HEAD = """\
handraise: 1
agent: support-agent
owner: priya
people: {priya: {name: Priya Raman, contact: "mailto:priya@example.com"}}
routes: {sales: [priya], supervisor: [priya], finance: [priya]}
facts: {revenue_usd: number}
escalate:
  confidence:  {below: 0.72, to: supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance}
  novelty:     {unknown: type, to: sales}
known: [%s]
"""


def run() -> Iterator[Figures]:
    """Yield the two parts."""
    yield looks()
    yield counting()


def looks(minutes: int = 90) -> Figures:
    """Return what a look at a thousand series takes, the store included."""
    with scratch_folder() as folder:
        store, table, rates = _watching(folder)
        rng = random.Random(2030)
        took, each = [], DAY // MINUTES_A_DAY
        for minute in range(minutes):
            now = START + timedelta(minutes=minute)
            _decided(store, table, each, now, rng)
            begun = time.process_time()
            rates.look(table.agent, now + timedelta(seconds=59))
            took.append(time.process_time() - begun)
        tracemalloc.start()
        _decided(store, table, each, now, rng)
        rates.look(table.agent, now + timedelta(minutes=1))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        series = len(rates.rates(table.agent))
        store.close()
    rows = (
        ("one look, median minute", duration(median(took[1:]))),
        ("the slowest minute", duration(max(took[1:]))),
        ("the first look, with the plan of what is promised", duration(took[0])),
        ("of one processor", f"{100 * sum(took[1:]) / len(took[1:]) / 60:.2f} %"),
        ("memory, at most during a look", f"{peak / 1024**2:.1f} MiB"),
    )
    return Figures(
        title="The watch: what it costs, through the store",
        about=f"""\
{series:,} series, {minutes} looks of a day of {DAY:,} decisions: {each:,} new ones a look, by
{TYPES} types. A look reads what was counted, lets the tests take it up and keeps their states, in
one transaction of SQLite. Processor time.""",
        head=("what", "takes"),
        rows=rows,
    )


def counting() -> Figures:
    """Return what counting adds to recording decisions in groups."""
    with scratch_folder() as folder:
        store, table, _ = _watching(folder)
        rng = random.Random(2031)
        whole, counted = [], []
        for number in range(GROUPS):
            records = _records(table, START + timedelta(seconds=number), rng)
            begun = time.process_time()
            store.record_decisions(records)
            whole.append(time.process_time() - begun)
            rows = [_kept(record) for record in records]
            with store.write() as connection:
                begun = time.process_time()
                count_rows(connection, rows, store.known_types)
                counted.append(time.process_time() - begun)
        store.close()
    share = 100 * median(counted) / median(whole)
    return Figures(
        title="The watch: what counting costs",
        about=f"""\
Decisions recorded in groups of {GROUP}, in SQLite, by {12} types and three sets of rows: some forty
kinds a group. Processor time, the median of {GROUPS} groups, for each decision.""",
        head=("what", "takes"),
        rows=(
            ("recording, sealing and counting", duration(median(whole) / GROUP)),
            ("of that, counting", f"{duration(median(counted) / GROUP)} ({share:.0f} %)"),
        ),
    )


def _watching(folder: Path) -> tuple[Store, Table, Rates]:
    """Return a store with a table of many types, and what watches it."""
    path = folder / "handraise.yaml"
    path.write_text(HEAD % ", ".join(f"type_{n}" for n in range(TYPES)), encoding="utf-8")
    store, clock = new_store(folder / "watched.db"), ManualClock(START)
    shelf = Shelf(store, clock)
    table = shelf.open(path)
    past = 1_000_000
    stopped = round(past * RATE)
    store.save_promise(
        Promise(
            agent=table.agent,
            version=table.version,
            at=START,
            decisions=past,
            stopped=stopped,
            rows={"confidence.1": stopped, "consequence.1": 0, "novelty.1": 0},
            conditions={"confidence": stopped, "consequence": 0, "novelty": 0},
            routes={"supervisor": stopped, "finance": 0, "sales": 0},
            types={f"type_{n}": (past // TYPES, round(past // TYPES * RATE)) for n in range(TYPES)},
        )
    )
    return store, table, Rates(store, shelf, clock)


def _decided(store: Store, table: Table, count: int, now: datetime, rng: random.Random) -> None:
    """Count decisions as the recorder does, without recording them."""
    hour = f"{now:%Y-%m-%dT%H}:00:00.000000Z"
    kinds: dict[tuple[str, str], int] = {}
    for _ in range(count):
        kind = f"type_{rng.randrange(TYPES)}", '["confidence.1"]' if rng.random() < RATE else "[]"
        kinds[kind] = kinds.get(kind, 0) + 1
    fixed = {"agent": table.agent, "version": table.version, "hour": hour, "severity": ""}
    rows: list[dict[str, Any]] = [
        {**fixed, "type": type_, "rows": fired, "count": count, "looked": 0}
        for (type_, fired), count in sorted(kinds.items())
    ]
    with store.write() as connection:
        add_up(connection, tallies, "count", rows)


def _records(table: Table, at: datetime, rng: random.Random) -> list[DecisionRecord]:
    return [
        DecisionRecord(
            id=fresh_id(),
            agent=table.agent,
            version=table.version,
            type=f"type_{rng.randrange(12)}",
            action="refund",
            confidence=0.9,
            facts={"revenue_usd": 40},
            proposal={"refund": 40},
            rows=rng.choice(((), (), (), ("confidence.1",), ("consequence.1", "confidence.1"))),
            decided_at=at,
        )
        for _ in range(GROUP)
    ]


def _kept(record: DecisionRecord) -> dict[str, Any]:
    """Return what is counted of a decision, as the database keeps it."""
    return {
        "agent": record.agent,
        "version": record.version,
        "type": record.type,
        "severity": record.severity,
        "rows": str(list(record.rows)).replace("'", '"'),
        "rehearsal": False,
        "decided_at": f"{record.decided_at:%Y-%m-%dT%H:%M:%S}.000000Z",
    }
