"""Looking at how ready a table is, from its file and the store beside it; nothing is made there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from handraise.cli.checklist import say_checklist, texts_of
from handraise.cli.options import kept_signer
from handraise.cli.output import say
from handraise.clock import SystemClock
from handraise.core.table.read import Reading
from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import ReadyRecord, Waiver
from handraise.service.going_live.checklist import lines_of, unsound
from handraise.service.going_live.line import Line
from handraise.service.going_live.proofs import Proofs
from handraise.service.going_live.publishing import VersionLine, version_lines
from handraise.service.going_live.standing import Hold
from handraise.service.going_live.subject import Subject
from handraise.service.going_live.waiving import carried, check_code, joined, waivers_of
from handraise.service.people.instants import instant_of
from handraise.service.reading.learned import LearnedFiles
from handraise.service.reading.tables import read_table
from handraise.settings import SECRET_NAME, Settings
from handraise.store import Store, head_revision, open_store
from handraise.store.upkeep import describe

if TYPE_CHECKING:
    from handraise.service.wiring import Operation

LOOK_EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J"


class Look(Struct, frozen=True, kw_only=True):
    """What was seen at one moment.

    Attributes:
        path: the table's file.
        settings: with the store's place.
        reading: what came of reading it.
        lines: its checklist.
        waivers: what the owner lets stand: carried on, and said now.
        idle: codes that were to be waived now and are not red.
        at: when.
        record: the record in force, of this version or another; None for none.
        signer: who signs for this version; empty while it has errors.
    """

    path: Path
    settings: Settings
    reading: Reading
    lines: tuple[Line, ...]
    waivers: tuple[Waiver, ...] = ()
    idle: tuple[str, ...] = ()
    at: datetime
    record: ReadyRecord | None = None
    signer: str = ""

    @property
    def table(self) -> Table | None:
        """The table; None while it has errors."""
        return self.reading.table

    def table_of(self, version: str) -> Table:
        """Return the table that was looked at; it must be of this version.

        Raises:
            NotReadyError: it is of another one, or has errors.
        """
        if self.table is None or self.table.version != version:
            raise NotReadyError("the table was changed meanwhile", "look at it once more")
        return self.table

    @property
    def is_red(self) -> bool:
        """Whether a line holds it up."""
        return any(line.state == "red" for line in self.lines)


class Looking:
    """Looks at one table, as often as it is asked."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        *,
        proofs: Proofs | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep where the table and its store are.

        Args:
            path: the table's file.
            settings: with the store's place.
            proofs: where claims are proved; by default by z3, as long as it takes.
            wait: waits for some seconds.
        """
        self._path = path
        self._settings = settings
        self._clock = SystemClock()
        self._proofs = proofs or Proofs()
        self._wait = wait
        self._learned = LearnedFiles()
        self._fresh: list[Waiver] = []
        self._ended: Sequence[str] = ()

    def signer(self, table: Table) -> str:
        """Return who signs for a version; see `Readiness.signer`."""
        with _with_records(table, self._path, self._settings) as operation:
            return table.owner if operation is None else operation.readiness.signer(table)

    def fresh_waivers(
        self, table: Table, codes: Sequence[str], reason: str, until: str | None
    ) -> list[Waiver]:
        """Return waivers by whoever signs, as they were written on the command line.

        Raises:
            InputError: one of them cannot be waived, or the reason or the end is not usable.
        """
        if not codes or until is None:
            return []
        now, signer = self._clock.now(), self.signer(table)
        zone = table.people.get(signer, table.people[table.owner]).zone
        ends = instant_of("--until", until, zone, now, is_end=True)
        return waivers_of(codes, signer, reason, ends, now, zone)

    def waive(self, fresh: Sequence[Waiver], ended: Sequence[str]) -> None:
        """Take up waivers from now on, and end earlier ones.

        Raises:
            InputError: what is to end is no line that may be waived.
        """
        for code in ended:
            check_code("--unwaive", code)
        self._fresh, self._ended = [*fresh], ended

    def look(self) -> Look:
        """Return how ready the table is now."""
        reading, now = read_table(self._path), self._clock.now()
        if reading.table is None:
            lines: tuple[Line, ...] = (unsound(reading.findings),)
            record, waivers, signer = None, list[Waiver](), ""
        else:
            hold = standing(reading.table, self._path, self._settings)
            record = hold.record if hold is not None and hold.holds else None
            signer = self.signer(reading.table)
            earlier = [
                one for one in carried(record, reading.table.version, now) if one.by == signer
            ]
            waivers = joined(earlier, self._fresh, self._ended)
            lines = tuple(self._lines(reading, reading.table, waivers, now))
        stand = {line.code for line in lines if line.state == "waived"}
        return Look(
            path=self._path,
            settings=self._settings,
            reading=reading,
            lines=lines,
            waivers=tuple(one for one in waivers if one.line in stand),
            idle=tuple(one.line for one in self._fresh if one.line not in stand),
            at=now,
            record=record,
            signer=signer,
        )

    def _lines(
        self, reading: Reading, table: Table, waivers: Sequence[Waiver], now: datetime
    ) -> list[Line]:
        """Return the checklist; a store that is not there yet, or an older one, holds nothing."""
        opened = _opened(self._settings)
        self._learned.register(table.agent, self._path.parent)
        try:
            subject = Subject(
                table=table,
                findings=reading.findings,
                store=opened,
                now=now,
                place=self._path,
                signer=kept_signer(self._settings, self._path.resolve().parent),
                familiar=self._learned.of(table, wait_s=None),
                proofs=self._proofs,
            )
            return lines_of(subject, waivers)
        finally:
            if opened is not None:
                opened.close()

    def watched(self) -> Look:
        """Look until nothing is red, or Ctrl-C; return what was seen last.

        A terminal is drawn anew; elsewhere each line is printed when it changes.
        """
        last = self.look()
        _redraw(last, None)
        try:
            while last.is_red:
                self._wait(LOOK_EVERY_S)
                look = self.look()
                _redraw(look, last)
                last = look
        except KeyboardInterrupt:
            pass
        return last


def _redraw(look: Look, before: Look | None) -> None:
    people = look.table.people if look.table is not None else {}
    is_terminal = sys.stdout.isatty()
    if is_terminal or before is None:
        if is_terminal:
            sys.stdout.write(CLEAR)
        say_checklist(look.lines, look.reading.findings, people, look.at)
    else:
        known = {(line.code, line.state, line.evidence) for line in before.lines}
        for line in look.lines:
            if (line.code, line.state, line.evidence) not in known:
                say("\n".join([f"{look.at:%H:%M:%S}", *texts_of(line, people, look.at)]))
    sys.stdout.flush()


def _opened(settings: Settings) -> Store | None:
    url = settings.store_url or ""
    return open_store(url) if describe(url)["revision"] == head_revision() else None


def standing(table: Table, path: Path, settings: Settings) -> Hold | None:
    """Return how the agent's newest go-live record stands; nothing is made or registered.

    None where there is none, or none that was signed with the secret of here.
    """
    with _with_records(table, path, settings) as operation:
        return None if operation is None else operation.readiness.hold(table.agent)


def to_drill(table: Table, path: Path, settings: Settings) -> tuple[str, ...] | None:
    """Return the routes of which the checklist of a table wants a drill, by the store as it is.

    None where the store holds no go-live record of the agent.
    """
    from handraise.service.going_live.drilled import routes_to_drill

    with _with_records(table, path, settings) as operation:
        if operation is None:
            return None
        return routes_to_drill(operation.store, table, operation.clock.now(), operation.signer)


def once(table: Table, path: Path, settings: Settings) -> VersionLine | None:
    """Return what became of the version that a file holds; None where it was never signed for."""
    with _with_records(table, path, settings) as operation:
        if operation is None:
            return None
        lines = version_lines(table.agent, operation.store, operation.shelf, operation.readiness)
        found = (line for line in lines if line.version == table.version)
        return next((line for line in found if line.at is not None), None)


@contextmanager
def _with_records(table: Table, path: Path, settings: Settings) -> Iterator[Operation | None]:
    """Yield an operation on a store that holds go-live records of the agent, else None."""
    from handraise.service.wiring import assemble

    url = settings.store_url or ""
    if not _has_records(url, table.agent):
        yield None
        return
    if not url.startswith("sqlite:") and settings.secret_file is None:
        secret_file = path.resolve().parent / SECRET_NAME
        settings = msgspec.structs.replace(settings, secret_file=secret_file)
    operation = assemble([], settings, delivers=False)
    try:
        yield operation
    finally:
        operation.close()


def _has_records(url: str, agent: str) -> bool:
    if describe(url)["revision"] is None:
        return False
    opened = open_store(url)
    try:
        return opened.newest_ready(agent) is not None
    finally:
        opened.close()
