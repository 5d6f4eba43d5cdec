"""`init`: writes a routing table to begin with, from an example or from a few questions.

What is written has been read and tried first: it has no errors, and its tests pass.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE
from handraise.cli.output import FAILED, json_text, note, say, write_file
from handraise.errors import InputError, TableError

SCHEMA_NAME = "handraise.schema.json"


class Example(StrEnum):
    """A table to begin with."""

    mission = "mission"
    support = "support"


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
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file if it exists.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema beside it, for your editor.")
    ] = False,
) -> None:
    """Write a routing table to begin with.

    Asks a few questions on a terminal; anywhere else, and with --example, writes an example.
    """
    if path.is_dir():
        path = path / DEFAULT_TABLE
    if path.exists() and not force:
        raise InputError(f"{path}: exists already", "--force overwrites it")
    text = _text(example)
    if schema:
        text = f"# yaml-language-server: $schema={SCHEMA_NAME}\n{text}"
    _try_out(text, path)
    if schema:
        _write_schema(path.with_name(SCHEMA_NAME))
    write_file(path, text)
    say(f"{path}: written. Next:")
    named = "" if path == DEFAULT_TABLE else f" {path}"
    say(f"  handraise check{named}    what is still open")
    say(f"  handraise test{named}     its tests")
    say(f"  handraise table{named}    in plain words")


def _text(example: Example | None) -> str:
    """Return the table's text: an example, or what the person at the terminal answers."""
    if example is None and sys.stdin.isatty() and sys.stdout.isatty():
        from handraise.cli.answers import as_yaml
        from handraise.cli.questions import ask_all

        return as_yaml(ask_all())
    if example is Example.support:
        from handraise.cli.examples import SUPPORT_TABLE

        return SUPPORT_TABLE
    from handraise.demo.example import MISSION_TABLE

    return MISSION_TABLE


def _try_out(text: str, path: Path) -> None:
    """Return when a table can be used and passes its tests.

    Raises:
        TableError: it has errors.
    """
    from handraise.core.table.read import read
    from handraise.core.trial.trial import run_cases

    reading = read(text, str(path))
    if reading.table is None:
        raise TableError(reading.errors)
    trial = run_cases(reading.table)
    if not trial.is_complete:
        note(f"{path}: not written: its tests fail; this is a fault of `handraise init`")
        raise typer.Exit(FAILED)


def _write_schema(path: Path) -> None:
    from handraise.core.table.spec import json_schema

    write_file(path, json_text(json_schema()) + "\n")
