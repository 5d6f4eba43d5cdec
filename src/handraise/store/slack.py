"""Questions that stand in Slack with their buttons, and those that must lose them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, tuple_, update

from handraise.model import SlackPost
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import asks
from handraise.store.schema import slack_posts as table

_POST = columns_of(table, SlackPost)


def add_slack_post(db: Database, post: SlackPost) -> None:
    """Keep that a question stands in Slack."""
    with db.write() as connection:
        insert(connection, table, [values_of(post)])


def slack_posts(
    db: Database, escalation_id: str, *, ask_id: str | None = None, person: str | None = None
) -> list[SlackPost]:
    """Return what stands in Slack of an escalation with its buttons, the oldest first.

    Args:
        db: the opened store.
        escalation_id: which.
        ask_id: only of this ask.
        person: only what was put to this person.
    """
    found = select(*_POST).where(table.c.escalation_id == escalation_id, _STANDS)
    if ask_id is not None:
        found = found.where(table.c.ask_id == ask_id)
    if person is not None:
        found = found.where(table.c.person == person)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.posted_at, table.c.ts))
        return [record_of(SlackPost, row) for row in rows]


def slack_posts_to_settle(
    db: Database, *, limit: int, never: Collection[tuple[str, str]] = ()
) -> list[SlackPost]:
    """Return what stands in Slack and is no longer a question to its reader, the oldest first.

    It is none any more once it was answered or ended, or is in other hands.

    Args:
        db: the opened store.
        limit: at most so many.
        never: (channel, ts) of those that are not to be looked at now.
    """
    is_elsewhere = and_(
        asks.c.holder != table.c.person, func.coalesce(asks.c.delegate, "") != table.c.person
    )
    found = (
        select(*_POST)
        .join(asks, asks.c.id == table.c.ask_id)
        .where(_STANDS, or_(asks.c.state != "open", is_elsewhere))
        .order_by(table.c.posted_at, table.c.ts)
        .limit(limit)
    )
    if never:
        found = found.where(tuple_(table.c.channel, table.c.ts).not_in(sorted(never)))
    with db.read() as connection:
        return [record_of(SlackPost, row) for row in connection.execute(found)]


def settle_slack_posts(db: Database, posts: Sequence[SlackPost], now: datetime) -> None:
    """Keep that messages in Slack have no buttons any more; one that had none stays as it is."""
    with db.write() as connection:
        for post in posts:
            connection.execute(
                update(table)
                .where(table.c.channel == post.channel, table.c.ts == post.ts, _STANDS)
                .values(settled_at=now)
            )


_STANDS = table.c.settled_at.is_(None)
