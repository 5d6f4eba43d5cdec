"""How what watches an operation is put together: audits, rates, people, silence, alarms, advice.

A rehearsal has all of it and lets none of it take its turns: it is not watched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from handraise.clock import Clock
from handraise.service.advising.advising import LOOKS_EVERY as ADVISES_EVERY
from handraise.service.advising.advising import Advising
from handraise.service.auditing.answering import Audits
from handraise.service.auditing.asking import EVERY as AUDITS_EVERY
from handraise.service.auditing.asking import Asking
from handraise.service.auditing.estimating import Estimating
from handraise.service.outside import Outside
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.watch.alarms import Alarms
from handraise.service.watch.audited import Audited
from handraise.service.watch.humans import Humans
from handraise.service.watch.picture import Pictures
from handraise.service.watch.rates import Rates
from handraise.service.watch.silence import Silence
from handraise.service.watch.summary import EVERY as SUMMARIES_EVERY
from handraise.service.watch.summary import Summaries
from handraise.service.watch.watch import LOOKS_EVERY as WATCHES_EVERY
from handraise.service.watch.watch import Watch
from handraise.service.working.upkeep import Paced, Turn
from handraise.store import Store

TIDIED_EVERY = timedelta(hours=1)
"""How often counts that are too old are forgotten."""


class Oversight:
    """Everything that watches the agents of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        address: Address,
        heartbeat_url: str | None,
        is_live: Callable[[str], bool],
    ) -> None:
        """Wire the parts.

        Args:
            store: whose agents.
            shelf: their tables.
            clock: the time.
            address: of the pages; it stands in messages.
            heartbeat_url: the outside address that is given signs of life; None for none.
            is_live: whether a table of an agent is in force.
        """
        self._clock = clock
        self.audits = Audits(store, shelf, clock)
        self.asking = Asking(store, shelf, clock, address)
        self.estimating = Estimating(store, shelf, clock)
        self.humans = Humans(store, shelf, clock)
        self.outside = Outside(store, shelf, clock, heartbeat_url)
        self.rates = Rates(store, shelf, clock)
        self.alarms = Alarms(store, shelf, clock, address)
        watchers = (
            self.rates,
            Audited(shelf, self.estimating),
            self.humans,
            Silence(store, shelf, clock, self.outside),
        )
        self.watch = Watch(store, shelf, clock, watchers, self.alarms, is_live)
        self.pictures = Pictures(
            store,
            shelf,
            clock,
            self.watch,
            rates=self.rates,
            estimating=self.estimating,
            humans=self.humans,
        )
        self.summaries = Summaries(store, shelf, clock, self.pictures, self.watch, address)
        self.advising = Advising(store, shelf, clock, is_live)

    def turns(self) -> Sequence[Turn]:
        """Return what a worker does of it in its cycles, each thing at its own pace."""
        return (
            Paced(self.asking.tick, AUDITS_EVERY, self._clock),
            Paced(self.watch.look, WATCHES_EVERY, self._clock),
            Paced(self.summaries.look, SUMMARIES_EVERY, self._clock),
            Paced(self.rates.tidy, TIDIED_EVERY, self._clock),
            Paced(self.advising.look, ADVISES_EVERY, self._clock),
            self.outside.tick,
        )
