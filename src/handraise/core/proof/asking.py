"""Questions to the solver, and the gate's own answer to every decision it names.

INVARIANT: a decision is shown only if the gate, run on it, says exactly what the solver took it to
say: which rows fire, who is asked. Otherwise another one is looked for, a few times, and the
question stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec
import z3

from handraise.core.familiar.look import Asked, CannotLookError, Unusual
from handraise.core.gate.compile import Judge, compile_table
from handraise.core.proof.plainer import Show, plainer
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Code, Result, State, Witness
from handraise.core.proof.spelling import Evaluate, Spelling
from handraise.core.proof.world import World
from handraise.core.table.types import Table
from handraise.model import Verdict

TRIES = 3
"""How many decisions of a kind are tried on the gate before another kind is looked for."""

SEED = 0
ALL_QUESTIONS = 6
"""All questions together take at most so many times what one may take."""

TOO_LATE = "not decided in time: give it a longer one, or make the expressions simpler"
NO_FLOATS = "there is one of real numbers, but none of floats was found that the gate shows"


class Told:
    """Learned files that say what they are told: the answer nobody knows beforehand."""

    def __init__(self, digest: str) -> None:
        """Stand in for the files with this digest."""
        self.digest = digest
        self.p: float | None = None

    def p_value(self, asked: Asked) -> float:
        """Return what it was told.

        Raises:
            CannotLookError: it was told nothing.
        """
        if self.p is None:
            msg = "the learned files are taken to have no answer"
            raise CannotLookError(msg)
        return self.p

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        """Return nothing: what would be unusual is nobody's to say."""
        return ()


class Found(msgspec.Struct, frozen=True):
    """The answer to a question: is there such a decision?

    Attributes:
        state: `proved` where there is none, `refuted` where there is one, else `open`.
        witnesses: the decision, or the pair, as the gate judged it; empty where there is none.
        why: one plain sentence where it is open.
    """

    state: State
    witnesses: tuple[Witness, ...] = ()
    why: str = ""

    def result(
        self,
        code: Code,
        name: str,
        *,
        why: str,
        subject: str = "",
        line: int = 0,
        is_grave: bool = True,
    ) -> Result:
        """Return it as what came of a claim: that there is no such decision.

        Args:
            code: what kind of claim.
            name: what is claimed.
            why: what it means that there is one.
            subject: what it is about.
            line: where that stands in the file.
            is_grave: whether an agent should not go live with it.
        """
        first, second = (*self.witnesses, None, None)[:2]
        return Result(
            code=code,
            name=name,
            state=self.state,
            is_grave=is_grave,
            why=why if self.state == "refuted" and not self.why else self.why,
            witness=first,
            other=second,
            subject=subject,
            line=line,
        )


class Judged:
    """A table's gate at work on decisions of the solver."""

    def __init__(self, reading: Reading, judge: Judge | None = None) -> None:
        """Compile the gate.

        Args:
            reading: what the solver takes the gate to say.
            judge: what is asked instead of the compiled gate; for tests.
        """
        self.reading = reading
        table = reading.table
        learned = table.known.learned
        self.told = Told(learned.digest if learned is not None else "")
        self.judge = judge or compile_table(table, rehearsal=True, familiar=self.told)
        self.spelling = Spelling(reading.world, table)

    def one(self, found: Evaluate) -> tuple[Witness, ...]:
        """Return the decision with the gate's verdict, if it is what was expected."""
        witness = self.witness(found)
        return () if witness is None else (witness,)

    def witness(self, found: Evaluate) -> Witness | None:
        """Return the decision with the gate's verdict; None where it is not what was expected."""
        decision, self.told.p = self.spelling.decision(found)
        verdict = self.judge(decision)
        if not self._is_expected(verdict, found):
            return None
        return Witness(decision=decision, familiarity=self.told.p, verdict=verdict)

    def _is_expected(self, verdict: Verdict, found: Evaluate) -> bool:
        reading = self.reading
        rows = zip(reading.table.rows, reading.fires, strict=True)
        fired = {row.id for row, fires in rows if z3.is_true(found(fires))}
        asked = {route for route in reading.routes if z3.is_true(found(reading.asks(route)))}
        said = {reason.row for reason in verdict.reasons if reason.row != reason.condition}
        return said == fired and set(verdict.routes) == asked


class Asking:
    """Asks the solver, within a time for each question and one for all of them.

    Attributes:
        world: of which decision.
        left_s: the time that is left for all questions together, in seconds.
    """

    def __init__(self, world: World, timeout_s: float) -> None:
        """Begin with a world whose readings are all made.

        Args:
            world: the undetermined decision.
            timeout_s: seconds that one question may take at most.
        """
        self.world = world
        self.timeout_s = timeout_s
        self.left_s = ALL_QUESTIONS * timeout_s
        self._solver = z3.Solver(ctx=world.context)
        self._solver.set("random_seed", SEED)
        self._solver.add(world.rules)

    def is_possible(self, *goal: z3.BoolRef) -> bool | None:
        """Return whether some decision is like this; None where it was not decided in time."""
        self._solver.push()
        try:
            self._solver.add(*goal)
            return self._check()
        finally:
            self._solver.pop()

    def find(
        self,
        goal: Sequence[z3.BoolRef],
        show: Show,
        nicer: Sequence[z3.BoolRef] = (),
        needed: Sequence[z3.BoolRef] | None = None,
        *,
        made_plain: bool = True,
    ) -> Found:
        """Return whether some decision is like this, with one that the gate has judged.

        Args:
            goal: what must hold of it.
            show: spells it out and runs the gate.
            nicer: what is tried first, one after the other, each with numbers that are easy to
                read.
            needed: what of the goal must go on to hold where a decision is made plainer; None for
                all of it.
            made_plain: whether it is worth the time to make it plainer.
        """
        kept = goal if needed is None else needed

        def told(found: Evaluate, shown: tuple[Witness, ...]) -> tuple[Witness, ...]:
            return plainer(self.world, found, shown, kept, show) if made_plain else shown

        self._solver.push()
        try:
            self._solver.add(*goal)
            possible = self._check()
            if possible is None:
                return Found("open", why=TOO_LATE)
            if not possible:
                return Found("proved")
            is_easy, is_lean, is_sure = self._wishes
            for wish in (
                *([one, is_easy, is_lean, is_sure] for one in nicer),
                *([one, is_easy, is_lean] for one in nicer),
                *([one, is_easy] for one in nicer),
                [is_easy],
                [],
            ):
                if found := self._shown(wish, show, told):
                    return Found("refuted", found)
            return Found("open", why=NO_FLOATS)
        finally:
            self._solver.pop()

    @cached_property
    def _wishes(self) -> tuple[z3.BoolRef, z3.BoolRef, z3.BoolRef]:
        return self.world.is_round(), self.world.is_lean(), self.world.is_sure()

    def _shown(
        self,
        wish: Sequence[z3.BoolRef],
        show: Show,
        told: Callable[[Evaluate, tuple[Witness, ...]], tuple[Witness, ...]],
    ) -> tuple[Witness, ...]:
        """Return what the gate shows of a kind of decision; each try has other numbers."""
        self._solver.push()
        try:
            self._solver.add(*wish)
            for _ in range(TRIES):
                if not self._check():
                    break
                model = self._solver.model()
                found = evaluated(model)
                if shown := show(found):
                    return told(found, shown)
                numbers = (*self.world.numbers, *self.world.shares)
                self._solver.add(z3.Or([one != model.eval(one, True) for one in numbers]))
            return ()
        finally:
            self._solver.pop()

    def _check(self) -> bool | None:
        if self.left_s <= 0:
            return None
        self._solver.set("timeout", max(1, round(1000 * min(self.timeout_s, self.left_s))))
        answer = self._solver.check()
        self.left_s -= _seconds(self._solver)
        return None if answer == z3.unknown else bool(answer == z3.sat)


def known(answer: bool | None) -> Found:
    """Return what is known of a claim that some decision is like this: it is, or it is not."""
    if answer is None:
        return Found("open", why=TOO_LATE)
    return Found("proved" if answer else "refuted")


def _seconds(solver: z3.Solver) -> float:
    """Return what the last question took."""
    return float(sum(value for name, value in solver.statistics() if name == "time"))


def evaluated(model: z3.ModelRef) -> Evaluate:
    """Return what gives the value of a term in a model; what does not matter is anything."""
    return lambda term: model.eval(term, model_completion=True)


Goal = Callable[[World, Reading], z3.BoolRef]


def example_where(table: Table, goal: Goal, *, timeout_s: float = 2.0) -> Witness | None:
    """Return a decision for which a goal holds, as the gate judged it; None where none was found.

    It is sound if it can be, else it lacks nothing, else it is any; its numbers are round if they
    can be.

    Args:
        table: a table without errors.
        goal: what is wanted, as a term over the world's variables and the table's reading.
        timeout_s: seconds that the solver may take at most, six times over.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> table = read(MISSION_TABLE).table
        >>> big = example_where(table, lambda world, reading: reading.fires[1])
        >>> big.verdict.routes
        ('finance_lead',)
    """
    world = World(table)
    reading = Reading(world, table)
    asking, judged = Asking(world, timeout_s), Judged(reading)
    found = asking.find([goal(world, reading)], judged.one, (reading.sound, reading.complete))
    return found.witnesses[0] if found.witnesses else None
