"""`test`: the tests of a table, in it and in files beside it, and how much of it they reach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, SomeTables
from handraise.cli.output import DONE, FAILED, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.cli.tried import Tried

MoreCases = Annotated[
    list[Path] | None,
    typer.Option(
        "--cases",
        metavar="FILE",
        help="Tests in another file, YAML or CSV; may be given several times.",
    ),
]


def try_tests(
    table: SomeTables = DEFAULT_TABLE,
    cases: MoreCases = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail as well when no test reaches a row or an edge."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try a routing table's tests: those in it and in the files beside it.

    They pass the gate that would judge in production. Files beside handraise.yaml are
    handraise.tests.yaml, handraise.tests.csv and those in handraise.tests/. Says why a test fails,
    and which rows, edges of limits and sets of conditions no test reaches. Ends with 1 when a test
    fails.
    """
    from handraise.cli.tried import lines_of, told

    tried = _tried(table, cases or ())
    ok = all(one.trial.ok and (not strict or one.trial.coverage.is_complete) for one in tried)
    if as_json:
        say_json({"ok": ok, "tables": [told(one) for one in tried]})
    else:
        for one in tried:
            for line in lines_of(one, is_strict=strict):
                say(line.text, bold=line.is_loud)
    raise typer.Exit(DONE if ok else FAILED)


def _tried(table: Path, more: Sequence[Path]) -> list[Tried]:
    """Return how the tests of each table go.

    Raises:
        InputError: a file cannot be read.
        TableError: a table, or a file with tests, has findings that are errors.
    """
    from handraise.cli.tried import Tried
    from handraise.core.trial.trial import run_cases
    from handraise.errors import TableError
    from handraise.service.reading.learned import familiar_beside
    from handraise.service.reading.tables import open_table, tables_in
    from handraise.service.trying.case_files import cases_in
    from handraise.service.trying.places import files_beside

    paths = tables_in([table])
    if more and len(paths) > 1:
        raise InputError(f"--cases: {table} holds {len(paths)} tables", "name one of them")
    tables = [(path, open_table(path)[0]) for path in paths]
    found = [cases_in((*files_beside(path), *more), one) for path, one in tables]
    findings = tuple(finding for files in found for finding in files.findings)
    if findings:
        raise TableError(findings)
    return [
        Tried(
            path=path,
            table=one,
            trial=run_cases(one, familiar_beside(one, path.parent), files.all),
            files=files.files,
        )
        for (path, one), files in zip(tables, found, strict=True)
    ]
