"""Why a test failed, in words a team can act on: which row was nearest, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from handraise.core.table.expression import Node, as_sentence, names_read, number_text
from handraise.core.table.types import Row, Table
from handraise.core.table.units import percent_text
from handraise.core.table.values import shown
from handraise.core.trial.evaluating import value_of
from handraise.core.trial.goals import Seen, is_for, seen
from handraise.core.trial.limits import Limit, is_of_type, limits_of
from handraise.model import Decision, Verdict

MOST_ROWS = 3
"""So many rows are told of a route that was not asked, the nearest first."""


class _Near(NamedTuple):
    """How near a row was to firing: 0 at its limit, 1 a whole limit away; infinite for others."""

    distance: float
    sentence: str


def why(
    table: Table, decision: Decision, verdict: Verdict, expected: tuple[str, ...]
) -> tuple[str, ...]:
    """Return why a verdict is not the expected one, a sentence each; empty where it is.

    Args:
        table: the table.
        decision: what was judged.
        verdict: what the gate said to it.
        expected: the routes it should have stopped at, in order; empty for proceed.
    """
    if verdict.routes == expected:
        return ()
    if set(verdict.routes) == set(expected):
        return ("the routes are the expected ones, in another order: that of the rows",)
    one = seen(table, decision, verdict)
    found: list[str] = []
    for route in dict.fromkeys(expected):
        if route not in verdict.routes:
            found += _not_asked(table, route, one, verdict)
    if not expected:
        rows = ", ".join(dict.fromkeys(reason.row for reason in verdict.reasons))
        found.append(f"it should go ahead, and it stops by {rows}")
    elif more := [route for route in verdict.routes if route not in expected]:
        found.append(f"it asks {', '.join(more)} as well, which nobody expected")
    return tuple(found)


def _not_asked(table: Table, route: str, one: Seen, verdict: Verdict) -> list[str]:
    """Return why a route was not asked: what each row to it would have needed."""
    rows = [row for row in table.rows if row.to == route]
    if not rows:
        return [f"no row goes to {route}"]
    fired = [reason.row for reason in verdict.reasons if reason.route == route]
    if fired:
        first = verdict.reasons[0].row
        return [f"{fired[0]} fires too, but with several: first {first} alone decides"]
    near = sorted((_near(table, row, one) for row in rows), key=lambda found: found.distance)
    left = len(near) - MOST_ROWS
    more = [f"{left} more rows to {route} did not fire"] if left > 0 else []
    return [*(found.sentence for found in near[:MOST_ROWS]), *more]


def _near(table: Table, row: Row, one: Seen) -> _Near:
    """Return how near a row was that did not fire."""
    evidence = one.evidence
    if not is_for(row, evidence):
        of_type = row.for_types and evidence.type not in row.for_types
        kind, names = ("type", row.for_types) if of_type else ("action", row.for_actions)
        found = evidence.type if of_type else evidence.action
        return _Near(
            math.inf, f"{row.id} is for the {kind} {', '.join(names)} only; it was {found}"
        )
    if row.kind == "unknown":
        return _Near(
            math.inf, f"{row.id} stops at an unknown type; {shown(evidence.type)} is a known one"
        )
    if row.unfamiliar is not None:
        share = f"the {percent_text(row.unfamiliar)} that are least familiar"
        return _Near(math.inf, f"{row.id} stops at {share}; this one is more familiar")
    if row.severity is not None:
        rated = f"{evidence.action} is rated {evidence.severity}"
        return _Near(math.inf, f"{row.id} stops at {row.severity} and worse; {rated}")
    if row.when is not None:
        return _near_when(table, row, row.when, one)
    limit = next(limit for limit in limits_of(table, row) if is_of_type(limit, evidence))
    return _Near(
        _distance(limit, one),
        f"{row.id} would stop below {number_text(float(value_of(limit.right, {})))}; "
        f"it was {number_text(evidence.confidence)}{_stated(table, one)}",
    )


def _stated(table: Table, one: Seen) -> str:
    if table.calibration is None:
        return ""
    return f" (the agent stated {number_text(one.evidence.stated)})"


def _near_when(table: Table, row: Row, when: Node, one: Seen) -> _Near:
    """Return how near an expression was to holding."""
    units = {id: fact.unit for id, fact in table.facts.items() if fact.unit}
    values = ", ".join(_said(name, one, units) for name in names_read(when))
    sentence = f"{row.id} would stop where {as_sentence(when, units)}; {values}"
    gaps = list(_gaps(table, row, one))
    if len(gaps) == 1 and gaps[0][1]:
        sentence += f", {_amount(gaps[0][1])} away from it"
    return _Near(min((distance for distance, _ in gaps), default=math.inf), sentence)


def _gaps(table: Table, row: Row, one: Seen) -> Iterator[tuple[float, float]]:
    """Yield how far each limit of a row is, as a share of the limit and in its own measure."""
    for limit in limits_of(table, row):
        try:
            left, right = value_of(limit.left, one.names), value_of(limit.right, one.names)
        except ArithmeticError:
            continue
        yield _distance(limit, one), abs(left - right)


def _distance(limit: Limit, one: Seen) -> float:
    right = float(value_of(limit.right, one.names))
    return abs(float(value_of(limit.left, one.names)) - right) / max(abs(right), 1e-9)


def _said(name: str, one: Seen, units: dict[str, str]) -> str:
    value = one.evidence.severity if name == "severity" else one.names[name]
    unit = f" {units[name]}" if name in units else ""
    if isinstance(value, bool):
        return f"{name} was {'true' if value else 'false'}"
    is_number = isinstance(value, int | float)
    return f"{name} was {_amount(value) if is_number else shown(value)}{unit}"


def _amount(value: Any) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,.10g}"
