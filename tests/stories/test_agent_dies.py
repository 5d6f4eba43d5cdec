"""An agent that dies is noticed: by the sign of life it promised, and by the decisions that stop."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.story import SURE, TABLE, Story

QUIET = TABLE + "watch: {quiet_after: 2h}\n"


def test_a_process_that_dies_is_told_to_the_owner_and_its_return_too(story: Story) -> None:
    story.gate.alive(every="5m")
    story.forward(minutes=9)
    story.quiet()

    story.forward(minutes=2)
    story.expect(("priya", "alarm", "has given no sign of life for 11 minutes"))
    for _ in range(6):
        story.forward(minutes=5)
    story.quiet()

    for _ in range(15):
        story.gate.alive(every="5m")
        story.forward(minutes=5)
    story.expect(("priya", "alarm", "Over:"))


def test_an_agent_that_ends_as_it_should_is_no_alarm(story: Story) -> None:
    story.gate.alive(every="5m")
    story.gate.leaves()
    story.forward(days=1)


def test_an_agent_that_stops_deciding_is_noticed_within_the_limit_of_the_table(
    tell: Callable[..., Story],
) -> None:
    story = tell(QUIET)
    story.decide(SURE, case="ticket-1")
    story.operation.recorder.flush()
    for _ in range(11):
        story.forward(minutes=10)
    story.forward(minutes=9)
    story.quiet()
    story.forward(minutes=3)
    story.expect(("priya", "alarm", "has reported no decision for 2 hours"))
