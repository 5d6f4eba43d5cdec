"""Where people reach the pages, as the last server that was started told.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "addresses",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("told_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_addresses"),
    )
