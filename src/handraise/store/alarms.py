"""Alarms: what was found wrong with an operation, from when it was raised until it was over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, or_, select, update

from handraise.model import Alarm, Event, Message
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import alarms as table
from handraise.store.schema import outbox

_ALARM = columns_of(table, Alarm)


class AlarmsChanged(Struct, frozen=True, kw_only=True):
    """What a step makes of an agent's alarms.

    Attributes:
        alarms: those that changed, and new ones, as they stand now.
        events: what happened.
        messages: what people are told.
    """

    alarms: Sequence[Alarm] = ()
    events: Sequence[Event] = ()
    messages: Sequence[Message] = ()


def change_alarms(
    db: Database,
    agent: str,
    since: datetime,
    step: Callable[[Sequence[Alarm]], AlarmsChanged],
) -> int:
    """Change an agent's alarms, with what happened and what is told, in one transaction.

    Args:
        db: the opened store.
        agent: whose alarms.
        since: those that were over before this, and told to be over, are left out.
        step: given the others, oldest first, it returns what becomes of them. Nobody else changes
            alarms of this agent meanwhile.

    Returns:
        How many alarms were written.
    """
    with db.write() as connection:
        lock_by_name(connection, f"alarms.{agent}")
        made = step(_kept(connection, agent, since))
        for alarm in made.alarms:
            _put(connection, alarm)
        insert(connection, outbox, [values_of(message) for message in made.messages])
        append(connection, made.events)
        return len(made.alarms)


def alarm(db: Database, alarm_id: str) -> Alarm | None:
    """Return an alarm, or None."""
    with db.read() as connection:
        row = connection.execute(select(*_ALARM).where(table.c.id == alarm_id)).first()
    return None if row is None else record_of(Alarm, row)


def alarms(
    db: Database,
    agent: str | None = None,
    *,
    unresolved: bool = False,
    since: datetime | None = None,
    kinds: Collection[str] | None = None,
    limit: int = 500,
) -> list[Alarm]:
    """Return alarms, the newest first.

    Args:
        db: the opened store.
        agent: only those of this agent.
        unresolved: only those that are not over.
        since: only those that were raised, or over, at this instant or later.
        kinds: only those of these kinds; None for all.
        limit: at most so many.
    """
    found = select(*_ALARM).order_by(table.c.raised_at.desc(), table.c.id.desc()).limit(limit)
    if agent is not None:
        found = found.where(table.c.agent == agent)
    if unresolved:
        found = found.where(table.c.state != "resolved")
    if kinds is not None:
        found = found.where(table.c.kind.in_(sorted(kinds)))
    if since is not None:
        found = found.where(or_(table.c.raised_at >= since, table.c.resolved_at >= since))
    with db.read() as connection:
        return [record_of(Alarm, row) for row in connection.execute(found)]


def _kept(connection: Connection, agent: str, since: datetime) -> list[Alarm]:
    counts = or_(table.c.state != "resolved", table.c.resolved_at >= since, table.c.told == "wrong")
    found = select(*_ALARM).where(table.c.agent == agent, counts)
    rows = connection.execute(found.order_by(table.c.raised_at, table.c.id))
    return [record_of(Alarm, row) for row in rows]


def _put(connection: Connection, alarm: Alarm) -> None:
    row = values_of(alarm)
    changed = connection.execute(update(table).where(table.c.id == alarm.id).values(row))
    if changed.rowcount == 0:
        insert(connection, table, [row])
