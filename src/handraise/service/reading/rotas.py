"""The on-call calendars of the tables: read beside them, kept in the store, worked out as shifts.

A changed file is in force with the next `refresh`, in every process of the store. One that is
broken or gone changes nothing: the last text that could be read stays in force, and `refresh` says
so until it is mended.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.duty.entries import Calendar, read_calendar
from handraise.core.duty.recurrence import CalendarProblem
from handraise.core.duty.rota import Rota, merged
from handraise.core.table.types import Person, Table
from handraise.errors import InputError
from handraise.model import CalendarRecord
from handraise.service.reading.tables import calendar_text
from handraise.store import Store

BEHIND = timedelta(days=2)
AHEAD = timedelta(days=35)
LEAST_AHEAD = timedelta(days=7)
"""Shifts that were worked out on another day serve as long as they go so far ahead."""

Shifts = tuple[tuple[datetime, datetime], ...]


class _Kept(Struct, frozen=True):
    """A calendar as this process last took it from the store; None where it cannot be read."""

    digest: str
    calendar: Calendar | None


class _WorkedOut(Struct, frozen=True):
    """Everybody's shifts on a table, and of what: its version, the calendars and the window.

    `problems` has the files that cannot be worked out, each with why.
    """

    version: str
    digests: tuple[str | None, ...]
    window: tuple[datetime, datetime]
    shifts: Mapping[str, Shifts | None]
    problems: Mapping[str, str]

    def serves(self, table: Table, now: datetime) -> bool:
        """Whether it tells who is on shift now, and in the days to come."""
        first, last = self.window
        return self.version == table.version and first <= now <= last - LEAST_AHEAD


class Rotas:
    """Keeps the calendars of one store, and who is on shift by them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Begin with the calendars that the store keeps."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._stamps: dict[tuple[str, str], tuple[Path, tuple[int, int, int] | None]] = {}
        self._working = threading.Lock()
        self._worked_out: dict[str, _WorkedOut] = {}
        self._troubles: dict[tuple[str, str], str] = {}
        self._take_up()

    def register(self, table: Table, folder: Path) -> list[str]:
        """Keep the calendars that a table names, and return what is wrong with them, in words.

        Args:
            table: the table.
            folder: where its file lies; the calendars are named from there.
        """
        return self.refresh(table, folder)

    def refresh(self, table: Table, folder: Path | None) -> list[str]:
        """Take up calendars that changed, and return what is wrong with a table's, in words.

        Shifts are worked out anew here where a calendar, the table or the day changed, so that no
        agent waits for it. Cheap where nothing did: call it for every table at least once a minute.

        Args:
            table: whose calendars.
            folder: where its file lies; None where this process has no files: it takes from the
                store what another one read.
        """
        if folder is not None:
            for file in files_of(table):
                self._read(table, file, folder / file)
        self._take_up(table.agent)
        problems = self._work_out(table, self._clock.now()).problems
        with self._lock:
            return [
                words
                for file in files_of(table)
                if (words := self._trouble(table.agent, file, problems.get(file))) is not None
            ]

    def all_shifts(self, table: Table, now: datetime) -> Mapping[str, Shifts | None]:
        """Return the shifts of everybody on a table who has a calendar, sorted and apart.

        They go from two days ago to 35 days ahead as of the last `refresh`: an agent waits for
        them to be worked out only where there are none yet.

        Args:
            table: whose people.
            now: an aware instant.

        Returns:
            By person; None where one of their calendars cannot be read or worked out, so that
            nobody can say whether they are on shift.
        """
        found = self._worked_out.get(table.agent)
        if found is None or not found.serves(table, now):
            found = self._work_out(table, now)
        return found.shifts

    def _work_out(self, table: Table, now: datetime) -> _WorkedOut:
        """Return everybody's shifts by the calendars as they are kept, worked out once a day."""
        window, files = _window(now), files_of(table)
        with self._working:
            with self._lock:
                kept = {file: self._kept.get((table.agent, file)) for file in files}
            digests = tuple(one.digest if one else None for one in kept.values())
            stand = (table.version, digests, window)
            found = self._worked_out.get(table.agent)
            if found is None or (found.version, found.digests, found.window) != stand:
                calendars = {file: one.calendar for file, one in kept.items() if one}
                found = _WorkedOut(*stand, *_everybody(table, calendars, window))
                self._worked_out[table.agent] = found
            return found

    def _read(self, table: Table, file: str, path: Path) -> None:
        """Keep a calendar file where it changed and can be read; else say what is wrong."""
        key, stamp = (table.agent, file), _stamp(path)
        with self._lock:
            if stamp is not None and self._stamps.get(key) == (path, stamp):
                return
        words = None
        try:
            text = calendar_text(path)
            self._try_out(table, file, read_calendar(text))
            self._keep(table.agent, file, text)
        except InputError as error:
            words = error.message
        except CalendarProblem as problem:
            words = f'"{file}" cannot be read as a calendar: {problem}'
        with self._lock:
            if words is None:
                self._troubles.pop(key, None)
                self._stamps[key] = (path, stamp)
            else:
                self._troubles[key] = words
                self._stamps.pop(key, None)  # it is tried again each time

    def _try_out(self, table: Table, file: str, calendar: Calendar) -> None:
        """Refuse a calendar that cannot be worked out for everybody who has it in their hours."""
        rota = Rota(calendar, *_window(self._clock.now()))
        for person in table.people.values():
            for use in person.calendars:
                if use.file == file:
                    rota.shifts(person, every_event=use.every_event)

    def _keep(self, agent: str, file: str, text: str) -> None:
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            kept = self._kept.get((agent, file))
        if kept is None or kept.digest != digest:
            record = CalendarRecord(
                agent=agent, file=file, text=text, digest=digest, read_at=self._clock.now()
            )
            self._store.save_calendar(record)

    def _take_up(self, agent: str | None = None) -> None:
        """Take up what the store keeps, also what another process read."""
        for record in self._store.calendar_records(agent):
            key = (record.agent, record.file)
            with self._lock:
                kept = self._kept.get(key)
            if kept is None or kept.digest != record.digest:
                fresh = _Kept(record.digest, _calendar(record.text))
                with self._lock:
                    self._kept[key] = fresh

    def _trouble(self, agent: str, file: str, problem: str | None) -> str | None:
        """Return what is wrong with a calendar, and what that means; None when nothing is.

        `problem` says why what is kept of it cannot be worked out.
        """
        words = self._troubles.get((agent, file))
        if (agent, file) not in self._kept:
            known = words or f'"{file}" was never read'
            return f"{known}; nobody is on shift by it"
        if problem is not None:
            return f'"{file}" cannot be worked out: {problem}; whom that concerns is on no shift'
        return f"{words}; the rota as it was last read stays in force" if words else None


def shifts_beside(table: Table, folder: Path, now: datetime) -> dict[str, Shifts | None]:
    """Return the shifts of everybody who has a calendar, straight from the files beside a table.

    Args:
        table: whose people.
        folder: where its file lies.
        now: an aware instant.
    """
    calendars = {file: _beside(folder / file) for file in files_of(table)}
    return _everybody(table, calendars, _window(now))[0]


def _beside(path: Path) -> Calendar | None:
    try:
        return _calendar(calendar_text(path))
    except InputError:
        return None


def _window(now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when shifts are worked out: the same for a whole day."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - BEHIND, midnight + timedelta(days=1) + AHEAD


def files_of(table: Table) -> list[str]:
    """Return the calendar files that a table names, each once, in its order."""
    uses = [use.file for person in table.people.values() for use in person.calendars]
    return list(dict.fromkeys(uses))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with a file; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _calendar(text: str) -> Calendar | None:
    try:
        return read_calendar(text)
    except CalendarProblem:
        return None  # kept by a release that could read it


def _everybody(
    table: Table, calendars: Mapping[str, Calendar | None], window: tuple[datetime, datetime]
) -> tuple[dict[str, Shifts | None], dict[str, str]]:
    """Return everybody's shifts, and why files cannot be worked out; each file has one budget."""
    rotas = {file: Rota(one, *window) for file, one in calendars.items() if one is not None}
    problems = {file: "it cannot be read" for file, one in calendars.items() if one is None}
    having = [person for person in table.people.values() if person.calendars]
    found = {person.id: _of_person(person, rotas, problems) for person in having}
    # What was found before it was too much would depend on who was asked for first.
    spent = {file for file, rota in rotas.items() if rota.is_spent}
    unknown = {one.id: None for one in having if any(use.file in spent for use in one.calendars)}
    return found | unknown, problems


def _of_person(
    person: Person, rotas: Mapping[str, Rota], problems: dict[str, str]
) -> Shifts | None:
    """Return a person's shifts by all their calendars; None where one tells nothing."""
    found: list[tuple[datetime, datetime]] = []
    for use in person.calendars:
        if use.file not in rotas:
            return None
        try:
            found += rotas[use.file].shifts(person, every_event=use.every_event)
        except CalendarProblem as problem:
            problems.setdefault(use.file, str(problem))
            return None
    return merged(found)
