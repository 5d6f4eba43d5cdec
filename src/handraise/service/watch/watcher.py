"""What the watch is made of: watchers, each of which looks at one side of an operation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from handraise.core.monitor.signals import Signal, SignalKind, Unseen


class Watcher(Protocol):
    """Looks at one side of an operation, and says everything that is wrong with it now.

    Attributes:
        kinds: the kinds of signal that it gives, and nobody else: an alarm of one of them that it
            does not give again is over.
        every: how often it looks, at most.
    """

    kinds: frozenset[SignalKind]
    every: timedelta

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Return what is wrong now with an agent's operation; what it raises resolves nothing."""
        ...


@runtime_checkable
class Blinded(Protocol):
    """A watcher that cannot always look at all of what it gives signals of."""

    def unseen(self, agent: str, now: datetime) -> Sequence[Unseen]:
        """Return what it cannot look at now; called right after `look`."""
        ...
