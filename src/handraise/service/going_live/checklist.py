"""The go-live checklist: each line with its evidence and its remedy."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.core.familiar.look import Familiar
from handraise.core.table.types import Table
from handraise.core.trial.trial import run_cases
from handraise.model import Finding
from handraise.service.going_live.line import Line


def checklist(
    table: Table | None, findings: Sequence[Finding], familiar: Familiar | None = None
) -> list[Line]:
    """Return the checklist of a table: sound, tested, every row reached, every warning looked at.

    Args:
        table: None when it has errors.
        findings: all findings of reading it.
        familiar: the learned files that it names, ready to be asked.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if table is None or errors:
        shown = errors[0].line_text() if errors else "the table could not be read"
        return [
            Line(
                name="the table is sound",
                state="red",
                evidence=f"{len(errors)} errors, the first: {shown}",
                remedy="mend what `handraise check` finds",
            )
        ]
    lines = [
        Line(
            name="the table is sound",
            state="green",
            evidence=f"version {table.version}, {len(table.rows)} rows, {len(table.routes)} routes",
        )
    ]
    warnings = [
        finding
        for finding in findings
        if finding.severity == "warning" and finding.code != "no-tests"
    ]
    if warnings:
        lines.append(
            Line(
                name="its warnings are looked at",
                state="yellow",
                evidence=f"{len(warnings)} warnings, the first: {warnings[0].line_text()}",
                remedy="look at what `handraise check` says",
            )
        )
    return [*lines, *_tests(table, familiar)]


def _tests(table: Table, familiar: Familiar | None) -> list[Line]:
    if not table.tests:
        return [
            Line(
                name="its tests pass",
                state="red",
                evidence="the table has no tests",
                remedy="add tests: to the table, one that must proceed and one for each row",
            )
        ]
    trial = run_cases(table, familiar)
    failed = [case for case in trial.cases if not case.ok]
    if failed:
        return [
            Line(
                name="its tests pass",
                state="red",
                evidence=f"{len(failed)} of {len(trial.cases)} fail, the first: {failed[0].name}",
                remedy="`handraise test` says why",
            )
        ]
    lines = [
        Line(
            name="its tests pass",
            state="green",
            evidence=f"{len(trial.cases)} of {len(trial.cases)} pass",
        )
    ]
    unreached = [row.id for row in table.rows if row.id not in trial.rows_reached]
    if unreached:
        lines.append(
            Line(
                name="its tests reach every row",
                state="yellow",
                evidence=f"no test reaches {', '.join(unreached)}",
                remedy="add a test for each",
            )
        )
    else:
        lines.append(
            Line(
                name="its tests reach every row",
                state="green",
                evidence=f"all {len(table.rows)} rows are reached",
            )
        )
    return lines
