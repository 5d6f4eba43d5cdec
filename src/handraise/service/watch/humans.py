"""The people under watch: whether they read, differ, keep up and are there; figures, fairly.

INVARIANT: the figures of one person are given to that person and to the owner alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.monitor.people import window
from handraise.core.monitor.signals import Signal, SignalKind
from handraise.core.table.types import Table
from handraise.errors import AccessError, Error, NotFoundError
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.watch.answers import (
    READ_WITHIN,
    agreeing_signals,
    read_since,
    unread_signals,
)
from handraise.service.watch.load import (
    WEEK,
    Week,
    backlog_signals,
    capacity_signals,
    late_signals,
)
from handraise.service.watch.people_figures import (
    WITHIN,
    Figures,
    Kept,
    PersonFigures,
    figures_by_group,
    figures_by_person,
)
from handraise.service.watch.presence import empty_route_signals, unaccepted_signals
from handraise.store import Store

log = Log(__name__)


class Humans:
    """Watches the people who answer."""

    kinds: frozenset[SignalKind] = frozenset(
        {"agreeing", "unread", "late", "backlog", "over_capacity", "unaccepted"}
    )
    every = timedelta(minutes=2)

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep where answers, tables and the time are."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Return what is wrong now with how people answer an agent.

        Args:
            agent: whose people.
            now: the present instant.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        started_at = self._in_force_since(table, now)
        since = min(window(started_at, now, READ_WITHIN).since, now - WEEK)
        read = read_since(self._store, agent, since)
        week = Week(self._store, table, read.answers, now)
        directory = self._shelf.directory(agent, rehearsal=False)
        absences = self._store.absences(since=now)
        return [
            *agreeing_signals(self._store, table, read, started_at, now),
            *unread_signals(table, read, started_at, now),
            *late_signals(week),
            *backlog_signals(self._store, week),
            *empty_route_signals(table, directory, absences, now),
            *capacity_signals(week, directory),
            *unaccepted_signals(self._store, self._shelf, table, now),
        ]

    def _in_force_since(self, table: Table, now: datetime) -> datetime:
        record = self._store.ready_record(table.agent, table.version)
        return now - WITHIN if record is None else min(record.at, now)

    def has_before_them(self, escalation_id: str, person: str) -> None:
        """Keep since when a person has an escalation before their eyes; it never fails."""
        try:
            self._store.note_reading(escalation_id, person, self._clock.now())
        except Error as error:
            log.warning("that somebody reads could not be kept", error=error.message)
        except Exception as error:  # noqa: BLE001 - whoever reads must be able to answer
            log.error("that somebody reads could not be kept", places=crash_text(error))

    def figures(self, agent: str, reader: str | None = None) -> Figures:
        """Return the figures of the last four weeks by route and row.

        Args:
            agent: whose people.
            reader: who reads them: what one person alone has answered is shown to that person and
                the owner only. None for everybody, and for whatever is sent or kept.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        return figures_by_group(table, self._kept(table), reader)

    def figures_of(self, agent: str, person: str, reader: str) -> PersonFigures:
        """Return one person's figures of the last four weeks, to that person or the owner.

        Raises:
            NotFoundError: there is no such agent, or nobody of that name on its table.
            AccessError: the reader is somebody else.
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        _check_may_see(table, person, reader)
        since = self._clock.now() - WITHIN
        read = read_since(self._store, agent, since, person)
        missed = self._store.missed_deadlines(agent, since=since)
        return figures_by_person(agent, person, since, read, missed)

    def _kept(self, table: Table) -> Kept:
        now = self._clock.now()
        since = now - WITHIN
        agent = table.agent
        return Kept(
            since=since,
            read=read_since(self._store, agent, since),
            missed=self._store.missed_deadlines(agent, since=since),
            waits={one.route: one for one in self._store.open_by_route(agent, {}, since=since)},
            ended={one.route: one for one in self._store.drained(agent, since=since)},
        )


def _check_may_see(table: Table, person: str, reader: str) -> None:
    if reader not in {person, table.owner}:
        raise AccessError(
            f'the figures of "{person}" are shown to them and to the owner only',
            "your own are on the page of your duties",
        )
    if person not in table.people:
        raise NotFoundError(
            f'there is no "{person}" on the table of {table.agent}', "name one of its people"
        )
