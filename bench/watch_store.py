"""What a look at a thousand series takes through the store, for a day of ten million decisions."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.crowd import AGENT, NOON, opened
from bench.report import Figures, duration
from handraise.clock import ManualClock
from handraise.model import Promise
from handraise.service.wiring import Operation
from handraise.store.inserts import add_up
from handraise.store.schema import tallies

TYPES, DAY, MINUTES = 991, 10_000_000, 90
A_MINUTE = timedelta(minutes=1)
RATE = 0.1

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
  dana: {name: Dana Reyes, contact: "mailto:dana@example.com"}
routes: {support: [dana], finance: [priya]}
facts: {revenue_usd: number}
known: [@types]
escalate:
  confidence: {below: 0.72, to: support}
  consequence: {when: abs(revenue_usd) > 5000, to: finance}
  novelty: {unknown: type, to: support}
"""


def looks(types: int = TYPES, minutes: int = MINUTES) -> Figures:
    """Return what looks take, minute by minute."""
    rng = np.random.default_rng(2031)
    each = DAY // 1_440
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "handraise.yaml"
        names = [f"t{place}" for place in range(types)]
        table.write_text(TABLE.replace("@types", ", ".join(names)), encoding="utf-8")
        with opened(table, Path(folder) / "handraise.db") as operation:
            version = operation.shelf.current(AGENT).version
            operation.store.save_promise(promise(version, names))
            took, waited, found = [], [], 0
            for _ in range(minutes):
                count(operation, rng, version, names, each)
                cpu, wall = time.process_time(), time.perf_counter()
                found += len(operation.rates.look(AGENT, operation.clock.now()))
                took.append(time.process_time() - cpu)
                waited.append(time.perf_counter() - wall)
                clock = operation.clock
                assert isinstance(clock, ManualClock)
                clock.advance(minutes=1)
            series = len(operation.store.monitors(AGENT, version))
    rows = (
        ("one look, median minute", duration(float(np.median(took)))),
        ("the slowest minute", duration(max(took))),
        ("one look, median minute, by the clock on the wall", duration(float(np.median(waited)))),
        ("of one processor", f"{100 * float(np.mean(took)) / 60:.2f} %"),
        ("alarms", f"{found}"),
    )
    return Figures(
        title="The watch: a look through the store",
        about=f"""\
{series:,} series of one agent, {each:,} decisions a minute as on a day of {DAY:,}, over {minutes}
minutes. Each look reads the counts, lets the tests take them up, and writes their states, in one
transaction on SQLite. Counting, which happens as decisions are recorded, is not in it. Processor
time where nothing else is said.""",
        head=("what", "takes"),
        rows=rows,
    )


def promise(version: str, types: list[str]) -> Promise:
    """Return a promise under which each type stops as often as the others."""
    rows = 1_000_000
    stopped = round(rows * RATE)
    of_type = (rows // len(types), stopped // len(types))
    return Promise(
        agent=AGENT,
        version=version,
        at=NOON,
        decisions=rows,
        stopped=stopped,
        rows={"confidence.1": stopped, "consequence.1": 0, "novelty.1": 0},
        conditions={"confidence": stopped, "consequence": 0, "novelty": 0},
        routes={"support": stopped, "finance": 0},
        types=dict.fromkeys(types, of_type),
    )


def count(
    operation: Operation, rng: np.random.Generator, version: str, types: list[str], each: int
) -> None:
    """Count a minute's decisions, as sealing them does."""
    counts = rng.multinomial(each, [1 / len(types)] * len(types))
    stops = rng.binomial(counts, RATE)
    hour = operation.clock.now().replace(minute=0, second=0, microsecond=0)
    shared = {
        "agent": AGENT,
        "hour": f"{hour:%Y-%m-%dT%H}:00:00.000000Z",
        "version": version,
        "severity": "",
        "looked": 0,
    }
    rows = [
        {**shared, "type": name, "rows": fired, "count": int(number)}
        for fired, numbers in (("[]", counts - stops), ('["confidence.1"]', stops))
        for name, number in zip(types, numbers, strict=True)
        if number
    ]
    with operation.store.write() as connection:
        add_up(connection, tallies, "count", rows)
