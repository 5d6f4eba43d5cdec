"""What was seen against the limit, drawn on a scale, with the same in words.

A scale is only drawn where there is a number, or a step of a ladder, on both sides: what could not
be judged is not drawn. What is far beyond the limit is cut at the end of the scale, and says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from msgspec import Struct

from handraise.core.table.expression import Call, Comparison, Logic, Name, Negative, Node, Number
from handraise.core.table.money import in_money
from handraise.core.table.naming import fact_words
from handraise.core.table.types import Row, Table
from handraise.model import Escalation, Reason
from handraise.service.telling.wording.figures import number_words
from handraise.web.pages.views.words import spaced

WIDTH, LEFT, RIGHT = 360.0, 10.0, 350.0
FAR = 3.0
"""A value beyond so many times the limit is drawn at the end of the scale."""

MOST_STEPS = 7
_NUMBER = r"(-?[\d,]+(?:\.\d+)?(?:e[-+]?\d+)?)"
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Mark(Struct, frozen=True, kw_only=True):
    """A place on a scale with what it is called; `anchor` keeps the words on the picture."""

    x: float
    label: str
    anchor: str = "middle"


class Zone(Struct, frozen=True, kw_only=True):
    """A stretch of a scale in which the agent stops, or a step of a ladder."""

    x: float
    width: float
    label: str = ""
    stops: bool = True


class Scale(Struct, frozen=True, kw_only=True):
    """A scale: what was seen, the limits, and where the agent stops.

    Attributes:
        words: all of it in words.
        seen: what was seen.
        zones: where the agent stops; for a ladder its steps.
        limits: the limits, each with its number.
        is_ladder: whether it has steps and no numbers.
        is_cut: whether what was seen lies beyond the end that is drawn: -1 left, 1 right, 0 not.
    """

    words: str
    seen: Mark
    zones: tuple[Zone, ...]
    limits: tuple[Mark, ...] = ()
    is_ladder: bool = False
    is_cut: int = 0


def scale_of(reason: Reason, escalation: Escalation, table: Table | None) -> Scale | None:
    """Return the scale of a reason; None where there is nothing to be drawn.

    Args:
        reason: why it stopped.
        escalation: of which.
        table: of the version it began with.
    """
    rows = table.rows if table else ()
    row = next((one for one in rows if one.id == reason.row), None)
    if table is None or row is None:
        return None
    match row.kind:
        case "below":
            return _confidence(reason)
        case "severity":
            return _ladder(reason, table.severities)
        case "unfamiliar":
            return _familiarity(row, escalation)
        case "when":
            return _compared(row, reason, table)
    return None


def _confidence(reason: Reason) -> Scale | None:
    seen, limit = _number(reason.observed), _number(reason.limit)
    if seen is None or limit is None or not (0 <= seen <= 1 and 0 < limit <= 1):
        return None
    return Scale(
        words=f"On a scale from 0 to 1: confidence {reason.observed}, and the agent stops below"
        f" {reason.limit}.",
        seen=_mark(_between(seen, 0, 1), reason.observed),
        zones=(_zone(0, _share(limit, 0, 1)),),
        limits=(_mark(_between(limit, 0, 1), f"stops below {reason.limit}"),),
    )


def _ladder(reason: Reason, severities: Sequence[str]) -> Scale | None:
    steps = list(severities)
    if reason.observed not in steps or reason.limit not in steps or len(steps) > MOST_STEPS:
        return None
    wide = (RIGHT - LEFT) / len(steps)
    first, place = steps.index(reason.limit), steps.index(reason.observed)
    zones = tuple(
        Zone(x=_round(LEFT + at * wide), width=_round(wide - 4), label=_cut(one), stops=at >= first)
        for at, one in enumerate(steps)
    )
    return Scale(
        words=f"From least to worst: {', '.join(steps)}. This is {reason.observed}, and the agent"
        f" stops at {reason.limit} and worse.",
        seen=_mark(LEFT + (place + 0.5) * wide - 2, reason.observed),
        zones=zones,
        is_ladder=True,
    )


def _familiarity(row: Row, escalation: Escalation) -> Scale | None:
    seen, limit = escalation.familiarity, row.unfamiliar
    if seen is None or limit is None or not (0 < seen <= 1 and 0 < limit < 1):
        return None
    low = math.log(min(seen, limit) / 3)
    place, at = -math.log(seen) / low, -math.log(limit) / low
    return Scale(
        words=f"{_percent(seen)} of familiar requests are as unusual, and the agent stops at"
        f" {_percent(limit)} and fewer.",
        seen=_mark(_between(1 + place, 0, 1), _percent(seen)),
        zones=(_zone(0, 1 + at),),
        limits=(_mark(_between(1 + at, 0, 1), f"stops at {_percent(limit)}"),),
    )


class _Bound(Struct, frozen=True):
    """`name`, or its size, compared with a number."""

    name: str
    is_size: bool
    operator: str
    limit: float


def _compared(row: Row, reason: Reason, table: Table) -> Scale | None:
    bounds = _bounds(row.when)
    if not bounds or len({(one.name, one.is_size) for one in bounds}) > 1:
        return None
    name = bounds[0].name
    found = re.search(rf"(?:^|, ){re.escape(name)} is {_NUMBER}", reason.observed)
    seen = _number(found[1]) if found else None
    if seen is None:
        return None
    fact = table.facts.get(name)
    unit = f" {fact.unit}" if fact and fact.unit else ""
    called = fact_words(fact, table.facts) if fact else spaced(name)
    above, below = _ranges(bounds)
    if above is None and below is None:
        return None
    low, high = _ends(seen, above, below)
    shown = _amount(seen, unit)
    zones, limits = [], []
    if below is not None:
        zones.append(_zone(0, _share(below, low, high)))
        limits.append(_mark(_between(below, low, high), _amount(below, unit)))
    if above is not None:
        zones.append(_zone(_share(above, low, high), 1))
        limits.append(_mark(_between(above, low, high), _amount(above, unit)))
    is_cut = (seen > high) - (seen < low)
    return Scale(
        words=f"{called.capitalize()} is {shown}{', far beyond the limit' if is_cut else ''};"
        f" the agent stops {_outside(above, below, unit)}.",
        seen=_mark(_between(min(max(seen, low), high), low, high), shown),
        zones=tuple(zones),
        limits=tuple(limits),
        is_cut=is_cut,
    )


def _bounds(node: Node | None) -> list[_Bound]:
    """Return the bounds an expression consists of; nothing where it is anything else."""
    if isinstance(node, Logic) and node.operator == "or":
        each = [_bounds(one) for one in node.operands]
        return [one for some in each for one in some] if all(each) else []
    if not isinstance(node, Comparison) or len(node.operands) != 2:
        return []
    (left, right), operator = node.operands, node.operators[0]
    if _literal(left) is not None:
        left, right, operator = right, left, _MIRRORED.get(operator, operator)  # type: ignore[assignment]
    limit = _literal(right)
    if limit is None or operator not in _MIRRORED:
        return []
    match left:
        case Name(id, "number"):
            return [_Bound(id, is_size=False, operator=operator, limit=limit)]
        case Call("abs", (Name(id, "number"),)):
            return [_Bound(id, is_size=True, operator=operator, limit=limit)]
    return []


def _literal(node: Node) -> float | None:
    match node:
        case Number(value):
            return float(value)
        case Negative(Number(value)):
            return -float(value)
    return None


def _ranges(bounds: Sequence[_Bound]) -> tuple[float | None, float | None]:
    """Return above what and below what the agent stops; None where it does not."""
    above = [one.limit for one in bounds if one.operator in {">", ">="}]
    below = [one.limit for one in bounds if one.operator in {"<", "<="}]
    if bounds[0].is_size:
        return (min(above), -min(above)) if above and not below and min(above) > 0 else (None, None)
    return min(above, default=None), max(below, default=None)


def _ends(seen: float, above: float | None, below: float | None) -> tuple[float, float]:
    """Return between what a scale runs: the limits with room around them, and nought."""
    marks = [one for one in (above, below) if one is not None]
    size = max((abs(one) for one in marks), default=0.0) or abs(seen) or 1.0
    near = min(max(seen, -FAR * size), FAR * size)
    low, high = min(0.0, near, *marks), max(0.0, near, *marks)
    room = 0.12 * (high - low)
    is_below = low < 0 or below is not None
    return (low - room if is_below else 0.0), high + room


def _outside(above: float | None, below: float | None, unit: str) -> str:
    sides = {"above": above, "below": below}
    return " and ".join(
        f"{side} {_amount(at, unit)}" for side, at in sides.items() if at is not None
    )


def _amount(value: float, unit: str) -> str:
    """Return a number with its unit; `unit` begins with a blank, or is empty."""
    return f"{in_money(number_words(_whole(value)), unit.strip())}{unit}"


def _whole(value: float) -> float:
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _number(text: str) -> float | None:
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)


def _between(value: float, low: float, high: float) -> float:
    return LEFT + _share(value, low, high) * (RIGHT - LEFT)


def _zone(begin: float, end: float) -> Zone:
    """Return a zone between two shares of the scale."""
    x = LEFT + begin * (RIGHT - LEFT)
    return Zone(x=_round(x), width=_round(LEFT + end * (RIGHT - LEFT) - x))


def _mark(x: float, label: str) -> Mark:
    half = 3.6 * len(label)
    anchor = "start" if x - half < 0 else "end" if x + half > WIDTH else "middle"
    at = x if anchor == "middle" else max(x, 2.0) if anchor == "start" else min(x, WIDTH - 2)
    return Mark(x=_round(at), label=label, anchor=anchor)


def _round(value: float) -> float:
    return round(value, 1)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _cut(text: str) -> str:
    return text if len(text) <= 14 else f"{text[:13]}…"
