"""For how long asks were open: a row each time one is, kept in the transaction that moves the ask.

What the figures count of people's work is counted of these narrow rows, not of the escalations with
all their words. INVARIANT: a row that has ended never changes again: an ask that is asked again
begins another one. Rehearsals and drills have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select, type_coerce, update

from handraise.model import Ask, Escalation
from handraise.store.columns import Document
from handraise.store.database import Database
from handraise.store.figures import MISSED, Advance
from handraise.store.inserts import encoded, put
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import ask_spans as table
from handraise.store.schema import asks, escalations, events

Moved = Sequence[tuple[Escalation | None, Escalation]]


class EndedSpan(Struct, frozen=True, kw_only=True):
    """A time for which an ask was open, and that has ended.

    Attributes:
        route: which was asked.
        conditions: for which conditions.
        asked_at: from when on.
        picked_up_at: when somebody first said that they have it, or answered; None for nobody.
        ended_at: until when.
        answer: the kind of the answer; None where it ended without one.
        by: who gave it.
    """

    route: str
    conditions: tuple[str, ...]
    asked_at: datetime
    picked_up_at: datetime | None
    ended_at: datetime
    answer: str | None
    by: str | None


class Flow(Struct, frozen=True, kw_only=True):
    """What came, and what ended, in a stretch of time.

    Attributes:
        came: how many asks were put to each route.
        ended: those that ended, oldest end first.
        missed: for each ask that went on to somebody else for a missed deadline, each time it did:
            its route and who had had it.
        outcomes: how many escalations ended as what.
    """

    came: dict[str, int]
    ended: tuple[EndedSpan, ...]
    missed: tuple[tuple[str, str], ...]
    outcomes: dict[str, int]


class Standing(Struct, frozen=True):
    """What waits on a route: how many asks, and since when the oldest."""

    count: int
    oldest_at: datetime


def note_spans(connection: Connection, moved: Moved) -> None:
    """Keep from when to when asks are open.

    Args:
        connection: of a write transaction that has not reached the end of the chain yet.
        moved: each escalation as it was (None for a new one) and as it is now.
    """
    begun: list[dict[str, object]] = []
    told: list[dict[str, object]] = []
    for before, after in moved:
        if after.rehearsal:
            continue
        had = {} if before is None else {ask.id: ask for ask in before.asks}
        for ask in after.asks:
            old = had.get(ask.id)
            if ask == old:
                continue
            if ask.state == "open" and (old is None or old.state != "open"):
                begun.append(encoded(table, _begun(after, ask)))
            elif old is not None and old.state == "open":
                told.append(_told(after, ask))
    put(connection, table, begun)
    if told:
        connection.execute(_TELLING, told)


_TELLING = (
    update(table)
    .where(table.c.ask_id == bindparam("_ask_id"), table.c.ended_at.is_(None))
    .values(
        picked_up_at=func.coalesce(
            table.c.picked_up_at, bindparam("_had", type_=table.c.asked_at.type)
        ),
        ended_at=bindparam("_ended"),
        answer=bindparam("_answer"),
        by=bindparam("_by"),
    )
)


def _begun(escalation: Escalation, ask: Ask) -> dict[str, object]:
    conditions = {one.condition for one in escalation.reasons if one.route == ask.route}
    return {
        "ask_id": ask.id,
        "asked_at": ask.assigned_at,
        "agent": escalation.agent,
        "route": ask.route,
        "conditions": tuple(sorted(conditions)),
    }


def _told(escalation: Escalation, ask: Ask) -> dict[str, object]:
    answer = ask.answer if ask.state == "answered" else None
    ended = None if ask.state == "open" else answer.at if answer else escalation.resolved_at
    return {
        "_ask_id": ask.id,
        "_had": ask.acknowledged_at or (answer.at if answer else None),
        "_ended": ended,
        "_answer": answer.kind if answer else None,
        "_by": answer.by if answer else None,
    }


def flow(db: Database, agent: str, since: datetime, until: datetime) -> Flow:
    """Return what came and what ended from `since` on and before `until`; rehearsals apart."""
    with db.snapshot() as connection:
        return _flow(connection, agent, since, until)


def flow_and_standing(
    db: Database, agent: str, since: datetime, until: datetime
) -> tuple[Flow, dict[str, Standing]]:
    """Return `flow`, and what waits at that very moment, on each route on which something does."""
    own = (table.c.agent == agent, table.c.ended_at.is_(None))
    waiting = (
        select(table.c.route, func.count(), func.min(table.c.asked_at))
        .where(*own)
        .group_by(table.c.route)
        .order_by(table.c.route)
    )
    with db.snapshot() as connection:
        found = {
            route: Standing(count, oldest_at)
            for route, count, oldest_at in connection.execute(waiting)
        }
        return _flow(connection, agent, since, until), found


def first_asked(db: Database, agent: str) -> datetime | None:
    """Return when an agent first asked anybody in earnest; None where it never did."""
    found = select(func.min(table.c.asked_at)).where(table.c.agent == agent)
    with db.read() as connection:
        return connection.execute(found).scalar()


def _flow(connection: Connection, agent: str, since: datetime, until: datetime) -> Flow:
    came = (
        select(table.c.route, func.count())
        .where(table.c.agent == agent, table.c.asked_at >= since, table.c.asked_at < until)
        .group_by(table.c.route)
        .order_by(table.c.route)
    )
    ended = (
        select(*columns_of(table, EndedSpan))
        .where(table.c.agent == agent, table.c.ended_at >= since, table.c.ended_at < until)
        .order_by(table.c.ended_at, table.c.ask_id)
    )
    outcomes = (
        select(escalations.c.outcome, func.count())
        .where(escalations.c.agent == agent, escalations.c.rehearsal.is_(False))
        .where(escalations.c.resolved_at >= since, escalations.c.resolved_at < until)
        .group_by(escalations.c.outcome)
        .order_by(escalations.c.outcome)
    )
    return Flow(
        came={row[0]: int(row[1]) for row in connection.execute(came)},
        ended=tuple(record_of(EndedSpan, row) for row in connection.execute(ended)),
        missed=tuple(_missed(connection, agent, since, until)),
        outcomes={row[0]: int(row[1]) for row in connection.execute(outcomes)},
    )


def _missed(
    connection: Connection, agent: str, since: datetime, until: datetime
) -> Iterator[tuple[str, str]]:
    found = (
        select(asks.c.route, type_coerce(events.c.detail, Document(Advance)))
        .join_from(events, asks, events.c.ask_id == asks.c.id)
        .join(escalations, escalations.c.id == asks.c.escalation_id)
        .where(events.c.agent == agent, events.c.kind == "advanced")
        .where(events.c.at >= since, events.c.at < until, escalations.c.rehearsal.is_(False))
        .order_by(events.c.at, events.c.seq)
    )
    for route, why in connection.execute(found):
        if any(words in why.why for words in MISSED):
            yield route, why.person
