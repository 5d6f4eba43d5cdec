"""`store`: the database that escalations are kept in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handraise.cli.options import AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, say, say_json

app = typer.Typer(
    help="Look after the database that escalations are kept in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def migrate(store: StoreUrl = None) -> None:
    """Bring the store to this release's schema; make a SQLite file where there is none.

    May run while others do: one migrates, the others find it done.
    """
    from handraise.store.upkeep import describe
    from handraise.store.upkeep import migrate as bring_up

    url = _url(store)
    bring_up(url)
    found = describe(url)
    say(f"{found['place']}: schema {found['revision']}, that of this release")


@app.command()
def info(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Say what the store is, which schema it has, and how much is in it."""
    from handraise.store.upkeep import describe

    found = describe(_url(store))
    if as_json:
        say_json(found)
        return
    say(f"{found['place']} ({found['engine']})")
    say(f"schema {found['revision'] or 'none yet'}; this release needs {found['head']}")
    if found["revision"] != found["head"]:
        say("`handraise store migrate` brings it up to date")
    if found["rows"]:
        rows = [(name, f"{count:,}") for name, count in found["rows"].items()]
        say(columns(("table", "rows"), rows))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file to write.")],
    store: StoreUrl = None,
) -> None:
    """Copy a SQLite store to a new file, while it is in use."""
    from handraise.store.upkeep import backup as copy

    copy(_url(store), file)
    say(f"{file}: written")


def _url(given: str | None) -> str:
    return settings_at(given).store_url or ""
