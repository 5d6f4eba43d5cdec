"""The monitors' states between two looks; written by `take_up` of `tallies` alone.

What else the watch carries from look to look is kept beside them, as series of no version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, select

from handraise.model import MonitorRecord
from handraise.store.database import Database
from handraise.store.inserts import encoded, put
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import monitors as table
from handraise.store.schema import promises

States = dict[str, dict[str, Any]]
"""What each monitor carries on with, by its series."""

_MONITOR = columns_of(table, MonitorRecord)


def monitors(db: Database, agent: str, version: str) -> list[MonitorRecord]:
    """Return the monitors of a version of an agent's table, in the order of their series."""
    found = select(*_MONITOR).where(table.c.agent == agent, table.c.version == version)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.series))
        return [record_of(MonitorRecord, row) for row in rows]


def monitored_versions(db: Database, agent: str) -> list[str]:
    """Return the versions of an agent's table that were held against a promise."""
    # The watch keeps other series too, of no version.
    is_held = and_(promises.c.agent == table.c.agent, promises.c.version == table.c.version)
    found = select(table.c.version).where(table.c.agent == agent, exists().where(is_held))
    found = found.distinct()
    with db.read() as connection:
        return sorted(connection.execute(found).scalars())


def load_monitors(connection: Connection, agent: str, version: str) -> States:
    """Return the states of a version's monitors."""
    found = select(table.c.series, table.c.state)
    found = found.where(table.c.agent == agent, table.c.version == version)
    return {row.series: row.state for row in connection.execute(found)}


def write_monitors(
    connection: Connection,
    agent: str,
    version: str,
    states: Mapping[str, dict[str, Any]],
    now: datetime,
) -> None:
    """Keep states of monitors, in place of those that were there."""
    records = [
        MonitorRecord(agent=agent, version=version, series=series, state=state, updated_at=now)
        for series, state in sorted(states.items())
    ]
    put(connection, table, [encoded(table, values_of(record)) for record in records])


def carried(db: Database, agent: str, series: str) -> dict[str, Any] | None:
    """Return what is kept of an agent under a series of no version, or None."""
    found = select(table.c.state).where(
        table.c.agent == agent, table.c.version == "", table.c.series == series
    )
    with db.read() as connection:
        state: dict[str, Any] | None = connection.execute(found).scalar()
        return state


def carry(db: Database, agent: str, series: str, state: dict[str, Any], now: datetime) -> None:
    """Keep something of an agent under a series of no version, in place of what was there."""
    with db.write() as connection:
        write_monitors(connection, agent, "", {series: state}, now)
