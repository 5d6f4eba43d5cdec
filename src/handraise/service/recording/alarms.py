"""Checking the alarms: their rows, held against the events that say what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from handraise.core.alarms_told import ToldAlarms
from handraise.model import ChainedEvent, Flaw
from handraise.store import Proof


class AlarmCheck:
    """Checks the alarms of one state of a store, while the record is walked along."""

    def __init__(self, proof: Proof) -> None:
        """Begin.

        Args:
            proof: what is there.
        """
        self._proof = proof
        self._told = ToldAlarms()

    def note(self, event: ChainedEvent) -> None:
        """Take up an event of the record."""
        self._told.note(event)

    def end(self) -> Iterator[Flaw]:
        """Yield what is wrong with alarms as they stand, once the whole record was noted."""
        for page in self._proof.alarms():
            for row in page:
                yield from self._told.flaws_of(row)
        yield from self._told.end()
