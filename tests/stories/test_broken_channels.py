"""Mail that does not go out: tried again, then the ask moves early and the owner is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from handraise.channels.senders import AppriseSender
from handraise.errors import FailedError, RefusedError
from handraise.model import Message
from tests.support.mailbox import Mailbox
from tests.support.story import AGENT, BIG, UNSURE_AND_BIG, Story


def test_a_mail_server_that_is_down_for_a_minute_only_delays_the_message(story: Story):
    story.break_channel("everybody", FailedError, "the mail server is down")
    verdict = story.decide()
    story.forward(seconds=10)
    story.quiet()

    story.mend_channels()
    story.forward(seconds=30)
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana")


def test_when_no_message_reaches_a_person_the_ask_moves_early_and_the_owner_is_told(story: Story):
    story.break_channel("dana", FailedError, "the mail server is down")
    verdict = story.decide()
    story.forward(minutes=2)
    story.quiet()
    assert story.see(verdict).asks[0].holder == "dana"

    story.forward(seconds=10)

    story.expect(
        ("marc", "asked", "no message reaches Dana Reyes: the mail server is down"),
        ("priya", "alarm", "The question has moved on to the next person"),
    )
    story.answer(verdict, "marc")


def test_an_address_that_is_refused_is_not_tried_again(story: Story):
    story.break_channel("ines", RefusedError, "no such mailbox")
    verdict = story.decide(BIG)

    story.expect(
        ("priya", "with_owner", "no message reaches Ines Duarte: no such mailbox"),
        ("priya", "alarm", "No message reaches ines"),
    )
    story.answer(verdict, "priya")


def test_ten_messages_that_reach_nobody_are_one_alarm(story: Story):
    story.break_channel("dana", RefusedError, "no such mailbox")
    verdicts = [story.gate.decide(**{**UNSURE_AND_BIG, "case": str(n)}) for n in range(10)]
    story.cycle()

    alarms = [message for message in story.sender.sent if message.kind == "alarm"]
    assert [(alarm.to, alarm.subject) for alarm in alarms] == [("priya", "No message reaches dana")]
    assert {story.see(verdict).asks[0].holder for verdict in verdicts} == {"marc"}
    story.sender.sent.clear()


def test_when_nobody_can_be_reached_the_owner_has_it_and_reminders_go_on(story: Story):
    story.break_channel("everybody", FailedError, "the mail server is down")
    verdict = story.decide()
    story.forward(hours=6)
    assert story.ask_of(verdict, "priya").with_owner
    assert story.see(verdict).asks[0].tried == ("dana", "marc", "priya")
    story.quiet()

    story.mend_channels()
    story.forward(hours=8)

    kinds = [(message.to, message.kind) for message in story.sender.sent]
    assert ("priya", "reminder") in kinds
    assert {to for to, _ in kinds} == {"priya"}
    alarms = {message.subject for message in story.sender.sent if message.kind == "alarm"}
    assert {subject for subject in alarms if not subject.startswith(f"{AGENT}: ")} == {
        "Messages reach priya again",
        "No message reaches dana",
        "No message reaches marc",
    }
    assert any("Nothing goes out by mail" in subject for subject in alarms)
    story.sender.sent.clear()
    story.answer(verdict, "priya")


def test_the_owners_refused_mail_is_recorded_and_the_ask_stays_with_the_owner(story: Story):
    story.break_channel("priya", RefusedError, "no such mailbox")
    story.break_channel("ines", RefusedError, "no such mailbox either")
    verdict = story.decide(BIG)
    story.quiet()

    assert story.ask_of(verdict, "priya").with_owner
    undelivered = [
        event.detail
        for event in story.operation.desk.events(verdict.escalation_id or "", "priya")
        if event.kind == "undelivered"
    ]
    assert undelivered == [
        {"to": "ines", "kind": "asked", "error": "no such mailbox either"},
        {"to": "priya", "kind": "with_owner", "error": "no such mailbox"},
        {"to": "priya", "kind": "alarm", "error": "no such mailbox"},
    ]
    story.mend_channels()
    story.forward(minutes=30)
    story.expect(("priya", "reminder"), ("priya", "alarm", "Messages reach priya again"))


def test_an_acknowledged_ask_stays_when_a_later_message_does_not_arrive(story: Story):
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("dana", "asked"), ("ines", "asked"))
    story.acknowledge(verdict, "dana")
    story.break_channel("dana", RefusedError, "mailbox full")
    story.answer(verdict, "ines", "change", proposal={"refund": 62})

    story.expect(("priya", "alarm", "No message reaches dana: mailbox full"))
    assert story.ask_of(verdict, "dana").holder == "dana"
    story.answer(verdict, "dana")
    assert verdict.wait(0).proposal == {"refund": 62}


class Killed(BaseException):
    """The worker's process is gone."""


def killed() -> Killed:
    return Killed()


def test_a_message_whose_worker_was_killed_comes_back_after_its_lease(story: Story):
    story.sender.broken["everybody"] = killed
    with pytest.raises(Killed):
        story.decide()

    story.mend_channels()
    story.cycle()
    story.quiet()
    story.forward(seconds=119)
    story.quiet()
    story.forward(seconds=1)
    story.expect(("dana", "asked"))


def test_a_message_that_went_out_is_never_sent_again(story: Story):
    story.decide()
    story.expect(("dana", "asked"))
    story.forward(minutes=14)

    sent: list[Message] = story.operation.store.messages(state="sent")
    assert [(message.to, message.attempts) for message in sent] == [("dana", 1)]


def test_one_message_that_breaks_the_sender_does_not_hold_up_the_others(story: Story):
    story.sender.broken["dana"] = lambda: LookupError("a fault of a channel")
    verdict = story.decide(UNSURE_AND_BIG)
    story.expect(("ines", "asked"))

    story.forward(minutes=3)
    story.expect(("marc", "asked", "the channel broke off (LookupError)"), ("priya", "alarm"))
    story.answer(verdict, "marc")
    story.answer(verdict, "ines")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing_and_doubles_nothing(
    tell: Callable[..., Story], mailbox: Mailbox
):
    story = tell(sender=AppriseSender(mailbox.url))
    before = story.decide(case="before")
    assert subjects(mailbox) == {("dana@example.com", "Urgent: May support-agent refund before")}
    story.answer(before, "dana")

    mailbox.close()
    during = story.decide(case="during")
    story.forward(minutes=3)
    # The design's early advance: nobody waits a quarter of an hour for somebody who knows nothing.
    assert story.see(during).asks[0].tried == ("dana", "marc")
    story.forward(minutes=57)
    assert story.ask_of(during, "priya").with_owner
    assert mailbox.all() == []

    mailbox.open()
    story.forward(minutes=16)
    words = subjects(mailbox)
    assert ("priya@example.com", "No message reaches dana") in words
    assert ("priya@example.com", "No message reaches marc") in words
    assert ("priya@example.com", "Messages reach priya again") in words
    assert all(to == "priya@example.com" for to, _ in words)

    after = story.decide(case="after")
    story.cycle()
    assert {one for one in subjects(mailbox) if not one[1].startswith(f"{AGENT}: ")} == {
        ("dana@example.com", "Urgent: May support-agent refund after"),
        ("priya@example.com", "Messages reach dana again"),
    }
    story.answer(during, "priya")
    story.answer(after, "dana")
    story.forward(hours=2)
    assert {one for one in subjects(mailbox) if not one[1].startswith(f"{AGENT}: ")} <= {
        ("marc@example.com", "No longer yours")
    }
    states = {one.state for one in story.operation.store.messages(limit=1_000)}
    assert "pending" not in states


def subjects(mailbox: Mailbox) -> set[tuple[str, str]]:
    """Return to whom which mails have come since the last look; fails on any that came twice."""
    found = [
        (mail["To"].addresses[0].addr_spec, mail["Subject"].replace(" 40 USD for", ""))
        for mail in mailbox.all()
    ]
    assert len(found) == len(set(found)), found
    return {(to, subject.rstrip("?")) for to, subject in found}
