"""Who is at work: leases that one holder has at a time, and each worker's last sign of life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from handraise.model import Message
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import values_of
from handraise.store.schema import heartbeats, leases, outbox


def acquire_lease(
    db: Database,
    name: str,
    holder: str,
    now: datetime,
    ttl_s: float,
    *,
    messages: Sequence[Message] = (),
) -> bool:
    """Take or renew the lease of that name for `ttl_s` seconds; False while another has it.

    Messages given to it are kept in its transaction, if it is taken: neither is there alone.

    One that ends more than twice `ttl_s` from now was taken by a clock that has been put back
    since, and counts as run out; a difference of `ttl_s` between machines is none.
    """
    ttl = timedelta(seconds=ttl_s)
    row = {"name": name, "holder": holder, "expires_at": now + ttl}
    ends = leases.c.expires_at
    free = or_(leases.c.holder == holder, ends <= now, ends > now + 2 * ttl)
    with db.write() as connection:
        is_taken = insert(connection, leases, [row], known=True) == 1
        if not is_taken:
            taking = update(leases).where(leases.c.name == name, free).values(row)
            is_taken = connection.execute(taking).rowcount == 1
        if is_taken:
            insert(connection, outbox, [values_of(message) for message in messages])
        return is_taken


def release_lease(db: Database, name: str, holder: str) -> None:
    """Give a lease back; one that another holder has stays as it is."""
    with db.write() as connection:
        connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def heartbeat(db: Database, name: str, now: datetime) -> None:
    """Note a worker's sign of life."""
    row = {"name": name, "at": now}
    with db.write() as connection:
        if not insert(connection, heartbeats, [row], known=True):
            connection.execute(update(heartbeats).where(heartbeats.c.name == name).values(row))


def last_heartbeat(db: Database, name: str) -> datetime | None:
    """Return the worker's last sign of life, or None."""
    with db.read() as connection:
        return connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar()
