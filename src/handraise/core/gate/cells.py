"""Decisions that cannot differ in any verdict, judged once: the cells of a table.

Most rows hold a number against a limit, or ask whether a text is one of a few. Decisions on the
same sides of all limits fare alike: they are one cell. Every cell there can be is judged
beforehand, on values that stand for it, and each decision only finds its own. What cannot be cut
that way (two facts compared, arithmetic) is worked out for each decision, and its truth is part of
the cell. INVARIANT: what is said is what `sql` says decision by decision.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.sql import BUILT_IN, Writer, judged_by
from handraise.core.gate.sql_inputs import Inputs, Judged, wanted_by
from handraise.core.gate.sql_text import double, identifier, literal
from handraise.core.table.expression import (
    AnyNode,
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
from handraise.core.table.types import Fact, Table

MOST_CELLS = 1_000_000
"""A table with more is judged decision by decision."""

CODE = "hr_code"
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIDES = {"<": (0,), ">=": (0,), "<=": (1,), ">": (1,), "==": (0, 1), "!=": (0, 1)}
"""On which sides of its limit a comparison cuts: just below (0), just above (1)."""
TRUTHS = (Truth, Not, Logic, Membership, Comparison)


class Cells(Struct, frozen=True, kw_only=True):
    """A table's cells, and how a decision finds its own.

    Attributes:
        judged: the query that judges every cell; it carries `hr_code`, the number of the cell.
        coded: the query that gives each decision what it carries, and `hr_code`.
        carried: the names of what each decision carries.
        count: how many cells there are.
    """

    judged: Judged
    coded: str
    carried: tuple[str, ...]
    count: int

    def joined(self, cells: str) -> Judged:
        """Return the query that judges every decision, where the judged cells are kept in a table.

        Args:
            cells: the name of that table.
        """
        given = [*(f"j.{identifier(one)}" for one in self.carried)]
        given += [f"k.{one}" for one in (*self.judged.masks, *self.judged.ways, "stops")]
        query = (
            f"SELECT {', '.join(given)} FROM ({self.coded}) j JOIN {cells} k ON j.{CODE} = k.{CODE}"
        )
        return replace(self.judged, query=query)


class Digit(Struct, frozen=True, kw_only=True):
    """One thing by which cells differ.

    Attributes:
        name: of what it is a side.
        sql: which side a decision is on, 0 and up.
        values: for each side an SQL value that stands for it.
    """

    name: str
    sql: str
    values: tuple[str, ...]


def cells_of(table: Table, inputs: Inputs, source: str, carried: Mapping[str, str]) -> Cells | None:
    """Return the cells of a table; None where there are too many to be judged beforehand.

    Args:
        table: a table without errors.
        inputs: what a decision has, as for `sql.judged_by`.
        source: what stands behind FROM.
        carried: what else each line has, SQL by the name of its column.
    """
    return _Cutter(table, inputs, source, carried).cells()


class _Cutter(Writer):
    """Writes the query that gives each decision the number of its cell."""

    def __init__(
        self, table: Table, inputs: Inputs, source: str, carried: Mapping[str, str]
    ) -> None:
        super().__init__(table, inputs, source, carried)
        self.limits: dict[str, set[tuple[float, int]]] = {}
        self.texts: dict[str, set[str]] = {}
        self.whole: list[int] = []

    def cells(self) -> Cells | None:
        """Return the cells."""
        self.begin()
        for place, row in enumerate(self.table.rows):
            self._mention("type", row.for_types)
            self._mention("action", row.for_actions)
            self._mention("type", row.below_by_type)
            for limit in (row.below, *row.below_by_type.values()):
                if limit is not None:
                    self._limit("confidence", limit, sides=(0,))
            if row.unfamiliar is not None:
                self._limit("familiarity", row.unfamiliar, sides=(1,))
            if row.when is not None and not self._is_cut(row.when):
                self.whole.append(place)
                self.put(f"r{place}", self.row(row))
        digits = [*self._digits(), *self._truths()]
        count = math.prod(len(digit.values) for digit in digits)
        if count > MOST_CELLS:
            return None
        codes = [self.put(f"d{place}", digit.sql) for place, digit in enumerate(digits)]
        code = self.put(CODE, _number_of(codes, digits))
        top = self.levels[code] + 1
        given = ", ".join([*map(identifier, self.carried), CODE])
        return Cells(
            judged=self._judged(digits),
            coded=f"SELECT {given} FROM ({self.text(top)}) hr_top",
            carried=self.carried,
            count=count,
        )

    def _judged(self, digits: list[Digit]) -> Judged:
        """Return the query that judges what stands for the cells."""
        sides = [
            f"(VALUES {', '.join(f'({n}, {value})' for n, value in enumerate(digit.values))}) "
            f"v{place}(d{place}, e{place})"
            for place, digit in enumerate(digits)
        ]
        value = {digit.name: f"e{place}" for place, digit in enumerate(digits)}
        read = wanted_by(self.table).facts
        inputs = Inputs(
            type=value["type"],
            action=value["action"],
            confidence=value["confidence"],
            facts={id: value[f"fact {id}"] for id in read},
            familiarity=value["familiarity"],
            rows={self.table.rows[place].id: value[f"row {place}"] for place in self.whole},
        )
        plain = {id: _plain(self.table.facts[id]) for id in read}
        bare = replace(self.table, facts={**self.table.facts, **plain}, calibration=None)
        numbered = _number_of([f"d{place}" for place in range(len(digits))], digits)
        return judged_by(bare, inputs, " CROSS JOIN ".join(sides), {CODE: numbered})

    def _digits(self) -> list[Digit]:
        """Return a digit for each thing that rows read."""
        table = self.table
        rated = tuple(table.actions)
        digits = [
            self._type_digit(),
            _text_digit(
                "action",
                "hr_a",
                rated or sorted(self.texts.get("action", ())),
                is_closed=bool(rated),
            ),
            self._number_digit("confidence", "c"),
            self._number_digit("familiarity", "p"),
        ]
        for id in wanted_by(table).facts:
            fact, name = table.facts[id], f"fact {id}"
            if fact.type == "boolean":
                sql = f"CASE {self.names[id]} WHEN TRUE THEN 0 WHEN FALSE THEN 1 ELSE 2 END"
                values = ("TRUE", "FALSE", "CAST(NULL AS BOOLEAN)")
                digits.append(Digit(name=name, sql=sql, values=values))
            elif fact.type in ("number", "integer"):
                digits.append(self._number_digit(name, self.names[id]))
            else:
                mentioned = sorted(self.texts.get(name, ()))
                digits.append(_text_digit(name, self.names[id], mentioned, is_closed=False))
        return digits

    def _truths(self) -> list[Digit]:
        """Return a digit for each row that is worked out for each decision."""
        return [
            Digit(
                name=f"row {place}",
                sql=f"CASE WHEN r{place} THEN 0 ELSE 1 END",
                values=("TRUE", "FALSE"),
            )
            for place in self.whole
        ]

    def _type_digit(self) -> Digit:
        """Return the digit of the type: all known types that no row names are one."""
        named = sorted(self.texts.get("type", ()))
        others = [name for name in self.table.known.types if name not in set(named)]
        listed = [*named, *others]
        new, missing = len(named) + bool(others), len(named) + bool(others) + 1
        sides = [*range(len(named)), *([len(named)] * len(others))]
        side = f"COALESCE([{', '.join(map(str, sides))}][{_place(listed, 'hr_t')}], {new})"
        values = [*map(literal, [*named, *others[:1]]), literal(_none_of(listed)), _NO_TEXT]
        return Digit(
            name="type",
            sql=f"CASE WHEN hr_t IS NULL THEN {missing} ELSE {side} END",
            values=tuple(values),
        )

    def _number_digit(self, name: str, column: str) -> Digit:
        """Return the digit of a number: its bands between the limits, and no number."""
        limits = sorted(self.limits.get(name, ()))
        bands = [_before(limits[0]) if limits else 0.0, *map(_after, limits)]
        missing = len(bands)
        sql = f"CASE WHEN {column} IS NULL THEN {missing} ELSE {_tree(column, limits, 0)} END"
        return Digit(name=name, sql=sql, values=(*map(double, bands), _NO_NUMBER))

    def _limit(self, name: str, value: float, *, sides: Iterable[int]) -> None:
        """Cut a number at a value: just below it (0), just above it (1)."""
        self.limits.setdefault(name, set()).update((value, side) for side in sides)

    def _mention(self, name: str, texts: Iterable[str]) -> None:
        self.texts.setdefault(name, set()).update(texts)

    def _is_cut(self, node: Node) -> bool:
        """Whether a truth depends on which side of limits numbers lie; the limits are kept."""
        if isinstance(node, Not):
            return self._is_cut(node.operand)
        if isinstance(node, Logic):
            return _each(self._is_cut(one) for one in node.operands)
        if isinstance(node, Membership):
            return _each(self._is_pair_cut(node.operand, "==", one) for one in node.choices)
        if isinstance(node, Comparison):
            pairs = zip(node.operands, node.operators, node.operands[1:], strict=False)
            return _each(self._is_pair_cut(*pair) for pair in pairs)
        return True  # a name or a constant

    def _is_pair_cut(self, one: AnyNode, sign: str, other: AnyNode) -> bool:
        """Whether two operands are compared by sides of limits; the limits are kept."""
        if _is_truth(one) and _is_truth(other):
            return self._is_cut(one) and self._is_cut(other)
        if isinstance(one, Number | Text | Rank):
            one, sign, other = other, TURNED.get(sign, sign), one
        match one, other:
            case ((Number() | Text() | Rank()), _):
                return True
            case Name(id, "text"), Text(value):
                self._mention(self._named(id), (value,))
                return True
            case Name(_, "severity"), Rank():
                return True
            case _, Number(value):
                return self._is_number_cut(one, sign, value)
        return False

    def _is_number_cut(self, node: AnyNode, sign: str, value: float) -> bool:
        match node:
            case Name(id, "number"):
                self._limit(self._named(id), value, sides=SIDES[sign])
            case Negative(Name(id, _)):
                self._limit(self._named(id), -value, sides=SIDES[TURNED.get(sign, sign)])
            case Call("abs", (Name(id, _),)):
                self._limit(self._named(id), value, sides=SIDES[sign])
                self._limit(self._named(id), -value, sides=SIDES[TURNED.get(sign, sign)])
            case _:
                return False
        return True

    def _named(self, id: str) -> str:
        return id if id in BUILT_IN else f"fact {id}"


_NO_TEXT, _NO_NUMBER = "CAST(NULL AS VARCHAR)", "CAST(NULL AS DOUBLE)"


def _each(truths: Iterable[bool]) -> bool:
    """Whether all hold; each is looked at, as it may keep limits."""
    return all(list(truths))


def _is_truth(node: AnyNode) -> bool:
    return isinstance(node, TRUTHS) or (isinstance(node, Name) and node.type == "boolean")


def _plain(fact: Fact) -> Fact:
    """Return a fact as its usable values are judged: worked out and checked already."""
    kind = {"integer": "number", "one_of": "text"}.get(fact.type, fact.type)
    return Fact(id=fact.id, type=kind)  # type: ignore[arg-type]


def _text_digit(name: str, column: str, texts: Iterable[str], *, is_closed: bool) -> Digit:
    """Return the digit of a text: each that is named, all others, none.

    Args:
        name: of what it is a side.
        column: where it stands.
        texts: those that are named.
        is_closed: whether there are no others.
    """
    listed = list(texts)
    other, missing = len(listed), len(listed) + 1
    side = f"COALESCE({_place(listed, column)} - 1, {other})" if listed else str(other)
    values = [*map(literal, listed), literal(_none_of(listed)), _NO_TEXT]
    if is_closed:
        values[other] = _NO_TEXT
    return Digit(
        name=name,
        sql=f"CASE WHEN {column} IS NULL THEN {missing} ELSE {side} END",
        values=tuple(values),
    )


def _place(texts: Iterable[str], column: str) -> str:
    """Return which of some texts it is, from 1: fast, where a column has few different ones."""
    return f"list_position([{', '.join(map(literal, texts))}], {column})"


def _none_of(texts: Iterable[str]) -> str:
    """Return a text that is none of those."""
    taken, found = set(texts), "something else"
    while found in taken:
        found += "."
    return found


def _tree(column: str, limits: list[tuple[float, int]], first: int) -> str:
    """Return which band a number is in, found by halves."""
    if not limits:
        return str(first)
    middle = len(limits) // 2
    value, side = limits[middle]
    sign = "<=" if side else "<"
    low = _tree(column, limits[:middle], first)
    high = _tree(column, limits[middle + 1 :], first + middle + 1)
    return f"CASE WHEN {column} {sign} {double(value)} THEN {low} ELSE {high} END"


def _before(limit: tuple[float, int]) -> float:
    value, side = limit
    return value if side else math.nextafter(value, -math.inf)


def _after(limit: tuple[float, int]) -> float:
    value, side = limit
    return math.nextafter(value, math.inf) if side else value


def _number_of(codes: list[str], digits: list[Digit]) -> str:
    """Return the number that digits make, each with as many values as it has sides."""
    found = codes[0]
    for code, digit in zip(codes[1:], digits[1:], strict=True):
        found = f"({found} * {len(digit.values)} + {code})"
    return f"CAST({found} AS INTEGER)"
