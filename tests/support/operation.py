"""A whole operation over a file in a temporary folder: the table, who is on it, the usual moves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from handraise.clock import Clock
from handraise.errors import FailedError
from handraise.model import Escalation, Message
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support import signed
from tests.support.verified import verify_everybody

SECRET = "a secret that is long enough for an operation"
AGENT = "support-agent"

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {support_supervisor: [dana], finance_lead: [ines]}
severities: [low, high]
actions:
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: text?}}
facts:
  revenue_usd: {type: number, from: {refund: proposal.refund}, otherwise: 0}
known: [refund_request]
watch: {silent_after: 10m}
escalate:
  confidence:  {below: 0.72, to: support_supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty:     {unknown: type, to: support_supervisor, tag: new situation}
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
    given: {type: court_order, action: send_reply, confidence: 0.9}
    expect: {escalate: [support_supervisor]}
"""

STRICTER = TABLE.replace("below: 0.72", "below: 0.95").replace("confidence: 0.9,", "confidence: 1,")
"""Another version of the same table, by which what was sure enough is not any more."""

SURE: dict[str, Any] = {
    "type": "refund_request",
    "action": "refund",
    "confidence": 0.9,
    "proposal": {"refund": 40},
}
UNSURE = {**SURE, "confidence": 0.5}
BIG = {**SURE, "proposal": {"refund": 6200}}


class RecordingSender:
    """Keeps what it is given; refuses while `is_down`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.is_down = False
        self._lock = threading.Lock()

    def send(self, message: Message, contact: str) -> None:
        """Keep the message."""
        with self._lock:
            if self.is_down:
                raise FailedError("the mail server is down")
            self.sent.append((contact, message))


def opened(
    folder: Path,
    *,
    clock: Clock | None = None,
    sender: RecordingSender | None = None,
    rehearsal: bool = False,
    is_ready: bool = True,
    is_settled: bool = True,
    table: str = TABLE,
    **settings: Any,
) -> Operation:
    """Return the operation of `handraise.yaml` in a folder, signed for unless said otherwise.

    Everybody on the table can be reached and has accepted their duty, unless it is not settled.
    """
    path = folder / "handraise.yaml"
    path.write_text(table)
    operation = assemble(
        [path],
        Settings(**{"secret": SECRET, **settings}),
        clock=clock,
        sender=sender or RecordingSender(),
        rehearsal=rehearsal,
    )
    if is_settled and not rehearsal:
        verify_everybody(operation)
    if is_ready:
        sign(operation, path)
    return operation


def sign(operation: Operation, path: Path) -> None:
    """Sign for the table in a file, as its owner."""
    signed.sign(operation, path)


def gate_of(operation: Operation, agent: str = AGENT) -> EmbeddedGate:
    """Return the gate of an agent."""
    return operation.gates[agent]


def answered(operation: Operation, escalation_id: str, kind: str, **more: Any) -> Escalation:
    """Let each person who has the escalation answer it, until it has ended."""
    found = operation.store.escalation(escalation_id)
    assert found is not None
    while found.state == "open":
        ask = next(ask for ask in found.asks if ask.state == "open")
        found = operation.desk.answer(
            ask.id,
            ask.holder,
            kind=kind,  # type: ignore[arg-type]
            digest=found.proposal_digest,
            **more,
        )
    return found
