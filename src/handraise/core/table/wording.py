"""An expression as text: its one canonical spelling, and a plain sentence."""

from __future__ import annotations

from collections.abc import Mapping

from handraise.core.table.money import in_money
from handraise.core.table.nodes import (
    Arithmetic,
    Call,
    Comparison,
    Field,
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
    names_read,
)

_PRECEDENCE = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7}


def as_source(node: Node, outer: int = 0) -> str:
    """Return the expression in one canonical spelling; parsing it gives the same tree."""
    text, level = _source(node)
    return f"({text})" if level < outer else text


def _source(node: Node) -> tuple[str, int]:  # noqa: C901 - one line for each kind of node
    match node:
        case Number(value):
            return number_text(value), 7 if value < 0 else 9
        case Text(value):
            return repr(value), 9
        case Rank(name, _):
            return repr(name), 9
        case Truth(value):
            return ("true" if value else "false"), 9
        case Name(id, _):
            return id, 9
        case Field(id):
            return f"proposal.{id}", 9
        case Negative(operand):
            return f"-{as_source(operand, 8)}", 7
        case Arithmetic(operator, left, right):
            level = _PRECEDENCE[operator]
            return f"{as_source(left, level)} {operator} {as_source(right, level + 1)}", level
        case Call(function, arguments):
            return f"{function}({', '.join(as_source(argument) for argument in arguments)})", 9
        case Comparison(operands, operators):
            parts = [as_source(operands[0], 5)]
            for sign, operand in zip(operators, operands[1:], strict=True):
                parts += [sign, as_source(operand, 5)]
            return " ".join(parts), 4
        case Membership(operand, choices, negated):
            word = "not in" if negated else "in"
            listed = ", ".join(as_source(choice) for choice in choices)
            return f"{as_source(operand, 5)} {word} [{listed}]", 4
        case Logic(operator, operands):
            level = _PRECEDENCE[operator]
            return f" {operator} ".join(
                as_source(operand, level + 1) for operand in operands
            ), level
        case Not(operand):
            return f"not {as_source(operand, 3)}", 3
    msg = f"unknown node {type(node).__name__}"
    raise TypeError(msg)


def number_text(value: float) -> str:
    """Return a number without a needless `.0`, exactly."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


_WORDS = {
    "<": "is under",
    "<=": "is at most",
    ">": "is over",
    ">=": "is at least",
    "==": "is",
    "!=": "is not",
}


def as_sentence(node: Node, units: Mapping[str, str] | None = None) -> str:
    """Return the expression in plain words: `revenue_usd is over 5,000 USD either way`.

    Args:
        node: the tree.
        units: each fact's unit, added to the numbers it is compared with.
    """
    return _sentence(node, units or {})


def _sentence(node: Node, units: Mapping[str, str]) -> str:
    match node:
        case Comparison((Call("abs", (inner,)), Number() as limit), (">" | ">=" as operator,)):
            size = _with_unit(limit, _unit(inner, units))
            return f"{_value(inner)} {_WORDS[operator]} {size} either way"
        case Comparison(operands, operators):
            parts = [_value(operands[0])]
            unit = next((unit for operand in operands if (unit := _unit(operand, units))), "")
            for sign, operand in zip(operators, operands[1:], strict=True):
                size = _with_unit(operand, unit) if isinstance(operand, Number) else _value(operand)
                parts.append(f"{_WORDS[sign]} {size}")
            return parts[0] + " " + " and ".join(parts[1:])
        case Membership(operand, choices, negated):
            word = "is none of" if negated else "is one of"
            return f"{_value(operand)} {word} {', '.join(_value(choice) for choice in choices)}"
        case Logic(operator, operands):
            each = [(_sentence(operand, units), operand) for operand in operands]
            words = [f"({one})" if isinstance(operand, Logic) else one for one, operand in each]
            return f" {operator} ".join(words)
        case Not(operand):
            return f"not ({_sentence(operand, units)})"
        case _:
            return _value(node)


def _unit(node: Node, units: Mapping[str, str]) -> str:
    found = [units[name] for name in names_read(node) if units.get(name)]
    return found[0] if found else ""


def _with_unit(limit: Number, unit: str) -> str:
    return f"{in_money(_value(limit), unit)} {unit}" if unit else _value(limit)


def _value(node: Node) -> str:
    match node:
        case Number(value):
            return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,}"
        case Text(value) | Rank(value, _):
            return f'"{value}"' if isinstance(node, Text) else value
        case Call("abs", (inner,)):
            return f"the size of {_value(inner)}"
        case Call(function, arguments):
            word = "the least of" if function == "min" else "the greatest of"
            return f"{word} {', '.join(_value(argument) for argument in arguments)}"
        case Name(id, _):
            return id
        case _:
            return as_source(node)
