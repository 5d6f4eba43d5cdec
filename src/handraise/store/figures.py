"""What became of the asks of some weeks: answers, missed deadlines, what waits; rehearsals apart.

INVARIANT: everything here is bounded by a window of time or by what is open now, and found by an
index: a year of escalations costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Select, Text, and_, case, func, literal_column, select, type_coerce

from handraise.core.monitor.people import Answered, words_in
from handraise.model import AnswerKind
from handraise.store.columns import Document, document_text
from handraise.store.database import Database
from handraise.store.schema import ask_spans, asks, decisions, escalations, events

MOST = 50_000
_IDS_A_STATEMENT = 500
_APPROVED = '{"kind":"approve",'
"""How an answer is kept that approved; the field's name comes first, and nothing else can be it."""

MISSED = (" did not decide within ", " did not acknowledge within ")
"""What an ask's moving on says when it was for a deadline; see `core.lifecycle.deadlines`."""


class AnswerCount(Struct, frozen=True, kw_only=True):
    """How many answers one route gave to what some rows stopped, and how many of them approved."""

    rows: tuple[str, ...]
    route: str
    answers: int
    approvals: int


class OpenAsks(Struct, frozen=True, kw_only=True):
    """What waits on one route.

    Attributes:
        route: which.
        count: how many asks are open.
        oldest_at: when the agent stopped for the oldest.
        overdue: how many are older than the route's people have to decide.
        with_owner: how many of them have come to the owner as the last resort.
        fresh: how many of them came in the window.
    """

    route: str
    count: int
    oldest_at: datetime
    overdue: int
    with_owner: int
    fresh: int


class Drained(Struct, frozen=True, kw_only=True):
    """How many asks of a route ended in the window, and how many of those came in it too."""

    route: str
    ended: int
    fresh: int


class Missed(Struct, frozen=True, kw_only=True):
    """That an ask went on to somebody else because a deadline had passed.

    Attributes:
        ask_id: which ask.
        escalation_id: of which escalation.
        route: of which route.
        person: who had it.
        at: when it went on.
    """

    ask_id: str
    escalation_id: str
    route: str
    person: str
    at: datetime


class _Said(Struct):
    """Of an answer only who gave which when."""

    kind: AnswerKind
    by: str
    at: datetime


class _Why(Struct):
    """Of a reason only what it was, and for whom."""

    row: str
    route: str


class Advance(Struct):
    """Of an event only from whom the ask went on, and why; empty once erased."""

    person: str = field(default="", name="from")
    why: str = ""


def answers_since(
    db: Database, agent: str, *, since: datetime, by: str | None = None, limit: int = MOST
) -> list[Answered]:
    """Return the answers to escalations that ended in a window, oldest first.

    Args:
        db: the opened store.
        agent: whose.
        since: only of escalations that ended at this instant or later.
        by: only this person's, and only those given at that instant or later.
        limit: of at most so many asks, the newest.
    """
    found = (
        select(
            *_ANSWERED,
            type_coerce(escalations.c.reasons, Document(tuple[_Why, ...])),
            type_coerce(asks.c.answer, Document(_Said)),
        )
        .join_from(escalations, asks)
        .where(*_ended(agent, since), asks.c.answer.is_not(None))
        .order_by(escalations.c.resolved_at.desc(), asks.c.id.desc())
        .limit(limit)
    )
    if by is not None:  # within the words of an answer, these quotes are escaped
        is_theirs = type_coerce(asks.c.answer, Text).contains(
            f'"by":{document_text(by)},', autoescape=True
        )
        found = found.where(asks.c.id.in_(answered_by(agent, by, since)), is_theirs)
    with db.read() as connection:
        return [_answered(*row) for row in connection.execute(found)][::-1]


def answered_by(agent: str, person: str, since: datetime) -> Select[tuple[str]]:
    """Return what finds the asks of an agent that a person answered at an instant or later."""
    spans = ask_spans.c
    return select(spans.ask_id).where(
        spans.agent == agent, spans.by == person, spans.ended_at >= since
    )


_ANSWERED: tuple[Any, ...] = (
    escalations.c.id,
    escalations.c.version,
    escalations.c.created_at,
    asks.c.id,
    asks.c.route,
    asks.c.holder,
    asks.c.assigned_at,
    asks.c.acknowledged_at,
    asks.c.decide_due_at,
)


def _ended(agent: str, since: datetime) -> tuple[Any, ...]:
    return (
        escalations.c.agent == agent,
        escalations.c.resolved_at >= since,
        escalations.c.rehearsal.is_(False),
    )


def _answered(
    escalation_id: str,
    version: str,
    created_at: datetime,
    ask_id: str,
    route: str,
    holder: str,
    assigned_at: datetime,
    acknowledged_at: datetime | None,
    decide_due_at: datetime,
    reasons: tuple[_Why, ...],
    answer: _Said,
) -> Answered:
    return Answered(
        escalation_id=escalation_id,
        ask_id=ask_id,
        version=version,
        route=route,
        rows=tuple(dict.fromkeys(one.row for one in reasons if one.route == route)),
        by=answer.by,
        holder=holder,
        kind=answer.kind,
        created_at=created_at,
        assigned_at=assigned_at,
        acknowledged_at=acknowledged_at,
        decide_due_at=decide_due_at,
        at=answer.at,
    )


def answer_counts(db: Database, agent: str, version: str, *, since: datetime) -> list[AnswerCount]:
    """Return how many answers each route gave to what rows stopped; empty where there were none.

    Args:
        db: the opened store.
        agent: whose.
        version: only what this version of its table stopped, by whose rows it is counted.
        since: only of escalations that ended at this instant or later.
    """
    rows = decisions.c.rows
    is_approval = type_coerce(asks.c.answer, Text).startswith(_APPROVED, autoescape=True)
    # One escalation may stand for several decisions that were the same.
    answers = func.count(asks.c.id.distinct())
    approvals = func.count(case((is_approval, asks.c.id)).distinct())
    found: Select[Any] = (
        select(rows, asks.c.route, answers, approvals)
        .join_from(escalations, asks)
        .join(decisions, decisions.c.escalation_id == escalations.c.id)
        .where(*_ended(agent, since), escalations.c.version == version)
        .where(asks.c.answer.is_not(None))
        .group_by(rows, asks.c.route)
        .order_by(rows, asks.c.route)
    )
    with db.read() as connection:
        return [
            AnswerCount(rows=names, route=route, answers=answers, approvals=approvals)
            for names, route, answers, approvals in connection.execute(found)
        ]


def words_to_read(db: Database, escalation_ids: Collection[str]) -> dict[str, int]:
    """Return how many words people had to read before they could answer, by escalation.

    The customer's text, the agent's context, the proposal and the reasons; without those that were
    erased.
    """
    ids = sorted(set(escalation_ids))
    parts = [ids[at : at + _IDS_A_STATEMENT] for at in range(0, len(ids), _IDS_A_STATEMENT)]
    own = escalations.c
    found = select(own.id, own.decision, own.proposal, own.reasons).where(own.erased_at.is_(None))
    counts: dict[str, int] = {}
    with db.read() as connection:
        for part in parts:
            for id, decision, proposal, reasons in connection.execute(
                found.where(own.id.in_(part))
            ):
                said = [one.sentence for one in reasons]
                counts[id] = words_in([decision.text, decision.context, proposal, said])
    return counts


def open_by_route(
    db: Database, agent: str, older_than: Mapping[str, datetime], *, since: datetime
) -> list[OpenAsks]:
    """Return what waits on each route, by route; a route on which nothing waits is left out.

    Args:
        db: the opened store.
        agent: whose.
        older_than: for each route, since when what is still open is overdue.
        since: where the window begins in which what came is fresh.
    """
    own = escalations.c
    is_overdue = [
        (and_(asks.c.route == route, own.created_at < at), 1) for route, at in older_than.items()
    ]
    # An expression, because SQLite would walk all asks there ever were to have them by route.
    by_route = func.coalesce(asks.c.route, literal_column("''"))
    found = (
        select(
            by_route,
            func.count(),
            func.min(own.created_at),
            func.sum(case(*is_overdue, else_=0) if is_overdue else 0),
            func.sum(case((asks.c.with_owner, 1), else_=0)),
            func.sum(case((own.created_at >= since, 1), else_=0)),
        )
        .join_from(escalations, asks)
        .where(own.agent == agent, own.state == "open", own.rehearsal.is_(False))
        .where(asks.c.state == "open")
        .group_by(by_route)
        .order_by(by_route)
    )
    with db.read() as connection:
        return [
            OpenAsks(
                route=route,
                count=count,
                oldest_at=oldest_at,
                overdue=int(overdue),
                with_owner=int(with_owner),
                fresh=int(fresh),
            )
            for route, count, oldest_at, overdue, with_owner, fresh in connection.execute(found)
        ]


def oldest_open(db: Database, agent: str, route: str, *, limit: int = 3) -> list[str]:
    """Return the escalations that have waited longest on a route."""
    found = (
        select(escalations.c.id)
        .join_from(asks, escalations)
        .where(asks.c.route == route, asks.c.state == "open")
        .where(escalations.c.agent == agent, escalations.c.rehearsal.is_(False))
        .order_by(escalations.c.created_at, escalations.c.id)
        .limit(limit)
    )
    with db.read() as connection:
        return list(connection.execute(found).scalars())


def drained(db: Database, agent: str, *, since: datetime) -> list[Drained]:
    """Return how many asks of each route ended in a window, answered or not, by route."""
    came = func.sum(case((escalations.c.created_at >= since, 1), else_=0))
    found = (
        select(asks.c.route, func.count(), came)
        .join_from(escalations, asks)
        .where(*_ended(agent, since))
        .group_by(asks.c.route)
        .order_by(asks.c.route)
    )
    with db.read() as connection:
        return [
            Drained(route=route, ended=ended, fresh=int(fresh))
            for route, ended, fresh in connection.execute(found)
        ]


def missed_deadlines(db: Database, agent: str, *, since: datetime) -> Sequence[Missed]:
    """Return which asks went on to somebody else for a deadline in a window, oldest first."""
    found = (
        select(
            asks.c.id,
            asks.c.escalation_id,
            asks.c.route,
            events.c.at,
            type_coerce(events.c.detail, Document(Advance)),
        )
        .join_from(events, asks, events.c.ask_id == asks.c.id)
        .join(escalations, escalations.c.id == asks.c.escalation_id)
        .where(events.c.agent == agent, events.c.kind == "advanced", events.c.at >= since)
        .where(escalations.c.rehearsal.is_(False))
        .order_by(events.c.at, events.c.seq)
    )
    with db.read() as connection:
        return [
            Missed(
                ask_id=ask_id, escalation_id=escalation_id, route=route, person=why.person, at=at
            )
            for ask_id, escalation_id, route, at, why in connection.execute(found)
            if any(words in why.why for words in MISSED)
        ]
