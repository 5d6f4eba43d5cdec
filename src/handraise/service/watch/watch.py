"""The watch: lets each watcher look at each agent at its own pace, and settles the alarms.

INVARIANT: one watcher or agent that breaks holds up no other and resolves nothing; one that keeps
failing is itself an alarm. Of any number of workers one watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.monitor.alarming import BACK_WITHIN
from handraise.core.monitor.signals import PROBLEMS, Signal, SignalKind, Unseen
from handraise.errors import StoreUnavailableError
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.service.watch.alarms import Alarms
from handraise.service.watch.watcher import Blinded, Watcher
from handraise.service.watch.words import counted
from handraise.store import Store

WATCH = "watch"
"""The name of the watch's lease, and of the sign of life that it gives."""

LOOKS_EVERY = timedelta(seconds=10)
"""How often it is seen whose turn it is."""

LEASE_S = 60.0
BROKEN_AFTER = timedelta(minutes=5)
"""A watcher that fails for longer is an alarm."""

BROKEN: SignalKind = "watch_broken"

LEFT_FOR = timedelta(days=2)
"""For so long it is seen to that the owner is told of what is no longer looked at."""

NOT_LIVE = "no table of it is in force any more"

log = Log(__name__)


class Watch:
    """Watches the agents of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        watchers: Sequence[Watcher],
        alarms: Alarms,
        is_live: Callable[[str], bool],
    ) -> None:
        """Keep what watching needs.

        Args:
            store: whose agents.
            shelf: their tables.
            clock: the time.
            watchers: what looks, each for kinds of its own.
            alarms: where what they find is settled.
            is_live: whether a table of an agent is in force; others are not watched.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self.watchers = tuple(watchers)
        self._alarms = alarms
        self.is_live = is_live
        self._holder = fresh_id()
        self._looked: dict[tuple[str, int], datetime] = {}
        self._failing: dict[tuple[str, int], datetime | None] = {}

    def look(self) -> int:
        """Let every watcher look whose turn it is; return how many alarms changed.

        Raises:
            StoreUnavailableError: the store cannot be reached; what was not looked at comes next.
        """
        now = self._clock.now()
        if not self._store.acquire_lease(WATCH, self._holder, now, LEASE_S):
            return 0
        count, failed = 0, None
        for agent in self._shelf.agents():
            try:
                count += self._look_at(agent, now)
            except Exception as error:  # noqa: BLE001 - raised once the others are looked at
                log.error("an agent could not be watched", agent=agent, places=crash_text(error))
                failed = failed or error
        if failed is not None:
            raise failed
        self._store.heartbeat(WATCH, now)
        return count

    def _look_at(self, agent: str, now: datetime) -> int:
        if not self.is_live(agent):
            return self._leave(agent, now)
        kinds, signals, unseen = set[SignalKind](), list[Signal](), list[Unseen]()
        turns = [
            (place, watcher)
            for place, watcher in enumerate(self.watchers)
            if self._is_its_turn((agent, place), watcher, now)
        ]
        for place, watcher in turns:
            found = self._found(watcher, place, agent, now)
            if found is not None:
                kinds |= watcher.kinds
                signals += found[0]
                unseen += found[1]
            self._looked[agent, place] = now
        if not turns:
            return 0
        signals += [*self._broken(agent, now), *self._mended(agent, now)]
        return self._alarms.settle(agent, {*kinds, BROKEN}, signals, now, unseen)

    def _is_its_turn(self, key: tuple[str, int], watcher: Watcher, now: datetime) -> bool:
        # `abs`: a clock that was put back must not make it rest for long.
        looked = self._looked.get(key)
        return looked is None or abs(now - looked) >= watcher.every

    def _found(
        self, watcher: Watcher, place: int, agent: str, now: datetime
    ) -> tuple[Sequence[Signal], Sequence[Unseen]] | None:
        """Return what a watcher finds wrong with an agent and cannot look at; None if it fails."""
        try:
            found = tuple(watcher.look(agent, now))
            strange = [one for one in found if one.kind not in watcher.kinds or one.agent != agent]
            if strange:
                raise ValueError("a signal of another kind or agent")
            unseen = watcher.unseen(agent, now) if isinstance(watcher, Blinded) else ()
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - told once it lasts, and tried again
            name = type(watcher).__name__
            log.error("a watcher failed", agent=agent, watcher=name, places=crash_text(error))
            if self._failing_since(agent, place) is None:
                self._failing[agent, place] = now
                self._store.heartbeat(self._failing_name(agent, place), now)
            return None
        if self._failing_since(agent, place) is not None:
            self._failing[agent, place] = None
            self._store.end_heartbeat(self._failing_name(agent, place))
        return found, unseen

    def _failing_name(self, agent: str, place: int) -> str:
        return f"failing {agent} {type(self.watchers[place]).__name__}"

    def _failing_since(self, agent: str, place: int) -> datetime | None:
        """Return since when a watcher fails, across restarts; None while it does not."""
        key = (agent, place)
        if key not in self._failing:
            self._failing[key] = self._store.last_heartbeat(self._failing_name(agent, place))
        return self._failing[key]

    def _broken(self, agent: str, now: datetime) -> Iterator[Signal]:
        """Yield a signal for each watcher that has failed for too long."""
        for (whose, place), since in self._failing.items():
            if whose != agent or since is None or abs(now - since) < BROKEN_AFTER:
                continue
            watcher = self.watchers[place]
            blind = ", ".join(sorted(watcher.kinds))
            yield Signal(
                agent=agent,
                kind=BROKEN,
                subject=f"watcher {type(watcher).__name__}",
                sentence=f"A part of the watch fails: it cannot tell any more of {blind}.",
                means="What it watches may be wrong unseen. The log of the server says where it"
                " fails; please report it: it is a fault of Handraise.",
                since=since,
            )

    def _mended(self, agent: str, now: datetime) -> Iterator[Signal]:
        """Yield a signal where alarms could not be read, and mend them: it is told once."""
        broken = self._store.mend_alarms(agent, now - BACK_WITHIN, now)
        if not broken:
            return
        log.error("alarms could not be read and were emptied", agent=agent, alarms=broken)
        yield Signal(
            agent=agent,
            kind=BROKEN,
            subject="alarms",
            sentence=f"{counted(len(broken), 'alarm')} could not be read: somebody or something"
            " wrote into the store.",
            means="What was written there is emptied, so that the others are seen. Look at who can"
            " write to the store, and at what `handraise log verify` says.",
            since=now,
            examples=(),
            lines=tuple(f"alarm {one}" for one in broken[:10]),
        )

    def _leave(self, agent: str, now: datetime) -> int:
        """Settle the alarms of an agent that is not live: nothing of it is looked at any more."""
        lately = self._store.alarms(agent, since=now - LEFT_FOR)
        is_told = all(one.told != "wrong" for one in lately)
        if is_told and not self._store.alarms(agent, unresolved=True, limit=1):
            return 0
        unseen = Unseen(kinds=frozenset(PROBLEMS), why=NOT_LIVE)
        return self._alarms.settle(agent, PROBLEMS, (), now, (unseen,))
