"""An agent that is suddenly sure of everything, and one that is suddenly sure of nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

from handraise.core.monitor.signals import Signal
from handraise.model import Message, Promise
from tests.support.story import AGENT, SURE, Story

AN_HOUR = 3
"""So many decisions are made."""

PROMISED = 0.12
FORTNIGHT = 14


class Life:
    """An agent at work day after day, and a team that says no to all that it asks."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.lot = random.Random(7)
        self.count = 0

    def days(self, days: int, sure: Callable[[], float], *, hours: int = 8) -> Sequence[Message]:
        """Let days pass, a look every so many hours; return what the owner was told."""
        for _ in range(days * 24 // hours):
            self.decide(sure, hours * AN_HOUR)
            self.story.cycle()
            self.story.clock.advance(hours=hours)
        return self.told()

    def decide(self, sure: Callable[[], float], count: int = AN_HOUR) -> None:
        story = self.story
        for _ in range(count):
            self.count += 1
            given = {**SURE, "confidence": sure(), "proposal": {"refund": self.count % 700}}
            verdict = story.gate.decide(**{**given, "case": None})
            if verdict.escalated:
                ask, digest = story.ask_of(verdict, "dana"), story.see(verdict).proposal_digest
                story.operation.desk.answer(
                    ask.id, "dana", kind="reject", digest=digest, reason="because"
                )
        story.operation.recorder.flush()

    def told(self) -> list[Message]:
        """Return what the owner was told of the rates since this was last asked."""
        found = [one for one in self.story.sender.sent if " stops " in one.subject]
        self.story.sender.sent.clear()
        return found

    def usual(self) -> float:
        """Return a confidence that stops as often as was promised."""
        return 0.5 if self.lot.random() < PROMISED else 0.9

    def wrong(self) -> list[Signal]:
        """Return what is wrong with the rates now."""
        return list(self.story.operation.rates.look(AGENT, self.story.clock.now()))


def promise(story: Story, *, stopped: int = 240, decisions: int = 2000) -> Promise:
    """Keep what a backtest of the version in force promises, and return it."""
    made = Promise(
        agent=AGENT,
        version=story.operation.shelf.current(AGENT).version,
        at=story.clock.now(),
        decisions=decisions,
        stopped=stopped,
        rows={"confidence.1": stopped, "consequence.1": 0, "novelty.1": 0},
        conditions={"confidence": stopped, "consequence": 0, "novelty": 0},
        routes={"support_supervisor": stopped, "finance_lead": 0},
        types={"refund_request": (decisions, stopped)},
    )
    story.operation.store.save_promise(made)
    return made


def test_an_agent_that_is_suddenly_sure_of_everything_stops_too_little(story: Story) -> None:
    promise(story)
    life = Life(story)
    assert life.days(FORTNIGHT, life.usual, hours=24) == []
    changed_at = story.clock.now()

    told, *_ = life.days(4, lambda: 0.99)

    assert told.to == "priya"
    assert "It stops 0 % (0-" in told.subject
    assert "Oversight" in told.body
    assert "row confidence.1 (its confidence is below 0.72): 0 % instead of 12.0 %" in told.body
    assert "overstates its confidence" in told.body
    (signal,) = life.wrong()
    assert (signal.kind, signal.subject, signal.problem) == ("too_little", "all", "oversight")
    assert signal.since is not None
    assert abs((signal.since - changed_at).total_seconds()) <= 12 * 3600
    ahead = [story.operation.store.decision_by_id(id) for id in signal.examples]
    assert [one.confidence for one in ahead if one is not None] == [0.99] * 5


def test_an_agent_that_is_suddenly_sure_of_nothing_stops_too_much_and_recovers(
    story: Story,
) -> None:
    promise(story)
    life = Life(story)
    assert life.days(3, life.usual) == []

    (told,) = life.days(1, lambda: life.lot.choice((0.5, 0.9)))

    assert told.to == "priya"
    assert "Capability" in told.body
    assert "row confidence.1 (its confidence is below 0.72): " in told.body
    (signal,) = life.wrong()
    assert (signal.kind, signal.subject) == ("too_much", "all")
    assert all(story.operation.store.escalation(id) for id in signal.examples)
    assert any("also seen in" in line for line in signal.lines)

    *_, over = life.days(3, life.usual)
    assert life.wrong() == []
    assert "1 alarm over" in over.subject
    rates = story.operation.rates.rates(AGENT)
    assert {one.state for one in rates} <= {"quiet", "watching"}
    raised = story.operation.store.alarms(AGENT, since=story.clock.now() - timedelta(days=9))
    # One cause had one name, although its series were over one after the other.
    assert [one.subject for one in raised if one.kind == "too_much"] == ["all"]


def test_a_restart_in_the_middle_and_a_recorder_held_up_lose_nothing_and_repeat_nothing(
    story: Story,
) -> None:
    promise(story)
    life = Life(story)
    life.days(1, life.usual)
    life.decide(life.usual)
    story.clock.advance(hours=5)  # nobody looks meanwhile
    again = Story(story.path.parent, start=story.clock.now(), secret=story.secret, ready=False)
    for one in (again, story, again):
        one.cycle()
    again.close()

    store = story.operation.store
    version = story.operation.shelf.current(AGENT).version
    (whole,) = [one for one in store.monitors(AGENT, version) if one.series == "all"]
    assert whole.state["monitor"]["drift"]["decisions"] == life.count
    life.told()


def test_a_new_version_is_watched_by_new_monitors(story: Story) -> None:
    promise(story)
    life = Life(story)
    life.days(1, life.usual)
    old = story.operation.shelf.current(AGENT).version
    kept = story.operation.store.monitors(AGENT, old)
    story.rewrite(("below: 0.72", "below: 0.71"))
    life.days(1, life.usual)
    version = story.operation.shelf.current(AGENT).version
    assert version != old
    assert story.operation.store.monitors(AGENT, version) == []
    assert "no backtest promised" in (story.operation.rates.why_not(AGENT) or "")
    assert {one.state for one in story.operation.rates.rates(AGENT)} == {"no promise"}
    assert story.operation.rates.notes(AGENT) == ()
    (lost,) = life.wrong()
    assert (lost.kind, lost.subject) == ("promise_lost", "version")
    assert f"Version {version} is in force without a promise" in lost.sentence

    promise(story)
    life.days(1, life.usual)
    assert life.wrong() == []

    assert story.operation.rates.why_not(AGENT) is None
    assert story.operation.store.monitors(AGENT, old) == kept
    (whole,) = [one for one in story.operation.rates.rates(AGENT) if one.series == "all"]
    assert whole.in_force.decisions == life.count - 24 * AN_HOUR
    assert whole.promised is not None
    life.told()


def test_a_promise_that_is_replaced_lets_the_monitors_begin_anew_and_says_so(
    story: Story,
) -> None:
    promise(story)
    life = Life(story)
    life.days(3, lambda: 0.99)
    assert life.wrong()
    assert story.operation.rates.notes(AGENT) == ()

    promise(story, stopped=0)  # a backtest by which an agent this sure is as it should be

    life.days(1, lambda: 0.99)
    (lost,) = life.wrong()
    assert (lost.kind, lost.subject) == ("promise_lost", "replaced")
    assert lost.sentence.startswith("The promise was replaced while an alarm stood for all its dec")
    (note,) = story.operation.rates.notes(AGENT)
    assert note.startswith("Another backtest of this version was kept")
    (whole,) = [one for one in story.operation.rates.rates(AGENT) if one.series == "all"]
    assert (whole.state, whole.day.stopped, whole.day.decisions) == ("quiet", 0, 72)


def test_what_was_found_when_a_promise_was_replaced_is_told_until_the_owner_took_it(
    story: Story,
) -> None:
    promise(story)
    life = Life(story)
    life.decide(lambda: 0.99, 120)
    story.cycle()
    story.clock.advance(hours=1)
    promise(story, stopped=0)
    life.days(2, lambda: 0.99)
    (alarm,) = story.operation.store.alarms(AGENT, unresolved=True)
    assert (alarm.kind, alarm.subject) == ("promise_lost", "replaced")
    raised = [one.detail for one in story.operation.store.show_events(limit=9_999)]
    assert any(alarm.id in str(detail) for detail in raised)

    story.operation.alarms.acknowledge(alarm.id, "priya")

    life.days(1, lambda: 0.99)
    assert life.wrong() == []
    life.told()


def test_half_of_the_evidence_is_not_lost_without_a_word(story: Story) -> None:
    promise(story)
    life = Life(story)
    life.days(2, life.usual)
    promise(story, stopped=241)
    assert life.wrong() == []  # nothing spoke against it
    life.decide(lambda: 0.99, 70)
    assert life.wrong() == []
    story.clock.advance(hours=1)
    promise(story, stopped=242)
    (lost,) = life.wrong()
    assert lost.sentence.startswith("The promise was replaced while ")
    assert "% of what an alarm needs spoke of a change of all its decisions" in lost.sentence


def test_the_same_promise_every_night_does_not_begin_the_tests_anew(story: Story) -> None:
    life = Life(story)
    found = []
    for _ in range(6):
        promise(story)
        found += life.days(1, lambda: 0.99, hours=12)
    assert found
    assert {one.kind for one in life.wrong()} == {"too_little"}


def test_an_alarm_is_not_over_because_a_version_without_a_promise_is_in_force(
    story: Story,
) -> None:
    promise(story)
    life = Life(story)
    life.decide(lambda: 0.99, 120)
    story.cycle()
    story.rewrite(("below: 0.72", "below: 0.71"))
    for _ in range(4):
        story.clock.advance(minutes=31)
        story.cycle()
    (alarm,) = [one for one in story.operation.store.alarms(AGENT) if one.kind == "too_little"]
    assert alarm.state == "resolved"
    assert "of which no backtest promised anything" in alarm.unseen
    told = [one for one in story.sender.sent if one.kind == "alarm"]
    assert not any(" over: " in one.subject for one in told)
    assert any("without a promise" in one.body for one in told)
    assert any("No longer looked at; nobody knows whether it is over" in one.body for one in told)
    story.sender.sent.clear()


def test_an_alarm_is_not_over_because_another_promise_began_the_tests_anew(story: Story) -> None:
    promise(story)
    life = Life(story)
    life.decide(lambda: 0.99, 120)
    story.cycle()
    story.clock.advance(hours=1)
    promise(story, stopped=0)
    life.decide(lambda: 0.99, 1)
    for _ in range(3):
        story.clock.advance(minutes=31)
        story.cycle()
    (alarm,) = [one for one in story.operation.store.alarms(AGENT) if one.kind == "too_little"]
    assert "its test ended with its version or promise" in alarm.unseen
    story.sender.sent.clear()


def test_counts_are_forgotten_after_four_hundred_days(story: Story) -> None:
    promise(story)
    life = Life(story)
    life.days(1, life.usual)
    store, begun = story.operation.store, story.clock.now() - timedelta(days=1)
    assert store.by_hour(AGENT, begun, story.clock.now())
    story.clock.advance(days=401)
    assert story.operation.rates.tidy() > 0
    assert store.by_hour(AGENT, begun, story.clock.now()) == {}
    life.told()


def test_a_wave_is_taken_up_once_on_either_database(
    tell: Callable[..., Story], any_url: str
) -> None:
    story = tell(url=any_url)
    promise(story)
    life = Life(story)
    for number in range(100):
        story.gate.decide(
            **{**SURE, "proposal": {"refund": number}, "confidence": 0.5, "case": None}
        )
    story.operation.record.tick()

    (first,), (again,) = life.wrong(), life.wrong()

    assert (first.kind, first.subject) == (again.kind, again.subject) == ("too_much", "all")
    (whole,) = [one for one in story.operation.rates.rates(AGENT) if one.series == "all"]
    assert (whole.day.stopped, whole.day.decisions, whole.state) == (100, 100, "alarm")
