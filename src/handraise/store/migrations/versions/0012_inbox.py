"""The inbox: a line beside each ask, and the words by which an escalation is found.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

MAX_CHARACTERS, MAX_WORD, MAX_WORDS, DEEPEST = 50_000, 40, 4_000, 20
WORD = re.compile(r"[^\W_]+")
ALIKE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})
ONE_BY_ONE = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])")


def upgrade() -> None:
    """Add the tables, and fill them for what is there."""
    op.create_index("ix_assignments_person_ask_id", "assignments", ["person", "ask_id"])
    op.create_table(
        "inbox_lines",
        sa.Column("ask_id", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("delegate", TEXT),
        sa.Column("deadline", TEXT),
        sa.Column("marks", TEXT, nullable=False),
        sa.Column("answered_by", TEXT),
        sa.PrimaryKeyConstraint("ask_id", name="pk_inbox_lines"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_inbox_lines_ask_id"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_inbox_lines_escalation_id"
        ),
    )
    op.create_table(
        "search_words",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("words", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_search_words"),
        sa.UniqueConstraint("escalation_id", name="uq_search_words_escalation_id"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_search_words_escalation_id"
        ),
    )
    can_search = _search()
    _fill(op.get_bind(), can_search=can_search)
    _indexes()


def _indexes() -> None:
    by_deadline = ("practice", "deadline", "ask_id")
    waits = "deadline IS NOT NULL"
    for name, columns, condition in (
        ("held", ("holder", *by_deadline), waits),
        ("lent", ("delegate", *by_deadline), f"{waits} AND delegate IS NOT NULL"),
        ("on_route", ("agent", "route", *by_deadline, "marks"), waits),
        ("waiting", ("agent", *by_deadline, "route", "marks"), waits),
        ("of_agent", ("agent", "practice", "ask_id"), "deadline IS NULL"),
        ("of_route", ("agent", "route", "practice", "ask_id"), "deadline IS NULL"),
        ("of_person", ("answered_by", "ask_id"), "answered_by IS NOT NULL"),
    ):
        only = sa.text(condition)
        op.create_index(
            f"ix_inbox_lines_{name}",
            "inbox_lines",
            list(columns),
            sqlite_where=only,
            postgresql_where=only,
        )


def _search() -> bool:
    """Make what the database searches with; False for a SQLite that was built without it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_search_words_words ON search_words"
            " USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
        return True
    try:
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_words',"
            " content_rowid='number', tokenize='ascii', detail='none', prefix='2 3')"
        )
    except sa.exc.OperationalError:
        return False
    return True


def _fill(bind: sa.Connection, *, can_search: bool) -> None:
    """Write the lines and words of what is there, some hundred escalations at a time."""
    escalations = sa.text(
        "SELECT id, agent, rehearsal, decision, proposal, reasons, erased_at FROM escalations"
        " WHERE id > :after ORDER BY id LIMIT 500"
    )
    asks = sa.text(
        "SELECT id, escalation_id, route, holder, delegate, state, acknowledge_due_at,"
        " decide_due_at, answer FROM asks WHERE escalation_id > :after AND escalation_id <= :last"
    )
    after = ""
    while rows := bind.execute(escalations, {"after": after}).mappings().all():
        last = rows[-1]["id"]
        of = {row["id"]: row for row in rows}
        found = bind.execute(asks, {"after": after, "last": last}).mappings()
        lines = [_line(of[ask["escalation_id"]], ask) for ask in found]
        if lines:
            op.bulk_insert(_table("inbox_lines", lines[0]), lines)
        texts = [text for row in rows if can_search and (text := _text(row))["words"]]
        if texts:
            op.bulk_insert(_table("search_words", texts[0]), texts)
        after = last
    if can_search and bind.dialect.name == "sqlite":
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")


def _table(name: str, row: dict[str, Any]) -> sa.Table:
    kinds = {"practice": sa.Boolean()}
    columns = [sa.Column(column, kinds.get(column, sa.Text())) for column in row]
    return sa.Table(name, sa.MetaData(), *columns)


def _line(row: Any, ask: Any) -> dict[str, Any]:
    reasons = json.loads(row["reasons"])
    marks = [f"={one['condition']}" for one in reasons]
    marks += [f"#{one['tag']}" for one in reasons if one.get("tag")]
    is_open = ask["state"] == "open"
    return {
        "ask_id": ask["id"],
        "escalation_id": row["id"],
        "agent": row["agent"],
        "route": ask["route"],
        "practice": bool(row["rehearsal"]),
        "holder": ask["holder"],
        "delegate": ask["delegate"],
        "deadline": (ask["acknowledge_due_at"] or ask["decide_due_at"]) if is_open else None,
        "marks": f"|{'|'.join(dict.fromkeys(marks))}|",
        "answered_by": json.loads(ask["answer"])["by"] if ask["answer"] else None,
    }


def _text(row: Any) -> dict[str, Any]:
    words = [] if row["erased_at"] is not None else list(dict.fromkeys(_words(row)))
    return {
        "escalation_id": row["id"],
        "agent": row["agent"],
        "practice": bool(row["rehearsal"]),
        "words": " ".join(words[:MAX_WORDS]),
    }


def _words(row: Any) -> Iterable[str]:
    decision = json.loads(row["decision"])
    tags = [one.get("tag") for one in json.loads(row["reasons"])]
    proposal = json.loads(row["proposal"]) if row["proposal"] else None
    texts: list[str] = []
    left = MAX_CHARACTERS
    named = [decision.get(name) for name in ("case", "type", "action")]
    for part in (*named, tags, proposal, decision.get("text")):
        left = _gather(part, texts, left)
    for text in texts:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        plain = "".join(one for one in plain if not unicodedata.combining(one)).translate(ALIKE)
        yield from (word[:MAX_WORD] for word in WORD.findall(ONE_BY_ONE.sub(r" \1 ", plain)))


def _gather(value: Any, texts: list[str], left: int, depth: int = 0) -> int:
    if left <= 0 or depth > DEEPEST or value is None or isinstance(value, bool):
        return left
    if isinstance(value, dict | list):
        inner = (
            [one for pair in value.items() for one in pair] if isinstance(value, dict) else value
        )
        for one in inner:
            left = _gather(one, texts, left, depth + 1)
        return left
    text = str(value)[:left]
    texts.append(text)
    return left - len(text)
