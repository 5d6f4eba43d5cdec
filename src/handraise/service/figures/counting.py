"""The figures of an agent for a period: counted from the store, what is over once only.

INVARIANT: what is about one person alone (their own figures, and those of a route or condition that
nobody else answered) is given to that person and to the owner, and to nobody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.table.types import Table
from handraise.errors import NotFoundError, SchemaError
from handraise.service.figures.periods import PERIODS, Stretch, stretches
from handraise.service.figures.pieces import (
    ALL,
    Piece,
    of_condition,
    of_person,
    of_route,
    piece_of,
)
from handraise.service.figures.stops import Stops, stops_of
from handraise.service.figures.times import Times, times_of
from handraise.service.plots.drawing import Kept
from handraise.service.reading.shelf import Shelf
from handraise.service.watch.rate_figures import Seen
from handraise.store import Store
from handraise.store.spans import Standing

SETTLED_AFTER = timedelta(minutes=10)
"""So long after its end a stretch may still be written to, by a transaction that takes its time."""

MOST_KEPT = 2_000
OVERRIDES = ("change", "reject")


class Answers(Struct, frozen=True, kw_only=True):
    """How a route, a condition, a person, or everybody answers.

    Attributes:
        name: the route's, the condition's, the person's; empty for everything.
        count: how many answers there were.
        overridden: how many of them changed or rejected the proposal; None where the reader may not
            know, like the times below: it would be about one person alone.
        picked_up: from when it was asked until somebody had it.
        answered: from when it was asked until it was answered.
        missed: how many deadlines were missed; None where the reader may not know, and for what is
            no route.
        is_hidden: whether the reader may not know.
    """

    name: str
    count: int
    overridden: int | None = None
    picked_up: Times | None = None
    answered: Times | None = None
    missed: int | None = None
    is_hidden: bool = False


class Waiting(Struct, frozen=True, kw_only=True):
    """What waited at the end of a stretch: asks by route, and since when the oldest did."""

    by_route: Mapping[str, int]
    oldest_at: datetime | None

    @property
    def count(self) -> int:
        """How many asks waited."""
        return sum(self.by_route.values())


class Counted(Struct, frozen=True, kw_only=True):
    """The figures of an agent for a period.

    Attributes:
        agent: whose.
        period: its name, one of `PERIODS`.
        now: when they were counted; the end of the last stretch for what waits.
        stretches: what the period is cut into, oldest first.
        stops: how often it stopped.
        promised: the rate that was promised of the version in force; None for none.
        waiting: what waited at the end of each stretch.
        came: how many asks came in each stretch.
        over_time: how people answered in each stretch, as everybody; without what is missed.
        all: how they answered in the whole period.
        routes: the same by route, in the table's order.
        conditions: the same by condition.
        people: the same by person, for the owner everybody, for others themselves.
        missed: how many deadlines were missed in each stretch; empty where the reader may not know.
        outcomes: how many escalations ended as what, in each stretch.
    """

    agent: str
    period: str
    now: datetime
    stretches: tuple[Stretch, ...]
    stops: Stops
    promised: Seen | None
    waiting: tuple[Waiting, ...]
    came: tuple[int, ...]
    over_time: tuple[Answers, ...]
    all: Answers
    routes: tuple[Answers, ...]
    conditions: tuple[Answers, ...]
    people: tuple[Answers, ...]
    missed: tuple[int, ...]
    outcomes: tuple[Mapping[str, int], ...]


class Figures:
    """Counts what an operation does."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what counting needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._kept: Kept[Piece] = Kept(MOST_KEPT)

    def of(self, agent: str, period: str, zone: tzinfo, reader: str) -> Counted:
        """Return the figures of an agent.

        Args:
            agent: whose; the caller has seen to it that the reader may see it.
            period: one of `PERIODS`.
            zone: the reader's, whose days are counted.
            reader: the id of the person who reads them.

        Raises:
            NotFoundError: there is no such period.
            StoreError: the store cannot be read.
        """
        chosen = PERIODS.get(period)
        if chosen is None:
            raise NotFoundError(f'there is no period "{period[:20]}"', "choose one on the page")
        now = self._clock.now()
        cut = stretches(chosen, now, zone)
        pieces = [self._piece(agent, one, now) for one in cut[:-1]]
        flow, standing = self._store.flow_and_standing(agent, cut[-1].starts_at, cut[-1].ends_at)
        pieces.append(piece_of(flow))
        table = self._shelf.current(agent)
        groups = _Groups(pieces, table, reader)
        return Counted(
            agent=agent,
            period=period,
            now=now,
            stretches=cut,
            stops=self._stops(table, cut),
            promised=self._promised(table),
            waiting=tuple(_waiting(pieces, standing)),
            came=tuple(sum(one.came.values()) for one in pieces),
            over_time=tuple(groups.of(ALL, "", [piece]) for piece in pieces),
            all=groups.of(ALL, ""),
            routes=tuple(groups.routes()),
            conditions=tuple(groups.conditions()),
            people=tuple(groups.people()),
            missed=groups.missed(),
            outcomes=tuple(one.outcomes for one in pieces),
        )

    def _piece(self, agent: str, stretch: Stretch, now: datetime) -> Piece:
        def count() -> Piece:
            return piece_of(self._store.flow(agent, stretch.starts_at, stretch.ends_at))

        if stretch.ends_at > now - SETTLED_AFTER:
            return count()
        return self._kept.of((agent, stretch), count)

    def _stops(self, table: Table, cut: Sequence[Stretch]) -> Stops:
        since, until = cut[0].starts_at, cut[-1].ends_at
        hourly = self._store.tallied_by_hour(table.agent, since, until)
        kinds = self._store.tallied(table.agent, since, until, version=table.version)
        tables = {version: self._table(table, version) for version in {one[1] for one in hourly}}
        known = {version: found for version, found in tables.items() if found is not None}
        return stops_of(hourly, kinds, cut, known, table.version)

    def _table(self, table: Table, version: str) -> Table | None:
        try:
            return self._shelf.table(table.agent, version)
        except (NotFoundError, SchemaError):
            return None

    def _promised(self, table: Table) -> Seen | None:
        promise = self._store.promise_of(table.agent, table.version)
        return None if promise is None else Seen.of(promise.stopped, promise.decisions)


def _waiting(pieces: Sequence[Piece], standing: Mapping[str, Standing]) -> Iterator[Waiting]:
    """Yield what waited at the end of each stretch, oldest first.

    From what waits now, back in time: at the end of a stretch there waited what waits at the end of
    the next, but for what came in that one, and what ended in it besides. The oldest is the first
    asked of all that ended since then, or waits still.
    """
    count = Counter({route: one.count for route, one in standing.items()})
    firsts = [one.oldest_at for one in standing.values()]
    found = [Waiting(by_route=dict(count), oldest_at=min(firsts, default=None))]
    for piece in reversed(pieces[1:]):
        count.subtract(piece.came)
        count.update(piece.ended)
        firsts = [min([*firsts, *piece.oldest.values()])] if firsts or piece.oldest else []
        waited = {route: number for route, number in count.items() if number}
        found.append(Waiting(by_route=waited, oldest_at=firsts[0] if waited else None))
    yield from reversed(found)


class _Groups:
    """How groups answered, as far as one reader may know it."""

    def __init__(self, pieces: Sequence[Piece], table: Table, reader: str) -> None:
        self._pieces = pieces
        self._table = table
        self._reader = reader
        self._is_open = table.owner == reader
        self._all_hidden = self._hides(ALL)

    def of(
        self, group: str, name: str, pieces: Sequence[Piece] | None = None, *, route: str = ""
    ) -> Answers:
        """Return how a group answered; in some of the pieces, or in all of them."""
        among = self._pieces if pieces is None else pieces
        answers = _added(one.answers.get(group, {}) for one in among)
        if self._all_hidden if group == ALL else self._hides(group, route):
            return Answers(name=name, count=answers.total(), is_hidden=True)
        return Answers(
            name=name,
            count=answers.total(),
            overridden=sum(answers[kind] for kind in OVERRIDES),
            picked_up=times_of(one.picked_up.get(group, ()) for one in among),
            answered=times_of(one.answered.get(group, ()) for one in among),
            missed=_missed(among, route).total() if route or group == ALL else None,
        )

    def routes(self) -> Iterator[Answers]:
        """Yield how each route answered that did or missed a deadline, in the table's order."""
        had = {route for piece in self._pieces for route in (*piece.ended, *piece.missed)}
        order = [*self._table.routes, *sorted(had - set(self._table.routes))]
        for route in order:
            if route in had:
                yield self.of(of_route(route), route, route=route)

    def conditions(self) -> Iterator[Answers]:
        """Yield how what each condition stopped was answered, by its name."""
        first = of_condition("")
        names = {
            group.removeprefix(first)
            for piece in self._pieces
            for group in piece.answers
            if group.startswith(first)
        }
        for name in sorted(names):
            yield self.of(of_condition(name), name)

    def people(self) -> Iterator[Answers]:
        """Yield how each person answered whose figures the reader may know."""
        gave = _added(one.by.get(ALL, {}) for one in self._pieces)
        for person in sorted(gave):
            if self._is_open or person == self._reader:
                yield self.of(of_person(person), person)

    def missed(self) -> tuple[int, ...]:
        """Return how many deadlines were missed in each piece; empty where it is hidden."""
        if self._hides(ALL):
            return ()
        return tuple(_missed([one], "").total() for one in self._pieces)

    def _hides(self, group: str, route: str = "") -> bool:
        """Whether what a group did was one person's alone, and neither they nor the owner read."""
        if self._is_open:
            return False
        people = set(_added(one.by.get(group, {}) for one in self._pieces))
        if not people and (route or group == ALL):
            people = set(_missed(self._pieces, route))
        return len(people) == 1 and people != {self._reader}


def _missed(pieces: Sequence[Piece], route: str) -> Counter[str]:
    """Return how many deadlines a route, or all, missed, by who had had the ask."""
    return _added(
        people
        for piece in pieces
        for name, people in piece.missed.items()
        if not route or name == route
    )


def _added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
