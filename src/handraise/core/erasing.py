"""What is left of an escalation once its personal data is erased.

Who decided, when, by which row of the table and with which outcome stays; what it was about goes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.model import Answer, Decision, Escalation, Reason

GONE = "erased"
"""Stands in place of words that were erased."""


def bare_of(escalation: Escalation, now: datetime, people: Collection[str] = ()) -> Escalation:
    """Return an ended escalation without what it was about.

    Args:
        escalation: as it stands.
        now: when it is erased; what was erased before keeps its instant.
        people: ids of people who may be asked: where the decision was asked for by one of them,
            that stays; anybody else is personal data.
    """
    return replace(
        escalation,
        decision=_bare_decision(escalation.decision, now, people),
        proposal=None,
        facts={},
        reasons=tuple(_bare_reason(reason) for reason in escalation.reasons),
        asks=tuple(replace(ask, answer=_bare_answer(ask.answer)) for ask in escalation.asks),
        reason=escalation.reason and GONE,
        instruction=escalation.instruction and GONE,
        erased_at=escalation.erased_at or now,
    )


def _bare_decision(decision: Decision, now: datetime, people: Collection[str]) -> Decision:
    asked_by = _name(decision.asked_by)
    return Decision(
        type=_name(decision.type),
        action=_name(decision.action),
        confidence=decision.confidence if isinstance(decision.confidence, float | int) else None,
        context={GONE: f"{now:%Y-%m-%d}"},
        case=_name(decision.case),
        key=_name(decision.key),
        asked_by=asked_by if set((asked_by or "").split()) <= {*people, GONE} else GONE,
    )


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _bare_reason(reason: Reason) -> Reason:
    return replace(reason, observed=GONE, sentence=GONE)


def _bare_answer(answer: Answer | None) -> Answer | None:
    if answer is None:
        return None
    return replace(
        answer,
        proposal=None,
        facts=None,
        reason=answer.reason and GONE,
        instruction=answer.instruction and GONE,
    )
