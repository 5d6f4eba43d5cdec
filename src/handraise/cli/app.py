"""All commands on one application, and how each of them ends.

Every error of ours becomes one message with its remedy and its exit code; nothing else is caught,
so a bug keeps its traceback. Modules that take long to import are imported inside the commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from handraise.cli import (
    advice,
    audits,
    backtest,
    calibrate,
    decision,
    demo,
    diff,
    drill,
    inbox,
    init,
    key,
    learn,
    log,
    outcomes,
    people,
    prove,
    publish,
    ready,
    rehearse,
    server,
    situations,
    store,
    table,
    trying,
    wall,
    watch,
)
from handraise.cli.output import (
    DONE,
    FAILED,
    INTERRUPTED,
    note,
    prepare_streams,
    report,
    report_usage,
    say,
)
from handraise.cli.report import report as report_command
from handraise.errors import Error

app = typer.Typer(
    name="handraise",
    help="A defined way back to a human for AI agents: "
    "three conditions, named humans, nothing goes silent.",
    epilog="Exit codes: 0 done or proceed; 1 failed; 2 wrong usage; 3 escalated; "
    "4 the table has findings; 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        import handraise

        say(f"handraise {handraise.__version__}")
        raise typer.Exit(DONE)


@app.callback()
def handraise_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and end.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Run one of the commands."""


app.command("init")(init.init)
app.command("check")(table.check)
app.command("table")(table.show)
app.command("schema")(table.schema)
app.command("try")(decision.judge)
app.command("test")(trying.try_tests)
app.command("prove")(prove.prove)
app.command("learn")(learn.learn)
app.command("backtest")(backtest.backtest)
app.command("diff")(diff.diff)
app.command("calibrate")(calibrate.calibrate)
app.command("report")(report_command)
app.command("outcomes")(outcomes.outcomes)
app.add_typer(advice.app, name="advice")
app.add_typer(situations.app, name="situations")
app.command("drill")(drill.drill)
app.command("rehearse")(rehearse.rehearse)
app.command("ready")(ready.ready)
app.command("publish")(publish.publish)
app.command("rollback")(publish.rollback)
app.command("serve")(server.serve)
app.command("worker")(server.worker)
app.command("inbox")(inbox.inbox)
app.add_typer(watch.app, name="watch")
app.add_typer(audits.app, name="audits")
app.add_typer(people.app, name="people")
app.add_typer(log.app, name="log")
app.add_typer(key.app, name="key")
app.add_typer(wall.app, name="wall")
app.add_typer(store.app, name="store")
app.command("demo")(demo.demo)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Args:
        arguments: what follows `handraise` on the line.
    """
    prepare_streams()
    as_json = "--json" in arguments
    try:
        code = app(args=list(arguments), prog_name="handraise", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        return _misunderstood(error, as_json=as_json)
    except Error as error:
        return report(error, as_json=as_json)
    except typer.Abort:
        note("")
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _unheard()
    except SystemExit as ended:  # Typer's own end after a broken pipe
        _unheard()
        return ended.code if isinstance(ended.code, int) else FAILED
    return code if isinstance(code, int) else DONE


def _misunderstood(error: TyperException, *, as_json: bool) -> int:
    """Print what was wrong with the command line; the help where there was nothing on it."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and message.strip() == context.get_help().strip():
        note(message)
        return error.exit_code
    code = report_usage(message[:1].lower() + message[1:], as_json=as_json)
    if context is not None and not as_json:
        note(f"`{context.command_path} --help` lists what it takes")
    return code


def _unheard() -> int:
    """Return the exit code when nobody reads stdout any more, and keep Python quiet about it."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - stands in until the process ends
    return FAILED
