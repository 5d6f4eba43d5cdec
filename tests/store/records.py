"""Records for the store's tests: sound ones, from a few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace
from uuid_utils import uuid7

from handraise.errors import AlreadyAnsweredError
from handraise.model import (
    Answer,
    Ask,
    Decision,
    DecisionRecord,
    Escalation,
    Event,
    Message,
    Move,
    Reason,
    Work,
)

NOW = datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC)
AGENT = "support-agent"


def after(**duration: float) -> datetime:
    return NOW + timedelta(**duration)


def new_id() -> str:
    return str(uuid7())


def make_ask(escalation_id: str, position: int = 1, **fields: Any) -> Ask:
    return Ask(
        **{
            "id": f"{escalation_id}.{position}",
            "route": "finance_lead",
            "state": "open",
            "holder": "ines",
            "tried": ("ines",),
            "assigned_at": NOW,
            "acknowledge_due_at": after(minutes=30),
            "decide_due_at": after(hours=8),
            "due_at": after(minutes=30),
            **fields,
        }
    )


def make_reason(**fields: Any) -> Reason:
    return Reason(
        **{
            "row": "consequence.1",
            "condition": "consequence",
            "route": "finance_lead",
            "observed": "6200",
            "limit": "5000",
            "sentence": "abs(revenue_usd) is 6200, above 5000",
            **fields,
        }
    )


def make_escalation(*asks: dict[str, Any], **fields: Any) -> Escalation:
    """Return an open escalation with an ask for each of `asks`, or with one."""
    escalation_id = fields.pop("id", None) or new_id()
    decision = fields.pop("decision", None) or Decision(
        type="refund_request",
        action="refund",
        confidence=0.91,
        text="I would like my money back.",
        proposal={"refund": 6200},
        facts={"revenue_usd": 6200},
        context={"customer": "c-17"},
        case=fields.pop("case", "ticket-991"),
        key=fields.pop("key", None),
    )
    return Escalation(
        **{
            "id": escalation_id,
            "agent": AGENT,
            "version": "v1",
            "rehearsal": False,
            "decision": decision,
            "digest": "digest",
            "proposal": decision.proposal,
            "proposal_digest": "asked",
            "asked_digest": "asked",
            "facts": {"revenue_usd": 6200},
            "reasons": (make_reason(),),
            "asks": tuple(
                make_ask(escalation_id, position, **one)
                for position, one in enumerate(asks or ({},), start=1)
            ),
            "created_at": NOW,
            **fields,
        }
    )


def make_record(escalation: Escalation | None = None, **fields: Any) -> DecisionRecord:
    """Return the record of the decision that made `escalation`, or of one that went ahead."""
    found: dict[str, Any] = {}
    if escalation is not None:
        found = {
            "agent": escalation.agent,
            "key": escalation.key,
            "digest": escalation.digest,
            "case": escalation.case,
            "rows": tuple(reason.row for reason in escalation.reasons),
            "rehearsal": escalation.rehearsal,
            "escalation_id": escalation.id,
        }
    return DecisionRecord(
        **{
            "id": new_id(),
            "agent": AGENT,
            "version": "v1",
            "type": "refund_request",
            "action": "refund",
            "confidence": 0.91,
            "facts": {"revenue_usd": 40},
            "proposal": {"refund": 40},
            "decided_at": NOW,
            **found,
            **fields,
        }
    )


def make_event(escalation: Escalation | None = None, **fields: Any) -> Event:
    return Event(
        **{
            "at": NOW,
            "kind": "created",
            "who": f"agent:{AGENT}",
            "agent": AGENT,
            "escalation_id": escalation.id if escalation else None,
            **fields,
        }
    )


def make_message(escalation: Escalation | None = None, **fields: Any) -> Message:
    return Message(
        **{
            "id": new_id(),
            "kind": "asked",
            "agent": AGENT,
            "to": "ines",
            "contacts": ("mailto:ines@example.com",),
            "subject": "a decision is waiting",
            "body": "please look",
            "escalation_id": escalation.id if escalation else None,
            "ask_id": escalation.asks[0].id if escalation else None,
            "created_at": NOW,
            "next_at": NOW,
            **fields,
        }
    )


def make_work(**fields: Any) -> Work:
    return Work(
        **{
            "id": new_id(),
            "agent": AGENT,
            "version": "v1",
            "case": "ticket-991",
            "started_at": NOW,
            "beat_at": NOW,
            "silent_after_s": 600.0,
            "due_at": after(minutes=10),
            **fields,
        }
    )


def approval(escalation: Escalation, by: str, at: datetime = NOW) -> Move:
    """Return the move of one person approving everything, as the lifecycle would.

    Raises:
        AlreadyAnsweredError: it is no longer open.
    """
    if escalation.state != "open":
        raise AlreadyAnsweredError(f"{escalation.resolved_by} was faster")
    answer = Answer(kind="approve", by=by, at=at, digest=escalation.proposal_digest)
    asks = tuple(
        replace(ask, state="answered", answer=answer, due_at=None) for ask in escalation.asks
    )
    ended = replace(
        escalation, asks=asks, state="resolved", outcome="approved", resolved_by=by, resolved_at=at
    )
    return Move(escalation=ended, events=(make_event(escalation, at=at, kind="resolved", who=by),))


def rejection(escalation: Escalation, by: str, at: datetime = NOW) -> Move:
    """Return the move of one person rejecting it."""
    move = approval(escalation, by, at)
    return replace(move, escalation=replace(move.escalation, outcome="rejected", reason="no"))


def advance(escalation: Escalation, holder: str, at: datetime) -> Move:
    """Return the move of the first ask going to somebody else."""
    first, *rest = escalation.asks
    fresh = replace(
        first,
        holder=holder,
        tried=(*first.tried, holder),
        assigned_at=at,
        due_at=at + timedelta(hours=1),
    )
    event = make_event(escalation, at=at, kind="advanced", who="handraise", ask_id=first.id)
    return Move(escalation=replace(escalation, asks=(fresh, *rest)), events=(event,))
