"""The tables: what is kept, and which states are impossible.

Columns are named like the fields of the record they keep, so that `handraise.store.rows` needs no
lists of its own. An escalation is one row of `escalations` and its rows of `asks`; nothing is kept
twice, but for the few columns of `escalations` that are only there to search by. A change here
needs a migration; a test compares the two.

The record of events commits to the rows of `escalations`, `asks` and `decisions` without what is
NULL in them: a column that is added to them later must be NULL in the rows that are there, or the
migration must write an event for each that commits to it anew.
"""

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
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from handraise.model import OUTCOMES, Answer, ContactStep, Decision, Learned, Reason
from handraise.store.columns import Document, Instant, Name, Number, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _one_of(column: str, *words: str) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _id() -> Column[str]:
    return Column("id", Words, primary_key=True)


def _escalation_id(*, nullable: bool = True) -> Column[str]:
    return Column("escalation_id", Words, ForeignKey("escalations.id"), nullable=nullable)


def _ask_id(*, nullable: bool = True) -> Column[str]:
    return Column("ask_id", Words, ForeignKey("asks.id"), nullable=nullable)


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
    PrimaryKeyConstraint("agent", "version"),
)

escalations = Table(
    "escalations",
    metadata,
    _id(),
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
    CheckConstraint(_one_of("state", "open", "resolved"), "state"),
    CheckConstraint(_one_of("outcome", *OUTCOMES), "outcome"),
    CheckConstraint("(state = 'resolved') = (outcome IS NOT NULL)", "outcome_when_resolved"),
    CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", "instant_when_resolved"),
    CheckConstraint("state = 'resolved' OR resolved_by IS NULL", "nobody_while_open"),
    CheckConstraint(
        "outcome IN ('withdrawn', 'expired') OR resolved_by IS NOT NULL",
        "somebody_when_answered",
    ),
    Index(None, "agent", "state", "id"),
    Index(None, "agent", "rehearsal", "case", "asked_digest"),
)
"""Ids sort by time, so the index by agent and state also serves "newest first"."""

asks = Table(
    "asks",
    metadata,
    _id(),
    _escalation_id(nullable=False),
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
    CheckConstraint(_one_of("state", "open", "answered", "closed"), "state"),
    CheckConstraint("holder <> ''", "held_by_somebody"),
    CheckConstraint("(state = 'open') = (due_at IS NOT NULL)", "due_while_open"),
    CheckConstraint("state <> 'answered' OR answer IS NOT NULL", "answer_when_answered"),
    CheckConstraint("reminders >= 0", "reminders"),
    Index(None, "due_at", **_where("due_at IS NOT NULL")),
    Index(None, "holder", "state"),
    Index(None, "route", "state"),
)

assignments = Table(
    "assignments",
    metadata,
    _ask_id(nullable=False),
    Column("person", Words, nullable=False),
    Column("assigned_at", Instant, nullable=False),
    PrimaryKeyConstraint("ask_id", "person", "assigned_at"),
    Index(None, "person", "assigned_at"),
)
"""Who was given which ask when; `asks` knows only the present holder, capacity counts them all."""

decisions = Table(
    "decisions",
    metadata,
    _id(),
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
    _escalation_id(),
    Column("decided_at", Instant, nullable=False),
    Column("salt", Words),
    Column("content_digest", Words),
    Column("sealed_with", Words),
    Column("seal", Words),
    Column("familiarity", Number),
    Index(None, "agent", "rehearsal", "key", unique=True, **_where("key IS NOT NULL")),
    Index(None, "escalation_id", **_where("escalation_id IS NOT NULL")),
    Index(None, "sealed_with", "id"),
)
"""From `salt` to `seal`: see `handraise.model.SealedDecision`."""

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
)
"""What a person said of what an escalation was about; `label` is NULL for "it is no type"."""

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
    _escalation_id(),
    _ask_id(),
    Column("detail", Document(dict[str, Any]), nullable=False),
    Column("salt", Words),
    Column("detail_digest", Words, nullable=False),
    Column("state_digest", Words),
    Column("link", Words, nullable=False),
    Index(None, "escalation_id", "seq"),
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

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("kind", Words, nullable=False),
    Column("agent", Words, nullable=False),
    Column("to", Words, nullable=False),
    Column("contacts", Document(tuple[str, ...]), nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Words, nullable=False),
    _escalation_id(),
    _ask_id(),
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
    CheckConstraint(_one_of("state", "pending", "sent", "failed", "bundled", "dropped"), "state"),
    CheckConstraint(_one_of("urgency", "normal", "urgent"), "urgency"),
    CheckConstraint(_one_of("only_while", "held", "unacknowledged"), "only_while"),
    CheckConstraint("(state = 'bundled') = (told_in IS NOT NULL)", "told_elsewhere_when_bundled"),
    CheckConstraint("\"to\" <> ''", "to_somebody"),
    CheckConstraint("(state = 'pending') = (next_at IS NOT NULL)", "next_while_pending"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", "instant_when_sent"),
    CheckConstraint("attempts >= 0", "attempts"),
    Index(None, "next_at", **_where("next_at IS NOT NULL")),
    Index(None, "to", "state", "sent_at"),
)

agent_keys = Table(
    "agent_keys",
    metadata,
    _id(),
    Column("agent", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
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
    _id(),
    Column("person", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

works = Table(
    "works",
    metadata,
    _id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("case", Words),
    Column("rehearsal", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("silent_after_s", Number, nullable=False),
    Column("due_at", Instant),
    Column("state", Words, nullable=False),
    _escalation_id(),
    CheckConstraint(_one_of("state", "open", "done", "failed", "stalled"), "state"),
    CheckConstraint("(state = 'open') = (due_at IS NOT NULL)", "due_while_open"),
    CheckConstraint(
        "state NOT IN ('failed', 'stalled') OR escalation_id IS NOT NULL", "never_lost_in_silence"
    ),
    CheckConstraint("silent_after_s > 0", "silent_after"),
    Index(None, "due_at", **_where("due_at IS NOT NULL")),
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

absences = Table(
    "absences",
    metadata,
    _id(),
    Column("person", Words, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("note", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("ends_at > starts_at", "ends_after_it_starts"),
    Index(None, "person", "ends_at"),
)

departures = Table(
    "departures",
    metadata,
    _id(),
    Column("person", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Words, nullable=False),
    Column("ended_at", Instant),
    Index(None, "person", unique=True, **_where("ended_at IS NULL")),
)

contacts = Table(
    "contacts",
    metadata,
    Column("person", Words, nullable=False),
    Column("contact", Words, nullable=False),
    Column("asked_at", Instant),
    Column("code_hash", Words),
    Column("verified_at", Instant),
    Column("failed_at", Instant),
    Column("error", Words),
    PrimaryKeyConstraint("person", "contact"),
)

contact_plans = Table(
    "contact_plans",
    metadata,
    Column("person", Words, nullable=False),
    Column("urgency", Words, nullable=False),
    Column("steps", Document(tuple[ContactStep, ...]), nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("person", "urgency"),
    CheckConstraint(_one_of("urgency", "normal", "urgent"), "urgency"),
)

duties = Table(
    "duties",
    metadata,
    Column("agent", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("lines", Document(tuple[str, ...]), nullable=False),
    Column("state", Words, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("note", Words, nullable=False),
    PrimaryKeyConstraint("agent", "person", "digest"),
    CheckConstraint(_one_of("state", "asked", "accepted", "declined"), "state"),
    CheckConstraint("(state = 'asked') = (answered_at IS NULL)", "instant_when_answered"),
)

drills = Table(
    "drills",
    metadata,
    _id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("route", Words, nullable=False),
    Column("person", Words, nullable=False),
    _escalation_id(nullable=False),
    Column("by", Words, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("answered_at", Instant),
    Column("answered_by", Words),
    Column("outcome", Words, nullable=False),
    CheckConstraint(_one_of("outcome", "open", "answered", "moved", "failed"), "outcome"),
    Index(None, "agent", "route", "started_at"),
)

calendars = Table(
    "calendars",
    metadata,
    Column("agent", Words, nullable=False),
    Column("file", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("read_at", Instant, nullable=False),
    PrimaryKeyConstraint("agent", "file"),
)

used_grants = Table(
    "used_grants",
    metadata,
    _id(),
    _escalation_id(),
    Column("agent", Words, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("used_by", Words, nullable=False),
)
"""A grant's id stands here once it has been used; the primary key lets only one use it."""
