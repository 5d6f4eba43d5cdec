"""`backtest`: what a table would have done to the decisions of the past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from handraise.cli import past_options as past
from handraise.cli.backtested import lines_of
from handraise.cli.learn import shown
from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, one_table, settings_at
from handraise.cli.output import json_text, note, say_json, say_lines, write_file
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.service.backtesting.playing import Play
    from handraise.service.backtesting.result import Backtest

REPETITIONS = 20
FEWEST_KEPT = 100
"""Rates from fewer decisions than this are not kept for the watch."""


def backtest(
    history: past.History = None,
    table: Annotated[
        Path, typer.Option("--table", metavar="TABLE", help="The routing table.")
    ] = DEFAULT_TABLE,
    kind: past.TypeColumn = "type",
    action: past.ActionColumn = None,
    confidence: past.ConfidenceColumn = "confidence",
    at: past.AtColumn = None,
    correct: past.CorrectColumn = None,
    stake: past.StakeColumn = None,
    handling: past.HandlingColumn = None,
    id: past.IdColumn = None,
    text: past.TextColumn = None,
    familiarity: past.FamiliarityColumn = None,
    facts: past.FactColumns = None,
    fields: past.FieldColumns = None,
    ignore_unfamiliar: past.IgnoreUnfamiliar = False,
    engine: past.Engine = None,
    relation: past.Relation = None,
    assume: Annotated[
        str | None,
        typer.Option(
            "--assume",
            metavar="TIME",
            help="Play the stops against the people's hours; an answer takes so long where that "
            "was not measured, e.g. 6m.",
        ),
    ] = None,
    pull: Annotated[
        str,
        typer.Option(
            "--pull",
            metavar="own|route",
            help="Whether people work on what they hold alone, or on all of their route.",
        ),
    ] = "own",
    repetitions: Annotated[
        int,
        typer.Option("--repetitions", metavar="N", min=1, max=1000, help="How often it is played."),
    ] = REPETITIONS,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of what is drawn in that.")
    ] = 0,
    more_people: Annotated[
        bool,
        typer.Option(
            "--more-people",
            help="Look for how many more people, at which hours, would hold the deadlines.",
        ),
    ] = False,
    examples: Annotated[
        int,
        typer.Option(
            "--examples", metavar="N", min=0, max=100, help="How many of each kind are shown."
        ),
    ] = 5,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Keep the result as JSON, e.g. for `report`."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep the promised rates in the store, for the watch."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Run the table over the past, and say what it would have done.

    How much would have stopped and why, what would have slipped through, what would have been
    stopped for nothing, and whether the people could have answered it.
    """
    from handraise.service.extras import need_backtest

    need_backtest()

    from handraise.service.backtesting.keeping import check_place
    from handraise.service.backtesting.plan import Plan
    from handraise.service.backtesting.trying import tried
    from handraise.service.reading.tables import open_table

    play = _play(
        assume, pull, repetitions, seed, measured=handling is not None, more_people=more_people
    )
    if store is not None and not keep:
        raise InputError("--store: nothing is kept there", "--keep beside it keeps the rates")
    if out is not None:
        check_place(out)
    place = one_table(table)
    plan = Plan(
        table=place,
        where=past.where_of(history, engine, relation),
        columns=past.columns_of(
            kind=kind,
            action=action,
            confidence=confidence,
            at=at,
            correct=correct,
            stake=stake,
            handling=handling,
            id=id,
            text=text,
            familiarity=familiarity,
            facts=facts,
            fields=fields,
        ),
        ignore_unfamiliar=ignore_unfamiliar,
        examples=examples,
    )
    opened, _ = open_table(place)
    if keep and ignore_unfamiliar:
        _check_whole(opened)
    with shown() as progress:
        result = tried(plan, opened, play, progress)
    if keep:
        _check_enough(result)
    if out is not None:
        write_file(out, json_text(result) + "\n")
    if keep:
        _keep(result, store, place)
    _print(result, opened, out, as_json=as_json)


def _print(result: Backtest, table: Table, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        say_json(result)
        return
    say_lines(lines_of(result, table))
    if out is not None:
        note(f"{out}: written")


def _check_whole(table: Table) -> None:
    if table.unfamiliar_rows:
        raise InputError(
            "--keep: a rate without the rows `unfamiliar` is not the rate that comes",
            "leave out --ignore-unfamiliar: --familiarity or --text names a column for them",
        )


def _check_enough(result: Backtest) -> None:
    if result.decisions < FEWEST_KEPT:
        raise InputError(
            f"--keep: {result.decisions:,} decisions are too few to promise rates by",
            f"try it on at least {FEWEST_KEPT:,}, or leave out --keep",
        )


def _check_unplayed(pull: str, repetitions: int, seed: int, *, more_people: bool) -> None:
    """Refuse what says how the stops are played, where none are."""
    said = {
        "--more-people": more_people,
        "--pull": pull != "own",
        "--repetitions": repetitions != REPETITIONS,
        "--seed": seed != 0,
    }
    for option, is_said in said.items():
        if is_said:
            raise InputError(
                f"{option}: nothing is played, as nobody knows how long an answer takes",
                "e.g. --assume 6m beside it",
            )


def _play(
    assume: str | None,
    pull: str,
    repetitions: int,
    seed: int,
    *,
    measured: bool,
    more_people: bool,
) -> Play | None:
    from handraise.core.table.units import UnitProblem, seconds
    from handraise.service.backtesting.playing import Play

    if pull not in ("own", "route"):
        raise InputError(f'--pull: "{pull}" is neither own nor route', "write --pull own")
    if assume is None and not measured:
        _check_unplayed(pull, repetitions, seed, more_people=more_people)
        return None
    try:
        assumed_s = None if assume is None else seconds(assume)
    except UnitProblem as problem:
        raise InputError(f"--assume: {problem}", "e.g. --assume 6m") from None
    return Play(
        assumed_s=assumed_s,
        pull=cast("Literal['own', 'route']", pull),
        repetitions=repetitions,
        seed=seed,
        looks_for_more=more_people,
    )


def _keep(result: Backtest, store: str | None, place: Path) -> None:
    """Keep the promised rates in the store beside the table."""
    from handraise.clock import SystemClock
    from handraise.service.backtesting.trying import promised
    from handraise.store import open_store

    opened = open_store(settings_at(store, place).store_url or "", migrate=True)
    try:
        opened.save_promise(promised(result, SystemClock().now()))
    finally:
        opened.close()
    note(f"the promised rates of version {result.version} are kept for the watch")
