"""How the parts are put together: one store, its tables, and everything that serves them.

INVARIANT: nothing is opened in which somebody on a table could never be told, or in which two files
disagree about one agent.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from handraise.channels.push import WebPush, subject_of
from handraise.channels.senders import AppriseSender, ConsoleSender, Sender
from handraise.clock import Clock, SystemClock
from handraise.core.table.types import Table
from handraise.errors import Error, InputError, SettingsError
from handraise.model import DecisionRecord
from handraise.service.access.door import Door, UnsealingSender
from handraise.service.access.identities import Identities
from handraise.service.access.limits import Limits
from handraise.service.access.passkeys import Passkeys
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.recorder import Recorder
from handraise.service.deciding.stops import Stops
from handraise.service.desk import Desk
from handraise.service.drills import Drills
from handraise.service.extras import need_push
from handraise.service.figures.counting import Figures
from handraise.service.going_live.checklist import Checklists
from handraise.service.going_live.lapsing import EVERY as LAPSES_EVERY
from handraise.service.going_live.lapsing import Lapses
from handraise.service.going_live.readiness import Readiness
from handraise.service.granting.keeping import Granting
from handraise.service.inbox import Inbox
from handraise.service.logs import Log, crash_text
from handraise.service.oversight import Oversight
from handraise.service.people.roster import Roster
from handraise.service.reach import check_reachable
from handraise.service.reading.shelf import Shelf
from handraise.service.reading.tables import open_table, tables_in
from handraise.service.recording.record import Record
from handraise.service.rehearsing.ending import Endings
from handraise.service.rehearsing.rehearsals import Rehearsals
from handraise.service.secrets import Signer, read_or_make
from handraise.service.slack.app import SETTLES_EVERY, slack_app
from handraise.service.telling.address import Address
from handraise.service.telling.post import Post
from handraise.service.telling.pushing import Pushing
from handraise.service.telling.wording import alarm
from handraise.service.walls import Walls
from handraise.service.working.mover import Mover
from handraise.service.working.upkeep import CalendarWatch, Paced, Turn
from handraise.service.working.watching import Watching
from handraise.service.working.worker import LAST_DELIVERY_S, LEASE, LEASE_S, Worker
from handraise.settings import DATABASE_NAME, REHEARSAL_DATABASE_NAME, SECRET_NAME, Settings
from handraise.store import Store, open_store

LAST_MESSAGES_S = 10.0
LAST_PUSHES_S = 2.0
PUSHES_TIDIED_EVERY = timedelta(minutes=1)
MAX_COUNTED = 10_000
CALENDARS_EVERY = timedelta(seconds=10)
SWEPT_EVERY = timedelta(hours=1)

log = Log(__name__)


class Operation:
    """Everything that serves one store and its tables."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        signer: Signer,
        sender: Sender,
        *,
        rehearsal: bool,
        yields: bool,
    ) -> None:
        """Wire the parts; nothing runs before `start`."""
        self.store = store
        self.settings = settings
        self.clock = clock
        self.signer = signer
        self.rehearsal = rehearsal
        self.shelf = Shelf(store, clock, practice=rehearsal)
        self.calendars = CalendarWatch(store, self.shelf, clock)
        told = None if settings.base_url else store.told_address
        self.address = address = Address(settings.address, told)
        self.passkeys = Passkeys(store, self.shelf, clock, signer, address)
        self.desk = Desk(store, self.shelf, clock, address, self.passkeys)
        self.inbox = Inbox(store, self.shelf, clock, rehearsal=rehearsal)
        self.door = Door(store, self.shelf, clock, signer, address)
        self.limits = Limits(store, clock, signer)
        self.identities = Identities(store, self.shelf, clock)
        self.readiness = Readiness(store, self.shelf, signer, clock)
        self.shelf.believe(self.readiness.is_ours)
        self.opened: dict[Path, str] = {}
        self.checklists = Checklists(store, self.shelf, clock, signer, self.opened)
        self.granting = Granting(store, signer, clock)
        self.walls = Walls(store, self.shelf, clock, self.readiness, address)
        self.recorder = Recorder(store, self._conflict, self._refused)
        self.stops = Stops(store, self.shelf, clock, address)
        self.watching = Watching(store, self.shelf, clock, self.stops)
        self.slack = slack_app(
            settings,
            store=store,
            shelf=self.shelf,
            clock=clock,
            signer=signer,
            address=address,
            desk=self.desk,
            rehearsal=rehearsal,
        )
        reaching = self.slack.sender(sender) if self.slack is not None else sender
        outgoing = UnsealingSender(reaching, self.door)
        self.post = Post(store, self.shelf, clock, outgoing, address, rehearsal=rehearsal)
        self.pushing = Pushing(
            store,
            self.shelf,
            clock,
            signer,
            WebPush(lambda: subject_of(settings.push_contact, address.url), settings.push_hosts),
        )
        self.post.beside = self.pushing.tell
        self.drills = Drills(store, self.shelf, clock, self.stops, address)
        self.endings = Endings(store, self.shelf, clock, signer, address)
        self.rehearsals = Rehearsals(store, self.shelf, clock, self.endings, address)
        self.mover = Mover(store, self.shelf, clock, address)
        self.roster = Roster(store, self.shelf, clock, signer, address)
        self.worker = Worker(
            store, self.shelf, clock, self.post, self.watching, self.mover, yields=yields
        )
        self.record = Record(store, signer, clock)
        self.roster.on_change = self.mover.move_from
        self.lapses = Lapses(store, self.shelf, self.readiness, clock)
        over = Oversight(store, self.shelf, clock, address, settings.heartbeat_url, self._is_live)
        self.audits, self.asking, self.estimating = over.audits, over.asking, over.estimating
        self.rates, self.humans, self.outside = over.rates, over.humans, over.outside
        self.watch, self.alarms, self.pictures = over.watch, over.alarms, over.pictures
        self.summaries, self.advising = over.summaries, over.advising
        self.figures = Figures(store, self.shelf, clock)
        self.worker.upkeep = (
            Paced(self.calendars.look, CALENDARS_EVERY, clock),
            self.drills.settle,
            self.endings.settle,
            self.record.tick,
            Paced(self.limits.sweep, SWEPT_EVERY, clock),
            Paced(self.identities.sweep, SWEPT_EVERY, clock),
            Paced(self.passkeys.sweep, SWEPT_EVERY, clock),
            Paced(self.lapses.look, LAPSES_EVERY, clock),
            *self._slack_turns(),
            Paced(self.pushing.tidy, PUSHES_TIDIED_EVERY, clock),
            # A rehearsal has its own store, asks nobody to confirm anything, and is not watched.
            *(() if rehearsal else (self.roster.tick, *over.turns())),
        )
        self.stops.on_kept = self.worker.wake
        self.gates: dict[str, EmbeddedGate] = {}
        self._yields = yields
        self._leaves_delivery = False
        self._started = False
        self._closed = False
        self._process = os.getpid()

    def _slack_turns(self) -> Sequence[Turn]:
        """Return what a worker does of what stands in Slack."""
        if self.slack is None:
            return ()
        return (Paced(self.slack.settling.tick, SETTLES_EVERY, self.clock),)

    def _is_live(self, agent: str) -> bool:
        """Whether an agent's table is in force, or was until it ended."""
        return self.readiness.hold(agent) is not None

    def open(self, path: Path) -> EmbeddedGate:
        """Register the table in a file and return its agent's gate.

        Raises:
            InputError: the file cannot be read, or another file holds a table of the same agent.
            TableError: it has findings that are errors.
        """
        table, reading = open_table(path)
        for other, agent in self.opened.items():
            if agent == table.agent and other != path:
                raise InputError(
                    f"{path}: {other} is a table of {agent} too", "one agent has one table"
                )
        self.shelf.register(table, reading, path.name)
        self.shelf.learned.register(table.agent, path.parent)
        self.calendars.folders[table.agent] = path.parent
        self.shelf.rotas.register(table, path.parent)
        self.opened[path] = table.agent
        return self.add(table)

    def face(self, place: Path) -> EmbeddedGate:
        """Return the gate of a table file; closing it closes the operation.

        Raises:
            InputError: it is a folder with several tables.
        """
        paths = tables_in([place])
        if len(paths) != 1:
            raise InputError(f"{place}: holds {len(paths)} tables", "name the file of one agent")
        gate = self.gates[self.opened[paths[0]]]
        gate.on_close = self.close
        return gate

    def add(self, table: Table) -> EmbeddedGate:
        """Return the gate of a registered table."""
        gate = EmbeddedGate(
            table,
            store=self.store,
            shelf=self.shelf,
            clock=self.clock,
            stops=self.stops,
            readiness=self.readiness,
            recorder=self.recorder,
            watching=self.watching,
            granting=self.granting,
            address=self.address,
            lots_key=self.signer.lots_key,
            rehearsal=self.rehearsal,
        )
        self.gates[table.agent] = gate
        return gate

    def _conflict(self, record: DecisionRecord) -> None:
        """Tell the owner that two processes used one key for two decisions; both went ahead."""
        self._alarm(
            record,
            "A key was used twice",
            f'The key "{record.key}" was used for two different decisions at the same moment, '
            "by two processes of the agent. Both went ahead: each was allowed by the table.",
            "Please see to how the agent makes its keys.",
        )

    def _refused(self, record: DecisionRecord) -> None:
        """Tell the owner of a decision that went ahead and is not in the records."""
        self._alarm(
            record,
            "A decision could not be recorded",
            f"A decision went ahead at {record.decided_at:%Y-%m-%d %H:%M:%S} UTC, and the "
            f"database refused its record. Its id is {record.id}.",
            "The table allowed it. Please report this: it is a fault of Handraise.",
        )

    def _alarm(self, record: DecisionRecord, subject: str, *lines: str) -> None:
        table = self.shelf.current(record.agent)
        owner = table.people[table.owner]
        self.store.add_messages([alarm(record.agent, owner, subject, lines, self.clock.now())])

    def tell_address(self) -> None:
        """Tell the store that people reach the pages at this process's own address.

        Raises:
            StoreError: it cannot be kept.
        """
        self.store.tell_address(self.address.keep_own(), self.clock.now())

    @property
    def has_worker(self) -> bool:
        """Whether the worker of some process, of whichever, runs on the store."""
        return self.store.is_leased(LEASE, self.clock.now(), LEASE_S)

    def leave_delivery(self) -> None:
        """Leave deadlines and messages to the worker of another process: `start` starts none."""
        self._leaves_delivery = True

    def start(self) -> None:
        """Start the worker."""
        if self._leaves_delivery:
            return
        self._started = True
        self.worker.start()

    def close(self, patience_s: float = LAST_MESSAGES_S) -> None:
        """Stop the worker, write and send what waits, close the store; a second call does nothing.

        In a process that was forked it does nothing either: there, nothing of this works.

        Args:
            patience_s: how long to wait for the last messages; a channel that hangs must not keep
                the agent from ending.

        Raises:
            StoreError: decisions that went ahead could not be recorded.
        """
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        atexit.unregister(self.close)
        self.worker.stop(min(patience_s, LAST_DELIVERY_S))
        try:
            self.recorder.close()
        finally:
            self._send_the_rest(patience_s)
            self.pushing.close(LAST_PUSHES_S)
            self.store.close()

    def _send_the_rest(self, patience_s: float) -> None:
        """Send what waits: nobody may come after the worker that an agent's process had.

        While another process's worker is at it, that is left to it.
        """
        if not (self._started and self._yields) or self.worker.rests:
            return
        until = self.clock.now() + timedelta(seconds=patience_s)
        sending = threading.Thread(
            target=self._sent, args=(until,), name="handraise-post", daemon=True
        )
        sending.start()
        sending.join(patience_s)
        try:
            waiting = len(self.store.messages(state="pending", limit=MAX_COUNTED))
        except Error as error:
            log.error("what waits could not be counted", error=error.message)
        else:
            if waiting:
                log.error("messages wait until a worker runs again", waiting=waiting)

    def _sent(self, until: datetime) -> None:
        try:
            self.post.deliver(until=until)
        except Error as error:
            log.error("messages could not be sent", error=error.message)
        except Exception as error:  # noqa: BLE001 - closing goes on
            log.critical("messages could not be sent", places=crash_text(error))


def assemble(
    tables: Sequence[Path],
    settings: Settings,
    *,
    clock: Clock | None = None,
    rehearsal: bool = False,
    sender: Sender | None = None,
    yields: bool = False,
    delivers: bool = True,
    may_leave_delivery: bool = False,
) -> Operation:
    """Return the operation of some tables, its store opened and migrated.

    Args:
        tables: files, or folders of them; none serves what the store knows already.
        settings: what differs from machine to machine.
        clock: the time; by default the machine's.
        rehearsal: marks everything as practice.
        sender: takes messages to people; by default as the settings say.
        yields: whether the worker rests while another holds the lease.
        delivers: whether this process must be able to reach the people.
        may_leave_delivery: whether it need not while another process's worker runs on the store:
            for commands that end soon.

    Raises:
        InputError: a file cannot be read, or there is no table.
        TableError: a table has findings that are errors.
        SettingsError: a setting is missing; for one, when somebody could not be reached.
        StoreError: the store cannot be opened.
    """
    if settings.push_hosts or settings.push_contact:
        need_push()
    paths = _named_files(tables, settings)
    beside = paths[0].resolve().parent if paths else Path.cwd()
    name = REHEARSAL_DATABASE_NAME if rehearsal else DATABASE_NAME
    url = settings.store_url or f"sqlite:///{beside / name}"
    store = open_store(url, migrate=True)
    try:
        signer = _signer(settings, settings.secret_file or secret_place(url, beside))
        chosen = sender or (ConsoleSender() if settings.console else AppriseSender(settings.mail))
        operation = Operation(
            store,
            settings,
            clock or SystemClock(),
            signer,
            chosen,
            rehearsal=rehearsal,
            yields=yields,
        )
        if rehearsal:
            _check_not_live(operation)
        for path in paths:
            operation.open(path)
        for agent in operation.shelf.agents():
            if agent not in operation.gates:
                operation.add(operation.shelf.current(agent))
        if not operation.gates:
            raise InputError("the store knows no table yet", "name a table file")
        if delivers and sender is None and not settings.console:
            _check_delivery(operation, may_leave=may_leave_delivery, is_beside=yields)
    except BaseException:
        store.close()
        raise
    return operation


def _named_files(tables: Sequence[Path], settings: Settings) -> list[Path]:
    """Return the table files that were named, each of which is there."""
    paths = tables_in(list(tables))
    if not paths and settings.store_url is None:
        raise InputError("no table was named", "name a table file, or the store that knows it")
    for path in paths:
        if not path.is_file():
            raise InputError(
                f"{path}: there is no such file", "`handraise init` writes a table to begin with"
            )
    return paths


def _check_not_live(operation: Operation) -> None:
    """Refuse to practise in a store that serves live work: its messages would be taken.

    Raises:
        SettingsError: an agent's table is in force in it.
    """
    for agent in operation.shelf.agents():
        if operation.readiness.hold(agent) is not None:  # one that has ended is live work too
            raise SettingsError(
                f"this store serves live work: a table of {agent} is in force in it",
                "rehearse in a store of its own; without --store there is one beside the table",
            )


def _signer(settings: Settings, file: Path) -> Signer:
    """Return the signer of the secrets that were set, or else of those in a file, made if need be.

    Raises:
        SettingsError: a secret is too short, or the file cannot be kept.
    """
    return Signer(settings.secret) if settings.secret else Signer(read_or_make(file), file)


def secret_place(url: str, beside: Path) -> Path:
    """Return where the secret is kept: beside an SQLite file, otherwise beside the table."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).resolve().parent / SECRET_NAME
    return beside / SECRET_NAME


def _check_delivery(operation: Operation, *, may_leave: bool, is_beside: bool) -> None:
    """Refuse to start where neither this process nor, if it may, another one tells people.

    A gate may not leave it by itself to a server that runs just now: once that stops, its own
    worker would take over, and could tell nobody. Whoever opens it says so: `worker=False`.

    Raises:
        SettingsError: names the person and the remedies, never a secret.
    """
    try:
        check_reachable(
            operation.shelf.people_to_be(),
            operation.settings.mail,
            has_slack=operation.slack is not None,
        )
    except SettingsError as error:
        if not may_leave:
            if not (is_beside and operation.has_worker):
                raise
            remedy = (
                "a server runs on this store: leave messages to it with `handraise.open(..., "
                "worker=False)`, or ask it over HTTP with `handraise.connect`; or " + error.hint
            )
            raise SettingsError(error.message, remedy) from None
        if not operation.has_worker:
            remedy = f"start `handraise serve`, which tells people; or {error.hint}"
            raise SettingsError(error.message, remedy) from None
        operation.leave_delivery()
