"""Promises: the deferral rate that a version of a table had on the past.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "promises",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("decisions", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.BigInteger(), nullable=False),
        sa.Column("rows", TEXT, nullable=False),
        sa.Column("conditions", TEXT, nullable=False),
        sa.Column("routes", TEXT, nullable=False),
        sa.Column("types", TEXT, nullable=False),
        sa.Column("first", TEXT),
        sa.Column("last", TEXT),
        sa.PrimaryKeyConstraint("agent", "version", name="pk_promises"),
        sa.CheckConstraint("decisions > 0", name="ck_promises_decisions"),
        sa.CheckConstraint("stopped BETWEEN 0 AND decisions", name="ck_promises_stopped"),
    )
