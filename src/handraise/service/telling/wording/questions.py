"""What is asked, as one short line: the beginning of every subject."""

from __future__ import annotations

from handraise.core.table.naming import in_words
from handraise.core.table.types import Table
from handraise.model import Escalation
from handraise.service.telling.wording.figures import figures, short, units_of
from handraise.service.telling.wording.texts import isolated, one_line

MAX_ACTION = 80
_TROUBLE = {"stall": "gone silent", "fault": "run into trouble"}


def is_drill(escalation: Escalation) -> bool:
    """Whether an escalation is an exercise that went to a real person."""
    return any(reason.condition == "drill" for reason in escalation.reasons)


def sentences(escalation: Escalation, table: Table | None) -> list[str]:
    """Return why it stopped, a sentence for each reason, the table's facts in words."""
    facts = table.facts if table is not None else {}
    return [in_words(reason.sentence, facts) for reason in escalation.reasons]


def question(escalation: Escalation, table: Table | None = None) -> str:
    """Return what is asked as one short question.

    Args:
        escalation: that asks.
        table: the version it began with, for the units of amounts.
    """
    if is_drill(escalation):
        return f"Can you take a question of {escalation.agent}?"
    action = escalation.decision.action
    case = isolated(one_line(escalation.case or ""))
    tail = f" for {case}" if case else ""
    condition = escalation.reasons[0].condition if escalation.reasons else ""
    if action is None and condition in _TROUBLE:
        where = f" on {case}" if case else ""
        return f"{escalation.agent} has {_TROUBLE[condition]}{where}"
    name = action if isinstance(action, str) else ""
    what = isolated(short(name.replace("_", " "), MAX_ACTION)) or "do something it could not name"
    main = figures(name, escalation.proposal, units_of(table, name))
    return one_line(f"May {escalation.agent} {what}{main}{tail}?")
