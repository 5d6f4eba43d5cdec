"""What `test` prints: each test, why it failed, how much of the table they reach together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from handraise.cli.learned import Line
from handraise.cli.output import columns, counted
from handraise.core.table.types import Table
from handraise.core.trial.trial import CaseResult, Trial
from handraise.service.trying.case_files import CaseFiles

if TYPE_CHECKING:
    from handraise.core.trial.coverage import Part
    from handraise.core.trial.goals import Goal

MOST_PASSED = 50
"""So many tests that pass are named one by one; where there are more, only the others are."""


class Tried(Struct, frozen=True, kw_only=True):
    """A table whose tests were tried."""

    path: Path
    table: Table
    trial: Trial
    files: CaseFiles


def told(tried: Tried) -> dict[str, Any]:
    """Return what `test --json` says of one table."""
    trial, coverage = tried.trial, tried.trial.coverage
    return {
        "file": str(tried.path),
        "agent": tried.table.agent,
        "version": tried.table.version,
        "files": [str(path) for path in tried.files.files],
        "passed": len(trial.cases) - len(trial.failures),
        "failed": len(trial.failures),
        "waiting": [_told(tried, result) for result in trial.waiting],
        "unreached": trial.rows_unreached,
        "coverage": {
            "rows": _part(coverage.rows),
            "edges": _part(coverage.edges),
            "combinations": _part(coverage.together),
            "not_counted": list(coverage.opaque),
        },
        "tests": [_told(tried, result) for result in trial.cases],
    }


def _told(tried: Tried, result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "file": result.file or str(tried.path),
        "line": result.line,
        "ok": result.ok,
        "expected": verdict_of(result.expected),
        "got": verdict_of(result.got),
        "reasons": result.reasons,
        "why": result.why,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "reached": len(part.reached),
        "of": part.of,
        "missing": [
            {"name": goal.name, "row": goal.row.id, "line": goal.row.line}
            if goal.row is not None
            else {"name": goal.name}
            for goal in part.missing
        ],
    }


def verdict_of(routes: tuple[str, ...]) -> Any:
    """Return a verdict as it is written in a test."""
    return {"escalate": list(routes)} if routes else "proceed"


def verdict_words(routes: tuple[str, ...]) -> str:
    """Return a verdict in words."""
    return f"escalate to {', '.join(routes)}" if routes else "proceed"


def lines_of(tried: Tried, *, is_strict: bool = False) -> Iterator[Line]:
    """Yield what people want to know of a table whose tests were tried.

    Args:
        tried: the table.
        is_strict: whether what no test reaches is a failure.
    """
    trial, path = tried.trial, tried.path
    names_all = len(trial.cases) <= MOST_PASSED
    for result in trial.cases:
        if result.ok and names_all:
            yield Line(f"ok    {result.name}")
        elif not result.ok:
            yield Line(f"FAIL  {result.name}", is_loud=True)
            yield from _failure(path, result)
    yield from _waiting(path, trial)
    passed = len(trial.cases) - len(trial.failures)
    if trial.cases:
        yield Line(f"{path}: {counted(passed, 'test')} passed, {len(trial.failures)} failed")
    else:
        yield Line(
            f"{path}: warning: there are no tests, so nothing was tried; add some under tests:"
        )
    yield from _coverage(tried, is_strict=is_strict)


def _failure(path: Path, result: CaseResult) -> Iterator[Line]:
    yield Line(f"      {result.file or path}:{result.line}")
    yield Line(f"      expected {verdict_words(result.expected)}")
    yield Line(f"      got      {verdict_words(result.got)}")
    for sentence in result.why:
        yield Line(f"      {sentence}")
    for reason in result.reasons:
        yield Line(f"      because  {reason.row} → {reason.route}: {reason.sentence}")
    if not result.reasons:
        yield Line("      because  no row held")


def _waiting(path: Path, trial: Trial) -> Iterator[Line]:
    """Yield the tests that nobody has confirmed yet."""
    for result in trial.waiting:
        also = "" if result.ok else f"; the gate says {verdict_words(result.got)} now"
        yield Line(f"wait  {result.name}: {verdict_words(result.expected)}{also}")
    if trial.waiting:
        yield Line(
            f"{path}: {counted(len(trial.waiting), 'test')} to be confirmed by a person, and not "
            "counted until then: `handraise test --confirm NAME --as PERSON`"
        )


def _coverage(tried: Tried, *, is_strict: bool) -> Iterator[Line]:
    coverage = tried.trial.coverage
    parts = (
        ("rows", coverage.rows),
        ("edges", coverage.edges),
        ("combinations", coverage.together),
    )
    yield Line("")
    rows = [(name, f"{len(part.reached)} of {part.of}") for name, part in parts]
    yield from map(Line, columns(("reached", ""), rows).splitlines())
    if coverage.opaque:
        yield Line(
            f"not counted: {', '.join(coverage.opaque)}: how familiar a decision is, only what was "
            "learned can tell"
        )
    mark = "missing" if is_strict else "warning"
    for goal in coverage.rows.missing:
        yield Line(f"{_place(tried, goal)}: {mark}: no test reaches {_row(goal)}")
    for goal in (*coverage.edges.missing, *coverage.together.missing):
        yield Line(f"{_place(tried, goal)}: not tested: {goal.name}")
    if coverage.missing and not tried.trial.waiting:
        yield Line("`handraise test --suggest` writes such tests, for a person to confirm")


def _place(tried: Tried, goal: Goal) -> str:
    return f"{tried.path}:{goal.row.line}" if goal.row is not None else str(tried.path)


def _row(goal: Goal) -> str:
    return f"{goal.name} (to {goal.row.to})" if goal.row is not None else goal.name
