"""A table with every part, for tests to read and to change one thing of."""

import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.table.read import read
from handraise.model import Decision

TABLE = """\
handraise: 1
agent: support-agent
purpose: answers customers
owner: priya

people:
  dana:  {name: Dana Reyes, contact: ["mailto:dana@example.com"], hours: "Mon-Fri 09:00-17:00", zone: America/New_York, capacity: 40 a day}
  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com", capacity: 5 open}
  ines:  {name: Ines Duarte, contact: ["mailto:ines@example.com"]}
  priya: {name: Priya Raman, contact: ["mailto:priya@example.com"]}

routes:
  supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}
  finance: [ines]

severities: [low, high, critical]

actions:
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: text?}}
  change_billing: {severity: high, proposal: {monthly_change: number}}
  delete_account: critical

facts:
  revenue_usd:
    type: number
    unit: USD
    about: money
    from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}
    otherwise: 0
  reason: one of [fraud, other]

known: [refund_request, card_lost, change_address]

escalate:
  confidence:
    - {below: 0.72, to: supervisor}
  consequence:
    - {when: abs(revenue_usd) > 5000, to: finance}
    - {severity: critical, to: finance}
    - {when: 'reason == "fraud"', to: finance, for: {type: [card_lost]}}
  novelty:
    - {unknown: type, to: supervisor, tag: new situation}

several: every
unanswered: hold
watch: {silent_after: 10m}
tests:
  - {name: a small one, given: {type: refund_request, action: refund, confidence: 0.95, proposal: {refund: 40}}, expect: proceed}
"""


def table_of(text=TABLE):
    """Return the table of a text that must be without errors."""
    reading = read(text)
    assert reading.table is not None, [finding.line_text() for finding in reading.errors]
    return reading.table


def changed(old, new, text=TABLE):
    """Return a table's text with one thing changed; it must have been there."""
    assert old in text, old
    return text.replace(old, new)


def judge_of(text=TABLE):
    return compile_table(table_of(text))


def errors_of(text, **windows):
    """Return (code, line, column) and the line for people of each error."""
    return [
        finding
        for finding in read(text, "t.yaml", **windows).findings
        if finding.severity == "error"
    ]


def warnings_of(text):
    """Return the codes of the warnings of a text without errors."""
    reading = read(text)
    assert not reading.errors, [finding.line_text() for finding in reading.errors]
    return [finding.code for finding in reading.findings]


def sure(**fields):
    """Return a decision that goes ahead by the table here, with some fields changed."""
    usual = {
        "type": "refund_request",
        "action": "refund",
        "confidence": 0.95,
        "proposal": {"refund": 40},
    }
    return Decision(**(usual | fields))


def each(values):
    """Return test parameters for values of which several look alike."""
    return [
        pytest.param(value, id=f"{place} {type(value).__name__}")
        for place, value in enumerate(values)
    ]
