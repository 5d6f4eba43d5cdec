"""`advice`: what was seen speaks for; a person takes it up or declines it. Nothing is by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.beside import opened_beside
from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, one_table
from handraise.cli.output import note, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.cli.beside import Place
    from handraise.model import Advice
    from handraise.service.advising.advising import Advising

app = typer.Typer(
    help="See what was seen speaks for, take it up into the table, or decline it.",
    rich_markup_mode=None,
)

Beside = Annotated[
    Path,
    typer.Option("--table", metavar="TABLE", help="The table; its store lies beside it."),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", metavar="AGENT", help="Whose. Otherwise that of the table."),
]
Which = Annotated[str, typer.Argument(metavar="ID", help="The advice, as `advice` lists it.")]
By = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="Who says so: the table's owner.")
]


@app.callback(invoke_without_command=True)
def advice(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="What was taken up, declined or is past, too.")
    ] = False,
    look: Annotated[
        bool, typer.Option("--look", help="Look now, instead of waiting for the daily look.")
    ] = False,
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what is advised, each with its evidence and the change it proposes.

    The worker of `handraise serve` looks once a day at what was answered, audited and told since
    the table is in force.
    """
    if context.invoked_subcommand is not None:
        given = (everything, look, table, agent, store, as_json)
        if given != (False, False, DEFAULT_TABLE, None, None, False):
            raise InputError("options of `advice` do nothing before a command", "write them after")
        return
    with opened_beside(table, store) as place:
        advising = _advising(place)
        agents = place.agents(agent)
        for whose in agents if look else ():
            advising.advise(whose)
        found = advising.of(agents, state=None if everything else "open")
        lacks = {whose: advising.lacks(whose) for whose in agents}
        so_far = {whose: () if as_json else advising.so_far(whose) for whose in agents}
    if as_json:
        say_json([_told(one) for one in found])
        return
    for one in found:
        _say(one)
    if not found:
        say("nothing is advised")
    for name in lacks:
        for line in (*so_far[name], *lacks[name]):
            note(f"{name}: {line}")


@app.command()
def take(
    which: Which,
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write what is advised into the table's file, as a draft.

    Nothing is in force until it is published: look at it with `handraise diff`, try it with
    `handraise backtest`, then publish it as any change. A file that changed since is left alone.
    """
    from handraise.service.advising.taking import take_up

    if by is None:
        raise InputError("--as: nobody says so", "--as PERSON, the owner of the table")
    path = one_table(table)
    with opened_beside(path, store) as place:
        found = take_up(_advising(place), which, by, path)
    if as_json:
        say_json({**_told(found.advice), "file": found.path, "draft": found.version})
        return
    if found.path is None:
        say(f"{found.advice.id}: taken up by {by}; there was nothing to write")
        return
    say(found.advice.change)
    say(f"{found.path}: written as version {found.version}, a draft")
    note("nothing is in force yet: `handraise diff`, `handraise backtest`, `handraise publish`")


@app.command()
def decline(
    which: Which,
    reason: Annotated[
        str, typer.Option("--reason", metavar="WORDS", help="Why, for whoever asks later.")
    ] = "",
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Decline advice: it does not come back for 90 days, unless twice as much speaks for it."""
    if by is None:
        raise InputError("--as: nobody says so", "--as PERSON, the owner of the table")
    with opened_beside(table, store) as place:
        found = _advising(place).decline(which, by, reason)
    if as_json:
        say_json(_told(found))
    else:
        say(f"{found.id}: declined by {by}")


def _advising(place: Place) -> Advising:
    from handraise.clock import SystemClock
    from handraise.service.advising.advising import Advising

    return Advising(place.store, place.shelf, SystemClock())


def _told(one: Advice) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _say(one: Advice) -> None:
    state = "" if one.state == "open" else f" ({one.state}"
    if one.settled_by:
        state += f" by {one.settled_by}"
    say(f"{one.id}  {one.agent}{f'{state})' if state else ''}", bold=True)
    say(one.sentence)
    for line in one.lines:
        say(f"    {line}")
    if one.reason:
        say(f"    declined because: {one.reason}")
    if one.change:
        say()
        say("\n".join(f"    {line}" for line in one.change.split("\n")))
    if one.state == "open":
        if one.change:
            note(f"`handraise advice take {one.id} --as OWNER` writes it into the table")
        note(f"`handraise advice decline {one.id} --as OWNER --reason WORDS` lays it aside")
    say()
