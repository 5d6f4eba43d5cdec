"""What is pressed in Slack: only what Slack signed, once, by whom it was shown to; all text is text."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.core.table.form import Field
from handraise.errors import SettingsError
from handraise.service.slack.blocks import plain
from handraise.service.slack.forms import element_of
from handraise.service.telling.wording import visible
from handraise.service.wiring import Operation
from tests.support.block_kit import view_problems
from tests.support.databases import migrated_file
from tests.support.operation import TABLE, opened
from tests.support.server import Server
from tests.support.slack_operation import DANA, INES, MARC, SLACK_TABLE, SlackDesk, slack_desk
from tests.support.slack_server import (
    SIGNING_SECRET,
    TOKEN,
    SlackServer,
    signed,
    words_of,
)
from tests.web.test_hostile_text import CORPUS

__all__ = ["migrated_file"]

HOSTILE = [*CORPUS, "<!channel> <!here> <@U0DANA001> <https://evil.example|here>", ":boom: *b* _i_"]
KINDS: dict[str, Any] = {"by": "date", "parts": "integer", "refund": "number"}
WIDE = SLACK_TABLE.replace(
    "{refund: number, note: text?}",
    "{refund: number, note: text?, parts: integer?, by: date?, whole: boolean?,"
    " how: 'one of [card, cash]?'}",
)


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    yield server
    server.close()


@pytest.fixture
def desk(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> Iterator[SlackDesk]:
    with slack_desk(tmp_path, migrated_file, slack, clock, WIDE) as desk:
        yield desk


def test_nothing_counts_but_what_slack_signed_and_only_once(desk: SlackDesk) -> None:
    stopped = desk.stop()
    payload = desk.slack.pressed(DANA, desk.last(DANA), "approve")
    now = desk.clock.now()
    body, headers = signed(payload, now)
    bare = {"Content-Type": headers["Content-Type"]}
    forged, of_forged = signed(payload, now, secret="guessed")
    for one, given in (
        (body, bare),
        (forged, of_forged),
        (body + b"&more=1", headers),
        signed(payload, now - timedelta(minutes=6)),
        signed(payload, now + timedelta(minutes=6)),
    ):
        refused = desk.client.post("/slack/interactions", content=one, headers=given)
        assert refused.status_code == 401
        assert desk.is_open(stopped)
    for junk in (b"", b"payload=", b"payload=[]", b"payload={}&payload={}", b"payload=7", b"x=1"):
        assert desk.send(junk).status_code == 400
    assert desk.client.get("/slack/interactions").status_code == 405
    too_much = desk.client.post("/slack/interactions", content=b"x" * 2**20 + b"x", headers=headers)
    assert too_much.status_code == 413

    # Taken once: what was listened to and sent again changes nothing.
    again = {**headers, "X-Slack-Retry-Num": "1"}
    assert desk.client.post("/slack/interactions", content=body, headers=headers).status_code == 200
    assert not desk.is_open(stopped)
    answer = desk.see(stopped.id).asks[0].answer
    assert desk.client.post("/slack/interactions", content=body, headers=again).status_code == 401
    assert desk.see(stopped.id).asks[0].answer == answer


def test_only_the_one_it_was_shown_to_may_press_it(desk: SlackDesk) -> None:
    stopped = desk.stop()
    message = desk.last(DANA)

    def refused(payload: dict[str, Any]) -> str:
        assert desk.send(payload).status_code == 200
        assert desk.is_open(stopped)
        return str(desk.slack.replies[-1]["text"])

    pressed = desk.slack.pressed
    assert "nobody's verified contact" in refused(pressed("U0STRANGE", message, "approve"))
    assert "not made for you" in refused(pressed(INES, message, "approve"))
    assert "not made for you" in refused(pressed(MARC, message, "approve"))
    for elsewhere in (
        {"team": {"id": "T0OTHER01"}},
        {"team": None, "user": {"id": DANA, "team_id": "T0OTHER01"}},
        {"team": None, "user": {"id": DANA}},
    ):
        other = {**pressed(DANA, message, "approve"), **elsewhere}
        assert "another workspace" in refused(other)
    nobody = {**pressed(DANA, message, "approve"), "user": {}}
    assert "nobody's verified contact" in refused(nobody)

    # A button's seal is for its own kind of answer, its ask and its proposal.
    rejecting = message.buttons["reject"]["value"]
    swapped = pressed(DANA, message, "approve")
    swapped["actions"] = [{"action_id": "approve", "value": rejecting}]
    assert "no button of ours" in refused(swapped)
    meant, seal = json.loads(message.buttons["approve"]["value"])
    for place, value in ((0, "take_over"), (1, f"{stopped.id}.2"), (2, "0" * 64)):
        changed = [*meant[:place], value, *meant[place + 1 :]]
        for carried in (json.dumps([changed, seal]), "x", "[]", None, "[" * 1000):
            forged = pressed(DANA, message, "approve")
            forged["actions"] = [{"action_id": "approve", "value": carried}]
            assert "not made for you" in refused(forged)

    # A form is for the one it was opened to, too.
    desk.press(DANA, "reject")
    said = desk.fill_in(MARC, reason="not mine")
    assert "not made for you" in words_of(said["view"]["blocks"])
    assert desk.is_open(stopped)

    # Whoever has left is nobody from that instant on, whatever stands open before them.
    form = desk.slack.views[-1]
    desk.operation.roster.deactivate("dana", "priya")
    for action in ("acknowledge", "approve", "reject"):
        assert "nobody's verified contact" in refused(pressed(DANA, message, action))
    said = desk.fill_in(DANA, form, reason="one last word")
    told = words_of(said["view"]["blocks"])
    assert "nobody's verified contact" in told
    assert "one last word" in told
    assert desk.is_open(stopped)
    assert desk.send({"type": "view_closed"}).status_code == 200
    assert desk.send({"type": "block_actions", "actions": []}).status_code == 200


def test_an_answer_binds_to_the_proposal_that_was_shown(desk: SlackDesk) -> None:
    stopped = desk.stop(proposal={"refund": 6200})
    old = desk.slack.pressed(DANA, desk.last(DANA), "approve")
    opened_form = desk.slack.pressed(DANA, desk.last(DANA), "reject")
    desk.send(opened_form)
    form = desk.slack.views[-1]
    desk.press(DANA, "change")
    changing = desk.slack.views[-1]
    desk.press(INES, "change")
    assert desk.fill_in(INES, refund="5900", reason="less") == {"response_action": "clear"}
    assert desk.see(stopped.id).proposal == {"refund": 5900}
    desk.send(old)
    assert "The proposal changed while you were reading" in desk.slack.replies[-1]["text"]
    late = desk.slack.pressed(DANA, desk.slack.of(DANA)[0], "open")
    late["actions"] = old["actions"] = opened_form["actions"]
    desk.send(late)
    assert "The proposal changed since you were shown it" in desk.slack.replies[-1]["text"]
    said = desk.fill_in(DANA, form, reason="Words that took long to write.")
    assert said["response_action"] == "update"
    told = words_of(said["view"]["blocks"])
    assert "The proposal changed" in told
    assert "Nothing was changed." in told
    assert "Words that took long to write." in told
    said = desk.fill_in(DANA, changing, refund="5000.5", reason="Still too much.")
    assert "refund: 5000.5\n\nStill too much." in words_of(said["view"]["blocks"])
    assert desk.see(stopped.id).asks[0].answer is None


def test_a_form_opens_within_three_seconds_or_says_so(desk: SlackDesk) -> None:
    stopped = desk.stop()
    payload = desk.slack.pressed(DANA, desk.last(DANA), "instruct")
    desk.clock.advance(seconds=4)
    desk.send(payload)
    assert desk.slack.views == []
    assert "Please press the button again" in desk.slack.replies[-1]["text"]
    desk.press(DANA, "instruct")
    assert desk.fill_in(DANA, instruction=" ")["errors"] == {
        "instruction": "say what the agent should do"
    }
    assert desk.fill_in(DANA, instruction="Send a voucher.") == {"response_action": "clear"}
    found = desk.resolution(stopped)
    assert found is not None
    assert (found.outcome, found.instruction) == ("instructed", "Send a voucher.")


def test_what_takes_longer_than_slack_waits_is_told_in_a_message(
    desk: SlackDesk, tmp_path: Path
) -> None:
    stopped = desk.stop()
    desk.press(DANA, "reject")
    body, headers = signed(
        desk.slack.sent(DANA, desk.slack.views[-1], reason="no"), desk.clock.now()
    )
    # Another process of the same operation, which must ask Slack first where it is.
    other = opened(
        tmp_path,
        clock=desk.clock,
        table=WIDE,
        slack_token=TOKEN,
        slack_signing_secret=SIGNING_SECRET,
        slack_api=desk.slack.url,
    )
    server = Server.of(other)
    go_on = desk.slack.hold("auth.test")
    try:
        url = f"{server.url}/slack/interactions"
        found = httpx.post(url, content=body, headers=headers, timeout=20)
        said = found.json()
        assert "A message says in a moment what came of it" in words_of(said["view"]["blocks"])
        assert view_problems(said["view"]) == []
        desk.slack.posted.clear()
        go_on.set()
        assert desk.slack.posted.wait(20)
    finally:
        go_on.set()
        server.close()
        other.close()
    assert "Your answer was taken." in desk.last(DANA).words
    resolution = desk.resolution(stopped)
    assert resolution is not None
    assert resolution.reason == "no"


def test_a_change_is_typed_field_by_field(desk: SlackDesk) -> None:
    whole = {
        "refund": 40.5,
        "note": "x",
        "parts": 2,
        "by": "2026-12-01",
        "whole": True,
        "how": "card",
    }
    stopped = desk.stop(proposal=whole)
    desk.press(DANA, "change")
    kinds = {
        block["block_id"]: block["element"]["type"]
        for block in desk.slack.views[-1]["blocks"]
        if block["type"] == "input"
    }
    assert kinds == {
        "field.refund": "number_input",
        "field.note": "plain_text_input",
        "field.parts": "number_input",
        "field.by": "datepicker",
        "field.whole": "static_select",
        "field.how": "static_select",
        "reason": "plain_text_input",
    }
    wrong = desk.fill_in(DANA, refund="", parts="2.5", reason="r")["errors"]
    assert set(wrong) == {"field.refund", "field.parts"}
    assert desk.fill_in(DANA, reason="")["errors"].keys() == {"reason"}
    sent = {"refund": "30", "by": "2026-12-24", "whole": "false", "how": "cash", "note": ""}
    assert desk.fill_in(DANA, **sent, reason="less")["response_action"] == "clear"
    found = desk.resolution(stopped)
    assert found is not None
    assert found.proposal == {
        "refund": 30, "parts": 2, "by": "2026-12-24", "whole": False, "how": "cash"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("by", "2026-12-01", "datepicker"),
        ("by", "tomorrow", "plain_text_input"),
        ("by", "2026-02-31", "plain_text_input"),
        ("by", "20261201", "plain_text_input"),
        ("by", 5, "plain_text_input"),
        ("parts", 3, "number_input"),
        ("parts", -3, "number_input"),
        ("parts", 3.5, "plain_text_input"),
        ("parts", 3.0, "plain_text_input"),
        ("refund", 3.5, "number_input"),
        ("refund", 1e22, "plain_text_input"),
    ],
)
def test_a_value_that_its_field_would_not_take_stands_in_a_line_of_text(
    field: str, value: Any, kind: str
) -> None:
    asked = Field(name=field, type=KINDS[field], optional=True)
    element = element_of(asked, value)
    assert element["type"] == kind
    assert str(value) in element.values()
    block = {"type": "input", "label": plain("x"), "element": {**element, "action_id": "given"}}
    view = {"type": "modal", "title": plain("x"), "submit": plain("x"), "blocks": [block]}
    assert view_problems(view) == []


def test_what_does_not_stand_there_whole_is_decided_on_the_page(desk: SlackDesk) -> None:
    desk.stop(proposal={"refund": 40, "note": "y" * 1600})
    message = desk.last(DANA)
    assert "The proposal is too long to stand here whole: decide on the page." in message.words
    assert list(message.buttons) == ["acknowledge", "reject", "instruct", "take_over", "open"]
    # What hides in a text would be typed on unseen: it is changed on the page.
    desk.stop(case="hidden", proposal={"refund": 40, "note": "a\u202eb"})
    assert "[U+202E]" in desk.last(DANA).words
    assert "change" not in desk.last(DANA).buttons
    assert "approve" in desk.last(DANA).buttons


@pytest.mark.parametrize(
    "proposal",
    [
        {"refund": 40, "note": "half now " + "\u202e" * 450 + " and SEND 9000"},
        {"refund": 40, "note": "ok " + "\u200b" * 260 + " and SEND 9000"},
        {"refund": 40, "note": {"a": "x" + "\u200b" * 300 + " and SEND 9000"}},
        {"refund": 40, "note": ["\u2066" * 100, "\u2066" * 100, " and SEND 9000"]},
    ],
)
def test_what_is_spelled_out_beyond_the_room_cannot_be_approved(
    desk: SlackDesk, proposal: dict[str, Any]
) -> None:
    desk.stop(action="send_reply", proposal=proposal)
    message = desk.last(DANA)
    assert "SEND 9000" not in message.words
    assert "too long to stand here whole: decide on the page" in message.words
    assert {"approve", "change"}.isdisjoint(message.buttons)


def test_what_can_be_approved_stands_there_to_the_last_character(desk: SlackDesk) -> None:
    for length in range(150, 220, 5):
        note = "ok " + "\u200b" * length + " and SEND 9000"
        desk.stop(case=str(length), proposal={"refund": 40, "note": note})
        message = desk.last(DANA)
        assert ("approve" in message.buttons) == (f'note\n"{visible(note)}"' in message.words)
        desk.clock.advance(minutes=6)
    desk.stop(case="name", proposal={"refund": 40, "a\u202eb\nc": 1})
    message = desk.last(DANA)
    assert ("approve" in message.buttons) == ('"a[U+202E]b\\nc"\n1' in message.words)


def test_what_agents_and_customers_write_is_text_in_slack(desk: SlackDesk) -> None:
    for number, text in enumerate(HOSTILE):
        stopped = desk.stop(
            type=text,
            case=f"{number} {text}",
            text=f"secret {text}",
            context={"words": f"hidden {text}"},
            proposal={"refund": 40, "note": text},
        )
        message = desk.last(DANA)
        assert message.buttons["open"]["url"].endswith(stopped.id)
        assert {"hidden", "secret"}.isdisjoint(message.words.split())
        assert "mrkdwn" not in json.dumps(message["blocks"])
        assert not any(one in message.words for one in "\u202e\u2066\x00\x1b\u200b")
        assert not any(raw in message["text"] for raw in ("<!", "<@", "<http"))
        can_be_typed = visible(text) == text and len(text) < 1400
        assert ("change" in message.buttons) == can_be_typed
        if can_be_typed:
            desk.press(DANA, "change")
        desk.press(DANA, "reject")
        assert desk.fill_in(DANA, reason=text) == {"response_action": "clear"}
        found = desk.resolution(stopped)
        assert found is not None
        assert found.reason == text.strip().replace("\x00", "\ufffd")
        desk.clock.advance(minutes=6)
    assert desk.slack.replies == []


def test_giants_stay_within_the_limits_and_say_what_is_missing(desk: SlackDesk) -> None:
    giant = {"refund": 40, "note": "z" * 200_000}
    desk.stop(case="c" * 5000, type="t" * 5000, proposal=giant)
    assert "decide on the page" in desk.last(DANA).words
    desk.stop(case="d", proposal={f"field {number}": number for number in range(3000)})
    assert "field 19\n19" in desk.last(DANA).words
    assert "approve" not in desk.last(DANA).buttons


def test_without_an_app_there_is_nothing_here_and_half_an_app_is_refused(
    desk: SlackDesk, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for half, missing in (
        ({"slack_token": TOKEN}, "HANDRAISE_SLACK_SIGNING_SECRET"),
        ({"slack_signing_secret": "x" * 20}, "HANDRAISE_SLACK_TOKEN"),
    ):
        with pytest.raises(SettingsError, match=missing):
            opened(folder, table=TABLE, **half)


def test_an_operation_that_is_not_in_slack_takes_nothing_from_there(
    client: TestClient, operation: Operation
) -> None:
    body, headers = signed({"type": "block_actions"}, operation.clock.now())
    found = client.post("/slack/interactions", content=body, headers=headers)
    assert found.status_code == 404
