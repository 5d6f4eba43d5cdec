"""What the pictures of the watch show: three weeks of an example, in which the work changes."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handraise.cli.examples import SUPPORT_TABLE
from handraise.clock import ManualClock
from handraise.service.wiring import Operation

AUDITED = SUPPORT_TABLE.replace(
    "watch: {silent_after: 10m}",
    "audit: {one_in: {high: 5, else: 20}, to: support_supervisor, at_most: 12 a day, promise: 3%}\n"
    "watch: {silent_after: 10m}",
)
WORDS = {
    "refund_request": "The kettle came with a dent. I would like my 40 back, please.",
    "track_order": "Where is my parcel? It said Tuesday.",
    "card_not_arrived": "I ordered a new card two weeks ago and nothing has come.",
    "change_billing_plan": "Please put us on the yearly plan from next month on.",
    "invoice_copy": "Can you send the March invoice again?",
}
ACTIONS = {"refund_request": "refund", "change_billing_plan": "change_billing"}
BEGIN = datetime.fromisoformat("2026-11-02T00:00:00Z")
DAYS = 22
CHANGE = 18
"""On which day large sums begin to come more often."""


def past(place: Path, table: Path) -> None:
    """Keep what a backtest of a table promises of such work."""
    draw, file = random.Random(3), place / "past.csv"  # noqa: S311 - an example, not a secret
    with file.open("w", newline="", encoding="utf-8") as out:
        names = ["type", "action", "confidence", "proposal.refund", "proposal.monthly_change", "at"]
        rows = csv.DictWriter(out, names)
        rows.writeheader()
        for number in range(4_000):
            fields = _fields(draw, is_changed=False)
            proposal = {f"proposal.{name}": of for name, of in fields.pop("proposal").items()}
            at = BEGIN - timedelta(days=40) + timedelta(minutes=14 * number)
            kept = {name: fields[name] for name in ("type", "action", "confidence")}
            rows.writerow({**kept, **proposal, "at": at.isoformat()})
    command = [sys.executable, "-m", "handraise", "backtest", file, "--table", table, "--keep"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command


def live(operation: Operation, clock: ManualClock) -> None:
    """Let three weeks pass: decisions by the hour, answered and looked at by people."""
    draw = random.Random(7)  # noqa: S311 - an example, not a secret
    (agent,) = operation.shelf.agents()
    gate = operation.gates[agent]
    for day in range(DAYS):
        for hour in range(14, 22):
            clock.set(BEGIN + timedelta(days=day, hours=hour))
            for number in range(14):
                fields = _fields(draw, is_changed=day >= CHANGE)
                gate.decide(**fields, key=f"{day}-{hour}-{number}", case=f"t-{day}{hour}{number}")
            operation.worker.tick()
            clock.advance(minutes=20)
            _answer(operation, clock, draw)
            _look(operation, draw)
            operation.worker.tick()


def _fields(draw: random.Random, *, is_changed: bool) -> dict[str, Any]:
    kind = draw.choice(tuple(WORDS))
    is_large = draw.random() < (0.16 if is_changed else 0.02)
    fields: dict[str, Any] = {
        "type": kind if draw.random() > 0.03 else "court_order",
        "action": "send_reply",
        "confidence": draw.uniform(0.4, 0.72) if draw.random() < 0.1 else draw.uniform(0.72, 1),
        "proposal": {},
    }
    if kind == "refund_request" or is_large:
        fields |= {"action": "refund", "proposal": {"refund": 6_200 if is_large else 40}}
    elif kind in ACTIONS:
        fields |= {"action": ACTIONS[kind], "proposal": {"monthly_change": 12}}
    fields["text"] = WORDS[kind]
    return fields


def _answer(operation: Operation, clock: ManualClock, draw: random.Random) -> None:
    for line in operation.store.asks(state="open"):
        escalation = operation.store.escalation(line.escalation_id)
        if escalation is not None and escalation.state == "open":
            clock.advance(minutes=1)
            kind = "approve" if draw.random() < 0.8 else "reject"
            digest = escalation.proposal_digest
            words = {} if kind == "approve" else {"reason": "not as it stands"}
            operation.desk.answer(line.ask.id, line.ask.holder, kind=kind, digest=digest, **words)  # type: ignore[arg-type]


def _look(operation: Operation, draw: random.Random) -> None:
    for person in ("dana", "marc"):
        for one in operation.audits.mine(person)[:-1]:
            if one.chosen is None:
                kind = operation.audits.about([one])[one.decision_id].type or ""
                operation.audits.choose(one.id, person, ACTIONS.get(kind, "send_reply"))
            operation.audits.answer(one.id, person, "right" if draw.random() > 0.02 else "wrong")
