"""Checking what turned out: the rows that beat every answer, held against the events of them."""

from __future__ import annotations

from collections.abc import Iterator

from handraise.core.outcomes import ToldOutcomes
from handraise.model import ChainedEvent, Flaw
from handraise.store import Proof


class OutcomeCheck:
    """Checks the outcomes of one state of a store, while the record is walked along."""

    def __init__(self, proof: Proof) -> None:
        """Begin.

        Args:
            proof: what is there.
        """
        self._proof = proof
        self._told = ToldOutcomes()
        self.outcomes = 0

    def note(self, event: ChainedEvent) -> None:
        """Take up an event of the record."""
        self._told.note(event)

    def end(self) -> Iterator[Flaw]:
        """Yield what is wrong with outcomes as they stand, once the whole record was noted."""
        for page in self._proof.outcomes():
            self.outcomes += len(page)
            for row in page:
                yield from self._told.flaws_of(row)
        yield from self._told.end()
