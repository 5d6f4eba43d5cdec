"""What the gate says about an undetermined decision, as terms of the solver.

Line by line what `core.gate.compile` generates and `core.gate.explain` words: which rows fire,
which faults there are, which conditions hold although no row looked, and who is asked.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise

import z3

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.proof.terms import Term, Terms, either, every, real
from handraise.core.proof.world import NUMBERS, World
from handraise.core.table.expression import (
    Arithmetic,
    Field,
    Node,
    Number,
    children,
    fields_read,
    names_read,
)
from handraise.core.table.types import Action, Fact, Row, Table
from handraise.model import OWNER

BY_ACTION = frozenset({"action", "severity"})


class Reading:
    """One table's judgement of the decision of a world.

    Attributes:
        world: the undetermined decision.
        table: whose judgement it is.
        values: what facts and built-in names come to, as rows read them.
        usable: whether each of those can be used.
        applies: for each row, whether the decision is not surely one that it is not for.
        fires: for each row, in the table's order, whether it fires.
        fault: whether the agent sent something that the table does not allow.
        uncovered: for each condition, whether it holds although none of its rows fired.
        stops: whether the agent must stop.
        complete: whether everything declared is there and usable that the action can have, and
            there is no fault; the type may be a new one.
        sound: `complete`, and the type is known, and by what was learned it is as usual as can be.
    """

    def __init__(self, world: World, table: Table) -> None:
        """Read a table in a world that was made for it.

        What the learned files can tell depends on the facts of this table: it is added to the rules
        of the world.
        """
        self.world = world
        self.table = table
        self.context = world.context
        self.values: dict[str, z3.ExprRef] = {}
        self.usable: dict[str, z3.BoolRef] = {}
        self._read_built_in()
        fields = {
            id: Term(sent.number, z3.Not(z3.And(world.has_proposal, sent.is_number)))
            for id, sent in world.fields.items()
        }
        self._of_proposal = Terms(self.context, world.code, {}, fields)
        for fact in table.facts.values():
            self._read_fact(fact)
        self.terms = Terms(self.context, world.code, self.values, {})
        self._read_familiarity()
        self.applies = tuple(self._applies(row) for row in table.rows)
        self.fires = tuple(map(self._fires, table.rows, self.applies))
        self.fault = either(self.faults.values(), self.context)
        self.uncovered = self._uncovered()
        self.asks_owner = either([self.fault, *self.uncovered.values()], self.context)
        self.stops = either([*self.fires, self.asks_owner], self.context)
        self._before = tuple(accumulate(self.fires, z3.Or, initial=z3.BoolVal(False, self.context)))
        self._asked = {route: self._asks(route) for route in self.routes}
        self.complete = self._complete()
        self.sound = every([self.complete, self.is_known, self._is_usual()], self.context)

    def asks(self, route: str) -> z3.BoolRef:
        """Return whether a route must agree; `owner` for the last resort."""
        return self._asked.get(route, z3.BoolVal(False, self.context))

    def before(self, place: int) -> z3.BoolRef:
        """Return whether any row above a row fires."""
        return self._before[place]

    @property
    def routes(self) -> tuple[str, ...]:
        """Whoever may be asked, the owner last."""
        return tuple(dict.fromkeys([*(row.to for row in self.table.rows), OWNER]))

    def where_read(self, fact: str) -> list[z3.BoolRef]:
        """Return, for each row that reads a fact, whether the row is for the decision."""
        rows = zip(self.table.rows, self.applies, strict=True)
        return [one for row, one in rows if row.when is not None and fact in names_read(row.when)]

    def where(self, kind: str) -> list[z3.BoolRef]:
        """Return, for each row of a kind, whether the row is for the decision."""
        rows = zip(self.table.rows, self.applies, strict=True)
        return [one for row, one in rows if row.kind == kind]

    def holds(self, when: Node | None) -> z3.BoolRef:
        """Return whether an expression is true, with all it reads usable; None is always true."""
        if when is None:
            return z3.BoolVal(True, self.context)
        found = self.terms.of(when)
        usable = [self.usable[name] for name in names_read(when)]
        return z3.And([*usable, z3.Not(found.fails), found.value])

    def _asks(self, route: str) -> z3.BoolRef:
        asked = [self.asks_owner] if route == OWNER else []
        for place, row in enumerate(self.table.rows):
            if row.to == route:
                is_first = self.table.several == "every" or z3.Not(self.before(place))
                asked.append(z3.And(self.fires[place], is_first))
        return either(asked, self.context)

    def _read_built_in(self) -> None:
        world, actions = self.world, self.table.actions
        self.is_known = every(
            [world.type.is_text, world.among(world.type, self.table.known.types)], self.context
        )
        rated = [world.among(world.action, actions)] if actions else []
        ranks = z3.IntVal(0, self.context)
        for id, action in actions.items():
            is_this = world.action.text == world.code(id)
            ranks = z3.If(is_this, self.table.severity_rank(action.severity), ranks)
        confidence = world.confidence.number
        if self.table.calibration is not None:
            confidence = _calibrated(self.table.calibration.map, confidence)
        self.values |= {
            "type": world.type.text,
            "action": world.action.text,
            "severity": ranks,
            "confidence": confidence,
        }
        action_usable = every([world.action.is_text, *rated], self.context)
        self.usable |= {
            "type": world.type.is_text,
            "action": action_usable,
            "severity": action_usable,
            "confidence": world.confidence.is_number,
        }
        self.faults = {
            "facts": z3.Not(world.has_facts),
            "undeclared": world.has_undeclared,
        }
        formed = [
            z3.And(action_usable, world.action.text == world.code(id), z3.Not(world.fits(one.form)))
            for id, one in actions.items()
            if one.form is not None
        ]
        self.faults["proposal"] = either(formed, self.context)

    def _read_fact(self, fact: Fact) -> None:
        if fact.is_derived:
            self._read_derived(fact)
            return
        sent = self.world.facts[fact.id]
        match fact.type:
            case "number":
                value, usable = sent.number, sent.is_number
            case "integer":
                value, usable = sent.number, z3.And(sent.is_number, z3.IsInt(sent.number))
            case "boolean":
                value, usable = sent.truth, sent.is_truth
            case "text":
                value, usable = sent.text, sent.is_text
            case _:
                value = sent.text
                usable = z3.And(sent.is_text, self.world.among(sent, fact.choices))
        self.values[fact.id] = value
        self.usable[fact.id] = z3.And(self.world.has_facts, usable)

    def _read_derived(self, fact: Fact) -> None:
        world, has_action = self.world, self.usable["action"]
        if fact.source is not None:
            value, usable = self._worked_out(fact, fact.source)
        else:
            other = fact.otherwise
            value = real(0 if other is None else other, self.context)
            usable = has_action if other is not None else z3.BoolVal(False, self.context)
            for action, node in fact.sources.items():
                is_this = z3.And(has_action, world.action.text == world.code(action))
                of_this, can_be = self._worked_out(fact, node)
                value, usable = z3.If(is_this, of_this, value), z3.If(is_this, can_be, usable)
        self.values[fact.id], self.usable[fact.id] = value, usable
        sent = world.facts[fact.id]
        is_same = z3.And(usable, sent.is_number, sent.number == value)
        self.faults[fact.id] = z3.And(world.has_facts, sent.given, z3.Not(is_same))

    def _worked_out(self, fact: Fact, node: Node) -> tuple[z3.ExprRef, z3.BoolRef]:
        found = self._of_proposal.of(node)
        usable = z3.Not(found.fails)
        if fact.type == "integer":
            usable = z3.And(usable, self._is_whole(node, found.value))
        return found.value, usable

    def _is_whole(self, node: Node, value: z3.ArithRef) -> z3.BoolRef:
        """Return whether a number is whole as the gate has it.

        Whole numbers that are not divided stay whole. Of all others the gate rounds what it works
        out, and that decides: it may be whole or not.
        """
        if isinstance(node, Field):
            return z3.IsInt(value)
        rounded = self.world.comes_out_whole(node, value)
        if not _keeps_whole(node):
            return rounded
        fields = [z3.IsInt(self.world.fields[id].number) for id in fields_read(node)]
        return z3.Or(every(fields, self.context), rounded)

    def _read_familiarity(self) -> None:
        """Say when the learned files can be asked: what was brought for them must be usable."""
        learned = self.table.known.learned
        self.can_look = self.can_tell = z3.BoolVal(False, self.context)
        self.familiarity = real(1, self.context)
        if learned is None:
            return
        asked = self.world.familiarity_of(self.table)
        self.can_tell, self.familiarity = asked.is_number, asked.number
        fine = [self.world.has_facts] if learned.facts else []
        for fact in (self.table.facts[id] for id in learned.facts if id in self.table.facts):
            sent = self.world.facts[fact.id]
            is_left_out = z3.Or(z3.Not(sent.given), sent.is_null)
            usable = self.usable[fact.id]
            fine.append(usable if fact.is_derived else z3.Or(is_left_out, usable))
        self.can_look = every(fine, self.context)
        self.world.rules.append(z3.Implies(self.can_tell, self.can_look))

    def _is_usual(self) -> z3.BoolRef:
        rows = self.table.unfamiliar_rows
        return (
            z3.And(self.can_tell, self.familiarity == 1) if rows else z3.BoolVal(True, self.context)
        )

    def _applies(self, row: Row) -> z3.BoolRef:
        world = self.world
        parts = []
        if row.for_types:
            parts.append(z3.Or(z3.Not(self.usable["type"]), world.among(world.type, row.for_types)))
        if row.for_actions:
            is_one = world.among(world.action, row.for_actions)
            parts.append(z3.Or(z3.Not(self.usable["action"]), is_one))
        return every(parts, self.context)

    def _fires(self, row: Row, applies: z3.BoolRef) -> z3.BoolRef:
        doubts = []
        if row.for_types or row.below_by_type:
            doubts.append(z3.Not(self.usable["type"]))
        if row.for_actions or (row.condition == "consequence" and self.table.actions):
            doubts.append(z3.Not(self.usable["action"]))
        return every([applies, either([*doubts, *self._judged(row)], self.context)], self.context)

    def _judged(self, row: Row) -> list[z3.BoolRef]:
        """Return what makes a row fire that is for the decision, one way after another."""
        if row.kind == "below":
            return [z3.Not(self.usable["confidence"]), self._is_below(row)]
        if row.kind == "unknown":
            return [z3.Not(self.is_known)]
        if row.unfamiliar is not None:
            limit = real(row.unfamiliar, self.context)
            return [z3.Not(self.can_tell), self.familiarity <= limit]
        if row.severity is not None:
            return [self.values["severity"] >= self.table.severity_rank(row.severity)]
        if row.when is None:
            return [z3.BoolVal(True, self.context)]
        found = self.terms.of(row.when)
        unusable = [z3.Not(self.usable[name]) for name in names_read(row.when)]
        return [*unusable, found.fails, found.value]

    def _is_below(self, row: Row) -> z3.BoolRef:
        confidence = self.values["confidence"]
        usual = z3.BoolVal(True, self.context)
        if row.below is not None:
            usual = confidence < real(row.below, self.context)
        for type, limit in row.below_by_type.items():
            is_this = self.world.type.text == self.world.code(type)
            usual = z3.If(is_this, confidence < real(limit, self.context), usual)
        return usual

    def _uncovered(self) -> dict[str, z3.BoolRef]:
        holds = {
            "confidence": z3.Not(self.usable["confidence"]),
            "novelty": z3.Not(self.is_known),
        }
        if self.table.actions:
            holds["consequence"] = z3.Not(self.usable["action"])
        return {
            condition: z3.And([one, *(z3.Not(fires) for fires in self._of(condition))])
            for condition, one in holds.items()
        }

    def _complete(self) -> z3.BoolRef:
        """Return whether nothing is missing; an action that nobody rates or reads may be.

        A fact that cannot be worked out for an action, whatever is proposed, is not missing there.
        """
        read = {name for row in self.table.rows if row.when for name in names_read(row.when)}
        left_out = set() if self.table.actions or "action" in read else BY_ACTION
        needed = [
            z3.Or(usable, *self._without(id))
            for id, usable in self.usable.items()
            if id not in left_out
        ]
        return every([*needed, z3.Not(self.fault)], self.context)

    def _without(self, fact: str) -> list[z3.BoolRef]:
        """Return for each action that can have no such fact whether it is the decision's."""
        declared = self.table.facts.get(fact)
        if declared is None or not declared.is_derived:
            return []
        return [
            z3.And(self.usable["action"], self.world.action.text == self.world.code(id))
            for id, action in self.table.actions.items()
            if not _can_have(declared, action)
        ]

    def _of(self, condition: str) -> list[z3.BoolRef]:
        """Return the firing of each row of a condition."""
        rows = zip(self.table.rows, self.fires, strict=True)
        return [fires for row, fires in rows if row.condition == condition]


def _can_have(fact: Fact, action: Action) -> bool:
    """Whether some proposal that fits an action has what a fact is worked out from."""
    source = fact.source or fact.sources.get(action.id)
    if source is None:
        return fact.otherwise is not None
    if action.form is None:
        return True
    held = {id for id, field in action.form.fields.items() if field.kind in NUMBERS}
    return held.issuperset(fields_read(source))


def _keeps_whole(node: Node) -> bool:
    """Whether an expression comes to a whole number where all that it reads is whole."""
    match node:
        case Number(value):
            return float(value).is_integer()
        case Arithmetic("/"):
            return False
        case _:
            return all(map(_keeps_whole, children(node)))


def _calibrated(fitted: CalibrationMap, stated: z3.ArithRef) -> z3.ArithRef:
    """Return what a map makes of a stated confidence: the line of the knots it lies between."""
    knots = [(Fraction(x), Fraction(y)) for x, y in fitted.knots]
    found = real(knots[-1][1], stated.ctx)
    for (x0, y0), (x1, y1) in reversed(list(pairwise(knots))):
        slope = real((y1 - y0) / (x1 - x0), stated.ctx)
        line = real(y0, stated.ctx) + (stated - real(x0, stated.ctx)) * slope
        found = z3.If(stated < real(x1, stated.ctx), line, found)
    return found
