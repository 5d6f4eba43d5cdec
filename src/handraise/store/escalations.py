"""Escalations: made, read, and changed one move at a time.

Everything one move yields (the record, its asks, what happened, who must be told) is written in one
transaction. `change` takes the escalation's lock before it reads, so that of any number of people
who answer at once exactly one sees it open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, func, or_, select, update

from handraise.errors import NotFoundError, StoreError
from handraise.model import Decision, DecisionRecord, Escalation, Event, Message, Move, Signed
from handraise.store.database import Database
from handraise.store.decisions import decision_by_id, decision_by_key
from handraise.store.inserts import Row, compiled, decoders, insert, insert_records, run
from handraise.store.journal import append
from handraise.store.lines import note_lines
from handraise.store.passkeys import take_confirmation
from handraise.store.rows import (
    ASK_COLUMNS,
    ESCALATION_COLUMNS,
    ask_values,
    escalation_values,
    escalations_of,
    values_of,
)
from handraise.store.schema import (
    asks,
    assignments,
    decisions,
    outbox,
)
from handraise.store.schema import escalations as table
from handraise.store.search import note_words
from handraise.store.spans import note_spans

HOLDING = ("rejected", "instructed", "taken_over", "expired")
"""The outcomes after which the same proposal is not asked again within its case."""

# Built once, like every statement that stands on the agent's way.
_HELD = (
    select(table.c.id, table.c.outcome, table.c.decision)
    .where(table.c.agent == bindparam("agent"), table.c.rehearsal == bindparam("rehearsal"))
    .where(table.c.case == bindparam("case"))
    .where(or_(table.c.outcome.is_(None), table.c.outcome.in_(HOLDING)))
    .where(
        or_(
            table.c.asked_digest == bindparam("digest"),
            table.c.proposal_digest == bindparam("digest"),
        )
    )
    .order_by(table.c.id.desc())
)

_IDENTICAL = (
    select(table.c.id)
    .where(table.c.agent == bindparam("agent"), table.c.rehearsal == bindparam("rehearsal"))
    .where(table.c.case.is_(None), table.c.asked_digest == bindparam("asked_digest"))
    .where(table.c.outcome.is_(None), table.c.digest == bindparam("digest"))
    .order_by(table.c.id)
    .limit(1)
)

_DECODERS = decoders((*ESCALATION_COLUMNS, *ASK_COLUMNS))

Step = Callable[[Escalation], tuple[Move, Sequence[Message]] | None]


def create_escalation(
    db: Database,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> DecisionRecord | None:
    """Keep a new escalation with its decision, events and messages; durable when this returns.

    Returns:
        None when it was written. When the decision's key (or id) is there already, nothing is
        written and this is the decision that holds it; the caller compares the digests.
    """
    with db.write() as connection:
        if write_new(connection, record, escalation, events, messages):
            return None
        connection.rollback()
    known = None
    if record.key is not None:
        known = decision_by_key(db, record.agent, record.key, rehearsal=record.rehearsal)
    known = known or decision_by_id(db, record.id)
    if known is None:
        raise StoreError(f"decision {record.id} could not be written, and is not there")
    return known


def write_new(
    connection: Connection,
    record: DecisionRecord,
    escalation: Escalation,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> bool:
    """Write all rows of a new escalation; False when its decision is known: then roll back."""
    insert(connection, table, [escalation_values(escalation)], known=True)
    if insert(connection, decisions, [values_of(record)], known=True) == 0:
        return False
    numbered = enumerate(escalation.asks)
    insert(connection, asks, [ask_values(escalation, ask, position) for position, ask in numbered])
    write_rest(connection, [(None, escalation)], events, messages)
    return True


def escalation(db: Database, escalation_id: str) -> Escalation | None:
    """Return the escalation of that id, or None."""
    with db.read() as connection:
        return _load(connection, escalation_id)


def escalations(
    db: Database,
    *,
    agent: str | None = None,
    state: Literal["open", "resolved"] | None = None,
    rehearsal: bool | None = None,
    limit: int = 100,
    before_id: str | None = None,
) -> list[Escalation]:
    """Return escalations, newest first.

    Args:
        db: the opened store.
        agent: only this agent's.
        state: only these.
        rehearsal: only rehearsals, or only real ones; None for both.
        limit: at most so many.
        before_id: only those older than this one, for the next page.
    """
    chosen = select(table.c.id)
    if agent is not None:
        chosen = chosen.where(table.c.agent == agent)
    if state is not None:
        chosen = chosen.where(table.c.state == state)
    if rehearsal is not None:
        chosen = chosen.where(table.c.rehearsal == rehearsal)
    if before_id is not None:
        chosen = chosen.where(table.c.id < before_id)
    chosen = chosen.order_by(table.c.id.desc()).limit(limit)
    found = _with_asks().where(table.c.id.in_(chosen)).order_by(table.c.id.desc(), asks.c.position)
    with db.read() as connection:
        return escalations_of(connection.execute(found))


def held_before(
    db: Database, agent: str, case: str, asked_digest: str, *, rehearsal: bool
) -> list[tuple[str, Decision | None]]:
    """Return the escalations that hold this proposal back within this case, newest first.

    Those that are still open do, each with the decision it began with, and those that ended as one
    of `HOLDING`, with None. What the agent asked for counts, and what it had become.
    """
    given = {"agent": agent, "rehearsal": rehearsal, "case": case, "digest": asked_digest}
    with db.read() as connection:
        found = connection.execute(_HELD, given).all()
    return [(id, decision if outcome is None else None) for id, outcome, decision in found]


def open_identical(
    db: Database, agent: str, digest: str, asked_digest: str, *, rehearsal: bool
) -> str | None:
    """Return the open escalation of the very same decision, of no case, or None.

    Args:
        db: the opened store.
        agent: whose.
        digest: of the whole decision.
        asked_digest: of its proposal.
        rehearsal: among rehearsals, or real ones.
    """
    given = {"agent": agent, "rehearsal": rehearsal, "digest": digest, "asked_digest": asked_digest}
    with db.read() as connection:
        return connection.execute(_IDENTICAL, given).scalar_one_or_none()


def change(
    db: Database, escalation_id: str, move: Step, *, confirmed: Signed | None = None
) -> Move | None:
    """Let `move` look at the escalation, alone, and keep what it yields.

    Args:
        db: the opened store.
        escalation_id: which.
        move: pure; returns the move with the messages to send, or None when there is nothing to do.
            An error it raises leaves everything as it was, and passes on to the caller.
        confirmed: what a passkey signed for this move; it is used up with it.

    Raises:
        NotFoundError: there is no such escalation.
        ConfirmationNeededError: what was signed does not count (any more); nothing is changed.
    """
    with db.write() as connection:
        # Two statements: on PostgreSQL the second sees what whoever held the lock has committed.
        connection.execute(
            select(table.c.id).where(table.c.id == escalation_id).with_for_update(key_share=True)
        )
        before = _load(connection, escalation_id)
        if before is None:
            raise NotFoundError(f'there is no escalation "{escalation_id}"')
        moved = move(before)
        if moved is None:
            return None
        step, messages = moved
        if confirmed is not None:
            take_confirmation(connection, confirmed)
        _write_changes(connection, before, step.escalation)
        write_rest(connection, [(before, step.escalation)], step.events, messages)
        return step


def due_escalations(db: Database, now: datetime, *, limit: int) -> list[str]:
    """Return the ids of at most `limit` escalations with an ask that is due, oldest due first.

    Another worker may be at one of them already: `change` looks again.
    """
    found = (
        select(asks.c.escalation_id)
        .where(asks.c.due_at <= now)
        .group_by(asks.c.escalation_id)
        .order_by(func.min(asks.c.due_at), asks.c.escalation_id)
        .limit(limit)
    )
    with db.read() as connection:
        return list(connection.execute(found).scalars())


def _with_asks() -> Select[tuple[object, ...]]:
    return select(*ESCALATION_COLUMNS, *ASK_COLUMNS).join_from(table, asks)


def _load(connection: Connection, escalation_id: str) -> Escalation | None:
    found = _with_asks().where(table.c.id == escalation_id).order_by(asks.c.position)
    return next(iter(escalations_of(connection.execute(found))), None)


def load_many(connection: Connection, ids: Sequence[str]) -> list[Escalation]:
    """Return the escalations of those ids that there are, in the order of their ids."""
    if not ids:
        return []
    with run(connection, _reading(connection.dialect.name, len(ids)), [tuple(ids)]) as cursor:
        rows = cursor.fetchall()
    return escalations_of(map(_decoded, rows))


@lru_cache(maxsize=64)
def _reading(engine: str, count: int) -> str:
    """Return the text that reads so many escalations with their asks."""
    ids: list[Any] = [bindparam(f"id_{place}") for place in range(count)]
    found = _with_asks().where(table.c.id.in_(ids)).order_by(table.c.id, asks.c.position)
    text: str = compiled(found, engine).string
    return text


def _decoded(row: Sequence[Any]) -> list[Any]:
    return [
        value if value is None or decode is None else decode(value)
        for value, decode in zip(row, _DECODERS, strict=True)
    ]


def _write_changes(connection: Connection, before: Escalation, after: Escalation) -> None:
    """Write the rows that differ, and the asks that are new."""
    row, old_row = escalation_values(after), escalation_values(before)
    if row != old_row:
        connection.execute(update(table).where(table.c.id == before.id).values(row))
    for position, ask in enumerate(after.asks):
        old = before.ask(ask.id)
        values = ask_values(after, ask, position)
        if old is None:
            insert(connection, asks, [values])
        elif old != ask:
            connection.execute(update(asks).where(asks.c.id == ask.id).values(values))


def write_rest(
    connection: Connection,
    moved: Sequence[tuple[Escalation | None, Escalation]],
    events: Iterable[Event],
    messages: Iterable[Message],
) -> None:
    """Write who has been given which ask, what happened, and who must be told.

    Args:
        connection: of a write transaction.
        moved: each escalation as it was (None for a new one) and as it is now.
        events: of all of them, each escalation's in order.
        messages: of all of them.
    """
    given = [row for before, after in moved for row in _given(before, after)]
    insert(connection, assignments, given, known=True)
    note_spans(connection, moved)
    note_lines(connection, moved)
    note_words(connection, moved)
    insert_records(connection, outbox, messages, known=True)
    append(connection, tuple(events), {after.id for _, after in moved})


def _given(before: Escalation | None, after: Escalation) -> list[Row]:
    """Return an assignment for each ask whose holder, or the instant of it, is new."""
    had = {} if before is None else {ask.id: (ask.holder, ask.assigned_at) for ask in before.asks}
    return [
        {"ask_id": ask.id, "person": ask.holder, "assigned_at": ask.assigned_at}
        for ask in after.asks
        if had.get(ask.id) != (ask.holder, ask.assigned_at)
    ]
