"""Who is at work and where: leases of one holder at a time, signs of life, the pages' address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from handraise.model import Message
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import values_of
from handraise.store.schema import addresses, heartbeats, leases, outbox

PAGES = "pages"
"""The only name that addresses have so far."""


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


def is_leased(db: Database, name: str, now: datetime, ttl_s: float) -> bool:
    """Whether somebody has the lease of that name, which is taken for `ttl_s` seconds at a time."""
    ends = leases.c.expires_at
    holds = (ends > now) & (ends <= now + timedelta(seconds=2 * ttl_s))
    with db.read() as connection:
        found = connection.execute(select(leases.c.holder).where(leases.c.name == name, holds))
        return found.scalar() is not None


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


def end_heartbeat(db: Database, name: str) -> None:
    """Forget the signs of life of that name, if there are any."""
    with db.write() as connection:
        connection.execute(delete(heartbeats).where(heartbeats.c.name == name))


def tell_address(db: Database, url: str, now: datetime) -> None:
    """Note where people reach the pages; it takes the place of what was told before."""
    row = {"name": PAGES, "url": url, "told_at": now}
    with db.write() as connection:
        if not insert(connection, addresses, [row], known=True):
            connection.execute(update(addresses).where(addresses.c.name == PAGES).values(row))


def told_address(db: Database) -> str | None:
    """Return where people reach the pages, as told last; None where no server ever ran."""
    with db.read() as connection:
        found = select(addresses.c.url).where(addresses.c.name == PAGES)
        return connection.execute(found).scalar()
