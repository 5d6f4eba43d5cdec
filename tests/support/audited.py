"""Decisions that are drawn for a look, all of them: a table, and the usual moves of people."""

from __future__ import annotations

from typing import Any

from handraise.model import Audit
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, SURE, gate_of

LINE = "audit: {one_in: 1, to: support_supervisor, within: 3d, twice: 0.0001, promise: 5%}"
TABLE = f"""\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {{name: Dana Reyes, contact: "mailto:dana@example.com"}}
  marc:  {{name: Marc Oyelaran, contact: "mailto:marc@example.com"}}
  ines:  {{name: Ines Duarte, contact: "mailto:ines@example.com"}}
  priya: {{name: Priya Raman, contact: "mailto:priya@example.com"}}
routes: {{support_supervisor: [dana, marc], finance_lead: [ines]}}
severities: [low, high]
actions:
  send_reply: low
  refund: {{severity: high, proposal: {{refund: number, note: text?}}}}
facts:
  revenue_usd: {{type: number, unit: USD, from: {{refund: proposal.refund}}, otherwise: 0}}
known: [refund_request]
{LINE}
watch: {{silent_after: 10m}}
escalate:
  confidence:  {{below: 0.72, to: support_supervisor}}
  consequence: {{when: abs(revenue_usd) > 5000, to: finance_lead}}
  novelty:     {{unknown: type, to: support_supervisor, tag: new situation}}
tests:
  - name: goes ahead
    given: {{type: refund_request, action: refund, confidence: 0.9, proposal: {{refund: 40}}}}
    expect: proceed
  - name: unsure
    given: {{type: refund_request, action: refund, confidence: 0.5, proposal: {{refund: 40}}}}
    expect: {{escalate: [support_supervisor]}}
  - name: big
    given: {{type: refund_request, action: refund, confidence: 0.9, proposal: {{refund: 6200}}}}
    expect: {{escalate: [finance_lead]}}
  - name: new
    given: {{type: court_order, action: send_reply, confidence: 0.9}}
    expect: {{escalate: [support_supervisor]}}
"""

REPLY = {"type": "refund_request", "action": "send_reply", "confidence": 0.9, "proposal": {}}


def table(**changes: str) -> str:
    """Return the table with another audit line, e.g. `at_most="2 a day"`; an empty value is out."""
    given = {
        "one_in": "1",
        "to": "support_supervisor",
        "within": "3d",
        "twice": "0.0001",
        "promise": "5%",
    }
    fields = {name: value for name, value in {**given, **changes}.items() if value}
    line = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return TABLE.replace(LINE, f"audit: {{{line}}}")


def alone(
    operation: Operation, count: int = 1, given: dict[str, Any] = SURE, **fields: Any
) -> None:
    """Let the agent take decisions alone, all of which are drawn and written."""
    gate = gate_of(operation)
    for number in range(count):
        words = {"text": f"please give it back ({number})", "context": {"order": number}}
        verdict = gate.decide(**{**given, **words, **fields})
        assert not verdict.escalated
    operation.recorder.flush()
    operation.record.tick()  # counted as they are sealed


def looked(
    operation: Operation, audit: Audit, answer: str, person: str = "", **fields: Any
) -> None:
    """Let whom an audit was put to, or somebody else, say what they would have done, and answer."""
    who = person or audit.person or ""
    question = operation.audits.question(audit.id, who)
    if question.is_blind:
        operation.audits.choose(audit.id, who, fields.pop("chosen", "refund"))
    operation.audits.answer(audit.id, who, answer, **fields)


def audits(operation: Operation, **which: Any) -> list[Audit]:
    """Return the agent's audits, in the order of their decisions."""
    return operation.store.audits(AGENT, **which)
