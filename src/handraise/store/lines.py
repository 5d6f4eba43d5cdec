"""The lines of inboxes: what waits, by whom it is due first, and what has ended, newest first.

A line stands beside each ask, written in the same transaction, so that whatever an inbox asks for
is answered from indexes: what waits from those that hold what waits alone, however much has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, literal, or_, select, tuple_

from handraise.model import After, Ask, AskLine, Escalation, Sought
from handraise.store.database import Database
from handraise.store.inbox import line_columns, line_of
from handraise.store.inserts import encoded, put
from handraise.store.rows import ASK_COLUMNS
from handraise.store.schema import asks, assignments, escalations, readings
from handraise.store.schema import inbox_lines as table

Moved = Sequence[tuple[Escalation | None, Escalation]]

_WAITS = table.c.deadline.is_not(None)
_ENDED = table.c.deadline.is_(None)


def note_lines(connection: Connection, moved: Moved) -> None:
    """Write the lines of the asks that are new or look different now.

    Args:
        connection: of a write transaction in which the asks themselves have been written.
        moved: each escalation as it was (None for a new one) and as it is now.
    """
    changed: dict[str, dict[str, Any]] = {}
    for before, after in moved:
        old = {} if before is None else {row["ask_id"]: row for row in lines_of(before)}
        for row in lines_of(after):
            if old.get(row["ask_id"]) != row:
                changed[row["ask_id"]] = encoded(table, row)
    put(connection, table, list(changed.values()))


def lines_of(escalation: Escalation) -> Iterator[dict[str, Any]]:
    """Yield the row of each ask of an escalation."""
    conditions = dict.fromkeys(f"={reason.condition}" for reason in escalation.reasons)
    tags = dict.fromkeys(f"#{reason.tag}" for reason in escalation.reasons if reason.tag)
    marks = f"|{'|'.join((*conditions, *tags))}|"
    for ask in escalation.asks:
        yield {
            "ask_id": ask.id,
            "escalation_id": escalation.id,
            "agent": escalation.agent,
            "route": ask.route,
            "practice": escalation.rehearsal,
            "holder": ask.holder,
            "delegate": ask.delegate,
            "deadline": deadline_of(ask),
            "marks": marks,
            "answered_by": None if ask.answer is None else ask.answer.by,
        }


def deadline_of(ask: Ask) -> Any:
    """Return the deadline that a holder has before them; None once the ask has ended.

    Reminders have instants of their own, and are none.
    """
    return None if ask.state != "open" else ask.acknowledge_due_at or ask.decide_due_at


def waiting_lines(
    db: Database, sought: Sought, *, after: After | None = None, limit: int
) -> list[AskLine]:
    """Return lines of open asks, what is due first at the top.

    Args:
        db: the opened store.
        sought: which.
        after: only those behind this one.
        limit: at most so many.
    """
    place = tuple_(table.c.deadline, table.c.ask_id)
    found: dict[str, datetime] = {}
    with db.read() as connection:
        for part in _waiting(sought, table.c.ask_id, table.c.deadline):
            first = part.order_by(table.c.deadline, table.c.ask_id).limit(limit)
            if after is not None and after.deadline is not None:
                deadline = literal(after.deadline, table.c.deadline.type)
                first = first.where(place > tuple_(deadline, literal(after.ask_id)))
            found.update((row.ask_id, row.deadline) for row in connection.execute(first))
        ids = sorted(found, key=lambda id: (found[id], id))[:limit]
        return read_lines(connection, ids, sought.person)


def ended_lines(
    db: Database, sought: Sought, *, after: After | None = None, limit: int
) -> list[AskLine]:
    """Return lines of asks that were answered or closed, what began last at the top.

    Args:
        db: the opened store.
        sought: which.
        after: only those behind this one.
        limit: at most so many.
    """
    found: set[str] = set()
    with db.read() as connection:
        for part, ask_id in _ended(sought):
            behind = part if after is None else part.where(ask_id < after.ask_id)
            newest = behind.order_by(ask_id.desc()).limit(limit)
            found.update(connection.execute(newest).scalars())
        ids = sorted(found, reverse=True)[:limit]
        return read_lines(connection, ids, sought.person)


def count_waiting(db: Database, sought: Sought, *, unread: bool = False, most: int) -> int:
    """Return how many open asks there are, at most `most`.

    Args:
        db: the opened store.
        sought: which.
        unread: only those that the person has never opened.
        most: where counting ends.
    """
    was_read = exists().where(
        readings.c.escalation_id == table.c.escalation_id, readings.c.person == sought.person
    )
    found: set[str] = set()
    with db.read() as connection:
        for part in _waiting(sought, table.c.ask_id):
            counted = part.where(~was_read) if unread else part
            found.update(connection.execute(counted.limit(most)).scalars())
            if len(found) >= most:
                return most
    return len(found)


def marks_waiting(db: Database, sought: Sought) -> list[tuple[str, str, str]]:
    """Return each (agent, route, marks) that there is among open asks, sorted."""
    found: set[tuple[str, str, str]] = set()
    with db.read() as connection:
        for part in _waiting(sought, table.c.agent, table.c.route, table.c.marks):
            rows = connection.execute(part.distinct())
            found.update((row.agent, row.route, row.marks) for row in rows)
    return sorted(found)


def lines_of_escalations(db: Database, ids: Sequence[str], person: str) -> list[AskLine]:
    """Return one line for each escalation, in their order: the ask that concerns the person most.

    That is an open one that they hold or do the work of, else one that is open, else the first.
    """
    is_theirs = or_(table.c.holder == person, table.c.delegate == person)
    found = select(table.c.escalation_id, table.c.ask_id, _WAITS, is_theirs)
    with db.read() as connection:
        best: dict[str, tuple[bool, bool, str]] = {}
        for id, ask_id, waits, theirs in connection.execute(
            found.where(table.c.ask_id.in_(select(asks.c.id).where(asks.c.escalation_id.in_(ids))))
        ):
            rank = (not waits, not (waits and theirs), ask_id)
            best[id] = min(best.get(id, rank), rank)
        chosen = [best[id][2] for id in ids if id in best]
        return read_lines(connection, chosen, person)


def read_lines(connection: Connection, ids: Sequence[str], person: str) -> list[AskLine]:
    """Return the lines of asks, in the order of their ids given, as one person sees them."""
    was_read = and_(readings.c.escalation_id == escalations.c.id, readings.c.person == person)
    found = (
        select(readings.c.at, *line_columns(), *ASK_COLUMNS)
        .join_from(asks, escalations)
        .join(readings, was_read, isouter=True)
        .where(asks.c.id.in_(ids))
    )
    others = select(asks.c.escalation_id, asks.c.id, asks.c.route).where(asks.c.state == "open")
    rows = {row._mapping[asks.c.id]: row for row in connection.execute(found)} if ids else {}
    of = {row._mapping[escalations.c.id] for row in rows.values()}
    still: dict[str, list[tuple[str, str]]] = {}
    if of:
        for row in connection.execute(others.where(asks.c.escalation_id.in_(of))):
            still.setdefault(row.escalation_id, []).append((row.id, row.route))
    return [
        line_of(
            rows[id][1:],
            seen=rows[id][0] is not None,
            still=tuple(
                route
                for other, route in sorted(still.get(rows[id]._mapping[escalations.c.id], ()))
                if other != id
            ),
        )
        for id in ids
        if id in rows
    ]


def _waiting(sought: Sought, *columns: Any) -> Iterator[Select[Any]]:
    """Yield what finds the open asks that are wanted, part by part, each along an index."""
    agents = table.c.agent.in_(sorted(sought.agents))
    waits = _filtered(select(*columns).where(_WAITS), sought)
    for person in (table.c.holder, table.c.delegate):
        yield waits.where(person == sought.person, agents)
    if sought.scope == "routes":
        yield from _of_routes(waits, sought)
    if sought.scope == "all":
        yield from _of_agents(waits, sought)


def _of_routes(found: Select[Any], sought: Sought) -> Iterator[Select[Any]]:
    for agent, route in sorted(sought.routes):
        if agent in sought.agents:
            yield found.where(table.c.agent == agent, table.c.route == route)


def _of_agents(found: Select[Any], sought: Sought) -> Iterator[Select[Any]]:
    for agent in sorted(sought.read & sought.agents):
        yield found.where(table.c.agent == agent)


def _ended(sought: Sought) -> Iterator[tuple[Select[Any], Any]]:
    """Yield what finds the ended asks that are wanted, part by part, each along an index.

    With each part goes the column that its index is sorted by.
    """
    agents = table.c.agent.in_(sorted(sought.agents))
    own = table.c.ask_id
    ended = _filtered(select(own).where(_ENDED), sought)
    yield ended.where(agents, table.c.answered_by == sought.person), own
    given = assignments.c.ask_id
    had = select(given).join_from(assignments, table, given == own).distinct()
    had = had.where(assignments.c.person == sought.person, _ENDED, agents)
    yield _filtered(had, sought), given
    if sought.scope == "routes":
        yield from ((part, own) for part in _of_routes(ended, sought))
    if sought.scope == "all":
        yield from ((part, own) for part in _of_agents(ended, sought))


def _filtered(found: Select[Any], sought: Sought) -> Select[Any]:
    if sought.practice is not None:
        found = found.where(table.c.practice == sought.practice)
    if sought.agent is not None:
        found = found.where(table.c.agent == sought.agent)
    if sought.route is not None:
        found = found.where(table.c.route == sought.route)
    if sought.condition is not None:
        found = found.where(table.c.marks.contains(f"|={sought.condition}|", autoescape=True))
    if sought.tag is not None:
        found = found.where(table.c.marks.contains(f"|#{sought.tag}|", autoescape=True))
    if sought.overdue_at is not None:
        found = found.where(table.c.deadline < sought.overdue_at)
    return found
