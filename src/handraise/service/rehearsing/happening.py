"""What happens in an exercise, as events of the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handraise.model import Event, Rehearsal


def happening(rehearsal: Rehearsal, kind: str, who: str, at: datetime, **detail: Any) -> Event:
    """Return an event of an exercise; it names the exercise and says nothing of any answer."""
    return Event(
        at=at,
        kind=kind,
        who=who,
        agent=rehearsal.agent,
        detail={"rehearsal": rehearsal.id, **detail},
    )
