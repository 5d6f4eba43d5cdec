"""An expression's value for one decision: the plain way, for coverage and for words.

The gate never asks this. INVARIANT: what the gate cannot judge is an `ArithmeticError` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from handraise.core.gate.evidence import CannotJudgeError, Evidence, finite
from handraise.core.table.expression import (
    Arithmetic,
    Call,
    Comparison,
    Logic,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Rank,
    Text,
    Truth,
)
from handraise.core.table.types import Table

_SIGNS = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


def names_of(table: Table, evidence: Evidence) -> dict[str, Any]:
    """Return the value of each name that an expression may read; None for what is not usable.

    A severity is its place among the table's, 0 for the least.
    """
    has_confidence = evidence.confidence == evidence.confidence
    rank = None if evidence.severity is None else table.severity_rank(evidence.severity)
    return {
        **evidence.facts,
        "type": evidence.type,
        "action": evidence.action,
        "confidence": evidence.confidence if has_confidence else None,
        "severity": rank,
    }


def value_of(node: Node, names: Mapping[str, Any]) -> Any:  # noqa: C901 - one line for each kind of node
    """Return the value of an expression.

    Args:
        node: the tree, without fields of the proposal.
        names: a usable value for each name that it reads.

    Raises:
        ArithmeticError: a division by zero, or a result that leaves the real line.
    """
    match node:
        case Number(value) | Text(value) | Truth(value):
            return value
        case Rank(_, place):
            return place
        case Name(id, _):
            return names[id]
        case Negative(operand):
            return -value_of(operand, names)
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, value_of(left, names), value_of(right, names))
        case Call(function, arguments):
            values = [value_of(argument, names) for argument in arguments]
            if function == "abs":
                return abs(values[0])
            return min(values) if function == "min" else max(values)
        case Comparison(operands, operators):
            pairs = zip(operators, pairwise(operands), strict=True)
            return all(
                _SIGNS[sign](value_of(left, names), value_of(right, names))
                for sign, (left, right) in pairs
            )
        case Membership(operand, choices, negated):
            found = value_of(operand, names)
            return any(found == value_of(choice, names) for choice in choices) != negated
        case Logic(word, operands):
            each = (value_of(operand, names) for operand in operands)
            return all(each) if word == "and" else any(each)
        case Not(operand):
            return not value_of(operand, names)
    raise CannotJudgeError


def _arithmetic(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return finite(left + right)
        case "-":
            return finite(left - right)
        case "*":
            return finite(left * right)
        case _:
            return finite(left / right)
