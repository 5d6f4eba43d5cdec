"""Rehearsals of a team: what was put to whom, and what each person answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from handraise.model import RehearsalInvitation, RehearsalQuestion
from handraise.store.columns import Document, Instant, Words
from handraise.store.schema.base import metadata, one_of, own_id, where

rehearsals = Table(
    "rehearsals",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("questions", Document(tuple[RehearsalQuestion, ...]), nullable=False),
    Column("went_ahead", Document(tuple[str, ...]), nullable=False),
    Column("left_out", Document(dict[str, str]), nullable=False),
    Column("invited", Document(tuple[RehearsalInvitation, ...]), nullable=False),
    Column("absent", Document(dict[str, str]), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("reminded_at", Instant),
    Column("ended_at", Instant),
    Column("ended_why", Words),
    Column("protocol", Words),
    CheckConstraint("ends_at > started_at", "ends_after_it_starts"),
    CheckConstraint(one_of("ended_why", "answered", "time", "owner"), "ended_why"),
    CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", "why_when_ended"),
    CheckConstraint("(ended_at IS NULL) = (protocol IS NULL)", "protocol_when_ended"),
    # One at a time: nobody is in two exercises of one agent.
    Index(None, "agent", unique=True, **where("ended_at IS NULL")),
    Index("ix_rehearsals_agent_started_at", "agent", "started_at"),
)

rehearsal_asks = Table(
    "rehearsal_asks",
    metadata,
    Column("rehearsal_id", Words, ForeignKey("rehearsals.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("person", Words, nullable=False),
    Column("routes", Document(tuple[str, ...]), nullable=False),
    Column("seen_at", Instant),
    Column("answered_at", Instant),
    Column("kind", Words),
    Column("proposal", Document()),
    Column("facts", Document(dict[str, Any])),
    Column("reason", Words),
    Column("instruction", Words),
    Column("unclear", Words, nullable=False),
    PrimaryKeyConstraint("rehearsal_id", "number", "person"),
    CheckConstraint(one_of("kind", "approve", "change", "reject", "instruct", "take_over"), "kind"),
    CheckConstraint("(answered_at IS NULL) = (kind IS NULL)", "kind_when_answered"),
)
