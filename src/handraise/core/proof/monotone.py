"""Claims of every table: less confidence or more money never loosens anything.

Two decisions that differ in one thing alone are held against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
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

Pairs = list[tuple[z3.ExprRef, z3.ExprRef]]

LOOSENS = {"every": "goes ahead or asks fewer", "first": "goes ahead"}


class Pair:
    """A decision and a second one that is the same but for some variables."""

    def __init__(self, reading: Reading, variables: list[z3.ArithRef]) -> None:
        """Give each of the variables a second value."""
        self.reading = reading
        self.renamed: Pairs = [(one, z3.Const(f"{one}.then", one.sort())) for one in variables]

    def then(self, term: z3.ExprRef) -> z3.ExprRef:
        """Return what a term comes to for the second decision."""
        return z3.substitute(term, *self.renamed)

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
    """Yield for each fact that is money whether more of it never goes ahead or asks fewer."""
    for fact in money_facts(reading.table):
        pair = Pair(reading, _variables(fact, reading))
        found = asking.find(
            [*pair.rules, *_more(fact, pair), pair.loosens()],
            partial(pair.show, judged),
            (reading.sound, reading.complete),
        )
        yield found.result(
            "monotone-money",
            f"more {fact.id}, all else equal, never {LOOSENS[reading.table.several]}",
            why=f"with more {fact.id} a decision {_what(found)}",
            subject=fact.id,
        )


def _what(found: Found) -> str:
    """Return what the second decision of a pair does that the first one does not."""
    is_going = found.witnesses and not found.witnesses[1].verdict.escalated
    return "goes ahead that stops" if is_going else "asks fewer"


def _variables(fact: Fact, reading: Reading) -> list[z3.ArithRef]:
    """Return what has another value where there is more of a fact: it, or the proposal's fields."""
    if not fact.is_derived:
        return [reading.world.facts[fact.id].variable]
    sources = fact.sources.values() if fact.source is None else (fact.source,)
    fields = dict.fromkeys(chain.from_iterable(map(fields_read, sources)))
    return [reading.world.fields[id].variable for id in fields]


def _more(fact: Fact, pair: Pair) -> list[z3.BoolRef]:
    """Return that the second decision has more of a fact, on the same side of zero.

    Both are without a fault, and what else is worked out from the proposal stays the same.
    """
    reading = pair.reading
    value, usable = reading.values[fact.id], reading.usable[fact.id]
    more = pair.then(value)
    goal = [
        z3.Or(z3.And(value >= 0, more > value), z3.And(value <= 0, more < value)),
        *(z3.And(one, pair.then(one)) for one in (usable, z3.Not(reading.fault))),
    ]
    others = [one.id for one in reading.table.facts.values() if one.is_derived and one is not fact]
    kept = [held[id] for id in others for held in (reading.values, reading.usable)]
    return [*goal, *(one == pair.then(one) for one in kept)]
