"""What counting adds to recording decisions in groups."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from bench.report import Figures, duration
from bench.scratch import scratch_folder
from bench.store import new_store
from handraise.model import DecisionRecord
from handraise.service.telling.wording import fresh_id
from handraise.store.tallies import count_rows

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
TYPES = tuple(f"type_{number}" for number in range(12))
ROWS = ((), (), (), ("confidence.1",), ("consequence.1", "confidence.1"))
GROUP, GROUPS = 500, 60


def run() -> Iterator[Figures]:
    """Yield the one part."""
    yield counting()


def counting() -> Figures:
    """Return what counting adds to recording decisions in groups."""
    with scratch_folder() as folder:
        store = new_store(folder / "counted.db")
        store.known_types = lambda _agent, _version: TYPES
        rng = random.Random(2031)
        whole, counted = [], []
        for number in range(GROUPS):
            records = _records(START + timedelta(seconds=number), rng)
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
Decisions recorded in groups of {GROUP}, in SQLite, by {len(TYPES)} types and three sets of rows:
some forty kinds a group. Processor time, the median of {GROUPS} groups, for each decision.""",
        head=("what", "takes"),
        rows=(
            ("recording, sealing and counting", duration(median(whole) / GROUP)),
            ("of that, counting", f"{duration(median(counted) / GROUP)} ({share:.0f} %)"),
        ),
    )


def _records(at: datetime, rng: random.Random) -> list[DecisionRecord]:
    return [
        DecisionRecord(
            id=fresh_id(),
            agent="support-agent",
            version="v1",
            type=rng.choice(TYPES),
            action="refund",
            confidence=0.9,
            facts={"revenue_usd": 40},
            proposal={"refund": 40},
            rows=rng.choice(ROWS),
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
