"""What the agent asked and people decided: tables, decisions, escalations with their asks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from handraise.model import OUTCOMES, Answer, Decision, Learned, Reason, Waiver
from handraise.store.columns import Document, Instant, Name, Number, Words
from handraise.store.schema.base import ask_id, escalation_id, metadata, one_of, own_id, where

ALIKE = "outcome IS NOT NULL AND length(action) <= 200 AND length(type) <= 200"
"""Which escalations are found by what they were about: some names are too long to index."""

table_versions = Table(
    "table_versions",
    metadata,
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("known", Document(tuple[str, ...]), nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("registered_seq", Integer, nullable=False),
    Column("learned", Document(Learned)),
    Column("calibration", Document(dict[str, Any])),
    PrimaryKeyConstraint("agent", "version"),
    UniqueConstraint("agent", "registered_seq"),
)
"""`registered_seq`: the highest of an agent is the version it runs now."""

ready_records = Table(
    "ready_records",
    metadata,
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("statement", Words, nullable=False),
    Column("evidence", Document(list[dict[str, Any]]), nullable=False),
    Column("waivers", Document(tuple[Waiver, ...]), nullable=False, server_default="[]"),
    Column("expires_at", Instant),
    Column("expires_why", Words, nullable=False, server_default=""),
    PrimaryKeyConstraint("agent", "version"),
)

promises = Table(
    "promises",
    metadata,
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("decisions", BigInteger, nullable=False),
    Column("stopped", BigInteger, nullable=False),
    Column("rows", Document(dict[str, int]), nullable=False),
    Column("conditions", Document(dict[str, int]), nullable=False),
    Column("routes", Document(dict[str, int]), nullable=False),
    Column("types", Document(dict[str, tuple[int, int]]), nullable=False),
    Column("first", Instant),
    Column("last", Instant),
    Column("alike", Number, nullable=False, server_default="1"),
    PrimaryKeyConstraint("agent", "version"),
    CheckConstraint("decisions > 0", "decisions"),
    CheckConstraint("stopped BETWEEN 0 AND decisions", "stopped"),
)

escalations = Table(
    "escalations",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("decision", Document(Decision), nullable=False),
    Column("digest", Words, nullable=False),
    Column("proposal", Document()),
    Column("proposal_digest", Words, nullable=False),
    Column("asked_digest", Words, nullable=False),
    Column("facts", Document(), nullable=False),
    Column("reasons", Document(tuple[Reason, ...]), nullable=False),
    Column("state", Words, nullable=False),
    Column("outcome", Words),
    Column("resolved_by", Words),
    Column("reason", Words),
    Column("instruction", Words),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("case", Name),
    Column("type", Words),
    Column("action", Words),
    Column("erased_at", Instant),
    Column("familiarity", Number),
    CheckConstraint(one_of("state", "open", "resolved"), "state"),
    CheckConstraint(one_of("outcome", *OUTCOMES), "outcome"),
    CheckConstraint("(state = 'resolved') = (outcome IS NOT NULL)", "outcome_when_resolved"),
    CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", "instant_when_resolved"),
    CheckConstraint("state = 'resolved' OR resolved_by IS NULL", "nobody_while_open"),
    CheckConstraint(
        "outcome IN ('withdrawn', 'expired') OR resolved_by IS NOT NULL",
        "somebody_when_answered",
    ),
    Index(None, "agent", "state", "id"),
    Index(None, "agent", "rehearsal", "case", "asked_digest"),
    Index(
        "ix_escalations_ended",
        "agent",
        "resolved_at",
        "rehearsal",
        "outcome",
        **where("resolved_at IS NOT NULL"),
    ),
    Index("ix_escalations_alike", "agent", "action", "type", "rehearsal", "id", **where(ALIKE)),
)
"""Ids sort by time, so the index by agent and state also serves "newest first"."""

asks = Table(
    "asks",
    metadata,
    own_id(),
    escalation_id(nullable=False),
    Column("position", Integer, nullable=False),
    Column("route", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("holder", Words, nullable=False),
    Column("with_owner", Boolean, nullable=False),
    Column("tried", Document(tuple[str, ...]), nullable=False),
    Column("assigned_at", Instant, nullable=False),
    Column("acknowledge_due_at", Instant),
    Column("decide_due_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("reminders", Integer, nullable=False),
    Column("due_at", Instant),
    Column("answer", Document(Answer)),
    Column("acknowledged_until", Instant),
    Column("delegate", Words),
    Column("also", Document(tuple[str, ...]), nullable=False),
    UniqueConstraint("escalation_id", "position"),
    CheckConstraint(one_of("state", "open", "answered", "closed"), "state"),
    CheckConstraint("holder <> ''", "held_by_somebody"),
    CheckConstraint("(state = 'open') = (due_at IS NOT NULL)", "due_while_open"),
    CheckConstraint("state <> 'answered' OR answer IS NOT NULL", "answer_when_answered"),
    CheckConstraint("reminders >= 0", "reminders"),
    Index(None, "due_at", **where("due_at IS NOT NULL")),
    Index(None, "holder", "state"),
    Index(None, "route", "state"),
)

assignments = Table(
    "assignments",
    metadata,
    ask_id(nullable=False),
    Column("person", Words, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    PrimaryKeyConstraint("ask_id", "person", "assigned_at"),
    Index(None, "person", "assigned_at"),
    Index(None, "person", "ask_id"),
)
"""Who was given which ask when; `asks` knows only the present holder, capacity counts them all."""

ask_spans = Table(
    "ask_spans",
    metadata,
    ask_id(nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("agent", Words, nullable=False),
    Column("route", Words, nullable=False),
    Column("conditions", Document(tuple[str, ...]), nullable=False),
    Column("picked_up_at", Instant),
    Column("ended_at", Instant),
    Column("answer", Words),
    Column("by", Words),
    PrimaryKeyConstraint("ask_id", "asked_at"),
    CheckConstraint("answer IS NULL OR ended_at IS NOT NULL", "ended_when_answered"),
    CheckConstraint("(answer IS NULL) = (by IS NULL)", "answered_by_somebody"),
    Index(None, "agent", "asked_at", "route"),
    Index(None, "agent", "ended_at", **where("ended_at IS NOT NULL")),
    Index(
        "ix_ask_spans_answered", "agent", "by", "ended_at", "ask_id", **where('"by" IS NOT NULL')
    ),
    Index("ix_ask_spans_open", "agent", "route", "asked_at", **where("ended_at IS NULL")),
)
"""For how long an ask was open, each time it was; rehearsals and drills apart. See
`handraise.store.spans`."""

decisions = Table(
    "decisions",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("key", Name),
    Column("digest", Words, nullable=False),
    Column("case", Words),
    Column("type", Words),
    Column("action", Words),
    Column("confidence", Number),
    Column("facts", Document()),
    Column("proposal", Document()),
    Column("rows", Document(tuple[str, ...]), nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    escalation_id(),
    Column("decided_at", Instant, nullable=False),
    Column("salt", Words),
    Column("content_digest", Words),
    Column("sealed_with", Words),
    Column("seal", Words),
    Column("familiarity", Number),
    Column("severity", Words),
    Column("audit", Number),
    Index(None, "agent", "rehearsal", "key", unique=True, **where("key IS NOT NULL")),
    Index(None, "escalation_id", **where("escalation_id IS NOT NULL")),
    Index(None, "sealed_with", "id"),
    Index(None, "agent", "id"),
)
"""From `salt` to `seal`: see `handraise.model.SealedDecision`."""

used_grants = Table(
    "used_grants",
    metadata,
    own_id(),
    escalation_id(),
    Column("agent", Words, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("used_by", Words, nullable=False),
)
"""A grant's id stands here once it has been used; the primary key lets only one use it."""

situations = Table(
    "situations",
    metadata,
    Column("escalation_id", Words, ForeignKey("escalations.id"), primary_key=True),
    Column("agent", Words, nullable=False),
    Column("label", Words),
    Column("said_by", Words, nullable=False),
    Column("said_at", Instant, nullable=False),
    CheckConstraint("label <> ''", "label"),
    CheckConstraint("said_by <> ''", "said_by_somebody"),
    Index(None, "agent", "escalation_id"),
    Index(None, "agent", "said_at", "escalation_id"),
)
"""What a person said of what an escalation was about; `label` is NULL for "it is no type"."""
