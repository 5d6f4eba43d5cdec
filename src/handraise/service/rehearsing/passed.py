"""Which routes were rehearsed: a team rehearsal counts for a route as a drill does.

INVARIANT: it counts by its signed protocol alone, never by what else the store holds of it.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from handraise.model import Rehearsal
from handraise.service.rehearsing.protocol import Protocol, protocol_in
from handraise.service.secrets import Signer
from handraise.store import Store

MOST_LOOKED_AT = 50


class Passed(Struct, frozen=True, kw_only=True):
    """A route that was rehearsed.

    Attributes:
        route: which, or `owner`.
        people: who was asked for it, all of whom answered.
        at: when the last of them had answered for the first time.
        rehearsal_id: in which rehearsal.
    """

    route: str
    people: tuple[str, ...]
    at: datetime
    rehearsal_id: str


def passes(store: Store, agent: str, signer: Signer | None) -> dict[str, Passed]:
    """Return for each route the newest rehearsal in which everybody who was asked for it answered.

    Somebody who was asked for a route and answered nothing lets it fail in that rehearsal, whatever
    the others did. A rehearsal that still runs does not count, nor does one whose protocol this
    operation has not signed.

    Args:
        store: where rehearsals are kept.
        agent: whose.
        signer: the operation's; without one no protocol can be checked, and nothing counts.
    """
    found: dict[str, Passed] = {}
    if signer is None:
        return found
    for rehearsal in store.rehearsals(agent, limit=MOST_LOOKED_AT):
        protocol = _protocol(rehearsal, signer)
        if protocol is not None:
            for route in dict.fromkeys(one for each in protocol.answers for one in each.routes):
                passed = _passed(protocol, route)
                if passed is not None:
                    found.setdefault(route, passed)
    return found


def _protocol(rehearsal: Rehearsal, signer: Signer) -> Protocol | None:
    """Return the signed protocol of exactly this rehearsal; None where there is none."""
    found = protocol_in(rehearsal.protocol or "", signer)
    is_its = found is not None and (found.id, found.agent) == (rehearsal.id, rehearsal.agent)
    return found if is_its else None


def _passed(protocol: Protocol, route: str) -> Passed | None:
    answers = [answer for answer in protocol.answers if route in answer.routes]
    asked = dict.fromkeys(answer.person for answer in answers)
    first: dict[str, datetime] = {}
    for answer in answers:
        if answer.answered_at is not None:
            before = first.get(answer.person, answer.answered_at)
            first[answer.person] = min(answer.answered_at, before)
    if first.keys() != asked.keys():
        return None
    return Passed(
        route=route, people=tuple(asked), at=max(first.values()), rehearsal_id=protocol.id
    )
