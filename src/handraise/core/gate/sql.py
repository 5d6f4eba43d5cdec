"""The table read as SQL: for each decision of the past, which rows would have fired.

One text, in DuckDB's dialect and without anything that only DuckDB has, so that it can be
translated for other engines. INVARIANT: row by row it says what the compiled gate says; what is
NULL is doubt, and fires. Nothing here divides by zero or leaves the real line, since other engines
would refuse the whole query: a guard makes it NULL before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from handraise.core.gate.sizes import has_arithmetic
from handraise.core.gate.sql_inputs import (
    NO_NUMBER,
    NO_TEXT,
    NO_TRUTH,
    Inputs,
    Judged,
    fields_of,
    wanted_by,
)
from handraise.core.gate.sql_text import (
    all_of,
    any_of,
    bits,
    boolean,
    calibrated,
    double,
    finite,
    identifier,
    in_turn,
    listed,
    literal,
    whole,
    words,
    worked_out,
)
from handraise.core.table.expression import (
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
    names_read,
)
from handraise.core.table.types import Fact, Row, Table
from handraise.model import OWNER

BUILT_IN = {"type": "t", "action": "a", "severity": "s", "confidence": "c"}
DOUBTS = {**BUILT_IN, "severity": "a"}
CONDITIONS = ("confidence", "consequence", "novelty")
SIGNS = {"==": "=", "!=": "<>"}


def judged_by(
    table: Table, inputs: Inputs, source: str, carried: Mapping[str, str] | None = None
) -> Judged:
    """Return the query that judges every decision of a source by a table.

    Args:
        table: a table without errors.
        inputs: what a decision has; what is not named is missing, and rows that read it fire.
        source: what stands behind FROM; it has no column that begins with `hr_`.
        carried: what else each line has, SQL by the name of its column.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> table = read(MISSION_TABLE).table
        >>> judged_by(table, Inputs(type="type", confidence="confidence"), "past").signals
        ('confidence.1', 'consequence.1', 'novelty.1')
    """
    return _Writer(table, inputs, source, carried or {}).judged()


class _Writer:
    """Writes the query layer by layer: each has the columns of the one below, and some more."""

    def __init__(
        self, table: Table, inputs: Inputs, source: str, carried: Mapping[str, str]
    ) -> None:
        self.table = table
        self.inputs = inputs
        self.source = source
        self.carried = tuple(carried)
        self.layers: list[dict[str, str]] = [dict(carried), {}]
        self.levels: dict[str, int] = {}
        self.names: dict[str, str] = dict(BUILT_IN)
        self.fields: dict[str, str] = {}

    def judged(self) -> Judged:
        """Return the query and how to read it."""
        self._begin()
        rows = [self._put(f"r{place}", self._row(row)) for place, row in enumerate(self.table.rows)]
        signals = {row.id: name for row, name in zip(self.table.rows, rows, strict=True)}
        for condition, test in self._uncovered(rows):
            signals[condition] = self._put(f"u_{condition}", test)
        top = max(self.levels[name] for name in signals.values()) + 1
        names = list(signals.values())
        routes = self._routes(rows, [name for name in names if name not in rows])
        masks, ways = bits("mask", names), bits("way", list(routes.values()))
        outer = [*map(identifier, self.carried)]
        outer += [f"{sql} {id}" for id, sql in {**masks, **ways}.items()]
        outer.append(f"{any_of(names)} stops")
        return Judged(
            query=f"SELECT {', '.join(outer)} FROM ({self._text(top)}) hr_top",
            signals=tuple(signals),
            masks=tuple(masks),
            routes=tuple(routes),
            ways=tuple(ways),
        )

    def _routes(self, rows: list[str], of_system: list[str]) -> dict[str, str]:
        """Return for each route whether it must agree."""
        to: dict[str, list[str]] = {}
        for place, (row, name) in enumerate(zip(self.table.rows, rows, strict=True)):
            is_first = self.table.several == "first"
            earlier = [f"NOT {one}" for one in rows[:place]] if is_first else []
            to.setdefault(row.to, []).append(all_of([name, *earlier]))
        if of_system:
            to[OWNER] = [*to.get(OWNER, ()), *of_system]
        return {route: any_of(tests) for route, tests in to.items()}

    def _text(self, top: int) -> str:
        """Return the layers below `top` as nested SELECTs."""
        first = [f"{sql} {identifier(name)}" for name, sql in self.layers[0].items()]
        query = f"SELECT {', '.join(first)} FROM {self.source}"
        for level in range(1, top):
            more = [f"{sql} {name}" for name, sql in self.layers[level].items()]
            query = f"SELECT {', '.join(['*', *more])} FROM ({query}) hr_{level}"
        return query

    def _put(self, name: str, sql: str) -> str:
        """Name an expression, in the layer above all that it reads; return the name."""
        level = 1 + max((self.levels.get(word, 0) for word in words(sql)), default=0)
        while len(self.layers) <= level:
            self.layers.append({})
        self.layers[level][name] = sql
        self.levels[name] = level
        return name

    def _simple(self, sql: str) -> str:
        """Return something that may be repeated: a name or a number, else a name made for it."""
        if sql.isidentifier() or sql.startswith("CAST('"):
            return sql
        return self._put(f"n{len(self.levels)}", sql)

    def _begin(self) -> None:
        """Name what a decision has, and the facts that rows read: each usable or NULL."""
        self._decision()
        for place, id in enumerate(wanted_by(self.table).facts):
            self.names[id] = self._fact(f"x{place}", self.table.facts[id])

    def _decision(self) -> None:
        """Name what every decision has: t, a, s, c and p, each usable or NULL."""
        table, inputs = self.table, self.inputs
        self.layers[0].update(
            hr_t=inputs.type, hr_a=inputs.action, hr_c=inputs.confidence, hr_p=inputs.familiarity
        )
        self._put("t", "hr_t")
        self._put("c", self._confidence("CASE WHEN hr_c >= 0 AND hr_c <= 1 THEN hr_c END"))
        self._put("p", "CASE WHEN hr_p > 0 AND hr_p <= 1 THEN hr_p END")
        if not table.actions:
            self._put("a", "hr_a")
            self._put("s", "CAST(NULL AS INTEGER)")
            return
        self._put("a", f"CASE WHEN hr_a IN ({listed(table.actions)}) THEN hr_a END")
        ranks = " ".join(
            f"WHEN {literal(id)} THEN {table.severity_rank(action.severity)}"
            for id, action in table.actions.items()
        )
        self._put("s", f"CASE hr_a {ranks} END")

    def _confidence(self, usable: str) -> str:
        """Return the usable confidence, by the table's calibration if it has one."""
        if self.table.calibration is None:
            return usable
        return calibrated(self.table.calibration.map, self._put("stated", usable))

    def _fact(self, name: str, fact: Fact) -> str:
        """Name a fact's usable value."""
        given = self.inputs.facts.get(fact.id)
        if given is None and fact.is_derived:
            return self._derived(name, fact)
        raw = f"hr_{name}"
        nothing = {"text": NO_TEXT, "one_of": NO_TEXT, "boolean": NO_TRUTH}
        self.layers[0][raw] = given or nothing.get(fact.type, NO_NUMBER)
        if fact.type == "one_of":
            return self._put(name, f"CASE WHEN {raw} IN ({listed(fact.choices)}) THEN {raw} END")
        if fact.type in ("text", "boolean"):
            return self._put(name, raw)
        usable = finite(raw)
        return self._put(name, usable if fact.type == "number" else whole(raw, usable))

    def _derived(self, name: str, fact: Fact) -> str:
        """Name the value of a fact that is worked out from the proposal."""
        for field in fields_of(fact):
            if field not in self.fields:
                self.fields[field] = f"f{len(self.fields)}"
                raw = f"hr_{self.fields[field]}"
                self.layers[0][raw] = self.inputs.fields.get(field, NO_NUMBER)
                self._put(self.fields[field], finite(raw))
        if fact.source is not None:
            return self._put(name, self._derived_value(fact, fact.source))
        cases = [
            f"WHEN {literal(action)} THEN {self._derived_value(fact, node)}"
            for action, node in fact.sources.items()
        ]
        other = NO_NUMBER if fact.otherwise is None else double(fact.otherwise)
        case = f"CASE a {' '.join(cases)} ELSE {other} END"
        return self._put(name, f"CASE WHEN a IS NOT NULL THEN {case} END")

    def _derived_value(self, fact: Fact, node: Node) -> str:
        value = self._simple(self._number(node))
        return value if fact.type == "number" else whole(value, value)

    def _row(self, row: Row) -> str:
        """Return whether a row fires: it holds, or it cannot be judged."""
        inside, doubt = [], []
        if row.for_types:
            inside.append(f"(t IS NULL OR t IN ({listed(row.for_types)}))")
            doubt.append("t IS NULL")
        if row.for_actions:
            inside.append(f"(a IS NULL OR a IN ({listed(row.for_actions)}))")
            doubt.append("a IS NULL")
        return all_of([*inside, any_of([*doubt, *self._test(row)])])

    def _test(self, row: Row) -> list[str]:
        """Return what makes a row fire where it is not narrowed away, each enough by itself."""
        if row.kind == "below":
            return self._below(row)
        if row.kind == "unknown":
            return ["t IS NULL", f"t NOT IN ({listed(self.table.known.types)})"]
        if row.kind == "unfamiliar" and row.unfamiliar is not None:
            return ["p IS NULL", f"p <= {double(row.unfamiliar)}"]
        if row.kind == "severity" and row.severity is not None:
            return ["a IS NULL", f"s >= {self.table.severity_rank(row.severity)}"]
        if row.when is None:
            return ["TRUE"]
        doubt = ["a IS NULL"] if self.table.actions else []
        doubt += [f"{DOUBTS.get(id) or self.names[id]} IS NULL" for id in names_read(row.when)]
        holds = self._truth(row.when)
        fires = f"COALESCE({holds}, TRUE)" if has_arithmetic(row.when) else holds
        return [*dict.fromkeys(doubt), fires]

    def _below(self, row: Row) -> list[str]:
        if not row.below_by_type:
            return ["c IS NULL", f"c < {double(row.below or 0.0)}"]
        limits = " ".join(
            f"WHEN {literal(name)} THEN {double(limit)}"
            for name, limit in row.below_by_type.items()
        )
        other = NO_NUMBER if row.below is None else double(row.below)
        return [
            "t IS NULL",
            "c IS NULL",
            f"NOT COALESCE(c >= CASE t {limits} ELSE {other} END, FALSE)",
        ]

    def _uncovered(self, rows: list[str]) -> Iterator[tuple[str, str]]:
        """Yield each condition that may hold while all its rows are for other decisions."""
        unusable = {
            "confidence": "c IS NULL",
            "consequence": "a IS NULL" if self.table.actions else "",
            "novelty": f"(t IS NULL OR t NOT IN ({listed(self.table.known.types)}))",
        }
        for condition in CONDITIONS:
            its = [
                (row, name)
                for row, name in zip(self.table.rows, rows, strict=True)
                if row.condition == condition
            ]
            narrowed = all(
                row.for_types or row.for_actions or row.kind == "unfamiliar" for row, _ in its
            )
            if narrowed and unusable[condition]:
                none_fired = [f"NOT {name}" for _, name in its]
                yield condition, all_of([unusable[condition], *none_fired])

    def _number(self, node: Node) -> str:
        """Return a number's SQL: NULL where it cannot be worked out."""
        match node:
            case Number(value):
                return double(value)
            case Rank(_, place):
                return str(place)
            case Name(id, _):
                return self.names[id]
            case Field(id):
                return self.fields[id]
            case Negative(operand):
                return f"(-{self._simple(self._number(operand))})"
            case Call("abs", (operand,)):
                return f"ABS({self._number(operand)})"
            case Call(function, arguments):
                names = [self._simple(self._number(one)) for one in arguments]
                missing = any_of([f"{name} IS NULL" for name in names])
                word = "LEAST" if function == "min" else "GREATEST"
                return f"CASE WHEN {missing} THEN NULL ELSE {word}({', '.join(names)}) END"
            case Arithmetic(operator, left, right):
                one, other = self._simple(self._number(left)), self._simple(self._number(right))
                return finite(self._simple(worked_out(operator, one, other)))
        msg = f"no number: {type(node).__name__}"
        raise TypeError(msg)

    def _truth(self, node: Node) -> str:
        """Return a truth's SQL; what follows a decided `and` or `or` is not looked at."""
        match node:
            case Truth(value):
                return boolean(value)
            case Name(id, _):
                return self.names[id]
            case Not(operand):
                return f"(NOT {self._truth(operand)})"
            case Logic(word, operands):
                parts = [self._truth(one) for one in operands]
                if not has_arithmetic(node):
                    return all_of(parts) if word == "and" else any_of(parts)
                return in_turn(parts, until=word == "or")
            case Membership(operand, choices, negated):
                listed = ", ".join(self._any(choice) for choice in choices)
                return f"({self._any(operand)} {'NOT IN' if negated else 'IN'} ({listed}))"
            case Comparison(operands, operators):
                return self._comparison(operands, operators)
        msg = f"no truth: {type(node).__name__}"
        raise TypeError(msg)

    def _comparison(self, operands: tuple[AnyNode, ...], operators: tuple[str, ...]) -> str:
        sides = [self._any(one) for one in operands]
        sides[1:-1] = [self._simple(side) for side in sides[1:-1]]
        pairs = [
            f"({sides[place]} {SIGNS.get(sign, sign)} {sides[place + 1]})"
            for place, sign in enumerate(operators)
        ]
        return pairs[0] if len(pairs) == 1 else in_turn(pairs, until=False)

    def _any(self, node: Node) -> str:
        """Return the SQL of an operand of any type."""
        if isinstance(node, Text):
            return literal(node.value)
        if isinstance(node, Truth | Not | Logic | Membership | Comparison):
            return self._truth(node)
        return self._number(node)
