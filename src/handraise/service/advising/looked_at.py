"""Decisions taken alone that somebody looked at afterwards, with the confidence they had.

An outcome beats an answer, the owner's word beats two people's, and the agent's own word is none.
INVARIANT: an outcome stands in for no answer: those that come by themselves are no random sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from handraise.core.monitor.audits import Finding, Look
from handraise.model import Audited
from handraise.store import Store

SETTLED = 3


class Seen(Struct, frozen=True, kw_only=True):
    """A decision that went ahead and was drawn by lot.

    Attributes:
        type: the situation type; None where it was not usable.
        action: what was done; None where it named nothing.
        confidence: as the agent stated it, in [0, 1].
        look: what came of it, with the probability it was drawn with.
    """

    type: str | None
    action: str | None
    confidence: float
    look: Look


def seen_alone(
    store: Store, agent: str, version: str, *, until: datetime | None = None
) -> list[Seen]:
    """Return what was drawn of an agent's decisions by one version, in the order it was decided.

    Those that were left out by lot are no part of it: what is left stands for them.

    Args:
        store: what was seen.
        agent: whose.
        version: of its table.
        until: only decisions before this instant; None for all, those too that people still have
            time to look at.
    """
    by_decision: dict[str, list[Audited]] = {}
    for one in store.audited(agent, version=version):
        if one.state != "left_out":
            by_decision.setdefault(one.decision_id, []).append(one)
    outcomes = store.outcome_of(by_decision)
    records = store.decisions_by_id(agent, by_decision)
    found: list[Seen] = []
    for id, looks in sorted(by_decision.items()):
        record, outcome = records.get(id), outcomes.get(id)
        if record is None or record.confidence is None:
            continue
        if until is not None and record.decided_at >= until:
            continue
        finding = _finding(looks)
        if outcome is not None and finding != "pending":
            finding = "right" if outcome.is_right else "wrong"
        found.append(
            Seen(
                type=record.type,
                action=record.action,
                confidence=record.confidence,
                look=Look(
                    severity=looks[0].severity,
                    probability=looks[0].probability,
                    finding=finding,
                ),
            )
        )
    return found


def _finding(looks: Iterable[Audited]) -> Finding:
    """Return what people say of a decision; unclear where two of them differ."""
    by_look = {one.look: one.answer for one in looks if one.answer is not None}
    if SETTLED in by_look:
        by_look = {SETTLED: by_look[SETTLED]}
    answers = set(by_look.values())
    if not answers:
        return "pending"
    if answers == {"right"}:
        return "right"
    return "wrong" if answers == {"wrong"} else "unclear"
