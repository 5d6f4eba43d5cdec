"""Addresses of screens on the wall: made, found by the hash of their secret, ended once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from handraise.model import Wall
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import walls as table

_WALL = columns_of(table, Wall)


def add_wall(db: Database, wall: Wall) -> None:
    """Keep a new address."""
    with db.write() as connection:
        insert(connection, table, [values_of(wall)])


def walls(db: Database) -> list[Wall]:
    """Return all addresses, those that have ended too, oldest first."""
    found = select(*_WALL).order_by(table.c.made_at, table.c.id)
    with db.read() as connection:
        return [record_of(Wall, row) for row in connection.execute(found)]


def live_wall(db: Database, secret_hash: str) -> Wall | None:
    """Return the address of that secret, or None where there is none or it has ended."""
    found = select(*_WALL).where(table.c.secret_hash == secret_hash, table.c.ended_at.is_(None))
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Wall, row)


def end_wall(db: Database, wall_id: str, now: datetime) -> bool:
    """End an address; False when there is none or it has ended already."""
    ended = update(table).where(table.c.id == wall_id, table.c.ended_at.is_(None))
    with db.write() as connection:
        return connection.execute(ended.values(ended_at=now)).rowcount == 1
