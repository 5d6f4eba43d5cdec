"""People: here or away, reachable, willing; their calendars and drills."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from handraise.model import ContactStep
from handraise.store.columns import Document, Instant, Words
from handraise.store.schema.base import escalation_id, metadata, one_of, own_id, where

absences = Table(
    "absences",
    metadata,
    own_id(),
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
    own_id(),
    Column("person", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Words, nullable=False),
    Column("ended_at", Instant),
    Index(None, "person", unique=True, **where("ended_at IS NULL")),
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
    CheckConstraint(one_of("urgency", "normal", "urgent"), "urgency"),
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
    CheckConstraint(one_of("state", "asked", "accepted", "declined"), "state"),
    CheckConstraint("(state = 'asked') = (answered_at IS NULL)", "instant_when_answered"),
)

drills = Table(
    "drills",
    metadata,
    own_id(),
    Column("agent", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("route", Words, nullable=False),
    Column("person", Words, nullable=False),
    escalation_id(nullable=False),
    Column("by", Words, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("answered_at", Instant),
    Column("answered_by", Words),
    Column("outcome", Words, nullable=False),
    CheckConstraint(one_of("outcome", "open", "answered", "moved", "failed"), "outcome"),
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
