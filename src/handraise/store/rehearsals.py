"""Rehearsals: begun once an agent at a time, answered by each person once, ended once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select, update

from handraise.model import Event, Message, Rehearsal, RehearsalAsk
from handraise.store.database import Database
from handraise.store.inserts import insert, insert_records
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import outbox
from handraise.store.schema import rehearsal_asks as ask_table
from handraise.store.schema import rehearsals as table

_REHEARSAL = columns_of(table, Rehearsal)
_ASK = columns_of(ask_table, RehearsalAsk)


def begin_rehearsal(
    db: Database,
    rehearsal: Rehearsal,
    asks: Sequence[RehearsalAsk],
    events: Sequence[Event],
    messages: Sequence[Message],
) -> bool:
    """Keep a new rehearsal with all that goes with it; False when one of its agent runs."""
    running = select(func.count()).where(
        table.c.agent == rehearsal.agent, table.c.ended_at.is_(None)
    )
    with db.write() as connection:
        # Of two that begin at once the index lets one through; here it is found before.
        if connection.execute(running).scalar_one():
            return False
        if insert(connection, table, [values_of(rehearsal)], known=True) == 0:
            connection.rollback()
            return False
        insert_records(connection, ask_table, asks)
        insert_records(connection, outbox, messages)
        append(connection, events)
    return True


def rehearsal(db: Database, rehearsal_id: str) -> Rehearsal | None:
    """Return the rehearsal of that id, or None."""
    found = select(*_REHEARSAL).where(table.c.id == rehearsal_id)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Rehearsal, row)


def rehearsals(
    db: Database, agent: str | None = None, *, open_only: bool = False, limit: int = 100
) -> list[Rehearsal]:
    """Return rehearsals, newest first.

    Args:
        db: the opened store.
        agent: only those of this agent's team.
        open_only: only those that run.
        limit: at most so many.
    """
    found = select(*_REHEARSAL).order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    if agent is not None:
        found = found.where(table.c.agent == agent)
    if open_only:
        found = found.where(table.c.ended_at.is_(None))
    with db.read() as connection:
        return [record_of(Rehearsal, row) for row in connection.execute(found)]


def rehearsal_asks(
    db: Database, rehearsal_id: str | None = None, *, person: str | None = None
) -> list[RehearsalAsk]:
    """Return what was put to whom, by number and person.

    Args:
        db: the opened store.
        rehearsal_id: of this one; None for all that run.
        person: only what was put to this person.
    """
    found = select(*_ASK).order_by(ask_table.c.rehearsal_id, ask_table.c.number, ask_table.c.person)
    if rehearsal_id is None:
        running = select(table.c.id).where(table.c.ended_at.is_(None))
        found = found.where(ask_table.c.rehearsal_id.in_(running))
    else:
        found = found.where(ask_table.c.rehearsal_id == rehearsal_id)
    if person is not None:
        found = found.where(ask_table.c.person == person)
    with db.read() as connection:
        return [record_of(RehearsalAsk, row) for row in connection.execute(found)]


def see_rehearsal_ask(
    db: Database, rehearsal_id: str, number: int, person: str, now: datetime
) -> bool:
    """Keep that a person has opened a question; False when they had, or it is not theirs."""
    seen = update(ask_table).where(*_theirs(rehearsal_id, number, person))
    seen = seen.where(ask_table.c.seen_at.is_(None)).values(seen_at=now)
    with db.write() as connection:
        return _held_open(connection, rehearsal_id) and connection.execute(seen).rowcount == 1


def answer_rehearsal_ask(db: Database, answered: RehearsalAsk, event: Event) -> bool:
    """Keep a person's answer; False when they have answered, it has ended, or it is not theirs."""
    given = values_of(answered)
    where = _theirs(given.pop("rehearsal_id"), given.pop("number"), given.pop("person"))
    del given["routes"]
    taken = update(ask_table).where(*where, ask_table.c.answered_at.is_(None)).values(given)
    with db.write() as connection:
        if not _held_open(connection, answered.rehearsal_id):
            return False
        if connection.execute(taken).rowcount != 1:
            return False
        append(connection, [event])
    return True


def remind_rehearsal(
    db: Database, rehearsal_id: str, now: datetime, messages: Sequence[Message]
) -> bool:
    """Keep that those who have not answered are reminded; False when they were, or it has ended."""
    due = update(table).where(
        table.c.id == rehearsal_id, table.c.reminded_at.is_(None), table.c.ended_at.is_(None)
    )
    with db.write() as connection:
        if connection.execute(due.values(reminded_at=now)).rowcount != 1:
            return False
        insert_records(connection, outbox, messages)
    return True


def end_rehearsal(
    db: Database,
    ended: Rehearsal,
    asks: Collection[RehearsalAsk],
    events: Sequence[Event],
    messages: Sequence[Message],
) -> Literal["ended", "before", "moved"]:
    """Keep the end of a rehearsal with its protocol, which tells of exactly these asks.

    Returns:
        `ended`; or `before` when it has ended already; or `moved` when somebody saw or answered
        something since the asks were read: then read again.
    """
    values: dict[str, Any] = {
        name: getattr(ended, name) for name in ("ended_at", "ended_why", "protocol")
    }
    closing = update(table).where(table.c.id == ended.id, table.c.ended_at.is_(None))
    found = select(*_ASK).where(ask_table.c.rehearsal_id == ended.id)
    with db.write() as connection:
        # First the row that every answer looks at: from here on there is no further one.
        if connection.execute(closing.values(values)).rowcount != 1:
            return "before"
        kept = [record_of(RehearsalAsk, row) for row in connection.execute(found)]
        if sorted(kept, key=_place) != sorted(asks, key=_place):
            connection.rollback()
            return "moved"
        insert_records(connection, outbox, messages)
        append(connection, events)
    return "ended"


def _place(ask: RehearsalAsk) -> tuple[int, str]:
    return ask.number, ask.person


def _theirs(rehearsal_id: str, number: int, person: str) -> tuple[Any, ...]:
    return (
        ask_table.c.rehearsal_id == rehearsal_id,
        ask_table.c.number == number,
        ask_table.c.person == person,
    )


def _held_open(connection: Connection, rehearsal_id: str) -> bool:
    """Whether a rehearsal runs; if so, it cannot end before the transaction does."""
    found = select(table.c.id).where(table.c.id == rehearsal_id, table.c.ended_at.is_(None))
    return connection.execute(found.with_for_update(read=True)).first() is not None
