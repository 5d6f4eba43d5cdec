"""The record: events in a chain of hashes, signed checkpoints, sealed decisions, what was erased.

Events and decisions that are there already are chained and sealed as they stand; who edited them
before cannot be told. A migration is never changed once it is released: it names its own types, and
imports none of ours.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
GENESIS = hashlib.sha256(b"handraise record 1").hexdigest()
PAGE = 1000
GROUP = 500

SAID = ("at", "kind", "who", "agent", "escalation_id", "ask_id")
DECIDED = (
    "id",
    "agent",
    "version",
    "key",
    "digest",
    "case",
    "type",
    "action",
    "confidence",
    "rows",
    "rehearsal",
    "escalation_id",
    "decided_at",
)
FLAGS = ("rehearsal", "with_owner")

Row = dict[str, Any]


def upgrade() -> None:
    """Add the columns and tables; chain the events, and seal the decisions, that are there."""
    op.add_column("escalations", sa.Column("erased_at", TEXT))
    for name in ("salt", "content_digest", "sealed_with", "seal"):
        op.add_column("decisions", sa.Column(name, TEXT))
    op.create_index("ix_decisions_sealed_with_id", "decisions", ["sealed_with", "id"])
    op.add_column("events", sa.Column("salt", TEXT))
    op.add_column("events", sa.Column("detail_digest", TEXT, nullable=False, server_default=""))
    op.add_column("events", sa.Column("state_digest", TEXT))
    op.add_column("events", sa.Column("link", TEXT, nullable=False, server_default=""))
    _create_tables()
    head = _chained(GENESIS)
    head = _told(head, _untold())
    head = _told(head, _sealed())
    op.bulk_insert(
        sa.table("chain", *map(sa.column, ("name", "seq", "count", "link"))),
        [{"name": "events", "seq": head[0], "count": head[1], "link": head[2]}],
    )


def _create_tables() -> None:
    op.create_table(
        "chain",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("link", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chain"),
        sa.CheckConstraint("name = 'events'", name="ck_chain_one_row"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("link", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_checkpoints"),
    )


def _chained(link: str) -> tuple[int, int, str]:
    """Chain the events; the last one of each escalation commits to how it stands now."""
    last = {
        row["last"] for row in _rows("SELECT max(seq) AS last FROM events GROUP BY escalation_id")
    }
    seq, count = 0, 0
    while page := _rows(f"SELECT * FROM events WHERE seq > {seq} ORDER BY seq LIMIT {PAGE}"):  # noqa: S608 - our own numbers
        states = _states([row["escalation_id"] for row in page if row["seq"] in last])
        for row in page:
            row["detail"] = _canonical(msgspec.json.decode(row["detail"]))
            state = states.get(row["escalation_id"]) if row["seq"] in last else None
            link = _link(link, row, state)
            seq, count = row["seq"], count + 1
        _update("events", "seq", page, ("detail", "salt", "detail_digest", "state_digest", "link"))
    return seq, count, link


def _untold() -> Iterator[tuple[Row, str | None]]:
    """Yield an event for each escalation that has none."""
    found = _rows(
        "SELECT id, agent, created_at FROM escalations WHERE NOT EXISTS"
        " (SELECT 1 FROM events WHERE events.escalation_id = escalations.id) ORDER BY id"
    )
    for row in found:
        event = _event(row["created_at"], "sealed", row["agent"], row["id"], {})
        yield event, _states([row["id"]])[row["id"]]


def _sealed() -> Iterator[tuple[Row, str | None]]:
    """Seal the decisions, and yield an event for each group of them."""
    agents = [row["agent"] for row in _rows("SELECT DISTINCT agent FROM decisions ORDER BY agent")]
    for agent in agents:
        before = ""
        while group := _rows(
            "SELECT * FROM decisions WHERE agent = :agent AND id > :before ORDER BY id LIMIT :most",
            agent=agent,
            before=before,
            most=GROUP,
        ):
            for row in group:
                row["salt"], row["sealed_with"] = secrets.token_hex(16), group[0]["id"]
                content = _digest(row["salt"], _canonical([row["facts"], row["proposal"]]))
                fields = {name: row[name] for name in DECIDED if row[name] is not None}
                row["seal"] = _digest("", _canonical([fields, content]))
            _update("decisions", "id", group, ("salt", "sealed_with", "seal"))
            before = group[-1]["id"]
            digest = _digest("", "\n".join(row["seal"] for row in group))
            detail = {"group": group[0]["id"], "count": len(group), "digest": digest}
            yield (
                _event(max(row["decided_at"] for row in group), "recorded", agent, None, detail),
                None,
            )


def _told(
    head: tuple[int, int, str], events: Iterator[tuple[Row, str | None]]
) -> tuple[int, int, str]:
    """Write events at the end of the chain, and return where it ends then."""
    seq, count, link = head
    names = ("seq", *SAID, "detail", "salt", "detail_digest", "state_digest", "link")
    table = sa.table("events", *map(sa.column, names))
    for row, state in events:
        seq, count = seq + 1, count + 1
        row["seq"] = seq
        link = _link(link, row, state)
        op.bulk_insert(table, [row])
    return seq, count, link


def _event(
    at: str, kind: str, agent: str, escalation_id: str | None, detail: Mapping[str, Any]
) -> Row:
    return {
        "at": at,
        "kind": kind,
        "who": "handraise",
        "agent": agent,
        "escalation_id": escalation_id,
        "ask_id": None,
        "detail": _canonical(detail),
    }


def _link(link: str, row: Row, state: str | None) -> str:
    """Fill in the salt and the digests of an event, and return its link."""
    row["salt"] = secrets.token_hex(16)
    row["detail_digest"] = _digest(row["salt"], row["detail"])
    row["state_digest"] = None if state is None else _digest(row["salt"], state)
    said = [row["seq"], *(row[name] for name in SAID), row["detail_digest"], row["state_digest"]]
    row["link"] = _digest(link, _canonical(said))
    return str(row["link"])


def _states(ids: Sequence[str]) -> dict[str, str]:
    """Return the rows of those escalations and their asks, as one canonical text each."""
    found = {}
    for id in ids:
        if id is None:
            continue
        rows = _rows("SELECT * FROM escalations WHERE id = :id", id=id)
        rows += _rows("SELECT * FROM asks WHERE escalation_id = :id ORDER BY position", id=id)
        found[id] = _canonical(
            [{name: value for name, value in row.items() if value is not None} for row in rows]
        )
    return found


def _rows(statement: str, **given: Any) -> list[Row]:
    rows = [dict(row) for row in op.get_bind().execute(sa.text(statement), given).mappings()]
    for row in rows:
        for name in FLAGS:
            if row.get(name) is not None:
                row[name] = bool(row[name])
    return rows


def _update(table: str, key: str, rows: Sequence[Row], names: Sequence[str]) -> None:
    values = ", ".join(f"{name} = :{name}" for name in names)
    statement = sa.text(f"UPDATE {table} SET {values} WHERE {key} = :{key}")  # noqa: S608 - our own names
    op.get_bind().execute(statement, [{name: row[name] for name in (key, *names)} for row in rows])


def _canonical(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _digest(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()
