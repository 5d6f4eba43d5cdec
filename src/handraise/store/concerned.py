"""Whom it concerns what has happened: so that open pages learn of it, and no others are woken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from handraise.model import Concerned
from handraise.store.database import Database
from handraise.store.schema import asks, escalations, events

_MOST = 500
"""Where more has happened at once, everybody is concerned."""


def concerned_since(db: Database, seq: int) -> Concerned:
    """Return whose inbox may look different after the events behind a number.

    Those are who holds an ask of such an escalation now, does the work of it, or had it, and whom
    an event names.

    Args:
        db: the opened store.
        seq: up to which event one has looked.
    """
    newest = select(func.coalesce(func.max(events.c.seq), 0))
    happened = (
        select(events.c.escalation_id, events.c.who, events.c.detail)
        .where(events.c.seq > seq, events.c.escalation_id.is_not(None))
        .order_by(events.c.seq)
        .limit(_MOST + 1)
    )
    with db.read() as connection:
        last = int(connection.execute(newest).scalar_one())
        if last <= seq:
            return Concerned(seq=last)
        rows = connection.execute(happened.where(events.c.seq <= last)).all()
        if len(rows) > _MOST:
            return Concerned(seq=last, is_everybody=True)
        ids = sorted({row.escalation_id for row in rows})
        asked = select(
            escalations.c.agent, asks.c.route, asks.c.holder, asks.c.delegate, asks.c.tried
        ).join_from(asks, escalations)
        found = connection.execute(asked.where(asks.c.escalation_id.in_(ids))).all()
    people = {person for row in found for person in (row.holder, row.delegate, *row.tried)}
    people |= {row.who for row in rows}
    for row in rows:
        people.update(_named(row.detail))
    return Concerned(
        seq=last,
        people=frozenset(filter(None, people)),
        routes=frozenset((row.agent, row.route) for row in found),
        agents=frozenset(row.agent for row in found),
        escalations=frozenset(ids),
    )


def _named(detail: Any) -> Iterable[str]:
    """Yield whatever may be a person in what an event says in detail."""
    return (value for value in detail.values() if isinstance(value, str))
