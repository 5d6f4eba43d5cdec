"""The mover: applies what time and absence bring to escalations, one by one or many at once.

INVARIANT: one escalation that breaks does not stop the others; the owner is told of it once, and it
is tried again in every cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.duty import Directory, on_duty
from handraise.core.duty.pick import loaded
from handraise.core.lifecycle import next_move
from handraise.core.lifecycle.deadlines import CLOCK_SKEW, lost
from handraise.core.table.types import Table
from handraise.errors import Error, StoreUnavailableError
from handraise.model import Escalation, Holding, Message, Move, PersonState
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import alarm, messages_for
from handraise.store import Store

BATCH = 500
"""So many escalations are moved in one transaction: agents wait to write while it lasts."""

log = Log(__name__)


class Standings:
    """How everybody stands, read once for each agent and kind; what is given out counts at once."""

    def __init__(self, shelf: Shelf) -> None:
        """Begin with nothing read."""
        self._shelf = shelf
        self._read: dict[tuple[str, bool], Directory] = {}
        self._states: dict[tuple[str, bool], dict[str, PersonState]] = {}

    def of(self, agent: str, *, rehearsal: bool) -> Directory:
        """Return how everybody stands for an agent."""
        found = self._read.get((agent, rehearsal))
        if found is None:
            read = self._shelf.directory(agent, rehearsal=rehearsal)
            states = self._states[agent, rehearsal] = dict(read.states)
            found = self._read[agent, rehearsal] = replace(read, states=states)
        return found

    def count(self, before: Escalation, after: Escalation) -> None:
        """Count what a move took from people and gave to them, for the moves that follow."""
        had = {ask.id: ask.holder for ask in before.asks if ask.state == "open"}
        has = {ask.id: ask.holder for ask in after.asks if ask.state == "open"}
        changed = [id for id in had | has if had.get(id) != has.get(id)]
        taken = [had[id] for id in changed if id in had]
        given = [has[id] for id in changed if id in has]
        for (_, rehearsal), states in self._states.items():
            if rehearsal == after.rehearsal:
                states.update(loaded(states, taken=taken, given=given))


class Mover:
    """Moves the escalations of one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, address: Address) -> None:
        """Keep what moving needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address
        self.stuck: set[str] = set()

    def move(self, ids: Sequence[str]) -> int:
        """Apply what time brings to escalations; return how many moved.

        They are moved in batches, each in one transaction. Where one breaks, each of its
        escalations gets a transaction of its own, as those do that are stuck.

        Raises:
            StoreUnavailableError: the store cannot be reached; nothing of the batch is lost.
        """
        alone = [one for one in ids if one in self.stuck]
        together = [one for one in ids if one not in self.stuck]
        count = sum(
            self._moved_batch(together[first : first + BATCH])
            for first in range(0, len(together), BATCH)
        )
        return count + sum(self._moved_alone(escalation_id) for escalation_id in alone)

    def _moved_batch(self, ids: Sequence[str]) -> int:
        try:
            return self._moved_together(ids)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one of them is broken: find out which
            log.warning("a batch was not moved", places=crash_text(error))
            return sum(self._moved_alone(escalation_id) for escalation_id in ids)

    def _moved_together(self, ids: Sequence[str]) -> int:
        standings = Standings(self._shelf)
        for agent, rehearsal in self._store.kinds_of(ids):
            standings.of(agent, rehearsal=rehearsal)

        def step(escalation: Escalation) -> tuple[Move, Sequence[Message]] | None:
            made = self._step(escalation, standings)
            if made is not None:
                standings.count(escalation, made[0].escalation)
            return made

        return self._store.change_many(ids, step)

    def _moved_alone(self, escalation_id: str) -> bool:
        try:
            found = self._store.escalation(escalation_id)
            if found is None:
                return False
            standings = Standings(self._shelf)
            standings.of(found.agent, rehearsal=found.rehearsal)
            moved = self._store.change(escalation_id, lambda one: self._step(one, standings))
        except StoreUnavailableError:
            raise  # no fault of this escalation: the whole step is tried again
        except Exception as error:  # noqa: BLE001 - a fault in one must not hold up the others
            self._could_not_move(escalation_id, error)
            return False
        self.stuck.discard(escalation_id)
        return moved is not None

    def _step(
        self, escalation: Escalation, standings: Standings
    ) -> tuple[Move, Sequence[Message]] | None:
        table = self._shelf.table(escalation.agent, escalation.version)
        directory = standings.of(escalation.agent, rehearsal=escalation.rehearsal)
        now = self._clock.now()
        made = next_move(escalation, table, directory, now)
        if made is None:
            return None

        def is_here(person: str) -> bool:
            state = directory.states.get(person)
            return state is not None and state.active

        return made, messages_for(made, self._shelf, self._address.url, now, is_here)

    def _could_not_move(self, escalation_id: str, error: Exception) -> None:
        """Log it, and tell the owner once."""
        log.critical("not moved", escalation=escalation_id, places=crash_text(error))
        if escalation_id in self.stuck:
            return
        try:
            found = self._store.escalation(escalation_id)
            if found is None:
                return
            table = self._shelf.current(found.agent)
            what = error.message if isinstance(error, Error) else type(error).__name__
            lines = [
                f"A deadline has passed that could not be acted upon: {what}.",
                "Nobody else has been asked. Please look at it yourself:",
                f"  {self._address.url}/escalations/{escalation_id}",
            ]
            now = self._clock.now()
            subject = f"A question of {found.agent} is stuck"
            owner = table.people[table.owner]
            self._store.add_messages([alarm(found.agent, owner, subject, lines, now, found.id)])
        except Exception as trouble:  # noqa: BLE001 - tried again in the next cycle
            log.critical("owner not told", escalation=escalation_id, places=crash_text(trouble))
        else:
            self.stuck.add(escalation_id)

    def move_from(self, person: str) -> int:
        """Move at once whatever a person holds who is not there any more; return how many moved.

        Raises:
            StoreUnavailableError: the store cannot be reached; a worker does it later.
        """
        return self.move(_ids(self._store.holdings(person)))

    def move_what_was_left(self) -> tuple[int, bool]:
        """Move what people hold who left, are away, or have declined.

        Returns:
            How many moved, and whether none of those concerned is stuck.
        """
        standings = Standings(self._shelf)
        left = _ids([one for one in self._store.holdings() if self._is_left(one, standings)])
        return self.move(left), not self.stuck.intersection(left)

    def _is_left(self, held: Holding, standings: Standings) -> bool:
        try:
            table = self._shelf.current(held.agent)
        except Error:
            return False
        directory = standings.of(held.agent, rehearsal=held.rehearsal)
        return _has_left(held, table, directory, self._clock.now())


def _has_left(ask: Holding, table: Table, directory: Directory, now: datetime) -> bool:
    """Whether the lifecycle must look at an ask because of who holds it, or does its work.

    Of these it moves those whose own version gives them no right either.
    """
    if ask.assigned_at > now + CLOCK_SKEW:
        return True
    if ask.delegate is not None and lost(ask.delegate, directory):
        return True
    if ask.holder == directory.owner:
        return not ask.with_owner and bool(lost(ask.holder, directory))
    is_off_route = ask.holder not in (*table.route_people(ask.route), *ask.also)
    if ask.with_owner or is_off_route or lost(ask.holder, directory):
        return True
    # Whoever has not taken it may be off shift sooner than was known: calendars are edited.
    state, person = directory.states.get(ask.holder), directory.person(ask.holder, table)
    if ask.acknowledged_at is not None or state is None or person is None:
        return False
    return bool(person.calendars) and not on_duty(person, now, state.shifts)


def _ids(held: Sequence[Holding]) -> list[str]:
    return list(dict.fromkeys(one.escalation_id for one in held))
