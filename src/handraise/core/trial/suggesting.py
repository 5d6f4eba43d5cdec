"""A decision for each thing that no test reaches, found by the solver and tried on the gate.

INVARIANT: what is suggested reaches its goal, and its verdict is what the gate itself said; what
the solver thinks of it is never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import z3
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.familiar.look import Familiar
from handraise.core.gate.compile import compile_table
from handraise.core.proof.asking import Asking, Judged
from handraise.core.proof.reading import Reading
from handraise.core.proof.terms import every, real
from handraise.core.proof.world import World
from handraise.core.table.expression import names_read
from handraise.core.table.types import Row, Table
from handraise.core.trial.goals import CONDITIONS, SLACK, Goal, reaches, seen
from handraise.core.trial.limits import Limit, Side
from handraise.model import Decision

TIMEOUT_S = 2.0
"""So long the solver may think about one question."""

FIELDS = ("type", "action", "confidence", "facts", "text", "proposal")

ONLY_LEARNED = "only what was learned can tell; try words unlike all it was trained on"
NONE_THERE = "no decision reaches it"
NONE_FOUND = "no decision was found that reaches it"


class Suggestion(Struct, frozen=True, kw_only=True):
    """A test that is missing.

    Attributes:
        goal: what it reaches.
        given: the decision's fields; empty where no decision was found.
        routes: where the gate stops it today, in order; empty for proceed.
        why: why no decision was found; empty where one was.
    """

    goal: Goal
    given: dict[str, Any] = {}
    routes: tuple[str, ...] = ()
    why: str = ""


def suggestions(
    table: Table,
    missing: Sequence[Goal],
    familiar: Familiar | None = None,
    texts: Mapping[str, str] | None = None,
) -> tuple[Suggestion, ...]:
    """Return a suggestion for each goal that no test reaches; one decision may reach several.

    Those that no decision was found for come last.

    Args:
        table: a table without errors.
        missing: the goals.
        familiar: the learned files that the table names, ready to be asked.
        texts: a familiar text by type, where the table looks at words.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.core.trial.goals import goals_of
        >>> from handraise.demo.example import MISSION_TABLE
        >>> table = read(MISSION_TABLE).table
        >>> at = next(goal for goal in goals_of(table) if goal.name.startswith("at: confidence"))
        >>> suggestions(table, [at])[0].given["confidence"]
        0.72
    """
    search = _Search(table, familiar, texts or {})
    left, failed = list(missing), []
    found = []
    while left:
        one = search.suggested(left.pop(0))
        if one.why:
            failed.append(one)
            continue
        found.append(one)
        decision = Decision(**one.given)
        left = [goal for goal in left if not search.is_reached(goal, decision)]
        failed = [other for other in failed if not search.is_reached(other.goal, decision)]
    return (*found, *failed)


class _Search:
    """Looks for decisions of one table; the solver's variables are made once."""

    def __init__(self, table: Table, familiar: Familiar | None, texts: Mapping[str, str]) -> None:
        self.table = table
        self.texts = texts
        self.judge = compile_table(table, rehearsal=True, familiar=familiar)
        self.world = World(table)
        self.reading = Reading(self.world, table)
        self.judged = Judged(self.reading)

    def is_reached(self, goal: Goal, decision: Decision) -> bool:
        """Whether a decision reaches a goal, by what the gate says."""
        return reaches(self.table, goal, seen(self.table, decision, self.judge(decision)))

    def suggested(self, goal: Goal) -> Suggestion:
        """Return the plainest decision that reaches a goal."""
        if goal.row is not None and goal.row.unfamiliar is not None:
            return Suggestion(goal=goal, why=ONLY_LEARNED)
        state = "open"
        for asked in self._ways(goal):
            answer = Asking(self.world, TIMEOUT_S).find(
                [asked],
                self.judged.one,
                (self.reading.sound, self.reading.complete),
                [self._reached(goal)],
            )
            state = answer.state
            for witness in answer.witnesses:
                decision = self._with_text(witness.decision)
                if self.is_reached(goal, decision):
                    routes = self.judge(decision).routes
                    return Suggestion(goal=goal, given=_given(decision), routes=routes)
        return Suggestion(goal=goal, why=NONE_THERE if state == "proved" else NONE_FOUND)

    def _ways(self, goal: Goal) -> Iterator[z3.BoolRef]:
        """Yield what may be asked of a decision, from the plainest to the least that will do."""
        least = z3.And(self.reading.complete, self._reached(goal))
        if _wants_new_type(goal):
            yield z3.And(least, self.world.type.text >= len(self.world.codes))
            yield least
            return
        plain = least
        if self.texts:
            plain = z3.And(least, self.world.among(self.world.type, self.texts))
        if goal.row is not None:
            yield z3.And(plain, *(z3.Not(fires) for fires in self._others(goal.row)))
        if self.texts:
            yield plain
        yield least

    def _others(self, but: Row) -> list[z3.BoolRef]:
        rows = zip(self.table.rows, self.reading.fires, strict=True)
        return [fires for row, fires in rows if row.id != but.id]

    def _reached(self, goal: Goal) -> z3.BoolRef:
        """Return whether a decision reaches a goal, as a term of the solver."""
        rows = self.table.rows
        if goal.row is None:
            return z3.And([self._holds(name) == (name in goal.held) for name in CONDITIONS])
        place = next(n for n, row in enumerate(rows) if row.id == goal.row.id)
        if goal.kind == "row":
            return self.reading.fires[place]
        applies = self.reading.applies[place]
        if goal.limit is None:
            is_known = self.world.among(self.world.type, self.table.known.types)
            return z3.And(applies, is_known == goal.is_known)
        return z3.And(applies, self._is_at(goal.limit, goal.side))

    def _holds(self, condition: str) -> z3.BoolRef:
        rows = zip(self.table.rows, self.reading.fires, strict=True)
        return z3.Or([fires for row, fires in rows if row.condition == condition])

    def _is_at(self, limit: Limit, side: Side) -> z3.BoolRef:
        terms, world = self.reading.terms, self.world
        left, right = terms.of(limit.left), terms.of(limit.right)
        by = (limit.under_by if side == "under" else limit.over_by) or 0.0
        far = real(by * SLACK, world.context)
        distance = left.value - right.value
        beside = {
            "at": distance == 0,
            "under": z3.And(distance < 0, -distance <= far),
            "over": z3.And(distance > 0, distance <= far),
        }
        parts = [beside[side], z3.Not(left.fails), z3.Not(right.fails)]
        parts += [self.reading.usable[name] for name in names_read(limit.row.when or limit.left)]
        if limit.types:
            parts.append(world.among(world.type, limit.types))
        if limit.other_types:
            parts.append(z3.Not(world.among(world.type, limit.other_types)))
        if limit.if_true is not None and limit.if_false is not None:
            held, failed = terms.of(limit.if_true), terms.of(limit.if_false)
            parts += [held.value != failed.value, z3.Not(held.fails), z3.Not(failed.fails)]
        return every(parts, world.context)

    def _with_text(self, decision: Decision) -> Decision:
        own = self.texts.get(decision.type)
        return replace(decision, text=own or next(iter(self.texts.values()), None))


def _wants_new_type(goal: Goal) -> bool:
    """Whether a decision of no known type is wanted; its type then has a name of its own."""
    if goal.row is None:
        return "novelty" in goal.held
    return goal.row.kind == "unknown" and not goal.is_known


def _given(decision: Decision) -> dict[str, Any]:
    found = {name: getattr(decision, name) for name in FIELDS}
    return {name: value for name, value in found.items() if value is not None and value != {}}
