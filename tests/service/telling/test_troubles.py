"""What the owner hears of contacts that fail: nothing that must be erased elsewhere."""

from __future__ import annotations

import pytest

from handraise.errors import FailedError
from tests.support.story import Story, begun

story = pytest.fixture(begun)

WORDS = "jane@customer.example.com"


def test_an_alarm_about_several_questions_quotes_nothing_that_must_be_erased(story: Story):
    story.rewrite(("acknowledge_within: 15m", "acknowledge_within: 1h"))
    asked = {"type": "refund_request", "action": "send_reply", "confidence": 0.3}
    story.decide(**asked, proposal={"to": "x"}, case="other")
    for name in ("a", "b"):
        story.decide(**asked, proposal={"to": f"{name}.{WORDS}"}, case="ticket-7")
    story.break_channel("dana", FailedError, "down")
    story.forward(minutes=40)

    found = story.operation.store.messages(to="priya")
    (alarm,) = [one for one in found if one.subject == "No message reaches dana"]
    assert "It was a message (bundle) for support-agent." in alarm.body
    assert WORDS not in alarm.body
    story.sender.sent.clear()
