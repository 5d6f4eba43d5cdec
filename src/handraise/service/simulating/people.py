"""The people of a simulation: when each is there, what each has, and who is next.

INVARIANT: `Roster.first` names who `handraise.core.duty.pick` names. It is a copy of that rule for
speed, without its words, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from handraise.core.duty.hours import Shift
from handraise.core.duty.spans import duty_spans, midnights
from handraise.core.table.types import Person, Table
from handraise.model import PersonState

NEVER = float("inf")


class Presence(Struct, frozen=True, kw_only=True):
    """When a person is there, in seconds from the beginning of the simulation.

    Attributes:
        person: who.
        starts: where their duty begins, sorted.
        ends: where it ends, each after its start and before the next.
        midnights: where their days begin, the first at or before 0.
    """

    person: Person
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    midnights: tuple[float, ...]


def presences(
    table: Table,
    shifts: Mapping[str, Sequence[Shift] | None],
    states: Mapping[str, PersonState] | None,
    first: datetime,
    last: datetime,
) -> dict[str, Presence]:
    """Return when everybody on a table is there between two instants.

    Args:
        table: whose people.
        shifts: by person, as their calendars have them; who is not here has none.
        states: how people stand; who has left, is away, has declined or cannot be reached is never
            there. None counts everybody as willing and reachable.
        first: the beginning, aware.
        last: the end, aware.
    """
    return {
        id: presence(
            person, shifts.get(id, ()), first, last, is_there=states is None or _can(states.get(id))
        )
        for id, person in table.people.items()
    }


def presence(
    person: Person,
    shifts: Sequence[Shift] | None,
    first: datetime,
    last: datetime,
    *,
    is_there: bool = True,
) -> Presence:
    """Return when a person is there between two instants; never, where they are not to be asked."""
    origin = first.timestamp()
    spans = duty_spans(person, shifts, first, last) if is_there else ()
    return Presence(
        person=person,
        starts=tuple(start.timestamp() - origin for start, _ in spans),
        ends=tuple(end.timestamp() - origin for _, end in spans),
        midnights=tuple(one.timestamp() - origin for one in midnights(person, first, last)),
    )


def _can(state: PersonState | None) -> bool:
    return (
        state is not None
        and state.active
        and not state.declined
        and not state.away
        and state.reachable
    )


class Worker:
    """One person at work: their clock goes forwards only.

    Attributes:
        id: who.
        heap: what is put to them, what is due first on top: (due, number, ask, turn).
        work: what they are at; None while idle.
        open_asks: how many asks they hold.
        asks_today: how many were put to them since midnight.
        given: how many were put to them.
        answered: how many they answered.
        most_open: the longest backlog.
        full_days: on how many days they came to their limit a day.
        busy: from when to when they worked.
        full: from when to when they could take no more.
    """

    __slots__ = (
        "_capacity_day",
        "_capacity_open",
        "_day",
        "_full_since",
        "_place",
        "answered",
        "asks_today",
        "busy",
        "full",
        "full_days",
        "given",
        "heap",
        "id",
        "most_open",
        "open_asks",
        "presence",
        "work",
    )

    def __init__(self, presence: Presence) -> None:
        """Begin idle, with nothing."""
        self.id = presence.person.id
        self.presence = presence
        self.heap: list[tuple[float, int, Any, int]] = []
        self.work: Any = None
        self.open_asks = self.asks_today = self.given = self.answered = 0
        self.most_open = self.full_days = 0
        self.busy: list[tuple[float, float]] = []
        self.full: list[tuple[float, float]] = []
        self._capacity_day = presence.person.capacity_day
        self._capacity_open = presence.person.capacity_open
        self._place = self._day = 0
        self._full_since: float | None = None

    def is_on_duty(self, now: float) -> bool:
        """Whether they are there."""
        ends = self.presence.ends
        while self._place < len(ends) and ends[self._place] <= now:
            self._place += 1
        return self._place < len(ends) and self.presence.starts[self._place] <= now

    def duty_ends(self, now: float) -> float:
        """Return when the duty of who is there is over; for who is not, `NEVER`."""
        return self.presence.ends[self._place] if self.is_on_duty(now) else NEVER

    def is_full(self, now: float) -> bool:
        """Whether they can take no more: see `handraise.core.duty.standing.at_capacity`."""
        if self._capacity_open is not None and self.open_asks >= self._capacity_open:
            return True
        if self._capacity_day is None:
            return False
        self._to_day(now)
        return self.asks_today >= self._capacity_day

    def give(self, now: float) -> None:
        """Count an ask that is put to them."""
        self._to_day(now)
        self.open_asks += 1
        self.asks_today += 1
        self.given += 1
        self.most_open = max(self.most_open, self.open_asks)
        self.full_days += self.asks_today == self._capacity_day
        if self._full_since is None and self.is_full(now):
            self._full_since = now

    def take(self, now: float) -> None:
        """Count an ask that leaves them, answered or not."""
        self._to_day(now)
        self.open_asks -= 1
        if self._full_since is not None and not self.is_full(now):
            self._no_longer_full(self._full_since, now)

    def finished_at(self, now: float, work_s: float, *, overtime: bool) -> float:
        """Return when work that they begin now is done; `NEVER` where they are not there so long.

        Without overtime it rests while they are off duty.
        """
        starts, ends = self.presence.starts, self.presence.ends
        if overtime:
            return now + work_s
        for place in range(self._place, len(ends)):
            begun = max(starts[place], now)
            if begun + work_s <= ends[place]:
                return begun + work_s
            work_s -= ends[place] - begun
        return NEVER

    def close(self, end: float) -> None:
        """Count what is still going on at the end."""
        self._to_day(end)
        if self.work is not None:
            self.busy.append((self.work.since, end))
        if self._full_since is not None:
            self._no_longer_full(self._full_since, end)

    def _to_day(self, now: float) -> None:
        days = self.presence.midnights
        while self._day + 1 < len(days) and days[self._day + 1] <= now:
            self._day += 1
            self.asks_today = 0
            if self._full_since is not None and not self._is_open_full():
                self._no_longer_full(self._full_since, days[self._day])

    def _is_open_full(self) -> bool:
        return self._capacity_open is not None and self.open_asks >= self._capacity_open

    def _no_longer_full(self, since: float, now: float) -> None:
        self.full.append((since, now))
        self._full_since = None


class Roster:
    """Everybody, and who is next."""

    def __init__(self, table: Table, presences: Iterable[Presence]) -> None:
        """Begin with idle people.

        Args:
            table: whose routes.
            presences: of everybody on it.
        """
        self.workers = {one.person.id: Worker(one) for one in presences}
        self.owner = self.workers[table.owner]
        self._routes = {
            id: tuple(self.workers[one] for one in route.people)
            for id, route in table.routes.items()
        }

    def people(self, route: str) -> tuple[Worker, ...]:
        """Return the people of a route in order; nobody for the reserved route `owner`."""
        return self._routes.get(route, ())

    def first(
        self, route: str, tried: Collection[Worker], never: Collection[Worker], now: float
    ) -> tuple[Worker, bool]:
        """Return who has it next, and whether as the last resort; see `handraise.core.duty.pick`.

        Args:
            route: the route that must agree.
            tried: who has had it.
            never: who may not have it.
            now: seconds from the beginning.
        """
        for worker in self._routes.get(route, ()):
            if worker in tried or worker in never:
                continue
            if worker.is_on_duty(now) and not worker.is_full(now):
                return worker, False
        return self.owner, True
