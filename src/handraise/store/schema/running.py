"""What runs: messages on their way, access, work under watch, who is at it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
)

from handraise.store.columns import Document, Instant, Number, Words
from handraise.store.schema.base import ask_id, escalation_id, metadata, one_of, own_id, where

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    Column("kind", Words, nullable=False),
    Column("agent", Words, nullable=False),
    Column("to", Words, nullable=False),
    Column("contacts", Document(tuple[str, ...]), nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Words, nullable=False),
    escalation_id(),
    ask_id(),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant),
    Column("state", Words, nullable=False),
    Column("error", Words),
    Column("sent_at", Instant),
    Column("urgency", Words, nullable=False),
    Column("bundle", Words),
    Column("only_while", Words),
    Column("told_in", Words),
    CheckConstraint(one_of("state", "pending", "sent", "failed", "bundled", "dropped"), "state"),
    CheckConstraint(one_of("urgency", "normal", "urgent"), "urgency"),
    CheckConstraint(one_of("only_while", "held", "unacknowledged"), "only_while"),
    CheckConstraint("(state = 'bundled') = (told_in IS NOT NULL)", "told_elsewhere_when_bundled"),
    CheckConstraint("\"to\" <> ''", "to_somebody"),
    CheckConstraint("(state = 'pending') = (next_at IS NOT NULL)", "next_while_pending"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", "instant_when_sent"),
    CheckConstraint("attempts >= 0", "attempts"),
    Index(None, "next_at", **where("next_at IS NOT NULL")),
    Index(None, "to", "state", "sent_at"),
)

agent_keys = Table(
    "agent_keys",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    Column("may", Words, nullable=False, server_default="decide"),
    CheckConstraint("secret_hash <> ''", "secret"),
)

sign_in_tokens = Table(
    "sign_in_tokens",
    metadata,
    Column("token_hash", Words, primary_key=True),
    Column("person", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("next_path", Words, nullable=False),
    Column("used_at", Instant),
    Index(None, "person", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    own_id(),
    Column("person", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("way", Words, nullable=False, server_default="link"),
    Column("device", Words, nullable=False, server_default=""),
    Column("seen_at", Instant),
    CheckConstraint(one_of("way", "link", "openid", "passkey"), "way"),
    Index(None, "person"),
)

works = Table(
    "works",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("case", Words),
    Column("rehearsal", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("silent_after_s", Number, nullable=False),
    Column("due_at", Instant),
    Column("state", Words, nullable=False),
    escalation_id(),
    CheckConstraint(one_of("state", "open", "done", "failed", "stalled"), "state"),
    CheckConstraint("(state = 'open') = (due_at IS NOT NULL)", "due_while_open"),
    CheckConstraint(
        "state NOT IN ('failed', 'stalled') OR escalation_id IS NOT NULL", "never_lost_in_silence"
    ),
    CheckConstraint("silent_after_s > 0", "silent_after"),
    Index(None, "due_at", **where("due_at IS NOT NULL")),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Words, primary_key=True),
    Column("at", Instant, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    Column("name", Words, primary_key=True),
    Column("url", Words, nullable=False),
    Column("told_at", Instant, nullable=False),
)
