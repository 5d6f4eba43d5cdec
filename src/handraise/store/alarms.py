"""Alarms: what was found wrong with an operation, from when it was raised until it was over.

INVARIANT: a row that cannot be read hides no other: it is passed over until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

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
        return _readable(connection, found)


def mend_alarms(db: Database, agent: str, since: datetime, now: datetime) -> list[str]:
    """Mend an agent's alarms that cannot be read: empty what was written into them.

    Args:
        db: the opened store.
        agent: whose alarms.
        since: those that were over before this, and told to be over, are left as they are.
        now: the present instant; when an alarm is taken to be over whose instants are not ones.

    Returns:
        The ids of those that could not be read.
    """
    counted = select(table.c.id).where(table.c.agent == agent, _counts(since))
    with db.read() as connection:
        ids = connection.execute(counted.order_by(table.c.id)).scalars().all()
        known = {one.id for one in _kept(connection, agent, since)}
    broken = [id for id in ids if id not in known]
    if broken:
        with db.write() as connection:
            for id in broken:
                _mend(connection, id, now)
    return broken


def _mend(connection: Connection, id: str, now: datetime) -> None:
    changing = update(table).where(table.c.id == id)
    connection.execute(changing.values(lines=(), examples=()))
    if _readable(connection, select(*_ALARM).where(table.c.id == id)):
        return
    values = dict.fromkeys(("since", "told_at", "acknowledged_at", "snoozed_until"))
    values |= {"wrong_since": None, "told": None}
    values |= {"times_told": 0, "times_back": 0, "longest_s": 0.0}
    values |= {"raised_at": now, "seen_at": now, "resolved_at": now, "state": "resolved"}
    connection.execute(changing.values(values))


def _counts(since: datetime) -> ColumnElement[bool]:
    return or_(table.c.state != "resolved", table.c.resolved_at >= since, table.c.told == "wrong")


def _kept(connection: Connection, agent: str, since: datetime) -> list[Alarm]:
    found = select(*_ALARM).where(table.c.agent == agent, _counts(since))
    return _readable(connection, found.order_by(table.c.raised_at, table.c.id))


def _readable(connection: Connection, found: Select[Any]) -> list[Alarm]:
    """Return alarms; where one of them cannot be read, the others."""
    try:
        return [_of_row(row) for row in connection.execute(found)]
    except SQLAlchemyError:
        raise
    except Exception:  # noqa: BLE001 - whatever was written into a row: it hides no other
        ids = connection.execute(found.with_only_columns(table.c.id)).scalars().all()
    alarms = []
    for id in ids:
        try:
            row = connection.execute(select(*_ALARM).where(table.c.id == id)).one()
            alarms.append(_of_row(row))
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001, S112 - passed over; `mend_alarms` tells which
            continue
    return alarms


def _put(connection: Connection, alarm: Alarm) -> None:
    row = values_of(alarm)
    changed = connection.execute(update(table).where(table.c.id == alarm.id).values(row))
    if changed.rowcount == 0:
        insert(connection, table, [row])


def _of_row(row: Sequence[Any]) -> Alarm:
    """Return the alarm of a row; raises for anything in it that none can have."""
    return msgspec.convert(dict(zip(Alarm.__struct_fields__, row, strict=True)), Alarm)
