"""How many decisions of each kind an agent made in each hour: what the watch looks at.

A decision is counted in the transaction that seals it, so that each is counted once; rehearsals
never are. INVARIANT: a type is counted by its name only where the version knows it. Any other is
counted as `(unknown)`: it may be a customer's own words, and there may be no end of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from handraise.core.monitor.series import Kind
from handraise.model import Tally
from handraise.store.columns import document_text, short
from handraise.store.database import Database, KnownTypes, lock_by_name
from handraise.store.inserts import add_up
from handraise.store.kept import Row
from handraise.store.monitors import States, load_monitors, write_monitors
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import tallies as table
from handraise.store.totals import keep_forgotten

UNKNOWN = "(unknown)"
"""Stands for every type that the version does not know."""

MANY = 1_000
MOST_HOURS = 24
"""What waited for longer, e.g. for a promise, is taken up by so many hours a look."""

LONGEST_ROWS = 1_200
MOST_ROWS = 64
"""So many of the rows that fired at once are counted, where they are longer than LONGEST_ROWS."""

_KEY = ("agent", "hour", "version", "type", "severity", "rows")
_TALLY = columns_of(table, Tally)
_WHICH = [table.c[name] for name in _KEY]

Judge = Callable[[Sequence[Tally], States], States]


def count_rows(connection: Connection, rows: Iterable[Row], known: KnownTypes) -> None:
    """Count decisions that this transaction seals.

    Args:
        connection: of a write transaction that has not reached the end of the chain yet.
        rows: as they are kept, each once; rehearsals are passed over.
        known: the types that a version of an agent's table knows.
    """
    kinds = Counter(
        (
            row["agent"],
            row["decided_at"][:13],
            row["version"],
            row["type"],
            row["severity"],
            row["rows"],
        )
        for row in rows
        if not row["rehearsal"]
    )
    if not kinds:
        return
    types: dict[tuple[str, str], Collection[str]] = {}
    counted: Counter[tuple[str, ...]] = Counter()
    for (agent, hour, version, type_, severity, fired), count in kinds.items():
        if type_:
            if (agent, version) not in types:
                types[agent, version] = known(agent, version)
            type_ = short(type_) if type_ in types[agent, version] else UNKNOWN
        key = (agent, f"{hour}:00:00.000000Z", version, type_ or "", severity or "", _some(fired))
        counted[key] += count
    add_up(
        connection,
        table,
        "count",
        [
            {**dict(zip(_KEY, key, strict=True)), "count": count, "looked": 0}
            for key, count in sorted(counted.items())
        ],
    )


def _some(fired: str) -> str:
    """Return the rows that fired, no more than an index of PostgreSQL can hold."""
    if len(fired) <= LONGEST_ROWS:
        return fired
    return document_text(msgspec.json.decode(fired, type=list[str])[:MOST_ROWS])


def take_up(db: Database, agent: str, version: str, judge: Judge, now: datetime) -> bool:
    """Let `judge` look at the decisions that no monitor has taken up yet, each of them once.

    What it returns is kept in the same transaction, so that a crash repeats nothing and loses
    nothing; an error that it raises leaves everything as it was. Nobody who counts waits while it
    judges, but for SQLite's other writers.

    Args:
        db: the opened store.
        agent: whose decisions.
        version: of the table whose monitors look; decisions that another version judged are passed
            over for good.
        judge: writes nothing; given the counts with something new, by hour, and the monitors'
            states by their series, it returns the states to keep.
        now: the instant.

    Returns:
        Whether `judge` looked at anything; where very much waits, the rest comes next time.
    """
    is_fresh = [table.c.agent == agent, table.c["count"] > table.c.looked]
    hours = select(table.c.hour).where(*is_fresh).distinct().order_by(table.c.hour)
    fresh = select(*_TALLY).where(*is_fresh)
    with db.write() as connection:
        lock_by_name(connection, f"monitors {agent}")
        # Whole hours: a part of one, cut by type, would not be a fair share of its decisions.
        later = connection.execute(hours.offset(MOST_HOURS).limit(1)).scalar()
        if later is not None:
            fresh = fresh.where(table.c.hour < later)
        found = [record_of(Tally, row) for row in connection.execute(fresh.order_by(*_WHICH))]
        mine = [tally for tally in found if tally.version == version]
        states = judge(mine, load_monitors(connection, agent, version))
        _note_looked(connection, found)
        write_monitors(connection, agent, version, states, now)
        return bool(mine)


def _note_looked(connection: Connection, found: Sequence[Tally]) -> None:
    if not found:
        return
    # What was counted meanwhile is not among them, and is found by the next look.
    noting = update(table).where(*(table.c[name] == bindparam(f"_{name}") for name in _KEY))
    values = [
        {**{f"_{name}": getattr(tally, name) for name in _KEY}, "_seen": tally.count}
        for tally in found
    ]
    connection.execute(noting.values(looked=bindparam("_seen")), values)


def tallies_between(
    db: Database, agent: str, since: datetime, until: datetime, *, version: str | None = None
) -> list[Tally]:
    """Return an agent's counts of the hours that began from `since` on and before `until`.

    Args:
        db: the opened store.
        agent: whose.
        since: the first hour that may be among them.
        until: the first that may not.
        version: only decisions that this version of the table judged.
    """
    found = select(*_TALLY).where(*_within(agent, since, until, version)).order_by(*_WHICH)
    with db.read() as connection:
        return [record_of(Tally, row) for row in connection.execute(found)]


def by_hour(
    db: Database, agent: str, since: datetime, until: datetime, *, version: str | None = None
) -> dict[datetime, tuple[int, int]]:
    """Return for each hour with a decision how many there were, and how many of them stopped."""
    count = table.c["count"]
    stopped = case((table.c.rows == bindparam("none", (), type_=table.c.rows.type), 0), else_=count)
    found = (
        select(table.c.hour, func.sum(count), func.sum(stopped))
        .where(*_within(agent, since, until, version))
        .group_by(table.c.hour)
        .order_by(table.c.hour)
    )
    with db.read() as connection:
        return {hour: (int(n), int(x)) for hour, n, x in connection.execute(found)}


def tallied(
    db: Database,
    agent: str,
    since: datetime,
    until: datetime,
    *,
    version: str | None = None,
    by_type: bool = True,
) -> list[Kind]:
    """Return an agent's counts of a stretch of time, its hours added up.

    Args:
        db: the opened store.
        agent: whose.
        since: the first hour that may be among them.
        until: the first that may not.
        version: only decisions that this version of the table judged.
        by_type: whether by type and rows; otherwise by rows alone, the type empty.
    """
    total = func.sum(table.c["count"])
    kinds = [table.c.type, table.c.rows] if by_type else [table.c.rows]
    within = _within(agent, since, until, version)
    found = select(*kinds, total).where(*within).group_by(*kinds).order_by(*kinds)
    with db.read() as connection:
        return [
            Kind(row.type if by_type else "", row.rows, int(row[-1]))
            for row in connection.execute(found)
        ]


def tallied_by_hour(
    db: Database, agent: str, since: datetime, until: datetime
) -> list[tuple[datetime, str, tuple[str, ...], int]]:
    """Return an agent's counts by hour, version and the rows that fired, each with its number.

    Args:
        db: the opened store.
        agent: whose decisions.
        since: the first hour that may be among them.
        until: the first that may not.
    """
    kinds = [table.c.hour, table.c.version, table.c.rows]
    found = (
        select(*kinds, func.sum(table.c["count"]))
        .where(*_within(agent, since, until, None))
        .group_by(*kinds)
        .order_by(*kinds)
    )
    with db.read() as connection:
        return [
            (row.hour, row.version, row.rows, int(row[-1])) for row in connection.execute(found)
        ]


def first_hour(db: Database, agent: str, version: str) -> datetime | None:
    """Return the first hour in which a version judged something; None where it never did."""
    found = select(func.min(table.c.hour)).where(table.c.agent == agent, table.c.version == version)
    with db.read() as connection:
        return connection.execute(found).scalar()


def forget_tallies(db: Database, before: datetime, *, limit: int = MANY) -> int:
    """Remove at most `limit` counts of hours that began before an instant; return how many.

    They stay part of what was decided in all.
    """
    old = select(*_WHICH, table.c["count"]).where(table.c.hour < before).limit(limit)
    with db.read() as connection:
        if connection.execute(old.limit(1)).first() is None:
            return 0
    with db.write() as connection:
        lock_by_name(connection, "forgotten counts")
        found = connection.execute(old).all()
        keys = [{f"_{name}": getattr(row, name) for name in _KEY} for row in found]
        gone = delete(table).where(*(table.c[name] == bindparam(f"_{name}") for name in _KEY))
        if keys:
            connection.execute(gone, keys)
        counted = [(row.agent, row.version, row.rows, row[-1]) for row in found]
        keep_forgotten(connection, counted, before)
    return len(keys)


def _within(agent: str, since: datetime, until: datetime, version: str | None) -> list[Any]:
    where = [table.c.agent == agent, table.c.hour >= since, table.c.hour < until]
    return where if version is None else [*where, table.c.version == version]
