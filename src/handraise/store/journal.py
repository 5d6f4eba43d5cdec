"""What happened: who, what, when; each event chained to the one before.

INVARIANT: events are written by `append` and nowhere else, and it is the last thing that takes a
lock in its transaction: the chain's one row is held by one writer at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update

from handraise.core.record import canonical, chained, digest_of
from handraise.errors import StoreError
from handraise.model import ChainedEvent, Event, Head
from handraise.store.columns import clean, instant_text, plain
from handraise.store.database import Database
from handraise.store.inserts import compiled, insert_records, run
from handraise.store.kept import is_readable, states_of
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import chain
from handraise.store.schema import events as table


def events(db: Database, escalation_id: str) -> list[Event]:
    """Return what happened to an escalation, oldest first; empty for an unknown one."""
    found = select(*columns_of(table, Event)).where(table.c.escalation_id == escalation_id)
    with db.read() as connection:
        return [record_of(Event, row) for row in connection.execute(found.order_by(table.c.seq))]


def add_event(db: Database, event: Event) -> None:
    """Keep an event that does not come with a move."""
    with db.write() as connection:
        append(connection, [event])


def latest_event_seq(db: Database) -> int:
    """Return the number of the newest event; 0 before the first.

    No event becomes visible before one with a smaller number: numbers are given while the chain's
    end is held. Whoever knows one number misses nothing by looking behind it.
    """
    with db.read() as connection:
        return int(connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one())


def latest_event_at(db: Database) -> datetime | None:
    """Return the instant of the event that was written last; None before the first."""
    last = select(table.c.at).order_by(table.c.seq.desc()).limit(1)
    with db.read() as connection:
        return connection.execute(last).scalar_one_or_none()


def append(
    connection: Connection, events: Sequence[Event], changed: Collection[str] = ()
) -> list[ChainedEvent]:
    """Write events at the end of the chain, and return them as they stand there.

    Args:
        connection: of a write transaction that takes no other lock after this.
        events: in order; may be empty.
        changed: the escalations whose rows this transaction has written: the last event of each
            commits to how it stands now.

    Raises:
        StoreError: the row that says where the chain ends is gone, or damaged.
    """
    if not events:
        return []
    last = {event.escalation_id: place for place, event in enumerate(events)}
    states = states_of(connection, [id for id in last if id is not None and id in changed])
    said = [
        _said(
            event,
            states.get(event.escalation_id or "") if last[event.escalation_id] == place else None,
        )
        for place, event in enumerate(events)
    ]
    head, highest = _locked_head(connection)
    written, head = chained(head, highest, said)
    insert_records(connection, table, written, is_encoded=True)
    _, moving = _statements(connection.dialect.name)
    with run(connection, moving, [(head.seq, head.count, head.link)]):
        return written


def _said(event: Event, state: str | None) -> ChainedEvent:
    """Return an event with what commits to its detail, and to the escalation where it is given."""
    salt, detail = secrets.token_hex(16), _detail_text(event.detail)
    return ChainedEvent(
        seq=0,
        at=instant_text(event.at),
        kind=clean(event.kind),
        who=clean(event.who),
        agent=clean(event.agent),
        escalation_id=None if event.escalation_id is None else clean(event.escalation_id),
        ask_id=None if event.ask_id is None else clean(event.ask_id),
        detail=detail,
        salt=salt,
        detail_digest=digest_of(salt, detail),
        state_digest=None if state is None else digest_of(salt, state),
        link="",
    )


def _detail_text(detail: dict[str, Any]) -> str:
    try:
        return canonical(detail)
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError):
        return canonical(plain(detail))


def _locked_head(connection: Connection) -> tuple[Head, int]:
    """Hold the chain's end until the transaction ends; return it, and the highest number in use.

    The number is higher only where somebody wrote an event past us: it is no part of the chain,
    `handraise log verify` tells of it, and nothing stops for it.
    """
    reading, _ = _statements(connection.dialect.name)
    with run(connection, reading) as cursor:
        row = cursor.fetchone()
    if row is None:
        raise StoreError(
            "the row that says where the record of events ends is gone",
            "restore the database from a backup; `handraise log verify` says what else is wrong",
        )
    head = Head(row[0], row[1], row[2])
    if not is_readable(head):
        raise StoreError(
            "the head of the record is damaged: the row that says where it ends cannot be read",
            "restore the database from a backup; `handraise log verify` says what else is wrong",
        )
    return head, row[3] or 0


@cache
def _statements(engine: str) -> tuple[str, str]:
    highest = select(func.max(table.c.seq)).scalar_subquery()
    reading = select(chain.c.seq, chain.c.count, chain.c.link, highest).with_for_update(of=chain)
    moving = update(chain).values({name: bindparam(name) for name in Head.__struct_fields__})
    return compiled(reading, engine).string, compiled(moving, engine).string
