"""Rehearsals of a team: exercises with all the named people at once, and what each answered.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RUNNING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "rehearsals",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("questions", TEXT, nullable=False),
        sa.Column("went_ahead", TEXT, nullable=False),
        sa.Column("left_out", TEXT, nullable=False),
        sa.Column("invited", TEXT, nullable=False),
        sa.Column("absent", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("ends_at", TEXT, nullable=False),
        sa.Column("reminded_at", TEXT),
        sa.Column("ended_at", TEXT),
        sa.Column("ended_why", TEXT),
        sa.Column("protocol", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_rehearsals"),
        sa.CheckConstraint("ends_at > started_at", name="ck_rehearsals_ends_after_it_starts"),
        sa.CheckConstraint(
            "ended_why IN ('answered', 'time', 'owner')", name="ck_rehearsals_ended_why"
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_why IS NULL)", name="ck_rehearsals_why_when_ended"
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (protocol IS NULL)", name="ck_rehearsals_protocol_when_ended"
        ),
    )
    op.create_index(
        "ix_rehearsals_agent",
        "rehearsals",
        ["agent"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_index("ix_rehearsals_agent_started_at", "rehearsals", ["agent", "started_at"])
    op.create_table(
        "rehearsal_asks",
        sa.Column("rehearsal_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("routes", TEXT, nullable=False),
        sa.Column("seen_at", TEXT),
        sa.Column("answered_at", TEXT),
        sa.Column("kind", TEXT),
        sa.Column("proposal", TEXT),
        sa.Column("facts", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("instruction", TEXT),
        sa.Column("unclear", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("rehearsal_id", "number", "person", name="pk_rehearsal_asks"),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["rehearsals.id"], name="fk_rehearsal_asks_rehearsal_id"
        ),
        sa.CheckConstraint(
            "kind IN ('approve', 'change', 'reject', 'instruct', 'take_over')",
            name="ck_rehearsal_asks_kind",
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (kind IS NULL)", name="ck_rehearsal_asks_kind_when_answered"
        ),
    )
