"""The worker: acts on every deadline, raises stalls, delivers messages. Any number may run at once.

Messages have threads of their own, and each person is with one of them at a time: a channel that
hangs holds up its own person's messages and nothing else.

INVARIANT: one escalation, message or table that breaks does not stop the others; what could not be
done in one cycle is tried in the next, and the owner is told of an escalation that cannot be moved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.errors import Error, StoreUnavailableError
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.post import Post
from handraise.service.telling.wording import fresh_id
from handraise.service.working.mover import BATCH, Mover
from handraise.service.working.watching import Watching
from handraise.store import Store

EVERY_S = 0.5
SENDERS = 4
OTHERS_EVERY_S = 2.0
"""So often the senders besides the first look by themselves; what is new wakes all of them."""

LEASE = "worker"
POST = "post"
"""The name of the sign of life that delivery gives; that of acting on deadlines is `LEASE`."""

LEASE_S = 15.0
LAST_CYCLE_S = 30.0
LAST_DELIVERY_S = 5.0
POST_BEATS_EVERY = timedelta(seconds=5)
LOOK_FOR_LEFT = timedelta(minutes=1)
"""How often held asks are looked through for people who left, besides when a table is new."""

log = Log(__name__)


class Rounds:
    """Takes turns of one job until stopped: at once when woken, otherwise every so often."""

    def __init__(self, name: str, turn: Callable[[], None], every_s: float = EVERY_S) -> None:
        """Keep what a turn does and how often; the thread will have that name."""
        self._turn = turn
        self._every_s = every_s
        self._woken = threading.Event()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Take turns in a thread until `stop`."""
        self._thread.start()

    def wake(self) -> None:
        """Let the next turn begin at once."""
        self._woken.set()

    def end(self) -> None:
        """Let one more turn be the last."""
        self._ends.set()
        self._woken.set()

    def stop(self, timeout_s: float) -> bool:
        """End after one more turn; False when that takes longer than given."""
        self.end()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._ends.is_set()
            self._turn()
            if not is_last:
                self._woken.wait(self._every_s)
                self._woken.clear()


class Worker:
    """Runs one store's timers and messages."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        post: Post,
        watching: Watching,
        mover: Mover,
        *,
        upkeep: Sequence[Callable[[], int]] = (),
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
            mover: moves what is due or was left.
            upkeep: what else is done in each cycle; each returns how much it did.
            yields: whether to rest while another worker holds the lease: the worker inside an
                agent's process leaves the work to a server.
            batch: at most so many escalations are moved in a cycle.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._post = post
        self._watching = watching
        self._mover = mover
        self.upkeep = tuple(upkeep)
        self._yields = yields
        self._batch = batch
        self._holder = fresh_id()
        self._rests = yields
        self._cycles: Rounds | None = None
        self._deliveries: tuple[Rounds, ...] = ()
        self._delivered_at: datetime | None = None
        self._mark: object = None
        self._looked_at: datetime | None = None
        self.last_cycle: datetime | None = None

    @property
    def rests(self) -> bool:
        """Whether another process's worker does the work, as far as this one knows."""
        return self._rests

    def tick(self) -> int:
        """Act on what is due, then deliver; return how many moves were made and messages sent.

        Raises:
            StoreError: the store cannot be reached, or a table in it cannot be read.
        """
        count, failed = self._tried((self.act, self.deliver))
        if failed is not None:
            raise failed
        return count

    def act(self) -> int:
        """Act on everything whose time has come; return how many moves were made.

        Every step is tried; the cycle counts as complete only when none of them failed.

        Raises:
            StoreError: the store cannot be reached, or a table in it cannot be read.
        """
        holds = self._store.acquire_lease(LEASE, self._holder, self._clock.now(), LEASE_S)
        self._rests = self._yields and not holds
        unread = self._refreshed()
        if self._rests:
            return 0
        count, failed = self._tried(
            (self._move_what_was_left, self._watching.raise_stalls, self._move_what_is_due)
        )
        _, neglected = self._tried(self.upkeep)
        trouble = unread or failed or neglected
        if trouble is not None:
            raise trouble
        now = self._clock.now()
        self._store.heartbeat(LEASE, now)
        self.last_cycle = now
        return count

    def deliver(self) -> int:
        """Try every message that is due; return how many went out.

        Raises:
            StoreError: the store cannot be reached.
        """
        if self._rests:
            return 0
        count = self._post.deliver(beat=self._beat)
        self._beat()
        return count

    def _beat(self) -> None:
        """Leave a sign of life of the delivery, now and then."""
        now = self._clock.now()
        if self._delivered_at is None or abs(now - self._delivered_at) >= POST_BEATS_EVERY:
            self._store.heartbeat(POST, now)
            self._delivered_at = now

    def _tried(self, steps: Sequence[Callable[[], int]]) -> tuple[int, Exception | None]:
        """Try every step; return what they counted, and what the first that failed raised."""
        count, failed = 0, None
        for step in steps:
            try:
                count += step()
            except Exception as error:  # noqa: BLE001 - raised once the other steps are done
                name = getattr(step, "__name__", "")
                log.error("a step of the worker failed", step=name, places=crash_text(error))
                failed = failed or error
        return count, failed

    def _refreshed(self) -> Exception | None:
        """Take up new tables; return what one that cannot be read raises."""
        try:
            self._shelf.refresh()
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - raised once the cycle is done
            log.error("a table could not be taken up", places=crash_text(error))
            return error
        return None

    def _move_what_is_due(self) -> int:
        """Move everything that is due, a batch at a time; what is stuck is tried once a cycle."""
        now = self._clock.now()
        count, seen = 0, set[str]()
        while True:
            limit = self._batch + len(self._mover.stuck)
            due = self._store.due_escalations(now, limit=limit)
            fresh = [escalation_id for escalation_id in due if escalation_id not in seen]
            if not fresh:
                return count
            seen.update(fresh)
            count += self._mover.move(fresh)

    def _move_what_was_left(self) -> int:
        """Move what people hold who left the newest table, are away, or have declined.

        At once when a table is new to this process or people stand differently; and now and then,
        for another process may have asked somebody by an older table.
        """
        now = self._clock.now()
        versions = {agent: self._shelf.current(agent).version for agent in self._shelf.agents()}
        mark = (versions, self._store.standings(now))
        looked = self._looked_at
        looked_lately = looked is not None and abs(now - looked) < LOOK_FOR_LEFT
        if mark == self._mark and looked_lately:
            return 0
        count, done = self._mover.move_what_was_left()
        if done:
            self._mark, self._looked_at = mark, now
        return count

    def start(self) -> None:
        """Act in one thread and deliver in some others, until `stop`."""
        if self._cycles is None:
            others = (OTHERS_EVERY_S,) * (SENDERS - 1)
            self._deliveries = tuple(
                Rounds("handraise-post", self._delivery, every_s) for every_s in (EVERY_S, *others)
            )
            self._cycles = Rounds("handraise-worker", self._cycle)
            for rounds in (*self._deliveries, self._cycles):
                rounds.start()

    def wake(self) -> None:
        """Let the next cycle and the next delivery begin at once."""
        cycles = self._cycles
        for rounds in (*self._deliveries, *(() if cycles is None else (cycles,))):
            rounds.wake()

    def stop(self, patience_s: float = LAST_DELIVERY_S) -> None:
        """End the threads after one more turn each, and give the lease back.

        Args:
            patience_s: a delivery that takes longer is left behind with what it has.
        """
        cycles, self._cycles = self._cycles, None
        if cycles is not None and not cycles.stop(LAST_CYCLE_S):
            log.warning("a worker cycle does not end")
        deliveries, self._deliveries = self._deliveries, ()
        for rounds in deliveries:
            rounds.end()
        ends_at = time.monotonic() + patience_s
        ended = [rounds.stop(max(0.0, ends_at - time.monotonic())) for rounds in deliveries]
        if not all(ended):
            log.warning("a message is still on its way: its channel hangs")
        try:
            self._store.release_lease(LEASE, self._holder)
        except Error as error:
            log.warning("the lease could not be given back", error=error.message)

    def _cycle(self) -> None:
        if _safely("a worker cycle failed", self.act):
            for rounds in self._deliveries:
                rounds.wake()

    def _delivery(self) -> None:
        _safely("a delivery failed", self.deliver)


def _safely(words: str, turn: Callable[[], int]) -> int:
    """Take a turn and return what it counted; what breaks is logged, and the next tries again."""
    try:
        return turn()
    except Error as error:
        log.error(words, error=error.message)
    except Exception as error:  # noqa: BLE001 - the worker goes on
        log.critical(words, places=crash_text(error))
    return 0
