"""The shelf of tables: which versions there are, who stands on them, how everybody stands now.

The *current* version of an agent's table is the one its owner signed for last, also where that was
withdrawn; else the newest. A newer one *waits*. INVARIANT: who is asked, and who owns an agent, is
read from the current version: a version that waits asks people to accept it, and changes nothing
else.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from handraise.clock import Clock
from handraise.core.duty import Directory, Duty, day_start, duty_of
from handraise.core.table.read import Reading
from handraise.core.table.types import Person, Table
from handraise.errors import Error, InputError, NotFoundError, SchemaError
from handraise.model import OWNER, PersonState, ReadyRecord, Standing, TableVersion
from handraise.service.reading.learned import LearnedFiles
from handraise.service.reading.limits import Limits, limits_of
from handraise.service.reading.registered import reading_of, table_of, text_digest, version_of
from handraise.service.reading.rotas import Rotas
from handraise.service.reading.signed import SignedVersions
from handraise.service.reading.tables import open_table
from handraise.store import Store

Load = dict[str, tuple[int, int]]
NOTHING_KEPT = Standing()


class Shelf:
    """Keeps the tables of one store, parsed, by agent and version."""

    def __init__(self, store: Store, clock: Clock, *, practice: bool = False) -> None:
        """Read the newest and the signed version of each agent's table from the store.

        Args:
            store: what keeps them.
            clock: the time.
            practice: whether the store serves rehearsals only: there nobody needs a verified
                contact.
        """
        self._practice = practice
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._parsed: dict[tuple[str, str], Table] = {}
        self._known: dict[tuple[str, str], frozenset[str]] = {}
        self._newest: dict[str, str] = {}
        self._from_store: dict[tuple[str, str], str] = {}
        self._limits: dict[str, Limits] = {}
        self._duties: dict[tuple[str, str], dict[str, Duty | None]] = {}
        self._signed = SignedVersions(store)
        store.known_types = self.known_types
        self.rotas = Rotas(store, clock)
        self.learned = LearnedFiles()
        # A table of another release may be replaced in a moment; the worker says so if it is not.
        with contextlib.suppress(SchemaError):
            self.refresh()

    def open(self, path: Path) -> Table:
        """Register the table in a file as its agent's newest, and return it.

        Raises:
            InputError: the file cannot be read, a person's name or contacts differ from another
                agent's table in this store, or the owner has left.
            TableError: it has findings that are errors.
        """
        table, reading = open_table(path)
        self.register(table, reading, path.name)
        return table

    def register(self, table: Table, reading: Reading, source: str) -> None:
        """Register a table as its agent's newest.

        Raises:
            InputError: a person's name or contacts differ from another agent's table in this store,
                or the owner has left.
        """
        self._check_people(table)
        self._check_owner(table)
        self._store.register_table(version_of(table, reading.text, source, self._clock.now()))
        with self._lock:
            self._parsed[table.agent, table.version] = table
            self._from_store.pop((table.agent, table.version), None)
            self._newest[table.agent] = table.version

    def register_again(self, agent: str, version: str) -> None:
        """Make a registered version its agent's newest, as if it had been opened just now.

        Raises:
            NotFoundError: it was never registered.
            InputError: a person's name or contacts differ from another agent's table in this store,
                or the owner has left.
        """
        table = self.table(agent, version)
        self._check_people(table)
        self._check_owner(table)
        self._store.register_table(self.source(agent, version))
        with self._lock:
            self._newest[agent] = version

    def _check_people(self, table: Table) -> None:
        """Refuse a person who is somebody else on another table: answers are theirs by name."""
        for agent in self.agents():
            if agent == table.agent:
                continue
            others = [version.people for version in self.versions(agent)]
            for id, person in table.people.items():
                unlike = (one[id] for one in others if id in one and not _is_same(one[id], person))
                other = next(unlike, person)
                if other is not person:
                    raise InputError(
                        f'"{id}" is {_who(person)} in this table,'
                        f" but {_who(other)} in the table of {agent}",
                        "one id, one person: give them different ids, or make the entries alike",
                    )

    def _check_owner(self, table: Table) -> None:
        """Refuse an owner who has left: whatever comes to them, nobody would hear of it."""
        if self.has_left(table.owner):
            raise InputError(
                f'the owner of the table of {table.agent}, "{table.owner}", has left',
                f"name another owner, or run `handraise people activate {table.owner}`",
            )

    def refresh(self) -> None:
        """Take up versions that another process registered, or signed for.

        Raises:
            SchemaError: one of them cannot be read by this release; the others are taken up.
        """
        self._signed.refresh()
        unreadable: SchemaError | None = None
        for version in self._store.newest_tables():
            with self._lock:
                known = self._newest.get(version.agent) == version.version
            if known:
                continue
            try:
                self.table(version.agent, version.version)
            except SchemaError as error:
                unreadable = error
                continue
            with self._lock:
                self._newest[version.agent] = version.version
        if unreadable is not None:
            raise unreadable

    def note_signed(self, record: ReadyRecord) -> None:
        """Take up that a go-live record is its agent's newest: it names the current version.

        One that withdraws does so too, and one that is not ours changes nothing.
        """
        self._signed.note(record)

    def believe(self, is_ours: Callable[[ReadyRecord], bool]) -> None:
        """Let only records that are ours say which version is current; see `SignedVersions`."""
        self._signed.believe(is_ours)

    def agents(self) -> list[str]:
        """Return the agents' names, sorted."""
        with self._lock:
            return sorted(self._newest)

    def newest(self, agent: str) -> Table:
        """Return an agent's newest table.

        Raises:
            NotFoundError: there is no such agent.
        """
        with self._lock:
            version = self._newest.get(agent)
        if version is None:
            raise NotFoundError(f'there is no agent "{agent}"', "open its table first")
        return self.table(agent, version)

    def signed(self, agent: str) -> Table | None:
        """Return the version that an agent's owner signed for last, whether or not it still holds.

        It may be withdrawn since. None where there is none, or this release cannot read it.
        """
        version = self._signed.version(agent)
        if version is None:
            return None
        try:
            return self.table(agent, version)
        except (NotFoundError, SchemaError):
            return None

    def current(self, agent: str) -> Table:
        """Return the version of an agent's table by which people are asked now.

        Raises:
            NotFoundError: there is no such agent.
        """
        return self.signed(agent) or self.newest(agent)

    def waiting(self, agent: str) -> Table | None:
        """Return the newest version of an agent's table where another one is current; else None.

        Raises:
            NotFoundError: there is no such agent.
        """
        newest = self.newest(agent)
        return None if newest.version == self.current(agent).version else newest

    def versions(self, agent: str) -> list[Table]:
        """Return the current version of an agent's table, and the one that waits, if any.

        Raises:
            NotFoundError: there is no such agent.
        """
        waiting = self.waiting(agent)
        return [self.current(agent), *([] if waiting is None else [waiting])]

    def table(self, agent: str, version: str) -> Table:
        """Return a registered version of an agent's table.

        Raises:
            NotFoundError: it was never registered.
            SchemaError: it was registered by another release and cannot be read by this one.

        A version keeps the name it was registered by, also where this release would give another.
        """
        with self._lock:
            found = self._parsed.get((agent, version))
        if found is not None:
            return found
        kept = self.source(agent, version)
        table = table_of(kept)
        with self._lock:
            self._parsed[agent, version] = table
            self._from_store[agent, version] = text_digest(kept)
        return table

    def known_types(self, agent: str, version: str) -> frozenset[str]:
        """Return the types that a version knows; none where it cannot be read just now."""
        with self._lock:
            found = self._known.get((agent, version))
        if found is not None:
            return found
        try:
            known = frozenset(self.table(agent, version).known.types)
        except Error:
            return frozenset()
        with self._lock:
            self._known[agent, version] = known
        return known

    def read_from(self, agent: str, version: str) -> str | None:
        """Return the digest of what a version was read from; None where that was its own file."""
        with self._lock:
            return self._from_store.get((agent, version))

    def reading(self, agent: str, version: str) -> Reading:
        """Return what comes of reading a registered version, by what it was registered with.

        Raises:
            NotFoundError: it was never registered.
        """
        return reading_of(self.source(agent, version))

    def source(self, agent: str, version: str) -> TableVersion:
        """Return a version as it was registered.

        Raises:
            NotFoundError: it never was.
        """
        kept = self._store.table_version(agent, version)
        if kept is None:
            raise NotFoundError(f"there is no version {version} of the table of {agent}")
        return kept

    def people(self) -> dict[str, Person]:
        """Return everybody on the tables, by id, as the current versions have them."""
        return {
            id: person
            for agent in self.agents()
            for version in reversed(self.versions(agent))
            for id, person in version.people.items()
        }

    def people_to_be(self) -> dict[str, Person]:
        """Return the same people with the contacts too that versions which wait give them."""
        found = self.people()
        for agent in self.agents():
            for id, person in self.newest(agent).people.items():
                contacts = dict.fromkeys((*found[id].contacts, *person.contacts))
                found[id] = msgspec.structs.replace(found[id], contacts=tuple(contacts))
        return found

    def person(self, id: str) -> Person | None:
        """Return a person on the tables, or None."""
        return self.people().get(id)

    def member(self, agent: str, id: str) -> Person | None:
        """Return a person on the current table of an agent, or the one that waits; or None.

        Raises:
            NotFoundError: there is no such agent.
        """
        found = (version.people.get(id) for version in self.versions(agent))
        return next((person for person in found if person is not None), None)

    def routes_of(self, person: str) -> list[tuple[str, str]]:
        """Return (agent, route) for each route a person is on now, `owner` included."""
        found: list[tuple[str, str]] = []
        for agent in self.agents():
            table = self.current(agent)
            found += [
                (agent, route.id) for route in table.routes.values() if person in route.people
            ]
            if table.owner == person:
                found.append((agent, OWNER))
        return found

    def agents_of(self, person: str) -> set[str]:
        """Return the agents on whose current table, or the one that waits, a person stands."""
        return {agent for agent in self.agents() if self.member(agent, person) is not None}

    def agents_read_by(self, person: str) -> set[str]:
        """Return the agents of which a person may see what others are asked.

        Whoever stands on a version that waits alone sees their own duty, and what they are asked.
        """
        return {agent for agent in self.agents() if person in self.current(agent).people}

    def is_owner(self, person: str, agent: str | None = None) -> bool:
        """Whether a person owns an agent's current table, or any."""
        agents = [agent] if agent is not None else self.agents()
        return any(self.current(one).owner == person for one in agents)

    def directory(self, agent: str, *, rehearsal: bool, also: Iterable[str] = ()) -> Directory:
        """Return how everybody stands now, for one agent.

        Args:
            agent: whose current table says who is active; who is only on the one that waits is
                asked by nothing but its drills.
            rehearsal: whether rehearsals' asks are counted instead of the real ones.
            also: people of older versions, who may have left.
        """
        table = self.current(agent)
        waiting = self.waiting(agent)
        now = self._clock.now()
        kept = self._store.standings(now)
        loads = self._loads(table, now, rehearsal=rehearsal)
        shifts = self.rotas.all_shifts(table, now)
        states = dict.fromkeys(also, PersonState(active=False))
        people = table.people if waiting is None else {**waiting.people, **table.people}
        for id, person in people.items():
            standing = kept.get(id, NOTHING_KEPT)
            open_asks, today = loads.get(id, (0, 0))
            states[id] = PersonState(
                active=not standing.gone,
                only_reads=(table if id in table.people else waiting or table).only_reads(id),
                open_asks=open_asks,
                asks_today=today,
                declined=bool(standing.declined) and self._has_declined(table, id, standing),
                away=standing.away,
                away_until=standing.away_until,
                reachable=self._practice or not standing.verified.isdisjoint(person.contacts),
                shifts=shifts.get(id, ()),
            )
        return Directory(owner=table.owner, states=states, people=people)

    def _loads(self, table: Table, now: datetime, *, rehearsal: bool) -> Load:
        """Return the asks held, and those of today, of everybody whose capacity is limited."""
        limits = self._limits_of(table)
        since: dict[str, datetime] = {}
        for ids in limits.a_day.values():
            since |= dict.fromkeys(ids, day_start(table.people[ids[0]], now))
        return self._store.open_load(limits.people, since, rehearsal=rehearsal)

    def _limits_of(self, table: Table) -> Limits:
        known = self._limits.get(table.agent)
        if known is None or known.version != table.version:
            known = self._limits[table.agent] = limits_of(table)
        return known

    def _has_declined(self, table: Table, person: str, standing: Standing) -> bool:
        duty = self._duty(table, person)
        return duty is not None and (table.agent, duty.digest) in standing.declined

    def duty(self, agent: str, person: str) -> Duty | None:
        """Return a person's duty by an agent's current table; None for who has none by it.

        Raises:
            NotFoundError: there is no such agent.
        """
        return self._duty(self.current(agent), person)

    def duty_by(self, table: Table, person: str) -> Duty | None:
        """Return a person's duty by a version of a table; None for who has none by it."""
        return self._duty(table, person)

    def duties(self, agent: str, person: str) -> list[tuple[Table, Duty]]:
        """Return the duties to which a person is asked, each with the version that has it.

        By the current table, and by the one that waits where that asks something else of them.

        Raises:
            NotFoundError: there is no such agent.
        """
        found: dict[str, tuple[Table, Duty]] = {}
        for table in self.versions(agent):
            duty = self._duty(table, person)
            if duty is not None:
                found.setdefault(duty.digest, (table, duty))
        return list(found.values())

    def _duty(self, table: Table, person: str) -> Duty | None:
        with self._lock:
            known = self._duties.setdefault((table.agent, table.version), {})
        if person not in known:
            known[person] = duty_of(table, person)
        return known[person]

    def is_here(self, person: str) -> bool:
        """Whether a person stands on a table and has not left."""
        return self.person(person) is not None and not self.has_left(person)

    def has_left(self, person: str) -> bool:
        """Whether a person was deactivated, and not activated again since."""
        return any(one.person == person for one in self._store.departures(gone_only=True))


def _is_same(one: Person, other: Person) -> bool:
    return (one.name, one.contacts) == (other.name, other.contacts)


def _who(person: Person) -> str:
    return f"{person.name} ({', '.join(person.contacts)})"
