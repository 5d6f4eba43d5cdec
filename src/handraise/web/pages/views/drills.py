"""Drills in words: to whom, of which route, how long they took, what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import OWNER, DrillRecord
from handraise.service.drills import timing_of
from handraise.web.pages.views.words import Moment, Reader, route_name, span

OUTCOMES = {
    "open": ("under way", "open"),
    "answered": ("the path works", "approve"),
    "moved": ("moved on, and somebody else answered", "change"),
    "failed": ("nobody answered", "reject"),
}
"""What came of a drill, and its colour."""


class DrillLine(Struct, frozen=True, kw_only=True):
    """One drill.

    Attributes, where the name alone does not say it:
        took: how long telling, taking and answering took, a few words each.
        href: the question that was put; it is kept like any other.
    """

    agent: str
    route: str
    person: str
    by: str
    started: Moment
    outcome: str
    tone: str
    took: tuple[str, ...]
    href: str


class DrillsPage(Struct, frozen=True, kw_only=True):
    """The page of drills.

    Attributes:
        open: those that are under way.
        over: those that have ended, the newest first.
        routes: what the reader may drill: the field's value and its words; empty for nothing.
        people: whom it may go to: id and full name.
    """

    open: tuple[DrillLine, ...]
    over: tuple[DrillLine, ...]
    routes: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]


def drills_page(
    drills: Sequence[DrillRecord], owned: Sequence[Table], reader: Reader
) -> DrillsPage:
    """Return the page in words.

    Args:
        drills: of the agents that the reader may see.
        owned: the newest tables of those the reader owns.
        reader: who reads.
    """
    newest_first = sorted(drills, key=lambda one: (one.started_at, one.id), reverse=True)
    lines = [(one.outcome, _line(one, reader)) for one in newest_first]
    several = len(owned) > 1
    people = {
        id: table.people[id].name
        for table in owned
        for id in (*(id for route in table.routes.values() for id in route.people), table.owner)
    }
    return DrillsPage(
        open=tuple(line for outcome, line in lines if outcome == "open"),
        over=tuple(line for outcome, line in lines if outcome != "open"),
        routes=tuple(
            (f"{table.agent}/{id}", route_name(id) + (f" of {table.agent}" if several else ""))
            for table in owned
            for id in (*table.routes, OWNER)
        ),
        people=tuple(sorted(people.items(), key=lambda one: one[1].casefold())),
    )


def _line(drill: DrillRecord, reader: Reader) -> DrillLine:
    outcome, tone = OUTCOMES[drill.outcome]
    timing = timing_of(drill)
    spans = (
        ("told after", timing.told_s),
        ("taken after", timing.acknowledged_s),
        (f"answered by {reader.name(drill.answered_by)} after", timing.answered_s),
    )
    return DrillLine(
        agent=drill.agent,
        route=route_name(drill.route),
        person=reader.full_name(drill.person),
        by=reader.name(drill.by),
        started=reader.moment(drill.started_at),
        outcome=outcome,
        tone=tone,
        took=tuple(f"{words} {span(seconds)}" for words, seconds in spans if seconds is not None),
        href=f"/escalations/{drill.escalation_id}",
    )
