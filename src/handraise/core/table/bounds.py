"""What an expression can come to: intervals instead of numbers, for lint.

An over-approximation: `can_be_true` may say yes where the answer is no, never the reverse. A full
proof is another matter; this finds the plain mistakes (`abs(x) < 0`, `x > 5 and x < 3`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from handraise.core.table.expression import (
    MAX_MAGNITUDE,
    AnyNode,
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
from handraise.core.table.types import Claim, Row, Table

Interval = tuple[float, float]
ANY: Interval = (-MAX_MAGNITUDE, MAX_MAGNITUDE)
EXACT = 2.0**53
Known = Mapping[str, Interval | frozenset[str]]


def can_be_true(table: Table, row: Row | Claim) -> bool:
    """Whether some decision can make the expression of a row or a claim true."""
    return any(True in _truths(row.when, known) for known in _situations(table, row) if row.when)


def can_be_false(table: Table, row: Row) -> bool:
    """Whether some decision can make the row's expression false."""
    return any(False in _truths(row.when, known) for known in _situations(table, row) if row.when)


def _situations(table: Table, row: Row | Claim) -> list[Known]:
    """Return what is known of each name, once for each action the row or claim can meet."""
    narrowed = row if isinstance(row, Row) else None
    base: dict[str, Interval | frozenset[str]] = {"confidence": (0.0, 1.0)}
    base |= {id: frozenset(fact.choices) for id, fact in table.facts.items() if fact.choices}
    if narrowed and narrowed.for_types:
        base["type"] = frozenset(narrowed.for_types)
    actions = (narrowed.for_actions if narrowed else ()) or tuple(table.actions)
    if not actions:
        return [base]
    situations: list[Known] = []
    for action in actions:
        here = dict(base)
        here["action"] = frozenset({action})
        rank = float(table.severity_rank(table.actions[action].severity))
        here["severity"] = (rank, rank)
        for fact in table.facts.values():
            source = fact.source or fact.sources.get(action)
            if source is not None:
                here[fact.id] = _interval(source, {})
            elif fact.sources and isinstance(fact.otherwise, int | float):
                here[fact.id] = (float(fact.otherwise), float(fact.otherwise))
        situations.append(here)
    return situations


def _truths(node: Node | None, known: Known) -> set[bool]:
    match node:
        case Truth(value):
            return {value}
        case Not(operand):
            return {not truth for truth in _truths(operand, known)}
        case Comparison(operands, operators):
            if _narrowed((node,), known) is None:
                return {False}
            pairs = zip(operands, operators, operands[1:], strict=False)
            return _all([_compared(left, sign, right, known) for left, sign, right in pairs])
        case Membership(operand, choices, negated):
            each = [_compared(operand, "==", choice, known) for choice in choices]
            inside = _any(each)
            return {not truth for truth in inside} if negated else inside
        case Logic("and", operands):
            narrowed = _narrowed(operands, known)
            loose = _all([_truths(operand, known) for operand in operands])
            if narrowed is None or True not in _all(
                [_truths(operand, narrowed) for operand in operands]
            ):
                return loose - {True} or {False}
            return loose
        case Logic(_, operands):
            return _any([_truths(operand, known) for operand in operands])
        case _:
            return {True, False}


def _all(each: list[set[bool]]) -> set[bool]:
    result = {True} if all(True in one for one in each) else set()
    return result | ({False} if any(False in one for one in each) else set())


def _any(each: list[set[bool]]) -> set[bool]:
    result = {False} if all(False in one for one in each) else set()
    return result | ({True} if any(True in one for one in each) else set())


def _narrowed(operands: tuple[AnyNode, ...], known: Known) -> Known | None:
    """Return what is known once every `name op number` holds; None if that is impossible."""
    result: dict[str, Interval | frozenset[str]] = dict(known)
    for operand in operands:
        if not isinstance(operand, Comparison):
            continue
        for n, sign in enumerate(operand.operators):
            left, right = operand.operands[n], operand.operands[n + 1]
            if isinstance(left, Name) and not _narrow(result, left.id, sign, right):
                return None
            if isinstance(right, Name) and not _narrow(result, right.id, _MIRRORED[sign], left):
                return None
    return result


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _narrow(
    known: dict[str, Interval | frozenset[str]], name: str, operator: str, other: AnyNode
) -> bool:
    """Narrow one name in place; False when nothing is left."""
    if isinstance(other, Text) and operator == "==":
        present = known.get(name)
        if isinstance(present, frozenset) and other.value not in present:
            return False
        known[name] = frozenset({other.value})
        return True
    present = known.get(name, ANY)
    if not isinstance(other, Number | Rank) or isinstance(present, frozenset):
        return True
    value = other.value if isinstance(other, Number) else float(other.place)
    low, high = present
    if operator in {">", ">=", "=="}:
        low = max(low, _beyond(value, math.inf) if operator == ">" else value)
    if operator in {"<", "<=", "=="}:
        high = min(high, _beyond(value, -math.inf) if operator == "<" else value)
    known[name] = (low, high)
    return low <= high


def _beyond(value: float, way: float) -> float:
    """Return the next number after `value`; whole numbers of 2**53 and more lie between floats."""
    return math.nextafter(value, way) if abs(value) < EXACT else value


def _compared(left: AnyNode, operator: str, right: AnyNode, known: Known) -> set[bool]:
    left_texts, right_texts = _texts(left, known), _texts(right, known)
    if left_texts is not None and right_texts is not None and operator in {"==", "!="}:
        equal = {a == b for a in left_texts for b in right_texts}
        return equal if operator == "==" else {not truth for truth in equal}
    if not (_is_numeric(left) and _is_numeric(right)):
        return {True, False}
    a, b = _interval(left, known), _interval(right, known)
    if operator in {">", ">="}:
        a, b, operator = b, a, _MIRRORED[operator]
    if operator == "<":
        return ({True} if a[0] < b[1] else set()) | ({False} if a[1] >= b[0] else set())
    if operator == "<=":
        return ({True} if a[0] <= b[1] else set()) | ({False} if a[1] > b[0] else set())
    overlap = a[0] <= b[1] and b[0] <= a[1]
    pinned = a[0] == a[1] == b[0] == b[1]
    equal = ({True} if overlap else set()) | (set() if pinned else {False})
    return equal if operator == "==" else {not truth for truth in equal}


def _texts(node: AnyNode, known: Known) -> frozenset[str] | None:
    if isinstance(node, Text):
        return frozenset({node.value})
    found = known.get(node.id) if isinstance(node, Name) else None
    return found if isinstance(found, frozenset) else None


def _is_numeric(node: AnyNode) -> bool:
    if isinstance(node, Name):
        return node.type in {"number", "severity"}
    return isinstance(node, Number | Rank | Negative | Arithmetic | Call)


def _interval(node: Node, known: Known) -> Interval:
    match node:
        case Number(value):
            return value, value
        case Rank(_, place):
            return float(place), float(place)
        case Name(id, _):
            found = known.get(id, ANY)
            return ANY if isinstance(found, frozenset) else found
        case Negative(operand):
            low, high = _interval(operand, known)
            return -high, -low
        case Call("abs", (inner,)):
            low, high = _interval(inner, known)
            least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            return least, max(abs(low), abs(high))
        case Call(function, arguments):
            parts = [_interval(argument, known) for argument in arguments]
            choose = min if function == "min" else max
            return choose(low for low, _ in parts), choose(high for _, high in parts)
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, _interval(left, known), _interval(right, known))
        case _:
            return ANY


def _arithmetic(operator: str, a: Interval, b: Interval) -> Interval:
    if operator == "/":
        if b[0] <= 0 <= b[1]:
            return ANY
        corners = [x / y for x in a for y in b]
    elif operator == "*":
        corners = [x * y for x in a for y in b]
    else:
        corners = (
            [x + y for x in a for y in b] if operator == "+" else [x - y for x in a for y in b]
        )
    return max(_outward(min(corners), -math.inf), -MAX_MAGNITUDE), min(
        _outward(max(corners), math.inf), MAX_MAGNITUDE
    )


def _outward(value: float, way: float) -> float:
    """Return a corner, moved where arithmetic with whole numbers is more exact than with floats."""
    return value if abs(value) < EXACT else math.nextafter(value, way)
