"""`ready`: the go-live record, without which the gate lets nothing go ahead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, StoreUrl, one_table, settings_at
from handraise.cli.output import DONE, FAILED, note, say, say_json
from handraise.errors import InputError, NotReadyError, TableError

if TYPE_CHECKING:
    from handraise.core.table.read import Reading
    from handraise.core.table.types import Table
    from handraise.model import ReadyRecord
    from handraise.service.going_live.line import Line
    from handraise.settings import Settings


def ready(
    table: OneTable = DEFAULT_TABLE,
    owner: Annotated[
        str | None,
        typer.Option("--as", metavar="OWNER", help="Who signs: the owner named in the table."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Only say whether this version is signed for.")
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw", help="Let nothing of this agent go ahead until its owner signs again."
        ),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Go through the checklist, and sign that this version may go live.

    Ends with 1 when a line is red, or with --show when this version is not signed for.
    """
    from handraise.service.reading.tables import read_table

    path = one_table(table)
    reading = read_table(path)
    if reading.table is None:
        raise TableError(reading.errors)
    settings = settings_at(store, path)
    if show:
        _say_standing(reading.table, _standing(reading.table, path, settings), as_json=as_json)
        return
    if withdraw:
        record = _withdrawn(reading.table, settings, owner)
        if as_json:
            say_json({"agent": record.agent, "by": record.by, "in_force": None})
        else:
            say(f"{record.agent}: nothing goes ahead any more, within seconds")
        return
    _go_through(reading, path, settings, owner, as_json=as_json)


def _go_through(
    reading: Reading, path: Path, settings: Settings, owner: str | None, *, as_json: bool
) -> None:
    """Print the checklist, and sign where nothing is red."""
    from handraise.service.going_live.checklist import checklist
    from handraise.service.reading.learned import familiar_beside

    table = reading.table
    if table is None:
        raise TableError(reading.errors)
    people = _people_lines(table, settings)
    familiar = familiar_beside(table, path.parent)
    lines = [*checklist(table, reading.findings, familiar), *people]
    if not as_json:
        for line in lines:
            _say_line(line)
            if line.name == WARNINGS:
                _say_warnings(reading)
    red = [line for line in lines if line.state == "red"]
    if red or owner is None:
        if as_json:
            say_json(_told(table, None, lines))
        if red:
            note(f"not ready: {red[0].name}: {red[0].evidence}")
            raise typer.Exit(FAILED)
        raise InputError("--as: nobody signs", f"--as {table.owner} signs for it")
    record = _signed(path, reading, settings, owner, lines)
    if as_json:
        say_json(_told(table, record, lines))
    else:
        name = table.people[record.by].name
        say(f"{name} has signed for version {record.version}: it is live")
        say("gates and servers that run take it up within seconds")


def _people_lines(table: Table, settings: Settings) -> list[Line]:
    """Return what the store knows of the people; nothing is made where there is no store yet."""
    from handraise.service.going_live.willing import people_lines
    from handraise.store import head_revision, open_store
    from handraise.store.upkeep import describe

    url = settings.store_url or ""
    if describe(url)["revision"] != head_revision():
        return people_lines(table, None)
    opened = open_store(url)
    try:
        return people_lines(table, opened)
    finally:
        opened.close()


def _withdrawn(table: Table, settings: Settings, owner: str | None) -> ReadyRecord:
    """Return the record that ends every version of the agent's table; nothing is registered."""
    from handraise.service.wiring import assemble

    if owner is None:
        raise InputError("--as: nobody withdraws", f"--as {table.owner} does")
    operation = assemble([], settings, delivers=False)
    try:
        return operation.readiness.withdraw(operation.shelf.newest(table.agent), owner)
    finally:
        operation.close()


def _signed(
    path: Path, reading: Reading, settings: Settings, owner: str, lines: list[Line]
) -> ReadyRecord:
    """Return the record after writing it."""
    from handraise.service.wiring import assemble

    table = reading.table
    if table is None or owner != table.owner:
        right = table.owner if table else ""
        raise NotReadyError(f'"{owner}" is not the owner of this table', f"--as {right} signs")
    operation = assemble([path], settings, delivers=False)
    try:
        signing = operation.gates[table.agent].table
        return operation.readiness.sign(signing, lines, owner)
    finally:
        operation.close()


def _standing(table: Table, path: Path, settings: Settings) -> ReadyRecord | None:
    """Return the record in force, of this version or another; nothing is made or registered."""
    import msgspec

    from handraise.service.wiring import assemble
    from handraise.settings import SECRET_NAME
    from handraise.store import open_store
    from handraise.store.upkeep import describe

    url = settings.store_url or ""
    if describe(url)["revision"] is None:
        return None
    opened = open_store(url)
    try:
        if opened.newest_ready(table.agent) is None:
            return None
    finally:
        opened.close()
    if not url.startswith("sqlite:") and settings.secret_file is None:
        secret_file = path.resolve().parent / SECRET_NAME
        settings = msgspec.structs.replace(settings, secret_file=secret_file)
    operation = assemble([], settings, delivers=False)
    try:
        return operation.readiness.in_force(table.agent)
    finally:
        operation.close()


def _say_standing(table: Table, in_force: ReadyRecord | None, *, as_json: bool) -> None:
    record = in_force if in_force and in_force.version == table.version else None
    if as_json:
        other = in_force.version if in_force and not record else None
        told = _told(table, record, record.evidence if record else [])
        say_json({**told, "another_in_force": other})
    elif record is None and in_force is not None:
        say(f"{table.agent}, version {table.version}: not signed for")
        signed = f"{in_force.at:%Y-%m-%d %H:%M} UTC"
        say(f"version {in_force.version}, signed {signed}, is still in force: gates go on with it")
        say(f"`handraise ready --as {table.owner}` signs for this one")
    elif record is None:
        say(f"{table.agent}, version {table.version}: not ready; every decision stops")
        say(f"`handraise ready --as {table.owner}` signs for it")
    else:
        person = table.people.get(record.by)
        name = person.name if person else record.by
        say(f"{table.agent}, version {table.version}: ready")
        say(f"signed by {name} on {record.at:%Y-%m-%d %H:%M} UTC")
    raise typer.Exit(DONE if record else FAILED)


def _told(
    table: Table, record: ReadyRecord | None, lines: list[Line] | list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "agent": table.agent,
        "version": table.version,
        "ready": record is not None,
        "by": record.by if record else None,
        "at": record.at if record else None,
        "checklist": lines,
    }


WARNINGS = "its warnings are looked at"
"""The line of the checklist that each warning is printed under."""


def _say_warnings(reading: Reading) -> None:
    """Print every warning as `check` does."""
    for finding in reading.findings:
        if finding.severity == "warning":
            say(f"      {finding.line_text()}")


_MARKS = {"green": "ok  ", "yellow": "look", "red": "RED "}


def _say_line(line: Line) -> None:
    say(f"{_MARKS[line.state]}  {line.name}: {line.evidence}", bold=line.state == "red")
    if line.remedy:
        say(f"      {line.remedy}")
