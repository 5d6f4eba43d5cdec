"""`calibrate`: the lowest threshold that keeps a promise, from labelled decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from handraise.cli.calibrated import json_of, lines_of
from handraise.cli.learn import shown
from handraise.cli.options import DEFAULT_TABLE, AsJson, one_table
from handraise.cli.output import FAILED, say_json, say_lines
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.calibrating.plan import MapChoice, Plan

_EXAMPLE = "handraise calibrate past.csv --confidence score --correct right --max-error 2%"
_MAPS = ("auto", "temperature", "platt", "beta", "isotonic", "none")


def calibrate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]",
            help="Labelled decisions: .csv, .tsv, .jsonl (also .gz), .parquet files, or folders.",
        ),
    ] = None,
    table: Annotated[
        Path, typer.Option("--table", metavar="TABLE", help="The routing table.")
    ] = DEFAULT_TABLE,
    confidence: Annotated[
        str | None,
        typer.Option("--confidence", metavar="COLUMN", help="Holds what the agent stated, 0 to 1."),
    ] = None,
    correct: Annotated[
        str | None,
        typer.Option(
            "--correct",
            metavar="COLUMN",
            help="Holds whether it was right: true, 1, yes, right, correct, or their opposites; "
            "empty where nobody knows.",
        ),
    ] = None,
    max_error: Annotated[
        str | None,
        typer.Option(
            "--max-error",
            metavar="RATE",
            help="Of decisions stated at the threshold or above, at most so much may be wrong, "
            "e.g. 2%.",
        ),
    ] = None,
    sure: Annotated[
        str, typer.Option("--sure", metavar="SHARE", help="How sure that is to be.")
    ] = "95%",
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="type", help="`type`: a threshold for each situation type."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="COLUMN", help="Holds the situation types.")
    ] = None,
    stake: Annotated[
        str | None,
        typer.Option("--stake", metavar="COLUMN", help="Holds the money a wrong decision moves."),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="COLUMN", help="Tells one decision from another; else all its cells do."
        ),
    ] = None,
    percent: Annotated[
        bool, typer.Option("--percent", help="Confidence is written from 0 to 100.")
    ] = False,
    minimum_coverage: Annotated[
        str,
        typer.Option(
            "--minimum-coverage",
            metavar="SHARE",
            help="Where the search begins: the least share of decisions to be taken alone.",
        ),
    ] = "20%",
    map: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="KIND",
            help="Let the table read a calibrated confidence: auto, temperature, platt, beta or "
            "isotonic. `none` fits no map at all; otherwise one is fitted and only shown.",
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            "--held-out",
            metavar="FILE",
            help="Labels that only check the threshold afterwards; repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the calibration goes; otherwise where the table says, or calibration.json "
            "beside it.",
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Write the threshold into the table; comments stay as is."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find the lowest threshold that keeps a promise, or say that none does.

    Of decisions stated at it or above, at most --max-error are wrong, and that is --sure. What
    goes ahead alone is what no other row of the table stops; `handraise backtest` counts that.
    Writes a calibration file; the table only with --write, which fails where none is safe.
    """
    if not paths:
        raise InputError("no labelled file was named", f"e.g. {_EXAMPLE}")
    if confidence is None:
        raise InputError("--confidence: no column was named", f"e.g. {_EXAMPLE}")
    if correct is None:
        raise InputError("--correct: no column was named", f"e.g. {_EXAMPLE}")
    if max_error is None:
        raise InputError("--max-error: no error rate was named", f"e.g. {_EXAMPLE}")
    if by not in (None, "type"):
        raise InputError(f'--by: "{by}" is nothing to divide by', "it can be: --by type")
    if map is not None and map not in _MAPS:
        raise InputError(f'--map: "{map}" is no kind of map', f"it is one of {', '.join(_MAPS)}")
    from handraise.service.calibrating.needed import need_calibration

    need_calibration()
    from handraise.service.calibrating.plan import Columns, Plan

    column = "type" if kind is None and by is not None else kind
    plan = Plan(
        table=one_table(table),
        paths=tuple(paths),
        columns=Columns(confidence=confidence, correct=correct, type=column, stake=stake, id=id),
        max_error=_share(max_error, "--max-error", (1e-6, 0.5), "2%"),
        sure=_share(sure, "--sure", (0.5, 0.999999), "95%"),
        by_type=by is not None,
        minimum_coverage=_share(minimum_coverage, "--minimum-coverage", (0.0001, 1.0), "20%"),
        map=cast("MapChoice | None", map),
        held_out=tuple(held_out or ()),
        percent=percent,
        out=out,
        write=write,
    )
    _calibrate(plan, as_json=as_json)


def _calibrate(plan: Plan, *, as_json: bool) -> None:
    from handraise.service.calibrating.calibrate import calibrate as calibrate_it

    with shown() as progress:
        report = calibrate_it(plan, progress=progress)
    if as_json:
        say_json(json_of(report))
    else:
        say_lines(lines_of(report))
    if plan.write and report.written is None:
        raise typer.Exit(FAILED)


def _share(written: str, option: str, between: tuple[float, float], example: str) -> float:
    """Return a share such as `2%` or `0.02`.

    Raises:
        InputError: it is none, or not between these.
    """
    plain = written.replace(" ", "")
    low, high = between
    try:
        number = float(plain.removesuffix("%"))
        found = number / 100 if plain.endswith("%") else number
    except ValueError:
        found = -1.0
    if not low <= found <= high:
        raise InputError(
            f'{option}: "{written}" is no share from {low * 100:g}% to {high * 100:g}%',
            f"e.g. {option} {example}",
        )
    return found
