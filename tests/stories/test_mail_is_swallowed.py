"""A mail server that takes everything and delivers nothing is found by nobody's reacting to it."""

from __future__ import annotations

from collections.abc import Callable

from handraise.errors import FailedError, RefusedError
from handraise.service.telling.wording import alarm
from tests.support.story import AGENT, BIG, TABLE, Story

OWNER_HAS_ANOTHER = TABLE.replace(
    'contact: "mailto:priya@example.com"', 'contact: ["mailto:priya@example.com", "json://pager"]'
)


def ask(story: Story, count: int) -> None:
    for number in range(count):
        story.decide(BIG, case=f"ticket-{number}")


def alarms(story: Story) -> list[str]:
    return [one.subject for one in story.operation.store.alarms(unresolved=True)]


def test_what_nobody_reacts_to_is_a_channel_that_swallows(story: Story) -> None:
    ask(story, 3)
    for _ in range(17):
        story.forward(minutes=10)
    assert "channel mail" in alarms(story)
    told = [
        one for one in story.sender.sent if "Nobody reacts to what goes out by mail" in one.body
    ]
    assert [one.to for one in told] == ["priya"]
    assert "Told by it alone: Ines Duarte and Priya Raman." in told[0].body
    assert "an alarm nobody has taken" in story.operation.outside.held_back(story.clock.now())
    story.sender.sent.clear()


def test_one_person_at_lunch_is_no_silent_channel_and_one_silent_all_day_is_told_of_to_them(
    tell: Callable[..., Story],
) -> None:
    story = tell(TABLE.replace("acknowledge_within: 30m", "acknowledge_within: 7h"))
    ask(story, 3)
    story.forward(hours=4)
    story.decide(BIG, case="ticket-4")
    story.forward(hours=11)
    assert "channel mail" not in alarms(story)
    story.forward(hours=3, minutes=30)
    (found,) = [
        one
        for one in story.operation.store.alarms(unresolved=True)
        if one.subject == "channel mail"
    ]
    assert found.about == "ines"
    story.sender.sent.clear()


def test_one_who_reacts_shows_that_the_channel_works(story: Story) -> None:
    ask(story, 3)
    verdict = story.decide(BIG, case="ticket-3")
    story.acknowledge(verdict, "ines")
    for _ in range(13):
        story.forward(minutes=5)
    assert "channel mail" not in alarms(story)
    story.sender.sent.clear()


def test_a_channel_that_takes_nothing_is_told_of_as_one_that_fails(
    tell: Callable[..., Story],
) -> None:
    story = tell(OWNER_HAS_ANOTHER)
    story.break_channel("ines", FailedError, "the mail server is down")
    ask(story, 3)
    for _ in range(3):
        story.forward(minutes=5)
    assert "channel mail fails" in alarms(story)
    (told,) = [one for one in story.sender.sent if "Nothing goes out by mail" in one.body]
    assert told.contacts == ("json://pager", "mailto:priya@example.com")
    story.mend_channels()
    story.sender.sent.clear()


def test_while_no_alarm_reaches_the_owner_nobody_outside_hears_that_all_is_well(
    story: Story,
) -> None:
    story.break_channel("priya", RefusedError, "no such mailbox")
    outside, clock = story.operation.outside, story.clock
    for _ in range(3):
        story.forward(minutes=1)
    assert outside.held_back(clock.now()) == ""
    owner = story.operation.shelf.current(AGENT).people["priya"]
    told = alarm(AGENT, owner, "something is wrong", [], clock.now())
    story.operation.store.add_messages([told])
    for _ in range(3):
        story.forward(minutes=1)
    assert outside.held_back(clock.now()) == "an alarm has not reached its owner"
    story.mend_channels()
    story.operation.door.request_link("priya")
    story.forward(minutes=1)
    assert outside.held_back(clock.now()) == ""
    story.sender.sent.clear()
