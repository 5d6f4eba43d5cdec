"""`watch`: what is too much, too little, too slow or too quiet; take alarms or put them off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, settings_at
from handraise.cli.output import FAILED, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.watch.picture import Picture
    from handraise.service.wiring import Operation

app = typer.Typer(
    help="See what is too much, too little, too slow or too quiet; take alarms or put them off.",
    rich_markup_mode=None,
)

LOOKS_EVERY_S = 2.0

Beside = Annotated[
    Path,
    typer.Option("--table", metavar="TABLE", help="The table beside which the store lies."),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", metavar="AGENT", help="Whose operation; all of the store's otherwise."),
]
Which = Annotated[
    str, typer.Argument(metavar="ALARM", help="The alarm's id, or how it begins or ends.")
]
By = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="Who does so: the agent's owner.")
]


@app.callback(invoke_without_command=True)
def watch(
    context: typer.Context,
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    reader: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PERSON",
            help="Who looks: alarms about a person are shown to them and to the owner.",
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="With --once: end with 1 when an alarm waits for somebody, or nobody watches.",
        ),
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the weekly summary, as it would be sent now.")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show how the operation stands against what was promised, until Ctrl-C.

    It reads the store beside a running server, and starts nothing: a worker does the watching.
    Where its output is no terminal, it prints it once and ends.
    """
    if context.invoked_subcommand is not None:
        return
    if exit_code and not (once or as_json):
        raise InputError("--exit-code: never ends by itself", "--once beside it")
    with _opened(table, store) as operation:
        if summary:
            _say_summaries(operation, agent, as_json=as_json)
            return
        found = _pictures(operation, agent, reader)
        if as_json:
            from handraise.cli.watched_shown import told

            say_json([told(one) for one in found])
        elif once or not sys.stdout.isatty():
            _print(found)
        else:
            _follow(operation, agent, reader)
            return
    if exit_code and any(one.waiting or not one.is_watched for one in found):
        raise typer.Exit(FAILED)


@app.command()
def ack(which: Which, by: By = None, table: Beside = DEFAULT_TABLE, store: StoreUrl = None) -> None:
    """Take an alarm: it is told again weekly, while it lasts."""
    with _opened(table, store) as operation:
        alarm = operation.alarms.acknowledge(_meant(operation, which), _named(by))
    say(f"{alarm.acknowledged_by} has it: {alarm.sentence}")


@app.command()
def snooze(
    which: Which,
    lasts: Annotated[str, typer.Argument(metavar="TIME", help="From 1h to 30d.")],
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
) -> None:
    """Put an alarm off: nobody is told of it for so long, and then again if it is still so."""
    from handraise.core.monitor.alarming import LONGEST_SNOOZE
    from handraise.service.deciding.durations import duration_seconds
    from handraise.service.watch.alarms import SHORTEST_SNOOZE

    lasting = timedelta(seconds=duration_seconds("TIME", lasts))
    if not SHORTEST_SNOOZE <= lasting <= LONGEST_SNOOZE:
        raise InputError(f'TIME: "{lasts}" is not from 1h to 30d', "write e.g. 4h, 2d or 30d")
    with _opened(table, store) as operation:
        alarm = operation.alarms.snooze(_meant(operation, which), _named(by), lasting)
    say(f"put off until {alarm.snoozed_until:%Y-%m-%d %H:%M} UTC: {alarm.sentence}")


def _pictures(operation: Operation, agent: str | None, reader: str | None) -> list[Picture]:
    agents = operation.shelf.agents() if agent is None else [agent]
    return [operation.pictures.of(one, reader) for one in agents]


def _say_summaries(operation: Operation, agent: str | None, *, as_json: bool) -> None:
    agents = operation.shelf.agents() if agent is None else [agent]
    found = {one: operation.summaries.lines(one) for one in agents}
    if as_json:
        say_json(found)
        return
    for one, lines in found.items():
        say(f"{one}: the last seven days", bold=True)
        for line in lines:
            say(f"  {line}")


def _print(found: list[Picture]) -> None:
    from rich.console import Console

    from handraise.cli.watched_shown import drawn

    Console(highlight=False, soft_wrap=False).print(drawn(found))


def _follow(operation: Operation, agent: str | None, reader: str | None) -> None:
    """Draw it anew every two seconds, in the lines that the terminal has."""
    from rich.console import Console
    from rich.live import Live

    from handraise.cli.ending import told_to_end
    from handraise.cli.watched_live import Fitted

    console = Console(highlight=False)
    with told_to_end() as wait, Live(console=console, auto_refresh=False) as live:
        while True:
            operation.shelf.refresh()
            found = _pictures(operation, agent, reader)
            live.update(Fitted(found), refresh=True)
            if wait(LOOKS_EVERY_S):
                return


def _named(by: str | None) -> str:
    if by is None:
        raise InputError("--as: nobody does so", "--as PERSON, the agent's owner")
    return by


def _meant(operation: Operation, which: str) -> str:
    """Return the id of the alarm that is meant.

    Raises:
        InputError: none that is not over, or several, are called so.
    """
    ids = [one.id for one in operation.store.alarms(unresolved=True)]
    found = [one for one in ids if one.startswith(which) or one.endswith(which)]
    if operation.store.alarm(which) is not None:
        return which
    if len(found) != 1:
        how_many = "several alarms are" if found else "no alarm that is not over is"
        raise InputError(f'{how_many} called "{which}"', "`handraise watch --once` lists them")
    return found[0]


@contextmanager
def _opened(table: Path, store: str | None) -> Iterator[Operation]:
    """Yield the operation on a store that is there; nothing of it runs."""
    import msgspec

    from handraise.service.wiring import assemble
    from handraise.settings import SECRET_NAME
    from handraise.store import open_store

    settings = settings_at(store, table)
    url = settings.store_url or ""
    open_store(url).close()  # to look is no reason to make a store
    if not url.startswith("sqlite:") and settings.secret_file is None:
        secret_file = table.resolve().parent / SECRET_NAME
        settings = msgspec.structs.replace(settings, secret_file=secret_file)
    operation = assemble([], settings, delivers=False)
    try:
        yield operation
    finally:
        operation.close()
