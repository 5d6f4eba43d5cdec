"""The picture of an operation under watch: what the page, the terminal and the summary show.

INVARIANT: figures of a person are shown to that person and the owner, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from handraise.clock import Clock
from handraise.model import Alarm
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording.watched import counted, worst_first
from handraise.service.watch.watch import WATCH, Watch
from handraise.store import Store

LATELY = timedelta(days=7)
"""Alarms that were over within this are shown."""

NOBODY_WATCHES_AFTER = timedelta(minutes=3)
"""The watch looks every few seconds: when it has not for so long, it does not run."""

MOST_OVER = 20


class Picture(Struct, frozen=True, kw_only=True):
    """How an agent's operation stands, for one reader.

    Attributes:
        agent: whose.
        at: when it was looked at.
        is_live: whether a table of it is in force, so that it is watched.
        looked_at: when the watch looked last, at whichever agent; None for never.
        alarms: what is wrong and the reader may see, the worst first.
        of_others: how many more there are that are about a person, and not for the reader.
        over: alarms that were over lately, the last one first.
        unwatched: what is not watched and why, a sentence each.
    """

    agent: str
    at: datetime
    is_live: bool
    looked_at: datetime | None
    alarms: tuple[Alarm, ...] = ()
    of_others: int = 0
    over: tuple[Alarm, ...] = ()
    unwatched: tuple[str, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at it."""
        looked = self.looked_at
        return self.is_live and looked is not None and self.at - looked < NOBODY_WATCHES_AFTER

    @property
    def open(self) -> tuple[Alarm, ...]:
        """The alarms that nobody took or put off."""
        return tuple(one for one in self.alarms if is_waiting(one, self.at))

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        if not self.is_live:
            return "It is not live, so nothing of it is watched."
        if not self.is_watched:
            return "Nobody watches: no worker looks at what happens."
        count = len(self.alarms) + self.of_others
        if count:
            taken = count - self.of_others - len(self.open)
            words = f", {taken} taken or put off" if taken else ""
            return f"{counted(count, 'alarm')}{words}."
        if self.unwatched:
            return "Nothing is wrong in what is watched."
        return "Everything is as promised."


class Pictures:
    """Makes pictures of the operations of one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, watch: Watch) -> None:
        """Keep what is looked at."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._watch = watch

    def of(self, agent: str, reader: str | None) -> Picture:
        """Return how an agent's operation stands.

        Args:
            agent: whose.
            reader: who looks; None for somebody who is nobody on the table.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: it cannot be read.
        """
        now = self._clock.now()
        owner = self._shelf.current(agent).owner
        unresolved = self._store.alarms(agent, unresolved=True)
        seen = visible_to(unresolved, reader, owner)
        past = self._store.alarms(agent, since=now - LATELY)
        over = [one for one in visible_to(past, reader, owner) if one.resolved_at is not None]
        over.sort(key=lambda one: one.resolved_at or now, reverse=True)
        return Picture(
            agent=agent,
            at=now,
            is_live=self._watch.is_live(agent),
            looked_at=self._store.last_heartbeat(WATCH),
            alarms=tuple(worst_first(seen)),
            of_others=len(unresolved) - len(seen),
            over=tuple(over[:MOST_OVER]),
        )


def visible_to(alarms: Sequence[Alarm], reader: str | None, owner: str) -> list[Alarm]:
    """Return the alarms that somebody may see: those about a person only if it is theirs."""
    return [one for one in alarms if one.about is None or reader in (one.about, owner)]


def is_waiting(alarm: Alarm, now: datetime) -> bool:
    """Whether an alarm waits for somebody to take it."""
    is_put_off = alarm.snoozed_until is not None and now < alarm.snoozed_until
    return alarm.state == "open" and not is_put_off
