"""The decision that is shown, without what it does not need to show it.

What the solver found is made plainer one step at a time: a fact, a field or the proposal is left
out, a text gets a name that means no more, a number loses its minus. INVARIANT: a step is kept only
where everything that was asked still holds, and the gate says the same for the same rows as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import z3

from handraise.core.proof.result import Witness
from handraise.core.proof.spelling import Evaluate
from handraise.core.proof.world import Sent, World

Show = Callable[[Evaluate], tuple[Witness, ...]]
"""Spells a decision out and runs the gate on it; empty where that does not show what it is to."""

Step = list[tuple[z3.ExprRef, z3.ExprRef]]
"""What stands in the place of some variables."""


def plainer(
    world: World,
    found: Evaluate,
    shown: tuple[Witness, ...],
    goal: Iterable[z3.BoolRef],
    show: Show,
) -> tuple[Witness, ...]:
    """Return the plainest decision, or pair, that shows the same.

    Args:
        world: of which decision.
        found: what the solver found for each term.
        shown: what that was spelt out as, and how the gate judged it.
        goal: what must go on to hold.
        show: spells a decision out and runs the gate.
    """
    wanted = z3.And(*goal, *world.rules)
    for steps in _choices(world, found):
        for step in steps:
            if all(z3.eq(found(old), new) for old, new in step):
                break
            other = _changed(found, step)
            if not z3.is_true(other(wanted)):
                continue
            again = show(other)
            if _says(again) == _says(shown):
                found, shown = other, again
                break
    return shown


def _changed(found: Evaluate, step: Step) -> Evaluate:
    return lambda term: found(z3.substitute(term, *step))


def _says(shown: Sequence[Witness]) -> list[object]:
    """Return what the gate said, without the words for what it saw."""
    return [
        (one.verdict.routes, [(r.row, r.condition, r.limit) for r in one.verdict.reasons])
        for one in shown
    ]


def _choices(world: World, found: Evaluate) -> Iterator[list[Step]]:
    """Yield one change after another, each with the ways to make it, the plainest first."""
    no = z3.BoolVal(False, world.context)
    fields = [_left_out(sent) for sent in world.fields.values()]
    yield [[(world.has_proposal, no), *(pair for step in fields for pair in step)]]
    yield from ([step] for step in fields)
    yield from ([_left_out(sent)] for id, sent in world.facts.items() if id not in world.looked_at)
    yield [[(world.has_undeclared, no)]]
    yield [[(world.has_unknown, no)]]
    yield [_left_out(world.action)]
    new = len(world.codes)
    if not z3.is_true(found(world.among(world.type, world.known))):
        yield [_worded(world.type, code) for code in (*map(world.code, world.known), new)]
    for sent in world.fields.values():
        if z3.is_true(found(sent.is_text)):
            yield [_worded(sent, new)]
    for sent in (*world.fields.values(), *world.facts.values()):
        if z3.is_true(found(z3.And(sent.is_number, sent.number < 0))):
            yield [[(sent.variable, z3.simplify(-found(sent.variable)))]]


def _left_out(sent: Sent) -> Step:
    """Return that a value is not there, and so of no kind."""
    no = z3.BoolVal(False, sent.context)
    flags = (sent.given, *sent.kinds, *(fits for _, fits in sent.nested))
    return [(flag, no) for flag in flags]


def _worded(sent: Sent, code: int) -> Step:
    return [(sent.text, z3.IntVal(code, sent.context))]
