"""Decisions sealed in groups: each row commits to itself, and an event to all rows of its group.

What a recorder writes in groups is sealed as it is written. What is written alone, because an agent
waits for it, is sealed a moment later by `seal_decisions`, so that agents never wait for each other
at the end of the chain.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from handraise.core.record import RECORDED, group_detail, seal_of
from handraise.model import Event
from handraise.store.database import Database, KnownTypes
from handraise.store.inserts import compiled, run
from handraise.store.journal import append
from handraise.store.kept import Row, as_rows, kept_rows, sealed_decision
from handraise.store.schema import decisions as table
from handraise.store.tallies import count_rows

GROUP = 500


class Group(Struct, frozen=True):
    """Rows of one agent that are sealed together.

    Attributes:
        name: of the group.
        agent: whose decisions.
        rows: in the order of their ids, their seals filled in.
    """

    name: str
    agent: str
    rows: Sequence[Row]

    def event(self, seals: Sequence[str] | None = None) -> Event:
        """Return the event that commits to the group.

        Args:
            seals: of the rows that were written; None for all of them.
        """
        if seals is None:
            seals = [row["seal"] for row in self.rows]
        at = max(row["decided_at"] for row in self.rows)
        return Event(
            at=datetime.fromisoformat(at),
            kind=RECORDED,
            who="handraise",
            agent=self.agent,
            detail=group_detail(self.name, seals),
        )


def sealed(rows: Sequence[Row]) -> list[Group]:
    """Fill in the seals of rows as they are kept, and return the groups they are now in."""
    by_agent: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: str(row["id"])):
        by_agent.setdefault(row["agent"], []).append(row)
    salts = secrets.token_hex(16 * len(rows))
    groups, place = [], 0
    for agent, own in by_agent.items():
        name = f"{own[0]['id']}.{secrets.token_hex(4)}"
        for row in own:
            if row["content_digest"] is None:
                row["salt"] = salts[place : place + 32]
            place += 32
            row["sealed_with"] = name
            row["seal"] = seal_of(sealed_decision(row))
        groups.append(Group(name, agent, own))
    return groups


def tell(
    connection: Connection, groups: Sequence[Group], *, all_written: bool, known: KnownTypes
) -> None:
    """Count the rows of groups that are written, and write their events: a transaction's last.

    Args:
        connection: of a write transaction.
        groups: the groups.
        all_written: whether every row was written, and none passed over.
        known: the types that a version of an agent's table knows.
    """
    events: list[Event] = []
    rows: list[Row] = []
    for group in groups:
        seals = None if all_written else _seals(connection, group.name)
        if seals is None:
            rows += group.rows
        else:
            written = set(seals)
            rows += [row for row in group.rows if row["seal"] in written]
        if seals != []:
            events.append(group.event(seals))
    count_rows(connection, rows, known)
    append(connection, events)


def _seals(connection: Connection, group: str) -> list[str]:
    found = select(table.c.seal).where(table.c.sealed_with == group).order_by(table.c.id)
    return list(connection.execute(found).scalars())


def seal_decisions(db: Database, *, limit: int = GROUP) -> int:
    """Seal at most `limit` decisions that are not sealed yet, and return how many."""
    waiting = select(table.c.id).where(table.c.sealed_with.is_(None)).limit(1)
    with db.read() as connection:
        if connection.execute(waiting).first() is None:
            return 0
    with db.write() as connection:
        rows = _unsealed(connection, limit)
        groups = sealed(rows)
        if rows:
            names = ("salt", "sealed_with", "seal")
            filling = update(table).where(table.c.id == bindparam("_id"))
            filling = filling.values({name: bindparam(f"_{name}") for name in names})
            values: list[dict[str, Any]] = [
                {f"_{name}": row[name] for name in ("id", *names)} for row in rows
            ]
            connection.execute(filling, values)
        tell(connection, groups, all_written=True, known=db.known_types)
        return len(rows)


def seal_is_broken(db: Database, decision_id: str) -> bool:
    """Whether a decision has a seal, and is not what was sealed."""
    with db.read() as connection:
        rows = list(kept_rows(connection, table, "id", [decision_id]))
    found = [sealed_decision(row) for row in rows]
    return any(one.seal is not None and one.seal != seal_of(one) for one in found)


def is_erased(db: Database, decision_id: str) -> bool:
    """Whether what a decision was about is erased."""
    found = select(table.c.content_digest).where(table.c.id == decision_id)
    with db.read() as connection:
        return connection.execute(found).scalar() is not None


def _unsealed(connection: Connection, limit: int) -> list[Row]:
    """Return rows that are not sealed, locked; what another is sealing just now is left to it."""
    found = select(table).where(table.c.sealed_with.is_(None)).order_by(table.c.id).limit(limit)
    text = compiled(found.with_for_update(skip_locked=True), connection.dialect.name)
    values = [text.params[name] for name in text.positiontup]
    with run(connection, text.string, [values]) as cursor:
        return list(as_rows(table, cursor.fetchall()))
