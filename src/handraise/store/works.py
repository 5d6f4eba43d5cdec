"""Work under watch: begun, kept alive, ended once; its silence or crash becomes an escalation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, or_, select, update

from handraise.errors import StoreError
from handraise.model import DecisionRecord, Escalation, Event, Message, Work
from handraise.store.database import Database
from handraise.store.escalations import write_new
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import works as table

_WORK = columns_of(table, Work)
CLOCK_SKEW = timedelta(minutes=5)
"""A sign of life further in the future than this was dated by a clock that was wrong."""

Ended = Literal["done", "failed", "stalled"]


def start_work(db: Database, work: Work) -> None:
    """Put a piece of work under watch; one with a known id is passed over."""
    with db.write() as connection:
        insert(connection, table, [values_of(work)], known=True)


def work(db: Database, work_id: str) -> Work | None:
    """Return the work of that id, or None."""
    with db.read() as connection:
        row = connection.execute(select(*_WORK).where(table.c.id == work_id)).first()
    return None if row is None else record_of(Work, row)


def beat_work(db: Database, work_id: str, now: datetime) -> Work | None:
    """Note a sign of life, and let the silence begin anew; None when it is no longer open."""
    with db.write() as connection:
        found = _locked_open(connection, work_id)
        if found is None:
            return None
        beat_at = max(found.beat_at, now)
        times = {"beat_at": beat_at, "due_at": beat_at + timedelta(seconds=found.silent_after_s)}
        connection.execute(update(table).where(table.c.id == work_id).values(times))
    return Work(**(values_of(found) | times))


def end_work(
    db: Database, work_id: str, state: Ended, now: datetime, escalation_id: str | None = None
) -> bool:
    """End open work; False when it has ended already, or is unknown.

    Args:
        db: the opened store.
        work_id: which.
        state: how it ended; `failed` and `stalled` need the escalation, as no crash may be silent.
        now: the last sign of life when it is done.
        escalation_id: the escalation it became, if so.
    """
    with db.write() as connection:
        found = _locked_open(connection, work_id)
        if found is None:
            return False
        beat_at = max(found.beat_at, now) if state == "done" else found.beat_at
        _end(connection, work_id, state, beat_at, escalation_id)
    return True


def overdue_work(db: Database, now: datetime, limit: int) -> list[Work]:
    """Return at most `limit` pieces of open work silent for too long, the longest first."""
    found = (
        select(*_WORK)
        .where(table.c.due_at.is_not(None))
        # A sign of life from the future was dated by a clock that was wrong: nobody knows.
        .where(or_(table.c.due_at <= now, table.c.beat_at > now + CLOCK_SKEW))
        .order_by(table.c.due_at, table.c.id)
        .limit(limit)
    )
    with db.read() as connection:
        return [record_of(Work, row) for row in connection.execute(found)]


def stall_work(
    db: Database,
    work_id: str,
    now: datetime,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> bool:
    """End work as stalled and keep its escalation; False, nothing written, if it beat meanwhile."""
    with db.write() as connection:
        found = _locked_open(connection, work_id)
        if found is None or found.due_at is None:
            return False
        if found.due_at > now and found.beat_at <= now + CLOCK_SKEW:
            return False
        _become(connection, found, "stalled", record, escalation, events, messages)
    return True


def fail_work(
    db: Database,
    work_id: str,
    now: datetime,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> bool:
    """End work as failed and keep its escalation; False, nothing written, if it had ended."""
    with db.write() as connection:
        found = _locked_open(connection, work_id)
        if found is None:
            return False
        seen = Work(**(values_of(found) | {"beat_at": max(found.beat_at, now)}))
        _become(connection, seen, "failed", record, escalation, events, messages)
    return True


def _locked_open(connection: Connection, work_id: str) -> Work | None:
    found = select(*_WORK).where(table.c.id == work_id, table.c.state == "open").with_for_update()
    row = connection.execute(found).first()
    return None if row is None else record_of(Work, row)


def _become(
    connection: Connection,
    found: Work,
    state: Ended,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> None:
    if not write_new(connection, record, escalation, events, messages):
        raise StoreError(
            f"work {found.id} cannot become escalation {escalation.id}: its decision is known"
        )
    _end(connection, found.id, state, found.beat_at, escalation.id)


def _end(
    connection: Connection, work_id: str, state: Ended, beat_at: datetime, escalation_id: str | None
) -> None:
    values = {"state": state, "beat_at": beat_at, "due_at": None, "escalation_id": escalation_id}
    connection.execute(update(table).where(table.c.id == work_id).values(values))
