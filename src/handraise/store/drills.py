"""Drills: marked rehearsals through the real channel, and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypedDict, Unpack

from sqlalchemy import select, update

from handraise.errors import StoreError
from handraise.model import DecisionRecord, DrillRecord, Escalation, Event, Message
from handraise.store.database import Database
from handraise.store.escalations import write_new
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import drills as table

_DRILL = columns_of(table, DrillRecord)


class DrillValues(TypedDict, total=False):
    """What may be found out about a drill after it was started."""

    told_at: datetime | None
    acknowledged_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    outcome: Literal["open", "answered", "moved", "failed"]


def add_drill(
    db: Database,
    drill: DrillRecord,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> None:
    """Keep a new drill with all of its escalation: neither is ever there without the other.

    Raises:
        StoreError: its decision is there already.
    """
    with db.write() as connection:
        if not write_new(connection, record, escalation, events, messages):
            raise StoreError(f"drill {drill.id} was begun already")
        insert(connection, table, [values_of(drill)])


def change_drill(db: Database, drill_id: str, **values: Unpack[DrillValues]) -> bool:
    """Keep what was found out about an open drill; False when there is none, or it has ended."""
    changed = update(table).where(table.c.id == drill_id, table.c.outcome == "open")
    with db.write() as connection:
        return connection.execute(changed.values(**values)).rowcount == 1


def drills(
    db: Database,
    agent: str | None = None,
    route: str | None = None,
    *,
    open_only: bool = False,
    limit: int = 100,
) -> list[DrillRecord]:
    """Return drills, newest first.

    Args:
        db: the opened store.
        agent: only those of this agent's table.
        route: only those of this route.
        open_only: only those that have not ended.
        limit: at most so many.
    """
    found = select(*_DRILL).order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    if agent is not None:
        found = found.where(table.c.agent == agent)
    if route is not None:
        found = found.where(table.c.route == route)
    if open_only:
        found = found.where(table.c.outcome == "open")
    with db.read() as connection:
        return [record_of(DrillRecord, row) for row in connection.execute(found)]
