"""What tells to whom audits are put: how many were drawn and put, who decided what they touch.

The verbs that change an audit stand in `audits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from handraise.core.draws import CHOSEN, FIRST, SECOND
from handraise.model import Answer, Audit
from handraise.store.columns import short
from handraise.store.database import Database
from handraise.store.monitors import carried, carry
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import asks, escalations, events, outcomes
from handraise.store.schema import audits as table

_AUDIT = columns_of(table, Audit)
MOST = 1_000

CARRIED = "carried audits"
"""The series under which it is kept, of no version, what waits of days that are over."""


def audits_in_hand(db: Database, person: str, *, limit: int = MOST) -> list[Audit]:
    """Return what a person is to look at and has not answered, the soonest due first.

    Args:
        db: the opened store.
        person: who; of all agents.
        limit: at most so many.
    """
    found = select(*_AUDIT).where(table.c.person == person, table.c.state == "asked")
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.due_at, table.c.id).limit(limit)).all()
    return [record_of(Audit, row) for row in rows]


def audits_waiting(db: Database, person: str) -> int:
    """Return how many audits a person is to look at and has not answered, of all agents."""
    found = select(func.count()).where(table.c.person == person, table.c.state == "asked")
    with db.read() as connection:
        return connection.execute(found).scalar_one()


def audits_put(db: Database, agent: str, since: datetime) -> dict[str, int]:
    """Return how many audits of an agent were put to whom since an instant, answered or not."""
    found = (
        select(table.c.person, func.count())
        .where(table.c.agent == agent, table.c.asked_at >= since, table.c.person.is_not(None))
        .where(table.c.state.in_(("asked", "answered")))
        .group_by(table.c.person)
    )
    with db.read() as connection:
        return {row[0]: row[1] for row in connection.execute(found)}


def draws(db: Database, agent: str, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many decisions of an agent were drawn, by severity, whatever came of them.

    Args:
        db: the opened store.
        agent: whose.
        since: only those that went ahead at this instant or after.
        until: only those that went ahead before this instant.
    """
    found = (
        select(table.c.severity, func.count())
        .where(table.c.agent == agent, table.c.drawn_at >= since, table.c.drawn_at < until)
        .where(table.c.id.endswith(FIRST, autoescape=True))
        .group_by(table.c.severity)
    )
    with db.read() as connection:
        return {row[0]: row[1] for row in connection.execute(found)}


def left_out(db: Database, agent: str, since: datetime) -> int:
    """Return how many decisions were left out by lot that went ahead at an instant or after."""
    found = (
        select(func.count())
        .where(table.c.agent == agent, table.c.state == "left_out", table.c.drawn_at >= since)
        .where(table.c.id.endswith(FIRST, autoescape=True))
    )
    with db.read() as connection:
        return connection.execute(found).scalar_one()


def first_draw(db: Database, agent: str) -> datetime | None:
    """Return when the first decision of an agent was drawn that is kept; None for none."""
    found = select(func.min(table.c.drawn_at)).where(table.c.agent == agent)
    with db.read() as connection:
        return connection.execute(found).scalar()


def carried_audits(db: Database, agent: str) -> dict[str, Any] | None:
    """Return what was kept of how an agent's audits are thinned once their day is over, or None."""
    return carried(db, agent, CARRIED)


def carry_audits(db: Database, agent: str, state: dict[str, Any], now: datetime) -> None:
    """Keep how an agent's audits are thinned, in place of what was kept before."""
    carry(db, agent, CARRIED, state, now)


def audits_mark(db: Database, agent: str) -> tuple[tuple[object, ...], ...]:
    """Return what changes whenever anything changes that is told of an agent's audits."""
    of_audits = (
        select(
            table.c.state,
            func.count(),
            func.max(table.c.asked_at),
            func.max(table.c.chosen_at),
            func.max(table.c.answered_at),
        )
        .where(table.c.agent == agent)
        .group_by(table.c.state)
        .order_by(table.c.state)
    )
    of_outcomes = select(func.count(), func.max(outcomes.c.told_at)).where(
        outcomes.c.agent == agent
    )
    with db.read() as connection:
        rows = [*connection.execute(of_audits).all(), *connection.execute(of_outcomes).all()]
    return tuple(tuple(row) for row in rows)


def choosers(db: Database, agent: str, decision_id: str, since: datetime) -> set[str]:
    """Return who said what they would have done in a decision, and so was shown what was done.

    Also those are there from whom the look was taken before they answered.

    Args:
        db: the opened store.
        agent: whose decision.
        decision_id: which.
        since: when it was drawn.
    """
    found = select(events.c.who, events.c.detail).where(
        events.c.kind == CHOSEN, events.c.agent == agent, events.c.at >= since
    )
    looks = {f"{decision_id}{FIRST}", f"{decision_id}{SECOND}"}
    with db.read() as connection:
        rows = connection.execute(found).all()
    return {who for who, detail in rows if (detail or {}).get("audit") in looks}


def deciders(db: Database, agent: str, case: str) -> set[str]:
    """Return who answered a question of a case, rehearsals apart."""
    found = (
        select(asks.c.answer)
        .join_from(asks, escalations)
        .where(escalations.c.agent == agent, escalations.c.rehearsal.is_(False))
        .where(escalations.c.case == short(case), asks.c.answer.is_not(None))
    )
    with db.read() as connection:
        answers: Sequence[Answer] = connection.execute(found).scalars().all()
    return {one.by for one in answers}
