"""Who first had what before their eyes when: it decides nothing, and no answer waits for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, select

from handraise.store.database import Database
from handraise.store.figures import answered_by
from handraise.store.inserts import insert
from handraise.store.schema import asks, escalations
from handraise.store.schema import readings as table


def note_reading(db: Database, escalation_id: str, person: str, at: datetime) -> bool:
    """Keep that a person has an open escalation before their eyes; False when there is no news.

    They had it before, it has ended, or it is not there.

    Args:
        db: the opened store.
        escalation_id: which.
        person: who reads.
        at: the present instant.
    """
    is_theirs = and_(table.c.escalation_id == escalations.c.id, table.c.person == person)
    fresh = (
        select(escalations.c.id)
        .join_from(escalations, table, is_theirs, isouter=True)
        .where(escalations.c.id == escalation_id, escalations.c.state == "open")
        .where(table.c.at.is_(None))
    )
    with db.read() as connection:  # whoever reloads a page waits for no writer
        if connection.execute(fresh).first() is None:
            return False
    row = {"escalation_id": escalation_id, "person": person, "at": at}
    with db.write() as connection:
        return insert(connection, table, [row], known=True) == 1


def readings_of(
    db: Database, agent: str, *, since: datetime, by: str | None = None
) -> dict[tuple[str, str], datetime]:
    """Return who first had which escalation before their eyes when, by escalation and person.

    Args:
        db: the opened store.
        agent: whose.
        since: only of escalations that ended at this instant or later.
        by: only this person's, of what they answered at that instant or later.
    """
    found = (
        select(table.c.escalation_id, table.c.person, table.c.at)
        .join_from(table, escalations)
        .where(escalations.c.agent == agent, escalations.c.resolved_at >= since)
    )
    if by is not None:
        theirs = select(asks.c.escalation_id).where(asks.c.id.in_(answered_by(agent, by, since)))
        found = found.where(table.c.person == by, table.c.escalation_id.in_(theirs))
    with db.read() as connection:
        return {(id, person): at for id, person, at in connection.execute(found)}
