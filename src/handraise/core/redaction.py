"""What is no personal data in the detail of an event: it is kept when the detail is erased.

Whom it was put to, which route, how it ended and what was told of how it turned out stay; nobody's
words and no value of a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handraise.core.record import REDACTED, detail_of
from handraise.model import ChainedEvent

KEPT = "kept"
"""In the detail of an event `redacted`: what is kept of the details it erased, by their numbers."""

_MOVED = frozenset({"from", "to", "route", "with_owner"})
_SAFE: Mapping[str, frozenset[str]] = {
    "created": frozenset({"rows", "routes"}),
    "assigned": _MOVED,
    "advanced": _MOVED,
    "reassigned": _MOVED,
    "delegated": _MOVED,
    "delegation_ended": _MOVED,
    "asked_again": _MOVED,
    "acknowledged": frozenset({"from"}),
    "acknowledgement_expired": frozenset({"holder"}),
    "reminded": frozenset({"to", "count"}),
    # Not `from` and `to`: of an answer, those are the proposals.
    "answered": frozenset(
        {"answer", "route", "holder", "on_behalf_of", "with_owner", "confirmed_with"}
    ),
    "resolved": frozenset({"outcome"}),
    "outcome_told": frozenset(
        {"outcome", "decision", "is_right", "stake", "source", "turned_out_at"}
    ),
}
_WHOLE = frozenset({"outcome_told"})
"""The kinds of which what is false or zero is kept too: their rows are held against it."""


def kept_of(event: ChainedEvent) -> dict[str, Any]:
    """Return what of an event's detail is no personal data; empty for a kind we do not know."""
    safe = _SAFE.get(event.kind, frozenset())
    is_whole = event.kind in _WHOLE
    said = detail_of(event).items()
    return {name: value for name, value in said if name in safe and (value or is_whole)}


def kept_in(redactions: Iterable[ChainedEvent]) -> dict[int, dict[str, Any]]:
    """Return what redactions have kept of the details they erased, by the events' numbers."""
    found: dict[int, dict[str, Any]] = {}
    for event in redactions:
        kept = detail_of(event).get(KEPT) if event.kind == REDACTED else None
        for seq, fields in kept.items() if isinstance(kept, dict) else ():
            if seq.isdecimal() and isinstance(fields, dict):
                found[int(seq)] = fields
    return found
