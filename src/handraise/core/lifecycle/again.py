"""What somebody does a second time: a form sent twice, from two pages or after a lost connection.

The first time counts; the second brings nothing, and says so instead of calling it a fault.
"""

from __future__ import annotations

from collections.abc import Sequence

from handraise.model import Event

_NOTED_AS: dict[str, str] = {
    "release": "advanced",
    "reassign": "reassigned",
    "delegate": "delegated",
    "take_back": "delegation_ended",
}


def done_before(
    events: Sequence[Event], ask_id: str, person: str, move: str, to: str | None = None
) -> Event | None:
    """Return the event by which a person has made a move already; None where they have not.

    What they did before the ask was given to them anew is no such event.

    Args:
        events: of the escalation, oldest first.
        ask_id: which ask.
        person: who makes the move now.
        move: release, reassign, delegate or take_back.
        to: to whom it is given; None for nobody by name.
    """
    for event in reversed(events):
        if event.ask_id != ask_id:
            continue
        is_same = event.kind == _NOTED_AS[move] and event.who == person
        if is_same and (to is None or event.detail.get("to") == to):
            return event
        if _came_to(event, person):
            return None
    return None


def _came_to(event: Event, person: str) -> bool:
    """Whether a person was given an ask, or has taken it from another."""
    has_taken = event.kind == "acknowledged" and event.who == person and "from" in event.detail
    return has_taken or event.detail.get("to") == person
