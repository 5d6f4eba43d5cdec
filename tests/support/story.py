"""Stories: an operation whose clock moves only when told to, and whose people receive every message.

Open it, let time pass, look at what people received. `close` fails on any message nobody expected.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from handraise.channels.senders import Sender
from handraise.clock import ManualClock
from handraise.errors import DeliveryError
from handraise.model import Ask, Escalation, Message, Verdict, Work
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.telling.wording.owners import OWNER_CHANGED
from handraise.service.telling.wording.watched import SUMMARY
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.signed import sign
from tests.support.verified import verify_everybody

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AGENT = "support-agent"

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}
  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes:
  support_supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}
  finance_lead: {people: [ines], acknowledge_within: 30m, decide_within: 8h}
severities: [low, high]
actions:
  send_reply: low
  refund: {severity: high, proposal: {refund: number, note: text?}}
facts:
  revenue_usd: {type: number, unit: USD, from: {refund: proposal.refund}, otherwise: 0}
  years: number
known: [refund_request]
escalate:
  confidence: {below: 0.72, to: support_supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty: {unknown: type, to: support_supervisor, tag: new situation}
tests:
  - {name: sure, given: {type: refund_request, action: refund, confidence: 0.95, proposal: {refund: 40}}, expect: proceed}
  - {name: unsure, given: {type: refund_request, action: refund, confidence: 0.5, proposal: {refund: 40}}, expect: {escalate: [support_supervisor]}}
  - {name: big, given: {type: refund_request, action: refund, confidence: 0.95, proposal: {refund: 6200}}, expect: {escalate: [finance_lead]}}
  - {name: new, given: {type: riddle, action: send_reply, confidence: 0.95, proposal: {}}, expect: {escalate: [support_supervisor]}}
"""

SURE = {
    "type": "refund_request",
    "action": "refund",
    "confidence": 0.95,
    "proposal": {"refund": 40},
    "case": "ticket-991",
}
UNSURE = {**SURE, "confidence": 0.5}
BIG = {**SURE, "proposal": {"refund": 6200}}
UNSURE_AND_BIG = {**BIG, "confidence": 0.5}


class RecordingSender:
    """Takes every message, except for people whose channel is broken."""

    def __init__(self) -> None:
        """Begin with nothing sent and nothing broken."""
        self.sent: list[Message] = []
        self.arrived = threading.Event()
        self.broken: dict[str, Callable[[], BaseException]] = {}

    def send(self, message: Message, contact: str) -> None:
        """Keep the message, or raise what is wrong with the person's channel."""
        trouble = self.broken.get(message.to) or self.broken.get("everybody")
        if trouble is not None:
            raise trouble()
        assert contact in message.contacts
        self.sent.append(message)
        self.arrived.set()


class Story:
    """One operation, one clock, and what everybody received."""

    def __init__(
        self,
        folder: Path,
        table: str = TABLE,
        *,
        start: datetime = MONDAY,
        rehearsal: bool = False,
        sender: Sender | None = None,
        ready: bool = True,
        url: str | None = None,
        secret: str | None = None,
    ) -> None:
        """Open the table with a go-live record; everybody on it is reachable and willing."""
        self.path = folder / "handraise.yaml"
        self.path.write_text(table, encoding="utf-8")
        self.clock = ManualClock(start)
        self.sender = RecordingSender()
        self.operation: Operation = assemble(
            [self.path],
            Settings(store_url=url, secret=secret, base_url="https://handraise.example.com"),
            clock=self.clock,
            rehearsal=rehearsal,
            sender=sender or self.sender,
        )
        self._works: list[str] = []
        if not rehearsal:
            verify_everybody(self.operation)
        if ready and not rehearsal:
            self.sign()

    def sign(self, path: Path | None = None) -> None:
        """Write the go-live record of a table as it stands."""
        sign(self.operation, path or self.path)

    def rewrite(self, *changes: tuple[str, str]) -> None:
        """Change the table by (old, new), and put the new version to work."""
        text = self.path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.path.write_text(text, encoding="utf-8")
        self.operation.open(self.path)
        verify_everybody(self.operation)
        self.sign()
        self.gate.look()
        for one in self.operation.store.messages(state="pending", limit=100):
            if one.kind == OWNER_CHANGED:  # that they hear of it has a story of its own
                self.operation.store.message_failed(one.id, "of another story", next_at=None)

    @property
    def secret(self) -> str:
        """The operation's secret, for another process of the same operation."""
        return (self.path.parent / "handraise.secret").read_text(encoding="utf-8").strip()

    @property
    def gate(self) -> EmbeddedGate:
        """The agent's gate."""
        return self.operation.gates[AGENT]

    # The agent

    def decide(self, given: dict[str, Any] = UNSURE, **fields: Any) -> Verdict:
        """Return the verdict on a decision, an unsure refund if nothing is said; time does not move."""
        verdict = self.gate.decide(**{**given, **fields})
        self.cycle()
        return verdict

    def work(self, case: str = "ticket-991") -> Work:
        """Begin a piece of work, as the agent's side of `with gate.work()` does."""
        work = self.gate.start_work(case)
        self._works.append(work.id)
        return work

    # People

    def see(self, verdict: Verdict) -> Escalation:
        """Return the escalation of a verdict as it stands."""
        found = self.operation.store.escalation(verdict.escalation_id or "")
        assert found is not None
        return found

    def ask_of(self, verdict: Verdict, person: str) -> Ask:
        """Return the ask a person may answer; what they hold comes first."""
        asks = self.operation.desk.may_answer(self.see(verdict), person)
        assert asks, f"there is nothing here that {person} may answer"
        return asks[0]

    def acknowledge(self, verdict: Verdict, person: str) -> None:
        """Let a person say that they have it."""
        self.operation.desk.acknowledge(self.ask_of(verdict, person).id, person)
        self.cycle()

    def answer(self, verdict: Verdict, person: str, kind: Any = "approve", **fields: Any) -> None:
        """Let a person answer what they see."""
        words = {"reason": "because"} if kind in {"reject", "take_over", "change"} else {}
        given = {"kind": kind, "digest": self.see(verdict).proposal_digest, **words, **fields}
        self.operation.desk.answer(self.ask_of(verdict, person).id, person, **given)
        self.cycle()

    # Time

    def cycle(self) -> None:
        """Let the worker come round once."""
        self.operation.worker.tick()

    def forward(self, **duration: float) -> None:
        """Let time pass; the worker comes round at every instant at which something is due."""
        target = self.clock.now() + timedelta(**duration)
        while (due := self._next_due()) is not None and due <= target:
            self.clock.set(max(due, self.clock.now()))
            self.cycle()
            left = self._next_due()
            assert left is None or left > self.clock.now(), "something due was not acted upon"
        self.clock.set(target)
        self.cycle()

    def _next_due(self) -> datetime | None:
        store = self.operation.store
        dues = [line.ask.due_at for line in store.asks(state="open")]
        dues += [message.next_at for message in store.messages(state="pending")]
        works = (store.work(id) for id in self._works)
        dues += [work.due_at for work in works if work is not None]
        return min((due for due in dues if due is not None), default=None)

    # What people received

    def expect(self, *expected: tuple[str, str] | tuple[str, str, str]) -> None:
        """Check who received what next, in this order: (person, kind) or (person, kind, words)."""
        self._leave_out_summaries()
        got = self.sender.sent[: len(expected)]
        assert [(one.to, one.kind) for one in got] == [one[:2] for one in expected]
        for message, words in zip(got, expected, strict=True):
            for part in words[2:]:
                assert part in f"{message.subject}\n{message.body}"
        del self.sender.sent[: len(expected)]

    def quiet(self) -> None:
        """Check that nobody received anything else."""
        self._leave_out_summaries()
        unexpected = [(one.to, one.kind, one.subject) for one in self.sender.sent]
        assert unexpected == []

    def _leave_out_summaries(self) -> None:
        """Leave out the weekly summaries: they come in any story that is long enough."""
        self.sender.sent[:] = [one for one in self.sender.sent if one.kind != SUMMARY]

    def break_channel(self, person: str, error: type[DeliveryError], words: str) -> None:
        """Let every message to a person (or "everybody") fail like this."""
        self.sender.broken[person] = lambda: error(words)

    def mend_channels(self) -> None:
        """Let messages go out again."""
        self.sender.broken.clear()

    def close(self) -> None:
        """Close everything."""
        self.operation.close()

    def whole(self) -> None:
        """Check that the record of it all is whole, where the store is still there."""
        place = self.operation.store.place
        if place.engine == "sqlite" and place.path.exists():
            assert self.operation.record.verify().flaws == ()


def begun(tmp_path: Path, migrated_file: Path) -> Iterator[Story]:
    """Yield a story for a test of one service; make a fixture of it."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    story = Story(tmp_path)
    yield story
    story.close()
