"""Many of one kind: the first at once, the others in one message; urgent ones are never held back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handraise.errors import FailedError, RefusedError
from handraise.model import ContactPlan, ContactStep, Message, Urgency
from tests.support.story import TABLE, UNSURE, Story

MILD = TABLE.replace("refund: {severity: high", "refund: {severity: low").replace(
    "severities: [low, high]", "severities: [low, medium, high]"
)
"""The usual table, by which a refund is not the worst that can happen."""

TWO = MILD.replace(
    '"mailto:dana@example.com"', '["mailto:dana@example.com", "mailto:phone@example.com"]'
)
FIRST, SECOND = "mailto:dana@example.com", "mailto:phone@example.com"
REPLY = {**UNSURE, "action": "send_reply"}
NEW = {**UNSURE, "type": "riddle", "confidence": 0.95, "action": "send_reply"}


@pytest.fixture
def calm(tell: Callable[..., Story]) -> Story:
    """Return a story whose refunds are not urgent."""
    return tell(MILD)


def ask_many(story: Story, count: int, **fields: Any) -> list[Any]:
    verdicts = [story.gate.decide(**{**UNSURE, "case": f"t-{n}", **fields}) for n in range(count)]
    story.cycle()
    return verdicts


def test_forty_at_once_are_one_message_and_then_one_with_a_count(calm: Story):
    ask_many(calm, 40)
    calm.expect(("dana", "asked", "May support-agent refund 40 USD for t-0?"))
    calm.quiet()

    # A quarter of the fifteen minutes that dana has to acknowledge.
    calm.forward(minutes=3, seconds=44)
    calm.quiet()
    calm.forward(seconds=1)

    calm.expect(("dana", "bundle", "39 questions wait for you: May support-agent refund"))
    calm.quiet()
    kept = {one.state: one for one in calm.operation.store.messages(to="dana", limit=100)}
    assert kept["bundled"].told_in == next(
        one.id for one in calm.operation.store.messages(to="dana") if one.kind == "bundle"
    )


def test_the_list_says_which_where_until_when_and_how_many_more(calm: Story):
    first, second, *_ = ask_many(calm, 40)
    calm.forward(minutes=4)
    bundle = calm.sender.sent[1]

    assert f"https://handraise.example.com/escalations/{second.escalation_id}" in bundle.body
    assert first.escalation_id not in bundle.body
    assert bundle.body.count("/escalations/") == 20
    assert "    by Mon 23 Nov, 10:15 (UTC)\n" in bundle.body
    assert "  and 19 more in your inbox\n" in bundle.body
    assert "Your inbox:\n  https://handraise.example.com/\n" in bundle.body
    calm.sender.sent.clear()


def test_what_was_answered_meanwhile_is_not_listed(calm: Story):
    first, second, third, fourth = ask_many(calm, 4)
    calm.expect(("dana", "asked", "for t-0"))
    calm.answer(second, "dana")
    calm.acknowledge(third, "dana")
    calm.forward(minutes=4)

    # One is left of the three, which is no bundle.
    calm.expect(("dana", "asked", "for t-3"))
    calm.quiet()
    dropped = calm.operation.store.messages(state="dropped")
    assert {one.escalation_id for one in dropped} == {second.escalation_id, third.escalation_id}
    for one in (first, third, fourth):
        calm.answer(one, "dana")


def test_urgent_messages_are_never_held_back(story: Story):
    ask_many(story, 12)

    subjects = [one.subject for one in story.sender.sent]
    assert len(subjects) == 12
    assert all(subject.startswith("Urgent: May support-agent refund") for subject in subjects)
    story.sender.sent.clear()


def test_kinds_are_told_apart(calm: Story):
    ask_many(calm, 2)
    calm.decide(NEW)

    calm.expect(("dana", "asked", "for t-0"), ("dana", "asked", "May support-agent send reply"))
    calm.forward(minutes=4)
    calm.expect(("dana", "asked", "for t-1"))


def test_a_bundle_that_reaches_nobody_moves_everything_in_it(calm: Story):
    verdicts = ask_many(calm, 5)
    calm.expect(("dana", "asked"))
    calm.break_channel("dana", RefusedError, "no such mailbox")
    calm.forward(minutes=4)

    assert [calm.see(one).asks[0].holder for one in verdicts] == ["dana"] + ["marc"] * 4
    calm.expect(
        ("marc", "asked", "no message reaches Dana Reyes: no such mailbox"), ("priya", "alarm")
    )
    calm.quiet()
    noted = [calm.operation.store.events(one.escalation_id) for one in verdicts[1:]]
    assert all("undelivered" in {event.kind for event in events} for events in noted)
    calm.mend_channels()
    calm.forward(minutes=5)
    calm.expect(("marc", "bundle", "3 questions wait for you"))


def test_a_bundle_is_tried_again(calm: Story):
    ask_many(calm, 3)
    calm.expect(("dana", "asked"))
    calm.break_channel("dana", FailedError, "busy")
    calm.forward(minutes=3, seconds=45)
    calm.quiet()
    calm.mend_channels()
    calm.forward(seconds=10)

    calm.expect(("dana", "bundle", "2 questions wait for you"))


def test_a_bundle_whose_questions_are_all_answered_is_not_tried_again(calm: Story):
    verdicts = ask_many(calm, 3)
    calm.expect(("dana", "asked"))
    calm.break_channel("dana", FailedError, "busy")
    calm.forward(minutes=3, seconds=45)
    for one in verdicts:
        calm.answer(one, "dana")
    calm.mend_channels()
    calm.forward(seconds=10)

    calm.quiet()


def test_what_a_bundle_told_to_somebody_who_left_goes_on(calm: Story):
    verdicts = ask_many(calm, 3)
    calm.expect(("dana", "asked"))
    calm.break_channel("dana", FailedError, "busy")
    calm.forward(minutes=3, seconds=45)
    calm.mend_channels()
    calm.rewrite(
        ("people: [dana, marc]", "people: [marc]"),
        ('  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}\n', ""),
    )
    calm.forward(minutes=5)

    assert {calm.see(one).asks[0].holder for one in verdicts} == {"marc"}
    assert {one.to for one in calm.sender.sent} == {"marc"}
    calm.sender.sent.clear()


def plan(story: Story, *steps: ContactStep, urgency: Urgency = "normal") -> None:
    made = ContactPlan(person="dana", urgency=urgency, steps=steps, at=story.clock.now())
    story.operation.store.save_contact_plan(made)


class SenderByContact:
    """Says which contact took what; some take nothing."""

    def __init__(self) -> None:
        self.took: list[tuple[str, str]] = []
        self.broken: set[str] = set()

    def send(self, message: Message, contact: str) -> None:
        if contact in self.broken:
            raise FailedError("busy")
        self.took.append((contact.removeprefix("mailto:").partition("@")[0], message.kind))


@pytest.fixture
def by_contact() -> SenderByContact:
    return SenderByContact()


@pytest.fixture
def planned(tell: Callable[..., Story], by_contact: SenderByContact) -> Story:
    """Return a story in which dana wants mail, and ten minutes later the telephone."""
    story = tell(TWO, sender=by_contact)
    plan(story, ContactStep(FIRST), ContactStep(SECOND, 600.0))
    return story


def test_the_next_contact_is_taken_while_nobody_has_acknowledged(
    planned: Story, by_contact: SenderByContact
):
    planned.decide()
    planned.forward(minutes=9)
    assert by_contact.took == [("dana", "asked")]
    planned.forward(minutes=1)
    assert by_contact.took == [("dana", "asked"), ("phone", "asked")]


def test_the_next_contact_is_not_taken_once_they_have_it(
    planned: Story, by_contact: SenderByContact
):
    verdict = planned.decide()
    planned.acknowledge(verdict, "dana")
    planned.forward(minutes=14)

    assert by_contact.took == [("dana", "asked")]
    assert [one.id[-2:] for one in planned.operation.store.messages(state="dropped")] == [".2"]


def test_a_contact_that_fails_makes_the_next_one_due_at_once(
    planned: Story, by_contact: SenderByContact
):
    by_contact.broken = {FIRST}
    verdict = planned.decide()
    assert by_contact.took == [("phone", "asked")]

    planned.forward(minutes=4)
    assert by_contact.took == [("phone", "asked"), ("priya", "alarm")]
    assert planned.see(verdict).asks[0].holder == "dana"


def test_when_every_contact_of_a_plan_fails_the_ask_moves_early(
    planned: Story, by_contact: SenderByContact
):
    by_contact.broken = {FIRST, SECOND}
    verdict = planned.decide()
    planned.forward(minutes=3)

    assert planned.see(verdict).asks[0].holder == "marc"
    assert by_contact.took.count(("priya", "alarm")) >= 1
    assert ("marc", "asked") in by_contact.took


def test_a_bundle_goes_the_way_its_reader_chose(planned: Story, by_contact: SenderByContact):
    ask_many(planned, 3)
    planned.forward(minutes=4)
    assert by_contact.took == [("dana", "asked"), ("dana", "bundle")]
    planned.forward(minutes=10, seconds=30)

    assert by_contact.took[2:] == [("phone", "asked"), ("phone", "bundle")]


def test_urgent_and_other_questions_go_different_ways(
    tell: Callable[..., Story], by_contact: SenderByContact
):
    urgent = TABLE.replace(
        '"mailto:dana@example.com"', '["mailto:dana@example.com", "mailto:phone@example.com"]'
    )
    story = tell(urgent, sender=by_contact)
    plan(story, ContactStep(SECOND), urgency="urgent")
    story.decide()
    story.decide(REPLY, case="other")

    assert by_contact.took == [("phone", "asked"), ("dana", "asked")]


def test_of_what_comes_to_the_owner_as_the_last_resort_only_the_first_is_told_alone(calm: Story):
    for person in ("dana", "marc", "ines"):
        calm.operation.roster.away(person, None, None, "", person)
    ask_many(calm, 30)

    (first,) = [one for one in calm.sender.sent if one.to == "priya"]
    assert first.subject.startswith("Urgent: Nobody else can decide: May support-agent refund")
    calm.sender.sent.clear()
    calm.forward(minutes=5)
    (rest,) = [one for one in calm.sender.sent if one.to == "priya"]
    assert "29 questions wait for you as the owner" in rest.subject
    calm.sender.sent.clear()
