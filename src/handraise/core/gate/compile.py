"""A table compiled to one Python function: decision in, verdict out, whatever the input.

INVARIANT: doubt stops. A value that is missing, of the wrong type or off the real line makes every
row that reads it fire; a condition whose evidence is unusable holds even where all its rows are
narrowed away; any exception of ours becomes a `fault` to the owner. The generated text holds only
names made here and bound constants; nothing the user wrote is ever executed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from handraise.core.confidence.mapping import calibrated
from handraise.core.familiar.look import Familiar
from handraise.core.gate import evidence
from handraise.core.gate.looking import Looking
from handraise.core.gate.sizes import has_arithmetic, size_of, sizes_compared
from handraise.core.gate.stopper import Stopper
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
    names_read,
)
from handraise.core.table.form import problems
from handraise.core.table.types import Fact, Row, Table
from handraise.model import Decision, Verdict

Judge = Callable[[Decision], Verdict]

BUILT_IN = {"type": "t", "action": "a", "severity": "s", "confidence": "c"}
"""The generated function's names for what every decision has."""

EXACT = 2.0**53
"""Below it every whole number is a float, and two floats compare faster than a float and an int."""

BY_ACTION = frozenset({"action", "severity"})
"""The names that come from the decision's action."""

DOUBTS = {
    "type": "t is None",
    "action": "a is None",
    "severity": "a is None",
    "confidence": "c != c",
}
"""When each of them cannot be used."""


def compile_table(
    table: Table,
    *,
    rehearsal: bool = False,
    familiar: Familiar | None = None,
    waived: tuple[str, ...] = (),
) -> Judge:
    """Return the function that judges decisions by this table.

    Args:
        table: a table without errors.
        rehearsal: marks every verdict as practice.
        familiar: the learned files that the table names, ready to be asked; without them a row
            `unfamiliar` cannot be judged, and fires.
        waived: the codes of the go-live lines that the owner let stand; every verdict says them.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> judge = compile_table(read(MISSION_TABLE).table)
        >>> judge(
        ...     Decision(type="refund_request", confidence=0.5, facts={"revenue_usd": 40})
        ... ).outcome
        'escalate'
    """
    writer = _Writer(table, rehearsal, familiar, waived)
    source = writer.source()
    scope: dict[str, Any] = dict(writer.constants)
    exec(compile(source, f"<table {table.agent}>", "exec"), scope)  # noqa: S102 - our own text
    judge: Judge = scope["judge"]
    return judge


def generated_source(table: Table) -> str:
    """Return the text of the generated function, for the curious and for tests."""
    return _Writer(table, rehearsal=False).source()


class _Writer:
    """Writes the function's text and collects the constants it is bound to."""

    def __init__(
        self,
        table: Table,
        rehearsal: bool,
        familiar: Familiar | None = None,
        waived: tuple[str, ...] = (),
    ) -> None:
        self.table = table
        self.looks = bool(table.unfamiliar_rows)
        self.variables = {id: f"x{place}" for place, id in enumerate(table.facts)}
        stop = Stopper(table, rehearsal, waived)
        actions = table.actions
        self.constants: dict[str, Any] = {
            "Verdict": Verdict,
            "KNOWN": frozenset(table.known.types),
            "VERSION": table.version,
            "REHEARSAL": rehearsal,
            "WAIVED": waived,
            "RANKS": {id: table.severity_rank(action.severity) for id, action in actions.items()},
            "FORMS": {id: action.form for id, action in actions.items() if action.form},
            "BIG": MAX_MAGNITUDE,
            "EXACT": EXACT,
            "number": evidence.number,
            "usable": evidence.usable_fact,
            "confidence_of": evidence.confidence,
            "text_of": evidence.text,
            "facts_of": evidence.facts_given,
            "finite": evidence.finite,
            "whole": evidence.whole,
            "field": evidence.field,
            "problems": problems,
            "look_at": Looking(table, familiar).begin,
            "add": _add,
            "stop": stop.stop,
            "broken": stop.broken,
        }
        self.reads_action = bool(actions) or any(map(_reads_action, table.rows))
        self.reads_proposal = any(fact.is_derived for fact in table.facts.values())
        sizes = Counter(id for row in table.rows for id in sizes_compared(row.when))
        again = [id for id in self.variables if sizes[id] > 1]
        self.sizes = {id: f"m{place}" for place, id in enumerate(again)}
        action = ["a", "s"] if self.reads_action else []
        look = ["look"] if self.looks else []
        names = ["hits", "t", *action, "c", *look, *self.variables.values(), *self.sizes.values()]
        self.arguments = ", ".join(names)

    def bind(self, value: Any) -> str:
        """Return the name of a constant that holds `value`."""
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def source(self) -> str:
        """Return the text of the function with its row functions."""
        functions, body = self._rows()
        parts = [*self._derivations(), *functions, "def judge(d):", "    try:"]
        parts += [f"        {line}" for line in [*self._prelude(), *body, *self._ending()]]
        parts += ["    except Exception as error:", "        return broken(d, error)"]
        return "\n".join(parts) + "\n"

    def _prelude(self) -> list[str]:
        """Return the lines that read the decision into usable values.

        What `type(...)` says is asked, never `__class__`: an object may claim any class it likes.
        """
        lines = [
            "hits = None",
            "t = d.type",
            "if type(t) is not str: t = text_of(t)",
            "c = d.confidence",
            "if type(c) is not float or not 0.0 <= c <= 1.0: c = confidence_of(c)",
            *self._calibration(),
            "f = d.facts",
            "if type(f) is not dict: f = facts_of(f)",
            "odd = f is None",
            "if odd: f = {}",
            "seen = 0",
        ]
        if self.looks:
            lines.append("look = look_at(d)")
        if self.reads_action or self.reads_proposal:
            lines += ["a = d.action", "if type(a) is not str: a = text_of(a)", "s = RANKS.get(a)"]
        if self.reads_proposal or self.constants["FORMS"]:
            lines.append("p = d.proposal")
        if self.table.actions:
            lines.append("if s is None: a = None")
        for fact in self.table.facts.values():
            lines += self._read_derived(fact) if fact.is_derived else self._read_stated(fact)
        for id, size in self.sizes.items():
            x = self.variables[id]
            lines += [
                f"{size} = None if {x} is None else abs({x})",
                f"if {x} is not None and {size} < EXACT: {size} = float({size})",
            ]
        return lines

    def _calibration(self) -> list[str]:
        """Return the line that calibrates the stated confidence; what is unusable stays so."""
        if self.table.calibration is None:
            return []
        self.constants |= {"MAP": self.table.calibration.map, "calibrated": calibrated}
        return ["c = calibrated(MAP, c)"]

    def _read_stated(self, fact: Fact) -> list[str]:
        x, name = self.variables[fact.id], self.bind(fact.id)
        lines = [f"try: {x} = f[{name}]", f"except KeyError: {x} = None", "else:", "    seen += 1"]
        if fact.type == "number":  # the two usual kinds without a call
            return [
                *lines,
                f"    kind = type({x})",
                f"    if kind is not float and kind is not int: {x} = number({x})",
                f"    elif not -BIG < {x} < BIG: {x} = None",
            ]
        return [*lines, f"    {x} = usable({self.bind(fact)}, {x})"]

    def _read_derived(self, fact: Fact) -> list[str]:
        x, name = self.variables[fact.id], self.bind(fact.id)
        return [
            f"try: {x} = derive_{x}(a, p)",
            f"except ArithmeticError: {x} = None",
            f"if f and {name} in f:",
            "    seen += 1",
            f"    if {x} is None or number(f[{name}]) != {x}: odd = True",
        ]

    def _derivations(self) -> list[str]:
        """Return a function for each fact that is worked out from the proposal."""
        lines: list[str] = []
        for fact in self.table.facts.values():
            if not fact.is_derived:
                continue
            lines.append(f"def derive_{self.variables[fact.id]}(a, p):")
            if fact.source is not None:
                lines.append(f"    return {self._derived(fact, fact.source)}")
                continue
            for action, node in fact.sources.items():
                lines.append(f"    if a == {self.bind(action)}: return {self._derived(fact, node)}")
            lines.append(f"    return None if a is None else {self.bind(fact.otherwise)}")
        return lines

    def _derived(self, fact: Fact, node: Node) -> str:
        text = self._python(node)
        return f"whole({text})" if fact.type == "integer" else text

    def _rows(self) -> tuple[list[str], list[str]]:
        """Return the functions of narrowed rows with their indexes, and the lines of the body."""
        functions: list[str] = []
        body: list[str] = []
        by_type: dict[str, list[int]] = {}
        by_action: dict[str, list[int]] = {}
        for place, row in enumerate(self.table.rows):
            if not row.for_types and not row.for_actions:
                body += self._test(place, row)
                continue
            functions += self._row_function(place, row)
            by_name = (by_type, row.for_types) if row.for_types else (by_action, row.for_actions)
            for name in by_name[1]:
                by_name[0].setdefault(name, []).append(place)
        for variable, index in (("t", by_type), ("a", by_action)):
            if index:
                functions += self._index(variable, index)
                body += [
                    f"for row in all_{variable} if {variable} is None "
                    f"else by_{variable}.get({variable}, ()): hits = row({self.arguments})"
                ]
        return functions, body

    def _row_function(self, place: int, row: Row) -> list[str]:
        """Return the function of a narrowed row; it is called when its index cannot exclude it."""
        lines = [f"def row_{place}({self.arguments}):"]
        fire = f"return add(hits, {place})"
        if row.for_types and row.for_actions:
            actions = self.bind(frozenset(row.for_actions))
            lines.append(f"    if a is not None and a not in {actions}: return hits")
        if row.for_types:
            lines.append(f"    if t is None: {fire}")
        if row.for_actions:
            lines.append(f"    if a is None: {fire}")
        return [*lines, *(f"    {line}" for line in self._test(place, row)), "    return hits"]

    def _index(self, variable: str, index: Mapping[str, list[int]]) -> list[str]:
        """Return the rows of each type or action: a look-up, however many there are."""
        everyone = sorted({place for places in index.values() for place in places})
        entries = ", ".join(
            f"{self.bind(name)}: {_row_tuple(places)}" for name, places in index.items()
        )
        return [f"all_{variable} = {_row_tuple(everyone)}", f"by_{variable} = {{{entries}}}"]

    def _test(self, place: int, row: Row) -> list[str]:
        """Return the lines that add a row to the hits when it holds or cannot be judged."""
        fire = f"hits = add(hits, {place})"
        if row.kind == "below":
            return self._below(row, fire)
        if row.kind == "unknown":
            return [f"if t is None or t not in KNOWN: {fire}"]
        if row.kind == "unfamiliar":
            return [f"if not look.is_usual({self.bind(row.unfamiliar)}): {fire}"]
        if row.kind == "severity" and row.severity is not None:
            return [f"if a is None or s >= {self.table.severity_rank(row.severity)}: {fire}"]
        if row.when is None:
            return [fire]
        doubt = ["a is None"] if self.table.actions else []
        doubt += [self._doubt(name) for name in names_read(row.when)]
        tests = " or ".join([*dict.fromkeys(doubt), self._python(row.when)])
        if not has_arithmetic(row.when):
            return [f"if {tests}: {fire}"]
        failed = f"hits = add(hits, {~place})"
        return ["try:", f"    if {tests}: {fire}", f"except ArithmeticError: {failed}"]

    def _below(self, row: Row, fire: str) -> list[str]:
        if not row.below_by_type:
            return [f"if not c >= {self.bind(row.below)}: {fire}"]
        limits, other = self.bind(dict(row.below_by_type)), self.bind(row.below)
        return [
            f"limit = None if t is None else {limits}.get(t, {other})",
            f"if limit is None or not c >= limit: {fire}",
        ]

    def _doubt(self, name: str) -> str:
        return f"{self.variables[name]} is None" if name in self.variables else DOUBTS[name]

    def _ending(self) -> list[str]:
        """Return the lines that look for faults and make the verdict."""
        lines = ["if odd or len(f) != seen: hits = hits or []; odd = True"]
        if self.constants["FORMS"]:
            lines += ["if a in FORMS and problems(FORMS[a], p): hits = hits or []; odd = True"]
        unusable = {"confidence": "c != c", "novelty": "t is None or t not in KNOWN"}
        if self.table.actions:
            unusable["consequence"] = "a is None"
        for condition, test in unusable.items():
            if all(
                row.for_types or row.for_actions
                for row in self.table.rows
                if row.condition == condition and row.kind != "unfamiliar"
            ):
                lines.append(f"if hits is None and ({test}): hits = []")
        waived = ", WAIVED" if self.constants["WAIVED"] else ""
        if self.looks:
            proceed = f"Verdict(d, (), (), VERSION, REHEARSAL, None, None, look.p{waived})"
            return [*lines, f"if hits is None: return {proceed}", "return stop(d, hits, odd, look)"]
        more = f", None, None, None{waived}" if waived else ""
        lines.append(f"if hits is None: return Verdict(d, (), (), VERSION, REHEARSAL{more})")
        return [*lines, "return stop(d, hits, odd)"]

    def _compared(self, node: Node) -> str:
        """Return Python text for one side of a comparison: a size that several read, or any."""
        id = size_of(node)
        return self.sizes[id] if id in self.sizes else self._python(node)

    def _python(self, node: Node) -> str:  # noqa: C901 - one line for each kind of node
        """Return Python text for an expression over the values read in the prelude."""
        match node:
            case Number(value) | Text(value) | Truth(value):
                return self.bind(value)
            case Rank(_, place):
                return str(place)
            case Name(id, _):
                return self.variables.get(id) or BUILT_IN[id]
            case Field(id):
                return f"field(p, {self.bind(id)})"
            case Negative(operand):
                return f"(-{self._python(operand)})"
            case Arithmetic(operator, left, right):
                return f"finite({self._python(left)} {operator} {self._python(right)})"
            case Call(function, arguments):
                return f"{function}({', '.join(map(self._python, arguments))})"
            case Comparison(operands, operators):
                parts = [self._compared(operands[0])]
                for sign, operand in zip(operators, operands[1:], strict=True):
                    parts += [sign, self._compared(operand)]
                return f"({' '.join(parts)})"
            case Membership(operand, choices, negated):
                values = self.bind(tuple(_literal(choice) for choice in choices))
                return f"({self._python(operand)} {'not in' if negated else 'in'} {values})"
            case Logic(word, operands):
                return f"({f' {word} '.join(map(self._python, operands))})"
            case Not(operand):
                return f"(not {self._python(operand)})"
        msg = f"unknown node {type(node).__name__}"
        raise TypeError(msg)


def _row_tuple(places: list[int]) -> str:
    return f"({', '.join(f'row_{place}' for place in places)},)"


def _literal(node: AnyNode) -> Any:
    """Return the value of a literal that stands in a list."""
    return node.place if isinstance(node, Rank) else node.value  # type: ignore[union-attr]


def _reads_action(row: Row) -> bool:
    read = names_read(row.when) if row.when is not None else ()
    return bool(row.for_actions) or row.kind == "severity" or not BY_ACTION.isdisjoint(read)


def _add(hits: list[int] | None, place: int) -> list[int]:
    if hits is None:
        return [place]
    hits.append(place)
    return hits
