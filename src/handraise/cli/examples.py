"""The example of a whole routing table that `init --example support` writes."""

from __future__ import annotations

SUPPORT_TABLE = """\
# When this agent stops, and the named human each stop goes to.
#   handraise check     finds what is wrong with this file
#   handraise test      tries the tests below
#   handraise table     prints it in plain words
handraise: 1
agent: support-agent
purpose: answers customers' requests and makes small refunds
owner: priya              # the last resort: whatever nobody else takes ends here

people:
  dana:
    name: Dana Reyes
    contact: "mailto:dana@example.com"   # or any Apprise URL; secrets as ${NAME}
    hours: Mon-Fri 09:00-17:00
    zone: America/New_York
    capacity: 40 a day                   # past it, asks go to the next person
  marc:
    name: Marc Oyelaran
    contact: "mailto:marc@example.com"
    hours: Mon-Sun 12:00-22:00
    zone: America/New_York
    capacity: 40 a day
  ines:
    name: Ines Duarte
    contact: "mailto:ines@example.com"
    hours: Mon-Fri 08:00-18:00
    zone: Europe/Lisbon
    capacity: 15 a day
  priya:
    name: Priya Raman
    contact: "mailto:priya@example.com"
    hours: always
    capacity: 10 a day

routes:                   # people in order; when a deadline passes, the next one has it
  support_supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}
  finance_lead: {people: [ines], acknowledge_within: 30m, decide_within: 8h}

severities: [low, high, critical]        # this operation's own levels, least first

actions:                  # what the agent may do, how bad a wrong one is, and all it may hold
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: "text?"}}
  change_billing: {severity: high, proposal: {monthly_change: number}}
  delete_account: critical

facts:                    # worked out from what would be done, not from what the agent says
  revenue_usd:
    type: number
    unit: USD
    about: money the decision moves in either direction
    from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}
    otherwise: 0

known:                    # the types it was trained on; or {file: labelled.csv, column: type}
  - card_not_arrived
  - change_address
  - change_billing_plan
  - close_account
  - invoice_copy
  - refund_request
  - reset_password
  - track_order

escalate:                 # the agent stops when any one of these holds
  confidence:             # it is not sure enough
    - {below: 0.72, to: support_supervisor}
  consequence:            # too much is at stake
    - {when: abs(revenue_usd) > 5000, to: finance_lead}
    - {severity: critical, to: finance_lead}
  novelty:                # it has not seen such a thing before
    - {unknown: type, to: support_supervisor, tag: new situation}

several: every            # all routes whose rows hold must agree; or: first
unanswered: hold          # stays stopped and keeps reminding the owner; or: reject
watch: {silent_after: 10m}

claims:                   # proved for every decision that could ever come: `handraise prove`
  - {name: big money always meets finance, when: abs(revenue_usd) > 5000, reaches: finance_lead}

tests:                    # tried on every change
  - name: a small, sure refund goes ahead
    given: {type: refund_request, action: refund, confidence: 0.95, proposal: {refund: 40}}
    expect: proceed
  - name: an unsure agent asks its supervisor
    given: {type: track_order, action: send_reply, confidence: 0.6}
    expect: {escalate: [support_supervisor]}
  - name: a confidence at the limit is enough
    given: {type: track_order, action: send_reply, confidence: 0.72}
    expect: proceed
  - name: big money goes to finance, however sure the agent is
    given: {type: refund_request, action: refund, confidence: 0.99, proposal: {refund: -6200}}
    expect: {escalate: [finance_lead]}
  - name: so does what adds up to it in a year
    given:
      {type: change_billing_plan, action: change_billing, confidence: 0.99,
       proposal: {monthly_change: 450}}
    expect: {escalate: [finance_lead]}
  - name: what cannot be undone is never done alone
    given: {type: close_account, action: delete_account, confidence: 0.99}
    expect: {escalate: [finance_lead]}
  - name: a new situation goes to a person
    given: {type: court_order, action: send_reply, confidence: 0.99}
    expect: {escalate: [support_supervisor]}
  - name: an unsure agent with big money needs both
    given: {type: refund_request, action: refund, confidence: 0.4, proposal: {refund: 9000}}
    expect: {escalate: [support_supervisor, finance_lead]}
"""
