"""Small tables for trials: the mission's, with other rows."""

from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Table
from handraise.core.trial.goals import Seen, seen
from handraise.model import Decision
from tests.support.support_table import table_of

HEAD = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes,  contact: "mailto:dana@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {supervisor: [dana], finance: [ines]}
known: [refund_request, card_lost, address]
"""
FACTS = "facts: {x: number, y: number, n: integer, b: boolean, word: text}\n"
RATED = """\
severities: [low, middle, high, critical]
actions: {reply: low, refund: high, delete: critical}
"""
UNKNOWN = "{unknown: type, to: supervisor}"


def table(
    *consequence: str,
    confidence: str = "{below: 0.72, to: supervisor}",
    novelty: str = UNKNOWN,
    more: str = FACTS,
) -> Table:
    """Return a table with these rows."""
    rows = ", ".join(consequence or ("{when: x > 100, to: finance}",))
    return table_of(
        f"{HEAD}{more}escalate:\n  confidence: [{confidence}]\n  consequence: [{rows}]\n"
        f"  novelty: [{novelty}]\n"
    )


def when(text: str, **more: str) -> Table:
    """Return a table whose consequence row has this expression."""
    return table(f"{{when: '{text}', to: finance}}", **more)


def decision(**fields: object) -> Decision:
    """Return a decision that nothing stops, with some fields changed."""
    facts = {"x": 0, "y": 0, "n": 0, "b": False, "word": "a"}
    changed = fields.pop("facts", {})
    usual = {"type": "refund_request", "confidence": 0.95}
    return Decision(**{**usual, "facts": {**facts, **changed}, **fields})  # type: ignore[dict-item]


def looked_at(table: Table, decision: Decision) -> Seen:
    """Return a decision as goals look at it."""
    return seen(table, decision, compile_table(table)(decision))
