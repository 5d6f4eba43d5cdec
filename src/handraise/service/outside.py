"""Who watches the watcher: a sign of life to an address outside, given only while all is well.

INVARIANT: it is withheld whenever the watch itself might be blind or dumb: a cycle that does not
complete, messages that wait, a watch that does not look, a channel that swallows. The service at
the address then tells somebody by a way of its own. Nothing here ever holds the worker up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.monitor.signals import Signal
from handraise.errors import FailedError
from handraise.service.logs import Log, crash_text
from handraise.service.outside_address import TIMEOUT_S, ask
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.service.watch.running import past, running
from handraise.service.watch.watch import WATCH
from handraise.service.watch.words import lasting
from handraise.store import Store

EVERY = timedelta(minutes=1)
LOOKS_EVERY = timedelta(seconds=5)
"""How often it is seen whether a sign that was withheld may be given."""

LEASE = "outside"
LEASE_S = 150.0
"""Longer than two signs: while one worker gives them, no other does."""

HANGS_AFTER = timedelta(seconds=2 * TIMEOUT_S)
WATCH_SILENT = timedelta(minutes=5)
UNHEARD_FOR = timedelta(minutes=2)
"""An alarm that has not reached its owner for longer, tried again or given up, withholds it."""

FAILING_FOR = timedelta(minutes=5)
BEGINS_FOR = timedelta(seconds=30)
"""What withholds it in the first moments of a process is not logged."""

SUBJECT = "outside heartbeat"
BLINDING = frozenset({"channel_silent", "worker_silent", "watch_broken"})
"""The kinds of alarm that the owner may not hear of by the operation's own ways."""

FAILING, TAKEN = "outside failing", "outside taken"
"""The names under which the store keeps since when the address takes no sign, and when it last took
one: whichever worker watches, tells."""

Send = Callable[[str], int]
"""Asks an address and returns the status of its answer; raises `FailedError` where none comes."""

log = Log(__name__)


class Outside:
    """Gives signs of life to an outside address, or to none."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, url: str | None, send: Send = ask
    ) -> None:
        """Keep where to.

        Args:
            store: which says whether all is well.
            shelf: its tables, which name the owners.
            clock: the time.
            url: the address, which may hold a secret; None gives no signs.
            send: how it is asked.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._url = url
        self._send = send
        self._holder = fresh_id()
        self._sending: threading.Thread | None = None
        self._begun_at = clock.now()
        self._failure: str | None = None
        self._looked_at: datetime | None = None
        self._rests = timedelta()
        self._withheld = ""
        self._first_at: datetime | None = None

    def tick(self) -> int:
        """Give a sign, at most once a minute, if all is well; return how many were begun.

        Raises:
            StoreError: the store cannot be read; then nothing is given.
        """
        now = self._clock.now()
        self._keep_what_became(now)
        if self._url is None or not self._is_time(now):
            return 0
        self._looked_at, self._rests = now, LOOKS_EVERY
        if not self._store.acquire_lease(LEASE, self._holder, now, LEASE_S):
            return 0
        if self._sending is not None:
            self._rests = EVERY
            if abs(now - self._begun_at) > HANGS_AFTER:
                self._failed("it hangs", self._begun_at)
            return 0
        why = self.held_back(now)
        self._first_at = self._first_at or now
        # A worker that has just begun gives its signs of life in a moment: that is no warning.
        if why != self._withheld and abs(now - self._first_at) >= BEGINS_FOR:
            log.warning("the outside heartbeat", withheld=why or "no longer")
            self._withheld = why
        if why:
            return 0
        self._rests, self._begun_at = EVERY, now
        self._sending = threading.Thread(
            target=self._give, args=(self._url,), name="handraise-outside", daemon=True
        )
        self._sending.start()
        return 1

    def _is_time(self, now: datetime) -> bool:
        # `abs`: a clock that was put back must not make it silent for long.
        return self._looked_at is None or abs(now - self._looked_at) >= self._rests

    def _keep_what_became(self, now: datetime) -> None:
        """Keep whether the address took the sign that was on its way."""
        if self._sending is None or self._sending.is_alive():
            return
        if self._failure:
            self._failed(self._failure, now)
        else:
            self._store.heartbeat(TAKEN, now)
        self._sending = None

    def _failed(self, what: str, since: datetime) -> None:
        # The address may hold a secret: of what failed only the kind is told.
        log.error("the outside address did not take the heartbeat", error=what)
        if self.failing_since(self._clock.now()) is None:
            self._store.heartbeat(FAILING, since)

    def failing_since(self, now: datetime) -> datetime | None:
        """Return since when the address takes no sign from any worker; None while it does.

        Raises:
            StoreError: the store cannot be read.
        """
        failing_at = past(self._store.last_heartbeat(FAILING), now)
        taken_at = past(self._store.last_heartbeat(TAKEN), now)
        if failing_at is None or (taken_at is not None and taken_at >= failing_at):
            return None
        return failing_at

    def held_back(self, now: datetime) -> str:
        """Return why no sign is given; empty where all is well.

        An alarm that somebody has taken withholds nothing: they know.

        Raises:
            StoreError: the store cannot be read.
        """
        found = running(self._store, now)
        if not found.is_acting(now):
            return "no worker completes a cycle"
        if not found.is_delivering(now):
            return "messages do not go out"
        unheard_at = self._store.unheard_alarm(self._owners(), now)
        if unheard_at is not None and now - unheard_at > UNHEARD_FOR:
            return "an alarm has not reached its owner"
        looked_at = self._store.last_heartbeat(WATCH)
        if looked_at is None or abs(now - looked_at) > WATCH_SILENT:
            return "the watch does not look"
        for one in self._store.alarms(unresolved=True, kinds=BLINDING):
            if one.state == "open" and one.subject != SUBJECT:
                return f"an alarm nobody has taken: {one.kind}, {one.subject}"
        return ""

    def _owners(self) -> set[str]:
        return {self._shelf.current(agent).owner for agent in self._shelf.agents()}

    def _give(self, url: str) -> None:
        try:
            status = self._send(url)
            self._failure = "" if 200 <= status < 300 else f"it answered {status}"
        except FailedError as error:
            self._failure = error.message
        except Exception as error:  # noqa: BLE001 - whatever fails here, the worker goes on
            log.critical("the outside heartbeat has a fault", places=crash_text(error))
            self._failure = type(error).__name__

    def wait(self, timeout_s: float) -> None:
        """Wait until the sign that is on its way has arrived or failed, and keep which.

        Raises:
            StoreError: it could not be kept.
        """
        if self._sending is not None:
            self._sending.join(timeout_s)
        self._keep_what_became(self._clock.now())

    def signals(self, agent: str, now: datetime) -> Iterator[Signal]:
        """Yield a signal where the outside address has taken no sign for five minutes.

        It is one for whichever worker watches, while any worker has an address to ask.

        Raises:
            StoreError: the store cannot be read.
        """
        since = self.failing_since(now)
        if since is None or now - since < FAILING_FOR:
            return
        if not self._store.is_leased(LEASE, now, LEASE_S):
            return
        yield Signal(
            agent=agent,
            kind="channel_silent",
            subject=SUBJECT,
            sentence="The outside address has taken no sign of life for "
            f"{lasting((now - since).total_seconds())}: it believes that Handraise has stopped.",
            means="The address in HANDRAISE_HEARTBEAT_URL is wrong, or cannot be reached from "
            "here. Until it is mended nobody outside would notice a stop, or everybody is told "
            "of one that is none.",
            since=since,
        )
