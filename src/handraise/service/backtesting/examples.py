"""Single decisions of the past, with what the gate itself says of each."""

from __future__ import annotations

import math
from typing import Any

from msgspec.structs import replace

from handraise.core.gate.compile import compile_table
from handraise.core.gate.explain import routes_of
from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_text import identifier
from handraise.core.table.types import Table
from handraise.service.backtesting.counting import MONEY
from handraise.service.backtesting.familiarity import Recorded, as_recorded, decision_of
from handraise.service.backtesting.finding import Found, column_of
from handraise.service.backtesting.looking import instant
from handraise.service.backtesting.past import Past
from handraise.service.backtesting.result import Example

NOT_SHOWN = frozenset({"text"})
"""What is never taken along: a customer's own words."""
LOOKED_AT = 1_000
"""So many are looked at before the rest."""


def slipped(past: Past, found: Found, table: Table, most: int) -> tuple[Example, ...]:
    """Return decisions that were wrong and would have gone ahead, most money first.

    Args:
        past: where the decisions lie.
        found: where in it a decision stands.
        table: the table.
        most: how many, 0 for none.
    """
    return _examples(past, found, table, ("NOT stops", "FALSE"), most)


def for_nothing(past: Past, found: Found, table: Table, most: int) -> tuple[Example, ...]:
    """Return decisions that were right and would have been stopped; see `slipped`."""
    return _examples(past, found, table, ("stops", "TRUE"), most)


def _examples(
    past: Past,
    found: Found,
    table: Table,
    wanted: tuple[str, str],
    most: int,
) -> tuple[Example, ...]:
    """Return some decisions with a label, most money first.

    Those with most money are judged before the rest: if enough of them are wanted, the others
    need not be looked at.
    """
    if not most:
        return ()
    which, right = wanted
    keys = [key for key in (*found.columns, *_worked_out(found)) if key not in NOT_SHOWN]
    order = _order(found)
    carried = {column_of(key): identifier(column_of(key)) for key in keys}
    richest = f'SELECT * FROM {found.source} WHERE "correct" = {right} {order} LIMIT {LOOKED_AT}'
    asked = f'WHERE {which} AND "correct" = {right} {order} LIMIT {int(most)}'
    first = judged_by(table, found.inputs, f"({richest}) hr_some", carried)
    lines = past.lines(f"SELECT * FROM ({first.query}) j {asked}")
    if len(lines) < most:
        judged = judged_by(table, found.inputs, found.source, carried)
        lines = past.lines(f"SELECT * FROM ({judged.query}) j {asked}")
    return tuple(example_of(dict(zip(keys, line, strict=False)), table) for line in lines)


def _worked_out(found: Found) -> tuple[str, ...]:
    """Return what each decision has although no column of the past holds it."""
    return tuple(key for key in ("familiarity",) if key in found.has and key not in found.columns)


def _order(found: Found) -> str:
    """Return how examples are sorted: most money first, then by what tells them apart."""
    by = [f"{MONEY} DESC NULLS LAST"] if "stake" in found.has else []
    by += [f'"{key}"' for key in ("at", "id") if key in found.has]
    return f"ORDER BY {', '.join(by)}" if by else ""


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
    recorded = _as_judged(table, line)
    judge = compile_table(recorded, familiar=Recorded.of(table, line.get("familiarity")))
    reasons = tuple(
        one for one in judge(decision_of(line, recorded)).reasons if one.condition != "fault"
    )
    stake = _number(line.get("stake"))
    return Example(
        id=line.get("id") or "",
        at=instant(line.get("at")),
        type=line["type"] or "",
        action=line.get("action") or "",
        confidence=_number(line["confidence"]),
        facts={**facts, **fields},
        was_right=line.get("correct"),
        stake=None if stake is None else abs(stake),
        routes=routes_of(reasons, table.several),
        sentences=tuple(reason.sentence for reason in reasons),
    )


def _as_judged(table: Table, line: dict[str, Any]) -> Table:
    """Return a table that asks for nothing but what is on record, as the query did."""
    recorded = as_recorded(table, line)
    learned = recorded.known.learned
    if learned is None:
        return recorded
    by_share = replace(learned, reads_text=False, facts={})
    return replace(recorded, known=replace(recorded.known, learned=by_share))


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _number(value: Any) -> float | None:
    return float(value) if _is_given(value) else None
