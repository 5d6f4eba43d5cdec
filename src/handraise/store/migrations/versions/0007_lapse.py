"""Go-live records: the lines that were waived, and when a record ends by itself.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; records that were signed before have no waivers and do not end."""
    op.add_column("ready_records", sa.Column("waivers", TEXT, nullable=False, server_default="[]"))
    op.add_column("ready_records", sa.Column("expires_at", TEXT))
    op.add_column(
        "ready_records", sa.Column("expires_why", TEXT, nullable=False, server_default="")
    )
