"""A rehearsal goes through the real channel, is marked everywhere and allows nothing."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.story import SURE, Story


def test_a_rehearsal_is_marked_everywhere_and_allows_nothing(tell: Callable[..., Story]):
    story = tell(rehearsal=True)
    verdict = story.decide(key="k")
    assert verdict.rehearsal
    story.forward(minutes=30)
    for message in story.sender.sent:
        assert message.subject.startswith("[REHEARSAL] ")
        assert message.kind == "moved_on" or "This is a rehearsal" in message.body
    story.expect(
        ("dana", "asked"),
        ("marc", "asked"),
        ("dana", "moved_on"),
        ("priya", "with_owner"),
        ("marc", "moved_on"),
    )
    assert [line.rehearsal for line in story.operation.inbox.lines("priya")] == [True]
    assert story.operation.inbox.lines("priya", rehearsal=False) == []

    story.answer(verdict, "priya")
    resolution = verdict.wait(0)
    assert (resolution.outcome, resolution.rehearsal, resolution.may_act) == (
        "approved",
        True,
        False,
    )
    counts = story.operation.store.counts("support-agent", now=story.clock.now())
    assert (counts.decided, counts.open) == (0, 0)


def test_a_rehearsal_needs_no_go_live_record(tell: Callable[..., Story]):
    assert not tell(rehearsal=True).decide(SURE).escalated


def test_without_a_go_live_record_everything_stops_with_the_owner(tell: Callable[..., Story]):
    story = tell(ready=False)
    verdict = story.decide(SURE)

    story.expect(("priya", "with_owner", "is not ready for live work"))
    story.answer(verdict, "priya")
    assert verdict.wait(0).may_act
