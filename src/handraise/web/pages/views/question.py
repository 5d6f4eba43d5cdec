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
FIGURES = 3
SHORT = 24
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
        what = f"{spaced(action)}{figures(action, proposal, units)}{about}"
        if is_open and is_changed:
            return f"After a change by a person: may {agent} {what}?"
        return (
            f"{agent} {'wants' if is_open else 'wanted'} to {what}.{' May it?' if is_open else ''}"
        )
    if kind := usable_name(decision.type):
        asks = " What should it do?" if is_open else ""
        return f"{agent} stopped at a {spaced(kind)}{about}.{asks}"
    return f"{agent} stopped{about}.{' What should it do?' if is_open else ''}"


def figures(action: str, proposal: Any, units: Mapping[str, str]) -> str:
    """Return the main values of a proposal, to stand behind the action's name; empty for none.

    The field of the action's own name comes first and bare, as in ` 6,200 USD (note late)`; of
    all others the first short ones follow by name. The mail's subject chooses the same.
    """
    if not isinstance(proposal, dict):
        return ""
    shown = {
        name: words
        for name, value in proposal.items()
        if isinstance(name, str) and (words := _figure(value, units.get(name), name == action))
    }
    own = f" {shown.pop(action)}" if is_number(proposal.get(action)) else ""
    most = FIGURES - bool(own)
    others = [f"{spaced(clipped(name))} {words}" for name, words in list(shown.items())[:most]]
    return f"{own} ({clipped(', '.join(others))})" if others else own


def _figure(value: Any, unit: str | None, is_own: bool) -> str:
    """Return a short scalar in words; empty for all else."""
    if isinstance(value, str):
        return clipped(value) if len(value) <= SHORT else ""
    if not is_number(value):
        return ""
    number = number_words(value) if is_own or unit is not None else repr(value)
    return f"{number}{NO_BREAK}{unit}" if unit else number


def units_of(table: Table | None, action: str) -> dict[str, str]:
    """Return the fields of the proposal that are amounts, each with its unit.

    A field is an amount when a fact is read from it directly, whose unit it then has, or when the
    action's form declares it a number; such a one has the empty unit.
    """
    if table is None:
        return {}
    rated = table.actions.get(action)
    form = rated.form.fields if rated and rated.form else {}
    found = {name: "" for name, field in form.items() if field.kind == "number"}
    for fact in table.facts.values():
        source = fact.sources.get(action) or fact.source
        text = as_source(source) if source is not None else ""
        if fact.unit and text.startswith("proposal.") and text[9:].replace("_", "a").isalnum():
            found[text[9:]] = fact.unit
    return found


def usable_name(value: Any) -> str:
    """Return a name that the agent gave, when it is usable as one."""
    return clipped(value.strip()) if isinstance(value, str) else ""


def clipped(text: str, most: int = CLIP) -> str:
    """Return a text on one line, no longer than a heading may be, or than `most`."""
    text = " ".join(visible(text[: 4 * most]).split())  # a customer may write a book
    return text if len(text) <= most else f"{text[: most - 1]}…"
