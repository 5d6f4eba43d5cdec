"""`serve` and `worker`: the processes that run until they are told to stop."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.ending import told_to_end
from handraise.cli.options import DEFAULT_TABLE, ManyTables, StoreUrl
from handraise.cli.output import say
from handraise.errors import SettingsError

if TYPE_CHECKING:
    from handraise.service.wiring import Operation
    from handraise.settings import Settings

Console = Annotated[
    bool, typer.Option("--console", help="Print messages instead of sending them: to try it out.")
]
Rehearsal = Annotated[
    bool, typer.Option("--rehearsal", help="Mark everything as practice; nothing may be done.")
]


def serve(
    tables: ManyTables = None,
    store: StoreUrl = None,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="The address to listen on; otherwise HANDRAISE_HOST, or 127.0.0.1.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            help="The port, 0 for any free one; otherwise HANDRAISE_PORT, or 8765.",
            min=0,
            max=65_535,
        ),
    ] = None,
    console: Console = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Serve the API, the inbox and the worker until Ctrl-C or SIGTERM."""
    from handraise.service.wiring import assemble
    from handraise.settings import Settings

    if port == 0:  # messages name the port, so it is chosen before they are written
        port = _free_port(Settings.from_environment(host=host).host, 0)
    settings = Settings.from_environment(
        store_url=store, host=host, port=port, console=console or None
    )
    _log_on_stderr()
    _free_port(settings.host, settings.port)
    operation = assemble(_named(tables, settings), settings, rehearsal=rehearsal)
    from handraise.web.serve import serve as run

    run(
        operation,
        settings.host,
        settings.port,
        on_started=lambda _port: _announce(operation),
    )


def worker(
    tables: ManyTables = None,
    store: StoreUrl = None,
    console: Console = False,
    rehearsal: Rehearsal = False,
) -> None:
    """Run only the worker until Ctrl-C or SIGTERM.

    It keeps the deadlines and sends the messages; any number may run beside any number of servers.
    """
    from handraise.service.wiring import assemble
    from handraise.settings import Settings

    settings = Settings.from_environment(store_url=store, console=console or None)
    _log_on_stderr()
    operation = assemble(_named(tables, settings), settings, rehearsal=rehearsal)
    with told_to_end() as wait:
        try:
            operation.start()
            say(f"the worker runs for {', '.join(sorted(operation.gates))}; Ctrl-C ends it")
            sys.stdout.flush()
            wait()
        finally:
            operation.close()


def _named(tables: list[Path] | None, settings: Settings) -> list[Path]:
    """Return the tables to open: those named; else the default one; else what the store knows."""
    if tables:
        return tables
    return [] if settings.store_url and not DEFAULT_TABLE.exists() else [DEFAULT_TABLE]


def _free_port(host: str, port: int) -> int:
    """Return the port when one can listen there, a free one for 0.

    Raises:
        SettingsError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as listener:
            found: int = listener.getsockname()[1]
            return found
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SettingsError(
            f"{host}:{port}: cannot listen there ({reason})", "--port and --host name another place"
        ) from None


def _announce(operation: Operation) -> None:
    settings = operation.settings
    agents = ", ".join(sorted(operation.gates))
    say(f"Handraise serves {agents} at {operation.address.url} (Ctrl-C ends it)")
    for agent, gate in sorted(operation.gates.items()):
        owner = gate.table.people[gate.table.owner]
        if operation.rehearsal:
            say(f"{agent}: a rehearsal; nothing may be done")
        elif not gate.ready:
            say(f"{agent}: not ready, so every decision stops; see `handraise ready --show`")
        if settings.console:
            link = operation.door.link(owner.id)
            say(f"{agent}: sign in as {owner.name}, once within 30 minutes: {link}")
    sys.stdout.flush()


def _log_on_stderr() -> None:
    """Send what the services log to stderr: for people on a terminal, as JSON elsewhere."""
    import structlog

    on_terminal = sys.stderr.isatty()
    last: list[structlog.typing.Processor] = (
        # Never a traceback with the values of variables: they may be a customer's words.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if on_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
