"""`check`, `table` and `schema`: what a routing table says, and whether it can be used."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, SomeTables, one_table
from handraise.cli.output import (
    DONE,
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
            for hint in _hints(reading):
                note(f"hint: {hint}")
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
        "hints": _hints(reading),
        "checked": _parts(table) if table else None,
    }


def _hints(reading: Reading) -> tuple[str, ...]:
    from handraise.core.table.lint import hints

    return () if reading.table is None else hints(reading.table)


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
