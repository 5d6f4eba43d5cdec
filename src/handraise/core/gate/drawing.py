"""Which decisions that went ahead a person looks at afterwards: drawn by a keyed hash of their id.

Whoever has the key finds each draw again; nobody else can foresee one, or tell one from chance.
INVARIANT: what an agent states, and when it asks, has no part in a draw: only the id that the gate
made, the key, and how often the table draws the severity of the action.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from handraise.core.table.types import Auditing

_HALF = 8
"""A hash has two lots of so many bytes each: one for the first look, one for the second."""

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
    lots = blake2b(decision_id.encode(), digest_size=2 * _HALF, key=key, person=_PURPOSE).digest()
    if lots > _highest(one_in):
        return ()
    first = 1 / one_in
    if int.from_bytes(lots[_HALF:]) >= auditing.twice * 256**_HALF:
        return (first,)
    return first, first * auditing.twice


@cache
def _highest(one_in: int) -> bytes:
    """Return the highest hash that is drawn; the bytes of a hash are compared as a number is."""
    highest: int = (256**_HALF - 1) // one_in
    return highest.to_bytes(_HALF) + b"\xff" * _HALF
