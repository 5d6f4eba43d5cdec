"""The nodes of an expression: a small tree of our own, and how to walk it.

Read elsewhere: from text in `parsing`, into text in `wording`, into Python in `core.gate`. Only the
nodes listed here exist; nothing else can ever be run.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ValueType = Literal["number", "text", "boolean", "severity"]

MAX_MAGNITUDE = 1e300
"""Numbers of this size and beyond cannot be judged: their arithmetic leaves the real line."""


class Node(Struct, frozen=True, tag=True, tag_field="node"):
    """A node of the tree; the kinds below are all there are."""


class Number(Node, frozen=True, tag=True):
    """A number: finite, smaller than `MAX_MAGNITUDE`."""

    value: float


class Text(Node, frozen=True, tag=True):
    """A piece of text."""

    value: str


class Truth(Node, frozen=True, tag=True):
    """True or false."""

    value: bool


class Rank(Node, frozen=True, tag=True):
    """A severity of this table, as its place among them, 0 for the least."""

    name: str
    place: int


class Name(Node, frozen=True, tag=True):
    """A fact, or one of `type`, `action`, `confidence`, `severity`."""

    id: str
    type: ValueType


class Field(Node, frozen=True, tag=True):
    """A field of the proposal, `proposal.refund`; only in `from`."""

    id: str


class Negative(Node, frozen=True, tag=True):
    """Minus a number."""

    operand: AnyNode


class Arithmetic(Node, frozen=True, tag=True):
    """Two numbers and one of + - * /."""

    operator: Literal["+", "-", "*", "/"]
    left: AnyNode
    right: AnyNode


class Call(Node, frozen=True, tag=True):
    """`abs`, `min` or `max` of numbers."""

    function: Literal["abs", "min", "max"]
    arguments: tuple[AnyNode, ...]


class Comparison(Node, frozen=True, tag=True):
    """Operands in a chain: `0 < x <= 5` has three operands and two operators."""

    operands: tuple[AnyNode, ...]
    operators: tuple[Literal["<", "<=", ">", ">=", "==", "!="], ...]


class Membership(Node, frozen=True, tag=True):
    """`x in [..]` or `x not in [..]`, with literals only."""

    operand: AnyNode
    choices: tuple[AnyNode, ...]
    negated: bool


class Logic(Node, frozen=True, tag=True):
    """`and` or `or` of two truths or more."""

    operator: Literal["and", "or"]
    operands: tuple[AnyNode, ...]


class Not(Node, frozen=True, tag=True):
    """`not` a truth."""

    operand: AnyNode


AnyNode = (
    Number
    | Text
    | Truth
    | Rank
    | Name
    | Field
    | Negative
    | Arithmetic
    | Call
    | Comparison
    | Membership
    | Logic
    | Not
)


def children(node: Node) -> tuple[AnyNode, ...]:
    """Return the nodes directly below a node."""
    match node:
        case Negative(operand) | Not(operand):
            return (operand,)
        case Arithmetic(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Comparison(operands, _) | Logic(_, operands):
            return operands
        case Membership(operand, choices, _):
            return (operand, *choices)
        case _:
            return ()


def names_read(node: Node) -> tuple[str, ...]:
    """Return the facts and built-in names an expression reads, each once, in order."""
    found: dict[str, None] = {}
    waiting: list[Node] = [node]
    while waiting:
        present = waiting.pop(0)
        if isinstance(present, Name):
            found[present.id] = None
        waiting = [*children(present), *waiting]
    return tuple(found)


def fields_read(node: Node) -> tuple[str, ...]:
    """Return the proposal's fields an expression reads, each once, in order."""
    found: dict[str, None] = {}
    waiting: list[Node] = [node]
    while waiting:
        present = waiting.pop(0)
        if isinstance(present, Field):
            found[present.id] = None
        waiting = [*children(present), *waiting]
    return tuple(found)
