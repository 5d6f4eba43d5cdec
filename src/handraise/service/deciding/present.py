"""The agent's side of its signs of life: `gate.alive(every="5m")`, each time round.

While the agent waits for a person it is alive, so waiting gives the sign too, for the processes
that the same thread or task has promised one for.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol

from handraise.errors import Error, InputError
from handraise.model import Presence
from handraise.service.deciding.watched import come_inside, go_outside, inside
from handraise.service.logs import Log
from handraise.service.presence import interval_seconds

log = Log(__name__)


class PresentGate(Protocol):
    """What a promise of signs of life asks of its gate, embedded or remote."""

    def give_sign(self, every: str | float, name: str | None) -> Presence:
        """Return the sign of life, kept."""
        ...


class Promised:
    """A sign of life that one thread or task has promised to give every so often."""

    def __init__(self, gate: PresentGate, every: str | float, name: str | None) -> None:
        """Keep the promise; nothing is given yet.

        Raises:
            InputError: `every` is no duration, or under a second.
        """
        self.gate = gate
        self.name = name
        self.silent_after_s = interval_seconds(every)
        self._given_at = 0.0

    def give(self) -> bool:
        """Give a sign; whether it was kept.

        Raises:
            InputError: the name is none, or the agent has too many processes.
        """
        self._given_at = time.monotonic()
        try:
            self.gate.give_sign(self.silent_after_s, self.name)
        except InputError:
            raise
        except Exception as trouble:  # noqa: BLE001 - the agent's work goes on without it
            what = trouble.message if isinstance(trouble, Error) else type(trouble).__name__
            log.error("a sign of life could not be recorded", process=self.name, error=what)
            return False
        return True

    def beat_in_time(self) -> None:
        """Give a sign when a quarter of the interval has passed since the last one."""
        if time.monotonic() - self._given_at >= self.silent_after_s / 4:
            with suppress(InputError):  # the agent has been told when it asked for it
                self.give()


def promised(gate: PresentGate, every: str | float, name: str | None) -> Promised:
    """Return what gives the signs that this thread or task promises from now on.

    Raises:
        InputError: `every` is no duration, or under a second.
    """
    made = Promised(gate, every, name)
    no_longer_promised(gate, name)
    come_inside(made)
    return made


def no_longer_promised(gate: PresentGate, name: str | None) -> None:
    """Let waiting in this thread or task give no more signs for a process."""
    for one in inside():
        if isinstance(one, Promised) and one.gate is gate and one.name == name:
            go_outside(one)


def nothing_promised(gate: PresentGate) -> None:
    """Let waiting in this thread or task give no more signs by a gate: it is closed."""
    for one in inside():
        if isinstance(one, Promised) and one.gate is gate:
            go_outside(one)
