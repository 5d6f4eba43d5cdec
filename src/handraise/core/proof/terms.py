"""An expression of the table as a term of the solver: what it comes to, and when it fails.

Numbers are real numbers, texts are whole numbers that stand for them. What Python would not look
at, behind a decided `and`, `or` or chain, is not looked at here either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import z3
from msgspec import Struct

from handraise.core.table.expression import (
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
    Node,
    Not,
    Number,
    Rank,
    Text,
    Truth,
)

BIG = Fraction(MAX_MAGNITUDE)


class Term(Struct, frozen=True):
    """What an expression comes to.

    Attributes:
        value: the number, code, rank or truth; it means nothing where `fails`.
        fails: whether its arithmetic divides by zero or leaves the real line.
    """

    value: z3.ExprRef
    fails: z3.BoolRef


class Terms:
    """Turns the nodes of expressions into terms over one undetermined decision."""

    def __init__(
        self,
        context: z3.Context,
        code: Callable[[str], int],
        names: Mapping[str, z3.ExprRef],
        fields: Mapping[str, Term],
    ) -> None:
        """Keep what names and fields stand for.

        Args:
            context: where terms are made.
            code: gives the whole number that stands for a text.
            names: what facts and built-in names come to.
            fields: the numbers of the proposal; a field without a usable number fails.
        """
        self.context = context
        self.code = code
        self.names = names
        self.fields = fields
        self.never = z3.BoolVal(False, context)

    def of(self, node: Node) -> Term:  # noqa: C901 - one line for each kind of node
        """Return the term of an expression."""
        match node:
            case Number(value):
                return self._sure(real(value, self.context))
            case Text(value):
                return self._sure(z3.IntVal(self.code(value), self.context))
            case Truth(value):
                return self._sure(z3.BoolVal(value, self.context))
            case Rank(_, place):
                return self._sure(z3.IntVal(place, self.context))
            case Name(id, _):
                return self._sure(self.names[id])
            case Field(id):
                return self.fields[id]
            case Negative(operand):
                inner = self.of(operand)
                return Term(-inner.value, inner.fails)
            case Not(operand):
                inner = self.of(operand)
                return Term(z3.Not(inner.value), inner.fails)
            case Arithmetic(operator, left, right):
                return self._worked_out(operator, self.of(left), self.of(right))
            case Call(function, arguments):
                return self._called(function, [self.of(one) for one in arguments])
            case Comparison(operands, operators):
                return self._compared(operands, operators)
            case Membership(operand, choices, negated):
                return self._inside(operand, choices, negated=negated)
            case Logic(word, operands):
                return self._in_turn([self.of(one) for one in operands], until=word == "or")
        msg = f"unknown node {type(node).__name__}"
        raise TypeError(msg)

    def _sure(self, value: z3.ExprRef) -> Term:
        return Term(value, self.never)

    def _worked_out(self, operator: str, left: Term, right: Term) -> Term:
        fails = [left.fails, right.fails]
        if operator == "/":
            fails.append(right.value == 0)
            value = left.value / right.value
        elif operator == "*":
            value = left.value * right.value
        else:
            value = left.value + right.value if operator == "+" else left.value - right.value
        value = z3.simplify(value)
        return Term(value, either([*fails, z3.Not(within(value, BIG))], self.context))

    def _called(self, function: str, arguments: list[Term]) -> Term:
        value = arguments[0].value
        if function == "abs":
            value = z3.If(value >= 0, value, -value)
        for one in arguments[1:]:
            is_next = one.value < value if function == "min" else one.value > value
            value = z3.If(is_next, one.value, value)
        return Term(value, either([one.fails for one in arguments], self.context))

    def _compared(self, operands: tuple[AnyNode, ...], operators: tuple[str, ...]) -> Term:
        """Return a chain: a side further right is looked at where all before it holds."""
        sides = [self.of(one) for one in operands]
        first, *others = sides
        pairs = [
            Term(_holds(left.value, sign, right.value), right.fails)
            for left, sign, right in zip(sides, operators, others, strict=False)
        ]
        chain = self._in_turn(pairs, until=False)
        return Term(chain.value, either([first.fails, chain.fails], self.context))

    def _inside(self, operand: AnyNode, choices: Iterable[AnyNode], *, negated: bool) -> Term:
        found = self.of(operand)
        inside = either([found.value == self.of(one).value for one in choices], self.context)
        return Term(z3.Not(inside) if negated else inside, found.fails)

    def _in_turn(self, parts: list[Term], *, until: bool) -> Term:
        """Return parts looked at one after the other until one is `until`."""
        *before, last = parts
        value, fails = last.value, last.fails
        for part in reversed(before):
            goes_on = z3.Not(part.value) if until else part.value
            value = z3.Or(part.value, value) if until else z3.And(part.value, value)
            if not z3.is_false(fails):
                fails = z3.And(goes_on, fails)
            fails = either([part.fails, fails], self.context)
        return Term(value, fails)


def _holds(left: z3.ExprRef, sign: str, right: z3.ExprRef) -> z3.BoolRef:
    match sign:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "==":
            return left == right
        case _:
            return left != right


def real(value: float | Fraction, context: z3.Context) -> z3.RatNumRef:
    """Return a number as it is, to the last bit."""
    exact = Fraction(value)
    return z3.RealVal(f"{exact.numerator}/{exact.denominator}", context)


def within(value: z3.ArithRef, limit: Fraction | int) -> z3.BoolRef:
    """Return whether a number is smaller in size than a limit."""
    most = real(limit, value.ctx)
    return z3.simplify(z3.And(-most < value, value < most))


def either(parts: Iterable[z3.BoolRef], context: z3.Context) -> z3.BoolRef:
    """Return whether any part holds; false where there is none."""
    kept = [part for part in parts if not z3.is_false(part)]
    if len(kept) == 1:
        return kept[0]
    return z3.Or(kept) if kept else z3.BoolVal(False, context)


def every(parts: Iterable[z3.BoolRef], context: z3.Context) -> z3.BoolRef:
    """Return whether all parts hold; true where there is none."""
    kept = [part for part in parts if not z3.is_true(part)]
    if len(kept) == 1:
        return kept[0]
    return z3.And(kept) if kept else z3.BoolVal(True, context)
