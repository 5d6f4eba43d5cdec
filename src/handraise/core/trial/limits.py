"""The limits of a table: each number that a row holds a decision against, and its edges.

An edge is a narrow stretch at a limit: at it, just under it, just over it. *Just* means no further
away than one unit in the last written digit of the limit, or one hundredth of it, whichever is
larger; where neither side is a written number, no further than 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.evidence import Evidence
from handraise.core.table.expression import (
    AnyNode,
    Arithmetic,
    Call,
    Comparison,
    Logic,
    Name,
    Negative,
    Not,
    Number,
    Rank,
    Truth,
    as_source,
    names_read,
    number_text,
)
from handraise.core.table.types import Row, Table
from handraise.core.trial.evaluating import value_of

Side = Literal["at", "under", "over"]

SHARE = 0.01
"""How far from a limit is still just beside it, as a share of the limit."""

CONFIDENCE = Name("confidence", "number")
SEVERITY = Name("severity", "severity")

_TURNED: dict[str, Literal["<", "<=", ">", ">=", "==", "!="]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}


class Limit(Struct, frozen=True, kw_only=True):
    """A number that a row holds a decision against.

    Attributes:
        row: whose limit it is.
        text: how it is written, e.g. `abs(revenue_usd) > 5000`.
        left: what is held against the limit.
        right: the limit itself.
        has_at: whether a decision can be at it.
        under_by: how far under it is still just under it; None where nothing lies under it.
        over_by: how far over it is still just over it; None where nothing lies over it.
        types: only for these types; empty for all but `other_types`.
        other_types: the types that have a limit of their own.
        if_true: the row's expression where this comparison holds; None where it stands alone.
        if_false: the same where it does not hold.
    """

    row: Row
    text: str
    left: AnyNode
    right: AnyNode
    has_at: bool = True
    under_by: float | None
    over_by: float | None
    types: tuple[str, ...] = ()
    other_types: tuple[str, ...] = ()
    if_true: AnyNode | None = None
    if_false: AnyNode | None = None

    @property
    def sides(self) -> tuple[Side, ...]:
        """Its edges."""
        found: list[Side] = ["at"] if self.has_at else []
        found += ["under"] if self.under_by is not None else []
        return (*found, "over") if self.over_by is not None else tuple(found)


def limits_of(table: Table, row: Row) -> tuple[Limit, ...]:
    """Return the limits of a row, in the order in which they are written."""
    if row.kind == "below":
        return tuple(_below(row))
    if row.severity is not None:
        return (_severity(table, row, row.severity),)
    if row.when is None:
        return ()
    found: dict[str, Limit] = {}
    when = cast(AnyNode, row.when)
    for limit in _compared(table, row, when, when):
        found.setdefault(limit.text, limit)
    return tuple(found.values())


def just(limit: float, *, whole: bool = False) -> float:
    """Return how far from a limit is still just beside it.

    Args:
        limit: the limit.
        whole: whether only whole numbers are held against it.

    Example:
        >>> just(0.72), just(5000), just(0)
        (0.01, 50.0, 1.0)
    """
    exponent = Decimal(number_text(limit)).as_tuple().exponent
    unit = 10.0 ** min(int(exponent), 0)
    return max(unit, abs(limit) * SHARE, 1.0 if whole else 0.0)


def _below(row: Row) -> Iterator[Limit]:
    own = tuple(row.below_by_type)
    for type, limit in row.below_by_type.items():
        yield _threshold(row, limit, f" for {type}", types=(type,))
    if row.below is not None:
        yield _threshold(row, row.below, " for every other type" if own else "", other_types=own)


def _threshold(
    row: Row,
    limit: float,
    of: str,
    *,
    types: tuple[str, ...] = (),
    other_types: tuple[str, ...] = (),
) -> Limit:
    by = just(limit)
    return Limit(
        row=row,
        text=f"confidence below {number_text(limit)}{of}",
        left=CONFIDENCE,
        right=Number(limit),
        under_by=by,
        over_by=None if limit >= 1 else by,
        types=types,
        other_types=other_types,
    )


def _severity(table: Table, row: Row, severity: str) -> Limit:
    place = table.severity_rank(severity)
    ranks = _ranks(table, row)
    lower = [place - rank for rank in ranks if rank < place]
    return Limit(
        row=row,
        text=f"severity {severity}",
        left=SEVERITY,
        right=Rank(severity, place),
        has_at=place in ranks,
        under_by=min(lower) if lower else None,
        over_by=None,
    )


def _ranks(table: Table, row: Row) -> set[int]:
    """Return the severities of the actions that a row looks at, as their places."""
    actions = [table.actions[id] for id in row.for_actions or tuple(table.actions)]
    return {table.severity_rank(action.severity) for action in actions}


def _compared(table: Table, row: Row, when: AnyNode, node: AnyNode) -> Iterator[Limit]:
    """Yield the limits in a part of a row's expression.

    Args:
        table: the table.
        row: the row.
        when: its whole expression.
        node: the part.
    """
    if isinstance(node, Comparison):
        for place, (left, right) in enumerate(pairwise(node.operands)):
            limit = _limit(table, left, node.operators[place], right, row)
            if limit is not None:
                chain = _pairs(node)
                held, failed = (_with(when, node, chain, place, truth) for truth in (True, False))
                yield replace(limit, if_true=held, if_false=failed)
    elif isinstance(node, Logic):
        for operand in node.operands:
            yield from _compared(table, row, when, operand)
    elif isinstance(node, Not):
        yield from _compared(table, row, when, node.operand)


def _limit(table: Table, left: AnyNode, sign: str, right: AnyNode, row: Row) -> Limit | None:
    """Return the limit of two sides that are compared; None where they are no numbers."""
    if not names_read(left):
        left, sign, right = right, _TURNED[sign], left
    if not names_read(left):
        return None
    text = f"{as_source(left, 5)} {sign} {as_source(right, 5)}"
    if isinstance(right, Rank):
        ranks = _ranks(table, row)
        lower = [right.place - rank for rank in ranks if rank < right.place]
        higher = [rank - right.place for rank in ranks if rank > right.place]
        return Limit(
            row=row,
            text=text,
            left=left,
            right=right,
            has_at=right.place in ranks,
            under_by=min(lower) if lower else None,
            over_by=min(higher) if higher else None,
        )
    if not _is_number(left):
        return None
    by = _beside(table, left, right)
    if by is None:
        return None
    return Limit(row=row, text=text, left=left, right=right, under_by=by, over_by=by)


def _beside(table: Table, left: AnyNode, right: AnyNode) -> float | None:
    """Return how far is just beside; None where the limit comes to no usable number."""
    if names_read(right):
        return 1.0
    try:
        limit = value_of(right, {})
    except ArithmeticError:
        return None
    facts = [table.facts.get(name) for name in names_read(left)]
    return just(limit, whole=all(fact is not None and fact.type == "integer" for fact in facts))


def _is_number(node: AnyNode) -> bool:
    named = isinstance(node, Name) and node.type == "number"
    return named or isinstance(node, Arithmetic | Negative | Call | Number)


def _pairs(chain: Comparison) -> tuple[AnyNode, ...]:
    """Return a chain as comparisons of two: `0 < x <= 5` is `0 < x` and `x <= 5`."""
    signs = zip(pairwise(chain.operands), chain.operators, strict=True)
    return tuple(Comparison((left, right), (sign,)) for (left, right), sign in signs)


def _with(
    node: AnyNode, part: AnyNode, chain: tuple[AnyNode, ...], place: int, truth: bool
) -> AnyNode:
    """Return an expression in which one comparison of a chain is taken to hold, or to fail."""
    if node is part:
        pieces = tuple(Truth(truth) if n == place else one for n, one in enumerate(chain))
        return pieces[0] if len(pieces) == 1 else Logic("and", pieces)
    if isinstance(node, Logic):
        operands = tuple(_with(one, part, chain, place, truth) for one in node.operands)
        return Logic(node.operator, operands)
    if isinstance(node, Not):
        return Not(_with(node.operand, part, chain, place, truth))
    return node


def is_of_type(limit: Limit, evidence: Evidence) -> bool:
    """Whether a limit is the one for a decision's type."""
    if limit.types:
        return evidence.type in limit.types
    return not limit.other_types or (
        evidence.type is not None and evidence.type not in limit.other_types
    )
