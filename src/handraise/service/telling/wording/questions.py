"""What is asked, as one short line: the beginning of every subject."""

from __future__ import annotations

from typing import Any

from handraise.model import Escalation
from handraise.service.telling.wording.texts import one_line

MAX_ACTION = 80
_TROUBLE = {"stall": "gone silent", "fault": "run into trouble"}


def is_drill(escalation: Escalation) -> bool:
    """Whether an escalation is an exercise that went to a real person."""
    return any(reason.condition == "drill" for reason in escalation.reasons)


def question(escalation: Escalation) -> str:
    """Return what is asked as one short question."""
    if is_drill(escalation):
        return f"Can you take a question of {escalation.agent}?"
    action = escalation.decision.action
    case = one_line(escalation.case or "")
    tail = f" for {case}" if case else ""
    condition = escalation.reasons[0].condition if escalation.reasons else ""
    if action is None and condition in _TROUBLE:
        where = f" on {case}" if case else ""
        return f"{escalation.agent} has {_TROUBLE[condition]}{where}"
    what = one_line(action)[:MAX_ACTION].replace("_", " ") if isinstance(action, str) else ""
    what = what or "do something it could not name"
    summary = one_line(_amounts(escalation.proposal))
    figures = f" ({summary})" if summary else ""
    return f"May {escalation.agent} {what}{figures}{tail}?"


def _amounts(proposal: Any) -> str:
    """Return the short scalar fields of a proposal, for a subject."""
    if not isinstance(proposal, dict):
        return ""
    parts = []
    for name, value in proposal.items():
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float):
            parts.append(f"{name.replace('_', ' ')} {value:,}")
        elif isinstance(value, str) and len(value) <= 24:
            parts.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(parts[:3])
