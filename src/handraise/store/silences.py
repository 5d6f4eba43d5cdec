"""What the watch for silence reads: repetition, queues, what became of messages, the pulse.

Each read is bounded, however much there is: it is made every minute.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select

from handraise.store.database import Database
from handraise.store.monitors import carried, carry
from handraise.store.schema import (
    asks,
    decisions,
    escalations,
    events,
    outbox,
    readings,
    sessions,
)

PULSE = "pulse"
"""The series that an agent's pulse is kept under, of no version: no monitor is called so."""

MANY = 5_000


class Repetition(Struct, frozen=True, kw_only=True):
    """Decisions that are all the same.

    Attributes:
        type: their type; None where it was not usable.
        count: how many.
        of: how many the agent made in all, within what was looked at.
        in_case: whether they are of one case; otherwise they have none.
        first_at: when the first was made.
        newest: the id of the last.
        digest: stands for what they have in common; nobody reads a customer's words from it.
    """

    type: str | None
    count: int
    of: int
    in_case: bool
    first_at: datetime
    newest: str
    digest: str


class Queue(Struct, frozen=True, kw_only=True):
    """The open asks of a route that nobody says they have.

    Attributes:
        route: which.
        count: how many there are.
        oldest_at: since when the oldest is open.
        oldest: the escalation it belongs to.
    """

    route: str
    count: int
    oldest_at: datetime
    oldest: str


class Told(Struct, frozen=True, kw_only=True):
    """What became of telling one person of one ask, or of alarms.

    Attributes:
        message_id: by which message.
        escalation_id: of which escalation; None of none.
        to: who was told.
        contacts: by which of their contacts.
        sent_at: when a channel took it; None where none did.
        tried_at: when it was written.
        ask_id: the ask; None of none.
        route: that was asked; empty for none.
        has_reacted: whether they signed in, read, took or answered it, or moved it, afterwards.
        resolved_at: when the escalation ended; None while it is open.
    """

    message_id: str
    escalation_id: str | None
    to: str
    contacts: tuple[str, ...]
    sent_at: datetime | None
    tried_at: datetime
    ask_id: str | None = None
    route: str = ""
    has_reacted: bool = False
    resolved_at: datetime | None = None


def repetitions(
    db: Database, agent: str, since: datetime, *, least: int, newest: int = MANY
) -> list[Repetition]:
    """Return what an agent decided again and again, the most often first.

    Decisions count as the same that have a case, its type and its action in common; or, without a
    case, everything that would be done. Rehearsals do not count.

    Args:
        db: the opened store.
        agent: whose.
        since: only those judged at this instant or after.
        least: repeated so often at least.
        newest: only this many of the agent's newest decisions are looked at.
    """
    lately = (
        select(decisions.c.id, decisions.c.rehearsal, decisions.c.decided_at, *_SAME)
        .where(decisions.c.agent == agent)
        .order_by(decisions.c.id.desc())
        .limit(newest)
        .subquery()
    )
    mine = and_(lately.c.rehearsal.is_(False), lately.c.decided_at >= since)
    has_case = lately.c.case.is_not(None)
    same = [
        lately.c.case,
        lately.c.type,
        lately.c.action,
        case((has_case, literal("")), else_=func.coalesce(lately.c.proposal, "")).label("done"),
        case((has_case, literal("")), else_=func.coalesce(lately.c.facts, "")).label("stated"),
    ]
    count = func.count()
    found = (
        select(*same, count, func.min(lately.c.decided_at), func.max(lately.c.id))
        .where(mine, or_(has_case, lately.c.proposal.is_not(None)))
        .group_by(*same)
        .having(count >= least)
        .order_by(count.desc())
    )
    with db.read() as connection:
        rows = connection.execute(found.limit(10)).all()
        total = connection.execute(select(count).where(mine)).scalar_one() if rows else 0
    return [
        Repetition(
            type=row[1], count=row[5], of=total, in_case=row[0] is not None,
            first_at=row[6], newest=row[7], digest=_digest(row[:5]),
        )
        for row in rows
    ]  # fmt: skip


def _digest(same: Sequence[Any]) -> str:
    return blake2b(repr(tuple(same)).encode(), digest_size=6).hexdigest()


_SAME = (
    decisions.c.case,
    decisions.c.type,
    decisions.c.action,
    decisions.c.proposal,
    decisions.c.facts,
)


def waiting_queues(db: Database, agent: str) -> list[Queue]:
    """Return the routes of an agent with open asks that nobody has taken, by name."""
    open_asks = and_(
        escalations.c.agent == agent,
        escalations.c.state == "open",
        escalations.c.rehearsal.is_(False),
        asks.c.state == "open",
        asks.c.acknowledged_at.is_(None),
    )
    found = (
        select(
            asks.c.route,
            func.count(),
            func.min(escalations.c.created_at),
            func.min(escalations.c.id),
        )
        .join_from(escalations, asks)
        .where(open_asks)
        .group_by(asks.c.route)
        .order_by(asks.c.route)
    )
    with db.read() as connection:
        return [
            Queue(route=route, count=count, oldest_at=at, oldest=oldest)
            for route, count, at, oldest in connection.execute(found)
        ]


def is_drained_since(db: Database, agent: str, route: str, since: datetime) -> bool:
    """Whether anybody took or answered an ask of a route at an instant or later."""
    taken = and_(asks.c.acknowledged_at >= since, escalations.c.state == "open")
    answered = and_(
        asks.c.state == "answered",
        or_(escalations.c.state == "open", escalations.c.resolved_at >= since),
    )
    where = and_(escalations.c.agent == agent, asks.c.route == route)
    found = select(asks.c.acknowledged_at, asks.c.answer).join_from(escalations, asks)
    with db.read() as connection:
        rows = connection.execute(found.where(where, or_(taken, answered)).limit(MANY))
        return any(
            answer is None or answer.at >= since or (at is not None and at >= since)
            for at, answer in rows
        )


_HAS_REACTED = or_(
    exists().where(
        readings.c.escalation_id == outbox.c.escalation_id, readings.c.person == outbox.c.to
    ),
    exists().where(events.c.escalation_id == outbox.c.escalation_id, events.c.who == outbox.c.to),
).label("has_reacted")


def told_since(
    db: Database, agent: str, people: Collection[str], since: datetime, *, limit: int = MANY
) -> list[Told]:
    """Return what became of telling people of asks, the newest first.

    Args:
        db: the opened store.
        agent: whose asks; rehearsals do not count.
        people: who was told.
        since: only messages written at this instant or after.
        limit: at most so many.
    """
    found = (
        select(asks.c.route, *_TOLD, _HAS_REACTED, outbox.c.ask_id, escalations.c.resolved_at)
        .select_from(
            outbox.join(asks, outbox.c.ask_id == asks.c.id)
            .join(escalations, outbox.c.escalation_id == escalations.c.id)
            .outerjoin(_PARENT, outbox.c.told_in == _PARENT.c.id)
        )
        .where(
            *_tried(agent, people, since),
            outbox.c.only_while.is_not(None),
            escalations.c.rehearsal.is_(False),
        )
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    newest = func.max(sessions.c.created_at)
    came = select(sessions.c.person, newest).where(sessions.c.created_at >= since)
    with db.read() as connection:
        told = [Told(**row._mapping) for row in connection.execute(found)]
        last = connection.execute(came.group_by(sessions.c.person))
        signed_in = {row[0]: row[1] for row in last}
    return [_with_sign_in(one, signed_in.get(one.to)) for one in told]


def alarms_told_since(
    db: Database, agent: str, people: Collection[str], since: datetime, *, limit: int = MANY
) -> list[Told]:
    """Return what became of telling people of alarms, the newest first; of no ask or route.

    Args:
        db: the opened store.
        agent: whose alarms.
        people: who was told.
        since: only messages written at this instant or after.
        limit: at most so many.
    """
    found = (
        select(*_TOLD)
        .outerjoin_from(outbox, _PARENT, outbox.c.told_in == _PARENT.c.id)
        .where(*_tried(agent, people, since), outbox.c.kind == "alarm")
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        return [Told(**row._mapping) for row in connection.execute(found)]


_PARENT = outbox.alias("parent")
_SENT_AT = func.coalesce(outbox.c.sent_at, _PARENT.c.sent_at)
_TOLD = (
    outbox.c.id.label("message_id"),
    outbox.c.escalation_id,
    outbox.c.to,
    outbox.c.contacts,
    _SENT_AT.label("sent_at"),
    outbox.c.created_at.label("tried_at"),
)


def _tried(agent: str, people: Collection[str], since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a message to people is that went out, or failed at least once."""
    return (
        outbox.c.to.in_(people),
        outbox.c.state.in_(("sent", "bundled", "pending", "failed")),
        outbox.c.created_at >= since,
        outbox.c.agent == agent,
        or_(_SENT_AT.is_not(None), func.coalesce(outbox.c.error, _PARENT.c.error).is_not(None)),
    )


def _with_sign_in(told: Told, signed_in_at: datetime | None) -> Told:
    """Return it as a reaction, too, where the person has signed in since."""
    if told.sent_at is None or signed_in_at is None or signed_in_at < told.sent_at:
        return told
    return replace(told, has_reacted=True)


def pulse_of(db: Database, agent: str) -> dict[str, Any] | None:
    """Return what was kept of an agent's pulse, or None."""
    return carried(db, agent, PULSE)


def keep_pulse(db: Database, agent: str, state: dict[str, Any], now: datetime) -> None:
    """Keep an agent's pulse in place of what was kept before."""
    carry(db, agent, PULSE, state, now)
