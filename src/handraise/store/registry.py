"""Which versions of the routing tables there are, which runs now, and which may go live.

INVARIANT: a go-live record whose row is damaged is none, and costs no other agent theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, update

from handraise.model import Event, ReadyRecord, TableVersion
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import events, ready_records, table_versions

_VERSION = columns_of(table_versions, TableVersion)
_READY = columns_of(ready_records, ReadyRecord)
_EVENT = columns_of(events, Event)

_DAMAGED = (ValueError, TypeError)
"""What a row raises that is not as it was written."""

GOING_LIVE = ("ready", "withdrawn", "ended")
"""The kinds of the events that say what became of an agent's go-live records."""


def register_table(db: Database, version: TableVersion) -> None:
    """Keep this version, and make it its agent's newest.

    A version known before keeps its text and first instant. The newest again writes nothing.
    """
    newest = newest_table(db, version.agent)
    if newest is not None and newest.version == version.version:
        return
    with db.write() as connection:
        lock_by_name(connection, "register_table")
        seq = _next_seq(connection, version.agent)
        row = {**values_of(version), "registered_seq": seq}
        if insert(connection, table_versions, [row], known=True) == 0:
            connection.execute(
                update(table_versions)
                .where(table_versions.c.agent == version.agent)
                .where(table_versions.c.version == version.version)
                .values(registered_seq=seq)
            )


def _next_seq(connection: Connection, agent: str) -> int:
    highest = select(func.coalesce(func.max(table_versions.c.registered_seq), 0)).where(
        table_versions.c.agent == agent
    )
    return int(connection.execute(highest).scalar_one()) + 1


def table_version(db: Database, agent: str, version: str) -> TableVersion | None:
    """Return that version of the agent's table, or None."""
    found = select(*_VERSION).where(
        table_versions.c.agent == agent, table_versions.c.version == version
    )
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(TableVersion, row)


def newest_table(db: Database, agent: str) -> TableVersion | None:
    """Return the version of the agent's table that was registered last, or None."""
    found = select(*_VERSION).where(table_versions.c.agent == agent)
    with db.read() as connection:
        row = connection.execute(
            found.order_by(table_versions.c.registered_seq.desc()).limit(1)
        ).first()
    return None if row is None else record_of(TableVersion, row)


def newest_tables(db: Database) -> list[TableVersion]:
    """Return the newest version of each agent's table, by the agents' names."""
    newest = (
        select(table_versions.c.agent, func.max(table_versions.c.registered_seq).label("seq"))
        .group_by(table_versions.c.agent)
        .subquery()
    )
    found = (
        select(*_VERSION)
        .join(
            newest,
            (table_versions.c.agent == newest.c.agent)
            & (table_versions.c.registered_seq == newest.c.seq),
        )
        .order_by(table_versions.c.agent)
    )
    with db.read() as connection:
        return [record_of(TableVersion, row) for row in connection.execute(found)]


def save_ready(db: Database, record: ReadyRecord) -> None:
    """Keep the go-live record of a version, in place of an earlier one; no event says so."""
    with db.write() as connection:
        _put_ready(connection, record)


def sign_ready(db: Database, record: ReadyRecord, former: ReadyRecord | None, event: Event) -> bool:
    """Keep a go-live record with its event, if no other one came meanwhile; return whether it is.

    Args:
        db: the store.
        record: that is to be the agent's newest.
        former: the agent's newest as it was looked at; None where there was none.
        event: of `GOING_LIVE`, that says so.
    """
    with db.write() as connection:
        lock_by_name(connection, "ready_records")
        if _newest_ready(connection, record.agent) != former:
            return False
        _put_ready(connection, record)
        append(connection, [event])
    return True


def end_ready(db: Database, record: ReadyRecord, event: Event) -> bool:
    """Note once that an agent's newest go-live record has ended; return whether it was news.

    Args:
        db: the store.
        record: as it was looked at; where another one came meanwhile, nothing is noted.
        event: of the kind `ended`.
    """
    with db.write() as connection:
        lock_by_name(connection, "ready_records")
        said = _said_of_ready(connection, record.agent)
        if said is None or said.kind != "ready":
            return False
        if _newest_ready(connection, record.agent) != record:
            return False
        append(connection, [event])
    return True


def ready_and_said(db: Database, agent: str) -> tuple[ReadyRecord | None, Event | None]:
    """Return an agent's newest go-live record, and the last event about such records, at once."""
    with db.snapshot() as connection:
        return _newest_ready(connection, agent), _said_of_ready(connection, agent)


def newest_ready(db: Database, agent: str) -> ReadyRecord | None:
    """Return the agent's newest go-live record, of whatever version, or None."""
    with db.read() as connection:
        return _newest_ready(connection, agent)


def _put_ready(connection: Connection, record: ReadyRecord) -> None:
    row = values_of(record)
    if insert(connection, ready_records, [row], known=True) == 0:
        connection.execute(
            update(ready_records)
            .where(ready_records.c.agent == record.agent)
            .where(ready_records.c.version == record.version)
            .values(row)
        )


def _newest_ready(connection: Connection, agent: str) -> ReadyRecord | None:
    found = (
        select(*_READY)
        .where(ready_records.c.agent == agent)
        .order_by(ready_records.c.at.desc(), ready_records.c.version)
        .limit(1)
    )
    try:
        row = connection.execute(found).first()
        return None if row is None else record_of(ReadyRecord, row)
    except _DAMAGED:
        return next(_ready_of(connection, agent), None)


def _ready_of(connection: Connection, agent: str) -> Iterator[ReadyRecord]:
    """Yield the go-live records of an agent that can be read, the newest first."""
    for version in _ready_versions(connection, agent):
        record = _ready_record(connection, agent, version)
        if record is not None:
            yield record


def _ready_versions(connection: Connection, agent: str) -> list[str]:
    found = (
        select(ready_records.c.version)
        .where(ready_records.c.agent == agent)
        .order_by(ready_records.c.at.desc(), ready_records.c.version)
    )
    return list(connection.execute(found).scalars())


def _ready_record(connection: Connection, agent: str, version: str) -> ReadyRecord | None:
    found = select(*_READY).where(
        ready_records.c.agent == agent, ready_records.c.version == version
    )
    try:
        row = connection.execute(found).first()
        return None if row is None else record_of(ReadyRecord, row)
    except _DAMAGED:
        return None


def _said_of_ready(connection: Connection, agent: str) -> Event | None:
    found = (
        select(*_EVENT)
        .where(events.c.escalation_id.is_(None))  # these few have an index of their own
        .where(events.c.agent == agent, events.c.kind.in_(GOING_LIVE))
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(found).first()
    return None if row is None else record_of(Event, row)


def newest_ready_records(db: Database) -> list[ReadyRecord]:
    """Return each agent's newest go-live record, but for damaged ones, by the agents' names."""
    try:
        return _newest_of_each(db)
    except _DAMAGED:
        whole = (agent for agent in ready_versions(db) if not ready_is_damaged(db, agent))
        found = (newest_ready(db, agent) for agent in whole)
        return [record for record in found if record is not None]


def ready_versions(db: Database) -> dict[str, list[str]]:
    """Return for which versions each agent has a go-live record, damaged or not, the newest first.

    By the agents' names.
    """
    agents = select(ready_records.c.agent).distinct().order_by(ready_records.c.agent)
    with db.snapshot() as connection:
        names = list(connection.execute(agents).scalars())
        return {agent: _ready_versions(connection, agent) for agent in names}


def ready_is_damaged(db: Database, agent: str) -> bool:
    """Whether the agent's newest go-live record cannot be read."""
    with db.snapshot() as connection:
        newest = next(iter(_ready_versions(connection, agent)), None)
        return newest is not None and _ready_record(connection, agent, newest) is None


def _newest_of_each(db: Database) -> list[ReadyRecord]:
    newest = (
        select(ready_records.c.agent, func.max(ready_records.c.at).label("at"))
        .group_by(ready_records.c.agent)
        .subquery()
    )
    found = (
        select(*_READY)
        .join(
            newest,
            (ready_records.c.agent == newest.c.agent) & (ready_records.c.at == newest.c.at),
        )
        .order_by(ready_records.c.agent, ready_records.c.version.desc())
    )
    with db.read() as connection:
        records = [record_of(ReadyRecord, row) for row in connection.execute(found)]
    return list({record.agent: record for record in records}.values())


def signed_versions(db: Database, agent: str) -> list[ReadyRecord]:
    """Return the last go-live record of each version of the agent's table, the newest first."""
    with db.snapshot() as connection:
        return list(_ready_of(connection, agent))


def table_versions_of(db: Database, agent: str) -> list[TableVersion]:
    """Return all versions of the agent's table, the one that was registered last first."""
    found = select(*_VERSION).where(table_versions.c.agent == agent)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table_versions.c.registered_seq.desc()))
        return [record_of(TableVersion, row) for row in rows]


def ready_record(db: Database, agent: str, version: str) -> ReadyRecord | None:
    """Return the go-live record of exactly that version, or None."""
    with db.read() as connection:
        return _ready_record(connection, agent, version)
