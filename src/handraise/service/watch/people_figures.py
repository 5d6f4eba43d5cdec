"""Figures of the people's work: by route and row for everybody, by person for that person alone.

INVARIANT: the figures of one person are given to that person and to the owner, and to nobody else;
also those of a route or row that one person alone has answered. They are in no order of merit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.people import Answered, Share, in_the_middle, share_of
from handraise.core.table.types import Table
from handraise.service.watch.answers import Read, sole
from handraise.store.figures import Drained, Missed, OpenAsks

WITHIN = timedelta(days=28)
"""Figures are of the last four weeks."""


class Answering(Struct, frozen=True, kw_only=True):
    """How a route, a row or a person answers.

    Attributes:
        differed: in how many answers people did anything else than approve.
        unread: how many approvals came faster than what they showed can be read.
        picked_up_s: half of what was asked was picked up within so many seconds; None for fewer
            than twenty.
        resolved_s: half was answered within so many seconds; None for fewer than twenty.
    """

    differed: Share
    unread: Share
    picked_up_s: float | None
    resolved_s: float | None


class GroupFigures(Struct, frozen=True, kw_only=True):
    """The figures of a route, of a row, or of everything.

    Attributes:
        name: the route's or row's; empty for everything.
        count: how many answers there were.
        answering: how they were given; None where it was one person who gave them, and neither they
            nor the owner read this.
        past_deadline: of what ended or waits, how much went past a deadline; None for a row, and
            where `answering` is None.
        open: how much waits; 0 for a row.
        oldest_at: since when the oldest has waited; None where nothing does.
        about: who alone gave the answers; None where several did.
    """

    name: str
    count: int
    answering: Answering | None
    past_deadline: Share | None = None
    open: int = 0
    oldest_at: datetime | None = None
    about: str | None = None


class Figures(Struct, frozen=True, kw_only=True):
    """The figures of an agent's people, without any of a single person.

    Attributes:
        agent: whose.
        since: from when they count.
        all: of everything.
        routes: by route, in the table's order.
        rows: by row, in the table's order.
    """

    agent: str
    since: datetime
    all: GroupFigures
    routes: tuple[GroupFigures, ...]
    rows: tuple[GroupFigures, ...]


class PersonFigures(Struct, frozen=True, kw_only=True):
    """The figures of one person, for their own eyes and the owner's.

    Attributes:
        agent: of which agent's questions.
        person: who.
        since: from when they count.
        count: how many answers they gave.
        answering: how they gave them.
        passed: how many questions went on from them because a deadline had passed.
    """

    agent: str
    person: str
    since: datetime
    count: int
    answering: Answering
    passed: int


class Kept(Struct, frozen=True, kw_only=True):
    """What the store has of the last four weeks; see `handraise.store.figures`."""

    since: datetime
    read: Read
    missed: Sequence[Missed]
    waits: Mapping[str, OpenAsks]
    ended: Mapping[str, Drained]


def figures_by_group(table: Table, kept: Kept, reader: str | None) -> Figures:
    """Return the figures by route and row.

    Args:
        table: in force.
        kept: what the store has.
        reader: who reads, for what is about one person alone; None for anybody.
    """
    by_route: dict[str, list[Answered]] = defaultdict(list)
    by_row: dict[str, list[Answered]] = defaultdict(list)
    for one in kept.read.answers:
        by_route[one.route].append(one)
        if one.version == table.version:
            for row in one.rows:
                by_row[row].append(one)
    groups = [_route(route, by_route[route], kept) for route in table.routes]
    rows = [_group(row.id, by_row[row.id], kept.read) for row in table.rows]
    waits = kept.waits.values()
    whole = replace(
        _group("", kept.read.answers, kept.read),
        past_deadline=_past(None, kept),
        open=sum(one.count for one in waits),
        oldest_at=min((one.oldest_at for one in waits), default=None),
    )

    def seen(group: GroupFigures) -> GroupFigures:
        if group.about is None or reader in {group.about, table.owner}:
            return group
        return replace(group, answering=None, past_deadline=None)

    return Figures(
        agent=table.agent,
        since=kept.since,
        all=seen(whole),
        routes=tuple(map(seen, groups)),
        rows=tuple(map(seen, rows)),
    )


def _group(name: str, answers: Sequence[Answered], read: Read) -> GroupFigures:
    return GroupFigures(
        name=name,
        count=len(answers),
        answering=answering_of(answers, read),
        about=sole(answers),
    )


def _route(route: str, answers: Sequence[Answered], kept: Kept) -> GroupFigures:
    waits = kept.waits.get(route)
    group = _group(route, answers, kept.read)
    passed = {one.person for one in kept.missed if one.route == route}
    return replace(
        group,
        past_deadline=_past(route, kept),
        open=waits.count if waits else 0,
        oldest_at=waits.oldest_at if waits else None,
        about=passed.pop() if not answers and len(passed) == 1 else group.about,
    )


def _past(route: str | None, kept: Kept) -> Share:
    def is_of(name: str) -> bool:
        return route is None or name == route

    past = {one.ask_id for one in kept.missed if is_of(one.route)}
    past |= {one.ask_id for one in kept.read.answers if one.is_late and is_of(one.route)}
    ended = sum(one.ended for name, one in kept.ended.items() if is_of(name))
    waiting = sum(one.count for name, one in kept.waits.items() if is_of(name))
    return share_of(len(past), max(ended + waiting, len(past)))


def answering_of(answers: Iterable[Answered], read: Read) -> Answering:
    """Return how some answers were given, whoever gave them."""
    given = list(answers)
    approvals = [one for one in given if not one.is_override]
    return Answering(
        differed=share_of(len(given) - len(approvals), len(given)),
        unread=share_of(sum(one.ask_id in read.fast for one in approvals), len(approvals)),
        picked_up_s=in_the_middle([one.picked_up_s for one in given]),
        resolved_s=in_the_middle([one.resolved_s for one in given]),
    )


def figures_by_person(
    agent: str, person: str, since: datetime, read: Read, missed: Sequence[Missed]
) -> PersonFigures:
    """Return one person's figures; whoever calls this has seen to who reads them.

    Args:
        agent: of which agent's questions.
        person: who.
        since: from when they count.
        read: the answers since then; those of others are passed over.
        missed: the deadlines that were missed since then, anybody's.
    """
    answers = [one for one in read.answers if one.by == person]
    return PersonFigures(
        agent=agent,
        person=person,
        since=since,
        count=len(answers),
        answering=answering_of(answers, read),
        passed=sum(one.person == person for one in missed),
    )
