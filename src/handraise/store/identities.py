"""Who somebody at an OpenID provider is here, once it was known for certain.

INVARIANT: a subject is one person at most, and a person one living subject of a provider at most.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from handraise.model import Identity
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import identities as table

_IDENTITY = columns_of(table, Identity)


def identity(db: Database, issuer: str, subject: str) -> Identity | None:
    """Return who a subject of a provider is here, if that is known and counts still."""
    found = select(*_IDENTITY).where(
        table.c.issuer == issuer, table.c.subject == subject, table.c.ended_at.is_(None)
    )
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Identity, row)


def identities(db: Database, person: str | None = None) -> list[Identity]:
    """Return the identities that count, of all or of one person, oldest first."""
    found = select(*_IDENTITY).where(table.c.ended_at.is_(None))
    if person is not None:
        found = found.where(table.c.person == person)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.made_at, table.c.subject)).all()
    return [record_of(Identity, row) for row in rows]


def pin_identity(db: Database, fresh: Identity) -> bool:
    """Keep who a subject is here; one that has ended is begun anew.

    Returns:
        False, and nothing is kept, when the subject is somebody already, or the person has another
        living subject at this provider.
    """
    with db.write() as connection:
        lock_by_name(connection, f"identities.{fresh.issuer}")
        taken = select(table.c.subject).where(
            table.c.issuer == fresh.issuer,
            (table.c.person == fresh.person) | (table.c.subject == fresh.subject),
            table.c.ended_at.is_(None),
        )
        if connection.execute(taken).first() is not None:
            return False
        row = values_of(fresh)
        if insert(connection, table, [row], known=True) == 0:
            again = update(table).where(
                table.c.issuer == fresh.issuer, table.c.subject == fresh.subject
            )
            connection.execute(again.values(**row))
    return True


def identity_used(db: Database, issuer: str, subject: str, now: datetime) -> None:
    """Note that somebody came in by it."""
    used = update(table).where(table.c.issuer == issuer, table.c.subject == subject)
    with db.write() as connection:
        connection.execute(used.values(used_at=now))


def end_identities(db: Database, person: str, now: datetime) -> int:
    """Let a person's identities count no more; return how many did."""
    with db.write() as connection:
        return end_all(connection, person, now)


def end_all(connection: Connection, person: str, now: datetime) -> int:
    """Let a person's identities count no more, within a transaction."""
    ended = update(table).where(table.c.person == person, table.c.ended_at.is_(None))
    return connection.execute(ended.values(ended_at=now)).rowcount
