"""Claims of every table: less confidence or more money never loosens anything.

Two decisions that differ in one thing alone are held against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from itertools import chain

import z3

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.money import money_facts
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Result, Witness
from handraise.core.proof.spelling import Evaluate
from handraise.core.proof.terms import either, every
from handraise.core.table.expression import fields_read
from handraise.core.table.types import Fact

LOOSENS = {"every": "goes ahead or asks fewer", "first": "goes ahead"}

LARGER_IS_USUAL = (
    "what was learned may find the larger sum usual, which no proof can tell; "
    "of all other rows it is proved"
)


def _second(variable: z3.ExprRef) -> tuple[z3.ExprRef, z3.ExprRef]:
    """Return a variable and what stands for it in the second decision."""
    return variable, z3.Const(f"{variable}.then", variable.sort())


class Pair:
    """A decision and a second one that is the same but for some variables."""

    def __init__(self, reading: Reading, variables: list[z3.ExprRef]) -> None:
        """Give each of the variables a second value."""
        self.reading = reading
        self.renamed = list(map(_second, variables))
        for flag, exact in reading.world.roundings:
            if not self.then(exact).eq(exact):
                self.renamed.append(_second(flag))

    def then(self, term: z3.ExprRef) -> z3.ExprRef:
        """Return what a term comes to for the second decision."""
        return z3.substitute(term, *self.renamed)

    def is_unrounded(self) -> z3.BoolRef:
        """Return whether nothing of the second decision is what it is because it was rounded."""
        parts = [self.then(flag == exact) for flag, exact in self.reading.world.roundings]
        return every(parts, self.reading.context)

    def is_by_one(self) -> z3.BoolRef:
        """Return whether one number of the proposal alone differs."""
        numbers = {sent.variable for sent in self.reading.world.fields.values()}
        same = [old == new for old, new in self.renamed if old in numbers]
        return z3.PbGe([(one, 1) for one in same], len(same) - 1)

    @property
    def rules(self) -> list[z3.BoolRef]:
        """What the second decision obeys as well."""
        return [self.then(rule) for rule in self.reading.world.rules]

    def loosens(self) -> z3.BoolRef:
        """Return whether the second one goes ahead, or asks fewer, where the first one does not.

        Where only the first row's route decides, it is enough that both stop.
        """
        reading = self.reading
        lost = [reading.stops, z3.Not(self.then(reading.stops))]
        loosened = [every(lost, reading.context)]
        if reading.table.several == "every":
            for route in reading.routes:
                asks = reading.asks(route)
                loosened.append(z3.And(asks, z3.Not(self.then(asks))))
        return either(loosened, reading.context)

    def show(self, judged: Judged, found: Evaluate) -> tuple[Witness, ...]:
        """Return both decisions as the gate judged them; nothing where one is not as expected."""
        first = judged.one(found)
        second = judged.one(lambda term: found(self.then(term)))
        return (*first, *second) if first and second else ()


def monotone_confidence(reading: Reading, asking: Asking, judged: Judged) -> Result:
    """Return whether less confidence, all else equal, never goes ahead or asks fewer."""
    stated = reading.world.confidence
    pair = Pair(reading, [stated.variable])
    goal = [*pair.rules, stated.is_number, pair.then(stated.number) < stated.number]
    found = asking.find(
        [*goal, pair.loosens()], partial(pair.show, judged), (reading.sound, reading.complete)
    )
    return found.result(
        "monotone-confidence",
        f"less confidence, all else equal, never {LOOSENS[reading.table.several]}",
        why=f"with less confidence a decision {_what(found)}",
        subject="confidence",
    )


def monotone_money(reading: Reading, asking: Asking, judged: Judged) -> Iterator[Result]:
    """Yield for each fact that is money whether more of it never goes ahead or asks fewer.

    What was learned is taken to say the same of both decisions. Where it is asked about what
    differs, it may as well find the larger sum usual: the answer is open then, and says so.
    """
    for fact in money_facts(reading.table):
        found, is_grave = _more_money(fact, reading, asking, judged)
        yield found.result(
            "monotone-money",
            f"more {fact.id}, all else equal, never {LOOSENS[reading.table.several]}",
            why=f"with more {fact.id} a decision {_what(found)}",
            subject=fact.id,
            is_grave=is_grave,
        )


def _more_money(fact: Fact, reading: Reading, asking: Asking, judged: Judged) -> tuple[Found, bool]:
    """Return whether a pair of decisions loosens with more of a fact, and whether that is grave."""
    variables, beside = _variables(fact, reading), _beside(fact, reading)
    pair = Pair(reading, variables)
    bound = list(_bound(fact, pair, beside, asking)) if beside else []
    goal = [*pair.rules, *_more(fact, pair, bound), pair.loosens()]
    plain = pair.is_unrounded()
    nicer = (z3.And(reading.sound, plain), z3.And(reading.complete, plain))
    found = asking.find(goal, partial(pair.show, judged), nicer)
    if found.state != "proved" or not _is_looked_at({fact.id, *beside}, reading):
        return found, True
    told = reading.world.familiarity_of(reading.table)
    apart = Pair(reading, [*variables, told.given, told.is_number, told.variable])
    again = asking.is_possible(*apart.rules, *_more(fact, apart, bound), apart.loosens())
    return (found, True) if again is False else (Found("open", why=LARGER_IS_USUAL), False)


def _beside(fact: Fact, reading: Reading) -> list[str]:
    """Return what else is worked out from the same fields of the proposal."""
    fields = _fields(fact)
    others = [one for one in reading.table.facts.values() if one is not fact]
    return [one.id for one in others if not fields.isdisjoint(_fields(one))]


def _bound(fact: Fact, pair: Pair, beside: Collection[str], asking: Asking) -> Iterator[z3.BoolRef]:
    """Yield for each action with which no more of a fact is possible unless others move with it."""
    reading, world = pair.reading, pair.reading.world
    has_action = reading.usable["action"]
    is_none = z3.Not(has_action) if reading.table.actions else z3.BoolVal(True, reading.context)
    of_actions: list[tuple[str | None, z3.BoolRef]] = [
        (id, z3.And(has_action, world.action.text == world.code(id)))
        for id in reading.table.actions
    ]
    goal = [*pair.rules, *_more(fact, pair, ())]
    for action, is_this in [(None, is_none), *of_actions]:
        fields = _fields(fact, action)
        others = (_fields(reading.table.facts[one], action) for one in beside)
        is_shared = any(not fields.isdisjoint(held) for held in others)
        if is_shared and not asking.is_possible(*goal, is_this):
            yield is_this


def _is_looked_at(facts: set[str], reading: Reading) -> bool:
    """Whether a row asks what was learned, and that is about any of these facts."""
    learned = reading.table.known.learned
    asks = bool(reading.table.unfamiliar_rows) and learned is not None
    return asks and not facts.isdisjoint(learned.facts if learned is not None else ())


def _what(found: Found) -> str:
    """Return what the second decision of a pair does that the first one does not."""
    is_going = found.witnesses and not found.witnesses[1].verdict.escalated
    return "goes ahead that stops" if is_going else "asks fewer"


def _fields(fact: Fact, action: str | None = None) -> set[str]:
    """Return the fields that a fact is worked out from: for an action, or for any; may be none."""
    sources = [one for id, one in fact.sources.items() if action in {None, id}]
    sources += [] if fact.source is None else [fact.source]
    return set(chain.from_iterable(map(fields_read, sources)))


def _variables(fact: Fact, reading: Reading) -> list[z3.ExprRef]:
    """Return what has another value where there is more of a fact: it, or the proposal's fields."""
    if not fact.is_derived:
        return [reading.world.facts[fact.id].variable]
    return [reading.world.fields[id].variable for id in sorted(_fields(fact))]


def _more(fact: Fact, pair: Pair, bound: Collection[z3.BoolRef]) -> list[z3.BoolRef]:
    """Return that the second decision has more of a fact, on the same side of zero.

    Both are without a fault, and what else is worked out from the proposal stays the same. Where
    they are `bound` it moves, and one field of the proposal alone makes the difference.
    """
    reading = pair.reading
    value, usable = reading.values[fact.id], reading.usable[fact.id]
    more = pair.then(value)
    others = [one.id for one in reading.table.facts.values() if one.is_derived and one is not fact]
    kept = [reading.usable[id] == pair.then(reading.usable[id]) for id in others]
    equal = [reading.values[id] == pair.then(reading.values[id]) for id in others]
    same = every(equal, reading.context)
    others_too = z3.If(either(bound, reading.context), pair.is_by_one(), same) if bound else same
    return [
        z3.Or(z3.And(value >= 0, more > value), z3.And(value <= 0, more < value)),
        *(z3.And(one, pair.then(one)) for one in (usable, z3.Not(reading.fault))),
        *kept,
        others_too,
    ]
