"""`key`: the credentials of agents that decide over HTTP, and the operation's own signing key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from handraise.cli.options import AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, note, say, say_json
from handraise.errors import NotFoundError

if TYPE_CHECKING:
    from handraise.model import AgentKey

app = typer.Typer(
    help="Make, list and revoke agents' keys for HTTP; rotate the signing key.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

KeyUse = Literal["decide", "outcomes"]
Agent = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name in its table.")]


@app.command()
def add(
    agent: Agent,
    label: Annotated[
        str,
        typer.Option(
            "--label", metavar="WORDS", help="What the key is for, to know it again in the list."
        ),
    ] = "agent",
    may: Annotated[
        KeyUse,
        typer.Option(
            "--may",
            metavar="WHAT",
            help="decide: it is the agent's own key. outcomes: it reports how the agent's "
            "decisions turned out, and can do nothing else.",
        ),
    ] = "decide",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key for an agent; its secret is shown this once.

    What the agent's own key reports of its decisions never counts: a system that knows how they
    turned out gets a key of its own, with --may outcomes.
    """
    from handraise.service.wiring import assemble
    from handraise.store import open_store

    settings = settings_at(store)
    open_store(settings.store_url or "").close()  # a key alone is no reason to make a store
    operation = assemble([], settings, delivers=False)
    try:
        key, secret = operation.door.make_key(agent, label, may=may)
    finally:
        operation.close()
    if as_json:
        say_json({**_told(key), "secret": secret})
        return
    say(secret)
    if key.may == "outcomes":
        note(f"this key reports outcomes of {key.agent}, shown this once; its id is {key.id}")
    else:
        note(f"this is the key of {key.agent}, shown this once; its id is {key.id}")
    note("send it as Authorization: Bearer KEY, or handraise.connect(URL, key=KEY)")


@app.command("list")
def list_keys(
    agent: Annotated[
        str | None, typer.Argument(metavar="[AGENT]", help="Only those of this agent.")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the keys: for whom, what for, when last used."""
    from handraise.store import open_store

    opened = open_store(settings_at(store).store_url or "")
    try:
        keys = opened.agent_keys(agent)
    finally:
        opened.close()
    if as_json:
        say_json([_told(key) for key in keys])
    elif not keys:
        say("there are no keys; `handraise key add AGENT` makes one")
    else:
        header = ("id", "agent", "may", "label", "made", "last used", "revoked")
        say(columns(header, [_row(key) for key in keys]))


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from the list.")],
    store: StoreUrl = None,
) -> None:
    """Revoke a key at once."""
    from handraise.clock import SystemClock
    from handraise.store import open_store

    opened = open_store(settings_at(store).store_url or "")
    try:
        if not opened.revoke_agent_key(id, SystemClock().now()):
            raise NotFoundError(f'there is no live key "{id}"', "`handraise key list` shows them")
    finally:
        opened.close()
    say(f"{id}: revoked")


@app.command()
def rotate(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Put a fresh secret first: it signs from now on, the older ones only verify.

    Running processes that read the secret's file take it up within seconds. What was signed before
    stays good for as long as its secret stands in the file.
    """
    from handraise.errors import SettingsError
    from handraise.service.secrets import rotate as rotated
    from handraise.service.wiring import secret_place

    settings = settings_at(store)
    if settings.secret:
        raise SettingsError(
            "the secret stands in HANDRAISE_SECRET, not in a file",
            "put a fresh one first there, the older ones after it, and start every process again",
        )
    place = settings.secret_file or secret_place(settings.store_url or "", Path.cwd())
    if not place.exists():
        raise NotFoundError(
            f"{place}: there is no secret yet", "it is made when a server or a gate first starts"
        )
    signer = rotated(place)
    older = [key["kid"] for key in signer.jwks()["keys"][1:]]
    if as_json:
        say_json({"file": str(place), "kid": signer.kid, "older": older})
        return
    say(f"{signer.kid} signs from now on; {len(older)} older still verify")
    note(f"{place}: running processes on this machine take it up within seconds")
    note("a machine with a copy of the file needs this one too: until then it refuses what is new")


def _told(key: AgentKey) -> dict[str, Any]:
    """Return what `--json` says of a key: everything but what its secret could be guessed from."""
    names = ("id", "agent", "may", "label", "created_at", "used_at", "revoked_at")
    return {name: getattr(key, name) for name in names}


def _row(key: AgentKey) -> tuple[str, ...]:
    instants = (key.created_at, key.used_at, key.revoked_at)
    written = (f"{at:%Y-%m-%d %H:%M}Z" if at else "" for at in instants)
    return (key.id, key.agent, key.may, key.label, *written)
