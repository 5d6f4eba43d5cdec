"""How soon the person who is asked must hear of it: urgent asks are never held back."""

from __future__ import annotations

from handraise.core.lifecycle.parts import route_of
from handraise.core.table.types import Table
from handraise.model import OWNER, Ask, Escalation
from handraise.model.words import Urgency

AT_ONCE_S = 300.0
"""A route that gives no longer than this to acknowledge has no time to lose."""


def urgency_of(ask: Ask, escalation: Escalation, table: Table) -> Urgency:
    """Return whether the holder of an ask must be told without delay.

    Urgent is what has come to the owner as the last resort, what would do the worst that the table
    knows, and what the table gives five minutes or less to acknowledge. What is the owner's from
    the start (a table that is not ready, a fault) is not urgent by that alone.

    Args:
        ask: as it stands.
        escalation: whose ask it is.
        table: the version of the table it began with.
    """
    is_last_resort = ask.with_owner and ask.route != OWNER
    has_no_time = route_of(ask, table).acknowledge_within_s <= AT_ONCE_S
    return "urgent" if is_last_resort or has_no_time or _is_worst(escalation, table) else "normal"


def _is_worst(escalation: Escalation, table: Table) -> bool:
    """Whether the action is rated with the worst of several severities."""
    action = escalation.decision.action
    rated = table.actions.get(action) if isinstance(action, str) else None
    return (
        rated is not None and len(table.severities) > 1 and rated.severity == table.severities[-1]
    )
