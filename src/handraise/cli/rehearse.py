"""`rehearse`: one exercise with all the named people at once, and its signed protocol."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import (
    DEFAULT_TABLE,
    AsJson,
    OneTable,
    StoreUrl,
    one_table,
    settings_at,
)
from handraise.cli.output import FAILED, note, say, say_json, write_bytes, write_file
from handraise.errors import InputError, TableError

if TYPE_CHECKING:
    from handraise.model import Rehearsal
    from handraise.service.rehearsing.cases import ExerciseCase
    from handraise.service.wiring import Operation
    from handraise.settings import Settings

LOOK_EVERY_S = 0.5
MOST_LINES = 50


def rehearse(
    table: OneTable = DEFAULT_TABLE,
    owner: Annotated[
        str | None,
        typer.Option("--as", metavar="OWNER", help="Who begins or ends it: the table's owner."),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            metavar="FILE",
            help="Its decisions, as YAML or CSV; otherwise the table's tests that stop.",
        ),
    ] = None,
    recorded: Annotated[
        int | None,
        typer.Option(
            "--recorded",
            metavar="N",
            min=1,
            max=200,
            help="Take the newest N real decisions: their proposal and facts, nobody's words.",
        ),
    ] = None,
    per_person: Annotated[
        int,
        typer.Option(
            "--per-person", metavar="N", min=1, max=50, help="At most so many for each, up to 50."
        ),
    ] = 5,
    lasts: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long people have, 1m to 7d.")
    ] = "30m",
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay, and show how far everybody is until its end.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Only list the exercises there were.")
    ] = False,
    end: Annotated[
        str | None, typer.Option("--end", metavar="ID", help="End one before its time.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", metavar="ID", help="Show the protocol of one that has ended."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where the protocol goes: .html, or .pdf by a Chromium (HANDRAISE_BROWSER).",
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option("--verify", metavar="FILE", help="Check a protocol that was written as HTML."),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let the whole team rehearse: questions for all the named people at once, marked as exercise.

    Each answers on their own page, sent through their real contacts; nothing is done, whatever they
    answer, and nothing counts. It ends by itself. The protocol says who answered what and when, and
    where people differ. Ends with 1 when a protocol is not the one that was signed, or with --wait
    when something was left unanswered.
    """
    path = one_table(table)
    settings = settings_at(store, path)
    chosen = [name for name, given in _modes(show, end, protocol, verify).items() if given]
    if len(chosen) > 1:
        raise InputError(f"{chosen[0]} and {chosen[1]}: one at a time")
    if output is not None and protocol is None:
        raise InputError("--output: there is no protocol to write", "--protocol ID names one")
    if cases is not None and recorded is not None:
        raise InputError("--cases and --recorded: one at a time")
    if show:
        _list(settings.store_url or "", as_json=as_json)
    elif verify is not None:
        _verify(verify, path, settings, as_json=as_json)
    elif protocol is not None:
        _protocol(protocol, output, path, settings, as_json=as_json)
    elif end is not None:
        _end(end, owner, path, settings, as_json=as_json)
    else:
        lasts_for = timedelta(seconds=_seconds(lasts))
        begin = _Begin(path=path, owner=owner, file=cases, recorded=recorded, per_person=per_person)
        begin.run(settings, lasts_for, wait=wait, as_json=as_json)


def _modes(
    show: bool, end: str | None, protocol: str | None, verify: Path | None
) -> dict[str, object]:
    return {"--list": show, "--end": end, "--protocol": protocol, "--verify": verify}


def _seconds(lasts: str) -> float:
    from handraise.core.table.units import UnitProblem, seconds

    try:
        return seconds(lasts)
    except UnitProblem as problem:
        raise InputError(f"--for: {problem}") from None


class _Begin:
    """Begins an exercise from what the command line says."""

    def __init__(
        self,
        *,
        path: Path,
        owner: str | None,
        file: Path | None,
        recorded: int | None,
        per_person: int,
    ) -> None:
        self._path = path
        self._owner = owner
        self._file = file
        self._recorded = recorded
        self._per_person = per_person

    def run(self, settings: Settings, lasts: timedelta, *, wait: bool, as_json: bool) -> None:
        """Begin it; with `wait`, stay until its end."""
        from handraise.cli.rehearsed import say_begun, say_protocol, told
        from handraise.service.wiring import assemble

        operation = assemble([self._path], settings, yields=True, may_leave_delivery=True)
        try:
            agent = operation.opened[self._path]
            owner = operation.shelf.current(agent).owner
            if self._owner is None:
                raise InputError("--as: nobody begins it", f"--as {owner}: only the owner may")
            decisions, source = self._cases(operation, agent)
            operation.start()
            rehearsal = operation.rehearsals.start(
                agent,
                self._owner,
                decisions,
                source=source,
                lasts=lasts,
                per_person=self._per_person,
            )
            if not as_json:
                say_begun(operation, rehearsal)
            if wait:
                rehearsal = _waited(operation, rehearsal, as_json=as_json)
            if as_json:
                say_json(told(operation, rehearsal))
            elif not rehearsal.is_open:
                say_protocol(operation.endings.protocol(rehearsal))
            asks = operation.rehearsals.asks(rehearsal.id)
        finally:
            operation.close()
        if wait and not all(ask.kind is not None for ask in asks):
            raise typer.Exit(FAILED)

    def _cases(self, operation: Operation, agent: str) -> tuple[list[ExerciseCase], str]:
        """Return the decisions of the exercise, and where they came from.

        Raises:
            InputError: there are none, or a file cannot be read.
            TableError: a file has findings.
        """
        from handraise.service.rehearsing.cases import exercise_cases
        from handraise.service.rehearsing.recorded import recorded_cases
        from handraise.service.trying.case_files import cases_beside, cases_in

        table = operation.shelf.newest(agent)
        if self._recorded is not None:
            found = recorded_cases(operation.store, agent, self._recorded)
            if not found:
                raise InputError("--recorded: no real decision is recorded", "use --cases FILE")
            return found, f"the newest {len(found)} real decisions"
        if self._file is not None:
            files, source = cases_in([self._file], table), f"the cases in {self._file.name}"
        else:
            files, source = cases_beside(self._path, table), "the table's tests"
        if files.findings:
            raise TableError(files.findings)
        own = () if self._file is not None else table.tests
        return exercise_cases((*own, *files.cases)), source


def _waited(operation: Operation, rehearsal: Rehearsal, *, as_json: bool) -> Rehearsal:
    """Return an exercise once it has ended, or as it stands when Ctrl-C came."""
    from handraise.cli.rehearsed import Scoreboard

    with Scoreboard(operation, rehearsal.id, is_quiet=as_json) as board:
        try:
            while True:
                operation.endings.settle()
                rehearsal = board.show()
                if not rehearsal.is_open:
                    return rehearsal
                time.sleep(LOOK_EVERY_S)
        except KeyboardInterrupt:
            note("it goes on, and ends by itself")
            return rehearsal


def _list(url: str, *, as_json: bool) -> None:
    from handraise.cli.rehearsed import say_list
    from handraise.store import open_store

    opened = open_store(url)
    try:
        found = opened.rehearsals(limit=MOST_LINES)
        asks = {one.id: opened.rehearsal_asks(one.id) for one in found}
    finally:
        opened.close()
    say_list(found, asks, as_json=as_json)


def _end(id: str, owner: str | None, path: Path, settings: Settings, *, as_json: bool) -> None:
    from handraise.cli.rehearsed import told
    from handraise.service.wiring import assemble

    operation = assemble([path], settings, delivers=False)
    try:
        current = operation.shelf.current(operation.opened[path])
        if owner is None:
            raise InputError("--as: nobody ends it", f"--as {current.owner}: only the owner may")
        rehearsal = operation.rehearsals.end(id, owner)
        if as_json:
            say_json(told(operation, rehearsal))
        else:
            say(f"it is over; `handraise rehearse --protocol {id}` says what came of it")
        if not operation.has_worker:
            note("people are told that it is over once `handraise serve` or a worker runs")
    finally:
        operation.close()


def _protocol(
    id: str, output: Path | None, path: Path, settings: Settings, *, as_json: bool
) -> None:
    """Print a protocol, or write it as HTML or PDF."""
    from handraise.cli.rehearsed import say_protocol
    from handraise.service.wiring import assemble

    if output is not None and output.suffix.lower() not in {".html", ".htm", ".pdf"}:
        raise InputError(f"--output: {output} ends in neither .html nor .pdf")
    operation = assemble([path], settings, delivers=False)
    try:
        rehearsal = operation.rehearsals.rehearsal(id)
        found = operation.endings.protocol(rehearsal)
        if output is not None:
            from handraise.service.rehearsing.paper import protocol_html

            html = protocol_html(found, rehearsal.protocol or "", operation.signer)
    finally:
        operation.close()
    if output is None:
        if as_json:
            say_json({"protocol": found, "statement": rehearsal.protocol})
        else:
            say_protocol(found)
        return
    _write(output, html)
    if as_json:
        say_json({"written": str(output)})
    else:
        say(f"{output}: written")


def _write(output: Path, html: str) -> None:
    if output.suffix.lower() != ".pdf":
        write_file(output, html)
        return
    from handraise.service.reporting.pdf import browser_path, pdf_of

    write_bytes(output, pdf_of(html, browser_path(os.environ)))


def _verify(file: Path, path: Path, settings: Settings, *, as_json: bool) -> None:
    """Say whether a page is the protocol that this operation signed; end with 1 when it is not."""
    from handraise.service.rehearsing.paper import checked
    from handraise.service.wiring import assemble

    html = _page(file)
    operation = assemble([path], settings, delivers=False)
    try:
        found = checked(html, operation.signer)
    finally:
        operation.close()
    signed = found.protocol
    if as_json:
        say_json(
            {
                "file": str(file),
                "signed": signed is not None,
                "whole": found.is_whole,
                "rehearsal": signed.id if signed else None,
            }
        )
    elif signed is None:
        say(f"{file}: this operation has signed nothing of it", bold=True)
    elif not found.is_whole:
        say(f"{file}: the page was changed after it was signed", bold=True)
        note(f"the signed protocol in it is whole: rehearsal {signed.id}; write the page anew")
    else:
        say(f"{file}: whole, signed by this operation: rehearsal {signed.id} of {signed.agent}")
    if not found.is_whole:
        raise typer.Exit(FAILED)


def _page(file: Path) -> str:
    """Return what stands in a file that was written as HTML.

    Raises:
        InputError: it cannot be read, or is no HTML: a PDF cannot be checked.
    """
    try:
        # Byte for byte: a line that ends otherwise is a change, too.
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{file}: no page of a protocol", "only the HTML can be checked: --output FILE.html"
        ) from None
