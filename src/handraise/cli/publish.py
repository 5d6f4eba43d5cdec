"""`publish` and `rollback`: a change of the table in production, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.checklist import fate_of, name_of, say_checklist, say_record, stamp, told
from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, StoreUrl, one_table, settings_at
from handraise.cli.output import FAILED, note, say, say_json
from handraise.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from handraise.cli.looking import Look
    from handraise.core.table.types import Table
    from handraise.model import ReadyRecord
    from handraise.service.going_live.publishing import News, VersionLine
    from handraise.service.wiring import Operation
    from handraise.settings import Settings

MOST_CHANGES = 20


def publish(
    table: OneTable = DEFAULT_TABLE,
    owner: Annotated[
        str | None,
        typer.Option("--as", metavar="OWNER", help="Sign as well, where nothing is red."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Only list the versions, and which was in force when.")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let a changed table wait for its signature, while the version in force goes on.

    People are asked to accept what changes for them. Prints what changes, who must accept it, and
    what is missing. Ends with 1 when it was to be signed and something is missing.
    """
    path = one_table(table)
    settings = settings_at(store, path)
    if listed:
        _say_versions(_versions(path, settings), as_json=as_json)
        return
    from handraise.cli.looking import Looking

    with _opened([path], settings) as operation:
        found = operation.shelf.newest(next(iter(operation.opened.values())))
        if owner is not None:
            _check_signer(operation, found, owner)
        news = _registered(operation, found)
    look = Looking(path, settings).look()
    look.table_of(found.version)
    record = None
    if owner is not None and not look.is_red and news.in_force != news.version:
        record = _signed(look, found, owner)
    if as_json:
        say_json({**told(found, record, look.lines), "news": news})
    else:
        _say_news(news, found)
        say_checklist(look.lines, look.reading.findings, found.people, look.at)
        _say_end(news, look, found, record)
    if owner is not None and look.is_red:
        red = next(line for line in look.lines if line.state == "red")
        note(f"not signed: {red.name}: {red.evidence}")
        raise typer.Exit(FAILED)


def rollback(
    version: Annotated[
        str | None,
        typer.Argument(
            metavar="[VERSION]",
            help="Which version, or how its name begins; by default the one in force before.",
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option("--as", metavar="OWNER", help="Who signs: the owner in force."),
    ] = None,
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Why it is put back.")
    ] = "",
    table: Annotated[
        Path, typer.Option("--table", metavar="TABLE", help="The agent's routing table.")
    ] = DEFAULT_TABLE,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put the version that was in force before, or another one that was once, back in force.

    Its people must be there still, and its evidence not too old. Gates that run take it up within
    seconds. The table's file stays as it is.
    """
    from handraise.service.going_live.publishing import version_lines, version_meant

    path = one_table(table)
    settings = settings_at(store, path)
    if owner is None:
        raise InputError("--as: nobody signs", "--as OWNER puts it back")
    if not because.strip():
        raise InputError("--because: has no reason", "say why, in a sentence")
    agent = _agent(path)
    with _opened([], settings) as operation:
        lines = version_lines(agent, operation.store, operation.shelf, operation.readiness)
        back = operation.shelf.table(agent, version_meant(lines, agent, version))
        record = operation.readiness.put_back(back, owner, because.strip())
    if as_json:
        say_json(told(back, record, record.evidence))
        return
    say(f"version {record.version} of the table of {agent} is in force again")
    say_record(record, back)
    say("gates and servers that run take it up within seconds")
    say(f"{path} still holds what it did: put the older text back there, too")


@contextmanager
def _opened(paths: Sequence[Path], settings: Settings) -> Iterator[Operation]:
    """Yield an operation that sends nothing; the worker of a server does."""
    from handraise.service.wiring import assemble

    operation = assemble(paths, settings, delivers=False)
    try:
        yield operation
    finally:
        operation.close()


def _check_signer(operation: Operation, table: Table, owner: str) -> None:
    from handraise.service.going_live.signable import check_signer

    check_signer(table, owner, operation.readiness.signer(table))


def _registered(operation: Operation, table: Table) -> News:
    """Return what a version that was just opened changes, once its people are asked."""
    from handraise.service.going_live.publishing import news_of

    operation.roster.tick()
    return news_of(table, operation.store, operation.shelf, operation.readiness)


def _signed(look: Look, table: Table, owner: str) -> ReadyRecord:
    with _opened([look.path], look.settings) as operation:
        signing = look.table_of(operation.shelf.newest(table.agent).version)
        return operation.readiness.sign(signing, look.lines, owner, look.waivers)


def _agent(path: Path) -> str:
    """Return whose table a file holds; it may have findings."""
    from handraise.service.reading.tables import open_table

    return open_table(path)[0].agent


def _versions(path: Path, settings: Settings) -> list[VersionLine]:
    """Return the versions that the store knows; nothing is registered."""
    from handraise.service.going_live.publishing import version_lines

    agent = _agent(path)
    with _opened([], settings) as operation:
        if agent not in operation.shelf.agents():
            raise NotFoundError(f"no version of the table of {agent} was opened yet")
        return version_lines(agent, operation.store, operation.shelf, operation.readiness)


def _say_versions(lines: Sequence[VersionLine], *, as_json: bool) -> None:
    if as_json:
        say_json(lines)
        return
    for line in lines:
        say(f"{line.version}  {line.state}", bold=line.state == "in force")
        say(f"      opened on {stamp(line.registered_at)} from {line.source}")
        for text in fate_of(line):
            say(f"      {text}")


def _say_news(news: News, table: Table) -> None:
    """Print what a version changes, and who must accept it."""
    if news.in_force == news.version:
        say(f"{news.agent}, version {news.version}: in force already")
        return
    say(f"{news.agent}, version {news.version}: waits until its owner signs for it")
    if news.signer != table.owner:
        new = name_of(table.owner, table.people)
        say(f"it hands over to another owner, {new}: {news.signer}, the present one, signs for it")
    if news.in_force is None:
        say("nothing is in force: every decision stops until then")
    else:
        say(f"version {news.in_force} goes on judging; what changes:")
        for sentence in news.changes[:MOST_CHANGES] or ("nothing that a decision meets",):
            say(f"  {sentence}")
        if len(news.changes) > MOST_CHANGES:
            say(f"  and {len(news.changes) - MOST_CHANGES} more: `handraise diff` lists them")
    if news.to_accept:
        names = ", ".join(name_of(id, table.people) for id in news.to_accept)
        say(f"asked to accept what it asks of them: {names}")
    if news.declined:
        names = ", ".join(name_of(id, table.people) for id in news.declined)
        say(f"have declined what it asks of them: {names}", bold=True)


def _say_end(news: News, look: Look, table: Table, record: ReadyRecord | None) -> None:
    """Print what comes next."""
    if record is not None:
        say(f"{name_of(record.by, table.people)} has signed: version {record.version} is in force")
        say_record(record, table)
        say("gates and servers that run take it up within seconds")
    elif news.in_force != news.version and not look.is_red:
        say(f"nothing is red: `handraise publish --as {news.signer}` signs for it")
    elif look.is_red:
        say("what is red holds it up; `handraise ready --watch` shows how it goes on")
