"""The part of the checklist that is about tests: that they pass, and that they reach every row."""

from __future__ import annotations

from handraise.core.trial.trial import Trial, run_cases
from handraise.errors import Error
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject
from handraise.service.trying.case_files import CaseFiles, cases_beside

PASSING = "its tests pass"
REACHING = "its tests reach every row"


def trial_lines(subject: Subject) -> list[Line]:
    """Return a line about the tests passing, and one about the rows they reach.

    The tests in files beside the table count as those in it; what waits to be confirmed does not.
    """
    table = subject.table
    try:
        beside = CaseFiles() if subject.place is None else cases_beside(subject.place, table)
    except Error as error:
        beside, problem = CaseFiles(), error.message
    else:
        problem = beside.findings[0].line_text() if beside.findings else ""
    trial = run_cases(table, subject.familiar, beside.cases)
    return [_passing(trial, problem), _reached(trial, len(table.rows))]


def _passing(trial: Trial, problem: str) -> Line:
    """Return the line about the tests passing.

    Args:
        trial: how they went.
        problem: what is wrong with a file of tests; empty for nothing.
    """
    failed, count = trial.failures, len(trial.cases)
    if problem:
        evidence, remedy = f"a file of tests has errors: {problem}", "mend it"
    elif not trial.cases:
        evidence = "the table has no tests"
        remedy = "add tests: to the table, one that must proceed and one for each row"
    elif failed:
        evidence = f"{len(failed)} of {count} fail, the first: {failed[0].name}"
        remedy = "`handraise test` says why"
    else:
        passing = f"{count} of {count} pass"
        return Line(code="tests", name=PASSING, state="green", evidence=passing)
    return Line(code="tests", name=PASSING, state="red", evidence=evidence, remedy=remedy)


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
