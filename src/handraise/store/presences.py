"""Signs of life that agents promised to give: each process of an agent has one row, its last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, select, update

from handraise.model import Presence
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import presences as table

_PRESENCE = columns_of(table, Presence)


def note_presence(db: Database, presence: Presence, *, most: int) -> bool:
    """Keep a process's sign of life in place of its last; False when an agent has too many.

    Args:
        db: the opened store.
        presence: the sign; its `due_at` is None when the process says that it ends.
        most: so many processes an agent may have at most; one that is known may always sign.
    """
    row = values_of(presence)
    with db.write() as connection:
        if _renewed(connection, presence):
            return True
        lock_by_name(connection, f"presences.{presence.agent}")
        own = select(func.count()).where(table.c.agent == presence.agent)
        if connection.execute(own).scalar_one() >= most:
            return False
        if insert(connection, table, [row], known=True) == 0:
            _renewed(connection, presence)
    return True


def _renewed(connection: Connection, presence: Presence) -> bool:
    which = and_(table.c.agent == presence.agent, table.c.name == presence.name)
    values = {"beat_at": presence.beat_at, "every_s": presence.every_s, "due_at": presence.due_at}
    return connection.execute(update(table).where(which).values(values)).rowcount == 1


def presences(db: Database, agent: str) -> list[Presence]:
    """Return an agent's processes by name, those that said that they end too."""
    found = select(*_PRESENCE).where(table.c.agent == agent).order_by(table.c.name)
    with db.read() as connection:
        return [record_of(Presence, row) for row in connection.execute(found)]


def presence(db: Database, agent: str, name: str) -> Presence | None:
    """Return the last sign of a process, or None."""
    found = select(*_PRESENCE).where(table.c.agent == agent, table.c.name == name)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Presence, row)


def forget_presences(db: Database, agent: str, names: Collection[str], before: datetime) -> int:
    """Forget processes whose last sign is older than an instant; return how many."""
    gone = delete(table).where(
        table.c.agent == agent, table.c.name.in_(names), table.c.beat_at < before
    )
    with db.write() as connection:
        return connection.execute(gone).rowcount
