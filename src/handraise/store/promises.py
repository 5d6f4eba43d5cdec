"""What backtests promised: the deferral rate of each version of a table."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import select, update

from handraise.model import Promise
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import promises

_PROMISE = columns_of(promises, Promise)


def save_promise(db: Database, promise: Promise) -> None:
    """Keep what a backtest promised of a version, in place of what an earlier one did.

    One that promises the same as the earlier one is no other promise: it stays as old as that.
    """
    which = (promises.c.agent == promise.agent, promises.c.version == promise.version)
    with db.write() as connection:
        if insert(connection, promises, [values_of(promise)], known=True):
            return
        row = connection.execute(select(*_PROMISE).where(*which)).first()
        if row is not None:
            before = record_of(Promise, row)
            if replace(before, at=promise.at, first=promise.first, last=promise.last) == promise:
                promise = replace(promise, at=before.at)
        connection.execute(update(promises).where(*which).values(values_of(promise)))


def promise_of(db: Database, agent: str, version: str) -> Promise | None:
    """Return what was promised of exactly that version, or None."""
    found = select(*_PROMISE).where(promises.c.agent == agent, promises.c.version == version)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Promise, row)
