"""Whether the on-call calendars that a table names can be read, and name its people.

Their content is no part of a table: it is read again whenever it changes, without a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handraise.core.table.source import Path, Source
from handraise.core.table.types import CalendarUse, Person
from handraise.errors import Error
from handraise.model import Finding

if TYPE_CHECKING:
    from handraise.core.duty.rota import Rota

CalendarReader = Callable[[str], str]
"""file -> its text; raises an `Error` of ours when it cannot be read."""

AHEAD = timedelta(days=60)


def check_calendars(
    people: dict[str, Person], source: Source, reader: CalendarReader, at: datetime
) -> list[Finding]:
    """Return what is wrong with the calendars of people's hours: errors, and warnings.

    Args:
        people: by id.
        source: the table as it was written.
        reader: reads a calendar file.
        at: now: whether there are shifts ahead depends on it.
    """
    found: list[Finding] = []
    read: dict[str, Rota | None] = {}
    for person in people.values():
        for path, use in zip(_paths(source, person), person.calendars, strict=False):
            if use.file not in read:
                read[use.file] = _read(use.file, path, source, reader, at, found)
            rota = read[use.file]
            if rota is not None:
                found += _check(rota, person, use, path, source)
    return found


def _paths(source: Source, person: Person) -> list[Path]:
    """Return where the calendars of a person's hours stand; nothing where there are none."""
    if not person.calendars:
        return []
    path: Path = ("people", person.id, "hours")
    written = source.data["people"][person.id]["hours"]
    if isinstance(written, dict):
        return [(*path, "calendar")]
    return [(*path, n, "calendar") for n, one in enumerate(written) if isinstance(one, dict)]


def _read(
    file: str,
    path: Path,
    source: Source,
    reader: CalendarReader,
    at: datetime,
    found: list[Finding],
) -> Rota | None:
    """Return the rota of a calendar; None, with a finding, when it cannot be read."""
    # Slow to import, and most tables name no calendar.
    from handraise.core.duty.entries import read_calendar
    from handraise.core.duty.recurrence import CalendarProblem
    from handraise.core.duty.rota import Rota

    try:
        return Rota(read_calendar(reader(file)), at, at + AHEAD)
    except Error as error:
        found.append(source.finding(path, "calendar", error.message, error.hint))
    except CalendarProblem as problem:
        message = f'"{file}" cannot be read as a calendar: {problem}'
        hint = "export it again as iCalendar (.ics)"
        found.append(source.finding(path, "calendar", message, hint))
    return None


def _check(
    rota: Rota,
    person: Person,
    use: CalendarUse,
    path: Path,
    source: Source,
) -> Iterator[Finding]:
    """Yield what is wrong with a calendar for one person."""
    from handraise.core.duty.recurrence import CalendarProblem
    from handraise.core.duty.rota import names_anybody

    try:
        shifts = rota.shifts(person, every_event=use.every_event)
    except CalendarProblem as problem:
        yield source.finding(path, "calendar", f'"{use.file}": {problem}', "mend the event")
        return
    except (OSError, ValueError, KeyError):
        return  # the person's zone is not known, which has a finding of its own
    if shifts:
        return
    if not use.every_event and not names_anybody(rota.calendar, person):
        message = f'no event of "{use.file}" names {person.name}'
        hint = "let events have them as attendee, or their full name or id in the title;"
        hint += " or write events: all"
        yield source.finding(path, "not-named", message, hint, warning=True)
    else:
        message = f'{person.name} has no shift in "{use.file}" in the next {AHEAD.days} days'
        hint = "asks pass them over then; write the rota on"
        yield source.finding(path, "no-shifts", message, hint, warning=True)
