"""Slack's API: what it takes, what it refuses, and what only Slack can have signed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from handraise.channels.slack import SlackChannel, is_signed
from handraise.clock import ManualClock
from handraise.errors import FailedError, RefusedError
from tests.support.slack_server import SIGNING_SECRET, TEAM, TOKEN, SlackServer, signed

BLOCKS = [{"type": "header", "text": {"type": "plain_text", "text": "Hello", "emoji": False}}]


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    server = SlackServer()
    yield server
    server.close()


@pytest.fixture
def slack(server: SlackServer, clock: ManualClock) -> SlackChannel:
    server.reset(clock)
    server.users = {"U0DANA001"}
    return SlackChannel(TOKEN, clock, server.url)


def test_a_message_goes_to_one_person_and_is_changed_later(
    slack: SlackChannel, server: SlackServer
) -> None:
    assert (slack.team(), slack.team()) == (TEAM, TEAM)
    channel = slack.direct("U0DANA001")
    ts = slack.post(channel, "Hello", BLOCKS)
    slack.update(channel, ts, "Bye", BLOCKS)
    [message] = server.of("U0DANA001")
    assert (message["text"], message["mrkdwn"], message["unfurl_links"]) == ("Bye", False, False)
    assert server.calls.count("auth.test") == 1


def test_what_cannot_help_is_refused_and_everything_else_is_tried_again(
    slack: SlackChannel, server: SlackServer, clock: ManualClock
) -> None:
    with pytest.raises(RefusedError, match="user_not_found"):
        slack.direct("U0NOBODY1")
    with pytest.raises(RefusedError, match="message_not_found"):
        slack.update("D0DANA001", "1.0", "x", BLOCKS)
    with pytest.raises(FailedError, match="invalid_auth"):
        SlackChannel("another-token", clock, server.url).direct("U0DANA001")
    for said in ({"ok": False, "error": "a secret"}, {"ok": False}, b"<html>", b"[]", {"ok": True}):
        server.break_down("chat.postMessage", said)
        with pytest.raises(FailedError) as caught:
            slack.post("D0DANA001", "x", BLOCKS)
        assert "secret" not in str(caught.value)
    server.break_down("conversations.open", {"ok": True, "channel": None})
    with pytest.raises(FailedError):
        slack.direct("U0DANA001")
    with pytest.raises(FailedError, match="cannot be reached"):
        SlackChannel(TOKEN, clock, "http://127.0.0.1:9/api").team()


@pytest.mark.parametrize(
    ("written", "wait_s"), [("7", 7), ("", 30), ("soon", 30), ("0", 1), ("99999999", 3600)]
)
def test_slack_is_left_alone_for_as_long_as_it_asks(
    slack: SlackChannel, server: SlackServer, clock: ManualClock, written: str, wait_s: int
) -> None:
    said = {"ok": False, "error": "ratelimited"}
    server.break_down("auth.test", said, status=429, Retry_After=written)
    with pytest.raises(FailedError, match=f"for {wait_s} seconds"):
        slack.team()
    server.mend()
    clock.advance(seconds=wait_s - 0.5)
    with pytest.raises(FailedError, match="left alone"):
        slack.team()
    assert (slack.rests, server.calls) == (True, ["auth.test"])
    clock.advance(seconds=1)
    assert (slack.rests, slack.team()) == (False, TEAM)


def test_a_reply_goes_to_slack_and_nowhere_else(slack: SlackChannel, server: SlackServer) -> None:
    slack.reply(f"{server.origin}/respond/1", "only you see this")
    assert server.replies[0]["response_type"] == "ephemeral"
    assert server.replies[0]["replace_original"] is False
    for url in (
        "https://evil.example.com/respond/1",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example.com/x",
        "https://hooks.slack.com@evil.example.com/x",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ):
        with pytest.raises(RefusedError):
            slack.reply(url, "x")
    assert len(server.replies) == 1
    server.break_down("/other", {}, status=501)
    with pytest.raises(FailedError, match="501"):
        slack.reply(f"{server.origin}/other", "x")


def test_only_what_slack_signed_within_five_minutes_counts(clock: ManualClock) -> None:
    now = clock.now()
    body, headers = signed({"type": "x"}, now)
    assert is_signed(body, headers, SIGNING_SECRET, now) == now.replace(microsecond=0)
    for late in (-290, 290):
        assert is_signed(body, headers, SIGNING_SECRET, now + timedelta(seconds=late))
    for late in (-302, 302, 86_400):
        assert not is_signed(body, headers, SIGNING_SECRET, now + timedelta(seconds=late))
    assert not is_signed(body + b"&x=1", headers, SIGNING_SECRET, now)
    assert not is_signed(body, headers, "another-secret", now)
    for name in headers:
        if name.startswith("X-"):
            for value in ("", "0", "x", "٣", "é" * 67, "1" * 5000, headers[name] + "0"):
                assert not is_signed(body, {**headers, name: value}, SIGNING_SECRET, now)
            assert not is_signed(
                body, {key: one for key, one in headers.items() if key != name}, SIGNING_SECRET, now
            )
    raw, of_raw = signed(b"\xff\xfe", now)
    assert not is_signed(raw, of_raw, SIGNING_SECRET, now)
