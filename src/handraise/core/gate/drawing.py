"""Which decisions that went ahead a person looks at afterwards: drawn by a keyed hash of their id.

Whoever has the key finds each draw again; nobody else can foresee one, or tell one from chance.
INVARIANT: what an agent states, and when it asks, has no part in a draw: only the id that the gate
made, the key, and how often the table draws the severity of the action.
"""

from __future__ import annotations

import hashlib

from handraise.core.table.types import Auditing

SIDES = 2**64
"""A lot is one of so many numbers, each as likely as the other."""

_PURPOSE = b"handraise lots 1"


def drawn(
    auditing: Auditing, severity: str | None, key: bytes, decision_id: str
) -> tuple[float, ...]:
    """Return the probability of each look that a decision is drawn for: of none, one or two people.

    Args:
        auditing: how often the table draws.
        severity: of the action; one without, in a table that rates actions, counts as what is drawn
            most.
        key: 16 to 64 bytes that no agent knows.
        decision_id: made by the gate.

    Example:
        >>> drawn(Auditing(one_in={"": 1}, to="support_supervisor", twice=0), None, b"k" * 32, "a")
        (1.0,)
    """
    one_in = auditing.one_in.get(severity or "") or min(auditing.one_in.values())
    lots = hashlib.blake2b(decision_id.encode(), digest_size=16, key=key, person=_PURPOSE).digest()
    if int.from_bytes(lots[:8]) * one_in >= SIDES:
        return ()
    first = 1 / one_in
    if int.from_bytes(lots[8:]) >= auditing.twice * SIDES:
        return (first,)
    return first, first * auditing.twice
