"""`demo`: the example operation, from the first decision to the last answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handraise.errors import SettingsError


def demo(
    requests: Annotated[
        Path | None,
        typer.Option(
            "--requests",
            metavar="FILE.csv",
            help="Your own labelled requests instead of the example's.",
        ),
    ] = None,
    text: Annotated[
        str, typer.Option("--text", metavar="COLUMN", help="Which column holds the words.")
    ] = "text",
    kind: Annotated[
        str, typer.Option("--type", metavar="COLUMN", help="Which column holds the type.")
    ] = "type",
    amount: Annotated[
        str | None,
        typer.Option("--amount", metavar="COLUMN", help="Which column holds the money at stake."),
    ] = None,
    unfamiliar: Annotated[
        Path | None,
        typer.Option(
            "--unfamiliar",
            metavar="FILE.csv",
            help="Requests that the agent is not trained on and has to meet.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", help="Run at most N requests; train on all.", min=1),
    ] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", help="Of every draw, so that a run can be repeated."),
    ] = 7,
    serve: Annotated[
        bool, typer.Option("--serve", help="Open the inbox in the browser, and answer yourself.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", help="Where the pages are, with --serve.", min=0, max=65_535
        ),
    ] = 8765,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FOLDER", help="Run in this folder and leave it behind."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Let the scripted people answer everything.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON; errors too, on stderr.")
    ] = False,
) -> None:
    """Run the example operation: an agent at work, people who answer.

    A classifier is trained, its decisions pass a real gate, and whatever stops is answered by
    scripted people over HTTP, or with --serve by you.
    """
    try:
        from handraise.demo.requests import Columns
        from handraise.demo.run import Options, run
    except ImportError as error:
        raise SettingsError(
            f'the demo needs the package "{error.name}"', "pip install 'handraise[demo]'"
        ) from None
    options = Options(
        requests=requests,
        columns=Columns(text=text, type=kind, amount=amount),
        unfamiliar=unfamiliar,
        limit=limit,
        seed=seed,
        serve=serve,
        port=port,
        keep=keep,
        no_browser=no_browser,
        unattended=unattended,
        as_json=as_json,
    )
    raise typer.Exit(run(options))
