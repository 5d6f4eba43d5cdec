"""A decision pinned: each variable of the solver has the value of what an agent really sent.

Reads decisions by what the design says of usable values, not by what the spelling of proofs does.
"""

from fractions import Fraction

import z3

from handraise.core.gate.compile import compile_table
from handraise.core.gate.evidence import gather
from handraise.core.proof.reading import Reading
from handraise.core.proof.world import World
from handraise.core.table.expression import names_read
from handraise.core.table.form import Form, problems
from handraise.core.table.values import boolean, mapping, number, text
from tests.core.oracle import UNKNOWN, judged
from tests.support.learned import ToldFamiliar


def pinned(world, decision, familiarity=None):  # noqa: C901 - one pin for each variable
    """Return a model in which every variable of a world has its value; nothing is rounded.

    `familiarity` is what the learned files say; None where they cannot tell.
    """
    context = world.context
    pairs = []

    def pin(variable, value):
        if z3.is_false(variable):
            assert not value
        elif z3.is_bool(variable):
            pairs.append((variable, z3.BoolVal(bool(value), context)))
        elif variable.is_int():
            pairs.append((variable, z3.IntVal(int(value), context)))
        else:
            exact = Fraction(value)
            pairs.append((variable, z3.RealVal(f"{exact.numerator}/{exact.denominator}", context)))

    def pin_sent(sent, value, *, given):
        found = number(value)
        is_whole = sent.variable.is_int()
        if found is not None and (
            z3.is_false(sent.is_number) or (is_whole and found != int(found))
        ):
            found = None
        written = text(value) if not z3.is_false(sent.is_text) else None
        truth = boolean(value) if not z3.is_false(sent.is_truth) else None
        pin(sent.given, given)
        pin(sent.is_null, given and value is None)
        pin(sent.is_number, given and found is not None)
        pin(sent.is_text, given and written is not None)
        pin(sent.is_truth, given and truth is not None)
        pin(
            sent.is_date,
            given and not problems(Form(kind="date"), value) and not z3.is_false(sent.is_date),
        )
        pin(sent.variable, found if found is not None else 0)
        pin(sent.text, code(written) if written is not None else 0)
        pin(sent.truth, truth or False)
        for form, fits in sent.nested:
            pin(fits, given and not problems(form, value))

    others = {}

    def code(written):
        if written in world.codes:
            return world.codes[written]
        return len(world.codes) + others.setdefault(written, len(others))

    pin_sent(world.type, decision.type, given=decision.type is not None)
    pin_sent(world.action, decision.action, given=decision.action is not None)
    share = number(decision.confidence)
    is_share = share is not None and 0 <= share <= 1
    pin_sent(world.confidence, decision.confidence if is_share else None, given=True)
    facts = {} if decision.facts is None else mapping(decision.facts)
    pin(world.has_facts, facts is not None)
    pin(world.has_undeclared, set(facts or {}) - set(world.facts))
    for id, sent in world.facts.items():
        pin_sent(sent, (facts or {}).get(id), given=id in (facts or {}))
    proposal = mapping(decision.proposal)
    pin(world.has_proposal, proposal is not None)
    pin(world.has_unknown, set(proposal or {}) - set(world.fields))
    for id, sent in world.fields.items():
        pin_sent(sent, (proposal or {}).get(id), given=id in (proposal or {}))
    for sent in world.familiarity:
        pin_sent(sent, familiarity, given=familiarity is not None)
        if familiarity is None:
            pairs[:] = [one for one in pairs if not one[0].eq(sent.variable)]
            pin(sent.variable, 1)
    solver = z3.Solver(ctx=context)
    solver.add([variable == value for variable, value in pairs])
    solver.add([flag == exact for flag, exact in world.roundings])
    assert solver.check() == z3.sat
    return solver.model()


def told(term, model):
    """Return whether a term holds of a pinned decision; it must be decided by the pins alone."""
    found = model.eval(term, model_completion=False)
    assert z3.is_true(found) or z3.is_false(found), found
    return z3.is_true(found)


class Three:
    """A table read by the solver, compiled by the gate, and interpreted plainly."""

    def __init__(self, table):
        self.table = table
        self.world = World(table)
        self.reading = Reading(self.world, table)
        self.familiar = ToldFamiliar()
        self.judge = compile_table(table, familiar=self.familiar)

    def told(self, name, decision, familiarity=None):
        """Return whether something that the reading says by name is so of a decision."""
        return told(getattr(self.reading, name), pinned(self.world, decision, familiarity))

    def agree(self, decision, familiarity=None):
        """Check one decision; the caller sees to it that its arithmetic is exact."""
        table, reading = self.table, self.reading
        self.familiar.p = ValueError() if familiarity is None else familiarity
        verdict = self.judge(decision)
        if any("could not judge" in reason.sentence for reason in verdict.reasons):
            return
        looked = verdict.familiarity
        model = pinned(self.world, decision, looked)
        assert all(told(rule, model) for rule in self.world.rules)
        expected = judged(table, decision, UNKNOWN if looked is None else looked)
        places = zip(table.rows, reading.fires, strict=True)
        fired = {row.id for row, fires in places if told(fires, model)}
        of_rows = {reason.row for reason in verdict.reasons if reason.row != reason.condition}
        assert fired == of_rows == expected.rows
        assert told(reading.fault, model) == expected.fault
        uncovered = {name for name, holds in reading.uncovered.items() if told(holds, model)}
        assert uncovered == expected.uncovered
        assert told(reading.stops, model) == verdict.escalated == expected.stops
        asked = {route for route in reading.routes if told(reading.asks(route), model)}
        assert asked == set(verdict.routes)


NEAR = 1e-6


def is_exact(table, decision, *more):
    """Whether all arithmetic of a table on a decision comes to the same in floats and in fractions."""
    evidence = gather(table, decision)
    values = {**evidence.facts, "confidence": evidence.confidence}
    if table.calibration is not None and _is_rounded(table, evidence, more):
        return False
    nodes = [when for when in (*more, *(row.when for row in table.rows)) if when is not None]
    for fact in table.facts.values():
        nodes += [fact.source] if fact.source is not None else list(fact.sources.values())
    held = mapping(decision.proposal) or {}
    return all(_is_exact(node, values, held) for node in nodes)


def _is_rounded(table, evidence, more):
    """Whether it may matter that a calibrated confidence was rounded."""
    if (evidence.stated, evidence.confidence) in table.calibration.map.knots:
        return False
    limits = [limit for row in table.rows for limit in (row.below, *row.below_by_type.values())]
    is_near = any(abs(evidence.confidence - (limit or 9)) < NEAR for limit in limits)
    whens = [when for when in (*more, *(row.when for row in table.rows)) if when is not None]
    return is_near or any("confidence" in names_read(when) for when in whens)


def _is_exact(node, values, held):
    exact, rounded = _both(node, values, held)
    if exact is not None and not isinstance(exact, bool | str) and exact != rounded:
        return False
    return all(_is_exact(child, values, held) for child in _parts(node))


def _parts(node):
    parts = [getattr(node, name) for name in ("operand", "left", "right") if hasattr(node, name)]
    for name in ("operands", "arguments"):
        parts += getattr(node, name, ())
    return parts


def _both(node, values, held):  # noqa: C901 - one line for each kind of node
    """Return the value of a number's node in fractions and in floats; None for other nodes."""
    kind = type(node).__name__
    nothing = (None, None)
    if kind == "Number":
        return Fraction(node.value), node.value
    if kind in ("Name", "Field"):
        found = number(values.get(node.id) if kind == "Name" else held.get(node.id))
        return nothing if found is None else (Fraction(found), found)
    sides = [_both(part, values, held) for part in _parts(node)]
    if any(one[0] is None for one in sides):
        return nothing
    if kind == "Negative":
        return -sides[0][0], -sides[0][1]
    if kind == "Call":
        word = {"abs": lambda one: abs(one[0]), "min": min, "max": max}[node.function]
        return word([one[0] for one in sides]), word([one[1] for one in sides])
    if kind != "Arithmetic":
        return nothing
    (a, x), (b, y) = sides
    try:
        match node.operator:
            case "+":
                return a + b, x + y
            case "-":
                return a - b, x - y
            case "*":
                return a * b, x * y
        return a / b, x / y
    except (ZeroDivisionError, OverflowError):
        return nothing
