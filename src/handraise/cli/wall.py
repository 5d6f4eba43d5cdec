"""`wall`: addresses of screens that show how the agents stand, in counts, to whoever passes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, note, say, say_json

if TYPE_CHECKING:
    from handraise.model import Wall
    from handraise.settings import Settings

app = typer.Typer(
    help="Make, list and end the addresses of screens on a wall.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    label: Annotated[
        str, typer.Argument(metavar="PLACE", help="Where it hangs, to know it again in the list.")
    ],
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="AGENT", help="Show only this agent; may be repeated."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="Who makes it; otherwise an owner."),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make the address of a screen; it is shown this once.

    Whoever knows it sees counts: how many questions are open and overdue, how many people are on
    duty, which alarms there are. No customer's words and no names. It needs no sign-in.
    """
    from handraise.service.people.standings import person_of
    from handraise.service.wiring import assemble

    operation = assemble([], _settings(store), delivers=False)
    try:
        shelf = operation.shelf
        owner = shelf.current((agents or shelf.agents())[0]).owner
        maker = person_of(shelf, by or owner).id
        wall, address = operation.walls.make(label, maker, agents or ())
    finally:
        operation.close()
    if as_json:
        say_json({**_told(wall), "address": address})
        return
    say(address)
    note(f"shown this once; its id is {wall.id}, and `handraise wall end {wall.id}` ends it")


@app.command("list")
def list_walls(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List the screens: where they hang, what they show, who made them."""
    from handraise.store import open_store

    opened = open_store(_settings(store).store_url or "")
    try:
        walls = opened.walls()
    finally:
        opened.close()
    if as_json:
        say_json([_told(wall) for wall in walls])
    elif not walls:
        say("there are no walls; `handraise wall add PLACE` makes one")
    else:
        header = ("id", "place", "agents", "made by", "made", "ended")
        say(columns(header, [_row(wall) for wall in walls]))


@app.command()
def end(
    id: Annotated[str, typer.Argument(metavar="ID", help="The wall's id, from the list.")],
    store: StoreUrl = None,
) -> None:
    """End an address at once: it shows nothing any more."""
    from handraise.clock import SystemClock
    from handraise.errors import NotFoundError
    from handraise.store import open_store

    opened = open_store(_settings(store).store_url or "")
    try:
        if not opened.end_wall(id, SystemClock().now()):
            raise NotFoundError(f'there is no live wall "{id}"', "`handraise wall list` shows them")
    finally:
        opened.close()
    say(f"{id}: ended")


def _settings(store: str | None) -> Settings:
    """Return the settings of a store that is there: a wall alone is no reason to make one."""
    from handraise.store import open_store

    settings = settings_at(store)
    open_store(settings.store_url or "").close()
    return settings


def _told(wall: Wall) -> dict[str, Any]:
    """Return what `--json` says of a wall: everything but what its secret could be guessed from."""
    names = ("id", "label", "agents", "made_by", "made_at", "ended_at")
    return {name: getattr(wall, name) for name in names}


def _row(wall: Wall) -> tuple[str, ...]:
    written = (f"{at:%Y-%m-%d %H:%M}Z" if at else "" for at in (wall.made_at, wall.ended_at))
    return (wall.id, wall.label, ", ".join(wall.agents) or "all", wall.made_by, *written)
