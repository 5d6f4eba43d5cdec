"""The worker: acts on every deadline, raises stalls, delivers messages. Any number may run beside each other.

INVARIANT: one escalation or message that breaks does not stop the others; what could not be done in one
cycle is tried in the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from handraise.clock import Clock
from handraise.core.lifecycle import next_move
from handraise.errors import Error
from handraise.model import Escalation, Message, Move
from handraise.service.post import Post
from handraise.service.shelf import Shelf
from handraise.service.watching import Watching
from handraise.service.wording import fresh_id, messages_for
from handraise.store import Store

EVERY_S = 0.5
LEASE = "worker"
LEASE_S = 15.0
BATCH = 200

log = structlog.get_logger(__name__)


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
    ) -> None:
        """Keep what a cycle needs.

        Args:
            store: whose timers and messages.
            shelf: its tables.
            clock: the time.
            post: delivers messages.
            watching: raises stalls.
            base_url: stands in messages.
            yields: whether to rest while another worker holds the lease: the worker inside an agent's
                process leaves the work to a server.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._post = post
        self._watching = watching
        self._base_url = base_url
        self._yields = yields
        self._holder = fresh_id()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._versions: dict[str, str] = {}
        self.last_cycle: datetime | None = None

    def tick(self) -> int:
        """Run one cycle; return how many moves were made and messages sent.

        Raises:
            StoreError: the store cannot be reached.
        """
        now = self._clock.now()
        holds = self._store.acquire_lease(LEASE, self._holder, now, LEASE_S)
        if self._yields and not holds:
            return 0
        self._shelf.refresh()
        count = self._move_those_who_left()
        count += self._watching.raise_stalls()
        count += self._move_what_is_due()
        count += self._post.deliver()
        self._store.heartbeat(LEASE, self._clock.now())
        self.last_cycle = self._clock.now()
        return count

    def _move_what_is_due(self) -> int:
        count = 0
        for escalation_id in self._store.due_escalations(self._clock.now(), limit=BATCH):
            count += self._move(escalation_id)
        return count

    def _move(self, escalation_id: str) -> int:
        """Apply what time brings to one escalation; whether anything moved."""

        def move(escalation: Escalation) -> tuple[Move, list[Message]] | None:
            now = self._clock.now()
            table = self._shelf.table(escalation.agent, escalation.version)
            directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal, also=[ask.holder for ask in escalation.asks])
            made = next_move(escalation, table, directory, now)
            return (made, messages_for(made, self._shelf, self._base_url, now)) if made else None

        try:
            return int(self._store.change(escalation_id, move) is not None)
        except Error as error:
            log.error("an escalation could not be moved", escalation=escalation_id, error=error.message)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one must not hold up the others
            log.critical("an escalation could not be moved", escalation=escalation_id, exc_info=error)
        return 0

    def _move_those_who_left(self) -> int:
        """Advance what people hold who are no longer on the newest table, whenever a table is new."""
        count = 0
        for agent in self._shelf.agents():
            table = self._shelf.newest(agent)
            if self._versions.get(agent) == table.version:
                continue
            lines = self._store.asks(state="open", limit=100_000)
            left = {line.escalation_id for line in lines if line.agent == agent and (line.ask.holder not in table.people or (line.ask.with_owner and line.ask.holder != table.owner))}
            count += sum(self._move(escalation_id) for escalation_id in sorted(left))
            self._versions[agent] = table.version
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
        except Exception as error:  # noqa: BLE001 - the worker must go on; the next cycle tries again
            log.critical("a worker cycle failed", exc_info=error)

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
