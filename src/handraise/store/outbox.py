"""Messages on their way out: claimed for a while, then sent, tried again, or given up.

A claim is a lease: a message whose worker died comes back when the lease runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select, update

from handraise.model import Message
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import outbox as table

_MESSAGE = columns_of(table, Message)


def add_messages(db: Database, messages: Sequence[Message]) -> None:
    """Keep messages to be sent; those with a known id are passed over."""
    with db.write() as connection:
        insert(connection, table, [values_of(message) for message in messages], known=True)


def claim_messages(db: Database, now: datetime, *, limit: int, lease_s: float) -> list[Message]:
    """Take at most `limit` messages whose time has come; nobody else takes them for `lease_s`.

    Args:
        db: the opened store.
        now: messages with `next_at` at this instant or before are due.
        limit: at most so many.
        lease_s: seconds after which an unfinished message may be claimed again.

    Returns:
        The messages as they stand now, this attempt counted, the longest due first.
    """
    if oldest_pending(db, now) is None:
        return []
    due = (
        select(table.c.id)
        .where(table.c.next_at <= now)
        .order_by(table.c.next_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with db.write() as connection:
        ids = list(connection.execute(due).scalars())
        connection.execute(
            update(table)
            .where(table.c.id.in_(ids))
            .values(next_at=now + timedelta(seconds=lease_s), attempts=table.c.attempts + 1)
        )
        claimed = connection.execute(select(*_MESSAGE).where(table.c.id.in_(ids)))
        messages = {row.id: record_of(Message, row) for row in claimed}
    return [messages[message_id] for message_id in ids]


def message_sent(db: Database, message_id: str, now: datetime) -> None:
    """Record that the channel took the message; one that is no longer pending stays as it is."""
    _settle(db, message_id, {"state": "sent", "sent_at": now, "next_at": None})


def message_failed(db: Database, message_id: str, error: str, *, next_at: datetime | None) -> None:
    """Record what the channel said, and when to try again.

    Args:
        db: the opened store.
        message_id: which; one that is no longer pending stays as it is.
        error: what the channel said.
        next_at: when to try again; None gives up.
    """
    state = "failed" if next_at is None else "pending"
    _settle(db, message_id, {"state": state, "error": error, "next_at": next_at})


def _settle(db: Database, message_id: str, values: dict[str, Any]) -> None:
    with db.write() as connection:
        connection.execute(
            update(table).where(table.c.id == message_id, table.c.state == "pending").values(values)
        )


def messages(
    db: Database,
    *,
    state: Literal["pending", "sent", "failed"] | None = None,
    to: str | None = None,
    limit: int = 100,
) -> list[Message]:
    """Return messages, newest first.

    Args:
        db: the opened store.
        state: only these.
        to: only those to this person.
        limit: at most so many.
    """
    found = select(*_MESSAGE).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        found = found.where(table.c.state == state)
    if to is not None:
        found = found.where(table.c.to == to)
    with db.read() as connection:
        return [record_of(Message, row) for row in connection.execute(found)]


def oldest_pending(db: Database, now: datetime) -> datetime | None:
    """Return since when the longest due message has been waiting, or None when none is due."""
    found = select(func.min(table.c.next_at)).where(table.c.next_at <= now)
    with db.read() as connection:
        oldest: datetime | None = connection.execute(found).scalar_one()
    return oldest
