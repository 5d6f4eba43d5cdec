"""Signs of life of an agent's processes, which each promises to give every so often.

INVARIANT: only the agent's own call is a sign of life. Nothing gives one from a thread beside it: a
process that hangs would look alive.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.table.form import shown
from handraise.errors import InputError
from handraise.model import Presence
from handraise.service.deciding.durations import duration_seconds
from handraise.store import Store

NAMELESS = "agent"
"""The name of a process that does not give itself one."""

MAX_NAME = 100
MOST = 200
LEAST_EVERY_S = 1.0
GRACE_S = 30.0
"""A sign may be late by once its interval, and by this: a full disk or a slow network is no end."""

CLOCK_SKEW = timedelta(minutes=5)
"""A sign further in the future than this was dated by a clock that was wrong: nobody knows."""

FORGOTTEN_AFTER = timedelta(days=7)


class Presences:
    """Takes the signs of life of the agents of one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Keep where they are kept."""
        self._store = store
        self._clock = clock

    def beat(self, agent: str, every: str | float, name: str | None = None) -> Presence:
        """Return the sign of life of a process that promises the next one within `every`.

        Args:
            agent: whose process.
            every: seconds, or a duration such as `"5m"`; one second at least.
            name: of the process, where the agent has several; up to 100 characters.

        Raises:
            InputError: `every` or `name` is unusable, or the agent has 200 processes already.
        """
        every_s = interval_seconds(every)
        now = self._clock.now()
        made = Presence(
            agent=agent,
            name=usable_name(name),
            beat_at=now,
            every_s=every_s,
            due_at=now + timedelta(seconds=2 * every_s + GRACE_S),
        )
        if not self._store.note_presence(made, most=MOST):
            raise InputError(
                f"name: {agent} has {MOST} processes already",
                "give a process that starts again the same name, and let one that ends say so",
            )
        return made

    def leave(self, agent: str, name: str | None = None) -> bool:
        """Expect no more signs of a process; False when it had given none."""
        found = self._store.presence(agent, usable_name(name))
        if found is None:
            return False
        ended = replace(found, beat_at=self._clock.now(), due_at=None)
        return self._store.note_presence(ended, most=MOST)

    def silent(self, agent: str) -> list[Presence]:
        """Return the processes that are silent for too long, the longest first.

        One whose last sign is a week old is forgotten where another process of the agent is alive:
        it was replaced by that.
        """
        now = self._clock.now()
        known = self._store.presences(agent)
        silent = [one for one in known if is_silent(one, now)]
        if any(one.due_at is not None and one not in silent for one in known):
            old = [one.name for one in silent if now - one.beat_at > FORGOTTEN_AFTER]
            if old:
                self._store.forget_presences(agent, old, now - FORGOTTEN_AFTER)
                silent = [one for one in silent if one.name not in old]
        return sorted(silent, key=lambda one: one.beat_at)


def is_silent(presence: Presence, now: datetime) -> bool:
    """Whether a process that did not say that it ends is silent for too long."""
    if presence.due_at is None:
        return False
    return presence.due_at <= now or presence.beat_at > now + CLOCK_SKEW


def interval_seconds(every: str | float) -> float:
    """Return how often signs are promised, in seconds.

    Raises:
        InputError: it is no duration, or under a second.
    """
    every_s = duration_seconds("every", every)
    if every_s < LEAST_EVERY_S:
        raise InputError(f"every: {shown(every)} is less than a second", "write e.g. 30s or 5m")
    return every_s


def usable_name(name: str | None) -> str:
    """Return a process's name; the nameless one's where none is given.

    Raises:
        InputError: it is no text of 1 to 100 printable characters.
    """
    if name is None:
        return NAMELESS
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise InputError(
            f"name: {shown(name)} names no process", f"write 1 to {MAX_NAME} characters"
        )
    if not name.isprintable():
        raise InputError("name: it has characters that cannot be printed", "leave them out")
    return name.strip()
