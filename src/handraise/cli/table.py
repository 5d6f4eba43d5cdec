"""`check`, `table`, `schema` and `test`: what a routing table says, and whether it holds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, SomeTables, one_table
from handraise.cli.output import (
    DONE,
    FAILED,
    FINDINGS,
    counted,
    json_text,
    note,
    say,
    say_json,
    write_file,
)

if TYPE_CHECKING:
    from handraise.core.table.read import Reading
    from handraise.core.table.types import Table
    from handraise.core.trial.trial import CaseResult, Trial


class Format(StrEnum):
    """How a table is printed."""

    text = "text"
    markdown = "markdown"
    html = "html"


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write there instead of printing."),
]


def check(
    table: SomeTables = DEFAULT_TABLE,
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
) -> None:
    """Say all that is wrong with a routing table.

    Each finding has its line and column. Ends with 4 when there is an error, or
    with --strict a warning; otherwise with 0.
    """
    from handraise.service.reading.tables import read_table, tables_in

    readings = [(path, read_table(path)) for path in tables_in([table])]
    bad = any(reading.errors or (strict and reading.findings) for _, reading in readings)
    if as_json:
        say_json({"ok": not bad, "tables": [_checked(path, one) for path, one in readings]})
    else:
        for path, reading in readings:
            for finding in reading.findings:
                say(finding.line_text())
            say(_summary(path, reading))
    raise typer.Exit(FINDINGS if bad else DONE)


def _checked(path: Path, reading: Reading) -> dict[str, Any]:
    """Return what `check --json` says of one table."""
    table = reading.table
    return {
        "file": str(path),
        "agent": table.agent if table else None,
        "version": table.version if table else None,
        "errors": len(reading.errors),
        "warnings": len(reading.findings) - len(reading.errors),
        "findings": reading.findings,
        "checked": _parts(table) if table else None,
    }


def _parts(table: Table) -> dict[str, int]:
    return {
        "people": len(table.people),
        "routes": len(table.routes),
        "actions": len(table.actions),
        "facts": len(table.facts),
        "known": len(table.known.types),
        "rows": len(table.rows),
        "claims": len(table.claims),
        "tests": len(table.tests),
    }


def _summary(path: Path, reading: Reading) -> str:
    errors = len(reading.errors)
    warnings = len(reading.findings) - errors
    found = f"{path}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
    table = reading.table
    if table is None:
        return found
    parts = ", ".join(
        counted(count, _SINGULAR[name], _PLURAL.get(name, name))
        for name, count in _parts(table).items()
    )
    return f"{found}; {table.agent}, version {table.version}: {parts}"


_SINGULAR = {
    "people": "person",
    "routes": "route",
    "actions": "action",
    "facts": "fact",
    "known": "known type",
    "rows": "row",
    "claims": "claim",
    "tests": "test",
}
_PLURAL = {"known": "known types"}


def show(
    table: OneTable = DEFAULT_TABLE,
    form: Annotated[
        Format, typer.Option("--format", metavar="text|markdown|html", help="How to print it.")
    ] = Format.text,
    output: Output = None,
) -> None:
    """Print a routing table in plain words."""
    from handraise.core.table.render import as_html, as_markdown, as_text
    from handraise.service.reading.tables import open_table

    found, _ = open_table(one_table(table))
    printers = {Format.text: as_text, Format.markdown: as_markdown, Format.html: as_html}
    _publish(printers[form](found), output)


def schema(output: Output = None) -> None:
    """Print the JSON Schema of routing tables, for editors."""
    from handraise.core.table.spec import json_schema

    _publish(json_text(json_schema()) + "\n", output)


def _publish(text: str, output: Path | None) -> None:
    if output is None:
        say(text.removesuffix("\n"))
        return
    write_file(output, text)
    note(f"{output}: written")


def try_tests(table: SomeTables = DEFAULT_TABLE, as_json: AsJson = False) -> None:
    """Try a routing table's own tests.

    They pass the gate that would judge in production. Says as well which rows no test reaches.
    Ends with 1 when a test fails.
    """
    from handraise.core.trial.trial import run_cases
    from handraise.service.reading.learned import familiar_beside
    from handraise.service.reading.tables import open_table, tables_in

    tables = [(path, open_table(path)[0]) for path in tables_in([table])]
    trials = [
        (path, one, run_cases(one, familiar_beside(one, path.parent))) for path, one in tables
    ]
    if as_json:
        say_json(
            {
                "ok": all(trial.ok for _, _, trial in trials),
                "tables": [_tried(path, one, trial) for path, one, trial in trials],
            }
        )
    else:
        for path, one, trial in trials:
            _say_trial(path, one, trial)
    raise typer.Exit(DONE if all(trial.ok for _, _, trial in trials) else FAILED)


def _tried(path: Path, table: Table, trial: Trial) -> dict[str, Any]:
    """Return what `test --json` says of one table."""
    return {
        "file": str(path),
        "agent": table.agent,
        "version": table.version,
        "passed": len(trial.cases) - len(trial.failures),
        "failed": len(trial.failures),
        "unreached": trial.rows_unreached,
        "tests": [
            {
                "name": result.name,
                "line": result.line,
                "ok": result.ok,
                "expected": _verdict(result.expected),
                "got": _verdict(result.got),
                "reasons": result.reasons,
            }
            for result in trial.cases
        ],
    }


def _verdict(routes: tuple[str, ...]) -> Any:
    """Return a verdict as it is written in a table's tests."""
    return {"escalate": list(routes)} if routes else "proceed"


def _say_trial(path: Path, table: Table, trial: Trial) -> None:
    for result in trial.cases:
        say(f"{'ok  ' if result.ok else 'FAIL'}  {result.name}", bold=not result.ok)
        if not result.ok:
            _say_failure(path, result)
    passed = len(trial.cases) - len(trial.failures)
    if trial.cases:
        say(f"{path}: {counted(passed, 'test')} passed, {len(trial.failures)} failed")
    else:
        say(f"{path}: warning: there are no tests, so nothing was tried; add some under tests:")
    for row in table.rows:
        if row.id in trial.rows_unreached:
            say(f"{path}:{row.line}: warning: no test reaches {row.id} (to {row.to})")


def _say_failure(path: Path, result: CaseResult) -> None:
    say(f"      {path}:{result.line}")
    say(f"      expected {_words(result.expected)}")
    say(f"      got      {_words(result.got)}")
    if set(result.expected) == set(result.got):
        say("      the routes are the expected ones, in another order: that of the rows")
    for reason in result.reasons:
        say(f"      because  {reason.row} → {reason.route}: {reason.sentence}")
    if not result.reasons:
        say("      because  no row held")


def _words(routes: tuple[str, ...]) -> str:
    return f"escalate to {', '.join(routes)}" if routes else "proceed"
