"""The options that say where the past lies and what its columns hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.backtesting.plan import Columns, Where

History = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[HISTORY]",
        help="Decisions of the past: .csv, .tsv, .jsonl (also .gz) and .parquet files, or folders.",
    ),
]


def _column(name: str, about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar="COLUMN", help=about)
    return option


TypeColumn = Annotated[str, _column("type", "Holds the situation type.")]
ActionColumn = Annotated[
    str | None, _column("action", "Holds the action; otherwise `action`, where the table needs it.")
]
ConfidenceColumn = Annotated[
    str, _column("confidence", "Holds the confidence that the agent stated, 0 to 1.")
]
AtColumn = Annotated[
    str | None, _column("at", "Holds when it was decided; otherwise `at`, where there is one.")
]
CorrectColumn = Annotated[
    str | None,
    _column(
        "correct",
        "Holds whether the agent was right: true or false, right or wrong, empty for unknown; "
        "otherwise `correct`, where there is one.",
    ),
]
StakeColumn = Annotated[
    str | None,
    _column("stake", "Holds the money that hung on it; otherwise `stake`, where there is one."),
]
HandlingColumn = Annotated[
    str | None, _column("handling", "Holds how many minutes a person worked on it.")
]
IdColumn = Annotated[
    str | None,
    _column("id", "Holds what examples are called by; otherwise `id`, where there is one."),
]
TextColumn = Annotated[
    str | None,
    _column("text", "Holds the customer's words, to be held against what was learned."),
]
FamiliarityColumn = Annotated[
    str | None,
    _column("familiarity", "Holds the share of familiar decisions at least as unusual, 0 to 1."),
]
FactColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--fact",
        metavar="NAME=COLUMN",
        help="A fact whose column has another name; repeatable.",
    ),
]
FieldColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--proposal",
        metavar="FIELD=COLUMN",
        help="A field of the proposal whose column is not `proposal.FIELD`; repeatable.",
    ),
]
IgnoreUnfamiliar = Annotated[
    bool,
    typer.Option(
        "--ignore-unfamiliar", help="Leave rows `unfamiliar` out, where they cannot be judged."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="Where the data already is, as Ibis writes it: postgres://…, duckdb://FILE, "
        "pyspark://; with --from.",
    ),
]
Relation = Annotated[
    str | None,
    typer.Option("--from", metavar="TABLE", help="The table of decisions there."),
]


def where_of(history: list[Path] | None, engine: str | None, relation: str | None) -> Where:
    """Return where the past lies.

    Raises:
        InputError: neither files nor an engine were named, or both, or no table of the engine.
    """
    from handraise.service.backtesting.plan import Where

    if history and engine:
        raise InputError(
            "the past lies in files or on an engine, not both", "leave one of them out"
        )
    if not history and not engine:
        raise InputError(
            "no history was named", "e.g. handraise backtest past.csv --correct was_right"
        )
    if engine and not relation:
        raise InputError("--engine: no table was named", "--from TABLE names it")
    if relation and not engine:
        raise InputError("--from: belongs to --engine", "leave it out where the past lies in files")
    return Where(paths=tuple(history or ()), engine=engine, relation=relation)


def pairs_of(option: str, written: list[str] | None) -> dict[str, str]:
    """Return what `NAME=COLUMN` options say.

    Raises:
        InputError: one is of another form, or a name stands twice.
    """
    found: dict[str, str] = {}
    for one in written or ():
        name, is_there, column = one.partition("=")
        if not (name and is_there and column):
            raise InputError(f'{option}: "{one}" names no column', f"e.g. {option} amount=total")
        if name in found:
            raise InputError(f'{option}: "{name}" is given twice', "one column for each")
        found[name] = column
    return found


def columns_of(
    *,
    kind: str,
    action: str | None,
    confidence: str,
    at: str | None,
    correct: str | None,
    stake: str | None,
    handling: str | None,
    id: str | None,
    text: str | None,
    familiarity: str | None,
    facts: list[str] | None,
    fields: list[str] | None,
) -> Columns:
    """Return what the options say of the columns.

    Raises:
        InputError: a `NAME=COLUMN` is of another form.
    """
    from handraise.service.backtesting.plan import Columns

    return Columns(
        type=kind,
        action=action,
        confidence=confidence,
        at=at,
        right=correct,
        stake=stake,
        handling_minutes=handling,
        id=id,
        text=text,
        familiarity=familiarity,
        facts=pairs_of("--fact", facts),
        fields=pairs_of("--proposal", fields),
    )
