"""What should be out by now and is not: how long messages, and alarms to owners, have waited."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from handraise.store.database import Database
from handraise.store.schema import outbox as table


def oldest_pending(db: Database, now: datetime) -> datetime | None:
    """Return since when the longest unsent message should have gone out, or None for none.

    One that failed has waited since it was written, however often it is put off: the next attempt
    is no new beginning. One that is held back or on its way for the first time does not wait.
    """
    found = select(func.min(_WAITS_SINCE)).where(_waits(now))
    with db.read() as connection:
        oldest: datetime | None = connection.execute(found).scalar_one()
    return oldest


def unheard_alarm(db: Database, people: Collection[str], now: datetime) -> datetime | None:
    """Return since when the longest alarm to one of some people has not reached them.

    It waits, or was given up and nothing has gone out to that person since. None where none did.
    """
    later = table.alias("later")
    has_heard = exists().where(
        later.c.to == table.c.to, later.c.state == "sent", later.c.sent_at > table.c.created_at
    )
    is_lost = and_(table.c.state == "failed", ~has_heard)
    since = case((table.c.state == "failed", table.c.created_at), else_=_WAITS_SINCE)
    found = select(func.min(since)).where(
        table.c.to.in_(people),
        table.c.state.in_(("pending", "failed")),
        table.c.kind == "alarm",
        or_(is_lost, _waits(now)),
    )
    with db.read() as connection:
        oldest: datetime | None = connection.execute(found).scalar_one()
    return oldest


class GivenUp(Struct, frozen=True, kw_only=True):
    """Messages that were given up on for one reason.

    Attributes:
        contacts: to which contacts, in order of preference.
        error: what the channel said last; empty where it said nothing.
        count: how many.
        last_at: when the last of them was written.
    """

    contacts: tuple[str, ...]
    error: str
    count: int
    last_at: datetime


def given_up(db: Database, since: datetime, *, limit: int = 100) -> list[GivenUp]:
    """Return the messages written since an instant that were given up on, the most first."""
    number, last_at = func.count(), func.max(table.c.created_at)
    found = (
        select(table.c.contacts, func.coalesce(table.c.error, ""), number, last_at)
        .where(table.c.state == "failed", table.c.created_at >= since)
        .group_by(table.c.contacts, table.c.error)
        .order_by(number.desc(), table.c.contacts, table.c.error)
        .limit(limit)
    )
    with db.read() as connection:
        return [
            GivenUp(contacts=contacts, error=error, count=count, last_at=at)
            for contacts, error, count, at in connection.execute(found)
        ]


def _waits(now: datetime) -> ColumnElement[bool]:
    """Whether a message should be out by now: it is due, or has failed before."""
    return and_(
        table.c.next_at.is_not(None), or_(table.c.next_at <= now, table.c.error.is_not(None))
    )


_WAITS_SINCE = case(
    # A later step of a message was written with the first, long before its time.
    (and_(table.c.attempts > 0, ~table.c.id.contains(".")), table.c.created_at),
    else_=table.c.next_at,
)
