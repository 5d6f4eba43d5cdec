"""The tests that stand in a table, tried on the gate that would judge in production.

Nothing is recorded and nobody is told: each case is a decision in, a verdict out, compared with
what the team expects. A row counts as reached only by a case in which it fired on what it read; one
that fired because it could not be judged has not been tried.
"""

from __future__ import annotations

import math

from msgspec import Struct

from handraise.core.familiar.look import Familiar
from handraise.core.gate.compile import compile_table
from handraise.core.gate.evidence import confidence
from handraise.core.table.types import Case, Table
from handraise.model import Decision, Reason


class CaseResult(Struct, frozen=True, kw_only=True):
    """How one test went.

    Attributes:
        name: the test's name.
        expected: the routes it must stop at, in order; empty means it must proceed.
        got: the routes it stopped at; empty means it proceeded.
        reasons: every reason of the verdict.
        line: where the test stands in the file, 1-based.
    """

    name: str
    expected: tuple[str, ...]
    got: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    line: int = 0

    @property
    def ok(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.got == self.expected


class Trial(Struct, frozen=True, kw_only=True):
    """How all tests of a table went.

    Attributes:
        cases: one for each test, in the table's order.
        rows_reached: the rows that some test made fire, in the table's order.
        rows_unreached: the rows that no test made fire, in the table's order.
    """

    cases: tuple[CaseResult, ...]
    rows_reached: tuple[str, ...]
    rows_unreached: tuple[str, ...]

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


def run_cases(table: Table, familiar: Familiar | None = None) -> Trial:
    """Return how the table's own tests go, and which rows they reach.

    Args:
        table: a table without errors.
        familiar: the learned files that it names, ready to be asked.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> run_cases(read(MISSION_TABLE).table).ok
        True
    """
    judge = compile_table(table, rehearsal=True, familiar=familiar)
    results = []
    fired: set[str] = set()
    for case in table.tests:
        decision = Decision(**case.given)
        verdict = judge(decision)
        results.append(_result(case, verdict.routes, verdict.reasons))
        fired.update(reason.row for reason in verdict.reasons if _was_judged(reason, decision))
    rows = [row.id for row in table.rows]
    return Trial(
        cases=tuple(results),
        rows_reached=tuple(row for row in rows if row in fired),
        rows_unreached=tuple(row for row in rows if row not in fired),
    )


def _was_judged(reason: Reason, decision: Decision) -> bool:
    """Whether a row fired on what it read: it was held against its limit, with something usable."""
    has_confidence = not math.isnan(confidence(decision.confidence))
    return bool(reason.limit) and (reason.condition != "confidence" or has_confidence)


def _result(case: Case, got: tuple[str, ...], reasons: tuple[Reason, ...]) -> CaseResult:
    return CaseResult(
        name=case.name, expected=case.escalate, got=got, reasons=reasons, line=case.line
    )
