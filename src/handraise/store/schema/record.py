"""The record: events in a chain, and the signed checkpoints of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
)

from handraise.store.columns import Document, Instant, Words
from handraise.store.schema.base import ask_id, escalation_id, metadata, where

events = Table(
    "events",
    metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("at", Instant, nullable=False),
    Column("kind", Words, nullable=False),
    Column("who", Words, nullable=False),
    Column("agent", Words, nullable=False),
    escalation_id(),
    ask_id(),
    Column("detail", Document(dict[str, Any]), nullable=False),
    Column("salt", Words),
    Column("detail_digest", Words, nullable=False),
    Column("state_digest", Words),
    Column("link", Words, nullable=False),
    Index(None, "escalation_id", "seq"),
    Index("ix_events_advanced", "agent", "at", **where("kind = 'advanced'")),
    sqlite_autoincrement=True,
)
"""Written by `handraise.store.journal.append` alone, which chains each to the one before."""

chain = Table(
    "chain",
    metadata,
    Column("name", Words, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("link", Words, nullable=False),
    CheckConstraint("name = 'events'", "one_row"),
)
"""Where the chain of events ends: its one row is the last lock of every transaction."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("day", Words, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("link", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("statement", Words, nullable=False),
)
