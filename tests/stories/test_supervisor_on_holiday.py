"""A supervisor on holiday: the owner hears of it before anything is stopped, and what then waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from handraise.core.monitor.signals import Signal
from tests.support.story import AGENT, BIG, MONDAY, TABLE, Story

FORTNIGHT = timedelta(days=14)
IN_HOURS = TABLE.replace(
    '"mailto:ines@example.com"', '"mailto:ines@example.com", hours: "Mon-Fri 09:00-18:00"'
)


def signals(story: Story) -> list[Signal]:
    return list(story.operation.humans.look(AGENT, story.clock.now()))


def holiday(story: Story, person: str, *, starts_in: timedelta = timedelta(days=2)) -> None:
    """Let somebody plan two weeks away, and an hour pass in which they may take it back."""
    starts_at = story.clock.now() + starts_in
    story.operation.roster.away(person, starts_at, starts_at + FORTNIGHT, "holiday", person)
    story.forward(minutes=61)


def test_the_owner_hears_of_a_planned_holiday_that_leaves_a_route_with_nobody(story: Story):
    holiday(story, "ines")

    story.expect(
        (
            "priya",
            "alarm",
            "From Wed 25 Nov, 10:00 (UTC) nobody of finance_lead is there: Ines Duarte is away.",
            "What stops then goes to the owner at once.",
        )
    )
    (signal,) = signals(story)
    assert (signal.kind, signal.subject, signal.about) == (
        "over_capacity",
        "absences finance_lead",
        None,
    )


def test_an_alarm_is_over_once_somebody_is_there_again(story: Story):
    holiday(story, "ines")
    story.sender.sent.clear()

    story.operation.roster.back("ines", "priya", planned=True)
    for _ in range(2):
        story.forward(minutes=10)

    assert signals(story) == []
    assert story.operation.store.alarms(AGENT, unresolved=True) == []
    story.quiet()
    story.forward(hours=1)
    story.cycle()
    story.expect(("priya", "alarm", "1 alarm over"))


def test_a_second_person_on_the_route_is_enough(story: Story):
    holiday(story, "dana")

    assert signals(story) == []
    holiday(story, "marc", starts_in=timedelta(days=5))
    (signal,) = signals(story)
    assert signal.subject == "absences support_supervisor"
    assert signal.sentence.endswith("Dana Reyes and Marc Oyelaran are away.")
    story.sender.sent.clear()


def test_what_was_said_within_the_hour_may_still_be_taken_back(story: Story):
    story.operation.roster.away("ines", None, None, "", "ines")
    story.forward(minutes=59)

    assert signals(story) == []


def test_a_weekend_away_takes_nobody_from_who_works_on_weekdays(tell: Callable[..., Story]):
    story = tell(IN_HOURS)
    saturday = MONDAY + timedelta(days=5)
    story.operation.roster.away("ines", saturday, saturday + timedelta(days=1), "", "ines")
    story.forward(minutes=61)

    assert signals(story) == []


def test_it_says_until_when_nobody_is_there_and_that_the_owner_is_away_too(
    tell: Callable[..., Story],
):
    story = tell(IN_HOURS)
    day = timedelta(days=1)
    for person in ("ines", "priya"):
        story.operation.roster.away(person, MONDAY + day, MONDAY + 2 * day, "", person)
    story.forward(minutes=61)

    (signal,) = signals(story)
    assert signal.sentence == (
        "From Tue 24 Nov, 10:00 (UTC) until Wed 25 Nov, 10:00 (UTC) nobody of finance_lead is"
        " there: Ines Duarte is away."
    )
    assert signal.lines == (
        "9 hours of the coming 7 days in which somebody of it would have been there.",
        "The owner is away then too; it comes to them all the same.",
    )
    story.sender.sent.clear()


def test_what_waits_meanwhile_with_the_owner_is_a_backlog(story: Story):
    story.operation.roster.away("ines", None, None, "holiday", "ines")
    for number in range(4):
        story.gate.decide(**{**BIG, "case": f"ticket-{number}"})
    story.forward(hours=9)

    found = {one.kind: one for one in signals(story)}
    assert set(found) == {"over_capacity", "backlog"}
    assert found["backlog"].sentence == (
        "4 questions to finance_lead wait, the oldest for 9 hours; 4 for longer than the 8h there"
        " are to decide."
    )
    assert found["backlog"].lines == (
        "In the last 7 days 4 came and 0 ended: it grows by 1 a day.",
        "With the owner as the last resort: 4.",
    )
    assert len(found["backlog"].examples) == 3
    story.sender.sent.clear()
