"""On-call calendars as they were last read, so that every process of a store knows them."""

from __future__ import annotations

from sqlalchemy import select, update

from handraise.model import CalendarRecord
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import calendars as table

_CALENDAR = columns_of(table, CalendarRecord)


def save_calendar(db: Database, record: CalendarRecord) -> None:
    """Keep a calendar as it was read, in place of an earlier reading of the same file."""
    row = values_of(record)
    with db.write() as connection:
        if not insert(connection, table, [row], known=True):
            kept = update(table).where(table.c.agent == record.agent, table.c.file == record.file)
            connection.execute(kept.values(row))


def calendar_records(db: Database, agent: str | None = None) -> list[CalendarRecord]:
    """Return all calendars as they were last read, or those of one agent's table."""
    found = select(*_CALENDAR).order_by(table.c.agent, table.c.file)
    if agent is not None:
        found = found.where(table.c.agent == agent)
    with db.read() as connection:
        return [record_of(CalendarRecord, row) for row in connection.execute(found)]
