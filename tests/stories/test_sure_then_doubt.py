"""An agent that is sure of everything, then doubts everything, then is as it was: what is told."""

from __future__ import annotations

from datetime import timedelta

from tests.stories.test_sure_of_everything import Life, promise
from tests.support.story import AGENT, Story


class Shift(Life):
    """An agent at work, with a look every three minutes."""

    def looks(self, count: int, confidence: float | None) -> list[tuple[str, str, str]]:
        """Let looks pass, fifteen decisions before each; return what the owner was told, in order."""
        for _ in range(count):
            self.story.clock.advance(minutes=3)
            self.decide(self.usual if confidence is None else lambda: confidence, 15)
            self.story.cycle()
        sent = [one for one in self.story.sender.sent if " stops " in one.body]
        self.story.sender.sent.clear()
        return [(one.subject, one.body, one.urgency) for one in sent]

    def standing(self) -> list[tuple[str, str]]:
        """Return the alarms that stand, by kind and subject."""
        found = self.story.operation.store.alarms(AGENT, unresolved=True)
        return [(one.kind, one.subject) for one in found]


def test_sure_then_doubt_then_normal_is_told_in_that_order_each_in_its_own_words(
    story: Story,
) -> None:
    promise(story)
    shift = Shift(story)
    assert shift.looks(4, None) == []

    ((subject, body, urgency),) = shift.looks(13, 0.99)
    assert subject.startswith("support-agent: 1 alarm: It stops 0 % (0-")
    assert "Since about Mon 23 Nov, 10:" in body
    assert urgency == "urgent"
    assert shift.standing() == [("too_little", "all")]

    ((subject, body, urgency),) = shift.looks(3, 0.3)
    assert subject.startswith("support-agent: 1 alarm: It stops 100.0 % (")
    assert "Capability" in body
    assert "Oversight" not in body
    assert "Since about Mon 23 Nov, 10:51" in body
    assert "15 of 15 decisions since then" in body
    assert "row confidence.1 (its confidence is below 0.72): 100.0 % instead of 12.0 %" in body
    assert urgency == "urgent"
    assert shift.standing() == [("too_much", "all")]

    assert shift.looks(6, None) == []  # over, but not for an hour yet
    story.clock.advance(hours=1)
    ((subject, body, urgency),) = shift.looks(3, None)
    assert subject.startswith("support-agent: 2 alarms over: It stops ")
    assert shift.standing() == []
    raised = story.operation.store.alarms(AGENT, since=story.clock.now() - timedelta(days=1))
    rates = [one for one in raised if one.kind.startswith("too_")]
    assert sorted((one.kind, one.subject) for one in rates) == [
        ("too_little", "all"),
        ("too_much", "all"),
    ]
