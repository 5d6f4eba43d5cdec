"""Silence under watch: agents, queues, channels and workers of which nothing is heard.

INVARIANT: what is silent cannot say so itself. An agent, a queue and a channel are told of by the
worker; a worker that stands still by `/health/ready`, the Watch page, and the heartbeat to an
outside address, which is then withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handraise.clock import Clock
from handraise.core.monitor.signals import Signal, SignalKind
from handraise.core.table.units import duration_text
from handraise.model import Presence
from handraise.service.outside import Outside
from handraise.service.presence import Presences
from handraise.service.reading.shelf import Shelf
from handraise.service.watch.channels import channel_signals
from handraise.service.watch.loops import looping_signals
from handraise.service.watch.pulses import Pulses
from handraise.service.watch.queues import queue_signals
from handraise.service.watch.running import Workers
from handraise.service.watch.words import counted, lasting
from handraise.store import Store

MOST_PROCESSES = 5
"""So many silent processes get a signal each; any more are told in one."""


class Silence:
    """Watches what should be heard of."""

    kinds: frozenset[SignalKind] = frozenset(
        {"agent_silent", "agent_looping", "queue_undrained", "channel_silent", "worker_silent"}
    )
    every = timedelta(minutes=1)

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, outside: Outside | None = None
    ) -> None:
        """Keep where signs of life are found.

        Args:
            store: the store.
            shelf: its tables.
            clock: the time.
            outside: what gives signs of life to an outside address; None for nothing.
        """
        self._store = store
        self._shelf = shelf
        self._presences = Presences(store, clock)
        self._pulses = Pulses(store)
        self._workers = Workers(store)
        self._outside = outside

    def look(self, agent: str, now: datetime) -> Sequence[Signal]:
        """Return what is silent now of an agent's operation.

        Args:
            agent: whose.
            now: the present instant.

        Raises:
            NotFoundError: there is no such agent.
            StoreError: the store cannot be read.
        """
        table = self._shelf.current(agent)
        beat = self._pulses.look(table, now)
        return (
            *self.process_signals(agent, now),
            *beat.signals,
            *looping_signals(self._store, table, now),
            *queue_signals(self._store, table, now),
            *channel_signals(self._store, table, now),
            *self._workers.signals(agent, now),
            *(() if self._outside is None else self._outside.signals(agent, now)),
        )

    def presences(self, agent: str) -> list[Presence]:
        """Return the processes of an agent that promised signs of life, by name; for pages."""
        return self._store.presences(agent)

    def process_signals(self, agent: str, now: datetime) -> list[Signal]:
        """Return the processes that promised signs of life and give none."""
        silent = self._presences.silent(agent)
        if len(silent) <= MOST_PROCESSES:
            return [_of_process(agent, one, now) for one in silent]
        longest = silent[0]
        return [
            Signal(
                agent=agent,
                kind="agent_silent",
                subject="processes",
                sentence=f"{counted(len(silent), 'process', 'processes')} of {agent} give no sign "
                f"of life, the longest for {_for(longest, now)}.",
                means=PROCESS_MEANS,
                since=longest.beat_at,
                lines=tuple(f"{one.name}: silent for {_for(one, now)}" for one in silent[: 4 * 5]),
                urgent=True,
            )
        ]


PROCESS_MEANS = (
    "The agent's process has ended or hangs, or cannot reach Handraise. Look whether it runs; "
    "where it ended as it should, let it call gate.leaves()."
)


def _of_process(agent: str, presence: Presence, now: datetime) -> Signal:
    which = agent if presence.name == "agent" else f'The process "{presence.name}" of {agent}'
    return Signal(
        agent=agent,
        kind="agent_silent",
        subject=f"process {presence.name}",
        sentence=f"{which} has given no sign of life for {_for(presence, now)}; it promised one "
        f"every {duration_text(presence.every_s)}.",
        means=PROCESS_MEANS,
        since=presence.beat_at,
        urgent=True,
    )


def _for(presence: Presence, now: datetime) -> str:
    return lasting(max(0.0, (now - presence.beat_at).total_seconds()))
