"""Checking the draws: decisions held against their lots, audits against what events tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from handraise.core.draws import Told, draw_flaws, lots_of
from handraise.core.table.types import Auditing
from handraise.errors import Error
from handraise.model import ChainedEvent, Flaw, SealedDecision
from handraise.service.reading.registered import reading_of
from handraise.store import Proof, Store

AuditingOf = Callable[[str, str], Auditing | None]
"""Returns what a version of an agent's table draws; None for nothing, or where it is unknown."""


def auditing_in(store: Store) -> AuditingOf:
    """Return what tells the `audit` of the versions that a store knows.

    A version that does not have the meaning that its name says tells nothing.
    """
    known: dict[tuple[str, str], Auditing | None] = {}

    def auditing_of(agent: str, version: str) -> Auditing | None:
        place = (agent, version)
        if place not in known:
            known[place] = _auditing(store, agent, version)
        return known[place]

    return auditing_of


def _auditing(store: Store, agent: str, version: str) -> Auditing | None:
    try:
        kept = store.table_version(agent, version)
        table = None if kept is None else reading_of(kept).table
    except Error:
        return None
    return table.audit if table is not None and table.version == version else None


class DrawCheck:
    """Checks the draws of one state of a store, while the record is walked along."""

    def __init__(self, proof: Proof, auditing_of: AuditingOf, keys: Sequence[bytes] | None) -> None:
        """Begin.

        Args:
            proof: what is there.
            auditing_of: tells what versions draw.
            keys: by which decisions were drawn, the present one first; None where the secret is not
                at hand.
        """
        self._proof = proof
        self._auditing_of = auditing_of
        several = keys is not None and len(keys) > 1
        looks = tuple(proof.first_looks()) if several else ()
        self._lots = None if keys is None else lots_of(keys, looks)
        self._told = Told()
        self.drawn = 0

    def note(self, event: ChainedEvent) -> None:
        """Take up an event of the record."""
        self._told.note(event)

    def flaws_of(self, decisions: Sequence[SealedDecision]) -> Iterator[Flaw]:
        """Yield what is wrong with the draws of some decisions."""
        drawn_ones = [one.id for one in decisions if one.fields.get("audit") is not None]
        self.drawn += len(drawn_ones)
        rows = self._proof.audits_of(drawn_ones)
        for one in decisions:
            agent, version = str(one.fields.get("agent")), str(one.fields.get("version"))
            yield from draw_flaws(
                one, rows.get(one.id, []), self._auditing_of(agent, version), self._lots
            )

    def end(self) -> Iterator[Flaw]:
        """Yield what is wrong with audits as they stand, once the whole record was noted."""
        for page in self._proof.audits_told():
            for row in page:
                yield from self._told.flaws_of(row)
        for ids in self._proof.left_out():
            yield from self._told.left_out_flaws(ids)
        yield from self._told.end()
        for id in self._proof.strange_audits():
            what = "its decision is gone, or was not drawn: it was put there"
            yield Flaw(None, f"audit {id}", what)
