"""A decision spelt out: from what the solver found for its variables to one that can be run."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import z3

from handraise.core.proof.world import Sent, World
from handraise.core.table.form import Form
from handraise.core.table.types import Fact, Table
from handraise.model import Decision

Evaluate = Callable[[z3.ExprRef], z3.ExprRef]

UNUSABLE = "unusable"
UNDECLARED = "undeclared"
SOME_TEXT = "a request in a customer's own words"
DIGITS = 20


class Spelling:
    """Spells the decision of a world as one table's agent would send it."""

    def __init__(self, world: World, table: Table) -> None:
        """Keep what names the variables."""
        self.world = world
        self.table = table

    def decision(self, found: Evaluate) -> tuple[Decision, float | None]:
        """Return the decision, and what the learned files are taken to say about it.

        Args:
            found: gives what a term came to.
        """
        world = self.world
        decision = Decision(
            type=self._plain(world.type, found),
            action=self._plain(world.action, found),
            confidence=self._plain(world.confidence, found),
            facts=self._facts(found),
            text=SOME_TEXT if self.table.unfamiliar_rows else None,
            proposal=self._proposal(found),
        )
        return decision, self._familiarity(found)

    def _familiarity(self, found: Evaluate) -> float | None:
        learned = self.table.known.learned
        if learned is None or not self.table.unfamiliar_rows:
            return None
        asked = self.world.familiarity_of(self.table)
        return float(_number(found(asked.number))) if z3.is_true(found(asked.is_number)) else None

    def _facts(self, found: Evaluate) -> Any:
        world = self.world
        if not z3.is_true(found(world.has_facts)):
            return UNUSABLE
        facts = {
            id: self._fact(world.facts[id], fact, found)
            for id, fact in self.table.facts.items()
            if z3.is_true(found(world.facts[id].given))
        }
        return facts | ({UNDECLARED: 1} if z3.is_true(found(world.has_undeclared)) else {})

    def _fact(self, sent: Sent, fact: Fact, found: Evaluate) -> Any:
        return self._plain(sent, found, otherwise=0 if fact.type in TEXTUAL else UNUSABLE)

    def _proposal(self, found: Evaluate) -> Any:
        world = self.world
        if not z3.is_true(found(world.has_proposal)):
            return None
        proposal = {
            id: self._field(sent, found)
            for id, sent in world.fields.items()
            if z3.is_true(found(sent.given))
        }
        return proposal | ({UNDECLARED: 1} if z3.is_true(found(world.has_unknown)) else {})

    def _field(self, sent: Sent, found: Evaluate) -> Any:
        for form, fits in sent.nested:
            if z3.is_true(found(fits)):
                return filled(form)
        is_date = z3.is_true(found(sent.is_date))
        return self._plain(
            sent, found, otherwise=[[]], some_text=SOME_DATE if is_date else SOME_WORDS
        )

    def _plain(
        self, sent: Sent, found: Evaluate, otherwise: Any = None, some_text: str = ""
    ) -> Any:
        """Return what an agent would send; `otherwise` for what is of no kind that is read."""
        if z3.is_true(found(sent.is_number)):
            return plain_number(_number(found(sent.number)))
        if z3.is_true(found(sent.is_text)):
            return self._text(found(sent.text).as_long(), some_text)
        if z3.is_true(found(sent.is_truth)):
            return z3.is_true(found(sent.truth))
        return None if z3.is_true(found(sent.is_null)) else otherwise

    def _text(self, code: int, some_text: str) -> str:
        for text, place in self.world.codes.items():
            if place == code:
                return text
        return some_text or f"something_else_{code - len(self.world.codes) + 1}"


TEXTUAL = frozenset({"text", "one_of"})
SOME_DATE = "2026-01-05"
SOME_WORDS = "some text"


def filled(form: Form) -> Any:
    """Return a small value that fits a form."""
    match form.kind:
        case "object":
            required = {name: one for name, one in form.fields.items() if not one.optional}
            return {name: filled(one) for name, one in required.items()}
        case "list":
            return []
        case "number" | "integer":
            return 1
        case "boolean":
            return True
        case "one_of":
            return form.choices[0]
        case "date":
            return SOME_DATE
        case _:
            return SOME_WORDS


def plain_number(exact: Fraction) -> float | int:
    """Return the float nearest to a number, or the whole number that it is."""
    return exact.numerator if exact.denominator == 1 else float(exact)


def _number(found: z3.ExprRef) -> Fraction:
    """Return a number of the solver, or the nearest fraction where it is a root of something."""
    if z3.is_algebraic_value(found):
        found = found.approx(DIGITS)
    return Fraction(found.numerator_as_long(), found.denominator_as_long())
