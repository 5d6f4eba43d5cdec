"""Who has an escalation open on a page just now: one row a person, with when they were last seen.

It is a courtesy to people who would do the same work twice; nothing is ever decided by it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.schema import lookers as table

KEPT = timedelta(hours=1)
"""What is older says nothing any more, and goes with the next look."""


def note_looker(db: Database, escalation_id: str, person: str, at: datetime) -> None:
    """Keep that a person has an escalation before them; forget who looked long ago.

    Args:
        db: the opened store.
        escalation_id: which.
        person: their id.
        at: the present instant.
    """
    row = {"escalation_id": escalation_id, "person": person, "seen_at": at}
    known = update(table).where(
        table.c.escalation_id == escalation_id, table.c.person == person, table.c.seen_at < at
    )
    with db.write() as connection:
        connection.execute(delete(table).where(table.c.seen_at < at - KEPT))
        if insert(connection, table, [row], known=True) == 0:
            connection.execute(known.values(seen_at=at))


def lookers(db: Database, escalation_id: str, since: datetime) -> list[str]:
    """Return who has had an escalation before them since an instant, last seen first."""
    found = (
        select(table.c.person)
        .where(table.c.escalation_id == escalation_id, table.c.seen_at >= since)
        .order_by(table.c.seen_at.desc(), table.c.person)
    )
    with db.read() as connection:
        return list(connection.execute(found).scalars())
