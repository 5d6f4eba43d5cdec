"""The question in one sentence, and the names, amounts and units it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.core.table.expression import as_source
from handraise.core.table.form import is_number
from handraise.core.table.types import Table
from handraise.model import Escalation
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import number_words, spaced

CLIP = 90
NO_BREAK = "\N{NO-BREAK SPACE}"


def question(escalation: Escalation, units: Mapping[str, str]) -> str:
    """Return the question in one sentence; what it was, once it has ended."""
    agent, decision = escalation.agent, escalation.decision
    about = f" for {clipped(escalation.case)}" if escalation.case else ""
    is_open = escalation.state == "open"
    if any(reason.condition == "stall" for reason in escalation.reasons):
        asks = " What should happen now?" if is_open else ""
        return f"{agent} went silent{' on ' + about[5:] if about else ''}.{asks}"
    if action := usable_name(decision.action):
        is_changed = escalation.proposal_digest != escalation.asked_digest
        proposal = escalation.proposal if is_open else decision.proposal
        what = f"{spaced(action)}{amount(action, proposal, units)}{about}"
        if is_open and is_changed:
            return f"After a change by a person: may {agent} {what}?"
        return (
            f"{agent} {'wants' if is_open else 'wanted'} to {what}.{' May it?' if is_open else ''}"
        )
    if kind := usable_name(decision.type):
        asks = " What should it do?" if is_open else ""
        return f"{agent} stopped at a {spaced(kind)}{about}.{asks}"
    return f"{agent} stopped{about}.{' What should it do?' if is_open else ''}"


def amount(action: str, proposal: Any, units: Mapping[str, str]) -> str:
    """Return the amount when the proposal has a field of the action's own name, as in a refund."""
    value = proposal.get(action) if isinstance(proposal, dict) else None
    if value is None or not is_number(value):
        return ""
    unit = units.get(action, "")
    return f" {number_words(value)}{NO_BREAK}{unit}" if unit else f" {number_words(value)}"


def units_of(table: Table | None, action: str) -> dict[str, str]:
    """Return the units of those fields of the proposal that a fact is read from directly."""
    found = {}
    for fact in table.facts.values() if table else ():
        source = fact.sources.get(action) or fact.source
        text = as_source(source) if source is not None else ""
        if fact.unit and text.startswith("proposal.") and text[9:].replace("_", "a").isalnum():
            found[text[9:]] = fact.unit
    return found


def usable_name(value: Any) -> str:
    """Return a name that the agent gave, when it is usable as one."""
    return clipped(value.strip()) if isinstance(value, str) else ""


def clipped(text: str) -> str:
    """Return a text on one line, no longer than a heading may be."""
    text = " ".join(visible(text).split())
    return text if len(text) <= CLIP else f"{text[: CLIP - 1]}…"
