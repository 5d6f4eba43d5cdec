"""Calibration: the map from stated to calibrated confidence that a table was signed with.

The column is NULL in the rows that are there. A migration is never changed once it is released: it
names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column."""
    op.add_column("table_versions", sa.Column("calibration", TEXT))
