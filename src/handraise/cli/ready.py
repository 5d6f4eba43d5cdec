"""`ready`: the go-live record, without which the gate lets nothing go ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.checklist import fate_of, name_of, say_checklist, say_record, stamp, told
from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, StoreUrl, one_table, settings_at
from handraise.cli.output import DONE, FAILED, note, say, say_json
from handraise.errors import InputError, NotReadyError, TableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handraise.cli.looking import Look
    from handraise.core.table.types import Table
    from handraise.model import ReadyRecord
    from handraise.service.going_live.line import Line
    from handraise.service.going_live.publishing import VersionLine
    from handraise.service.going_live.standing import Hold
    from handraise.settings import Settings

NOT_HAD_YET = frozenset({"capacity"})
"""The lines whose evidence takes a past, which a new agent has not."""


def ready(
    table: OneTable = DEFAULT_TABLE,
    owner: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="OWNER", help="Who signs: the owner in force, else the table's."
        ),
    ] = None,
    waive: Annotated[
        list[str] | None,
        typer.Option(
            "--waive", metavar="LINE", help="Let a red line stand, e.g. capacity; repeatable."
        ),
    ] = None,
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Why: the reason of these waivers.")
    ] = "",
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="WHEN",
            help="Their end: a day, a day and time, or e.g. 30d from now; at most 90 days ahead.",
        ),
    ] = None,
    unwaive: Annotated[
        list[str] | None,
        typer.Option(
            "--unwaive", metavar="LINE", help="End an earlier waiver of a line; repeatable."
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Look again every 2 seconds until nothing is red, or Ctrl-C."),
    ] = False,
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
    from handraise.cli.looking import Looking, once, standing
    from handraise.service.going_live.signable import check_signer
    from handraise.service.reading.tables import open_table

    path = one_table(table)
    found, _ = open_table(path)
    settings = settings_at(store, path)
    if show:
        hold = standing(found, path, settings)
        _say_standing(found, hold, once(found, path, settings), as_json=as_json)
        return
    if withdraw:
        _say_withdrawn(_withdrawn(found, settings, owner), as_json=as_json)
        return
    _check_options(waive, because, until, unwaive, owner=owner, watch=watch, as_json=as_json)
    looking = Looking(path, settings)
    if owner is not None:
        check_signer(found, owner, looking.signer(found))
    fresh = looking.fresh_waivers(found, waive or (), because, until)
    looking.waive(fresh, unwaive or ())
    look = looking.watched() if watch else looking.look()
    _sign_or_say(look, owner, as_json=as_json, is_told=watch)


def _check_options(
    waive: list[str] | None,
    because: str,
    until: str | None,
    unwaive: list[str] | None,
    *,
    owner: str | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Refuse options that would do nothing, or do not go together."""
    if (waive or unwaive) and owner is None:
        raise InputError("--waive: nobody waives", "--as OWNER beside it")
    if waive and until is None:
        raise InputError("--waive: has no end", "e.g. --until 30d beside it")
    if waive and not because.strip():
        raise InputError("--waive: has no reason", 'e.g. --because "no history yet" beside it')
    if not waive and (because or until is not None):
        raise InputError("--because, --until: nothing is waived", "--waive LINE beside them")
    if watch and as_json:
        raise InputError("--watch: prints for people", "leave out --json, or ask again and again")


def _sign_or_say(look: Look, owner: str | None, *, as_json: bool, is_told: bool) -> None:
    """Print the checklist, and sign where nothing is red."""
    table = look.table
    if table is None:
        raise TableError(look.reading.errors)
    if not as_json and not is_told:
        say_checklist(look.lines, look.reading.findings, table.people, look.at)
    red = [line for line in look.lines if line.state == "red"]
    if red or owner is None:
        if as_json:
            say_json(told(table, None, look.lines))
        if red:
            note(f"not ready: {red[0].name}: {red[0].evidence}")
            _note_to_do(red, look.signer)
            raise typer.Exit(FAILED)
        if not as_json:
            _say_open(look, table)
        return
    for code in look.idle:
        note(f"--waive: {code} is not red, and is not waived")
    record = _signed(look, table, owner)
    if as_json:
        say_json(told(table, record, look.lines))
        return
    say(f"{name_of(record.by, table.people)} has signed for version {record.version}: it is live")
    say_record(record, table)
    say("gates and servers that run take it up within seconds")


def _note_to_do(red: Sequence[Line], owner: str) -> None:
    """Print what to do about red lines, then what the owner may let stand until it can be had."""
    note("what to do, in this order:")
    for line in red:
        note(f"  {line.code}: {line.remedy}")
    if found := [line.code for line in red if line.code in NOT_HAD_YET]:
        note(
            "what cannot be had yet, as before there is a history, its owner may waive for a time: "
            f'--as {owner} --waive {" --waive ".join(found)} --because "…" --until 30d'
        )


def _say_open(look: Look, table: Table) -> None:
    """Print who may sign now that nothing is red, or who has."""
    if look.record is not None and look.record.version == table.version:
        say_record(look.record, table)
        return
    name = name_of(look.signer, table.people)
    say(f"nothing is red: {name} can sign, `handraise ready --as {look.signer}`")


def _signed(look: Look, table: Table, owner: str) -> ReadyRecord:
    """Return the record after writing it."""
    from handraise.service.wiring import assemble

    operation = assemble([look.path], look.settings, delivers=False)
    try:
        signing = operation.shelf.newest(table.agent)
        if signing.version != table.version:
            raise NotReadyError("the table was changed meanwhile", "look at it once more")
        return operation.readiness.sign(signing, look.lines, owner, look.waivers)
    finally:
        operation.close()


def _withdrawn(table: Table, settings: Settings, owner: str | None) -> ReadyRecord:
    """Return the record that ends every version of the agent's table; nothing is registered."""
    from handraise.service.wiring import assemble

    if owner is None:
        raise InputError("--as: nobody withdraws", f"--as {table.owner} does")
    operation = assemble([], settings, delivers=False)
    try:
        return operation.readiness.withdraw(operation.shelf.current(table.agent), owner)
    finally:
        operation.close()


def _say_withdrawn(record: ReadyRecord, *, as_json: bool) -> None:
    if as_json:
        say_json({"agent": record.agent, "by": record.by, "in_force": None})
    else:
        say(f"{record.agent}: nothing goes ahead any more, within seconds")


def _say_standing(
    table: Table, hold: Hold | None, once: VersionLine | None, *, as_json: bool
) -> None:
    """Print whether a version is signed for, or was once, what is waived in it, and what ends it.

    Args:
        table: the version.
        hold: how the agent's newest record stands.
        once: what became of this version, where it was ever signed for.
        as_json: for a program.
    """
    in_force = hold.record if hold is not None and hold.holds else None
    record = in_force if in_force and in_force.version == table.version else None
    if as_json:
        other = in_force.version if in_force and not record else None
        found = told(table, record, record.evidence if record else [])
        say_json({**found, "another_in_force": other, "once": once})
    elif record is None:
        _say_not_in_force(table, hold, once)
    else:
        say(f"{table.agent}, version {table.version}: ready")
        say_record(record, table)
        for words in hold.gone.values() if hold is not None else ():
            say(words, bold=True)
    raise typer.Exit(DONE if record else FAILED)


def _say_not_in_force(table: Table, hold: Hold | None, once: VersionLine | None) -> None:
    """Print that a version is not in force, what became of it, what is, and what to do."""
    if hold is not None and hold.holds:
        in_force = hold.record
        standing = "not signed for" if once is None else "not in force"
        say(f"{table.agent}, version {table.version}: {standing}")
        say(
            f"version {in_force.version}, signed {stamp(in_force.at)}, is still in force: "
            "gates go on with it"
        )
    else:
        say(f"{table.agent}, version {table.version}: not ready; every decision stops")
        if hold is not None and hold.ended:
            say(hold.ended)
    if once is not None and (hold is None or hold.record.version != table.version):
        say(f"what became of this version: {'; '.join(fate_of(once))}")
        if once.state == "ended":
            say(f"`handraise rollback {table.version} --as {table.owner} --because …` puts it back")
    say(f"`handraise ready --as {table.owner}` signs for it")
