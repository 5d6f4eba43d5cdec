"""An operation under watch: counts, monitors, alarms, audits, outcomes, advice, signs of life."""

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
)

from handraise.store.columns import Document, Instant, Number, Words
from handraise.store.schema.base import escalation_id, metadata, one_of, own_id, where

tallies = Table(
    "tallies",
    metadata,
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("hour", Instant, nullable=False),
    Column("type", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("rows", Document(tuple[str, ...]), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("looked", BigInteger, nullable=False),
    PrimaryKeyConstraint("agent", "hour", "version", "type", "severity", "rows"),
    CheckConstraint("looked BETWEEN 0 AND count", "looked"),
    Index("ix_tallies_fresh", "agent", "hour", **where("count > looked")),
)
"""Counted in the transaction that seals a decision, so that each is counted once."""

monitors = Table(
    "monitors",
    metadata,
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("series", Words, nullable=False),
    Column("state", Document(dict[str, Any]), nullable=False),
    Column("updated_at", Instant, nullable=False),
    PrimaryKeyConstraint("agent", "version", "series"),
)

alarms = Table(
    "alarms",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("sentence", Words, nullable=False),
    Column("means", Words, nullable=False),
    Column("lines", Document(tuple[str, ...]), nullable=False),
    Column("examples", Document(tuple[str, ...]), nullable=False),
    Column("about", Words),
    Column("since", Instant),
    Column("raised_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Words),
    Column("snoozed_until", Instant),
    Column("snoozed_by", Words),
    Column("resolved_at", Instant),
    Column("told", Words),
    Column("times_told", Integer, nullable=False),
    Column("times_back", Integer, nullable=False),
    Column("wrong_since", Instant),
    Column("longest_s", Number, nullable=False),
    Column("unseen", Words, nullable=False),
    CheckConstraint(one_of("state", "open", "acknowledged", "resolved"), "state"),
    CheckConstraint(one_of("told", "wrong", "over"), "told"),
    CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", "instant_when_resolved"),
    CheckConstraint("state <> 'acknowledged' OR acknowledged_by IS NOT NULL", "taken_by_somebody"),
    Index(
        "ix_alarms_unresolved",
        "agent",
        "kind",
        "subject",
        unique=True,
        **where("state <> 'resolved'"),
    ),
    Index(None, "agent", "raised_at"),
)

audits = Table(
    "audits",
    metadata,
    own_id(),
    Column("decision_id", Words, ForeignKey("decisions.id"), nullable=False),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("probability", Number, nullable=False),
    Column("state", Words, nullable=False),
    Column("text", Document()),
    Column("context", Document()),
    Column("drawn_at", Instant, nullable=False),
    Column("person", Words),
    Column("asked_at", Instant),
    Column("due_at", Instant),
    Column("chosen", Words),
    Column("chosen_at", Instant),
    Column("answer", Words),
    Column("stake", Number),
    Column("note", Words, nullable=False),
    Column("answered_at", Instant),
    Column("answered_by", Words),
    CheckConstraint(one_of("state", "drawn", "asked", "answered", "left_out"), "state"),
    CheckConstraint(one_of("answer", "right", "wrong", "cannot_tell"), "answer"),
    CheckConstraint("probability > 0 AND probability <= 1", "probability"),
    CheckConstraint("(state = 'answered') = (answer IS NOT NULL)", "answer_when_answered"),
    CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", "answered_by_somebody"),
    CheckConstraint("state <> 'asked' OR person IS NOT NULL", "asked_of_somebody"),
    Index(None, "decision_id"),
    Index(None, "agent", "state", "drawn_at"),
    Index(None, "person", "state"),
)

outcomes = Table(
    "outcomes",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("decision_id", Words, ForeignKey("decisions.id"), nullable=False),
    Column("is_right", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("source", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("stake", Number),
    Column("note", Words, nullable=False),
    CheckConstraint(one_of("source", "file", "api", "agent"), "source"),
    CheckConstraint("\"by\" <> ''", "by_somebody"),
    Index(None, "decision_id", "id"),
    Index(None, "agent", "told_at"),
)

advice = Table(
    "advice",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("sentence", Words, nullable=False),
    Column("lines", Document(tuple[str, ...]), nullable=False),
    Column("change", Words, nullable=False),
    Column("evidence", BigInteger, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", Words),
    Column("reason", Words, nullable=False),
    CheckConstraint(one_of("kind", "threshold", "silent_row", "type"), "kind"),
    CheckConstraint(one_of("state", "open", "taken", "declined", "past"), "state"),
    CheckConstraint("(state = 'open') = (settled_at IS NULL)", "instant_when_settled"),
    CheckConstraint(
        "state NOT IN ('taken', 'declined') OR settled_by IS NOT NULL", "settled_by_somebody"
    ),
    Index("ix_advice_open", "agent", "kind", "subject", unique=True, **where("state = 'open'")),
    Index(None, "agent", "made_at"),
)

presences = Table(
    "presences",
    metadata,
    Column("agent", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("every_s", Number, nullable=False),
    Column("due_at", Instant),
    PrimaryKeyConstraint("agent", "name"),
    CheckConstraint("every_s > 0", "every"),
)

readings = Table(
    "readings",
    metadata,
    escalation_id(nullable=False),
    Column("person", Words, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("escalation_id", "person"),
)
"""When a signed-in person first had an escalation before their eyes; it decides nothing."""
