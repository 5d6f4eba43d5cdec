"""The question in one sentence, and the names it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.model import Escalation
from handraise.service.telling.wording.figures import figures
from handraise.service.telling.wording.texts import isolated
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import spaced

CLIP = 90


def question(escalation: Escalation, units: Mapping[str, str]) -> str:
    """Return the question in one sentence; what it was, once it has ended."""
    agent, decision = escalation.agent, escalation.decision
    about = f" for {isolated(clipped(escalation.case))}" if escalation.case else ""
    is_open = escalation.state == "open"
    if any(reason.condition == "stall" for reason in escalation.reasons):
        asks = " What should happen now?" if is_open else ""
        return f"{agent} went silent{' on ' + about[5:] if about else ''}.{asks}"
    if action := usable_name(decision.action):
        is_changed = escalation.proposal_digest != escalation.asked_digest
        proposal = escalation.proposal if is_open else decision.proposal
        what = f"{isolated(spaced(action))}{figures(action, proposal, units)}{about}"
        if is_open and is_changed:
            return f"After a change by a person: may {agent} {what}?"
        return (
            f"{agent} {'wants' if is_open else 'wanted'} to {what}.{' May it?' if is_open else ''}"
        )
    if kind := usable_name(decision.type):
        asks = " What should it do?" if is_open else ""
        return f"{agent} stopped at a {isolated(spaced(kind))}{about}.{asks}"
    return f"{agent} stopped{about}.{' What should it do?' if is_open else ''}"


def usable_name(value: Any) -> str:
    """Return a name that the agent gave, when it is usable as one."""
    return clipped(value.strip()) if isinstance(value, str) else ""


def clipped(text: str, most: int = CLIP) -> str:
    """Return a text on one line, no longer than a heading may be, or than `most`."""
    text = " ".join(visible(text[: 4 * most]).split())  # a customer may write a book
    return text if len(text) <= most else f"{text[: most - 1]}…"
