"""How many more people, at which hours, would hold the deadlines: tried out, one by one.

The search is greedy and bounded: at each step it plays every kind of person that might help and
keeps the one that helps most. What it answers was simulated; that nothing less would do is not
shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.types import Person, Span, Table
from handraise.core.table.units import hours, hours_text
from handraise.errors import InputError
from handraise.model import PersonState
from handraise.service.simulating.arrivals import Arrivals, Handling
from handraise.service.simulating.records import (
    Answer,
    HourLoad,
    More,
    Needed,
    RouteLoad,
    Simulated,
)
from handraise.service.simulating.run import Pull
from handraise.service.simulating.simulate import TARGET, Shifts, simulate
from handraise.service.simulating.telling import percent

MOST = 5
MOST_EVER = 50
MOST_ARRIVALS = 50_000
"""The search looks at no more than so many of the last arrivals."""

DAY_H = 8
LEAST_GAIN = 1e-3
"""A person who lowers the share that is late by less than this does not help."""

HINT = (
    ": who stands further down a route is asked when those before them are off duty or at a limit"
    " (such as `capacity: 3 open`), or have let a deadline pass"
)

WEEKS = {"Mon-Fri": range(5), "Sat-Sun": range(5, 7), "Mon-Sun": range(7)}


class _Kind(Struct, frozen=True, kw_only=True):
    """A kind of person that might help, and their hours as they are written."""

    person: Person
    hours: str


class _Trial(Struct, frozen=True, kw_only=True):
    """What stays the same in all trials; the arguments are those of `simulate`."""

    arrivals: Arrivals
    handling: Handling
    repetitions: int
    seed: int
    shifts: Shifts
    states: Mapping[str, PersonState]
    pull: Pull
    acknowledge_delay_s: float | None
    overtime: bool
    target: float
    zone: str

    def play(self, table: Table) -> Simulated:
        """Return what becomes of the asks with the people of a table."""
        return simulate(
            table,
            self.arrivals,
            self.handling,
            repetitions=self.repetitions,
            seed=self.seed,
            shifts=self.shifts,
            states={**dict.fromkeys(table.people, PersonState()), **self.states},
            pull=self.pull,
            acknowledge_delay_s=self.acknowledge_delay_s,
            overtime=self.overtime,
            target=self.target,
            zone=self.zone,
        )

    def load(self, table: Table, route: str) -> RouteLoad:
        """Return what becomes of a route's asks; it has some."""
        return next(one for one in self.play(table).routes if one.route == route)


def people_needed(
    table: Table,
    arrivals: Arrivals,
    handling: Handling,
    *,
    target: float = TARGET,
    most: int = MOST,
    repetitions: int = 3,
    seed: int = 0,
    shifts: Shifts | None = None,
    states: Mapping[str, PersonState] | None = None,
    pull: Pull = "own",
    acknowledge_delay_s: float | None = None,
    overtime: bool = True,
    zone: str = "UTC",
) -> Answer:
    """Return for each route how many more people, at which hours, would hold its deadlines.

    People with the hours of those who are there are tried, and people who are there for eight hours
    when most asks are late, without holidays; they stand last on the route, and have the capacity
    of its first person. Of more than 50,000 arrivals the last are looked at.

    Args:
        table: whose people and deadlines.
        arrivals: as for `simulate`.
        handling: as for `simulate`.
        target: the share of asks for which each deadline is to be held, in (0, 1].
        most: how many people more for a route are tried at most, 1 to 50.
        repetitions: how often each trial is played, 1 to 1000.
        seed: of what is drawn.
        shifts: as for `simulate`.
        states: as for `simulate`; those who are added are there.
        pull: as for `simulate`.
        acknowledge_delay_s: as for `simulate`.
        overtime: as for `simulate`.
        zone: the IANA zone of the hours that are proposed where most asks are late.

    Raises:
        InputError: something given cannot be used; the message says what.
    """
    if not 1 <= most <= MOST_EVER:
        raise InputError(f"most: {most}", f"give 1 to {MOST_EVER} people")
    gone = PersonState(active=False)
    trial = _Trial(
        arrivals=_last(arrivals),
        handling=handling,
        repetitions=repetitions,
        seed=seed,
        shifts=shifts or {},
        states={} if states is None else {id: states.get(id, gone) for id in table.people},
        pull=pull,
        acknowledge_delay_s=acknowledge_delay_s,
        overtime=overtime,
        target=target,
        zone=zone,
    )
    now = trial.play(table)
    found: list[Needed] = []
    for load in now.routes:
        if load.route in table.routes:
            table, needed = _needed(table, trial, load.route, most)
            found.append(needed)
    return Answer(
        target=target,
        asks=now.asks,
        most=most,
        routes=tuple(found),
        holds=all(one.holds for one in found),
    )


def _last(arrivals: Arrivals) -> Arrivals:
    handling_s = arrivals.handling_s
    return replace(
        arrivals,
        at=arrivals.at[-MOST_ARRIVALS:],
        which=arrivals.which[-MOST_ARRIVALS:],
        handling_s=None if handling_s is None else handling_s[-MOST_ARRIVALS:],
    )


def _needed(table: Table, trial: _Trial, route: str, most: int) -> tuple[Table, Needed]:
    """Return the table with the people that a route needs, and what they are."""
    before = now = trial.load(table, route)
    added: list[tuple[_Kind, float]] = []
    while not _holds(now) and len(added) < most:
        kinds = list(_kinds(table, route, now, trial.zone))
        tables = [_with(table, route, kind.person) for kind in kinds]
        loads = [trial.load(one, route) for one in tables]
        best = min(range(len(kinds)), key=lambda place: _late(loads[place]))
        if _late(loads[best]) > _late(now) - LEAST_GAIN:
            break
        table, now = tables[best], loads[best]
        added.append((kinds[best], _late(now)))
    more = tuple(_together(added))
    return table, Needed(
        route=route,
        late=_late(before),
        more=more,
        late_then=_late(now),
        holds=_holds(now),
        sentence=_sentence(route, before, now, more, trial),
    )


def _holds(load: RouteLoad) -> bool:
    return load.acknowledge_held and load.decide_held


def _late(load: RouteLoad) -> float:
    return max(load.late_to_acknowledge.value or 0.0, load.late_to_decide.value or 0.0)


def _kinds(table: Table, route: str, load: RouteLoad, zone: str) -> Iterator[_Kind]:
    """Yield the kinds of people that might help: like those there, and when most asks are late."""
    there = [table.people[id] for id in table.routes[route].people]
    number = sum(id.startswith(f"{route}+") for id in table.people) + 1
    blank = replace(
        there[0], id=f"{route}+{number}", name="", contacts=(), calendars=(), holidays=None
    )
    written = [(hours_text(one.hours), one.hours, one.zone) for one in there if not one.calendars]
    written += [(text, hours(text), zone) for text in _when_most_are_late(load.hours)]
    seen: set[tuple[tuple[Span, ...], str]] = set()
    for text, spans, where in written:
        if (spans, where) not in seen:
            seen.add((spans, where))
            yield _Kind(person=replace(blank, hours=spans, zone=where), hours=text)


def _when_most_are_late(loads: tuple[HourLoad, ...]) -> Iterator[str]:
    """Yield for each kind of week the eight hours at which most asks are late."""
    late = np.array([one.late for one in loads]).reshape(7, 24)
    for name, days in WEEKS.items():
        by_hour = late[list(days)].sum(axis=0)
        blocks = [np.roll(by_hour, -start)[:DAY_H].sum() for start in range(24)]
        start = int(np.argmax(blocks))
        end = (start + DAY_H) % 24 or 24
        yield f"{name} {start:02d}:00-{end:02d}:00"


def _with(table: Table, route: str, person: Person) -> Table:
    old = table.routes[route]
    grown = replace(old, people=(*old.people, person.id))
    return replace(
        table,
        people={**table.people, person.id: person},
        routes={**table.routes, route: grown},
    )


def _together(added: list[tuple[_Kind, float]]) -> Iterator[More]:
    """Yield those of the same hours as one, in the order in which the first of them was added."""
    kinds: dict[tuple[str, str], list[float]] = {}
    for kind, late in added:
        kinds.setdefault((kind.hours, kind.person.zone), []).append(late)
    for (text, zone), lates in kinds.items():
        yield More(count=len(lates), hours=text, zone=zone, late=lates[-1])


def _sentence(
    route: str, before: RouteLoad, now: RouteLoad, more: tuple[More, ...], trial: _Trial
) -> str:
    held = f"both deadlines for {percent(trial.target)} of its asks"
    if _holds(before):
        return f"{route} needs nobody more: {held} are held"
    kinds = " and ".join(f"{one.count} more ({one.hours}, {one.zone})" for one in more)
    late, late_then = percent(_late(before)), percent(_late(now))
    if _holds(now):
        return f"{route} needs {kinds} to hold {held}: {late} are late now, {late_then} would be"
    tried = f"with {kinds} {late_then} would still be late" if more else f"nobody helped{HINT}"
    return f"{route} does not hold {held} with what was tried: {late} are late now; {tried}"
