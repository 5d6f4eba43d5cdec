"""Watches how often an agent stops against what a backtest promised: too much, and too little.

Each series (all decisions, each row, condition, route and known type) has a test that may be looked
at every minute; all of them together share one budget of false alarms. What has one cause is one
signal: a series that another one explains is a line of it. INVARIANT: a decision is looked at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.monitor.budget import ALL
from handraise.core.monitor.drift import Change
from handraise.core.monitor.drivers import Direction, Stretch, headlines, in_order
from handraise.core.monitor.series import Counts, Kind, counts_by_series
from handraise.core.monitor.signals import Signal, SignalKind, Unseen
from handraise.core.table.types import Table
from handraise.model import Promise, Tally
from handraise.service.reading.shelf import Shelf
from handraise.service.watch.promise_lost import (
    WITHOUT,
    replaced,
    replaced_signals,
    without_promise,
)
from handraise.service.watch.rate_figures import Rate, Seen, rate_of
from handraise.service.watch.rate_words import Told, signal_of
from handraise.service.watch.system_stops import SUBJECTS, system_signals
from handraise.service.watch.watched_series import (
    HOUR,
    Kept,
    Series,
    kinds_after,
    look_at,
    plan,
    read_states,
    state_of,
)
from handraise.store import Store
from handraise.store.monitors import States

KEPT_FOR = timedelta(days=400)
"""Counts of decisions are kept for so long."""

MOST_EXAMPLES = 5
MOST_RECENT = 300


class Plan(Struct, frozen=True, kw_only=True):
    """What a version's series are held against.

    Attributes:
        table: the version.
        promise: what was promised of it.
        series: by name.
    """

    table: Table
    promise: Promise
    series: dict[str, Series]

    @property
    def counts(self) -> dict[str, Counts]:
        """What was promised of each series."""
        return {name: one.counts for name, one in self.series.items()}


class Rates:
    """Watches the rates of each agent's version in force."""

    kinds: frozenset[SignalKind] = frozenset({"too_much", "too_little", "promise_lost"})
    every = timedelta(minutes=1)

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what looking needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._plans: dict[str, Plan] = {}
        self._looked: dict[tuple[str, str], datetime] = {}

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Take up the decisions since the last look, and return what is too much or too little.

        Args:
            agent: whose decisions.
            now: the instant.

        Raises:
            StoreError: the store cannot be read or written; nothing is lost, and nothing counted
                twice.
        """
        table = self._shelf.current(agent)
        since = _hour(now) - HOUR
        lately = self._store.tallied(agent, since, now + HOUR, by_type=False)
        signals = system_signals(agent, lately, since)
        found = self._plan(table)
        if found is None:
            return [*signals, *without_promise(self._store, table)]
        kept = self._taken_up(found, now)
        lost = replaced_signals(self._store, table, now)
        return [*signals, *lost, *self._signals(found, kept, now)]

    def unseen(self, agent: str, now: datetime) -> Sequence[Unseen]:
        """Return that nothing is promised, or that alarms are of tests that have ended.

        Args:
            agent: whose decisions.
            now: the instant.

        Raises:
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        found = self._plan(table)
        if found is None:
            why = f"version {table.version} is in force, of which no backtest promised anything"
            return (Unseen(kinds=self.kinds, why=why, apart=SUBJECTS | {WITHOUT}),)
        began = min((one.began_at for one in self._kept(found).values()), default=now)
        why = "its test ended with its version or promise, and another began"
        kinds = frozenset[SignalKind]({"too_much", "too_little"})
        return (Unseen(kinds=kinds, why=why, before=began, apart=SUBJECTS),)

    def rates(self, agent: str) -> tuple[Rate, ...]:
        """Return how often an agent stops by its current version, series by series.

        Without a promise the rates that were seen stand alone.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        table, now = self._shelf.current(agent), self._clock.now()
        found = self._plan(table)
        names = tuple(_unpromised(table) if found is None else found.series)
        stretches = [
            self._seen(table, since, now, names)
            for since in (datetime.min.replace(tzinfo=now.tzinfo), _ago(now, 1), _ago(now, 7))
        ]
        kept = {} if found is None else self._kept(found)
        return tuple(
            rate_of(
                name,
                None if found is None else found.series[name],
                kept.get(name),
                *(stretch[name] for stretch in stretches),
            )
            for name in in_order(names)
        )

    def why_not(self, agent: str) -> str | None:
        """Return why an agent's rates are not held against anything; None where they are.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        if self._plan(self._shelf.current(agent)) is not None:
            return None
        return (
            "Too much and too little: no backtest promised anything of this version; "
            "make one with `handraise backtest HISTORY --keep`."
        )

    def notes(self, agent: str) -> tuple[str, ...]:
        """Return what a reader of the rates should know, a sentence each.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        found = self._plan(self._shelf.current(agent))
        kept = {} if found is None else self._kept(found)
        anew = min((one.began_at for one in kept.values() if one.anew), default=None)
        if found is None or anew is None:
            return ()
        return (
            f"Another backtest of this version was kept at {found.promise.at:%Y-%m-%d %H:%M} UTC: "
            f"the tests began anew at {anew:%Y-%m-%d %H:%M} UTC.",
        )

    def tidy(self) -> int:
        """Forget counts that are older than they are kept for; return how many."""
        return self._store.forget_tallies(self._clock.now() - KEPT_FOR)

    def _plan(self, table: Table) -> Plan | None:
        """Return what a version is held against; None where nothing was promised of it."""
        promise = self._store.promise_of(table.agent, table.version)
        if promise is None:
            return None
        known = self._plans.get(table.agent)
        if known is None or known.table is not table or known.promise != promise:
            series = plan(table, promise)
            known = self._plans[table.agent] = Plan(table=table, promise=promise, series=series)
        return known

    def _taken_up(self, found: Plan, now: datetime) -> dict[str, Kept]:
        """Let the tests take up what is new; return all of them as they stand then."""
        table, promise = found.table, found.promise
        kept: dict[str, Kept] = {}
        floor = self._floor(table)

        def judge(fresh: Sequence[Tally], states: States) -> States:
            kept.update(read_states(states))
            lost = replaced(kept, found.series, promise, now)
            changed = look_at(fresh, kept, found.series, table, promise, now, floor)
            kept.update(changed)
            changed |= self._headed(found, _of_promise(kept, found), now)
            kept.update(changed)
            return {name: state_of(one) for name, one in changed.items()} | lost

        self._store.take_up(table.agent, table.version, judge, now)
        self._looked[table.agent, table.version] = now
        return _of_promise(kept, found)

    def _floor(self, table: Table) -> datetime | None:
        """Return before when no decision came that no look has taken up; None for not known."""
        looked = self._looked.get((table.agent, table.version))
        if looked is not None:
            return looked
        record = self._store.ready_record(table.agent, table.version)
        return None if record is None else record.at

    def _kept(self, found: Plan) -> dict[str, Kept]:
        records = self._store.monitors(found.table.agent, found.table.version)
        return _of_promise(read_states({one.series: one.state for one in records}), found)

    def _headed(self, found: Plan, kept: Mapping[str, Kept], now: datetime) -> dict[str, Kept]:
        """Return the series whose change was found just now, each with its headline."""
        changes = _changes(kept)
        new = in_order(name for name in changes if not kept[name].told_in)
        if not new:
            return {}
        told = sorted(
            (one.found_at or now, one.told_in, changes[name].direction)
            for name, one in kept.items()
            if one.told_in and name in changes
        )
        heads = list(dict.fromkeys((head, direction) for _, head, direction in told))
        whole = changes.get(ALL)
        chosen: dict[str, str] = {}
        for way in dict.fromkeys(changes[name].direction for name in new):
            since = min(one.since for one in changes.values() if one.direction == way)
            chosen |= headlines(
                [(name, way) for name in new if changes[name].direction == way],
                heads,
                self._stretch(found, since, now),
                turning=whole is not None and whole.direction != way,
            )
        return {name: replace(kept[name], told_in=head) for name, head in chosen.items()}

    def _signals(self, found: Plan, kept: Mapping[str, Kept], now: datetime) -> list[Signal]:
        """Return what changed, each cause once, as long as any series of it lasts."""
        changes = _changes(kept)
        stories: dict[tuple[str, Direction], list[str]] = {}
        for name in in_order(changes):
            stories.setdefault((kept[name].told_in, changes[name].direction), []).append(name)
        return [
            self._signal(found, head, members, changes, now)
            for (head, _), members in stories.items()
        ]

    def _signal(
        self,
        found: Plan,
        head: str,
        members: Sequence[str],
        changes: Mapping[str, Change],
        now: datetime,
    ) -> Signal:
        # The headline may be over while what it explained is not: the story keeps its name.
        name = head if head in members else members[0]
        change = changes[name]
        told = Told(
            table=found.table,
            subject=head,
            series=name,
            change=change,
            promised=found.series[name].counts,
            stretch=self._stretch(found, change.since, now),
            explained=[one for one in members if one != name],
            examples=self._examples(found, name, change.direction),
        )
        return signal_of(told)

    def _stretch(self, found: Plan, since: datetime, now: datetime) -> Stretch:
        """Return the decisions after an instant; where they are many, from its full hour on."""
        table = found.table
        recent = self._store.recent_decisions(table.agent, limit=MOST_RECENT, since=since)
        kinds: Sequence[Kind] = kinds_after(recent, table, since)
        if len(recent) == MOST_RECENT:
            kinds = self._store.tallied(
                table.agent, _hour(since), now + HOUR, version=table.version
            )
        return Stretch(kinds, table, found.counts)

    def _seen(
        self, table: Table, since: datetime, now: datetime, names: Sequence[str]
    ) -> dict[str, Seen]:
        kinds = self._store.tallied(table.agent, since, now + HOUR, version=table.version)
        counts = counts_by_series(kinds, table, names)
        return {name: Seen.of(*one) for name, one in counts.items()}

    def _examples(self, found: Plan, series: str, direction: Direction) -> tuple[str, ...]:
        """Return recent escalations of a series, or decisions of it that went ahead."""
        table = found.table
        recent = self._store.recent_decisions(table.agent, limit=MOST_RECENT)
        mine = [one for one in recent if one.version == table.version]
        ids = []
        for record in mine:
            kind = Kind(record.type or "", record.rows, 1)
            stopped, of = counts_by_series([kind], table, (series,))[series]
            if direction == "more" and stopped and record.escalation_id is not None:
                ids.append(record.escalation_id)
            elif direction == "less" and of and not record.rows:
                ids.append(record.id)
        return tuple(ids[:MOST_EXAMPLES])


def _of_promise(kept: Mapping[str, Kept], found: Plan) -> dict[str, Kept]:
    """Return the series that are held against this very promise."""
    return {
        name: one
        for name, one in kept.items()
        if name in found.series and one.promise_at == found.promise.at
    }


def _changes(kept: Mapping[str, Kept]) -> dict[str, Change]:
    found = {name: one.monitor.change for name, one in kept.items()}
    return {name: change for name, change in found.items() if change is not None}


def _unpromised(table: Table) -> list[str]:
    """Return the series that are shown where nothing was promised."""
    return ["all", *(f"row {row.id}" for row in table.rows)]


def _ago(now: datetime, days: int) -> datetime:
    return _hour(now - timedelta(days=days))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
