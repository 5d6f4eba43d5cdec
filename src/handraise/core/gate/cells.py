"""Decisions that cannot differ in any verdict, judged once: the cells of a table.

Most rows hold a number against a limit, or ask whether a text is one of a few. Decisions on the
same sides of all limits fare alike: they are one cell. Every cell there can be is judged
beforehand, on values that stand for it, and each decision only finds its own. Rows that read
different things have cells of their own, so that there are few. What cannot be cut that way (two
facts compared, arithmetic) is worked out for each decision, and its truth is part of the cell.
INVARIANT: what is said is what `sql` says decision by decision.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.digits import (
    Digit,
    boolean_digit,
    number_digit,
    number_of,
    text_digit,
    type_digit,
)
from handraise.core.gate.sql import BUILT_IN, Writer, judged_by
from handraise.core.gate.sql_inputs import NO_NUMBER, NO_TEXT, Inputs, Judged, wanted_by
from handraise.core.gate.sql_text import identifier
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
    names_read,
)
from handraise.core.table.types import Fact, Row, Table

MOST_CELLS = 1_000_000
"""A table with more is judged decision by decision."""
SMALL = 50_000
"""Rows share their cells as long as these are no more."""

CODE = "hr_code"
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIDES = {"<": (0,), ">=": (0,), "<=": (1,), ">": (1,), "==": (0, 1), "!=": (0, 1)}
"""On which sides of its limit a comparison cuts: just below (0), just above (1)."""
SHARES = frozenset({"confidence", "familiarity"})
"""Numbers that are usable only from 0 to 1."""
TRUTHS = (Truth, Not, Logic, Membership, Comparison)


class Cells(Struct, frozen=True, kw_only=True):
    """A table's cells, and how a decision finds its own.

    Attributes:
        judged: the queries that judge the cells of some rows each; every one carries `hr_code`, the
            number of the cell.
        coded: the query that gives each decision what it carries, and `hr_code0`, `hr_code1`, …:
            the number of its cell for each of these.
        carried: the names of what each decision carries.
        count: how many cells there are.
    """

    judged: tuple[Judged, ...]
    coded: str
    carried: tuple[str, ...]
    count: int

    def joined(self, tables: Sequence[str]) -> Judged:
        """Return the query that judges every decision, where the judged cells are kept in tables.

        Args:
            tables: the name of the table for each of `judged`.
        """
        first = self.judged[0]
        given = [f"j.{identifier(one)}" for one in self.carried]
        given += [self._together(mask, " + ") for mask in first.masks]
        given += [self._together(way, " | ") for way in first.ways]
        given.append(self._together("stops", " OR "))
        joins = " ".join(
            f"JOIN {table} k{place} ON j.{CODE}{place} = k{place}.{CODE}"
            for place, table in enumerate(tables)
        )
        return replace(first, query=f"SELECT {', '.join(given)} FROM ({self.coded}) j {joins}")

    def _together(self, column: str, sign: str) -> str:
        parts = [f"k{place}.{column}" for place in range(len(self.judged))]
        return f"{sign.join(parts)} {column}"


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
        self.whole: set[int] = set()

    def cells(self) -> Cells | None:
        """Return the cells."""
        self.begin()
        reads = [self._cut(place, row) for place, row in enumerate(self.table.rows)]
        digits = {digit.name: digit for digit in self._digits()}
        sizes = {name: len(digit.values) for name, digit in digits.items()}
        parts = _parts(reads, sizes, is_one=self._belong_together())
        count = sum(_size(names, sizes) for names, _ in parts)
        if count > MOST_CELLS:
            return None
        side = {
            name: self.put(f"d{place}", digit.sql)
            for place, (name, digit) in enumerate(digits.items())
        }
        for place, (names, _) in enumerate(parts):
            own = [digits[name] for name in names]
            self.put(f"{CODE}{place}", number_of([side[name] for name in names], own))
        codes = [f"{CODE}{place}" for place in range(len(parts))]
        top = max(self.levels[code] for code in codes) + 1
        given = ", ".join([*map(identifier, self.carried), *codes])
        return Cells(
            judged=tuple(
                self._judged([digits[name] for name in names], places) for names, places in parts
            ),
            coded=f"SELECT {given} FROM ({self.text(top)}) hr_top",
            carried=self.carried,
            count=count,
        )

    def _belong_together(self) -> bool:
        """Whether what one row says depends on what others do."""
        signals = judged_by(self.table, Inputs(), "nothing").signals
        return self.table.several == "first" or len(signals) > len(self.table.rows)

    def _judged(self, digits: Sequence[Digit], places: Iterable[int]) -> Judged:
        """Return the query that judges what stands for the cells of some rows."""
        sides = [
            f"(VALUES {', '.join(f'({n}, {value})' for n, value in enumerate(digit.values))}) "
            f"v{place}(d{place}, e{place})"
            for place, digit in enumerate(digits)
        ]
        value = {digit.name: f"e{place}" for place, digit in enumerate(digits)}
        known = {place: value[f"row {place}"] for place in self.whole.intersection(places)}
        others = set(range(len(self.table.rows))).difference(places)
        rows = {**dict.fromkeys(others, "FALSE"), **known}
        read = wanted_by(self.table).facts
        inputs = Inputs(
            type=value.get("type", NO_TEXT),
            action=value.get("action", NO_TEXT),
            confidence=value.get("confidence", NO_NUMBER),
            familiarity=value.get("familiarity", NO_NUMBER),
            facts={id: value[f"fact {id}"] for id in read if f"fact {id}" in value},
            rows={self.table.rows[place].id: sql for place, sql in rows.items()},
        )
        plain = {id: _plain(self.table.facts[id]) for id in read}
        bare = replace(self.table, facts={**self.table.facts, **plain}, calibration=None)
        numbered = number_of([f"d{place}" for place in range(len(digits))], digits)
        return judged_by(bare, inputs, " CROSS JOIN ".join(sides), {CODE: numbered})

    def _digits(self) -> list[Digit]:
        """Return a digit for each thing that rows read, and for each row that is worked out."""
        table = self.table
        actions = tuple(table.actions) or sorted(self.texts.get("action", ()))
        digits = [
            type_digit("hr_t", self.texts.get("type", ()), table.known.types),
            text_digit("action", "hr_a", actions, is_closed=bool(table.actions)),
            number_digit("confidence", "c", self.limits.get("confidence", ())),
            number_digit("familiarity", "p", self.limits.get("familiarity", ())),
        ]
        for id in wanted_by(table).facts:
            kind, name, column = table.facts[id].type, f"fact {id}", self.names[id]
            if kind == "boolean":
                digits.append(boolean_digit(name, column))
            elif kind in ("number", "integer"):
                digits.append(number_digit(name, column, self.limits.get(name, ())))
            else:
                digits.append(text_digit(name, column, sorted(self.texts.get(name, ()))))
        for place in sorted(self.whole):
            sql = f"CASE WHEN r{place} THEN 0 ELSE 1 END"
            digits.append(Digit(name=f"row {place}", sql=sql, values=("TRUE", "FALSE")))
        return digits

    def _cut(self, place: int, row: Row) -> frozenset[str]:
        """Keep the limits of a row; return the names of the digits that it depends on."""
        self._mention("type", (*row.for_types, *row.below_by_type))
        self._mention("action", row.for_actions)
        for limit in (row.below, *row.below_by_type.values()):
            if limit is not None:
                self._limit("confidence", limit, sides=(0,))
        if row.unfamiliar is not None:
            self._limit("familiarity", row.unfamiliar, sides=(1,))
        if row.when is not None and not self._is_cut(row.when):
            self.whole.add(place)
            self.put(f"r{place}", self.row(row))
            return frozenset({f"row {place}"})
        by_kind = {"below": {"confidence"}, "unknown": {"type"}, "unfamiliar": {"familiarity"}}
        read = by_kind.get(row.kind, {"action"})
        if row.for_types or row.below_by_type:
            read |= {"type"}
        if row.for_actions:
            read |= {"action"}
        if row.when is not None:
            read |= {self._named(id) for id in names_read(row.when)}
        return frozenset(read)

    def _limit(self, name: str, value: float, *, sides: Iterable[int]) -> None:
        """Cut a number at a value: just below it (0), just above it (1).

        A share is cut only where there are usable ones on both sides: what would stand for the
        band beyond 0 or 1 would be no usable number.
        """
        for side in sides:
            is_inside = 0 < value <= 1 if side == 0 else 0 <= value < 1
            if is_inside or name not in SHARES:
                self.limits.setdefault(name, set()).add((value, side))

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
        """Return the name of the digit of a name; the severity comes from the action."""
        return "action" if id == "severity" else id if id in BUILT_IN else f"fact {id}"


Part = tuple[tuple[str, ...], tuple[int, ...]]
"""The names of digits that some rows depend on together, and the places of these rows."""


def _parts(
    reads: Sequence[frozenset[str]], sizes: Mapping[str, int], *, is_one: bool
) -> list[Part]:
    """Return rows that share their cells: as many together as keeps these few.

    Args:
        reads: the names of the digits that each row depends on.
        sizes: how many sides each digit has.
        is_one: whether all rows must share theirs.
    """
    found: list[tuple[set[str], list[int]]] = []
    for place in sorted(range(len(reads)), key=lambda place: -_size(reads[place], sizes)):
        fitting = (
            part for part in found if is_one or _size(part[0] | reads[place], sizes) <= SMALL
        )
        names, places = next(fitting, (set[str](), list[int]()))
        if not places:
            found.append((names, places))
        names |= reads[place]
        places.append(place)
    return [(tuple(sorted(names)), tuple(places)) for names, places in found]


def _size(names: Iterable[str], sizes: Mapping[str, int]) -> int:
    return math.prod(sizes[name] for name in names)


def _each(truths: Iterable[bool]) -> bool:
    """Whether all hold; each is looked at, as it may keep limits."""
    return all(list(truths))


def _is_truth(node: AnyNode) -> bool:
    return isinstance(node, TRUTHS) or (isinstance(node, Name) and node.type == "boolean")


def _plain(fact: Fact) -> Fact:
    """Return a fact as its usable values are judged: worked out and checked already."""
    kind = {"integer": "number", "one_of": "text"}.get(fact.type, fact.type)
    return Fact(id=fact.id, type=kind)  # type: ignore[arg-type]
