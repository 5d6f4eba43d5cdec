"""Asks across escalations: the lines of an inbox, and how much each person has to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Row, and_, case, func, or_, select, type_coerce

from handraise.model import Ask, AskLine
from handraise.store.columns import Document
from handraise.store.database import Database
from handraise.store.rows import ASK_COLUMNS, record_of
from handraise.store.schema import asks as table
from handraise.store.schema import assignments, escalations


def asks(
    db: Database,
    *,
    holder: str | None = None,
    routes: Collection[tuple[str, str]] | None = None,
    state: Literal["open", "answered", "closed"] | None = None,
    rehearsal: bool | None = None,
    limit: int = 200,
) -> list[AskLine]:
    """Return asks that meet every condition: open ones by due instant, then others newest first.

    Args:
        db: the opened store.
        holder: only those this person has now.
        routes: only those of these (agent, route) pairs; an empty collection gives nothing.
        state: only these.
        rehearsal: only rehearsals, or only real ones; None for both.
        limit: at most so many.
    """
    found = select(*_LINE, *ASK_COLUMNS).join_from(table, escalations)
    if holder is not None:
        found = found.where(table.c.holder == holder)
    if routes is not None:
        pairs = [
            and_(escalations.c.agent == agent, table.c.route == route) for agent, route in routes
        ]
        found = found.where(or_(False, *pairs))
    if state is not None:
        found = found.where(table.c.state == state)
    if rehearsal is not None:
        found = found.where(escalations.c.rehearsal == rehearsal)
    found = found.order_by(
        case((table.c.state == "open", 0), else_=1),
        table.c.due_at,
        table.c.escalation_id.desc(),
        table.c.position,
    ).limit(limit)
    with db.read() as connection:
        return [_line(row) for row in connection.execute(found)]


class _Said(Struct, frozen=True):
    """Of a decision only the customer's words: the rest is not even read."""

    text: Any = None


_LINE: tuple[Any, ...] = (
    escalations.c.id,
    escalations.c.agent,
    escalations.c.version,
    escalations.c.state,
    escalations.c.outcome,
    escalations.c.resolved_by,
    escalations.c.rehearsal,
    escalations.c.type,
    escalations.c.action,
    escalations.c.case,
    escalations.c.proposal,
    type_coerce(escalations.c.decision, Document(_Said)).label("said"),
    escalations.c.reasons,
    escalations.c.created_at,
)


def _line(row: Row[Any]) -> AskLine:
    found, ask = row._mapping, record_of(Ask, row[len(_LINE) :])
    reasons = found[escalations.c.reasons]
    leading = [reason for reason in reasons if reason.route == ask.route] or reasons
    return AskLine(
        ask=ask,
        escalation_id=found[escalations.c.id],
        agent=found[escalations.c.agent],
        version=found[escalations.c.version],
        state=found[escalations.c.state],
        outcome=found[escalations.c.outcome],
        resolved_by=found[escalations.c.resolved_by],
        rehearsal=found[escalations.c.rehearsal],
        type=found[escalations.c.type],
        action=found[escalations.c.action],
        case=found[escalations.c.case],
        proposal=found[escalations.c.proposal],
        text=found["said"].text,
        sentence=leading[0].sentence if leading else "",
        conditions=tuple(dict.fromkeys(reason.condition for reason in reasons)),
        tags=tuple(dict.fromkeys(reason.tag for reason in reasons if reason.tag)),
        created_at=found[escalations.c.created_at],
    )


def open_load(
    db: Database, people: Collection[str], since: Mapping[str, datetime], *, rehearsal: bool = False
) -> dict[str, tuple[int, int]]:
    """Return for each person the asks they hold, and those put to them since an instant.

    Args:
        db: the opened store.
        people: their ids, over all agents.
        since: from when to count, for each person; without one the second number is 0.
        rehearsal: count the rehearsals alone, which otherwise never count.

    Returns:
        For each of `people` (asks held now, asks assigned since); an ask that has moved on, or been
        answered, still counts in the second.
    """
    held = (
        select(table.c.holder, func.count())
        .join_from(table, escalations)
        .where(
            table.c.holder.in_(people),
            table.c.state == "open",
            escalations.c.rehearsal == rehearsal,
        )
        .group_by(table.c.holder)
    )
    # People of one zone have the same midnight: a thousand conditions would be more than SQLite takes.
    together: dict[datetime, list[str]] = {}
    for person in people:
        if person in since:
            together.setdefault(since[person], []).append(person)
    spans = [
        and_(assignments.c.person.in_(those), assignments.c.assigned_at >= start)
        for start, those in together.items()
    ]
    given = (
        select(assignments.c.person, func.count(assignments.c.ask_id.distinct()))
        .join_from(assignments, table)
        .join(escalations)
        .where(or_(False, *spans), escalations.c.rehearsal == rehearsal)
        .group_by(assignments.c.person)
    )
    with db.read() as connection:
        now_held = {row[0]: row[1] for row in connection.execute(held)}
        then_given = {row[0]: row[1] for row in connection.execute(given)}
    return {person: (now_held.get(person, 0), then_given.get(person, 0)) for person in people}
