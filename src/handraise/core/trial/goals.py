"""What the tests of a table should reach: each row, each edge of a limit, each set of conditions.

INVARIANT: only a decision that could be judged reaches anything; a row that fired because something
was missing has not been tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Literal

from msgspec import Struct

from handraise.core.gate.evidence import Evidence, confidence, gather
from handraise.core.table.expression import names_read
from handraise.core.table.types import Row, Table
from handraise.core.trial.evaluating import names_of, value_of
from handraise.core.trial.limits import Limit, Side, is_of_type, limits_of
from handraise.model import ConditionName, Decision, Reason, Verdict

CONDITIONS: tuple[ConditionName, ...] = ("confidence", "consequence", "novelty")
"""What a table holds a decision against."""

SLACK = 1 + 1e-9
"""0.71 is one hundredth under 0.72, though their floats are a hair further apart."""

GoalKind = Literal["row", "edge", "type", "together"]

_WORDS: dict[Side, str] = {"at": "at", "under": "just under", "over": "just over"}


class Goal(Struct, frozen=True, kw_only=True):
    """Something that the tests should reach.

    Attributes:
        kind: `row`: it fires; `edge`: a decision at a limit; `type`: a known or an unknown type is
            looked at; `together`: these conditions hold and no other.
        name: in plain words, e.g. `just under: abs(revenue_usd) > 5000 (consequence.1)`.
        row: the row; None for `together`.
        limit: for `edge`: the limit.
        side: for `edge`: which edge of it.
        is_known: for `type`: whether the type is a known one.
        held: for `together`: the conditions.
    """

    kind: GoalKind
    name: str
    row: Row | None = None
    limit: Limit | None = None
    side: Side = "at"
    is_known: bool = False
    held: tuple[ConditionName, ...] = ()

    @property
    def title(self) -> str:
        """What a test that reaches it may be called."""
        return f"fires: {self.name}" if self.kind == "row" else self.name

    @property
    def key(self) -> str:
        """Its name among all goals of a table."""
        return f"{self.kind} {self.name}"


class Seen(Struct, frozen=True, kw_only=True):
    """A decision that was tried, as goals look at it.

    Attributes:
        evidence: the decision as rows see it.
        names: the value of each name that an expression may read; None for what is not usable.
        fired: the rows that fired on what they read.
        held: the conditions that held, in their order; None where something could not be judged.
    """

    evidence: Evidence
    names: dict[str, Any]
    fired: frozenset[str]
    held: tuple[ConditionName, ...] | None


def goals_of(table: Table) -> tuple[Goal, ...]:
    """Return all that the tests of a table should reach: rows, then edges, then conditions."""
    rows = [Goal(kind="row", name=row.id, row=row) for row in table.rows]
    edges = [goal for row in table.rows for goal in _edges(table, row)]
    return (*rows, *edges, *_together())


def _edges(table: Table, row: Row) -> Iterator[Goal]:
    if row.kind == "unknown":
        for is_known, words in ((True, "a known type"), (False, "an unknown type")):
            if is_known or not row.for_types:
                yield Goal(kind="type", name=f"{words} ({row.id})", row=row, is_known=is_known)
    for limit in limits_of(table, row):
        for side in limit.sides:
            name = f"{_WORDS[side]}: {limit.text} ({row.id})"
            yield Goal(kind="edge", name=name, row=row, limit=limit, side=side)


def _together() -> Iterator[Goal]:
    for count in range(len(CONDITIONS) + 1):
        for held in combinations(CONDITIONS, count):
            yield Goal(kind="together", name=f"together: {_listed(held)}", held=held)


def _listed(held: tuple[str, ...]) -> str:
    if not held:
        return "no condition"
    if len(held) == 1:
        return f"{held[0]} alone"
    return f"{', '.join(held[:-1])} and {held[-1]}"


def seen(table: Table, decision: Decision, verdict: Verdict) -> Seen:
    """Return a decision as goals look at it.

    Args:
        table: the table.
        decision: what was judged.
        verdict: what the gate said to it.
    """
    evidence = gather(table, decision)
    judged = [was_judged(reason, decision) for reason in verdict.reasons]
    fired = (
        reason.row for reason, is_judged in zip(verdict.reasons, judged, strict=True) if is_judged
    )
    conditions = {reason.condition for reason in verdict.reasons}
    return Seen(
        evidence=evidence,
        names=names_of(table, evidence),
        fired=frozenset(fired),
        held=tuple(one for one in CONDITIONS if one in conditions) if all(judged) else None,
    )


def was_judged(reason: Reason, decision: Decision) -> bool:
    """Whether a row fired on what it read: it was held against its limit, with something usable."""
    has_confidence = not math.isnan(confidence(decision.confidence))
    return bool(reason.limit) and (reason.condition != "confidence" or has_confidence)


def reaches(table: Table, goal: Goal, seen: Seen) -> bool:
    """Whether a decision reaches a goal."""
    if goal.row is None:
        return seen.held == goal.held
    if goal.kind == "row":
        return goal.row.id in seen.fired
    if not is_for(goal.row, seen.evidence):
        return False
    if goal.limit is None:
        type = seen.evidence.type
        return type is not None and (type in table.known.types) == goal.is_known
    return _is_at(goal.limit, goal.side, seen)


def is_for(row: Row, evidence: Evidence) -> bool:
    """Whether a row looks at a decision, and surely so."""
    of_type = not row.for_types or evidence.type in row.for_types
    return of_type and (not row.for_actions or evidence.action in row.for_actions)


def _is_at(limit: Limit, side: Side, seen: Seen) -> bool:
    """Whether a decision is at an edge of a limit, and this comparison decides about its row."""
    read = [*names_read(limit.row.when or limit.left)]
    if any(seen.names[name] is None for name in read) or not is_of_type(limit, seen.evidence):
        return False
    try:
        distance = value_of(limit.left, seen.names) - value_of(limit.right, seen.names)
        if limit.if_true is not None and limit.if_false is not None:
            held, failed = (value_of(one, seen.names) for one in (limit.if_true, limit.if_false))
            if held == failed:
                return False
    except ArithmeticError:
        return False
    return _is_beside(limit, side, distance)


def _is_beside(limit: Limit, side: Side, distance: float) -> bool:
    if side == "at":
        return distance == 0
    if side == "under":
        return limit.under_by is not None and -limit.under_by * SLACK <= distance < 0
    return limit.over_by is not None and 0 < distance <= limit.over_by * SLACK
