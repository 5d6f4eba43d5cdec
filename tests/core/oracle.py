"""A plain interpreter of a routing table, written from the design's sections 2 and 3.

Slow and obvious on purpose; shares no code with `handraise.core.gate`. `judged` says which rows fire and
whether the system itself has something to say.
"""

import datetime as dt
import itertools
import re
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real

from msgspec import Struct

UNKNOWN = object()
"""A value that is missing, of the wrong type or off the real line."""


class CannotJudgeError(Exception):
    pass


class Judged(Struct, frozen=True):
    rows: set[str]
    fault: bool
    uncovered: set[str]

    @property
    def stops(self):
        return bool(self.rows or self.fault or self.uncovered)


def judged(table, decision, familiarity=UNKNOWN):
    """Return which rows fire, whether there is a fault, and which conditions hold without a row.

    `familiarity` is the share of familiar decisions at least as unusual; UNKNOWN where nobody can say.
    """
    seen = _seen(table, decision) | {"familiarity": familiarity}
    rows = {row.id for row in table.rows if _fires(table, row, seen)}
    held = {row.condition for row in table.rows if row.id in rows}
    uncovered = set()
    if seen["confidence"] is UNKNOWN:
        uncovered.add("confidence")
    if table.actions and seen["action"] is UNKNOWN:
        uncovered.add("consequence")
    if seen["type"] is UNKNOWN or seen["type"] not in table.known.types:
        uncovered.add("novelty")
    return Judged(rows, _is_fault(table, decision, seen), uncovered - held)


def _number(value):
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return UNKNOWN
    try:
        plain = int(value) if isinstance(value, Integral) else float(value)
    except Exception:  # noqa: BLE001 - junk may raise anything
        return UNKNOWN
    return plain if plain == plain and abs(plain) < 1e300 else UNKNOWN


def _held(value):
    """Return what a dict really holds, whatever it says."""
    return dict(dict.items(value)) if issubclass(type(value), dict) else None


def _text(value):
    return str.__str__(value) if issubclass(type(value), str) else UNKNOWN


def _seen(table, decision):
    action = _text(decision.action)
    if table.actions and action not in table.actions:
        action = UNKNOWN
    confidence = _number(decision.confidence)
    if confidence is not UNKNOWN and not 0 <= confidence <= 1:
        confidence = UNKNOWN
    if confidence is not UNKNOWN and table.calibration is not None:
        confidence = _calibrated(table.calibration.map.knots, confidence)
    severity = UNKNOWN
    if action is not UNKNOWN and action in table.actions:
        severity = table.severities.index(table.actions[action].severity)
    seen = {
        "type": _text(decision.type),
        "action": action,
        "confidence": confidence,
        "severity": severity,
    }
    for fact in table.facts.values():
        seen[fact.id] = _fact(table, fact, decision, action)
    return seen


def _calibrated(knots, stated):
    """Return where a line through the knots is above a stated number: the piece it lies on."""
    for (x0, y0), (x1, y1) in itertools.pairwise(knots):
        if stated < x1 or (x1, y1) == knots[-1]:
            return min(max(y0 + (stated - x0) * ((y1 - y0) / (x1 - x0)), y0), y1)
    raise AssertionError


def _fact(table, fact, decision, action):
    if fact.source is None and not fact.sources:
        stated = _held(decision.facts) or {}
        return _of_type(fact, stated[fact.id]) if fact.id in stated else UNKNOWN
    node = fact.source
    if node is None and action is not UNKNOWN:
        node = fact.sources.get(action)
    if node is None:
        known = action is not UNKNOWN and fact.otherwise is not None
        return fact.otherwise if known else UNKNOWN
    try:
        found = _value(node, {}, decision.proposal)
    except CannotJudgeError:
        return UNKNOWN
    return UNKNOWN if fact.type == "integer" and found != int(found) else found


def _of_type(fact, stated):
    if fact.type in ("number", "integer"):
        found = _number(stated)
        if found is not UNKNOWN and fact.type == "integer" and found != int(found):
            return UNKNOWN
        return found
    if fact.type == "boolean":
        return stated if stated is True or stated is False else UNKNOWN
    found = _text(stated)
    return UNKNOWN if fact.type == "one_of" and found not in fact.choices else found


def _fires(table, row, seen):  # noqa: C901 - the design, line by line
    # A row that is surely for others stays silent; one that may be for this decision fires.
    outside = [
        names and seen[name] is not UNKNOWN and seen[name] not in names
        for name, names in (("type", row.for_types), ("action", row.for_actions))
    ]
    if any(outside):
        return False
    if (row.for_types and seen["type"] is UNKNOWN) or (
        row.for_actions and seen["action"] is UNKNOWN
    ):
        return True
    if row.condition == "consequence" and table.actions and seen["action"] is UNKNOWN:
        return True
    if row.kind == "unknown":
        return seen["type"] is UNKNOWN or seen["type"] not in table.known.types
    if row.kind == "unfamiliar":
        return seen["familiarity"] is UNKNOWN or seen["familiarity"] <= row.unfamiliar
    if row.kind == "below":
        limit = row.below
        if row.below_by_type:
            if seen["type"] is UNKNOWN:
                return True
            limit = row.below_by_type.get(seen["type"], row.below)
        return limit is None or seen["confidence"] is UNKNOWN or seen["confidence"] < limit
    if row.kind == "severity":
        return seen["severity"] >= table.severities.index(row.severity)
    if any(seen[name] is UNKNOWN for name in _names(row.when)):
        return True
    try:
        return _value(row.when, seen, None)
    except CannotJudgeError:
        return True


def _parts(node):
    for name in ("operand", "left", "right"):
        if hasattr(node, name):
            yield getattr(node, name)
    for name in ("operands", "arguments", "choices"):
        yield from getattr(node, name, ())


def _names(node):
    found = {node.id} if type(node).__name__ == "Name" else set()
    return found.union(*(_names(part) for part in _parts(node)))


def _real(value):
    if value != value or abs(value) >= 1e300:
        raise CannotJudgeError
    return value


def _value(node, seen, proposal):  # noqa: C901 - a line for each kind of node
    kind = type(node).__name__
    if kind in ("Number", "Text", "Truth"):
        return node.value
    if kind == "Rank":
        return node.place
    if kind == "Name":
        return seen[node.id]
    if kind == "Field":
        found = _number((_held(proposal) or {}).get(node.id))
        if found is UNKNOWN:
            raise CannotJudgeError
        return found
    if kind == "Negative":
        return -_value(node.operand, seen, proposal)
    if kind == "Not":
        return not _value(node.operand, seen, proposal)
    if kind == "Call":
        values = [_value(one, seen, proposal) for one in node.arguments]
        return {"abs": lambda: abs(values[0]), "min": lambda: min(values)}.get(
            node.function, lambda: max(values)
        )()
    if kind == "Arithmetic":
        a, b = _value(node.left, seen, proposal), _value(node.right, seen, proposal)
        try:
            match node.operator:
                case "+":
                    return _real(a + b)
                case "-":
                    return _real(a - b)
                case "*":
                    return _real(a * b)
            return _real(a / b)
        except (ZeroDivisionError, OverflowError):
            raise CannotJudgeError from None
    if kind == "Logic":
        for one in node.operands:
            truth = _value(one, seen, proposal)
            if truth == (node.operator == "or"):
                return truth
        return node.operator == "and"
    if kind == "Membership":
        left = _value(node.operand, seen, proposal)
        inside = any(left == _value(one, seen, proposal) for one in node.choices)
        return inside != node.negated
    left = _value(node.operands[0], seen, proposal)
    for sign, one in zip(node.operators, node.operands[1:], strict=True):
        right = _value(one, seen, proposal)
        holds = {
            "<": left < right if sign == "<" else None,
            "<=": left <= right if sign == "<=" else None,
            ">": left > right if sign == ">" else None,
            ">=": left >= right if sign == ">=" else None,
            "==": left == right,
            "!=": left != right,
        }[sign]
        if not holds:
            return False
        left = right
    return True


def _is_fault(table, decision, seen):
    held = {} if decision.facts is None else _held(decision.facts)
    if held is None:
        return True
    for name, stated in held.items():
        fact = table.facts.get(name) if isinstance(name, str) else None
        if fact is None:
            return True
        if fact.source is not None or fact.sources:
            worked_out = seen[fact.id]
            if worked_out is UNKNOWN or _number(stated) is UNKNOWN:
                return True
            if _number(stated) != worked_out:
                return True
    action = table.actions.get(seen["action"]) if seen["action"] is not UNKNOWN else None
    if action is None or action.form is None:
        return False
    return not _fits(action.form, decision.proposal)


def _fits(form, value):  # noqa: C901 - a line for each kind of form
    if form.kind == "object":
        value = _held(value)
        if value is None or set(value) - set(form.fields):
            return False
        for name, inner in form.fields.items():
            if inner.optional and value.get(name) is None:
                continue
            if name not in value or not _fits(inner, value[name]):
                return False
        return True
    if form.kind == "list":
        return isinstance(value, list | tuple) and all(_fits(form.item, one) for one in value)
    if form.kind in ("number", "integer"):
        found = _number(value)
        return found is not UNKNOWN and (form.kind == "number" or found == Fraction(int(found)))
    if form.kind == "boolean":
        return value is True or value is False
    text = _text(value)
    if text is UNKNOWN:
        return False
    if form.kind == "date":
        try:
            return bool(re.match(r"[0-9-]{10}$", text)) and bool(dt.date.fromisoformat(text))
        except ValueError:
            return False
    return form.kind == "text" or text in form.choices
