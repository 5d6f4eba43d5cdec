"""What happened: who, what, when."""

from __future__ import annotations

from sqlalchemy import func, select

from handraise.model import Event
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import events as table


def events(db: Database, escalation_id: str) -> list[Event]:
    """Return what happened to an escalation, oldest first; empty for an unknown one."""
    found = select(*columns_of(table, Event)).where(table.c.escalation_id == escalation_id)
    with db.read() as connection:
        return [record_of(Event, row) for row in connection.execute(found.order_by(table.c.seq))]


def add_event(db: Database, event: Event) -> None:
    """Keep an event that does not come with a move."""
    with db.write() as connection:
        insert(connection, table, [values_of(event)])


def latest_event_seq(db: Database) -> int:
    """Return a number that grows with the events; 0 before the first.

    For "has anything happened?". On PostgreSQL two events written at once may appear in either
    order, so whoever waits must also look again after a while.
    """
    with db.read() as connection:
        return int(connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one())
