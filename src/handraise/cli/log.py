"""`log`: the record of everything that happened, shown, checked, exported and erased from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import AsJson, StoreUrl, kept_signer, settings_at, since_instant
from handraise.cli.output import FAILED, columns, counted, note, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.model import ChainedEvent
    from handraise.service.recording.checking import Report
    from handraise.service.recording.record import Record

app = typer.Typer(
    help="Show, check and export the record of everything that happened; erase personal data.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

MOST_LINES = 100
LONGEST = 100
"""Characters of an event's detail that are shown on its line."""

OneEscalation = Annotated[
    str | None, typer.Option("--escalation", metavar="ID", help="Only this escalation.")
]
OneCase = Annotated[
    str | None, typer.Option("--case", metavar="CASE", help="Only this matter of a customer.")
]

CANNOT_BE_TOLD = (
    "what cannot be told: what was edited within one day, before it was signed, by somebody who "
    "made the whole chain after it anew; or by somebody who has the operation's secret as well. "
    "Keep exports elsewhere: against them, it can be told."
)


@app.command()
def show(
    escalation: OneEscalation = None,
    case: OneCase = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="ID", help="Only what this person did, or is named in."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="INSTANT", help="From then on: 2026-11-22 or …T19:50 UTC."),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="COUNT", min=1, help="At most so many, the newest of them."
        ),
    ] = MOST_LINES,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened, the oldest first."""
    begun = since_instant(since)
    with _record(store) as record:
        found = record.show(
            escalation_id=escalation, case=case, person=person, since=begun, limit=limit
        )
        kept = record.kept(found)
    if as_json:
        say_json([_told(event, kept.get(event.seq)) for event in found])
    elif not found:
        say("nothing happened of that kind")
    else:
        header = ("event", "at", "who", "what", "escalation", "detail")
        say(columns(header, [_row(event, kept.get(event.seq)) for event in found]))


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="An exported record; the store where none is named."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            help="The operation's public keys, as GET /api/v1/keys.json gives them.",
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Check that nothing in the record was edited, deleted, put in or moved.

    Ends with 1 when something is wrong, and says where.
    """
    trusted = None if keys is None else _keys(keys)
    if file is None:
        with _record(store) as record:
            report = record.verify(trusted)
    else:
        report = _verified_file(file, trusted)
    if as_json:
        say_json(report)
    else:
        _say_report(report)
        _say_keys(report, file, is_trusted=keys is not None)
    if report.flaw_count:
        raise typer.Exit(FAILED)


@app.command()
def export(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="The file to write; otherwise stdout."),
    ] = None,
    store: StoreUrl = None,
) -> None:
    """Write the whole record, signed, as JSON Lines that `verify FILE` can check anywhere.

    Nobody on the table needs to be trusted for it, and no store: keep it elsewhere.
    """
    with _record(store) as record:
        if to is None:
            for line in record.export():
                sys.stdout.write(f"{line}\n")
            return
        count = _written(to, record.export())
    note(f"{to}: {counted(count, 'line')} written")


@app.command()
def redact(
    escalation: OneEscalation = None,
    case: OneCase = None,
    by: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who erases; it stays on record.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="WORDS", help="Why; it stays, so name nobody in it."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; otherwise only say what would be erased.")
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Erase what an ended escalation, or a customer's matter, was about. It cannot be undone.

    Who decided, when, by which row and with which outcome stays, and the record still verifies.
    Backups and exports are not reached.
    """
    with _record(store) as record:
        ids, count = record.to_erase(escalation_id=escalation, case=case)
        if not yes:
            what = {"escalations": ids, "decisions": count}
            if as_json:
                say_json(what)
            else:
                both = f"{counted(len(ids), 'escalation')} and {counted(count, 'decision')}"
                say(f"this would erase what {both} were about; --yes does it")
            return
        erased = record.redact(
            escalation_id=escalation, case=case, by=by or "", reason=reason or ""
        )
    if as_json:
        say_json(erased)
        return
    say(
        f"erased: {counted(erased.escalations, 'escalation')}, "
        f"{counted(erased.decisions, 'decision')}, {counted(erased.messages, 'message')}, "
        f"the details of {counted(erased.events, 'event')}"
    )
    if erased.leaves_copies:
        note("others read the file just now, so copies may be left in it: run this once more later")
    note("backups, exports and the logs of a PostgreSQL server are not reached")


@contextmanager
def _record(store: str | None) -> Iterator[Record]:
    """Yield the record of a store that is there; nothing is made, neither store nor secret."""
    from handraise.clock import SystemClock
    from handraise.service.recording.record import Record
    from handraise.store import open_store

    settings = settings_at(store)
    opened = open_store(settings.store_url or "")
    try:
        yield Record(opened, kept_signer(settings, Path.cwd()), SystemClock())
    finally:
        opened.close()


def _keys(path: Path) -> dict[str, Any]:
    import msgspec

    try:
        found = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    return found if isinstance(found, dict) else {}


def _verified_file(path: Path, keys: dict[str, Any] | None) -> Report:
    from handraise.service.recording.exported import File

    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            return File(keys).read(lines)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None


def _written(path: Path, lines: Iterator[str]) -> int:
    """Write lines to a file, whole or not at all, and return how many."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(f"{line}\n")
                count += 1
        unfinished.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _told(event: ChainedEvent, kept: dict[str, Any] | None) -> dict[str, Any]:
    """Return what `--json` says of an event; of an erased detail, what was kept of it."""
    import msgspec

    from handraise.core.record import detail_of

    detail = kept if event.salt is None else detail_of(event)
    return {**msgspec.structs.asdict(event), "detail": detail}


def _row(event: ChainedEvent, kept: dict[str, Any] | None) -> tuple[str, ...]:
    from handraise.core.record import canonical

    erased = f"erased, but for {canonical(kept)}" if kept else "erased"
    detail = erased if event.salt is None else event.detail or ""
    if len(detail) > LONGEST:
        detail = f"{detail[: LONGEST - 1]}…"
    at = event.at[:19].replace("T", " ") + "Z"
    return (str(event.seq), at, event.who, event.kind, event.escalation_id or "", detail)


def _say_report(report: Report) -> None:
    if report.flaw_count:
        say(f"the record is not whole: {counted(report.flaw_count, 'flaw')}", bold=True)
        for flaw in report.flaws:
            say(f"  {flaw.place}: {flaw.what}")
        if report.flaw_count > len(report.flaws):
            say(f"  and {report.flaw_count - len(report.flaws):,} more")
    else:
        say("the record is whole: nothing in it was edited, deleted, put in or moved", bold=True)
    say(f"{counted(report.events, 'event')} in the chain")
    _say_rows(report)
    if report.erased:
        say(f"the details of {counted(report.erased, 'event')} were erased, and redactions say so")
    if report.unsealed:
        unsealed = counted(report.unsealed, "decision")
        say(f"{unsealed} could not be checked: a worker has yet to seal them")


def _say_rows(report: Report) -> None:
    """Say which rows were held against the record."""
    if report.escalations:
        say(
            f"{counted(report.escalations, 'escalation')} held against the events that tell of them"
        )
    if report.decisions:
        say(f"{counted(report.decisions, 'decision')} held against what was recorded")
    if report.drawn:
        drawn = f"{counted(report.drawn, 'decision')} drawn for an audit"
        if report.are_lots_known:
            say(f"{drawn}, each draw made again with the secret; those left out too")
        else:
            say(f"{drawn}: whether by lot could not be checked, the secret is not here")
    if report.outcomes:
        say(f"{counted(report.outcomes, 'outcome')} held against the events that tell of them")


def _say_keys(report: Report, file: Path | None, *, is_trusted: bool) -> None:
    """Say what the signatures cover, and what cannot be told."""
    if report.signed:
        covered = f"{counted(report.signed, 'event')} signed, the last of {report.signed_day}"
        say(f"{counted(report.checkpoints, 'checkpoint')}: {covered}")
    else:
        say("nothing is signed yet: the first day is closed once it is over")
    if not report.is_signed:
        say("signatures were not checked: the secret is not here; name public keys with --keys")
    elif file is not None and not is_trusted:
        say("its signatures were checked with the keys that stand in the file itself:")
        say("name the operation's own with --keys, or anybody may have written it")
    say(CANNOT_BE_TOLD)
