"""How often something was tried in a window of time; `bucket` is a hash, no address or name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, update

from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.schema import attempts as table


def count_attempt(db: Database, bucket: str, starts_at: datetime, most: int) -> bool:
    """Count one more attempt in a window; False, and nothing counted, when there were `most`."""
    return count_attempts(db, [(bucket, starts_at, most)]) is None


def count_attempts(db: Database, windows: Sequence[tuple[str, datetime, int]]) -> int | None:
    """Count one attempt in each of some windows, in one transaction.

    Args:
        db: the opened store.
        windows: (bucket, start, how many are allowed), the narrowest first.

    Returns:
        The place of the first window that is full, None when none is. Those before it are counted,
        so that whoever is refused by a narrow one never fills a wider one.
    """
    with db.write() as connection:
        for place, (bucket, starts_at, most) in enumerate(windows):
            if not _counted(connection, bucket, starts_at, most):
                return place
    return None


def _counted(connection: Connection, bucket: str, starts_at: datetime, most: int) -> bool:
    row = {"bucket": bucket, "starts_at": starts_at, "count": 1}
    if most > 0 and insert(connection, table, [row], known=True) == 1:
        return True
    one_more = (
        update(table)
        .where(table.c.bucket == bucket, table.c.starts_at == starts_at, table.c.count < most)
        .values(count=table.c.count + 1)
    )
    return connection.execute(one_more).rowcount == 1


def forget_attempts(db: Database, before: datetime) -> int:
    """Forget the windows that began before an instant; return how many."""
    old = delete(table).where(table.c.starts_at < before)
    with db.write() as connection:
        return connection.execute(old).rowcount
