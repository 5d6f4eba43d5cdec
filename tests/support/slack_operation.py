"""An operation whose people are in Slack, a workspace on loopback, and the moves of both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.model import Escalation, Resolution
from handraise.service.wiring import Operation
from handraise.web.app import create_app
from tests.support.operation import TABLE, UNSURE, RecordingSender, gate_of, opened
from tests.support.slack_server import SIGNING_SECRET, TOKEN, Message, SlackServer, signed

DANA, MARC, INES = "U0DANA001", "U0MARC001", "U0INES001"

SLACK_TABLE = (
    TABLE.replace("mailto:dana@example.com", f"slack-app://{DANA}")
    .replace(
        "  ines:",
        f'  marc:  {{name: Marc Oyelaran, contact: "slack-app://{MARC}", zone: Europe/Lisbon}}\n'
        "  ines:",
    )
    .replace("mailto:ines@example.com", f"slack-app://{INES}")
    .replace("support_supervisor: [dana]", "support_supervisor: [dana, marc]")
)


class SlackDesk:
    """People in Slack, an agent, a worker, and a clock that stands until it is moved."""

    def __init__(self, operation: Operation, client: TestClient, slack: SlackServer) -> None:
        """Keep all of them."""
        self.operation = operation
        self.client = client
        self.slack = slack

    @property
    def clock(self) -> ManualClock:
        """The clock."""
        assert isinstance(self.operation.clock, ManualClock)
        return self.operation.clock

    def cycle(self) -> None:
        """Let the worker come round once, and what it began beside itself end."""
        self.operation.worker.tick()
        assert self.operation.slack is not None
        self.operation.slack.settling.wait(20)

    def stop(self, **fields: Any) -> Escalation:
        """Return the escalation of a decision that stops, once its people were told."""
        verdict = gate_of(self.operation).decide(**{**UNSURE, **fields})
        self.cycle()
        return self.see(verdict.escalation_id or "")

    def see(self, escalation_id: str) -> Escalation:
        """Return an escalation as it stands."""
        found = self.operation.store.escalation(escalation_id)
        assert found is not None
        return found

    def is_open(self, escalation: Escalation) -> bool:
        """Whether nobody has answered any of its asks."""
        return all(ask.answer is None for ask in self.see(escalation.id).asks)

    def resolution(self, escalation: Escalation) -> Resolution | None:
        """Return what the agent gets for an answer; None while there is none."""
        return gate_of(self.operation).resolution(escalation.id)

    def last(self, user: str) -> Message:
        """Return the newest message to somebody."""
        return self.slack.of(user)[-1]

    def send(self, payload: Any, **how: Any) -> Any:
        """Send what Slack sends, signed now."""
        body, headers = signed(payload, self.clock.now(), **how)
        return self.client.post("/slack/interactions", content=body, headers=headers)

    def press(self, user: str, action: str, message: Message | None = None) -> Any:
        """Let somebody press a button of a message, of the newest one by default."""
        found = self.send(self.slack.pressed(user, message or self.last(user), action))
        assert (found.status_code, found.content) == (200, b"")
        return found

    def fill_in(self, user: str, view: dict[str, Any] | None = None, **given: str) -> Any:
        """Let somebody send a form, the newest one by default; return what Slack is answered."""
        found = self.send(self.slack.sent(user, view or self.slack.views[-1], **given))
        assert found.status_code == 200, found.text
        return found.json()

    def answer_on_page(self, escalation: Escalation, person: str, kind: Any, **more: Any) -> None:
        """Let a person answer elsewhere than in Slack."""
        self.operation.desk.answer(
            escalation.asks[0].id, person, kind=kind, digest=escalation.proposal_digest, **more
        )


@contextmanager
def slack_desk(
    folder: Path,
    migrated_file: Path,
    slack: SlackServer,
    clock: ManualClock,
    table: str = SLACK_TABLE,
    **settings: Any,
) -> Iterator[SlackDesk]:
    """Yield an operation that asks in a workspace where its people are."""
    shutil.copy(migrated_file, folder / "handraise.db")
    slack.reset(clock)
    slack.users = {DANA, MARC, INES}
    operation = opened(
        folder,
        clock=clock,
        sender=RecordingSender(),
        table=table,
        base_url="http://testserver",
        slack_token=TOKEN,
        slack_signing_secret=SIGNING_SECRET,
        slack_api=slack.url,
        **settings,
    )
    try:
        with TestClient(create_app(operation), follow_redirects=False) as client:
            yield SlackDesk(operation, client, slack)
    finally:
        operation.close()
