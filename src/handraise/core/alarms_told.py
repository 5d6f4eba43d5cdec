"""Whether alarms stand as events say: each alarm's row is held against what became of it.

An alarm that somebody deletes or resolves in the store would be one that its owner never hears of
again. INVARIANT: nothing here fails for what stands in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.core.record import detail_of
from handraise.model import ChainedEvent, Flaw

STATES = {
    "alarm_raised": "open",
    "alarm_back": "open",
    "alarm_acknowledged": "acknowledged",
    "alarm_over": "resolved",
    "alarm_unseen": "resolved",
}
"""How an alarm stands after an event of it; others leave it as it stood."""


class ToldAlarms:
    """Keeps what events tell of alarms, to hold it against how these stand."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._by_id: dict[str, dict[str, Any]] = {}

    def note(self, event: ChainedEvent) -> None:
        """Take up an event."""
        if event.kind not in STATES:
            return
        said = detail_of(event)
        self._by_id[str(said.get("alarm"))] = {
            "agent": event.agent,
            "kind": said.get("kind"),
            "state": STATES[event.kind],
        }

    def flaws_of(self, row: Mapping[str, Any]) -> list[Flaw]:
        """Return what is wrong with an alarm; it is looked at once.

        Args:
            row: the alarm, as it is kept.
        """
        place = f"alarm {row['id']}"
        told = self._by_id.pop(str(row["id"]), None)
        if told is None:
            return [Flaw(None, place, "no event tells of it: it was put there")]
        unlike = [name for name, value in told.items() if row.get(name) != value]
        if not unlike:
            return []
        return [Flaw(None, place, f"its {' and '.join(unlike)} is not what was told: edited")]

    def end(self) -> list[Flaw]:
        """Return what is wrong once all alarms were looked at: those that are gone."""
        return [
            Flaw(None, f"alarm {id}", "an event tells of it, and it is gone") for id in self._by_id
        ]
