"""Single decisions of the past, with what the gate itself says of each."""

from __future__ import annotations

import math
from typing import Any

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import routes_of
from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_text import identifier
from handraise.core.table.types import Table
from handraise.service.backtesting.familiarity import Recorded, decision_of
from handraise.service.backtesting.finding import Found
from handraise.service.backtesting.looking import instant
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.result import Example

NOT_SHOWN = frozenset({"text"})
"""What is never taken along: a customer's own words."""


def slipped(past: Past, found: Found, table: Table, most: int) -> tuple[Example, ...]:
    """Return decisions that were wrong and would have gone ahead, most money first.

    Args:
        past: where the decisions lie.
        found: where in it a decision stands.
        table: the table.
        most: how many, 0 for none.
    """
    return _examples(past, found, table, 'NOT stops AND "correct" = FALSE', most)


def for_nothing(past: Past, found: Found, table: Table, most: int) -> tuple[Example, ...]:
    """Return decisions that were right and would have been stopped; see `slipped`."""
    return _examples(past, found, table, 'stops AND "correct" = TRUE', most)


def _examples(past: Past, found: Found, table: Table, which: str, most: int) -> tuple[Example, ...]:
    if not most:
        return ()
    keys = [key for key in found.columns if key not in NOT_SHOWN]
    judged = judged_by(table, found.inputs, found.source, {key: identifier(key) for key in keys})
    order = 'ORDER BY ABS("stake") DESC NULLS LAST' if "stake" in found.has else ""
    query = f"SELECT * FROM ({judged.query}) j WHERE {which} {order} LIMIT {int(most)}"
    return tuple(
        example_of(dict(zip(keys, line, strict=False)), table) for line in past.lines(query)
    )


def example_of(line: dict[str, Any], table: Table) -> Example:
    """Return one decision of the past, with the reasons that the gate gives for it.

    Args:
        line: what is on record of it, by what it is for.
        table: the table.
    """
    facts = {
        key[5:]: value for key, value in line.items() if key[:5] == "fact " and _is_given(value)
    }
    fields = {
        f"proposal.{key[6:]}": value
        for key, value in line.items()
        if key[:6] == "field " and _is_given(value)
    }
    judge = compile_table(table, familiar=Recorded.of(table, line.get("familiarity")))
    reasons = tuple(
        one for one in judge(decision_of(line, table)).reasons if one.condition != "fault"
    )
    return Example(
        id=line.get("id") or "",
        at=instant(line.get("at")),
        type=line["type"] or "",
        action=line.get("action") or "",
        confidence=_number(line["confidence"]),
        facts={**facts, **fields},
        was_right=line.get("correct"),
        stake=_number(line.get("stake")),
        routes=routes_of(reasons, table.several),
        sentences=tuple(reason.sentence for reason in reasons),
    )


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _number(value: Any) -> float | None:
    return float(value) if _is_given(value) else None
