"""`test`: the tests of a table, in it and in files beside it, and how much of it they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import (
    DEFAULT_TABLE,
    AsJson,
    SomeTables,
    StoreUrl,
    one_table,
    since_instant,
)
from handraise.cli.output import DONE, FAILED, say_json, say_lines
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.cli.tried import Tried
    from handraise.core.familiar.look import Familiar

MOST_RECORDED = 1_000
"""So many decisions are recorded at once: a file of tests is read by people."""

MoreCases = Annotated[
    list[Path] | None,
    typer.Option(
        "--cases", metavar="FILE", help="Tests in another file, YAML or CSV; may be repeated."
    ),
]
Recording = Annotated[
    int | None,
    typer.Option(
        "--record",
        metavar="COUNT",
        min=1,
        max=MOST_RECORDED,
        help="Write the newest real decisions as tests, with the verdicts of then.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="INSTANT",
        help="With --record: only those from then on: 2026-11-22 or …T19:50 UTC.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where --suggest and --record write; otherwise into the folder of tests beside the "
        "table. What stands there stays.",
    ),
]
Confirmed = Annotated[
    list[str] | None,
    typer.Option("--confirm", metavar="NAME", help="Confirm a test that waits; may be repeated."),
]


def try_tests(
    table: SomeTables = DEFAULT_TABLE,
    cases: MoreCases = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail as well when no test reaches a row or an edge."),
    ] = False,
    suggest: Annotated[
        bool,
        typer.Option("--suggest", help="Write the tests that are missing, to be confirmed."),
    ] = False,
    record: Recording = None,
    since: Since = None,
    output: Output = None,
    confirm: Confirmed = None,
    confirm_all: Annotated[
        bool, typer.Option("--confirm-all", help="Confirm all tests that wait.")
    ] = False,
    as_person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who confirms, by their id.")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try a routing table's tests: those in it and in the files beside it.

    They pass the gate that would judge in production. Files beside handraise.yaml are
    handraise.tests.yaml, handraise.tests.csv and those in handraise.tests/. Says why a test fails,
    and which rows, edges of limits and sets of conditions no test reaches. Ends with 1 when a test
    fails.
    """
    doing = (suggest, record is not None, bool(confirm) or confirm_all)
    if not any(doing):
        _refuse_idle({"--output": output, "--since": since, "--as": as_person})
        tried = [_tried(path, cases or ())[0] for path in _tables(table, cases)]
        raise typer.Exit(_say(tried, is_strict=strict, as_json=as_json))
    if sum(doing) > 1:
        raise InputError("--suggest, --record and --confirm are different things", "name one")
    from handraise.cli import cases as writing

    one, familiar = _tried(one_table(table), cases or ())
    if confirm or confirm_all:
        writing.confirm(one, confirm or (), everything=confirm_all, by=as_person)
        return
    if record is None:
        written = writing.suggest(one, familiar, output)
    else:
        written = writing.record(
            one, familiar, output, limit=record, since=since_instant(since), store=store
        )
    if as_json:
        say_json(written.content)
    else:
        say_lines(written.lines)


def _refuse_idle(options: Mapping[str, object]) -> None:
    """Refuse options that would do nothing.

    Raises:
        InputError: one of them is given.
    """
    for name, value in options.items():
        if value is not None:
            raise InputError(
                f"{name}: does nothing here", "it goes with --suggest, --record or --confirm"
            )


def _tables(place: Path, more: Sequence[Path] | None) -> list[Path]:
    from handraise.service.reading.tables import tables_in

    paths = tables_in([place])
    if more and len(paths) > 1:
        raise InputError(f"--cases: {place} holds {len(paths)} tables", "name one of them")
    return paths


def _tried(path: Path, more: Sequence[Path]) -> tuple[Tried, Familiar | None]:
    """Return how the tests of a table go, with the learned files it names.

    Raises:
        InputError: a file cannot be read.
        TableError: the table, or a file with tests, has findings that are errors.
    """
    from handraise.cli.tried import Tried
    from handraise.core.trial.trial import run_cases
    from handraise.errors import TableError
    from handraise.service.reading.learned import familiar_beside
    from handraise.service.reading.tables import open_table
    from handraise.service.trying.case_files import cases_in
    from handraise.service.trying.places import files_beside

    table, _ = open_table(path)
    files = cases_in(tuple(dict.fromkeys((*files_beside(path), *more))), table)
    if files.findings:
        raise TableError(files.findings)
    familiar = familiar_beside(table, path.parent)
    trial = run_cases(table, familiar, files.all)
    return Tried(path=path, table=table, trial=trial, files=files), familiar


def _say(tried: Sequence[Tried], *, is_strict: bool, as_json: bool) -> int:
    """Print how the tests of tables went, and return the exit code."""
    from handraise.cli.tried import lines_of, told

    ok = all(one.trial.ok and (one.trial.coverage.is_complete or not is_strict) for one in tried)
    if as_json:
        say_json({"ok": ok, "tables": [told(one) for one in tried]})
    else:
        for one in tried:
            say_lines(lines_of(one, is_strict=is_strict))
    return DONE if ok else FAILED
