"""Everything the first release keeps.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "agent_keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("revoked_at", TEXT),
        sa.Column("used_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_agent_keys"),
        sa.CheckConstraint("secret_hash <> ''", name="ck_agent_keys_secret"),
    )
    op.create_table(
        "escalations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("proposal", TEXT),
        sa.Column("proposal_digest", TEXT, nullable=False),
        sa.Column("asked_digest", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("reasons", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("outcome", TEXT),
        sa.Column("resolved_by", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("instruction", TEXT),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("resolved_at", TEXT),
        sa.Column("case", TEXT),
        sa.Column("type", TEXT),
        sa.Column("action", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
        sa.CheckConstraint(
            "(state = 'resolved') = (resolved_at IS NOT NULL)",
            name="ck_escalations_instant_when_resolved",
        ),
        sa.CheckConstraint(
            "state = 'resolved' OR resolved_by IS NULL", name="ck_escalations_nobody_while_open"
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'changed', 'rejected', 'instructed', 'taken_over',"
            " 'withdrawn', 'expired')",
            name="ck_escalations_outcome",
        ),
        sa.CheckConstraint(
            "(state = 'resolved') = (outcome IS NOT NULL)",
            name="ck_escalations_outcome_when_resolved",
        ),
        sa.CheckConstraint(
            "outcome IN ('withdrawn', 'expired') OR resolved_by IS NOT NULL",
            name="ck_escalations_somebody_when_answered",
        ),
        sa.CheckConstraint("state IN ('open', 'resolved')", name="ck_escalations_state"),
    )
    op.create_index(
        "ix_escalations_agent_rehearsal_case_asked_digest",
        "escalations",
        ["agent", "rehearsal", "case", "asked_digest"],
    )
    op.create_index("ix_escalations_agent_state_id", "escalations", ["agent", "state", "id"])
    op.create_table(
        "heartbeats",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "ready_records",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agent", "version", name="pk_ready_records"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("ended_at", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_table(
        "sign_in_tokens",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("next_path", TEXT, nullable=False),
        sa.Column("used_at", TEXT),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in_tokens"),
    )
    op.create_index(
        "ix_sign_in_tokens_person_created_at", "sign_in_tokens", ["person", "created_at"]
    )
    op.create_table(
        "table_versions",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("known", TEXT, nullable=False),
        sa.Column("registered_at", TEXT, nullable=False),
        sa.Column("registered_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "version", name="pk_table_versions"),
        sa.UniqueConstraint(
            "agent", "registered_seq", name="uq_table_versions_agent_registered_seq"
        ),
    )
    op.create_table(
        "asks",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("with_owner", sa.Boolean(), nullable=False),
        sa.Column("tried", TEXT, nullable=False),
        sa.Column("assigned_at", TEXT, nullable=False),
        sa.Column("acknowledge_due_at", TEXT),
        sa.Column("decide_due_at", TEXT, nullable=False),
        sa.Column("acknowledged_at", TEXT),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("due_at", TEXT),
        sa.Column("answer", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_asks"),
        sa.CheckConstraint(
            "state <> 'answered' OR answer IS NOT NULL", name="ck_asks_answer_when_answered"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (due_at IS NOT NULL)", name="ck_asks_due_while_open"
        ),
        sa.CheckConstraint("holder <> ''", name="ck_asks_held_by_somebody"),
        sa.CheckConstraint("reminders >= 0", name="ck_asks_reminders"),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name="ck_asks_state"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_asks_escalation_id"
        ),
        sa.UniqueConstraint("escalation_id", "position", name="uq_asks_escalation_id_position"),
    )
    op.create_index("ix_asks_due_at", "asks", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_index("ix_asks_holder_state", "asks", ["holder", "state"])
    op.create_index("ix_asks_route_state", "asks", ["route", "state"])
    op.create_table(
        "decisions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("key", TEXT),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("case", TEXT),
        sa.Column("type", TEXT),
        sa.Column("action", TEXT),
        sa.Column("confidence", sa.Float(53)),
        sa.Column("facts", TEXT),
        sa.Column("proposal", TEXT),
        sa.Column("rows", TEXT, nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("escalation_id", TEXT),
        sa.Column("decided_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_decisions_escalation_id"
        ),
    )
    op.create_index(
        "ix_decisions_agent_rehearsal_key",
        "decisions",
        ["agent", "rehearsal", "key"],
        unique=True,
        **_where("key IS NOT NULL"),
    )
    op.create_index(
        "ix_decisions_escalation_id",
        "decisions",
        ["escalation_id"],
        **_where("escalation_id IS NOT NULL"),
    )
    op.create_table(
        "works",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("case", TEXT),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("beat_at", TEXT, nullable=False),
        sa.Column("silent_after_s", sa.Float(53), nullable=False),
        sa.Column("due_at", TEXT),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_works"),
        sa.CheckConstraint(
            "(state = 'open') = (due_at IS NOT NULL)", name="ck_works_due_while_open"
        ),
        sa.CheckConstraint(
            "state NOT IN ('failed', 'stalled') OR escalation_id IS NOT NULL",
            name="ck_works_never_lost_in_silence",
        ),
        sa.CheckConstraint("silent_after_s > 0", name="ck_works_silent_after"),
        sa.CheckConstraint("state IN ('open', 'done', 'failed', 'stalled')", name="ck_works_state"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_works_escalation_id"
        ),
    )
    op.create_index("ix_works_due_at", "works", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_table(
        "assignments",
        sa.Column("ask_id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("assigned_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("ask_id", "person", "assigned_at", name="pk_assignments"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_assignments_ask_id"),
    )
    op.create_index("ix_assignments_person_assigned_at", "assignments", ["person", "assigned_at"])
    op.create_table(
        "events",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("escalation_id", TEXT),
        sa.Column("ask_id", TEXT),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_events_ask_id"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_events_escalation_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_escalation_id_seq", "events", ["escalation_id", "seq"])
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
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.CheckConstraint("attempts >= 0", name="ck_outbox_attempts"),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name="ck_outbox_instant_when_sent"
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (next_at IS NOT NULL)", name="ck_outbox_next_while_pending"
        ),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name="ck_outbox_state"),
        sa.CheckConstraint("\"to\" <> ''", name="ck_outbox_to_somebody"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_outbox_ask_id"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_outbox_escalation_id"
        ),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["next_at"], **_where("next_at IS NOT NULL"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
