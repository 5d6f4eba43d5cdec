"""What the tests of the web share: tables, and a desk at which people and agents do the usual things."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from handraise.model import Escalation
from handraise.service.access.keys import KeyUse
from handraise.service.wiring import Operation

TABLE = """\
handraise: 1
agent: support-agent
purpose: answers customers' requests
owner: priya
people:
  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com", zone: America/New_York}
  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com", zone: America/New_York}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com", zone: Europe/Lisbon}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes:
  support_supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}
  finance_lead: {people: [ines], acknowledge_within: 30m, decide_within: 8h}
severities: [low, high]
actions:
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: text?}}
facts:
  revenue_usd:
    {type: number, unit: USD, about: money the decision moves,
     from: {refund: proposal.refund}, otherwise: 0}
  years: {type: number, about: how long they have been a customer}
known: [refund_request]
escalate:
  confidence:
    - {below: 0.72, to: support_supervisor}
  consequence:
    - {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty:
    - {unknown: type, to: support_supervisor, tag: new situation}
tests:
  - name: goes ahead
    given: {type: refund_request, action: refund, confidence: 0.9, proposal: {refund: 40}}
    expect: proceed
  - name: unsure
    given: {type: refund_request, action: refund, confidence: 0.5, proposal: {refund: 40}}
    expect: {escalate: [support_supervisor]}
  - name: big
    given: {type: refund_request, action: refund, confidence: 0.9, proposal: {refund: 6200}}
    expect: {escalate: [finance_lead]}
  - name: new
    given: {type: court_order, action: send_reply, confidence: 0.9, proposal: {}}
    expect: {escalate: [support_supervisor]}
"""

ORDERS_TABLE = """\
handraise: 1
agent: order-agent
owner: priya
people:
  olga:  {name: Olga Brandt, contact: "mailto:olga@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {clerk: [olga]}
facts: {amount: number}
known: [order]
escalate:
  confidence: {below: 0.5, to: clerk}
  consequence: {when: amount > 100, to: clerk}
  novelty: {unknown: type, to: clerk}
tests:
  - {name: goes ahead, given: {type: order, confidence: 0.9, facts: {amount: 1}}, expect: proceed}
  - {name: unsure, given: {type: order, confidence: 0.1, facts: {amount: 1}}, expect: {escalate: [clerk]}}
  - {name: big, given: {type: order, confidence: 0.9, facts: {amount: 200}}, expect: {escalate: [clerk]}}
  - {name: new, given: {type: riddle, confidence: 0.9, facts: {amount: 1}}, expect: {escalate: [clerk]}}
"""

SURE = {"type": "refund_request", "action": "refund", "confidence": 0.9, "proposal": {"refund": 40}}
UNSURE = {**SURE, "confidence": 0.5}
BIG = {**SURE, "proposal": {"refund": 6200}}

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Desk:
    """Agents' keys, people's sessions, and the usual moves."""

    def __init__(self, operation: Operation, client: TestClient) -> None:
        self.operation = operation
        self.client = client

    def key(self, agent: str = "support-agent", may: KeyUse = "decide") -> dict[str, str]:
        """Return the headers that carry a fresh key of an agent."""
        _, secret = self.operation.door.make_key(agent, "test", may=may)
        return {"Authorization": f"Bearer {secret}"}

    def session(self, person: str) -> dict[str, str]:
        """Return the headers that carry a fresh session of a person, with the token of its forms."""
        link = self.operation.door.link(person, "/")
        cookie, _, _ = self.operation.door.enter(link.rsplit("/", 1)[1])
        return {"Cookie": f"handraise={cookie}", "X-CSRF-Token": self.operation.door.csrf(cookie)}

    def stop(self, **fields: Any) -> Escalation:
        """Return the escalation of a decision that stops; an unsure refund where nothing is said."""
        verdict = self.operation.gates["support-agent"].decide(**{**UNSURE, **fields})
        assert verdict.escalation_id is not None
        found = self.operation.store.escalation(verdict.escalation_id)
        assert found is not None
        return found

    def post(self, path: str, session: dict[str, str], **fields: str) -> Any:
        """Send a form of a page as a browser does."""
        headers = {"Cookie": session["Cookie"]}
        form = {"csrf": session["X-CSRF-Token"], **fields}
        return self.client.post(path, headers=headers, data=form)

    def page(self, path: str, session: dict[str, str]) -> Any:
        """Open a page as a browser does."""
        return self.client.get(path, headers={"Cookie": session["Cookie"]})

    def answer(
        self, escalation: Escalation, session: dict[str, str], kind: str, **more: str
    ) -> Any:
        """Send an answer to the first ask from the page as it stands now."""
        fields = {"kind": kind, "digest": escalation.proposal_digest, **more}
        return self.post(f"/asks/{escalation.asks[0].id}/answer", session, **fields)
