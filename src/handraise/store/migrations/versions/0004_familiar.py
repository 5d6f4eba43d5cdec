"""Familiarity: what a table learned, how usual each decision was, and what people said of new ones.

The columns that are added to escalations and decisions are NULL in the rows that are there, so that
what the record commits to stays as it was. A migration is never changed once it is released: it
names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Float(53)


def upgrade() -> None:
    """Add the columns, and the table of situations."""
    op.add_column("table_versions", sa.Column("learned", TEXT))
    op.add_column("escalations", sa.Column("familiarity", NUMBER))
    op.add_column("decisions", sa.Column("familiarity", NUMBER))
    op.create_table(
        "situations",
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("label", TEXT),
        sa.Column("said_by", TEXT, nullable=False),
        sa.Column("said_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("escalation_id", name="pk_situations"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_situations_escalation_id"
        ),
        sa.CheckConstraint("label <> ''", name="ck_situations_label"),
        sa.CheckConstraint("said_by <> ''", name="ck_situations_said_by_somebody"),
    )
    op.create_index("ix_situations_agent_escalation_id", "situations", ["agent", "escalation_id"])
