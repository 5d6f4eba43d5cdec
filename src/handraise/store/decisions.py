"""The log of decisions: written in groups, found again by their key, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, select

from handraise.model import Audit, Counts, DecisionRecord
from handraise.store.audits import write_audits
from handraise.store.columns import short
from handraise.store.database import Database, KnownTypes
from handraise.store.inserts import encoded, insert
from handraise.store.kept import Row
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import asks, decisions, escalations
from handraise.store.sealing import Group, sealed, tell

_DECISION = columns_of(decisions, DecisionRecord)
_KEYS_A_STATEMENT = 500
_SCOPE = attrgetter("agent", "rehearsal")
# Built once: putting a statement together costs more than running it.
_BY_KEY = select(*_DECISION).where(
    decisions.c.agent == bindparam("agent"),
    decisions.c.rehearsal == bindparam("rehearsal"),
    decisions.c.key == bindparam("key"),
)


def record_decisions(
    db: Database,
    records: Sequence[DecisionRecord],
    audits: Sequence[Audit] = (),
    *,
    seal: bool = True,
) -> list[DecisionRecord]:
    """Keep a group of decisions, all or none, and return the conflicts among them.

    Args:
        db: the opened store.
        records: any number; those whose id, or key with the same digest, is known are passed over.
        audits: those of them that were drawn, kept or passed over with them.
        seal: whether to seal them at once, at the end of the chain of events, where one writer
            stands at a time; otherwise `seal_decisions` does so later.

    Returns:
        The records, not kept, whose key is there already with another digest.
    """
    rows, groups = prepared(records, seal=seal)
    with db.write() as connection:
        return write_decisions(connection, records, rows, groups, audits, db.known_types)


def prepared(records: Sequence[DecisionRecord], *, seal: bool) -> tuple[list[Row], list[Group]]:
    """Return the rows of decisions as they are kept, and the groups they are sealed in."""
    # In one order everywhere, so that two groups with the same keys never wait for each other.
    ordered = sorted(records, key=lambda record: record.key or "")
    rows = [encoded(decisions, values_of(record)) for record in ordered]
    return rows, sealed(rows) if seal else []


def write_decisions(
    connection: Connection,
    records: Sequence[DecisionRecord],
    rows: Sequence[Row],
    groups: Sequence[Group],
    audits: Sequence[Audit],
    known: KnownTypes,
) -> list[DecisionRecord]:
    """Write decisions, their audits and what seals and counts them; return the conflicts."""
    written = insert(connection, decisions, rows, known=True, is_encoded=True)
    if audits:
        write_audits(connection, audits, all_written=written == len(records))
    conflicts = [] if written == len(records) else _conflicts(connection, records)
    tell(connection, groups, all_written=written == len(records), known=known)
    return conflicts


def _conflicts(connection: Connection, records: Sequence[DecisionRecord]) -> list[DecisionRecord]:
    keyed = [record for record in records if record.key is not None]
    kept: dict[tuple[str, bool, str], str] = {}
    for agent, rehearsal in dict.fromkeys(map(_SCOPE, keyed)):
        keys = [short(record.key or "") for record in keyed if _SCOPE(record) == (agent, rehearsal)]
        for start in range(0, len(keys), _KEYS_A_STATEMENT):
            found = select(decisions.c.key, decisions.c.digest).where(
                decisions.c.agent == agent,
                decisions.c.rehearsal == rehearsal,
                decisions.c.key.in_(keys[start : start + _KEYS_A_STATEMENT]),
            )
            kept |= {(agent, rehearsal, key): digest for key, digest in connection.execute(found)}
    return [
        record
        for record in keyed
        if kept[record.agent, record.rehearsal, short(record.key or "")] != record.digest
    ]


def decision_by_key(
    db: Database, agent: str, key: str, *, rehearsal: bool
) -> DecisionRecord | None:
    """Return the agent's decision with that key, or None.

    A key of more than 200 characters is kept, and returned, as its beginning and its digest.
    """
    given = {"agent": agent, "rehearsal": rehearsal, "key": key}
    with db.read() as connection:
        row = connection.execute(_BY_KEY, given).first()
    return None if row is None else record_of(DecisionRecord, row)


def decision_by_id(db: Database, decision_id: str) -> DecisionRecord | None:
    """Return the decision of that id, or None."""
    found = select(*_DECISION).where(decisions.c.id == decision_id)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(DecisionRecord, row)


def recent_decisions(
    db: Database, agent: str, *, limit: int, since: datetime | None = None
) -> list[DecisionRecord]:
    """Return the agent's real decisions, the newest first; those that were erased are left out.

    Args:
        db: the opened store.
        agent: whose.
        limit: at most so many.
        since: only those judged at this instant or after.
    """
    found = select(*_DECISION).where(
        decisions.c.agent == agent,
        decisions.c.rehearsal.is_(False),
        decisions.c.content_digest.is_(None),
    )
    if since is not None:
        found = found.where(decisions.c.decided_at >= since)
    with db.read() as connection:
        rows = connection.execute(found.order_by(decisions.c.id.desc()).limit(limit)).all()
    return [record_of(DecisionRecord, row) for row in rows]


class Stated(Struct, frozen=True, kw_only=True):
    """How sure an agent said it was, of what, and which rows fired."""

    type: str | None
    action: str | None
    confidence: float | None
    rows: tuple[str, ...]


def stated(db: Database, agent: str, version: str, *, limit: int) -> list[Stated]:
    """Return how sure an agent was of its newest real decisions, the newest first.

    Args:
        db: the opened store.
        agent: whose.
        version: only what this version of its table judged.
        limit: among at most so many of the newest, of whatever version.
    """
    of = decisions.c
    newest = (
        select(*columns_of(decisions, Stated), of.id, of.version, of.rehearsal)
        .where(of.agent == agent, of.content_digest.is_(None))
        .order_by(of.id.desc())
        .limit(limit)
        .subquery()
    )
    found = (
        select(*(newest.c[name] for name in Stated.__struct_fields__))
        .where(newest.c.version == version, newest.c.rehearsal.is_(False))
        .order_by(newest.c.id.desc())
    )
    with db.read() as connection:
        return [record_of(Stated, row) for row in connection.execute(found)]


def counts(db: Database, agent: str, *, rehearsal: bool = False, now: datetime) -> Counts:
    """Return how many of the agent's decisions went ahead and stopped, and how they ended.

    Args:
        db: the opened store.
        agent: whose.
        rehearsal: count the rehearsals alone, which otherwise never count.
        now: open asks due at this instant or before are overdue.
    """
    by_rows = (
        select(decisions.c.rows, func.count())
        .where(decisions.c.agent == agent, decisions.c.rehearsal == rehearsal)
        .group_by(decisions.c.rows)
    )
    own = (escalations.c.agent == agent, escalations.c.rehearsal == rehearsal)
    by_outcome = (
        select(escalations.c.outcome, func.count()).where(*own).group_by(escalations.c.outcome)
    )
    overdue = (
        select(func.count()).select_from(asks.join(escalations)).where(*own, asks.c.due_at <= now)
    )
    with db.read() as connection:
        decided = [(rows, count) for rows, count in connection.execute(by_rows)]
        ended = {row[0]: row[1] for row in connection.execute(by_outcome)}
        late = connection.execute(overdue).scalar_one()
    fired: Counter[str] = Counter()
    for rows, count in decided:
        fired.update(dict.fromkeys(rows, count))
    return Counts(
        decided=sum(count for _, count in decided),
        proceeded=sum(count for rows, count in decided if not rows),
        by_row=dict(fired),
        open=ended.pop(None, 0),
        by_outcome=ended,
        overdue=late,
    )
