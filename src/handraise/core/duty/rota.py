"""A person's shifts by an on-call calendar, as stretches of time in UTC.

An event is a person's when it names them by a mail address, their full name or their id, as an
attendee or in its summary. What replaces an event of a series (moved, cancelled, handed to another
person) counts in its place, and names whom it names itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.duty.entries import (
    LONGEST,
    Calendar,
    Entry,
    Length,
    folded,
    instant,
    wall,
    words_in,
    zone_in,
)
from handraise.core.duty.hours import Shift, zone_of
from handraise.core.duty.ical import When
from handraise.core.duty.recurrence import Budget, CalendarProblem, occurrences
from handraise.core.table.types import Person

MOST_DAYS = 200_000
"""How many days may be looked at for the shifts of everybody by one calendar."""

TEXT = 100
"""So many characters looked through for a name, or shifts put in order, cost as much as a day."""

MARGIN = timedelta(days=2)
"""More than any two clocks of the world differ by."""


class Rota:
    """Who is on shift by one calendar within a window; each series is worked out once.

    All that is asked of it draws on one budget: a calendar costs no more for many people.

    Attributes:
        calendar: the calendar.
    """

    def __init__(self, calendar: Calendar, first: datetime, last: datetime) -> None:
        """Keep the calendar and the window; nothing is worked out yet.

        Args:
            calendar: the calendar.
            first: aware; what ends before is left out.
            last: aware; what begins after is left out.
        """
        self.calendar = calendar
        self._first = first
        self._last = last
        self._budget = Budget(MOST_DAYS)
        self._found: dict[tuple[int, tzinfo], dict[int, list[Shift]]] = {}

    @property
    def is_spent(self) -> bool:
        """Whether it was too much to work out: then nobody's shifts by it are known."""
        return self._budget.left < 0

    def shifts(self, person: Person, *, every_event: bool) -> tuple[Shift, ...]:
        """Return a person's shifts that touch the window, as `merged` gives them.

        Args:
            person: whose.
            every_event: whether all of its events are theirs, whomever they name.

        Raises:
            CalendarProblem: an event that concerns them cannot be read, or the calendar repeats too
                often to be worked out.
        """
        names, zone = _Names.of(person), zone_of(person.zone)
        found: list[Shift] = []
        series = self.calendar.series if every_event else names.series_of(self.calendar)
        for entries in series:
            own = [entry for entry in entries if every_event or self._names(names, entry)]
            if own:
                _check(entries)
                worked_out = self._worked_out(entries, zone)
                found += (shift for entry in own for shift in worked_out[id(entry)])
        self._budget.spend(len(found) // TEXT)
        return merged(found)

    def _names(self, names: _Names, entry: Entry) -> bool:
        self._budget.spend(sum(map(len, (*entry.words, *entry.addresses))) // TEXT)
        return names.stand_in(entry)

    def _worked_out(self, entries: tuple[Entry, ...], zone: tzinfo) -> dict[int, list[Shift]]:
        """Return the shifts of each event of a series; `zone` is that of times without one."""
        key = (id(entries), zone)
        if key not in self._found:
            window = Window(self._first, self._last, zone, self._budget)
            self._found[key] = _shifts(entries, window)
        return self._found[key]


def names_anybody(calendar: Calendar, person: Person) -> bool:
    """Whether any event of the calendar names the person."""
    names = _Names.of(person)
    return any(names.stand_in(entry) for entries in names.series_of(calendar) for entry in entries)


def merged(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Return shifts sorted, with those that overlap or touch made one."""
    result: list[Shift] = []
    for start, end in sorted(shifts):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


class Window(Struct, frozen=True):
    """From when to when shifts are wanted, the zone of times without one, and what it may cost."""

    first: datetime
    last: datetime
    zone: tzinfo
    budget: Budget


class _Names(Struct, frozen=True):
    """What a person goes by in a calendar."""

    addresses: frozenset[str]
    words: tuple[str, ...]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, person: Person) -> _Names:
        """Return the names of a person."""
        addresses = {
            folded(contact.removeprefix("mailto:"))
            for contact in person.contacts
            if contact.startswith("mailto:") and not contact.startswith("mailto://")
        }
        words = tuple(sorted({*addresses, folded(person.name), folded(person.id)}))
        either = "|".join(re.escape(word) for word in words)
        # A name is not part of a longer word, a double name or a mail address.
        whole = rf"(?<![\w@-])(?<!\w\.)(?:{either})(?![\w@-])(?!\.\w)"
        return cls(frozenset(addresses), words, re.compile(whole))

    def series_of(self, calendar: Calendar) -> list[tuple[Entry, ...]]:
        """Return the series that may name the person: each has the rarest word of a name."""
        everywhere: Sequence[int] = range(len(calendar.series))
        places: set[int] = set()
        for name in self.words:
            found = [calendar.places.get(word, ()) for word in words_in(name)]
            rarest: Sequence[int] = min(found or [everywhere], key=len)
            places.update(rarest)
        return [calendar.series[place] for place in sorted(places)]

    def stand_in(self, entry: Entry) -> bool:
        """Whether an event names the person."""
        if any(address in self.addresses for address in entry.addresses):
            return True
        return any(
            any(word in text for word in self.words) and self.pattern.search(text) is not None
            for text in entry.words
        )


def _check(entries: tuple[Entry, ...]) -> None:
    """Refuse a series of which a part cannot be read: it may be what hands it to another."""
    for entry in entries:
        if entry.problem is not None:
            raise CalendarProblem(f'the event "{entry.label}" cannot be read: {entry.problem}')


def _shifts(entries: tuple[Entry, ...], window: Window) -> dict[int, list[Shift]]:
    """Return the shifts of each event of a series, what replaces in the place of the replaced."""
    newest = max((entry.sequence for entry in entries if entry.replaces is None), default=0)
    replacing = _newest_replacing(entries, window.zone)
    replaced = [entry.replaces for entry in replacing.values() if entry.replaces is not None]
    standing = {id(entry) for entry in replacing.values()}
    found: dict[int, list[Shift]] = {}
    for entry in entries:
        shifts: Iterable[Shift] = ()
        if entry.is_cancelled:
            pass
        elif entry.replaces is None and entry.sequence == newest:
            shifts = _of_event(entry, replaced, window)
        elif id(entry) in standing:
            shifts = _of_event(replace(entry, rule=None, added=(), removed=()), [], window)
        found[id(entry)] = list(shifts)
    return found


def _newest_replacing(entries: tuple[Entry, ...], zone: tzinfo) -> dict[datetime, Entry]:
    """Return what replaces events of a series, by what; of several revisions the newest."""
    found: dict[datetime, Entry] = {}
    for entry in entries:
        if entry.replaces is not None:
            at = instant(entry.replaces, zone)
            if at not in found or entry.sequence >= found[at].sequence:
                found[at] = entry
    return found


def _of_event(entry: Entry, replaced: list[When], window: Window) -> Iterator[Shift]:
    """Yield the shifts of an event, without the times that are removed or replaced."""
    zone = zone_in(entry.start) or window.zone
    window.budget.spend(1 + len(entry.removed) + len(replaced) + len(entry.added))
    gone = [*entry.removed, *replaced]
    days = {at for at in gone if not isinstance(at, datetime)}
    instants = {instant(at, zone) for at in gone if isinstance(at, datetime)}
    for at, lasts in _times(entry, zone, window):
        start = instant(at, zone)
        end = instant(_later(at, lasts.wall), zone) + lasts.exact
        is_gone = start in instants or wall(at).date() in days
        if start < end and not is_gone and end > window.first and start < window.last:
            yield start, end


def _times(entry: Entry, zone: tzinfo, window: Window) -> Iterator[tuple[When, Length]]:
    """Yield when an event happens near the window, whatever is removed or replaced."""
    first = _bare(window.first) - LONGEST - MARGIN
    last = _bare(window.last) + MARGIN
    begin = wall(entry.start)
    walls: Iterable[datetime] = [begin]
    if entry.rule is not None:
        near = _bare(window.first) - entry.length.wall - entry.length.exact - MARGIN
        walls = occurrences(entry.rule, begin, near, last, window.budget)
    for one in walls:
        at = _like(entry.start, one)
        if one > last or _is_past(at, entry.until, zone):
            break
        if one >= first:
            yield at, entry.length
    for at, lasts in entry.added:
        if first <= wall(at) <= last:
            yield at, lasts


def _bare(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _like(start: When, at: datetime) -> When:
    """Return a time by the clock as a day or a time of the same kind as the first one."""
    return at.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else at.date()


def _later(at: When, by: timedelta) -> datetime:
    """Return a time by the clock, so much later."""
    return (wall(at) + by).replace(tzinfo=zone_in(at))


def _is_past(at: When, until: When | None, zone: tzinfo) -> bool:
    if until is None:
        return False
    if isinstance(until, datetime) and isinstance(at, datetime):
        return instant(at, zone) > instant(until, zone)
    return wall(at).date() > wall(until).date()
