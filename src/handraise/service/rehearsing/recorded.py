"""Real decisions of the past as decisions of an exercise: their proposal and facts, no more.

INVARIANT: nobody's words come along: not the customer's text, not the agent's context, no case,
nor who asked for it.
"""

from __future__ import annotations

from handraise.core.gate.digest import decision_digest
from handraise.model import Decision, DecisionRecord, Escalation
from handraise.service.rehearsing.cases import ExerciseCase
from handraise.service.rehearsing.words import tame
from handraise.store import Store

KEPT = ("type", "action", "confidence", "facts", "proposal")

LOOKED_AT = 20
"""So many decisions are looked at for each that is wanted: many are the same but for the case."""


def recorded_cases(store: Store, agent: str, count: int) -> list[ExerciseCase]:
    """Return the agent's newest real decisions, the newest first, each kind of them once.

    Args:
        store: where they were recorded.
        agent: whose.
        count: at most so many.
    """
    found: dict[str, ExerciseCase] = {}
    for record in store.recent_decisions(agent, limit=count * LOOKED_AT):
        stopped = store.escalation(record.escalation_id) if record.escalation_id else None
        decision = _decision(record, stopped)
        digest = decision_digest(decision)
        if digest not in found:
            found[digest] = ExerciseCase(
                name=_name(record, len(found) + 1), decision=decision, before=_before(stopped)
            )
        if len(found) == count:
            break
    return list(found.values())


def _decision(record: DecisionRecord, stopped: Escalation | None) -> Decision:
    made = record if stopped is None else stopped.decision
    return Decision(**{name: getattr(made, name) for name in KEPT})


def _name(record: DecisionRecord, place: int) -> str:
    what = ", ".join(filter(None, (record.type, record.action)))
    return tame(f"recorded {place}: {what or 'no usable type'}", 120)


def _before(stopped: Escalation | None) -> str:
    if stopped is None:
        return "it went ahead"
    if stopped.outcome is None:
        return "it is still open"
    by = f" by {stopped.resolved_by}" if stopped.resolved_by else ""
    return f"{stopped.outcome.replace('_', ' ')}{by}"
