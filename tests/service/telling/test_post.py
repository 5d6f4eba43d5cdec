"""The post: several contacts, retries, what is given up and who hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.errors import DeliveryError, FailedError, RefusedError
from handraise.model import ContactStep, Message
from handraise.service.telling.address import Address
from handraise.service.telling.post import Post
from handraise.service.telling.wording import alarm, fresh_id
from tests.support.databases import raw
from tests.support.story import AGENT, SURE, TABLE, UNSURE, Story, begun
from tests.support.verified import verify_everybody

story = pytest.fixture(begun)

FAULT = {**SURE, "facts": {"undeclared": 1}}
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
    return Post(
        operation.store, operation.shelf, operation.clock, sender, Address("https://x.example.com")
    )


def unverify(story: Story, contact: str) -> None:
    statement = "UPDATE contacts SET verified_at = NULL WHERE contact = ?"
    raw(story.operation.store, statement, contact)


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

    assert post_of(story, sender).deliver() == 2
    assert sender.asked[:2] == ["mailto:dana@example.com", "mailto:d@example.com"]
    assert [message.state for message in outbox(story, to="dana")] == ["sent"]


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
    found, message = outbox(story)
    assert message.state == "pending"
    assert message.attempts > 90
    assert "Messages that are due have not gone out" in found.body, "the watch says so too"

    story.mend_channels()
    story.forward(minutes=15)
    story.expect(("priya", "alarm"), ("priya", "alarm"))


def test_an_ask_goes_to_verified_contacts_only(story: Story):
    story.rewrite(TWO_CONTACTS)
    unverify(story, "mailto:dana@example.com")
    sender = SenderByContact()
    story.gate.decide(**UNSURE)

    assert post_of(story, sender).deliver() == 1
    assert sender.asked == ["mailto:d@example.com"]


def test_what_is_verified_by_the_time_of_sending_counts(story: Story):
    unverify(story, "mailto:dana@example.com")
    story.gate.decide(**UNSURE)
    verify_everybody(story.operation)
    story.cycle()

    story.expect(("marc", "asked"))


def test_an_ask_to_somebody_without_a_verified_contact_goes_on_at_once(story: Story):
    story.gate.decide(**UNSURE)
    unverify(story, "mailto:dana@example.com")
    story.cycle()

    story.expect(("marc", "asked", "there is no verified contact"), ("priya", "alarm"))


def test_the_owner_is_reached_by_every_contact_where_none_is_verified(story: Story):
    send_alarm(story)
    story.gate.decide(**FAULT)
    unverify(story, "mailto:priya@example.com")
    story.cycle()

    # Without an owner who can be reached the go-live record ends, which is an alarm too.
    alarms = (("priya", "alarm", "Look"), ("priya", "alarm", "has stopped"))
    story.expect(("priya", "with_owner", "For the owner"), *alarms)
    story.quiet()


def test_what_is_to_verify_a_contact_goes_to_just_that_contact(story: Story):
    story.rewrite(TWO_CONTACTS)
    sender = SenderByContact()
    dana = story.operation.shelf.newest(AGENT).people["dana"]
    message = alarm(AGENT, dana, "Your code", ["words"], story.clock.now())
    for kind, contacts in (("verify", ("mailto:new@example.com",)), ("sign_in", dana.contacts)):
        unsent = replace(message, id=fresh_id(), kind=kind, contacts=contacts, bundle=None)
        story.operation.store.add_messages([unsent])

    assert post_of(story, sender).deliver() == 2
    assert sender.asked == ["mailto:new@example.com", "mailto:dana@example.com"]


def test_in_a_rehearsal_every_contact_counts(story: Story):
    unverify(story, "mailto:dana@example.com")
    raw(story.operation.store, "UPDATE contacts SET verified_at = NULL")
    sender = SenderByContact()
    message = alarm(
        AGENT, story.operation.shelf.newest(AGENT).people["dana"], "x", [], story.clock.now()
    )
    story.operation.store.add_messages([replace(message, kind="asked")])
    operation = story.operation
    post = Post(
        operation.store,
        operation.shelf,
        operation.clock,
        sender,
        Address("https://x"),
        rehearsal=True,
    )

    assert post.deliver() == 1


def test_a_contact_that_is_no_longer_on_the_table_is_not_used(story: Story):
    sender = SenderByContact()
    story.gate.decide(**UNSURE)
    story.rewrite(("mailto:dana@example.com", "mailto:new@example.com"))
    verify_everybody(story.operation)

    assert post_of(story, sender).deliver() == 1
    assert sender.asked == ["mailto:new@example.com"]


def test_the_owner_is_told_once_of_a_contact_that_fails_and_when_it_is_back(story: Story):
    story.rewrite(TWO_CONTACTS)
    sender = SenderByContact(dana=RefusedError("no such mailbox"))
    post = post_of(story, sender)
    for case in ("1", "2", "3"):
        story.gate.decide(**{**UNSURE, "case": case})
        post.deliver()
    told = outbox(story, to="priya")
    assert [one.subject for one in told] == ["A contact of dana fails: dana@example.com"]
    assert "dana@example.com: no such mailbox." in told[0].body
    (record,) = [one for one in story.operation.store.contact_records("dana") if one.failed_at]
    assert (record.contact, record.error) == ("mailto:dana@example.com", "no such mailbox")

    sender.broken.clear()
    story.gate.decide(**{**UNSURE, "case": "4"})
    post.deliver()
    assert outbox(story, to="priya")[0].subject == "Messages reach dana again"
    assert "reported as failing at 2026-11-23 10:00 UTC" in outbox(story, to="priya")[0].body
    assert not any(one.failed_at for one in story.operation.store.contact_records("dana"))


def test_secrets_of_a_contact_are_not_told(story: Story):
    story.rewrite((TWO_CONTACTS[0], '["json://user:s3cret@example.com", "mailto:d@example.com"]'))
    verify_everybody(story.operation)

    class Broken(SenderByContact):
        def send(self, message: Message, contact: str) -> None:
            if contact.startswith("json"):
                raise FailedError("busy")

    story.gate.decide(**UNSURE)
    post_of(story, Broken()).deliver()

    (told,) = outbox(story, to="priya")
    assert told.subject == "A contact of dana fails: json://..."
    assert "s3cret" not in told.subject + told.body


def test_nothing_is_begun_after_the_time_that_was_given(story: Story):
    for number in range(7):
        story.gate.decide(**{**UNSURE, "case": str(number)})
    until = story.clock.now() + timedelta(seconds=10)

    class Slow(SenderByContact):
        def send(self, message: Message, contact: str) -> None:
            super().send(message, contact)
            story.clock.advance(seconds=4)

    sender = Slow()
    assert post_of(story, sender).deliver(until=until) == 3
    waiting = outbox(story, state="pending")
    assert [(one.attempts, one.next_at <= story.clock.now()) for one in waiting] == [(0, True)] * 4
    assert post_of(story, sender).deliver(until=until) == 0
    assert post_of(story, sender).deliver() == 4


def test_claims_of_a_worker_whose_clock_was_ahead_are_taken_up(story: Story):
    story.gate.decide(**UNSURE)
    story.operation.store.claim_messages(
        story.clock.now() + timedelta(hours=5), limit=9, lease_s=120
    )
    story.cycle()

    story.expect(("dana", "asked"))


def test_a_bundle_to_somebody_of_an_unknown_agent_can_be_made(story: Story):
    mild = {**UNSURE, "action": "send_reply"}
    for number in range(3):
        story.gate.decide(**{**mild, "case": str(number)})
    raw(story.operation.store, "UPDATE outbox SET agent = 'gone'")
    story.forward(minutes=4)

    assert {one.kind for one in outbox(story, state="pending")} == {"asked", "bundle"}
    raw(story.operation.store, "DELETE FROM outbox")


def test_alarms_in_a_bundle_to_a_former_owner_go_to_the_present_one(story: Story):
    for _ in range(3):
        send_alarm(story)
    story.cycle()
    story.expect(("priya", "alarm"))
    story.break_channel("priya", FailedError, "busy")
    story.forward(minutes=5)
    story.rewrite(
        ("owner: priya", "owner: ines"),
        ('  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}\n', ""),
    )
    story.mend_channels()
    story.forward(minutes=10)

    assert {one.to for one in story.sender.sent} == {"ines"}
    assert [one.state for one in outbox(story, to="ines")].count("pending") == 0
    assert {one.subject for one in outbox(story, to="ines")} >= {"Look"}
    story.sender.sent.clear()


def test_an_alarm_to_a_former_owner_goes_to_the_present_one(story: Story):
    send_alarm(story)
    story.rewrite(
        ("owner: priya", "owner: ines"),
        ('  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}\n', ""),
    )
    story.cycle()

    story.expect(("ines", "alarm", "Look"))
    assert story.sender.sent == []
    alarms = [one for one in outbox(story, to="priya") if one.kind == "alarm"]
    assert [message.state for message in alarms] == ["failed"]


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


def test_a_slow_worker_keeps_what_it_claimed(story: Story):
    for number in range(5):
        story.gate.decide(**{**UNSURE, "case": str(number)})
    other = SenderByContact()

    class Slow(SenderByContact):
        def send(self, message: Message, contact: str) -> None:
            super().send(message, contact)
            story.clock.advance(seconds=55)
            if len(self.asked) == 2:
                post_of(story, other).deliver()

    slow = Slow()
    assert post_of(story, slow).deliver() == 5
    assert (len(slow.asked), other.asked) == (5, [])


def test_what_another_worker_has_taken_over_is_left_to_it(story: Story):
    for number in range(5):
        story.gate.decide(**{**UNSURE, "case": str(number)})
    other = SenderByContact()

    class Asleep(SenderByContact):
        def send(self, message: Message, contact: str) -> None:
            super().send(message, contact)
            if len(self.asked) == 1:
                story.clock.advance(minutes=10)
                assert post_of(story, other).deliver() == 5

    asleep = Asleep()
    assert post_of(story, asleep).deliver() == 1
    assert (len(asleep.asked), len(other.asked)) == (1, 5)


def test_what_is_urgent_or_awaited_goes_before_what_is_due_for_longer(story: Story):
    for _ in range(9):
        send_alarm(story)
    story.clock.advance(minutes=9)
    story.gate.decide(**UNSURE)
    story.operation.door.request_link("marc")
    kinds = []

    class Noting(SenderByContact):
        def send(self, message: Message, contact: str) -> None:
            kinds.append(message.kind)

    post_of(story, Noting()).deliver()
    assert (set(kinds[:2]), set(kinds[2:])) == ({"asked", "sign_in"}, {"bundle"})


def test_a_stop_of_a_clock_that_was_ahead_is_told_at_once(story: Story):
    story.clock.advance(hours=2)
    story.gate.decide(**UNSURE)
    story.gate.decide(**{**UNSURE, "action": "send_reply", "proposal": {}, "case": "mild"})
    story.clock.advance(hours=-2)
    story.operation.worker.deliver()

    story.expect(("dana", "asked"), ("dana", "asked"))


def test_drills_do_not_hold_back_a_real_question(story: Story):
    for _ in range(6):
        story.operation.drills.start(AGENT, "support_supervisor", "priya", "dana")
    story.cycle()
    story.expect(*[("dana", "asked", "[DRILL]")] * 6)

    verdict = story.decide(action="send_reply", proposal={})

    assert [one.escalation_id for one in story.sender.sent] == [verdict.escalation_id]


def test_the_later_steps_of_a_plan_follow_a_bundle_that_also_informs(story: Story):
    story.rewrite(TWO_CONTACTS, ("acknowledge_within: 15m", "acknowledge_within: 2h"))
    steps = [ContactStep("mailto:dana@example.com"), ContactStep("mailto:d@example.com", 300.0)]
    story.operation.roster.plan("dana", "normal", steps, "dana")
    mild = {**UNSURE, "action": "send_reply", "proposal": {}}
    for number in range(3):
        story.gate.decide(**{**mild, "case": str(number)})
    gone = story.gate.decide(**{**mild, "case": "gone"})
    story.clock.advance(seconds=30)
    dana = story.operation.shelf.newest(AGENT).people["dana"]
    for number in range(5):
        told = alarm(AGENT, dana, f"Look {number}", ["words"], story.clock.now())
        story.operation.store.add_messages([told])
    story.cycle()
    story.acknowledge(gone, "marc")
    story.forward(minutes=20)

    bundles = [one for one in outbox(story, to="dana") if one.kind == "bundle"]
    mixed = [one for one in bundles if {"asked", "moved_on"} <= kinds_told(story, one)]
    assert [(one.state, one.only_while) for one in mixed[::-1]] == [
        ("sent", None),
        ("sent", "unacknowledged"),
    ]


def kinds_told(story: Story, message: Message) -> set[str]:
    told = outbox(story, told_in=message.id.partition(".")[0], to=message.to)
    return {one.kind for one in told}


def test_nothing_that_waits_goes_to_who_has_left(story: Story):
    sender = SenderByContact()
    story.gate.decide(**UNSURE)
    story.operation.desk.acknowledge(outbox(story)[0].ask_id or "", "priya")
    (moved_on,) = [one for one in outbox(story, to="dana") if one.kind == "moved_on"]
    story.operation.roster.deactivate("dana", "priya", "left")
    post_of(story, sender).deliver()

    assert "mailto:dana@example.com" not in sender.asked
    (kept,) = [one for one in outbox(story, to="dana") if one.id == moved_on.id]
    assert (kept.state, kept.error) == ("failed", "they are no longer here")


def test_an_alarm_to_who_has_left_goes_to_the_owner_once(story: Story):
    sender = SenderByContact()
    dana = story.operation.shelf.newest(AGENT).people["dana"]
    story.operation.store.add_messages([alarm(AGENT, dana, "Look", ["words"], story.clock.now())])
    story.operation.roster.deactivate("dana", "priya", "left")

    assert post_of(story, sender).deliver() == 1
    assert sender.asked == ["mailto:priya@example.com"]
