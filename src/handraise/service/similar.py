"""What was decided before about the same: a few of them, and how often it went which way.

It informs and decides nothing. Only what the person may read anyway is given, no rehearsals, and
nothing of an escalation that is itself practice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from handraise.core.table.form import is_number
from handraise.model import Escalation
from handraise.service.reading.shelf import Shelf
from handraise.store import Store
from handraise.store.similar import Decided

LOOKED_AT = 200
MOST = 5


class Precedents(Struct, frozen=True, kw_only=True):
    """What was decided before about the same.

    Attributes:
        looked_at: how many were looked at, the newest ones.
        outcomes: how many of them ended in which way, the most frequent first.
        nearest: at most five, newest first: those nearest in their amount, where there is one.
        amount_of: the field that is compared; empty where there is none.
    """

    looked_at: int = 0
    outcomes: Mapping[str, int] = {}
    nearest: tuple[Decided, ...] = ()
    amount_of: str = ""


def precedents(store: Store, shelf: Shelf, escalation: Escalation, person: str) -> Precedents:
    """Return what was decided before about the same as an escalation.

    Args:
        store: the opened store.
        shelf: the tables, which say what the person may read.
        escalation: to which others are compared; by agent, action and type.
        person: who looks.
    """
    action, kind = escalation.decision.action, escalation.decision.type
    is_comparable = isinstance(action, str) and isinstance(kind, str) and not escalation.rehearsal
    if not is_comparable or escalation.agent not in shelf.agents_read_by(person):
        return Precedents()
    found = store.decided_alike(
        escalation.agent, action, kind, besides=escalation.id, limit=LOOKED_AT
    )
    name = amount_of(action, escalation.proposal)
    counted = Counter(one.outcome for one in found)
    return Precedents(
        looked_at=len(found),
        outcomes=dict(counted.most_common()),
        nearest=_nearest(found, name, escalation.proposal),
        amount_of=name,
    )


def amount_of(action: Any, proposal: Any) -> str:
    """Return the field by which proposals are compared: the action's own, or the first number.

    Example:
        >>> amount_of("refund", {"fee": 1, "refund": 40}), amount_of("reply", {"text": "no"})
        ('refund', '')
    """
    if not isinstance(proposal, dict):
        return ""
    if is_number(proposal.get(action)):
        return str(action)
    return next((str(name) for name, value in proposal.items() if is_number(value)), "")


def _nearest(found: list[Decided], name: str, proposal: Any) -> tuple[Decided, ...]:
    if not name:
        return tuple(found[:MOST])
    own = proposal[name]

    def far(one: Decided) -> float:
        value = one.proposal.get(name) if isinstance(one.proposal, dict) else None
        return abs(value - own) if is_number(value) else float("inf")

    chosen = sorted(found, key=far)[:MOST]  # stable: of two as near the newer one
    return tuple(sorted(chosen, key=lambda one: one.id, reverse=True))
