"""What stands above every page: what is waived, who can be reached no more, what ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from handraise.service.going_live.standing import Hold
from handraise.service.wiring import Operation
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import Reader

SOON = timedelta(days=7)
"""How long before its end a record is told of."""


def notes_of(operation: Operation, reader: Reader) -> tuple[str, ...]:
    """Return what nobody on a reader's tables must miss, a sentence each."""
    found: list[str] = []
    for agent in sorted(operation.shelf.agents_read_by(reader.id)):
        hold = operation.readiness.hold(agent)
        if hold is not None:
            found += map(visible, _notes(agent, hold, reader))
    return tuple(found)


def _notes(agent: str, hold: Hold, reader: Reader) -> Iterator[str]:
    if hold.ended:
        yield f"{agent} stops at every decision: {hold.ended}."
        return
    names = {str(one.get("code")): str(one.get("name")) for one in hold.record.evidence}
    waivers = sorted(hold.record.waivers, key=lambda one: one.until)
    until = f"until {reader.moment(waivers[0].until).absolute}" if waivers else ""
    if len(waivers) == 1:
        name = names.get(waivers[0].line, waivers[0].line)
        yield f"{agent} is live without proof of this, waived {until}: {name}."
    elif waivers:
        first = "" if waivers[0].until == waivers[-1].until else "the first "
        yield f"{agent} is live with {len(waivers)} proofs waived, {first}{until}."
    for person in hold.unreachable:
        yield f"{agent}: {hold.gone[person]}; others remain on their routes."
    if hold.ends_at is not None and hold.ends_at - reader.now <= SOON:
        at = reader.moment(hold.ends_at)
        yield f"{agent} stops {at.relative} ({at.absolute}): {hold.ends_why}."
