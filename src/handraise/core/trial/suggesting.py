"""A decision for each thing that no test reaches, found by the solver and tried on the gate.

INVARIANT: what is suggested reaches its goal, and its verdict is what the gate itself said; what
the solver thinks of it is never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import z3
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.familiar.look import Familiar
from handraise.core.gate.compile import Judge, compile_table
from handraise.core.proof.asking import example_where
from handraise.core.proof.reading import Reading
from handraise.core.proof.terms import real
from handraise.core.proof.world import World
from handraise.core.table.expression import names_read
from handraise.core.table.types import Table
from handraise.core.trial.goals import CONDITIONS, SLACK, Goal, reaches, seen
from handraise.core.trial.limits import Limit, Side
from handraise.model import Decision, Verdict

Asked = Callable[[World, Reading], z3.BoolRef]

FIELDS = ("type", "action", "confidence", "facts", "text", "proposal")


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

    Args:
        table: a table without errors.
        missing: the goals.
        familiar: the learned files that the table names, ready to be asked.
        texts: a familiar text by type, where the table looks at words.
    """
    judge = compile_table(table, rehearsal=True, familiar=familiar)
    left = list(missing)
    found = []
    while left:
        goal = left.pop(0)
        one = _suggested(table, goal, judge, texts or {})
        found.append(one)
        if not one.why:
            decision = Decision(**one.given)
            at = seen(table, decision, judge(decision))
            left = [other for other in left if not reaches(table, other, at)]
    return tuple(found)


def _suggested(table: Table, goal: Goal, judge: Judge, texts: Mapping[str, str]) -> Suggestion:
    """Return the plainest decision that reaches a goal: nothing else fires, where that is so."""
    if goal.row is not None and goal.row.unfamiliar is not None:
        why = "only what was learned can tell; try words unlike all it was trained on"
        return Suggestion(goal=goal, why=why)
    is_there = False
    for asked in _ways(table, goal, texts):
        witness = example_where(table, asked)
        if witness is None:
            continue
        is_there = True
        decision = _with_text(witness.decision, texts)
        verdict: Verdict = judge(decision)
        if reaches(table, goal, seen(table, decision, verdict)):
            return Suggestion(goal=goal, given=_given(decision), routes=verdict.routes)
    if is_there:
        return Suggestion(goal=goal, why="what was found did not reach it on the gate itself")
    return Suggestion(goal=goal, why="no decision reaches it")


def _ways(table: Table, goal: Goal, texts: Mapping[str, str]) -> list[Asked]:
    """Return what may be asked of a decision, from the plainest to the least that will do."""

    def least(world: World, reading: Reading) -> z3.BoolRef:
        return z3.And(reading.complete, reached(goal, world, reading))

    def of_the_team(world: World, reading: Reading) -> z3.BoolRef:
        return z3.And(least(world, reading), world.among(world.type, texts))

    def alone(world: World, reading: Reading) -> z3.BoolRef:
        others = [
            z3.Not(fires)
            for row, fires in zip(table.rows, reading.fires, strict=True)
            if goal.row is None or row.id != goal.row.id
        ]
        inner = of_the_team if texts else least
        return z3.And(inner(world, reading), *others)

    ways: list[Asked] = [alone] if goal.row is not None else []
    ways += [of_the_team] if texts else []
    return [*ways, least]


def reached(goal: Goal, world: World, reading: Reading) -> z3.BoolRef:
    """Return whether a decision reaches a goal, as a term of the solver."""
    rows = reading.table.rows
    if goal.row is None:
        fired = {name: [z3.BoolVal(False, world.context)] for name in CONDITIONS}
        for row, fires in zip(rows, reading.fires, strict=True):
            fired[row.condition].append(fires)
        held = [z3.Or(some) == (name in goal.held) for name, some in fired.items()]
        return z3.And(held)
    place = next(n for n, row in enumerate(rows) if row.id == goal.row.id)
    if goal.kind == "row":
        return reading.fires[place]
    if goal.limit is None:
        is_known = world.among(world.type, reading.table.known.types)
        return z3.And(reading.applies[place], is_known == goal.is_known)
    return z3.And(reading.applies[place], _is_at(goal.limit, goal.side, world, reading))


def _is_at(limit: Limit, side: Side, world: World, reading: Reading) -> z3.BoolRef:
    left, right = reading.terms.of(limit.left), reading.terms.of(limit.right)
    by = (limit.under_by if side == "under" else limit.over_by) or 0.0
    far = real(by * SLACK, world.context)
    distance = left.value - right.value
    beside = {
        "at": distance == 0,
        "under": z3.And(distance < 0, -distance <= far),
        "over": z3.And(distance > 0, distance <= far),
    }
    parts = [beside[side], z3.Not(left.fails), z3.Not(right.fails)]
    parts += [reading.usable[name] for name in names_read(limit.row.when or limit.left)]
    if limit.types:
        parts.append(world.among(world.type, limit.types))
    if limit.other_types:
        parts.append(z3.Not(world.among(world.type, limit.other_types)))
    if limit.if_true is not None and limit.if_false is not None:
        held, failed = reading.terms.of(limit.if_true), reading.terms.of(limit.if_false)
        parts += [held.value != failed.value, z3.Not(held.fails), z3.Not(failed.fails)]
    return z3.And(parts)


def _with_text(decision: Decision, texts: Mapping[str, str]) -> Decision:
    text = texts.get(decision.type) if isinstance(decision.type, str) else None
    return replace(decision, text=text or next(iter(texts.values()), None))


def _given(decision: Decision) -> dict[str, Any]:
    found = {name: getattr(decision, name) for name in FIELDS}
    return {name: value for name, value in found.items() if value is not None and value != {}}
