"""Two tables and a small past whose changes can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.service.backtesting.comparison import Comparison, as_compared, opened_both
from handraise.service.backtesting.difference import Difference
from handraise.service.backtesting.differing import difference
from handraise.service.backtesting.plan import Columns, Where

TABLE = """\
handraise: 1
agent: agent
owner: priya
people:
  dana: {name: Dana, contact: "mailto:dana@example.com"}
  marc: {name: Marc, contact: "mailto:marc@example.com"}
  ines: {name: Ines, contact: "mailto:ines@example.com"}
  priya: {name: Priya, contact: "mailto:priya@example.com"}
routes:
  support: [dana]
  finance: [ines]
facts:
  revenue: number
known: [refund, card]
escalate:
  confidence:
    - {below: 0.7, to: support}
  consequence:
    - {when: revenue > 1000, to: finance}
  novelty:
    - {unknown: type, to: support}
"""


def table_of(text: str) -> Table:
    reading = read(text)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


def changed(*pairs: tuple[str, str], text: str = TABLE) -> str:
    """Return a table's text with some things changed; each must have been there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def decision(id: str, confidence: Any = 0.9, **more: Any) -> dict[str, Any]:
    """Return a decision of the past, right and small unless it is said."""
    usual = {"at": "2026-03-02T10:00:00Z", "type": "refund", "revenue": 10.0, "stake": 10.0}
    return {"id": id, **usual, "confidence": confidence, "correct": True, **more}


def written(place: Path, decisions: Sequence[dict[str, Any]]) -> Path:
    """Write decisions as JSON lines."""
    place.write_text("".join(json.dumps(one) + "\n" for one in decisions), encoding="utf-8")
    return place


def plan_of(place: Path, **more: Any) -> Comparison:
    columns = more.pop("columns", Columns())
    where = Where(paths=(place,))
    return Comparison(
        older=Path("old.yaml"), newer=Path("new.yaml"), where=where, columns=columns, **more
    )


def compared(place: Path, older: str | Table, newer: str | Table, **more: Any) -> Difference:
    """Return the difference of two tables, or of their texts, over a file."""
    plan = plan_of(place, **more)
    read = [one if isinstance(one, Table) else table_of(one) for one in (older, newer)]
    tables = [as_compared(one, plan) for one in read]
    with opened_both(plan, *tables, lambda _what, _share: None) as (past, both):
        return difference(past, both, *tables, plan)
