"""Whether what turned out is what was told: each outcome's row is held against its event.

An outcome counts before any answer in an audit, so one that somebody put in, edited or deleted is a
flaw. INVARIANT: nothing here fails for what stands in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.core.record import detail_of
from handraise.core.redaction import kept_in
from handraise.model import ChainedEvent, Flaw

TOLD = "outcome_told"
"""The kind of the event that says what was reported; nobody's words stand in it."""

TURNED_OUT_AT = "turned_out_at"
"""In its detail: when that turned out, where that is not when it was told."""

OWN_WORD = "agent"
"""The source whose word never counts."""


def teller_of(source: str, agent: str, by: str) -> str:
    """Return who told, as events say it: the label of a key is never taken for a person's id.

    Example:
        >>> teller_of("api", "support-agent", "billing"), teller_of("file", "support-agent", "dana")
        ('key:billing', 'dana')
    """
    return {OWN_WORD: f"agent:{agent}", "api": f"key:{by}"}.get(source, by)


class ToldOutcomes:
    """Keeps what events tell of outcomes, to hold it against how these stand."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._by_id: dict[str, dict[str, Any]] = {}
        self._erased: dict[int, ChainedEvent] = {}

    def note(self, event: ChainedEvent) -> None:
        """Take up an event; one that was erased tells what its redaction has kept of it."""
        if event.kind != TOLD:
            for seq, kept in kept_in([event]).items():
                erased = self._erased.pop(seq, None)
                if erased is not None:
                    self._keep(erased, kept)
        elif event.salt is None:
            self._erased[event.seq] = event
        else:
            self._keep(event, detail_of(event))

    def _keep(self, event: ChainedEvent, said: Mapping[str, Any]) -> None:
        self._by_id[str(said.get("outcome"))] = {
            "agent": event.agent,
            "decision_id": said.get("decision"),
            "is_right": said.get("is_right"),
            "stake": said.get("stake"),
            "source": said.get("source"),
            "by": event.who,
            "told_at": event.at,
            "at": said.get(TURNED_OUT_AT, event.at),
        }

    def flaws_of(self, row: Mapping[str, Any]) -> list[Flaw]:
        """Return what is wrong with an outcome; it is looked at once.

        Args:
            row: the outcome, as it is kept.
        """
        place = f"outcome {row['id']}"
        told = self._by_id.pop(str(row["id"]), None)
        if told is None:
            return [Flaw(None, place, "no event tells of it: it was put there")]
        by = teller_of(str(row.get("source")), str(row.get("agent")), str(row.get("by")))
        stands = {**row, "by": by}
        unlike = [name for name, value in told.items() if stands.get(name) != value]
        if not unlike:
            return []
        return [Flaw(None, place, f"its {' and '.join(unlike)} is not what was told: edited")]

    def end(self) -> list[Flaw]:
        """Return what is wrong once all outcomes were looked at: those that are gone."""
        return [
            Flaw(None, f"outcome {id}", "an event tells of it, and it is gone")
            for id in self._by_id
        ]
