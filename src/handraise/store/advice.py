"""Advice: what was seen speaks for a change, until somebody takes it up or declines it.

INVARIANT: of one row or type, one piece of advice of a kind is open. Made, taken, declined and past
ones are events of the record, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection, select, update

from handraise.model import Advice, Event
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert_records
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import advice as table
from handraise.store.schema import decisions, escalations

MADE, TAKEN, DECLINED, PAST = "advice_made", "advice_taken", "advice_declined", "advice_past"
"""The kinds of the events that tell of advice."""

_ADVICE = columns_of(table, Advice)
_SAYS = ("version", "sentence", "lines", "change", "evidence")
_Settled = Literal["taken", "declined"]


class LoneStop(Struct, frozen=True):
    """A decision that one row alone stopped, and what came of it.

    Attributes:
        type: the situation type; None where it was not usable.
        confidence: as the agent stated it, in [0, 1].
        outcome: how its escalation ended; None while it is open.
    """

    type: str | None
    confidence: float
    outcome: str | None


def advice(
    db: Database,
    agent: str | None = None,
    *,
    state: str | None = None,
    since: datetime | None = None,
    limit: int = 200,
) -> list[Advice]:
    """Return advice, the newest first.

    Args:
        db: the opened store.
        agent: whose table it is about; None for any.
        state: only these: `open`, `taken`, `declined` or `past`.
        since: only what was settled at this instant or later, or is open.
        limit: at most so many.
    """
    found = select(*_ADVICE)
    if agent is not None:
        found = found.where(table.c.agent == agent)
    if state is not None:
        found = found.where(table.c.state == state)
    if since is not None:
        found = found.where(table.c.settled_at.is_(None) | (table.c.settled_at >= since))
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.id.desc()).limit(limit)).all()
    return [record_of(Advice, row) for row in rows]


def one_advice(db: Database, advice_id: str) -> Advice | None:
    """Return the advice of that id, or None."""
    with db.read() as connection:
        row = connection.execute(select(*_ADVICE).where(table.c.id == advice_id)).first()
    return None if row is None else record_of(Advice, row)


def keep_advice(
    db: Database, agent: str, kinds: Collection[str], found: Sequence[Advice], now: datetime
) -> int:
    """Keep what is advised now of an agent's table; return how much of it is new.

    What is open already is kept up to date; what is open and not advised any more is past.

    Args:
        db: the opened store.
        agent: whose table.
        kinds: the kinds of advice that were looked for: others stay as they are.
        found: at most one of each kind and subject, open, with a fresh id.
        now: the present instant.
    """
    with db.write() as connection:
        lock_by_name(connection, f"advice {agent}")
        chosen = select(*_ADVICE).where(table.c.agent == agent, table.c.state == "open")
        there = {
            (one.kind, one.subject): one
            for one in (record_of(Advice, row) for row in connection.execute(chosen))
        }
        new = [one for one in found if (one.kind, one.subject) not in there]
        advised = {(one.kind, one.subject) for one in found}
        gone = [one for place, one in there.items() if one.kind in kinds and place not in advised]
        for one in found:
            _renew(connection, there.get((one.kind, one.subject)), one)
        insert_records(connection, table, new)
        past = update(table).where(table.c.id.in_([one.id for one in gone]))
        connection.execute(past.values(state="past", settled_at=now))
        events = [_event(MADE, one, "handraise", now) for one in new]
        append(connection, [*events, *(_event(PAST, one, "handraise", now) for one in gone)])
        return len(new)


def _renew(connection: Connection, before: Advice | None, now: Advice) -> None:
    """Write what an open piece of advice says by now, where that differs."""
    if before is None:
        return
    values = {name: getattr(now, name) for name in _SAYS}
    if values != {name: getattr(before, name) for name in _SAYS}:
        connection.execute(update(table).where(table.c.id == before.id).values(values))


def settle_advice(
    db: Database, advice_id: str, state: _Settled, by: str, reason: str, now: datetime
) -> bool:
    """Note that somebody took advice up, or declined it; False where it is not open any more.

    Args:
        db: the opened store.
        advice_id: which.
        state: what became of it.
        by: who settled it.
        reason: their words; they stand in its row, and in the record.
        now: the present instant.
    """
    with db.write() as connection:
        settling = (
            update(table)
            .where(table.c.id == advice_id, table.c.state == "open")
            .values(state=state, settled_at=now, settled_by=by, reason=reason)
            .returning(*_ADVICE)
        )
        row = connection.execute(settling).first()
        if row is None:
            return False
        kind = TAKEN if state == "taken" else DECLINED
        append(connection, [_event(kind, record_of(Advice, row), by, now)])
        return True


def lone_stops(
    db: Database, agent: str, version: str, row: str, *, limit: int = 100_000
) -> list[LoneStop]:
    """Return the decisions that a row alone stopped, oldest first, with what came of each.

    Neither rehearsals, nor those without a usable confidence.

    Args:
        db: the opened store.
        agent: whose.
        version: of the table that judged them.
        row: the row's id.
        limit: at most so many, the oldest.
    """
    found = (
        select(decisions.c.type, decisions.c.confidence, escalations.c.outcome)
        .join_from(decisions, escalations, decisions.c.escalation_id == escalations.c.id)
        .where(escalations.c.agent == agent, escalations.c.version == version)
        .where(escalations.c.rehearsal.is_(False), decisions.c.rehearsal.is_(False))
        .where(decisions.c.rows == (row,), decisions.c.confidence.is_not(None))
        .order_by(escalations.c.id)
        .limit(limit)
    )
    with db.read() as connection:
        return [LoneStop(*one) for one in connection.execute(found)]


def _event(kind: str, one: Advice, who: str, now: datetime) -> Event:
    detail: dict[str, Any] = {
        "advice": one.id,
        "about": f"{one.kind} {one.subject}",
        "version": one.version,
        "sentence": one.sentence,
    }
    if one.reason:
        detail["reason"] = one.reason
    return Event(at=now, kind=kind, who=who, agent=one.agent, detail=detail)
