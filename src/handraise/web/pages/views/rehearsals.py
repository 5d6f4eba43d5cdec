"""The page of exercises: each with when it was, who was asked, and how it ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from handraise.model import Rehearsal
from handraise.web.pages.views.words import Moment, Reader, counted

ENDED = {
    "answered": "everybody had answered",
    "time": "its time was over",
    "owner": "its owner ended it",
}


class RehearsalLine(Struct, frozen=True, kw_only=True):
    """An exercise in words; `ended` is empty while it runs."""

    href: str
    started: Moment
    by: str
    asked: str
    source: str
    ended: str
    until: Moment
    waits: bool


class RehearsalsPage(Struct, frozen=True, kw_only=True):
    """The exercises of one agent's team, the newest first."""

    agent: str
    agents: tuple[str, ...]
    lines: tuple[RehearsalLine, ...]


def rehearsals_page(
    agent: str,
    agents: Sequence[str],
    found: Sequence[Rehearsal],
    waiting: Collection[str],
    reader: Reader,
) -> RehearsalsPage:
    """Return the page in words.

    Args:
        agent: whose team.
        agents: whose the reader may see.
        found: the exercises, the newest first.
        waiting: ids of those in which questions wait for the reader.
        reader: who looks.
    """
    lines = tuple(
        RehearsalLine(
            href=f"/rehearsals/{one.id}",
            started=reader.moment(one.started_at),
            by=reader.name(one.by),
            asked=f"{counted(len(one.questions), 'question')} to"
            f" {counted(len(one.invited), 'person')}",
            source=one.source,
            ended="" if one.ended_why is None else ENDED[one.ended_why],
            until=reader.moment(one.ended_at or one.ends_at),
            waits=one.id in waiting,
        )
        for one in found
    )
    return RehearsalsPage(agent=agent, agents=tuple(agents), lines=lines)
