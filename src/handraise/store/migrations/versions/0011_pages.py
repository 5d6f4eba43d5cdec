"""The pages: passkeys, identities, devices, screens on the wall, posts in Slack, what is looked at.

A migration is never changed once it is released: it names its own types, and imports none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
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
    _ask_spans()


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


def _ask_spans() -> None:
    op.create_table(
        "ask_spans",
        sa.Column("ask_id", TEXT, nullable=False),
        sa.Column("asked_at", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("conditions", TEXT, nullable=False),
        sa.Column("picked_up_at", TEXT),
        sa.Column("ended_at", TEXT),
        sa.Column("answer", TEXT),
        sa.Column("by", TEXT),
        sa.PrimaryKeyConstraint("ask_id", "asked_at", name="pk_ask_spans"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_ask_spans_ask_id"),
        sa.CheckConstraint(
            "answer IS NULL OR ended_at IS NOT NULL", name="ck_ask_spans_ended_when_answered"
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (by IS NULL)", name="ck_ask_spans_answered_by_somebody"
        ),
    )
    _fill_spans()
    op.create_index(
        "ix_ask_spans_agent_asked_at_route", "ask_spans", ["agent", "asked_at", "route"]
    )
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_ask_spans_agent_ended_at",
        "ask_spans",
        ["agent", "ended_at"],
        sqlite_where=ended,
        postgresql_where=ended,
    )
    answered = sa.text('"by" IS NOT NULL')
    op.create_index(
        "ix_ask_spans_answered",
        "ask_spans",
        ["agent", "by", "ended_at", "ask_id"],
        sqlite_where=answered,
        postgresql_where=answered,
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_ask_spans_open",
        "ask_spans",
        ["agent", "route", "asked_at"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index(
        "ix_situations_agent_said_at_escalation_id",
        "situations",
        ["agent", "said_at", "escalation_id"],
    )
    op.drop_index("ix_escalations_agent_resolved_at", "escalations")
    resolved = sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "ix_escalations_ended",
        "escalations",
        ["agent", "resolved_at", "rehearsal", "outcome"],
        sqlite_where=resolved,
        postgresql_where=resolved,
    )


ASKS = """
SELECT a.id, a.route, a.state, a.answer, a.acknowledged_at, e.agent, e.created_at, e.resolved_at,
       e.reasons,
       (SELECT min(g.assigned_at) FROM assignments g WHERE g.ask_id = a.id) AS assigned_at
FROM asks a JOIN escalations e ON e.id = a.escalation_id
WHERE NOT e.rehearsal AND a.id > :after ORDER BY a.id LIMIT 1000
"""
TOLD = """
SELECT ask_id, kind, at, who, detail FROM events
WHERE escalation_id IN (SELECT escalation_id FROM asks WHERE id > :after AND id <= :upto)
AND ask_id > :after AND ask_id <= :upto AND kind IN ('acknowledged', 'answered', 'asked_again')
ORDER BY seq
"""


def _fill_spans() -> None:
    """Write for how long each ask was open that is there already, by what the events say of it."""
    bind, after = op.get_bind(), ""
    spans = sa.table(
        "ask_spans",
        *map(
            sa.column,
            (
                "ask_id",
                "asked_at",
                "agent",
                "route",
                "conditions",
                "picked_up_at",
                "ended_at",
                "answer",
                "by",
            ),
        ),
    )
    while found := [dict(row) for row in bind.execute(sa.text(ASKS), {"after": after}).mappings()]:
        upto = found[-1]["id"]
        told: dict[str, list[Any]] = {}
        for row in bind.execute(sa.text(TOLD), {"after": after, "upto": upto}):
            told.setdefault(row.ask_id, []).append(row)
        bind.execute(
            sa.insert(spans), [one for ask in found for one in _spans(ask, told.get(ask["id"], []))]
        )
        after = upto


def _spans(ask: dict[str, Any], told: Sequence[Any]) -> Iterator[dict[str, Any]]:
    reasons = msgspec.json.decode(ask["reasons"])
    conditions = sorted({one["condition"] for one in reasons if one["route"] == ask["route"]})
    blank = {
        "ask_id": ask["id"],
        "asked_at": ask["assigned_at"] or ask["created_at"],
        "agent": ask["agent"],
        "route": ask["route"],
        "conditions": msgspec.json.encode(conditions).decode(),
        "picked_up_at": None,
        "ended_at": None,
        "answer": None,
        "by": None,
    }
    span = dict(blank)
    for one in told:
        if one.kind == "asked_again":
            yield span
            span = {**blank, "asked_at": one.at}
        else:
            span["picked_up_at"] = span["picked_up_at"] or one.at
        if one.kind == "answered":
            answer = msgspec.json.decode(one.detail or "{}").get("answer")
            span |= {"ended_at": one.at, "answer": answer, "by": answer and one.who}
    if ask["state"] == "answered":
        last = msgspec.json.decode(ask["answer"])
        span |= {"ended_at": last["at"], "answer": last["kind"], "by": last["by"]}
        span["picked_up_at"] = span["picked_up_at"] or last["at"]
    elif ask["state"] == "closed":
        span["ended_at"] = ask["resolved_at"]
    yield span
