"""The watch: counts, monitors, alarms, audits, outcomes, advice, and signs of life.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.Float(53)


def upgrade() -> None:
    """Add the tables, and what a decision and an agent's key say from now on."""
    op.add_column("decisions", sa.Column("severity", TEXT))
    op.add_column("decisions", sa.Column("audit", NUMBER))
    op.create_index("ix_decisions_agent_id", "decisions", ["agent", "id"])
    op.add_column("promises", sa.Column("alike", NUMBER, nullable=False, server_default="1"))
    op.add_column("agent_keys", sa.Column("may", TEXT, nullable=False, server_default="decide"))
    _counts()
    _alarms()
    _audits()
    _outcomes()
    _advice()
    _signs_of_life()
    _looking_back()


def _counts() -> None:
    op.create_table(
        "tallies",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("hour", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("rows", TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("looked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agent", "hour", "version", "type", "severity", "rows", name="pk_tallies"
        ),
        sa.CheckConstraint("looked BETWEEN 0 AND count", name="ck_tallies_looked"),
    )
    fresh = sa.text("count > looked")
    op.create_index(
        "ix_tallies_fresh",
        "tallies",
        ["agent", "hour"],
        sqlite_where=fresh,
        postgresql_where=fresh,
    )
    op.create_table(
        "monitors",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("series", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("agent", "version", "series", name="pk_monitors"),
    )


def _alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("sentence", TEXT, nullable=False),
        sa.Column("means", TEXT, nullable=False),
        sa.Column("lines", TEXT, nullable=False),
        sa.Column("examples", TEXT, nullable=False),
        sa.Column("about", TEXT),
        sa.Column("since", TEXT),
        sa.Column("raised_at", TEXT, nullable=False),
        sa.Column("seen_at", TEXT, nullable=False),
        sa.Column("told_at", TEXT),
        sa.Column("acknowledged_at", TEXT),
        sa.Column("acknowledged_by", TEXT),
        sa.Column("snoozed_until", TEXT),
        sa.Column("snoozed_by", TEXT),
        sa.Column("resolved_at", TEXT),
        sa.Column("told", TEXT),
        sa.Column("times_told", sa.Integer(), nullable=False),
        sa.Column("times_back", sa.Integer(), nullable=False),
        sa.Column("wrong_since", TEXT),
        sa.Column("longest_s", NUMBER, nullable=False),
        sa.Column("unseen", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sa.CheckConstraint("told IN ('wrong', 'over')", name="ck_alarms_told"),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name="ck_alarms_state"),
        sa.CheckConstraint(
            "(state = 'resolved') = (resolved_at IS NOT NULL)",
            name="ck_alarms_instant_when_resolved",
        ),
        sa.CheckConstraint(
            "state <> 'acknowledged' OR acknowledged_by IS NOT NULL",
            name="ck_alarms_taken_by_somebody",
        ),
    )
    unresolved = sa.text("state <> 'resolved'")
    op.create_index(
        "ix_alarms_unresolved",
        "alarms",
        ["agent", "kind", "subject"],
        unique=True,
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )
    op.create_index("ix_alarms_agent_raised_at", "alarms", ["agent", "raised_at"])


def _audits() -> None:
    op.create_table(
        "audits",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("decision_id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("probability", NUMBER, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("text", TEXT),
        sa.Column("context", TEXT),
        sa.Column("drawn_at", TEXT, nullable=False),
        sa.Column("person", TEXT),
        sa.Column("asked_at", TEXT),
        sa.Column("due_at", TEXT),
        sa.Column("chosen", TEXT),
        sa.Column("chosen_at", TEXT),
        sa.Column("answer", TEXT),
        sa.Column("stake", NUMBER),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("answered_at", TEXT),
        sa.Column("answered_by", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_audits_decision_id"),
        sa.CheckConstraint(
            "state IN ('drawn', 'asked', 'answered', 'left_out')", name="ck_audits_state"
        ),
        sa.CheckConstraint("answer IN ('right', 'wrong', 'cannot_tell')", name="ck_audits_answer"),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name="ck_audits_probability"),
        sa.CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL)", name="ck_audits_answer_when_answered"
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL)", name="ck_audits_answered_by_somebody"
        ),
        sa.CheckConstraint(
            "state <> 'asked' OR person IS NOT NULL", name="ck_audits_asked_of_somebody"
        ),
    )
    op.create_index("ix_audits_decision_id", "audits", ["decision_id"])
    op.create_index("ix_audits_agent_state_drawn_at", "audits", ["agent", "state", "drawn_at"])
    op.create_index("ix_audits_person_state", "audits", ["person", "state"])


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("decision_id", TEXT, nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("told_at", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("stake", NUMBER),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_outcomes_decision_id"),
        sa.CheckConstraint("source IN ('file', 'api', 'agent')", name="ck_outcomes_source"),
        sa.CheckConstraint("\"by\" <> ''", name="ck_outcomes_by_somebody"),
    )
    op.create_index("ix_outcomes_decision_id_id", "outcomes", ["decision_id", "id"])
    op.create_index("ix_outcomes_agent_told_at", "outcomes", ["agent", "told_at"])


def _advice() -> None:
    op.create_table(
        "advice",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("sentence", TEXT, nullable=False),
        sa.Column("lines", TEXT, nullable=False),
        sa.Column("change", TEXT, nullable=False),
        sa.Column("evidence", sa.BigInteger(), nullable=False),
        sa.Column("made_at", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("settled_at", TEXT),
        sa.Column("settled_by", TEXT),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_advice"),
        sa.CheckConstraint("kind IN ('threshold', 'silent_row', 'type')", name="ck_advice_kind"),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'declined', 'past')", name="ck_advice_state"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL)", name="ck_advice_instant_when_settled"
        ),
        sa.CheckConstraint(
            "state NOT IN ('taken', 'declined') OR settled_by IS NOT NULL",
            name="ck_advice_settled_by_somebody",
        ),
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        "ix_advice_open",
        "advice",
        ["agent", "kind", "subject"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_advice_agent_made_at", "advice", ["agent", "made_at"])


def _signs_of_life() -> None:
    op.create_table(
        "presences",
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("beat_at", TEXT, nullable=False),
        sa.Column("every_s", NUMBER, nullable=False),
        sa.Column("due_at", TEXT),
        sa.PrimaryKeyConstraint("agent", "name", name="pk_presences"),
        sa.CheckConstraint("every_s > 0", name="ck_presences_every"),
    )
    op.create_table(
        "readings",
        sa.Column("escalation_id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("escalation_id", "person", name="pk_readings"),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name="fk_readings_escalation_id"
        ),
    )


def _looking_back() -> None:
    """Add what finds the answers and the missed deadlines of some weeks."""
    resolved, advanced = sa.text("resolved_at IS NOT NULL"), sa.text("kind = 'advanced'")
    op.create_index(
        "ix_escalations_agent_resolved_at",
        "escalations",
        ["agent", "resolved_at"],
        sqlite_where=resolved,
        postgresql_where=resolved,
    )
    op.create_index(
        "ix_events_advanced",
        "events",
        ["agent", "at"],
        sqlite_where=advanced,
        postgresql_where=advanced,
    )
