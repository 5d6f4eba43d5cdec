"""`init`: writes a routing table to begin with, from an example or from the answers of a team.

What is written has been read and tried first: it has no errors, and its tests pass.
"""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE
from handraise.cli.output import DONE, INTERRUPTED, json_text, note, say, write_file
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.interview.workbook import Workbook

SCHEMA_NAME = "handraise.schema.json"


class Example(StrEnum):
    """A table to begin with."""

    mission = "mission"
    support = "support"


Interview = Annotated[
    bool,
    typer.Option(
        "--interview",
        help="Ask all questions of an escalation design, one at a time; the answers are kept "
        "beside the table, and it goes on where it was left.",
    ),
]
Browser = Annotated[
    bool, typer.Option("--browser", help="With --interview: answer on pages in the browser.")
]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="With --browser: print the address, open nothing.")
]


def init(
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The file to write.", show_default=True)
    ] = DEFAULT_TABLE,
    example: Annotated[
        Example | None,
        typer.Option(
            "--example",
            metavar="mission|support",
            help="Write an example instead of asking: mission is the smallest whole table, "
            "support a full one.",
        ),
    ] = None,
    interview: Interview = False,
    browser: Browser = False,
    no_browser: NoBrowser = False,
    types: Annotated[
        str | None,
        typer.Option(
            "--types",
            metavar="FILE:COLUMN",
            help="With --interview: the kinds of request are those in a column of a labelled CSV.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file if it exists.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema beside it, for your editor.")
    ] = False,
) -> None:
    """Write a routing table to begin with.

    Asks the questions without which there is no table, on a terminal; all of them with --interview.
    Anywhere else, and with --example, it writes an example.
    """
    if path.is_dir():
        path = path / DEFAULT_TABLE
    _check(example, interview=interview, browser=browser or no_browser, types=types)
    if types is not None:
        _take_types(path, types)
    if browser:
        from handraise.cli.workbook import in_browser

        in_browser(path, next_steps(path), opens=not no_browser)
        return
    if path.exists() and not force and not interview:
        raise InputError(f"{path}: exists already", "--force overwrites it")
    if interview or (example is None and sys.stdin.isatty() and sys.stdout.isatty()):
        text, called = _asked(path, short=not interview, force=force)
    else:
        text, called = _example(example), ""
    if schema:
        text = f"# yaml-language-server: $schema={SCHEMA_NAME}\n{text}"
    from handraise.service.workbooks import tried_text

    tried_text(text, path)
    if schema:
        _write_schema(path.with_name(SCHEMA_NAME))
    write_file(path, text)
    if called:
        say("\nWhat they are called in the table, in commands and in the agent's code:")
        say(called)
    say(f"{path}: written. Next:")
    for line in next_steps(path):
        say(f"  {line}")


def next_steps(path: Path) -> list[str]:
    """Return what comes after a table was written: commands, each with what it does."""
    named = "" if path == DEFAULT_TABLE else f" {shlex.quote(str(path))}"
    return [
        f"handraise check{named}    what is still open",
        f"handraise test{named}     its tests",
        f"handraise table{named}    in plain words",
        f"handraise ready{named}    what is missing before it goes live",
    ]


def _check(example: Example | None, *, interview: bool, browser: bool, types: str | None) -> None:
    """Refuse options that do not go together."""
    for name, is_given in (("--browser", browser), ("--types", types is not None)):
        if is_given and not interview:
            raise InputError(f"{name}: it is for the interview", f"write --interview {name}")
    if interview and example is not None:
        raise InputError("--example: it asks nothing", "leave out --interview, or --example")


def _asked(path: Path, *, short: bool, force: bool) -> tuple[str, str]:
    """Return the table of what the people at the terminal answer, and what is called how in it.

    Raises:
        Exit: they stop, or do not want to write over another table; the answers are kept.
    """
    from handraise.cli.interview import Interview as Asking
    from handraise.cli.interview import Stopped, may_overwrite
    from handraise.core.interview.writing import table_of
    from handraise.service.workbooks import WorkbookFile

    file = WorkbookFile(path)
    again = f"handraise init --interview{'' if path == DEFAULT_TABLE else f' {path}'}"
    try:
        workbook = Asking(file, short=short).run()
        if path.exists() and not force and not may_overwrite(path):
            note(f"{path}: left as it is. The answers are in {file.path}.")
            raise typer.Exit(DONE)
    except (Stopped, KeyboardInterrupt) as ended:
        note(f"\nThe answers are kept in {file.path}. Go on with: {again}")
        raise typer.Exit(INTERRUPTED if isinstance(ended, KeyboardInterrupt) else DONE) from None
    if short:
        note(f"The answers are in {file.path}; {again} asks the rest.")
    return table_of(workbook, path.name), _called(workbook)


def _called(workbook: Workbook) -> str:
    """Return the names of the table as lines in columns."""
    from handraise.core.interview.plan import called_of

    found = called_of(workbook)
    name, id = max(len(one.name) for one in found), max(len(one.id) for one in found)
    return "".join(f"  {one.name:{name}}  {one.id:{id}}  {one.used}\n" for one in found)


def _take_types(path: Path, types: str) -> None:
    """Take the kinds of request from FILE:COLUMN into the workbook."""
    from handraise.service.workbooks import WorkbookFile

    file, _, column = types.rpartition(":")
    if not file or not column:
        raise InputError(f'--types: "{types}" names no column', "write FILE:COLUMN")
    WorkbookFile(path).take_types(Path(file), column)


def _example(example: Example | None) -> str:
    """Return an example of a table."""
    if example is Example.support:
        from handraise.cli.examples import SUPPORT_TABLE

        return SUPPORT_TABLE
    from handraise.demo.example import MISSION_TABLE

    return MISSION_TABLE


def _write_schema(path: Path) -> None:
    from handraise.core.table.spec import json_schema

    write_file(path, json_text(json_schema()) + "\n")
