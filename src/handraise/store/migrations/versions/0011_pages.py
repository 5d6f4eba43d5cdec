"""The pages: passkeys, identities, devices, screens on the wall, posts in Slack, what is looked at.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables, and what a session says from now on."""
    _sessions()
    _passkeys()
    _identities()
    _attempts()
    _lookers()
    _alike()
    _push()
    _walls()
    _slack()


def _sessions() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("way", TEXT, nullable=False, server_default="link"))
        sessions.add_column(sa.Column("device", TEXT, nullable=False, server_default=""))
        sessions.add_column(sa.Column("seen_at", TEXT))
        sessions.create_check_constraint("ck_sessions_way", "way IN ('link', 'openid', 'passkey')")
    op.create_index("ix_sessions_person", "sessions", ["person"])


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("public_key", TEXT, nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("transports", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.CheckConstraint("uses >= 0", name="ck_passkeys_uses"),
        sa.CheckConstraint("person <> ''", name="ck_passkeys_of_somebody"),
    )
    op.create_index("ix_passkeys_person", "passkeys", ["person"])
    op.create_table(
        "challenges",
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("person", TEXT),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT),
        sa.PrimaryKeyConstraint("hash", name="pk_challenges"),
        sa.CheckConstraint(
            "purpose IN ('register', 'sign_in', 'confirm')", name="ck_challenges_purpose"
        ),
        sa.CheckConstraint("purpose = 'sign_in' OR person IS NOT NULL", name="ck_challenges_whose"),
    )
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
    )
    op.create_index("ix_identities_person", "identities", ["person"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("bucket", TEXT, nullable=False),
        sa.Column("starts_at", TEXT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "starts_at", name="pk_attempts"),
        sa.CheckConstraint("count > 0", name="ck_attempts_count"),
    )
    op.create_index("ix_attempts_starts_at", "attempts", ["starts_at"])


def _lookers() -> None:
    op.create_table(
        "lookers",
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("seen_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("escalation_id", "person", name="pk_lookers"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_lookers_escalation_id"
        ),
    )
    op.create_index("ix_lookers_seen_at", "lookers", ["seen_at"])


def _alike() -> None:
    named = sa.text("outcome IS NOT NULL AND length(action) <= 200 AND length(type) <= 200")
    op.create_index(
        "ix_escalations_alike",
        "escalations",
        ["agent", "action", "type", "rehearsal", "id"],
        sqlite_where=named,
        postgresql_where=named,
    )


def _push() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("p256dh", TEXT, nullable=False),
        sa.Column("auth", TEXT, nullable=False),
        sa.Column("kid", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("told_at", TEXT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", TEXT),
        sa.Column("rests_until", TEXT),
        sa.Column("error", TEXT),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.CheckConstraint("failures >= 0", name="ck_push_subscriptions_failures"),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("ix_push_subscriptions_person", "push_subscriptions", ["person"])
    op.create_index(
        "ix_push_subscriptions_endpoint",
        "push_subscriptions",
        ["endpoint"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def _walls() -> None:
    op.create_table(
        "walls",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("agents", TEXT, nullable=False),
        sa.Column("made_by", TEXT, nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_walls"),
        sa.CheckConstraint("secret_hash <> ''", name="ck_walls_secret"),
    )


def _slack() -> None:
    op.create_table(
        "slack_posts",
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("ts", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("ask_id", TEXT),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("posted_at", TEXT, nullable=False),
        sa.Column("settled_at", TEXT),
        sa.PrimaryKeyConstraint("channel", "ts", name="pk_slack_posts"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_slack_posts_escalation_id"
        ),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_slack_posts_ask_id"),
    )
    standing = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_slack_posts_escalation_id",
        "slack_posts",
        ["escalation_id"],
        sqlite_where=standing,
        postgresql_where=standing,
    )
