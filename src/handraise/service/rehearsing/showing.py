"""A question of an exercise in the form of a real one, so that people see and answer the same.

INVARIANT: it is never kept as an escalation: nothing can be granted by it.
"""

from __future__ import annotations

from handraise.core.gate.digest import decision_digest, proposal_digest
from handraise.core.table.form import Form
from handraise.core.table.types import Table
from handraise.errors import NotFoundError
from handraise.model import Answer, Ask, Escalation, OutcomeName, Rehearsal, RehearsalAsk

OUTCOME: dict[str, OutcomeName] = {
    "approve": "approved",
    "change": "changed",
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken_over",
}


def as_escalation(rehearsal: Rehearsal, ask: RehearsalAsk) -> Escalation:
    """Return what a question put to one person looks like as an escalation of its own.

    Raises:
        NotFoundError: the exercise has no such question.
    """
    question = rehearsal.question(ask.number)
    if question is None:
        raise NotFoundError(f"rehearsal {rehearsal.id} has no question {ask.number}")
    decision = question.decision
    bound = proposal_digest(decision.action, decision.proposal)
    answer = _answer(ask, bound)
    is_over = answer is not None or not rehearsal.is_open
    proposal = ask.proposal if ask.kind == "change" else decision.proposal
    facts = decision.facts if isinstance(decision.facts, dict) else {}
    id = f"{rehearsal.id}-{ask.number}"
    return Escalation(
        id=id,
        agent=rehearsal.agent,
        version=rehearsal.version,
        rehearsal=True,
        decision=decision,
        digest=decision_digest(decision),
        proposal=proposal,
        proposal_digest=proposal_digest(decision.action, proposal),
        asked_digest=bound,
        facts=facts if ask.facts is None else ask.facts,
        reasons=question.reasons,
        asks=(
            Ask(
                id=f"{id}.1",
                route=ask.routes[0],
                state="answered" if answer else "closed" if is_over else "open",
                holder=ask.person,
                assigned_at=rehearsal.started_at,
                acknowledge_due_at=None,
                decide_due_at=rehearsal.ends_at,
                due_at=None,
                answer=answer,
            ),
        ),
        state="resolved" if is_over else "open",
        outcome=OUTCOME[ask.kind] if ask.kind else "expired" if is_over else None,
        resolved_by=ask.person if answer else None,
        resolved_at=ask.answered_at or rehearsal.ended_at if is_over else None,
        reason=ask.reason,
        instruction=ask.instruction,
        created_at=rehearsal.started_at,
        familiarity=question.familiarity,
    )


def form_of(escalation: Escalation, table: Table) -> Form | None:
    """Return the form of the proposal, or None when the table gives its action none."""
    action = escalation.decision.action
    rated = table.actions.get(action) if isinstance(action, str) else None
    return rated.form if rated else None


def _answer(ask: RehearsalAsk, digest: str) -> Answer | None:
    if ask.kind is None or ask.answered_at is None:
        return None
    return Answer(
        kind=ask.kind,
        by=ask.person,
        at=ask.answered_at,
        digest=digest,
        proposal=ask.proposal,
        facts=ask.facts,
        reason=ask.reason,
        instruction=ask.instruction,
    )
