"""The line of the go-live checklist about passkeys, where the table has answers confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.core.lifecycle import confirming_people
from handraise.core.lifecycle.confirming import why_confirming
from handraise.core.table.types import Table
from handraise.model import OWNER
from handraise.service.access.party import EXTRA, is_installed
from handraise.service.going_live.line import CONFIRMED, Line, at_of
from handraise.service.going_live.subject import Subject

NAME = "who must confirm has a passkey"
REMEDY = "each adds one on their page of `handraise serve`, under Your passkeys"


def confirmed_lines(subject: Subject) -> list[Line]:
    """Return the line about passkeys: everybody who may be asked has one; none without `confirm`.

    Whoever has none could never let the agent do what they are asked about.
    """
    people = confirming_people(subject.table)
    if not people:
        return []
    if not is_installed():
        what, _, remedy = EXTRA.partition(": ")
        return [Line(code=CONFIRMED, name=NAME, state="red", evidence=what, remedy=remedy)]
    known = subject.store.passkeys() if subject.store is not None else []
    first = {one.person: one.made_at for one in reversed(known)}
    without = [one for one in people if one not in first]
    if without:
        have = "has" if len(without) == 1 else "have"
        evidence = f"{', '.join(without)} {have} none: {_why(without, subject.table)}"
        return [Line(code=CONFIRMED, name=NAME, state="red", evidence=evidence, remedy=REMEDY)]
    return [
        Line(
            code=CONFIRMED,
            name=NAME,
            state="green",
            evidence=f"each of the {len(people)} who may be asked has one",
            at=at_of([first[one] for one in people], subject.now),
        )
    ]


def _why(people: Sequence[str], table: Table) -> str:
    """Return what may come to people that must be confirmed, in words."""
    routes = [
        route
        for route in (*table.routes, OWNER)
        if not {*people}.isdisjoint(table.route_people(route))
    ]
    return "; ".join(filter(None, (why_confirming(route, table) for route in routes)))
