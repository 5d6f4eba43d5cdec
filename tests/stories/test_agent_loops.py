"""An agent that runs in a circle is told to the owner: what it does is seen, and what it asks too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.story import SURE, UNSURE, Story


def test_the_same_decision_again_and_again_is_an_alarm(story: Story) -> None:
    for _ in range(19):
        story.gate.decide(**SURE)
    story.forward(minutes=1)
    story.quiet()

    story.gate.decide(**SURE)
    story.forward(minutes=1)
    story.expect(("priya", "alarm", "runs in a circle: it decided the same 20 times"))
    assert "ticket-991" not in str(story.operation.store.alarms())


def test_another_circle_is_told_though_the_first_was_put_off(story: Story) -> None:
    for case in ("A", "B"):
        for _ in range(20):
            story.gate.decide(**{**SURE, "case": case})
        story.forward(minutes=2)
        (alarm, *_) = story.operation.store.alarms(unresolved=True)
        story.expect(("priya", "alarm", "runs in a circle: it decided the same 20 times"))
        story.operation.alarms.snooze(alarm.id, "priya", timedelta(days=30))
        for _ in range(3):
            story.forward(minutes=9)
        assert story.operation.store.alarms(unresolved=True) == []
    events = [str(one.detail) for one in story.operation.store.show_events(limit=500)]
    assert not any(alarm.subject in one for one in events)


def test_the_same_question_again_and_again_is_an_alarm_though_it_is_asked_once(
    story: Story,
) -> None:
    asked = {story.gate.decide(**UNSURE).escalation_id for _ in range(21)}
    assert len(asked) == 1
    story.forward(minutes=1)
    found = [(one.to, one.kind) for one in story.sender.sent]
    assert found == [("dana", "asked"), ("priya", "alarm")]
    assert "asked people the same at least 20 times" in story.sender.sent[1].body
    story.sender.sent.clear()


@pytest.mark.parametrize("cases", [True, False])
def test_work_that_looks_alike_is_no_circle(story: Story, *, cases: bool) -> None:
    for number in range(40):
        case = f"ticket-{number}" if cases else None
        proposal = {"refund": 40 if cases else number % 10}
        assert story.gate.decide(**{**SURE, "case": case, "proposal": proposal}).may_act
    story.operation.recorder.flush()
    story.forward(minutes=1)
    assert story.operation.store.alarms() == []
