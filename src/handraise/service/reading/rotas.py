"""The on-call calendars of the tables: read beside them, kept in the store, worked out as shifts.

A changed file is in force with the next `refresh`, in every process of the store. One that is
broken or gone changes nothing: the last text that could be read stays in force, and `refresh` says
so until it is mended.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.duty.entries import Calendar, read_calendar
from handraise.core.duty.recurrence import CalendarProblem
from handraise.core.duty.rota import merged, shifts_of
from handraise.core.table.types import Person, Table
from handraise.errors import InputError
from handraise.model import CalendarRecord
from handraise.service.reading.tables import calendar_text
from handraise.store import Store

BEHIND = timedelta(days=2)
AHEAD = timedelta(days=35)
Shifts = tuple[tuple[datetime, datetime], ...]


class _Kept(Struct, frozen=True):
    """A calendar as this process last took it from the store; None where it cannot be read."""

    digest: str
    calendar: Calendar | None


class Rotas:
    """Keeps the calendars of one store, and who is on shift by them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Begin with the calendars that the store keeps."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._stamps: dict[tuple[str, str], tuple[Path, tuple[int, int, int] | None]] = {}
        self._worked_out: dict[tuple[str, str], tuple[object, Shifts | None]] = {}
        self._of_tables: dict[str, tuple[object, Mapping[str, Shifts | None]]] = {}
        self._named: dict[str, tuple[str, list[str]]] = {}
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

        Cheap where nothing changed. Call it for every table at least once a minute.

        Args:
            table: whose calendars.
            folder: where its file lies; None where this process has no files: it takes from the
                store what another one read.
        """
        if folder is not None:
            for file in files_of(table):
                self._read(table, file, folder / file)
        self._take_up(table.agent)
        with self._lock:
            return [
                words
                for file in files_of(table)
                if (words := self._trouble(table.agent, file)) is not None
            ]

    def shifts(self, agent: str, person: Person, now: datetime) -> Shifts | None:
        """Return a person's shifts from two days ago to 35 days ahead, sorted and apart.

        Args:
            agent: whose table names the calendars.
            person: who, as they stand on that table.
            now: an aware instant.

        Returns:
            Empty without a calendar in their hours; None where one of them cannot be read, so that
            nobody can say whether they are on shift.
        """
        if not person.calendars:
            return ()
        first, last = _window(now)
        key = (agent, person.id)
        with self._lock:
            kept = [self._kept.get((agent, use.file)) for use in person.calendars]
            stand = (person, first, tuple(one.digest if one else None for one in kept))
            found = self._worked_out.get(key)
            if found is not None and found[0] == stand:
                return found[1]
        shifts = _worked_out(person, kept, first, last)
        with self._lock:
            self._worked_out[key] = (stand, shifts)
        return shifts

    def all_shifts(self, table: Table, now: datetime) -> Mapping[str, Shifts | None]:
        """Return the shifts of everybody on a table who has a calendar, each as `shifts` does.

        Args:
            table: whose people.
            now: an aware instant.
        """
        with self._lock:
            kept = [self._kept.get((table.agent, file)) for file in self._files(table)]
            stand = (
                table.version,
                _window(now),
                tuple(one.digest if one else None for one in kept),
            )
            found = self._of_tables.get(table.agent)
            if found is not None and found[0] == stand:
                return found[1]
        shifts = {
            id: self.shifts(table.agent, person, now)
            for id, person in table.people.items()
            if person.calendars
        }
        with self._lock:
            self._of_tables[table.agent] = (stand, shifts)
        return shifts

    def _files(self, table: Table) -> list[str]:
        """Return the calendar files that a table names; looked up once for each version."""
        known = self._named.get(table.agent)
        if known is None or known[0] != table.version:
            known = self._named[table.agent] = (table.version, files_of(table))
        return known[1]

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
        first, last = _window(self._clock.now())
        for person in table.people.values():
            for use in person.calendars:
                if use.file == file:
                    shifts_of(calendar, person, first, last, every_event=use.every_event)

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

    def _trouble(self, agent: str, file: str) -> str | None:
        """Return what is wrong with a calendar, and what that means; None when nothing is."""
        words = self._troubles.get((agent, file))
        if (agent, file) not in self._kept:
            known = words or f'"{file}" was never read'
            return f"{known}; nobody is on shift by it"
        return f"{words}; the rota as it was last read stays in force" if words else None


def shifts_beside(table: Table, folder: Path, now: datetime) -> dict[str, Shifts | None]:
    """Return the shifts of everybody who has a calendar, straight from the files beside a table.

    Args:
        table: whose people.
        folder: where its file lies.
        now: an aware instant.
    """
    kept = {file: _Kept("", _beside(folder / file)) for file in files_of(table)}
    return {
        id: _worked_out(person, [kept[use.file] for use in person.calendars], *_window(now))
        for id, person in table.people.items()
        if person.calendars
    }


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


def _worked_out(
    person: Person, kept: Sequence[_Kept | None], first: datetime, last: datetime
) -> Shifts | None:
    found: list[tuple[datetime, datetime]] = []
    for use, one in zip(person.calendars, kept, strict=True):
        if one is None or one.calendar is None:
            return None
        try:
            found += shifts_of(one.calendar, person, first, last, every_event=use.every_event)
        except CalendarProblem:
            return None
    return merged(found)
