"""One decision of which nothing is known yet, as variables of the solver.

Each value an agent may send has a kind (a number, a text, a truth, null, anything else, not there)
and what it holds. A decision is determined by giving every variable a value, and every decision
gives each a value: nothing the gate tells apart is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import z3

from handraise.core.proof.terms import BIG, either, every, real, within
from handraise.core.table.expression import Node, Text, children, fields_read
from handraise.core.table.form import Form, problems
from handraise.core.table.types import Fact, Table

NUMBERS = frozenset({"number", "integer"})
NESTED = frozenset({"list", "object"})


class Sent:
    """A value that an agent may send, or leave out.

    Attributes:
        given: whether there is anything at all.
        is_null: whether it is null.
        is_number: whether it is a usable number; `number` is which.
        is_text: whether it is a text; `text` is its code.
        is_truth: whether it is true or false; `truth` is which.
        is_date: for a text that no table names: whether it is a date.
        nested: for each nested form: whether the value is none of the above and fits it.
    """

    def __init__(self, name: str, kinds: Iterable[str], context: z3.Context) -> None:
        """Make the variables; kinds that nobody asks for stay false."""
        asked = set(kinds)
        self.name = name
        self.context = context
        self.given = z3.Bool(f"{name}.given", context)
        self.is_null = z3.Bool(f"{name}.is_null", context)
        self.is_number = self._flag("is_number", wanted=not asked.isdisjoint(NUMBERS))
        self.is_text = self._flag(
            "is_text", wanted=not asked.isdisjoint({"text", "one_of", "date"})
        )
        self.is_truth = self._flag("is_truth", wanted="boolean" in asked)
        self.is_date = self._flag("is_date", wanted="date" in asked)
        whole = "integer" in asked and "number" not in asked
        variable = z3.Int if whole else z3.Real
        self.variable = variable(f"{name}.number", context)
        self.number = z3.ToReal(self.variable) if whole else self.variable
        self.text = z3.Int(f"{name}.text", context)
        self.truth = z3.Bool(f"{name}.truth", context)
        self.nested: list[tuple[Form, z3.BoolRef]] = []

    def _flag(self, name: str, *, wanted: bool) -> z3.BoolRef:
        flag = z3.Bool(f"{self.name}.{name}", self.context)
        return flag if wanted else z3.BoolVal(False, self.context)

    @property
    def kinds(self) -> tuple[z3.BoolRef, ...]:
        """The kinds it may have; it has at most one of them."""
        found = (self.is_null, self.is_number, self.is_text, self.is_truth)
        return tuple(one for one in found if not z3.is_false(one))

    def fits_nested(self, form: Form) -> z3.BoolRef:
        """Return whether it fits a list or an object; what is in there is not looked into."""
        for known, fits in self.nested:
            if known == form:
                return fits
        fits = z3.Bool(f"{self.name}.fits.{len(self.nested)}", self.context)
        self.nested.append((form, fits))
        return fits

    def rules(self) -> Iterator[z3.BoolRef]:
        """Yield what is so of any value."""
        kinds, nested = list(self.kinds), [fits for _, fits in self.nested]
        yield from (z3.Implies(one, self.given) for one in [*kinds, *nested])
        yield from (
            z3.Not(z3.And(one, other))
            for place, one in enumerate(kinds)
            for other in [*kinds[place + 1 :], *nested]
        )
        if not z3.is_false(self.is_number):
            yield within(self.number, BIG)
        if not z3.is_false(self.is_text):
            yield self.text >= 0


class World:
    """One undetermined decision, and what any decision obeys.

    Attributes:
        context: where all terms of this world are made.
        type: the situation type.
        action: the kind of thing done.
        confidence: as the agent states it; a number only where it is in [0, 1].
        facts: what is given for each fact that any of the tables declares.
        has_facts: whether the facts are names with values, or none at all.
        has_undeclared: whether there is a fact that none of the tables declares.
        fields: what is given for each field of the proposal that any of the tables knows.
        has_proposal: whether the proposal is names with values.
        has_unknown: whether it has a field that none of the tables knows.
        known: the types that any of the tables knows.
        looked_at: the facts that learned files are asked about.
        rules: what every decision obeys.
    """

    def __init__(self, *tables: Table) -> None:
        """Make the variables of a decision that any of the tables may judge.

        Args:
            tables: one or more tables without errors.
        """
        self.context = z3.Context()
        self.codes: dict[str, int] = {}
        for table in tables:
            self._number_texts(table)
        self.known = tuple(dict.fromkeys(type for table in tables for type in table.known.types))
        learned = [table.known.learned for table in tables if table.unfamiliar_rows]
        self.looked_at = frozenset(fact for one in learned if one for fact in one.facts)
        self.type = self._sent("type", ["text"])
        self.action = self._sent("action", ["text"])
        self.confidence = self._sent("confidence", ["number"])
        declared = [fact for table in tables for fact in table.facts.values()]
        self.facts = {
            id: self._sent(f"facts.{id}", [fact.type for fact in declared if fact.id == id])
            for id in dict.fromkeys(fact.id for fact in declared)
        }
        self.has_facts = z3.Bool("has_facts", self.context)
        self.has_undeclared = z3.Bool("has_undeclared", self.context)
        self.fields = {
            id: self._sent(f"proposal.{id}", kinds)
            for id, kinds in _kinds_of_fields(tables, declared).items()
        }
        self._optional = _optional_fields(tables)
        self.has_proposal = z3.Bool("has_proposal", self.context)
        self.has_unknown = z3.Bool("has_unknown", self.context)
        looking = [table for table in tables if table.known.learned is not None]
        self._told = [
            (table, self._sent(f"familiarity.{place}", ["number"]))
            for place, table in enumerate(looking)
            if table not in looking[:place]
        ]
        self._whole: list[tuple[Node, z3.BoolRef, z3.BoolRef]] = []
        self.rules: list[z3.BoolRef] = list(self._own_rules(tables))

    def _sent(self, name: str, kinds: Iterable[str]) -> Sent:
        return Sent(name, kinds, self.context)

    def _own_rules(self, tables: tuple[Table, ...]) -> Iterator[z3.BoolRef]:
        forms = (a.form for table in tables for a in table.actions.values() if a.form)
        for form in forms:
            for name, inner in form.fields.items():
                if inner.kind in NESTED:
                    self.fields[name].fits_nested(inner)
        for sent in self.sent:
            yield from sent.rules()
        yield z3.And(self.confidence.number >= 0, self.confidence.number <= 1)
        for asked in self.familiarity:
            yield z3.And(asked.number > 0, asked.number <= 1)

    def comes_out_whole(self, node: Node, value: z3.ArithRef) -> z3.BoolRef:
        """Return whether a number that is worked out is whole: rounding decides, so it may be."""
        exact = z3.IsInt(value)
        for known, flag, same in self._whole:
            if known == node and same.eq(exact):
                return flag
        flag = z3.Bool(f"whole.{len(self._whole)}", self.context)
        self._whole.append((node, flag, exact))
        return flag

    @property
    def roundings(self) -> tuple[tuple[z3.BoolRef, z3.BoolRef], ...]:
        """What rounding decides, each with what would be so if nothing were rounded."""
        return tuple((flag, exact) for _, flag, exact in self._whole)

    @property
    def familiarity(self) -> tuple[Sent, ...]:
        """What the learned files say to each table that names some; a number where they tell."""
        return tuple(sent for _, sent in self._told)

    def familiarity_of(self, table: Table) -> Sent:
        """Return what the learned files say of the facts as one of the tables reads them."""
        return next(sent for told, sent in self._told if told == table)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Every value of the decision."""
        own = (self.type, self.action, self.confidence)
        return (*own, *self.facts.values(), *self.fields.values(), *self.familiarity)

    def code(self, text: str) -> int:
        """Return the whole number that stands for a text."""
        return self.codes.setdefault(text, len(self.codes))

    def among(self, sent: Sent, texts: Iterable[str]) -> z3.BoolRef:
        """Return whether a text is one of these; neighbours among the codes are asked together."""
        codes = sorted({self.code(text) for text in texts})
        breaks = [place for place, (one, after) in enumerate(pairwise(codes), 1) if after > one + 1]
        edges = pairwise([0, *breaks, len(codes)]) if codes else []
        runs = [(codes[start], codes[end - 1]) for start, end in edges]
        return either(
            [
                sent.text == low if low == high else z3.And(sent.text >= low, sent.text <= high)
                for low, high in runs
            ],
            self.context,
        )

    def fits(self, form: Form) -> z3.BoolRef:
        """Return whether the proposal fits the form of an action."""
        wrong = [z3.Not(self.has_proposal), self.has_unknown]
        wrong += [sent.given for name, sent in self.fields.items() if name not in form.fields]
        for name, inner in form.fields.items():
            sent = self.fields[name]
            fits = every([sent.given, self._fits(inner, sent)], self.context)
            if inner.optional:
                fits = z3.Or(z3.Not(sent.given), sent.is_null, fits)
            wrong.append(z3.Not(fits))
        return z3.Not(z3.Or(wrong))

    def _fits(self, form: Form, sent: Sent) -> z3.BoolRef:
        match form.kind:
            case "number":
                return sent.is_number
            case "integer":
                return z3.And(sent.is_number, z3.IsInt(sent.number))
            case "boolean":
                return sent.is_truth
            case "text":
                return sent.is_text
            case "one_of":
                return z3.And(sent.is_text, self.among(sent, form.choices))
            case "date":
                unnamed = z3.Not(self.among(sent, self.codes))
                dates = [text for text in self.codes if not problems(form, text)]
                is_date = z3.Or(z3.And(unnamed, sent.is_date), self.among(sent, dates))
                return z3.And(sent.is_text, is_date)
            case _:
                return sent.fits_nested(form)

    def _number_texts(self, table: Table) -> None:
        """Give the known types codes in a row, then all other texts that a table names."""
        forms = [action.form for action in table.actions.values() if action.form]
        inner = [field for form in forms for field in form.fields.values()]
        whens = [row.when for row in table.rows] + [claim.when for claim in table.claims]
        for text in (
            *table.known.types,
            *table.actions,
            *(name for row in table.rows for name in row.for_types),
            *(choice for fact in table.facts.values() for choice in fact.choices),
            *(choice for field in inner for choice in field.choices),
            *(text for when in whens if when is not None for text in _texts(when)),
        ):
            self.code(text)

    @property
    def numbers(self) -> tuple[z3.ArithRef, ...]:
        """The numbers that facts and the proposal may hold."""
        held = (*self.facts.values(), *self.fields.values())
        return tuple(sent.number for sent in held if not z3.is_false(sent.is_number))

    @property
    def shares(self) -> tuple[z3.ArithRef, ...]:
        """The numbers from 0 to 1: the confidence, and what the learned files say."""
        return tuple(sent.number for sent in (self.confidence, *self.familiarity))

    def is_round(self) -> z3.BoolRef:
        """Return whether all numbers are easy to read: whole, under a million; shares of 100."""
        whole = [z3.And(z3.IsInt(one), within(one, ROUND)) for one in self.numbers]
        hundredths = [real(place / 100, self.context) for place in range(101)]
        shares = [z3.Or([one == share for share in hundredths]) for one in self.shares]
        texts = [
            sent.text <= len(self.codes) for sent in self.sent if not z3.is_false(sent.is_text)
        ]
        unrounded = [flag == exact for flag, exact in self.roundings]
        return every([*whole, *shares, *texts, *unrounded], self.context)

    def is_lean(self) -> z3.BoolRef:
        """Return whether the proposal holds no more than it must, and no text that means more."""
        parts = [z3.Not(sent.given) for id, sent in self.fields.items() if id in self._optional]
        texts = [sent for sent in self.fields.values() if not z3.is_false(sent.is_text)]
        parts += [z3.Implies(sent.is_text, sent.text == len(self.codes)) for sent in texts]
        return every(parts, self.context)

    def is_sure(self) -> z3.BoolRef:
        """Return whether the agent is sure, and by what was learned the decision is usual."""
        return every([one == real(SURE, self.context) for one in self.shares], self.context)


ROUND = 10**6
SURE = 0.95


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, Text):
        yield node.value
    for child in children(node):
        yield from _texts(child)


def _optional_fields(tables: Iterable[Table]) -> set[str]:
    """Return the fields that no form demands."""
    actions = [action for table in tables for action in table.actions.values()]
    inner = [item for one in actions if one.form is not None for item in one.form.fields.items()]
    demanded = {name for name, form in inner if not form.optional}
    return {name for name, _ in inner} - demanded


def _kinds_of_fields(tables: Iterable[Table], declared: Iterable[Fact]) -> dict[str, set[str]]:
    """Return the kinds of each field that a form names or a fact is worked out from."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for action in table.actions.values():
            for name, inner in action.form.fields.items() if action.form else ():
                found.setdefault(name, set()).add(inner.kind)
    for fact in declared:
        nodes = [fact.source] if fact.source is not None else list(fact.sources.values())
        for node in nodes:
            for name in fields_read(node):
                found.setdefault(name, set()).add("number")
    return found
