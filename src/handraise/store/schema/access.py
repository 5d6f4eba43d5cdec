"""How people come in and are reached on the pages: passkeys, identities, devices, walls."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from handraise.store.columns import Document, Instant, Words
from handraise.store.schema.base import ask_id, escalation_id, metadata, one_of, own_id, where

passkeys = Table(
    "passkeys",
    metadata,
    own_id(),
    Column("person", Words, nullable=False),
    Column("public_key", Words, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("label", Words, nullable=False),
    Column("transports", Document(tuple[str, ...]), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    CheckConstraint("uses >= 0", "uses"),
    CheckConstraint("person <> ''", "of_somebody"),
    Index(None, "person"),
)
"""`id` is the credential's id and `public_key` its COSE key, both base64url without padding."""

challenges = Table(
    "challenges",
    metadata,
    Column("hash", Words, primary_key=True),
    Column("purpose", Words, nullable=False),
    Column("person", Words),
    Column("about", Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    CheckConstraint(one_of("purpose", "register", "sign_in", "confirm"), "purpose"),
    CheckConstraint("purpose = 'sign_in' OR person IS NOT NULL", "whose"),
    Index(None, "expires_at"),
)
"""`about` binds a confirmation to exactly what is confirmed."""

identities = Table(
    "identities",
    metadata,
    Column("issuer", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("issuer", "subject"),
    Index(None, "person"),
)
"""Who somebody at an OpenID provider is here, once it was known for certain."""

attempts = Table(
    "attempts",
    metadata,
    Column("bucket", Words, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("bucket", "starts_at"),
    CheckConstraint("count > 0", "count"),
    Index(None, "starts_at"),
)
"""How often something was tried in a window of time; `bucket` holds hashes, no addresses."""

lookers = Table(
    "lookers",
    metadata,
    escalation_id(nullable=False),
    Column("person", Words, nullable=False),
    Column("seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("escalation_id", "person"),
    Index(None, "seen_at"),
)
"""Who has an escalation open on a page just now."""

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    own_id(),
    Column("person", Words, nullable=False),
    Column("endpoint", Words, nullable=False),
    Column("p256dh", Words, nullable=False),
    Column("auth", Words, nullable=False),
    Column("kid", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant),
    Column("rests_until", Instant),
    Column("error", Words),
    Column("ended_at", Instant),
    CheckConstraint("failures >= 0", "failures"),
    Index(None, "person"),
    Index(None, "endpoint", unique=True, **where("ended_at IS NULL")),
)
"""`kid` names the secret whose push key the browser was given: it takes messages by no other."""

walls = Table(
    "walls",
    metadata,
    own_id(),
    Column("label", Words, nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("agents", Document(tuple[str, ...]), nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("secret_hash <> ''", "secret"),
)
"""Addresses of a screen on the wall: whoever knows one sees how it stands, and nothing else."""

slack_posts = Table(
    "slack_posts",
    metadata,
    Column("channel", Words, nullable=False),
    Column("ts", Words, nullable=False),
    escalation_id(nullable=False),
    ask_id(),
    Column("person", Words, nullable=False),
    Column("posted_at", Instant, nullable=False),
    Column("settled_at", Instant),
    PrimaryKeyConstraint("channel", "ts"),
    Index(None, "escalation_id", **where("settled_at IS NULL")),
)
"""Questions that stand in Slack with their buttons; one that is settled has lost them."""
