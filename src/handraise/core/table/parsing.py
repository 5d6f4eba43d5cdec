"""From the text of a `when` or `from` to its typed tree.

A strict subset of Python's expression grammar, parsed with the standard `ast` module. Nothing is
ever evaluated by `eval` of the user's text. Limits: 2,000 characters, 200 nodes, nesting of 20.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from keyword import iskeyword
from typing import Literal

from msgspec import Struct

from handraise.core.table.nodes import (
    MAX_MAGNITUDE,
    AnyNode,
    Arithmetic,
    Call,
    Comparison,
    Field,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Rank,
    Text,
    Truth,
    ValueType,
)
from handraise.core.table.slips import comma_between, slip_in

MAX_LENGTH = 2_000
MAX_NODES = 200
MAX_DEPTH = 20
MAX_WORD = 200
"""Longer words are nobody's slip of the finger; comparing them would take long."""

COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
CALLS = {"abs": (1, 1), "min": (2, 8), "max": (2, 8)}
CONSTANTS = {"true": True, "false": False}
BUILT_IN: dict[str, ValueType] = {
    "type": "text",
    "action": "text",
    "confidence": "number",
    "severity": "severity",
}


class ExpressionProblem(Exception):  # noqa: N818 - caught here and turned into a finding
    """What is wrong with an expression, and at which character of it (0-based)."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        """Keep the place and the remedy."""
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


class Scope(Struct, frozen=True, kw_only=True):
    """What an expression may read.

    Attributes:
        facts: each fact's type: number, text or boolean.
        severities: the table's levels, least first.
        proposal: whether `proposal.field` may be read (in `from`), and facts may not.
        choices: the allowed texts of facts that have a list of them.
        types: the known types, to catch a mistyped one; empty for unknown.
        actions: the rated actions, likewise.
    """

    facts: Mapping[str, ValueType]
    severities: tuple[str, ...] = ()
    proposal: bool = False
    choices: Mapping[str, tuple[str, ...]] = {}
    types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


def parse(text: str, scope: Scope, expected: ValueType) -> AnyNode:
    """Return the typed tree of an expression.

    Args:
        text: the user's expression.
        scope: what it may read.
        expected: the type of its value: `boolean` for `when`.

    Raises:
        ExpressionProblem: with the place in `text`, what was expected and the remedy.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionProblem(f"the expression is longer than {MAX_LENGTH} characters")
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if not stripped:
        raise ExpressionProblem("the expression is empty")
    tree = _python_tree(stripped, lead)
    _check_size(tree)
    reader = _Reader(scope, stripped, lead)
    node, found = reader.read(tree.body)
    if found != expected:
        raise ExpressionProblem(f"this is a {found}, expected a {expected}", lead)
    return node


def _python_tree(text: str, lead: int) -> ast.Expression:
    """Return Python's tree of a text without spaces around it."""
    try:
        return ast.parse(text, mode="eval")
    except SyntaxError as error:
        if (slip := slip_in(text)) is not None:
            raise ExpressionProblem(slip[1], lead + slip[0], slip[2]) from None
        keyword = next((word for word in re.findall(r"\w+", text) if _is_taken(word)), None)
        raise ExpressionProblem(
            f"cannot be read as an expression: {error.msg}",
            lead + _place(text, error.lineno or 1, (error.offset or len(text)) - 1),
            f'"{keyword}" is a word of the language' if keyword else "",
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionProblem("cannot be read as an expression") from None


def _is_taken(word: str) -> bool:
    """Whether a word can never be a name here, and is none of those that mean something."""
    return iskeyword(word) and word not in {"and", "or", "not", "in", "True", "False"}


def _place(text: str, line: int, column: int) -> int:
    """Return the character of `text` at a line, 1-based, and a column, 0-based."""
    before = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1])
    return min(before + max(column, 0), max(len(text) - 1, 0))


def _check_size(tree: ast.Expression) -> None:
    """Refuse trees too large or too deep to be pointed at."""
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += isinstance(node, ast.expr)
        if seen > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionProblem(
                "the expression is too large to be checked at a glance",
                hint="split it into several rows or facts",
            )
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


class _Reader:
    """Turns Python's tree into ours, and types it on the way."""

    def __init__(self, scope: Scope, text: str, lead: int) -> None:
        self.scope = scope
        self.text = text
        self.lead = lead

    def problem(self, node: ast.expr, message: str, hint: str = "") -> ExpressionProblem:
        line = self.text.splitlines()[node.lineno - 1]
        column = len(line.encode()[: node.col_offset].decode())
        return ExpressionProblem(message, self.lead + _place(self.text, node.lineno, column), hint)

    def read(self, node: ast.expr) -> tuple[AnyNode, ValueType]:
        """Return our node and its type, by the kind of Python's node."""
        reader = getattr(self, "_read_" + type(node).__name__.lower(), None)
        if reader is None:
            self._refuse_slip(node)
            raise self.problem(
                node,
                f"{_KIND_WORDS.get(type(node).__name__, type(node).__name__)} cannot stand here",
                "allowed are facts, type, action, confidence, severity, numbers, texts, true, "
                "false, and or not, comparisons, in [..], + - * /, abs min max",
            )
        result: tuple[AnyNode, ValueType] = reader(node)
        return result

    def _refuse_slip(self, node: ast.expr) -> None:
        """Raise what is plainly meant by a comma, a `&` or a `|`, if that is what stands here."""
        slip = slip_in(self.text) if isinstance(node, ast.Tuple | ast.BinOp) else None
        if slip is not None:
            raise ExpressionProblem(slip[1], self.lead + slip[0], slip[2])

    def number(self, node: ast.expr) -> AnyNode:
        found, kind = self.read(node)
        if kind != "number":
            raise self.problem(node, f"expected a number, found a {kind}")
        return found

    def truth(self, node: ast.expr) -> AnyNode:
        found, kind = self.read(node)
        if kind != "boolean":
            raise self.problem(node, f"expected true or false, found a {kind}")
        return found

    def _read_constant(self, node: ast.Constant) -> tuple[AnyNode, ValueType]:
        value = node.value
        if isinstance(value, bool):
            return Truth(value), "boolean"
        if isinstance(value, int | float):
            if not abs(value) < MAX_MAGNITUDE:
                raise self.problem(node, "this number is too large")
            if float(value) != value:
                raise self.problem(node, "this number has more digits than can be held exactly")
            return Number(float(value)), "number"
        if isinstance(value, str):
            return Text(value), "text"
        raise self.problem(node, f"{value!r} cannot stand here")

    def _read_name(self, node: ast.Name) -> tuple[AnyNode, ValueType]:
        if node.id in CONSTANTS:
            return Truth(CONSTANTS[node.id]), "boolean"
        names: dict[str, ValueType] = (
            {} if self.scope.proposal else {**BUILT_IN, **self.scope.facts}
        )
        if not self.scope.severities:
            names.pop("severity", None)
        if node.id in names:
            return Name(node.id, names[node.id]), names[node.id]
        if self.scope.proposal:
            raise self.problem(
                node, f'"{node.id}" cannot be read here', f"did you mean proposal.{node.id}?"
            )
        raise self.problem(
            node, f'unknown name "{node.id}"', nearest(node.id, names, "declare it under facts:")
        )

    def _read_attribute(self, node: ast.Attribute) -> tuple[AnyNode, ValueType]:
        if not (isinstance(node.value, ast.Name) and node.value.id == "proposal"):
            raise self.problem(node, "only proposal.FIELD may have a dot")
        if not self.scope.proposal:
            raise self.problem(
                node,
                f'"proposal.{node.attr}" can only be read in a fact\'s "from"',
                "declare a fact with from: and read that fact here",
            )
        return Field(node.attr), "number"

    def _read_unaryop(self, node: ast.UnaryOp) -> tuple[AnyNode, ValueType]:
        if isinstance(node.op, ast.Not):
            return Not(self.truth(node.operand)), "boolean"
        if isinstance(node.op, ast.USub):
            operand = self.number(node.operand)
            return (
                Number(-operand.value) if isinstance(operand, Number) else Negative(operand)
            ), "number"
        if isinstance(node.op, ast.UAdd):
            return self.number(node.operand), "number"
        raise self.problem(node, "this operator cannot stand here")

    def _read_binop(self, node: ast.BinOp) -> tuple[AnyNode, ValueType]:
        operator = ARITHMETIC.get(type(node.op))
        if operator is None:
            self._refuse_slip(node)
            raise self.problem(node, "only + - * / can stand between numbers")
        left, right = self.number(node.left), self.number(node.right)
        return Arithmetic(operator, left, right), "number"  # type: ignore[arg-type]

    def _read_call(self, node: ast.Call) -> tuple[AnyNode, ValueType]:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in CALLS:
            raise self.problem(node, "only abs, min and max can be called")
        least, most = CALLS[name]
        if node.keywords or not least <= len(node.args) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            raise self.problem(node, f"{name} takes {count} numbers")
        if (slip := comma_between(self.text, node.args)) is not None:
            raise self.problem(node, slip[1], f"{slip[2]}, or put a space after the comma")
        return Call(name, tuple(self.number(argument) for argument in node.args)), "number"  # type: ignore[arg-type]

    def _read_boolop(self, node: ast.BoolOp) -> tuple[AnyNode, ValueType]:
        operator: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        return Logic(operator, tuple(self.truth(value) for value in node.values)), "boolean"

    def _read_compare(self, node: ast.Compare) -> tuple[AnyNode, ValueType]:
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            return self._read_membership(node)
        operators = [COMPARISONS[type(op)] for op in node.ops if type(op) in COMPARISONS]
        if len(operators) < len(node.ops):
            message = '"is" and a mixed "in" cannot stand here'
            raise self.problem(node, message, "use == or in [..]")
        written = (node.left, *node.comparators)
        parts = [self.read(part) for part in written]
        for place, operator in enumerate(operators):
            pair = (written[place], written[place + 1])
            parts[place], parts[place + 1] = self._matched(
                pair, parts[place], parts[place + 1], operator
            )
        return Comparison(tuple(part for part, _ in parts), tuple(operators)), "boolean"  # type: ignore[arg-type]

    def _matched(
        self,
        where: tuple[ast.expr, ast.expr],
        left: tuple[AnyNode, ValueType],
        right: tuple[AnyNode, ValueType],
        operator: str,
    ) -> tuple[tuple[AnyNode, ValueType], tuple[AnyNode, ValueType]]:
        """Check that two neighbours can be compared; a text beside `severity` becomes a rank."""
        if left[1] == "severity" and right[1] == "text":
            right = self._rank(where[1], right[0])
        elif right[1] == "severity" and left[1] == "text":
            left = self._rank(where[0], left[0])
        if left[1] != right[1]:
            raise self.problem(where[1], f"a {left[1]} cannot be compared with a {right[1]}")
        if left[1] in {"text", "boolean"} and operator not in {"==", "!="}:
            raise self.problem(where[1], f"a {left[1]} can only be compared with == or !=")
        self._check_choice(where[1], left[0], right[0])
        self._check_choice(where[0], right[0], left[0])
        return left, right

    def _rank(self, where: ast.expr, node: AnyNode) -> tuple[AnyNode, ValueType]:
        if not isinstance(node, Text):
            raise self.problem(
                where, "severity can only be compared with one of the table's levels"
            )
        if node.value not in self.scope.severities:
            raise self.problem(
                where,
                f'unknown severity "{node.value}"',
                nearest(node.value, self.scope.severities, "declare it under severities:"),
            )
        return Rank(node.value, self.scope.severities.index(node.value)), "severity"

    def _check_choice(self, where: ast.expr, name: AnyNode, literal: AnyNode) -> None:
        """Catch a text that the fact, the type or the action can never be."""
        if not (isinstance(name, Name) and isinstance(literal, Text)):
            return
        allowed = {"type": self.scope.types, "action": self.scope.actions}.get(
            name.id, self.scope.choices.get(name.id, ())
        )
        if allowed and literal.value not in allowed:
            raise self.problem(
                where,
                f'{name.id} is never "{literal.value}"',
                nearest(literal.value, allowed, f"it is one of {', '.join(allowed[:8])}"),
            )

    def _read_membership(self, node: ast.Compare) -> tuple[AnyNode, ValueType]:
        container = node.comparators[0]
        if (
            len(node.ops) != 1
            or not isinstance(container, ast.List | ast.Tuple)
            or not container.elts
        ):
            raise self.problem(node, "in needs a list of values: in [a, b]")
        operand, kind = self.read(node.left)
        choices = []
        for element in container.elts:
            choice = self.read(element)
            if not isinstance(choice[0], Number | Text | Truth):
                raise self.problem(element, "only numbers and texts can stand in the list")
            _, matched = self._matched((node.left, element), (operand, kind), choice, "==")
            choices.append(matched[0])
        return Membership(operand, tuple(choices), isinstance(node.ops[0], ast.NotIn)), "boolean"


_KIND_WORDS = {
    "Subscript": "an index",
    "Lambda": "a lambda",
    "IfExp": "if/else",
    "Dict": "a mapping",
    "ListComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "List": "a list",
    "Tuple": "a tuple",
    "JoinedStr": "an f-string",
    "NamedExpr": "an assignment",
    "Await": "await",
    "Starred": "a star",
    "Set": "a set",
}


def nearest(word: str, names: Iterable[str], otherwise: str) -> str:
    """Return `did you mean "x"?` for the nearest of `names`, or `otherwise` when none is near."""
    if len(word) > MAX_WORD:
        return otherwise
    close = get_close_matches(word, [str(name) for name in names], n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else otherwise
