"""A question is asked in Slack and answered there; whatever happens elsewhere, Slack says so too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.model import Resolution
from tests.support.slack_operation import DANA, INES, MARC, SlackDesk, slack_desk
from tests.support.slack_server import SlackServer


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    yield server
    server.close()


@pytest.fixture
def desk(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> Iterator[SlackDesk]:
    with slack_desk(tmp_path, migrated_file, slack, clock) as desk:
        yield desk
        assert desk.operation.record.verify().flaws == ()


def test_a_question_is_rejected_in_slack_and_the_agent_gets_the_reason(desk: SlackDesk) -> None:
    stopped = desk.stop(case="ticket-991", proposal={"refund": 480, "note": "late parcel"})
    message = desk.last(DANA)
    for words in (
        "May support-agent refund 480 (note late parcel) for ticket-991?",
        "support-agent has stopped and asks you to decide.",
        "Why it stopped:",
        "refund\n480",
        "note\nlate parcel",
        "acknowledge by",
    ):
        assert words in message.words
    assert list(message.buttons) == [
        *("acknowledge", "approve", "change", "reject", "instruct", "take_over", "open")
    ]
    assert message.buttons["open"]["url"] == f"http://testserver/escalations/{stopped.id}"

    desk.press(DANA, "acknowledge")
    assert "acknowledge" not in message.buttons
    assert "You have it since" in message.words
    assert desk.see(stopped.id).asks[0].acknowledged_at == desk.clock.now()

    desk.press(DANA, "reject")
    form = desk.slack.views[-1]
    assert desk.fill_in(DANA, form, reason=" ") == {
        "response_action": "errors",
        "errors": {"reason": "say why, in a few words; it goes into the record and to the agent"},
    }
    assert desk.resolution(stopped) is None
    said = desk.fill_in(DANA, form, reason="The parcel came on Friday.")
    assert said == {"response_action": "clear"}
    found = desk.resolution(stopped)
    assert isinstance(found, Resolution)
    assert (found.outcome, found.by) == ("rejected", "dana")
    assert found.reason == "The parcel came on Friday."
    assert list(message.buttons) == ["open"]
    assert "You rejected this at" in message.words
    # The same form once more, as after a lost connection, is the same answer and no other.
    assert desk.fill_in(DANA, form, reason="The parcel came on Friday.") == said
    assert desk.slack.replies == []


def test_what_is_answered_on_the_page_is_settled_in_slack(desk: SlackDesk) -> None:
    stopped = desk.stop()
    message = desk.last(DANA)
    desk.answer_on_page(stopped, "marc", "reject", reason="no")
    assert "approve" in message.buttons
    # Pressed before the worker came round: somebody was faster, and nothing is answered twice.
    desk.press(DANA, "approve")
    assert "Marc Oyelaran answered this (reject)" in desk.slack.replies[-1]["text"]
    assert desk.slack.replies[-1]["response_type"] == "ephemeral"
    assert list(message.buttons) == ["open"]
    assert "Marc Oyelaran rejected this at" in message.words

    second = desk.stop(case="another")
    message = desk.last(DANA)
    desk.answer_on_page(second, "dana", "approve")
    desk.clock.advance(seconds=5)
    desk.cycle()
    assert "You approved this at" in message.words
    updates = desk.slack.calls.count("chat.update")
    desk.clock.advance(seconds=5)
    desk.cycle()
    assert desk.slack.calls.count("chat.update") == updates


def test_silence_takes_the_question_on_to_the_next_person(desk: SlackDesk) -> None:
    desk.stop()
    first = desk.last(DANA)
    desk.clock.advance(hours=1)
    desk.cycle()
    desk.clock.advance(seconds=5)
    desk.cycle()
    assert "This is with Marc Oyelaran now." in first.words
    assert list(first.buttons) == ["open"]
    assert "approve" in desk.last(MARC).buttons
    assert "approve" not in desk.last(DANA).buttons


def test_who_has_left_reads_no_more_of_a_question(desk: SlackDesk) -> None:
    desk.stop(proposal={"refund": 40, "note": "for John Q. Customer"})
    (asked,) = desk.slack.of(DANA)
    assert "Customer" in asked.words
    desk.operation.roster.deactivate("dana", "priya", "left")
    desk.cycle()
    desk.clock.advance(seconds=5)
    desk.cycle()

    (asked,) = desk.slack.of(DANA)
    said = "This is no longer with you. You need not do anything."
    assert (asked["text"], asked.words) == (said, said)
    assert "Customer" in desk.last(MARC).words


def test_two_routes_agree_each_in_their_own_message(desk: SlackDesk) -> None:
    stopped = desk.stop(proposal={"refund": 6200})
    mine, other = desk.last(DANA), desk.last(INES)
    confirm = mine.buttons["approve"]["confirm"]["text"]["text"]
    assert "support-agent will refund 6,200" in confirm
    assert "Still to agree: finance_lead (Ines Duarte)." in confirm
    desk.press(DANA, "approve")
    assert "You agreed to this at" in mine.words
    assert "Still to agree: finance_lead (Ines Duarte)." in mine.words
    assert desk.resolution(stopped) is None

    desk.press(INES, "change")
    said = desk.fill_in(INES, refund="six", reason="too much")
    assert said["errors"] == {"field.refund": "refund must be a number, not 'six'"}
    assert desk.fill_in(INES, refund="5900", reason="too much") == {"response_action": "clear"}
    found = desk.see(stopped.id)
    assert found.proposal == {"refund": 5900}
    assert "You agreed to this with a change" in other.words or "approved" in other.words
    assert found.asks[0].state == "open", "who agreed to another proposal is asked again"
    desk.cycle()
    again = desk.last(DANA)
    assert "5,900" in again.words
    desk.press(DANA, "approve", again)
    resolved = desk.resolution(stopped)
    assert resolved is not None
    assert (resolved.outcome, resolved.proposal) == ("changed", {"refund": 5900})


def test_a_workspace_that_is_too_busy_is_left_alone_and_nothing_is_lost(desk: SlackDesk) -> None:
    desk.slack.break_down(
        "chat.postMessage", {"ok": False, "error": "ratelimited"}, status=429, Retry_After="30"
    )
    stopped = desk.stop()
    assert desk.slack.of(DANA) == []
    desk.slack.mend()
    calls = len(desk.slack.calls)
    desk.clock.advance(seconds=12)
    desk.cycle()
    assert len(desk.slack.calls) == calls
    desk.clock.advance(seconds=60)
    desk.cycle()
    message = desk.last(DANA)
    assert "approve" in message.buttons
    assert desk.see(stopped.id).asks[0].holder == "dana"

    desk.slack.break_down("chat.update", {"ok": False, "error": "internal_error"})
    desk.press(DANA, "approve")
    assert "approve" in message.buttons
    desk.slack.mend()
    for _ in range(2):
        desk.clock.advance(seconds=61)
        desk.cycle()
    assert list(message.buttons) == ["open"]
    assert desk.operation.store.slack_posts(stopped.id) == []


def test_a_message_that_was_deleted_in_slack_holds_nothing_up(desk: SlackDesk) -> None:
    stopped = desk.stop()
    desk.slack.messages.clear()
    desk.answer_on_page(stopped, "dana", "approve")
    desk.clock.advance(seconds=5)
    desk.cycle()
    assert desk.operation.store.slack_posts(stopped.id) == []


def test_a_person_verifies_their_account_by_the_code_that_comes(
    tmp_path: Path, migrated_file: Path, slack: SlackServer, clock: ManualClock
) -> None:
    with slack_desk(
        tmp_path, migrated_file, slack, clock, is_settled=False, is_ready=False
    ) as desk:
        desk.cycle()
        message = desk.last(DANA)
        assert "approve" not in message.buttons
        parts = [
            one
            for block in message["blocks"]
            if block["type"] == "rich_text"
            for section in block["elements"]
            for one in section["elements"]
        ]
        links = [one["url"] for one in parts if one["type"] == "link"]
        code = next(one for one in links if "/verify/" in one).rpartition("/")[2]
        desk.operation.roster.verify(code)
        records = {one.contact: one for one in desk.operation.store.contact_records("dana")}
        assert records[f"slack-app://{DANA}"].verified_at is not None
