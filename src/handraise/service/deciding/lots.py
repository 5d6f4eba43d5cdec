"""What is kept of a decision that was drawn, so that a person can look at it afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.core.gate.digest import plain_decision
from handraise.model import Audit, Decision, DecisionRecord


def audits_of(
    record: DecisionRecord, decision: Decision, probabilities: Sequence[float]
) -> tuple[Audit, ...]:
    """Return the audits of a decision, with its text and context in plain values, bounded in size.

    Args:
        record: of the decision.
        decision: as the agent gave it.
        probabilities: of each look that it was drawn for.
    """
    plain, _ = plain_decision(Decision(text=decision.text, context=decision.context))
    return tuple(
        Audit(
            id=f"{record.id}.{look}",
            decision_id=record.id,
            agent=record.agent,
            version=record.version,
            severity=record.severity or "",
            probability=probability,
            text=plain.text,
            context=plain.context,
            drawn_at=record.decided_at,
        )
        for look, probability in enumerate(probabilities, start=1)
    )
