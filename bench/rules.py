"""The same rules for every contestant: as routing tables, and as decision tables of zen-engine.

Three rows are the mission's; fifty add thresholds of money; a thousand add one for each of as many
types. A decision table of zen-engine has a rule for each row and one for undeclared facts, and each
rule checks what it reads, so that it fires where a row would.
"""

from __future__ import annotations

import json
from typing import Any

import zen

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.demo.example import MISSION_TABLE

KNOWN = ("refund_request", "card_not_arrived", "change_address")
DECISION = "decision"
"""The name of the one decision that an engine knows."""

MONEY = "{when: abs(revenue_usd) > 5000, to: finance_lead}"
UNSURE = "type(confidence) != 'number' or confidence < 0.72 or confidence > 1"
NOVEL = f"not(type in [{', '.join(repr(one) for one in KNOWN)}])"
ODD = "some(keys(facts), # != 'revenue_usd')"


def values(**other: Any) -> dict[str, Any]:
    """Return the fields of a decision that goes ahead, as plain values."""
    return {
        "type": "refund_request",
        "action": "refund",
        "confidence": 0.91,
        "facts": {"revenue_usd": 40},
        **other,
    }


def three_rows() -> Table:
    """Return the mission's table."""
    return _table([], KNOWN)


def many_rows(count: int) -> Table:
    """Return the mission's table with further thresholds of money, `count` rows in all."""
    rows = [f"{{when: abs(revenue_usd) > {limit}, to: finance_lead}}" for limit in _limits(count)]
    return _table(rows, KNOWN)


def narrowed_rows(count: int) -> Table:
    """Return the mission's table with a threshold for each of many types, `count` rows in all."""
    types = [f"type_{place}" for place in range(count - 3)]
    rows = [
        f"{{when: abs(revenue_usd) > {limit}, to: finance_lead, for: {{type: {type}}}}}"
        for limit, type in zip(_limits(count), types, strict=True)
    ]
    return _table(rows, (*KNOWN, *types))


def zen_content(count: int) -> dict[str, Any]:
    """Return zen-engine's decision with the rules of `count` rows, and one for undeclared facts."""
    rules = [("confidence.1", UNSURE)]
    rules += [
        (f"consequence.{place}", _costly(limit))
        for place, limit in enumerate([5000, *_limits(count)], start=1)
    ]
    rules += [("novelty.1", NOVEL), ("fault", ODD)]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [{"id": "row", "name": "row", "field": "row"}],
        "rules": [{"_id": row, "when": when, "row": json.dumps(row)} for row, when in rules],
    }
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table"},
            {"id": "2", "sourceId": "table", "targetId": "out"},
        ],
    }


def zen_expression() -> Any:
    """Return the three rows as one compiled expression: whether to stop, but not why."""
    tests = (UNSURE, _costly(5000), NOVEL, ODD)
    return zen.compile_expression(" or ".join(f"({test})" for test in tests))


def _costly(limit: int) -> str:
    return f"type(facts.revenue_usd) != 'number' or abs(facts.revenue_usd) > {limit}"


def _limits(count: int) -> list[int]:
    """Return the further thresholds of `count` rows."""
    return [5001 + place for place in range(count - 3)]


def _table(rows: list[str], known: tuple[str, ...]) -> Table:
    lines = "".join(f"\n    - {row}" for row in [MONEY, *rows])
    text = MISSION_TABLE.replace(f" {MONEY}", lines)
    text = text.replace(f"[{', '.join(KNOWN)}]", f"[{', '.join(known)}]")
    table = read(text).table
    if table is None or len(table.rows) != 3 + len(rows) or len(table.known.types) != len(known):
        msg = "the mission's table is not written as the benchmarks expect"
        raise ValueError(msg)
    return table
