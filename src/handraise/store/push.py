"""Browsers that take push messages: whose, by which key, how it goes with each.

INVARIANT: of one endpoint there is at most one that is not ended, whoever's it is: a browser tells
the person who turned it on last, and nobody else.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, literal, select, update

from handraise.model import PushSubscription
from handraise.store.columns import Instant
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import push_subscriptions as table

_PUSH = columns_of(table, PushSubscription)
_LIVE = table.c.ended_at.is_(None)


def add_push(db: Database, push: PushSubscription, *, most: int) -> bool:
    """Keep that a browser takes messages; what was kept of the same endpoint ends.

    Args:
        db: the opened store.
        push: the browser.
        most: so many a person may have at once.

    Returns:
        False when the person has as many already: nothing is kept then, and nothing ended.
    """
    with db.write() as connection:
        lock_by_name(connection, "push")
        same = and_(_LIVE, table.c.endpoint == push.endpoint)
        others = select(func.count()).where(
            _LIVE, table.c.person == push.person, table.c.endpoint != push.endpoint
        )
        if connection.execute(others).scalar_one() >= most:
            return False
        connection.execute(update(table).where(same).values(ended_at=push.made_at))
        insert(connection, table, [values_of(push)])
        return True


def pushes(
    db: Database, person: str | None = None, *, live: bool = False
) -> list[PushSubscription]:
    """Return everybody's browsers, or one person's, oldest first; `live` leaves out ended ones."""
    found = select(*_PUSH).order_by(table.c.made_at, table.c.id)
    if person is not None:
        found = found.where(table.c.person == person)
    if live:
        found = found.where(_LIVE)
    with db.read() as connection:
        return [record_of(PushSubscription, row) for row in connection.execute(found)]


def one_push(db: Database, id: str) -> PushSubscription | None:
    """Return what is kept of a browser as it stands, or None."""
    with db.read() as connection:
        row = connection.execute(select(*_PUSH).where(table.c.id == id)).first()
    return None if row is None else record_of(PushSubscription, row)


def push_took(db: Database, id: str, now: datetime) -> None:
    """Note that a push service took a message for a browser: it works."""
    works = {"told_at": now, "failures": 0, "failed_at": None, "rests_until": None, "error": None}
    with db.write() as connection:
        connection.execute(update(table).where(table.c.id == id, _LIVE).values(works))


def push_failed(db: Database, id: str, error: str, now: datetime, *, rests_until: datetime) -> int:
    """Note that a push service took no message for a browser, and until when it rests.

    Returns:
        How often in succession that was; 0 for a browser that is ended or unknown.
    """
    failed = (
        update(table)
        .where(table.c.id == id, _LIVE)
        .values(
            failures=table.c.failures + 1,
            failed_at=func.coalesce(table.c.failed_at, literal(now, Instant())),
            rests_until=rests_until,
            error=error,
        )
        .returning(table.c.failures)
    )
    with db.write() as connection:
        return int(connection.execute(failed).scalar_one_or_none() or 0)


def end_push(
    db: Database, id: str, now: datetime, *, person: str | None = None, error: str | None = None
) -> bool:
    """End a browser's messages; False when they are ended already, or it is somebody else's.

    Args:
        db: the opened store.
        id: of what is kept of the browser.
        now: from when.
        person: only if it is theirs; None for whoever's.
        error: why, where nobody wanted it.
    """
    which = and_(_LIVE, table.c.id == id)
    if person is not None:
        which = and_(which, table.c.person == person)
    with db.write() as connection:
        ended = update(table).where(which).values(ended_at=now, error=error)
        return connection.execute(ended).rowcount == 1


def end_pushes(
    connection: Connection, person: str, now: datetime, error: str, *, but: str = ""
) -> None:
    """End the messages of all of a person's browsers.

    Args:
        connection: within a transaction.
        person: whose.
        now: from when.
        error: why; their page says so.
        but: the id of one that goes on, if it is theirs; empty for none.
    """
    which = and_(_LIVE, table.c.person == person, table.c.id != but)
    connection.execute(update(table).where(which).values(ended_at=now, error=error))


def people_with_push(db: Database) -> set[str]:
    """Return everybody who has a browser that takes messages."""
    with db.read() as connection:
        return set(connection.execute(select(table.c.person).where(_LIVE).distinct()).scalars())
