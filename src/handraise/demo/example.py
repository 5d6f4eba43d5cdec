"""The smallest routing table that does the whole job, as text.

`handraise init` begins with it, the README shows it, and examples in docstrings are judged by it.
It reads without an error; its warnings are what a first table leaves open: actions that are not
rated, and a fact that only the agent states.
"""

from __future__ import annotations

MISSION_TABLE = """\
handraise: 1
agent: support-agent
owner: priya                   # the last resort: whatever nobody else takes ends here

people:
  dana:  {name: Dana Reyes,  contact: "mailto:dana@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}

routes: {support_supervisor: [dana], finance_lead: [ines]}

facts: {revenue_usd: number}   # money the decision moves in either direction

known: [refund_request, card_not_arrived, change_address]   # what the agent was trained on

escalate:                      # the agent stops when any one of these holds
  confidence:  {below: 0.72, to: support_supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty:     {unknown: type, to: support_supervisor, tag: new situation}

tests:                         # tried on every change
  - name: a small, sure refund goes ahead
    given: {type: refund_request, confidence: 0.95, facts: {revenue_usd: 40}}
    expect: proceed
  - name: an unsure agent asks its supervisor
    given: {type: card_not_arrived, confidence: 0.6, facts: {revenue_usd: 0}}
    expect: {escalate: [support_supervisor]}
  - name: big money goes to finance, however sure the agent is
    given: {type: refund_request, confidence: 0.99, facts: {revenue_usd: -6200}}
    expect: {escalate: [finance_lead]}
  - name: a new situation goes to a person
    given: {type: court_order, confidence: 0.99, facts: {revenue_usd: 0}}
    expect: {escalate: [support_supervisor]}
"""
