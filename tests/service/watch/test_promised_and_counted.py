"""What a backtest promises and what the watch counts are the same for the same decisions."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.monitor.series import Kind, counts_by_series, promised_counts
from handraise.core.table.types import Table
from handraise.model import Decision
from handraise.service.backtesting.trying import promised
from handraise.store.tallies import UNKNOWN
from tests.support.backtested import tried_on
from tests.support.two_tables import changed, decision, table_of, written


def drawn(count: int) -> list[dict[str, Any]]:
    """Return decisions of which many are odd: nothing stated, nothing known."""
    chance = random.Random(11)
    return [
        decision(
            str(place),
            chance.choice((None, 0.2, 0.69, 0.7, 0.9)),
            type=chance.choice(("refund", "card", "card", "new", None)),
            revenue=chance.choice((None, 0.0, 1000.0, 2000.0)),
        )
        for place in range(count)
    ]


def counted(table: Table, rows: list[dict[str, Any]]) -> list[Kind]:
    """Return the decisions as they are counted when the gate judges them."""
    judge, known = compile_table(table), {*table.known.types, None}
    kinds: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for row in rows:
        facts = {} if row["revenue"] is None else {"revenue": row["revenue"]}
        verdict = judge(Decision(type=row["type"], confidence=row["confidence"], facts=facts))
        fired = tuple(dict.fromkeys(reason.row for reason in verdict.reasons))
        kinds[(row["type"] if row["type"] in known else UNKNOWN) or "", fired] += 1
    return [Kind(type, fired, count) for (type, fired), count in kinds.items()]


@pytest.mark.parametrize("several", ["every", "first"])
@pytest.mark.parametrize("only", ["", ", for: {type: [card]}"])
def test_the_past_decided_again_keeps_its_promise_in_every_series(
    tmp_path: Path, several: str, only: str
) -> None:
    table = table_of(
        changed(
            ("known: [refund, card]", f"known: [refund, card]\nseveral: {several}"),
            ("{below: 0.7, to: support}", f"{{below: 0.7, to: support{only}}}"),
        )
    )
    rows = drawn(300)
    result = tried_on(table, written(tmp_path / "past.jsonl", rows))
    promise = promised_counts(promised(result, datetime(2026, 1, 5, tzinfo=UTC)), table)
    assert len(promise) >= 10
    assert counts_by_series(counted(table, rows), table, promise) == promise
