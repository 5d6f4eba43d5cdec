"""The worker: acts on every deadline, raises stalls, delivers messages. Any number may run at once.

INVARIANT: one escalation, message or table that breaks does not stop the others; what could not be
done in one cycle is tried in the next, and the owner is told of an escalation that cannot be moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.lifecycle import next_move
from handraise.errors import Error, SchemaError, StoreUnavailableError
from handraise.model import Ask, Escalation, Message, Move
from handraise.service.logs import Log, crash_text
from handraise.service.post import Post
from handraise.service.shelf import Shelf
from handraise.service.watching import Watching
from handraise.service.wording import alarm, fresh_id, messages_for
from handraise.store import Store

EVERY_S = 0.5
LEASE = "worker"
LEASE_S = 15.0
BATCH = 200
LOOK_FOR_LEFT = timedelta(minutes=1)
"""How often held asks are looked through for people who left, besides when a table is new."""

MAX_HELD = 100_000

log = Log(__name__)


class Worker:
    """Runs one store's timers and messages."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        post: Post,
        watching: Watching,
        base_url: str,
        *,
        yields: bool = False,
        batch: int = BATCH,
    ) -> None:
        """Keep what a cycle needs.

        Args:
            store: whose timers and messages.
            shelf: its tables.
            clock: the time.
            post: delivers messages.
            watching: raises stalls.
            base_url: stands in messages.
            yields: whether to rest while another worker holds the lease: the worker inside an
                agent's process leaves the work to a server.
            batch: at most so many escalations are moved in a cycle.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._post = post
        self._watching = watching
        self._base_url = base_url
        self._yields = yields
        self._batch = batch
        self._holder = fresh_id()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._versions: dict[str, str] = {}
        self._looked_at: datetime | None = None
        self._stuck: set[str] = set()
        self.last_cycle: datetime | None = None

    def tick(self) -> int:
        """Run one cycle; return how many moves were made and messages sent.

        Every step is tried; the cycle counts as complete only when none of them failed.

        Raises:
            StoreError: the store cannot be reached, or a table in it cannot be read.
        """
        holds = self._store.acquire_lease(LEASE, self._holder, self._clock.now(), LEASE_S)
        failed = self._refreshed()
        if self._yields and not holds:
            return 0
        count = 0
        for step in (
            self._move_those_who_left,
            self._watching.raise_stalls,
            self._move_what_is_due,
            self._post.deliver,
        ):
            try:
                count += step()
            except Exception as error:  # noqa: BLE001 - raised once the other steps are done
                log.error(
                    "a step of the worker failed", step=step.__name__, places=crash_text(error)
                )
                failed = failed or error
        if failed is not None:
            raise failed
        now = self._clock.now()
        self._store.heartbeat(LEASE, now)
        self.last_cycle = now
        return count

    def _refreshed(self) -> Exception | None:
        """Take up new tables; return what one that this release cannot read raises."""
        try:
            self._shelf.refresh()
        except SchemaError as error:
            return error
        return None

    def _move_what_is_due(self) -> int:
        now = self._clock.now()
        due = self._store.due_escalations(now, limit=self._batch + len(self._stuck))
        return sum(self._move(escalation_id) for escalation_id in due)

    def _move(self, escalation_id: str) -> bool:
        """Apply what time brings to one escalation; whether anything moved."""
        try:
            moved = self._moved(escalation_id)
        except StoreUnavailableError:
            raise  # no fault of this escalation: the whole step is tried again
        except Exception as error:  # noqa: BLE001 - a fault in one must not hold up the others
            self._could_not_move(escalation_id, error)
            return False
        self._stuck.discard(escalation_id)
        return moved

    def _moved(self, escalation_id: str) -> bool:
        found = self._store.escalation(escalation_id)
        if found is None:
            return False
        table = self._shelf.table(found.agent, found.version)
        directory = self._shelf.directory(found.agent, rehearsal=found.rehearsal)

        def move(escalation: Escalation) -> tuple[Move, list[Message]] | None:
            now = self._clock.now()
            made = next_move(escalation, table, directory, now)
            if made is None:
                return None
            return made, messages_for(made, self._shelf, self._base_url, now)

        return self._store.change(escalation_id, move) is not None

    def _could_not_move(self, escalation_id: str, error: Exception) -> None:
        """Log it, and tell the owner once."""
        log.critical("not moved", escalation=escalation_id, places=crash_text(error))
        if escalation_id in self._stuck:
            return
        try:
            found = self._store.escalation(escalation_id)
            if found is None:
                return
            table = self._shelf.newest(found.agent)
            what = error.message if isinstance(error, Error) else type(error).__name__
            lines = [
                f"A deadline has passed that could not be acted upon: {what}.",
                "Nobody else has been asked. Please look at it yourself:",
                f"  {self._base_url}/escalations/{escalation_id}",
            ]
            now = self._clock.now()
            subject = f"A question of {found.agent} is stuck"
            owner = table.people[table.owner]
            self._store.add_messages([alarm(found.agent, owner, subject, lines, now, found.id)])
        except Exception as trouble:  # noqa: BLE001 - tried again in the next cycle
            log.critical("owner not told", escalation=escalation_id, places=crash_text(trouble))
        else:
            self._stuck.add(escalation_id)

    def _move_those_who_left(self) -> int:
        """Advance what people hold who are no longer on the newest table.

        At once when a table is new to this process; and now and then, for another process may have
        asked somebody by an older table.
        """
        newest = {agent: self._shelf.newest(agent) for agent in self._shelf.agents()}
        versions = {agent: table.version for agent, table in newest.items()}
        now = self._clock.now()
        looked_lately = self._looked_at is not None and now - self._looked_at < LOOK_FOR_LEFT
        if versions == self._versions and looked_lately:
            return 0

        def has_left(agent: str, ask: Ask) -> bool:
            table = newest.get(agent)
            if table is None:
                return False
            if ask.holder == table.owner:
                return False
            # Of these the lifecycle moves those whose own version gives them no right either.
            is_off_route = ask.holder not in table.route_people(ask.route)
            return ask.with_owner or is_off_route or ask.holder not in table.people

        lines = self._store.asks(state="open", limit=MAX_HELD)
        left = {line.escalation_id for line in lines if has_left(line.agent, line.ask)}
        count = sum(self._move(escalation_id) for escalation_id in sorted(left))
        if not left & self._stuck:
            self._versions, self._looked_at = versions, now
        return count

    def start(self) -> None:
        """Run cycles in a thread until `stop`."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="handraise-worker", daemon=True)
            self._thread.start()

    def run(self, until: Callable[[], bool]) -> None:
        """Run cycles in this thread until `until()`; it is asked after every cycle."""
        while not until():
            self._cycle()
            self._stop.wait(EVERY_S)

    def _run(self) -> None:
        self.run(self._stop.is_set)

    def _cycle(self) -> None:
        try:
            self.tick()
        except Error as error:
            log.error("a worker cycle failed", error=error.message)
        except Exception as error:  # noqa: BLE001 - the worker goes on; the next cycle tries again
            log.critical("a worker cycle failed", places=crash_text(error))

    def stop(self) -> None:
        """End the thread after its present cycle, and give the lease back."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None
        try:
            self._store.release_lease(LEASE, self._holder)
        except Error as error:
            log.warning("the lease could not be given back", error=error.message)
