"""Who may do what in Slack: what a table says of people and passkeys holds there as on the pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from handraise.clock import ManualClock
from handraise.model import Escalation
from handraise.service.secrets import Signer
from handraise.service.slack.payloads import Meant, sealed
from handraise.web.slack import PATH
from tests.support.databases import migrated_file
from tests.support.operation import SECRET
from tests.support.slack_operation import DANA, MARC, SLACK_TABLE, SlackDesk, slack_desk
from tests.support.slack_server import Message, SlackServer
from tests.test_docs import ROOT, blocks

__all__ = ["migrated_file"]


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    yield server
    server.close()


def test_an_account_of_two_people_is_nobodys(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> None:
    table = SLACK_TABLE.replace(MARC, DANA)
    with slack_desk(tmp_path, migrated_file, slack, clock, table) as desk:
        stopped = desk.stop()
        desk.press(DANA, "approve")
        assert "Several people have this Slack account" in desk.slack.replies[-1]["text"]
        assert desk.is_open(stopped)


def test_a_reader_decides_nothing_in_slack_either(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> None:
    nora = '  nora:  {name: Nora Lind, contact: "slack-app://U0NORA001"}\n'
    table = SLACK_TABLE.replace("people:\n", f"people:\n{nora}", 1) + "readers: [nora]\n"
    with slack_desk(tmp_path, migrated_file, slack, clock, table) as desk:
        slack.users.add("U0NORA001")
        stopped = desk.stop()
        assert slack.of("U0NORA001") == []
        message = desk.last(DANA)
        # Not even with buttons that were sealed for them.
        for kind in ("acknowledge", "approve", "change", "reject"):
            desk.send(_sealed_for(desk, "nora", "U0NORA001", message, kind, stopped))
            said = slack.replies[-1]["text"]
            assert "Nora Lind" in said
            assert f"http://testserver/escalations/{stopped.id}" in said
        assert slack.views == []
        ask = desk.see(stopped.id).asks[0]
        assert (ask.answer, ask.acknowledged_at) == (None, None)
        assert "approve" in message.buttons


def test_where_a_passkey_must_confirm_slack_does_not_let_the_agent_act(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> None:
    table = SLACK_TABLE.replace("severities: [low, high]", "severities: [low, high]\nconfirm: high")
    with slack_desk(tmp_path, migrated_file, slack, clock, table, is_ready=False) as desk:
        stopped = desk.stop()
        message = desk.slack.of(DANA)[-1]
        assert list(message.buttons) == ["acknowledge", "reject", "instruct", "take_over", "open"]
        assert "takes your passkey" in message.words
        # Nor with a button from before: the refusal says why, and where it can be confirmed.
        for kind in ("approve", "change"):
            desk.send(_sealed_for(desk, "dana", DANA, message, kind, stopped))
            said = desk.slack.replies[-1]["text"]
            assert "rated high or worse, or is not rated, takes your passkey." in said
            assert "Confirm it on its page; to reject, instruct or take over takes none." in said
            assert f"Nothing was changed. http://testserver/escalations/{stopped.id}" in said
        assert desk.slack.views == []
        assert desk.is_open(stopped)
        desk.press(DANA, "take_over")
        assert desk.fill_in(DANA, reason="mine")["response_action"] == "clear"
        found = desk.resolution(stopped)
        assert found is not None
        assert found.outcome == "taken_over"


def _sealed_for(
    desk: SlackDesk, person: str, user: str, message: Message, kind: str, stopped: Escalation
) -> dict[str, Any]:
    """Return a press of a button that we would have made for somebody, had it been theirs."""
    meant = Meant(kind, stopped.asks[0].id, stopped.proposal_digest)
    carried = sealed(Signer(SECRET), person, meant)
    pressed = desk.slack.pressed(user, message, "open")
    return {**pressed, "actions": [{"action_id": kind, "value": carried}]}


def test_the_app_of_the_documents_may_do_what_is_needed_and_no_more() -> None:
    manifest, *_ = blocks(ROOT / "docs/how-to/answer-in-slack.md", "yaml")
    app = YAML(typ="safe").load(manifest)
    # conversations.open takes im:write, chat.postMessage and chat.update take chat:write.
    assert app["oauth_config"] == {"scopes": {"bot": ["chat:write", "im:write"]}}
    interactivity = app["settings"].pop("interactivity")
    assert interactivity["is_enabled"] is True
    assert interactivity["request_url"] == f"https://handraise.example.com{PATH}"
    assert set(app["settings"].values()) == {False}
