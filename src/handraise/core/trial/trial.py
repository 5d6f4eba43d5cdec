"""The tests of a table, tried on the gate that would judge in production.

Nothing is recorded and nobody is told: each case is a decision in, a verdict out, compared with
what the team expects. A row counts as reached only by a case in which it fired on what it read; one
that fired because it could not be judged has not been tried. INVARIANT: a case that nobody has
confirmed yet is tried and shown, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from handraise.core.familiar.look import Familiar
from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Case, Table
from handraise.core.trial.coverage import Coverage, coverage_of
from handraise.core.trial.goals import Seen, seen
from handraise.core.trial.why import why
from handraise.model import Decision, Reason


class PlacedCase(Case, frozen=True, kw_only=True):
    """A test that stands in a file beside the table.

    Attributes:
        file: the file's name as people write it; empty where it stands in none yet.
        is_waiting: whether a person must confirm it before it counts.
        confirmed: who has confirmed it, and when; empty for nobody.
    """

    file: str = ""
    is_waiting: bool = False
    confirmed: str = ""


class CaseResult(Struct, frozen=True, kw_only=True):
    """How one test went.

    Attributes:
        name: the test's name.
        expected: the routes it must stop at, in order; empty means it must proceed.
        got: the routes it stopped at; empty means it proceeded.
        reasons: every reason of the verdict.
        line: where the test stands in the file, 1-based.
        file: the file beside the table in which it stands; empty for the table itself.
        given: the decision's fields.
        is_waiting: whether a person must confirm it before it counts.
        why: why it failed, a sentence each; empty when it passed.
    """

    name: str
    expected: tuple[str, ...]
    got: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    line: int = 0
    file: str = ""
    given: dict[str, Any] = {}
    is_waiting: bool = False
    why: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.got == self.expected


class Trial(Struct, frozen=True, kw_only=True):
    """How all tests of a table went.

    Attributes:
        cases: one for each test that counts: the table's, then those of the files beside it.
        waiting: one for each that a person must confirm first.
        rows_reached: the rows that some test made fire, in the table's order.
        rows_unreached: the rows that no test made fire, in the table's order.
        coverage: how much of the table the tests reach.
    """

    cases: tuple[CaseResult, ...]
    waiting: tuple[CaseResult, ...] = ()
    rows_reached: tuple[str, ...]
    rows_unreached: tuple[str, ...]
    coverage: Coverage

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The tests whose verdict is another one."""
        return tuple(result for result in self.cases if not result.ok)

    @property
    def ok(self) -> bool:
        """Whether no test failed; true as well where there is none."""
        return not self.failures

    @property
    def is_complete(self) -> bool:
        """Whether there are tests, all of them pass, and together they reach every row."""
        return bool(self.cases) and self.ok and not self.rows_unreached


def run_cases(
    table: Table, familiar: Familiar | None = None, more: Sequence[PlacedCase] = ()
) -> Trial:
    """Return how the tests of a table go, and how much of it they reach.

    Args:
        table: a table without errors.
        familiar: the learned files that it names, ready to be asked.
        more: the tests of the files beside it.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> run_cases(read(MISSION_TABLE).table).ok
        True
    """
    judge = compile_table(table, rehearsal=True, familiar=familiar)
    counted: list[CaseResult] = []
    waiting: list[CaseResult] = []
    tried: list[Seen] = []
    for case in (*table.tests, *more):
        decision = Decision(**case.given)
        verdict = judge(decision)
        reasons = why(table, decision, verdict, case.escalate)
        result = _result(case, verdict.routes, verdict.reasons, reasons)
        if result.is_waiting:
            waiting.append(result)
        else:
            counted.append(result)
            tried.append(seen(table, decision, verdict))
    coverage = coverage_of(table, tried)
    unreached = {goal.name for goal in coverage.rows.missing}
    rows = [row.id for row in table.rows]
    return Trial(
        cases=tuple(counted),
        waiting=tuple(waiting),
        rows_reached=tuple(row for row in rows if row not in unreached),
        rows_unreached=tuple(row for row in rows if row in unreached),
        coverage=coverage,
    )


def _result(
    case: Case, got: tuple[str, ...], reasons: tuple[Reason, ...], why: tuple[str, ...]
) -> CaseResult:
    file, is_waiting = (case.file, case.is_waiting) if isinstance(case, PlacedCase) else ("", False)
    return CaseResult(
        name=case.name,
        expected=case.escalate,
        got=got,
        reasons=reasons,
        line=case.line,
        file=file,
        given=case.given,
        is_waiting=is_waiting,
        why=why,
    )
