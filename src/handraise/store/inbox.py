"""Asks across escalations: the lines of an inbox, and how much each person has to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from handraise.model import Ask, AskLine
from handraise.store.columns import Document, instant_text
from handraise.store.database import Database
from handraise.store.inserts import compiled, run
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
        holder: only those this person has now, or does the work of.
        routes: only those of these (agent, route) pairs; an empty collection gives nothing.
        state: only these.
        rehearsal: only rehearsals, or only real ones; None for both.
        limit: at most so many.
    """
    found = select(*line_columns(), *ASK_COLUMNS).join_from(table, escalations)
    if holder is not None:
        found = found.where(or_(table.c.holder == holder, table.c.delegate == holder))
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
        return [line_of(row) for row in connection.execute(found)]


class _Said(Struct, frozen=True):
    """Of a decision only the customer's words: the rest is not even read."""

    text: Any = None


_SAID = type_coerce(escalations.c.decision, Document(_Said)).label("said")
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
    _SAID,
    escalations.c.reasons,
    escalations.c.created_at,
)


def line_columns() -> tuple[Any, ...]:
    """Return the columns of an escalation that a line is made from."""
    return _LINE


def line_of(
    row: Row[Any] | Sequence[Any], *, seen: bool = True, still: tuple[str, ...] = ()
) -> AskLine:
    """Return the line of a row of `line_columns` and the columns of an ask.

    Args:
        row: the row.
        seen: whether its reader has opened it.
        still: for which routes others must agree too.
    """
    found = dict(zip(_LINE, row, strict=False))
    ask = record_of(Ask, row[len(_LINE) :])
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
        text=found[_SAID].text,
        sentence=leading[0].sentence if leading else "",
        conditions=tuple(dict.fromkeys(reason.condition for reason in reasons)),
        tags=tuple(dict.fromkeys(reason.tag for reason in reasons if reason.tag)),
        created_at=found[escalations.c.created_at],
        seen=seen,
        still=still,
    )


def open_load(
    db: Database,
    people: Collection[str],
    since: Mapping[str, datetime],
    *,
    rehearsal: bool = False,
    agents: Collection[str] | None = None,
) -> dict[str, tuple[int, int]]:
    """Return for each person the asks they hold, and those put to them since an instant.

    Args:
        db: the opened store.
        people: their ids.
        since: from when to count, for each person; without one the second number is 0.
        rehearsal: count the rehearsals alone, which otherwise never count.
        agents: count the asks of these alone; None for those of all agents.

    Returns:
        For each of `people` (asks held now, asks assigned since); an ask that has moved on, or been
        answered, still counts in the second.
    """
    if not people or (agents is not None and not agents):
        return dict.fromkeys(people, (0, 0))
    own = agents or ()
    together: dict[datetime, list[str]] = {}
    for person in people:
        if person in since:
            together.setdefault(since[person], []).append(person)
    sizes = tuple(map(len, together.values()))
    with db.read() as connection:
        engine = connection.dialect.name
        held = _counted(
            connection, _held(engine, len(people), len(own)), [rehearsal, *people, *own]
        )
        values = [rehearsal, *map(instant_text, together), *chain(*together.values()), *own]
        given = _counted(connection, _given(engine, sizes, len(own)), values) if sizes else {}
    return {person: (held.get(person, 0), given.get(person, 0)) for person in people}


Counting = tuple[str, tuple[int, ...]]
"""The text of a statement, and which of its values stands in each of its places."""


def _counted(connection: Connection, counting: Counting, values: Sequence[Any]) -> dict[str, int]:
    text, places = counting
    with run(connection, text, [[values[place] for place in places]]) as cursor:
        return dict(cursor.fetchall())


@lru_cache(maxsize=64)
def _held(engine: str, count: int, agents: int) -> Counting:
    """Return what counts the open asks of people, of so many agents or of all.

    It takes whether to count rehearsals, so many people, and the agents.
    """
    is_rehearsal, *rest = _places(1 + count + agents)
    people, own = rest[:count], rest[count:]
    held = select(table.c.holder, func.count()).join_from(table, escalations)
    held = held.where(table.c.holder.in_(people), table.c.state == literal_column("'open'"))
    held = held.where(escalations.c.rehearsal == is_rehearsal)
    if own:
        held = held.where(escalations.c.agent.in_(own))
    return _counting(held.group_by(table.c.holder), engine)


@lru_cache(maxsize=64)
def _given(engine: str, sizes: tuple[int, ...], agents: int) -> Counting:
    """Return what counts the asks put to groups of so many people, each group since an instant.

    It takes whether to count rehearsals, the instants, the people, and the agents, if any. A
    condition for each of a thousand people would be more than SQLite takes.
    """
    is_rehearsal, *rest = _places(1 + len(sizes) + sum(sizes) + agents)
    starts, people = rest[: len(sizes)], iter(rest[len(sizes) :])
    own = rest[len(sizes) + sum(sizes) :]
    spans = [
        and_(
            assignments.c.person.in_(list(islice(people, size))), assignments.c.assigned_at >= start
        )
        for start, size in zip(starts, sizes, strict=True)
    ]
    number = func.count(assignments.c.ask_id.distinct())
    given = select(assignments.c.person, number).join_from(assignments, table).join(escalations)
    given = given.where(or_(False, *spans), escalations.c.rehearsal == is_rehearsal)
    if own:
        given = given.where(escalations.c.agent.in_(own))
    return _counting(given.group_by(assignments.c.person), engine)


def _places(count: int) -> list[Any]:
    return [bindparam(f"value_{place}") for place in range(count)]


def _counting(statement: Any, engine: str) -> Counting:
    text = compiled(statement, engine)
    return text.string, tuple(int(name.removeprefix("value_")) for name in text.positiontup)
