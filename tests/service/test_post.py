"""The post: several contacts, retries, what is given up and who hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.errors import DeliveryError, FailedError, RefusedError
from handraise.model import Message
from handraise.service.post import Post
from handraise.service.wording import alarm
from tests.support.databases import raw
from tests.support.story import AGENT, TABLE, UNSURE, Story, begun

story = pytest.fixture(begun)

TWO_CONTACTS = ('"mailto:dana@example.com"', '["mailto:dana@example.com", "mailto:d@example.com"]')


class SenderByContact:
    """Fails for some contacts; keeps what it was asked."""

    def __init__(self, **broken: DeliveryError) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def send(self, message: Message, contact: str) -> None:
        self.asked.append(contact)
        error = self.broken.get(contact.removeprefix("mailto:").partition("@")[0])
        if error is not None:
            raise error


def post_of(story: Story, sender: Any) -> Post:
    operation = story.operation
    return Post(operation.store, operation.shelf, operation.clock, sender, "https://x.example.com")


def outbox(story: Story, **fields: Any) -> list[Message]:
    return story.operation.store.messages(**fields)


def send_alarm(story: Story, **fields: Any) -> None:
    owner = story.operation.shelf.newest(AGENT).people["priya"]
    message = alarm(AGENT, owner, "Look", ["words"], story.clock.now(), **fields)
    story.operation.store.add_messages([message])


def test_the_second_contact_is_tried_when_the_first_fails(story: Story):
    story.rewrite(TWO_CONTACTS)
    sender = SenderByContact(dana=RefusedError("no such mailbox"))
    story.gate.decide(**UNSURE)

    assert post_of(story, sender).deliver() == 1
    assert sender.asked == ["mailto:dana@example.com", "mailto:d@example.com"]
    assert [message.state for message in outbox(story)] == ["sent"]


def test_one_contact_that_only_failed_is_reason_to_try_again(story: Story):
    story.rewrite(TWO_CONTACTS)
    sender = SenderByContact(dana=RefusedError("no such mailbox"), d=FailedError("busy"))
    story.gate.decide(**UNSURE)

    assert post_of(story, sender).deliver() == 0
    (message,) = outbox(story)
    assert (message.state, message.error, message.attempts) == (
        "pending",
        "no such mailbox; busy",
        1,
    )


def test_retries_wait_longer_each_time_and_end(story: Story):
    post = post_of(story, SenderByContact(dana=FailedError("busy")))
    verdict = story.gate.decide(**UNSURE)
    waits = []
    for _ in range(3):
        post.deliver()
        (message,) = outbox(story, to="dana")
        assert message.next_at is not None
        waits.append((message.next_at - story.clock.now()).total_seconds())
        story.clock.set(message.next_at)
    post.deliver()

    assert waits == [10, 30, 90]
    assert outbox(story, to="dana")[0].state == "failed"
    assert story.see(verdict).asks[0].holder == "marc"


def test_an_alarm_is_never_given_up_while_trying_can_help(story: Story):
    story.break_channel("everybody", FailedError, "down")
    send_alarm(story)
    story.forward(days=1)
    (message,) = outbox(story)
    assert message.state == "pending"
    assert message.attempts > 90

    story.mend_channels()
    story.forward(minutes=15)
    story.expect(("priya", "alarm"))


def test_a_message_without_a_contact_is_refused(story: Story):
    story.gate.decide(**UNSURE)
    raw(story.operation.store, "UPDATE outbox SET contacts = '[]'")
    story.cycle()

    story.expect(("marc", "asked", "there is no contact"), ("priya", "alarm"))


def test_an_alarm_to_a_former_owner_goes_to_the_present_one(story: Story):
    send_alarm(story)
    story.rewrite(
        ("owner: priya", "owner: ines"),
        ('  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}\n', ""),
    )
    story.cycle()

    story.expect(("ines", "alarm", "Look"))
    assert story.sender.sent == []
    assert [message.state for message in outbox(story, to="priya")] == ["failed"]


def test_a_message_about_an_escalation_that_is_gone_is_reported_all_the_same(story: Story):
    story.break_channel("dana", RefusedError, "no such mailbox")
    story.gate.decide(**UNSURE)
    raw(story.operation.store, "UPDATE outbox SET escalation_id = NULL")
    story.cycle()

    story.expect(("priya", "alarm", "No message reaches dana"))


def test_an_ask_that_cannot_be_moved_does_not_keep_the_alarm_back(story: Story):
    story.break_channel("dana", RefusedError, "no such mailbox")
    story.gate.decide(**UNSURE)
    raw(story.operation.store, "UPDATE escalations SET version = 'unreadable'")
    story.cycle()

    alarms = [message.body for message in story.sender.sent if message.to == "priya"]
    assert len(alarms) == 1
    assert "moved on" not in alarms[0]


def test_a_message_of_an_agent_nobody_knows_holds_up_nothing(story: Story):
    story.gate.decide(**{**UNSURE, "case": "1"})
    raw(story.operation.store, "UPDATE outbox SET agent = 'gone'")
    story.gate.decide(**{**UNSURE, "case": "2"})
    story.cycle()

    story.expect(("dana", "asked", "for 2"))


def test_more_messages_than_a_batch_go_out_in_one_cycle(story: Story):
    for number in range(60):
        story.gate.decide(**{**UNSURE, "case": str(number)})

    assert post_of(story, SenderByContact()).deliver() == 60


def test_the_usual_table_is_in_use_here(story: Story):
    assert TWO_CONTACTS[0] in TABLE


def test_the_history_says_once_that_a_message_is_late(story: Story):
    post = post_of(story, SenderByContact(dana=FailedError("connection refused")))
    verdict = story.gate.decide(**UNSURE)
    for _ in range(2):
        post.deliver()
        story.forward(seconds=0)
        (message,) = outbox(story, to="dana")
        assert message.next_at is not None
        story.clock.set(message.next_at)
        story.break_channel("dana", FailedError, "connection refused")

    late = [
        one
        for one in story.operation.store.events(verdict.escalation_id or "")
        if one.kind in {"delayed", "undelivered"}
    ]
    assert [(one.kind, one.ask_id, one.detail) for one in late] == [
        ("delayed", message.ask_id, {"to": "dana", "kind": "asked", "error": "connection refused"})
    ]


def test_a_late_alarm_is_no_part_of_a_history(story: Story):
    story.break_channel("priya", FailedError, "down")
    verdict = story.gate.decide(**UNSURE)
    send_alarm(story, escalation_id=verdict.escalation_id)
    story.cycle()

    events = story.operation.store.events(verdict.escalation_id or "")
    assert "delayed" not in {one.kind for one in events}
