"""People: here or away, reachable, willing; asks that are delegated; messages that are held back.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

OUTBOX = (
    "id",
    "kind",
    "agent",
    "to",
    "contacts",
    "subject",
    "body",
    "escalation_id",
    "ask_id",
    "created_at",
    "attempts",
    "next_at",
    "state",
    "error",
    "sent_at",
)


def upgrade() -> None:
    """Add columns to asks and outbox, and the tables of people."""
    op.add_column("asks", sa.Column("acknowledged_until", TEXT))
    op.add_column("asks", sa.Column("delegate", TEXT))
    op.add_column("asks", sa.Column("also", TEXT, nullable=False, server_default="[]"))
    _renew_outbox()
    _create_tables()


def _renew_outbox() -> None:
    """Make the outbox anew with its columns and checks: SQLite cannot change a check."""
    op.rename_table("outbox", "outbox_before")
    if op.get_context().dialect.name == "postgresql":
        for name in ("pk_outbox", "ck_outbox_state", "fk_outbox_escalation_id", "fk_outbox_ask_id"):
            op.execute(f"ALTER TABLE outbox_before RENAME CONSTRAINT {name} TO {name}_before")
    op.drop_index("ix_outbox_next_at", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("to", TEXT, nullable=False),
        sa.Column("contacts", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT),
        sa.Column("ask_id", TEXT),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", TEXT),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("error", TEXT),
        sa.Column("sent_at", TEXT),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("bundle", TEXT),
        sa.Column("only_while", TEXT),
        sa.Column("told_in", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_outbox_escalation_id"
        ),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_outbox_ask_id"),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'failed', 'bundled', 'dropped')", name="ck_outbox_state"
        ),
        sa.CheckConstraint("urgency IN ('normal', 'urgent')", name="ck_outbox_urgency"),
        sa.CheckConstraint("only_while IN ('held', 'unacknowledged')", name="ck_outbox_only_while"),
        sa.CheckConstraint(
            "(state = 'bundled') = (told_in IS NOT NULL)",
            name="ck_outbox_told_elsewhere_when_bundled",
        ),
        sa.CheckConstraint("\"to\" <> ''", name="ck_outbox_to_somebody"),
        sa.CheckConstraint(
            "(state = 'pending') = (next_at IS NOT NULL)", name="ck_outbox_next_while_pending"
        ),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name="ck_outbox_instant_when_sent"
        ),
        sa.CheckConstraint("attempts >= 0", name="ck_outbox_attempts"),
    )
    names = ", ".join(f'"{name}"' for name in OUTBOX)
    op.execute(
        f"INSERT INTO outbox ({names}, urgency) SELECT {names}, 'normal' FROM outbox_before"  # noqa: S608 - our own names
    )
    op.drop_table("outbox_before")
    op.create_index(
        "ix_outbox_next_at",
        "outbox",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_outbox_to_state_sent_at", "outbox", ["to", "state", "sent_at"])


def _create_tables() -> None:
    op.create_table(
        "absences",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("starts_at", TEXT, nullable=False),
        sa.Column("ends_at", TEXT),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("set_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_absences_ends_after_it_starts"),
    )
    op.create_index("ix_absences_person_ends_at", "absences", ["person", "ends_at"])
    op.create_table(
        "departures",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
    )
    op.create_index(
        "ix_departures_person",
        "departures",
        ["person"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "contacts",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("contact", TEXT, nullable=False),
        sa.Column("asked_at", TEXT),
        sa.Column("code_hash", TEXT),
        sa.Column("verified_at", TEXT),
        sa.Column("failed_at", TEXT),
        sa.Column("error", TEXT),
        sa.PrimaryKeyConstraint("person", "contact", name="pk_contacts"),
    )
    op.create_table(
        "contact_plans",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("steps", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("person", "urgency", name="pk_contact_plans"),
        sa.CheckConstraint("urgency IN ('normal', 'urgent')", name="ck_contact_plans_urgency"),
    )
    op.create_table(
        "duties",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("lines", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", TEXT, nullable=False),
        sa.Column("answered_at", TEXT),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agent", "person", "digest", name="pk_duties"),
        sa.CheckConstraint("state IN ('asked', 'accepted', 'declined')", name="ck_duties_state"),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)", name="ck_duties_instant_when_answered"
        ),
    )
    op.create_table(
        "drills",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("told_at", TEXT),
        sa.Column("acknowledged_at", TEXT),
        sa.Column("answered_at", TEXT),
        sa.Column("answered_by", TEXT),
        sa.Column("outcome", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_drills_escalation_id"
        ),
        sa.CheckConstraint(
            "outcome IN ('open', 'answered', 'moved', 'failed')", name="ck_drills_outcome"
        ),
    )
    op.create_index("ix_drills_agent_route_started_at", "drills", ["agent", "route", "started_at"])
    op.create_table(
        "calendars",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("read_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agent", "file", name="pk_calendars"),
    )
    op.create_table(
        "used_grants",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=False),
        sa.Column("used_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_used_grants"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_used_grants_escalation_id"
        ),
    )
