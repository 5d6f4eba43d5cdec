"""The part of the checklist that is about tests: that they pass, and that they reach every row."""

from __future__ import annotations

from handraise.core.trial.trial import Trial, run_cases
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject

PASSING = "its tests pass"
REACHING = "its tests reach every row"


def tested_lines(subject: Subject) -> list[Line]:
    """Return a line about the tests passing, and one about the rows they reach."""
    table = subject.table
    trial = run_cases(table, subject.familiar)
    if not trial.cases:
        remedy = "add tests: to the table, one that must proceed and one for each row"
        return [
            Line(
                code="tests",
                name=PASSING,
                state="red",
                evidence="the table has no tests",
                remedy=remedy,
            ),
            _reached(trial, len(table.rows)),
        ]
    failed = trial.failures
    if failed:
        passing = Line(
            code="tests",
            name=PASSING,
            state="red",
            evidence=f"{len(failed)} of {len(trial.cases)} fail, the first: {failed[0].name}",
            remedy="`handraise test` says why",
        )
    else:
        passing = Line(
            code="tests",
            name=PASSING,
            state="green",
            evidence=f"{len(trial.cases)} of {len(trial.cases)} pass",
        )
    return [passing, _reached(trial, len(table.rows))]


def _reached(trial: Trial, rows: int) -> Line:
    if trial.rows_unreached:
        return Line(
            code="reached",
            name=REACHING,
            state="yellow",
            evidence=f"no test reaches {', '.join(trial.rows_unreached)}",
            remedy="add a test for each",
        )
    return Line(
        code="reached", name=REACHING, state="green", evidence=f"all {rows} rows are reached"
    )
