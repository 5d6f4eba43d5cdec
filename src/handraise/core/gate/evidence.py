"""What is usable of whatever an agent sends: total, and unknown is a value of its own.

None means "not usable" throughout; `why` says so in words. Nothing here raises, whatever the input.
"""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from handraise.core.confidence.mapping import calibrated
from handraise.core.table.expression import (
    MAX_MAGNITUDE,
    Arithmetic,
    Call,
    Field,
    Negative,
    Node,
    Number,
)
from handraise.core.table.types import Fact, Table
from handraise.core.table.values import boolean, mapping, number, shown, text
from handraise.model import Decision

__all__ = [
    "MISSING",
    "CannotJudgeError",
    "Evidence",
    "boolean",
    "confidence",
    "evaluate",
    "facts_given",
    "field",
    "finite",
    "gather",
    "number",
    "severity_of",
    "text",
    "usable_fact",
    "whole",
]

MISSING: Any = object()
"""What a dict gives for a name that is not there."""


class CannotJudgeError(ArithmeticError):
    """A number left the real line, or was never on it; caught by the compiled gate, which stops."""


def confidence(value: Any) -> float:
    """Return a usable confidence in [0, 1], or NaN, which is below every threshold."""
    found = number(value)
    return float(found) if found is not None and 0 <= found <= 1 else math.nan


def finite(value: float) -> float:
    """Return a number that is still on the real line.

    Raises:
        CannotJudgeError: it is NaN, infinite or past 1e300.
    """
    if -MAX_MAGNITUDE < value < MAX_MAGNITUDE:
        return value
    raise CannotJudgeError


def facts_given(value: Any) -> dict[Any, Any] | None:
    """Return the facts as a plain dict, or None when they are none; None is an empty one."""
    return {} if value is None else mapping(value)


def whole(value: float) -> float:
    """Return a number that is whole.

    Raises:
        CannotJudgeError: it is not.
    """
    if value == int(value):
        return value
    raise CannotJudgeError


def severity_of(table: Table, action: Any) -> str | None:
    """Return the severity of an action as an agent names it; None where the table rates it not."""
    name = text(action)
    rated = table.actions.get(name) if name is not None else None
    return None if rated is None else rated.severity


def field(proposal: Any, name: str) -> float | int:
    """Return a number of the proposal.

    Raises:
        CannotJudgeError: the proposal has no such field, or it holds no usable number.
    """
    held = mapping(proposal)
    found = number(held.get(name)) if held is not None else None
    if found is None:
        raise CannotJudgeError
    return found


class Evidence(Struct, frozen=True, kw_only=True):
    """A decision as rows see it.

    Attributes:
        type: usable text, or None.
        action: usable text that the table rates, or None; any text when the table rates none.
        severity: the action's severity, or None.
        confidence: as rows read it, calibrated where the table says so: in [0, 1], or NaN.
        stated: the confidence as the agent states it, in [0, 1], or NaN.
        facts: each declared fact's value, or None when it cannot be used.
        why: for each fact that cannot be used, why not.
    """

    type: str | None
    action: str | None
    severity: str | None
    confidence: float
    stated: float
    facts: dict[str, Any]
    why: dict[str, str]


def gather(table: Table, decision: Decision) -> Evidence:
    """Return the evidence of a decision; the slow, plain way, for words and for `try`."""
    action = text(decision.action)
    if table.actions and action not in table.actions:
        action = None
    rated = table.actions.get(action) if action is not None else None
    given = facts_given(decision.facts) or {}
    facts: dict[str, Any] = {}
    why: dict[str, str] = {}
    for id, fact in table.facts.items():
        value, reason = _fact(table, fact, given, decision)
        facts[id] = value
        if reason:
            why[id] = reason
    stated = confidence(decision.confidence)
    map = table.calibration.map if table.calibration is not None else None
    return Evidence(
        type=text(decision.type),
        action=action,
        severity=rated.severity if rated else None,
        confidence=stated if map is None else calibrated(map, stated),
        stated=stated,
        facts=facts,
        why=why,
    )


def _fact(table: Table, fact: Fact, given: dict[Any, Any], decision: Decision) -> tuple[Any, str]:
    if fact.is_derived:
        return _derived(table, fact, decision)
    stated = given.get(fact.id, MISSING)
    if stated is MISSING:
        return None, f"{fact.id} is missing"
    usable = usable_fact(fact, stated)
    wanted = f"one of {', '.join(fact.choices)}" if fact.choices else f"a usable {fact.type}"
    return usable, "" if usable is not None else f"{fact.id} is {shown(stated)}, not {wanted}"


def usable_fact(fact: Fact, stated: Any) -> Any:
    """Return a stated value as the fact's type, or None when it is not usable."""
    if fact.type == "number":
        return number(stated)
    if fact.type == "integer":
        found = number(stated)
        return found if found is not None and found == int(found) else None
    if fact.type == "boolean":
        return boolean(stated)
    found_text = text(stated)
    return found_text if fact.type == "text" or found_text in fact.choices else None


def _derived(table: Table, fact: Fact, decision: Decision) -> tuple[Any, str]:
    action = text(decision.action)
    source = fact.source or (fact.sources.get(action) if action is not None else None)
    if source is None:
        known = action is not None and action in table.actions
        if known and fact.otherwise is not None:
            return fact.otherwise, ""
        return None, f"{fact.id} cannot be worked out for the action {shown(decision.action)}"
    try:
        found = evaluate(source, decision.proposal)
        return (whole(found) if fact.type == "integer" else found), ""
    except ArithmeticError:
        return None, f"{fact.id} cannot be worked out from the proposal {shown(decision.proposal)}"


def evaluate(node: Node, proposal: Any) -> float | int:
    """Return the value of a `from` expression for a proposal.

    Raises:
        ArithmeticError: a field is missing or no number, a division by zero, or the result leaves
            the real line.
    """
    match node:
        case Number(value):
            return value
        case Field(id):
            return field(proposal, id)
        case Negative(operand):
            return -evaluate(operand, proposal)
        case Arithmetic(operator, left, right):
            a, b = evaluate(left, proposal), evaluate(right, proposal)
            if operator == "/":
                return finite(a / b)
            return finite(a + b if operator == "+" else a - b if operator == "-" else a * b)
        case Call(function, arguments):
            values = [evaluate(argument, proposal) for argument in arguments]
            if function == "abs":
                return abs(values[0])
            return min(values) if function == "min" else max(values)
        case _:
            raise CannotJudgeError
