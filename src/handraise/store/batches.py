"""Many escalations changed in one transaction: what a worker does when much falls due at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, or_, select

from handraise.model import Escalation, Event, Holding, Message, Move
from handraise.store.database import Database
from handraise.store.escalations import load_many, write_rest
from handraise.store.inserts import Row, compiled, decoders, insert, rewrite, run
from handraise.store.rows import ask_values, escalation_values, own_fields
from handraise.store.schema import asks
from handraise.store.schema import escalations as table

Step = Callable[[Escalation], tuple[Move, Sequence[Message]] | None]


def kinds_of(db: Database, ids: Sequence[str]) -> list[tuple[str, bool]]:
    """Return (agent, rehearsal) of escalations, each once; unknown ones are passed over."""
    if not ids:
        return []
    with db.read() as connection:
        text = _kinds(connection.dialect.name, len(ids))
        with run(connection, text, [tuple(ids)]) as cursor:
            return [(agent, bool(rehearsal)) for agent, rehearsal in cursor.fetchall()]


@lru_cache(maxsize=64)
def _kinds(engine: str, count: int) -> str:
    ids: list[Any] = [bindparam(f"id_{place}") for place in range(count)]
    kinds = select(table.c.agent, table.c.rehearsal).where(table.c.id.in_(ids)).distinct()
    text: str = compiled(kinds, engine).string
    return text


def holdings(db: Database, person: str | None = None) -> list[Holding]:
    """Return in whose hands the open asks are, in the order of their escalations' ids.

    Args:
        db: the opened store.
        person: only those that this person holds, or does the work of.
    """
    with db.read() as connection:
        engine = connection.dialect.name
        reading = _holdings(engine, is_one=person is not None)
        with run(connection, reading.string, [[person] * len(reading.positiontup)]) as cursor:
            rows = cursor.fetchall()
    return [
        Holding(*(one if decode is None or one is None else decode(one) for one, decode in pairs))
        for pairs in (zip(row, _DECODERS, strict=True) for row in rows)
    ]


_HOLDING = tuple(
    table.c[name] if name in ("agent", "rehearsal") else asks.c[name]
    for name in Holding.__struct_fields__
)
_DECODERS = decoders(_HOLDING)


@cache
def _holdings(engine: str, *, is_one: bool) -> Any:
    found = select(*_HOLDING).join_from(asks, table).where(asks.c.due_at.is_not(None))
    if is_one:
        person: Any = bindparam("person")
        found = found.where(or_(asks.c.holder == person, asks.c.delegate == person))
    return compiled(found.order_by(asks.c.escalation_id, asks.c.position), engine)


def change_many(db: Database, ids: Sequence[str], step: Step) -> int:
    """Let `step` look at each escalation, alone, and keep what all of them yield; return how many.

    Args:
        db: the opened store.
        ids: which; unknown ones are passed over.
        step: pure; returns the move with the messages to send, or None when there is nothing to do.
            An error it raises leaves everything as it was, and passes on to the caller.
    """
    with db.write() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's one writer has them all
            # Locked in one order, so that two workers never wait for each other.
            locked = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
            connection.execute(locked.with_for_update(key_share=True))
        moved: list[tuple[Escalation, Move]] = []
        messages: list[Message] = []
        for before in load_many(connection, ids):
            made = step(before)
            if made is not None:
                moved.append((before, made[0]))
                messages += made[1]
        _write_changed(connection, moved)
        events: list[Event] = [event for _, move in moved for event in move.events]
        pairs = [(before, move.escalation) for before, move in moved]
        write_rest(connection, pairs, events, messages)
        return len(moved)


def _write_changed(connection: Connection, moved: Sequence[tuple[Escalation, Move]]) -> None:
    """Write what differs, column by column, and the asks that are new."""
    changed: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}
    new: list[Row] = []

    def note(of: Table, old: Row, row: Row) -> None:
        names = tuple(name for name, value in row.items() if value != old[name])
        if names:
            changed.setdefault((of, names), []).append(row)

    for before, move in moved:
        after = move.escalation
        row = escalation_values(after)
        if own_fields(before) != own_fields(after):
            note(table, escalation_values(before), row)
        had = {ask.id: (position, ask) for position, ask in enumerate(before.asks)}
        for position, ask in enumerate(after.asks):
            row = ask_values(after, ask, position)
            if ask.id not in had:
                new.append(row)
            elif had[ask.id] != (position, ask):
                old_position, old = had[ask.id]
                note(asks, ask_values(before, old, old_position), row)
    for (of, names), rows in changed.items():
        rewrite(connection, of, names, rows)
    insert(connection, asks, new)
