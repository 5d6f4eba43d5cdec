"""Audits are put to people who are there and have room, and each is told once a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.core.monitor.thinning import lot
from handraise.service.wiring import Operation
from tests.support.audited import REPLY, alone, audits, looked, table
from tests.support.operation import AGENT, UNSURE, RecordingSender, answered, gate_of, opened

Opener = Callable[[str], Operation]


@pytest.fixture
def opener(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Opener]:
    found: list[Operation] = []

    def open_(text: str) -> Operation:
        found.append(opened(folder, clock=clock, sender=sender, table=text))
        return found[-1]

    yield open_
    for one in found:
        one.close()


def told(sender: RecordingSender, operation: Operation) -> list[tuple[str, str]]:
    """Return who was told what of audits, and forget it."""
    operation.post.deliver()
    found = [(one.to, one.subject) for _, one in sender.sent if one.kind == "audits"]
    sender.sent.clear()
    return found


def test_what_was_drawn_is_shared_among_those_who_are_there(operation: Operation) -> None:
    alone(operation, 6)
    assert operation.asking.tick() == 6

    asked = audits(operation, state="asked")
    assert Counter(one.person for one in asked) == {"dana": 3, "marc": 3}
    assert {one.probability for one in asked} == {1.0}
    assert operation.asking.tick() == 0


def test_each_is_told_once_a_day_and_nothing_of_the_decisions(
    operation: Operation, clock: ManualClock, sender: RecordingSender
) -> None:
    alone(operation, 3)
    operation.asking.tick()
    operation.post.deliver()
    bodies = "".join(one.body for _, one in sender.sent)
    assert "https://" in bodies or "http://" in bodies
    assert "please give it back" not in bodies
    assert "refund" not in bodies
    assert sorted(told(sender, operation)) == [
        ("dana", "2 decisions that support-agent took alone wait for your look"),
        ("marc", "1 decision that support-agent took alone waits for your look"),
    ]
    clock.advance(minutes=1)
    alone(operation, 2)
    operation.asking.tick()
    assert told(sender, operation) == []
    clock.advance(days=1)  # what came after the day's message is told on the next
    operation.asking.tick()
    assert sorted(told(sender, operation)) == [
        ("dana", "3 decisions that support-agent took alone wait for your look"),
        ("marc", "2 decisions that support-agent took alone wait for your look"),
    ]
    clock.advance(days=1)
    operation.asking.tick()
    assert told(sender, operation) == []


def test_nobody_is_asked_for_more_than_the_table_says(
    opener: Opener, clock: ManualClock, sender: RecordingSender
) -> None:
    operation = opener(table(at_most="2 a day"))
    alone(operation, 7)
    operation.asking.tick()
    assert Counter(one.person for one in audits(operation, state="asked")) == {"dana": 2, "marc": 2}
    clock.advance(hours=3)  # still the same day
    assert operation.asking.tick() == 0
    clock.advance(hours=2)
    assert operation.asking.tick() == 3
    told(sender, operation)


@pytest.mark.parametrize(
    ("capacity", "most"), [("", 5), (", capacity: 40 a day", 4), (", capacity: 3 a day", 1)]
)
def test_without_a_word_it_is_a_tenth_of_what_they_take_a_day(
    opener: Opener, capacity: str, most: int
) -> None:
    text = table().replace('dana@example.com"', f'dana@example.com"{capacity}')
    operation = opener(text)
    alone(operation, 14)
    operation.asking.tick()
    counts = Counter(one.person for one in audits(operation, state="asked"))
    assert counts == {"dana": most, "marc": 5}


def test_the_worst_are_put_first(opener: Opener) -> None:
    operation = opener(table(at_most="1 a day"))
    alone(operation, 4, REPLY)
    alone(operation, 2)
    operation.asking.tick()
    assert [one.severity for one in audits(operation, state="asked")] == ["high", "high"]


def test_what_is_no_room_for_is_told_by_lot(opener: Opener) -> None:
    operation = opener(table(at_most="1 a day"))
    alone(operation, 8)
    operation.asking.tick()
    first = {one.decision_id for one in audits(operation, state="asked")}
    assert first == set(sorted({one.decision_id for one in audits(operation)}, key=lot)[:2])


def test_a_second_look_goes_to_somebody_else(opener: Opener) -> None:
    operation = opener(table(twice="0.5"))
    alone(operation, 9)
    operation.asking.tick()
    by_decision: dict[str, list[str | None]] = {}
    for one in audits(operation):
        by_decision.setdefault(one.decision_id, []).append(one.person)
    pairs = [people for people in by_decision.values() if len(people) == 2]
    assert pairs
    assert all(sorted(people) == ["dana", "marc"] for people in pairs if None not in people)


def test_whoever_decided_in_the_case_does_not_look_at_it(operation: Operation) -> None:
    verdict = gate_of(operation).decide(**UNSURE, case="ticket-1")
    answered(operation, verdict.escalation_id or "", "approve")
    (ask,) = operation.store.escalation(verdict.escalation_id or "").asks  # type: ignore[union-attr]
    for _ in range(2):
        alone(operation, case="ticket-1")
    operation.asking.tick()
    assert ask.answer is not None
    assert ask.answer.by == "dana"
    assert {one.person for one in audits(operation)} == {"marc"}


def test_it_waits_for_somebody_who_is_there(
    opener: Opener, clock: ManualClock, sender: RecordingSender
) -> None:
    text = table().replace('example.com"}', 'example.com", hours: "Mon-Fri 09:00-17:00"}')
    operation = opener(text)
    alone(operation, 2)
    assert operation.asking.tick() == 0  # a Sunday
    assert told(sender, operation) == []
    clock.advance(hours=14)
    assert operation.asking.tick() == 2
    assert len(told(sender, operation)) == 2


def test_what_somebody_had_who_is_not_here_any_more_goes_to_another(
    operation: Operation, clock: ManualClock
) -> None:
    alone(operation, 2)
    operation.asking.tick()
    operation.roster.deactivate("dana", by="priya")
    clock.advance(minutes=1)
    operation.asking.tick()
    assert [one.person for one in audits(operation)] == ["marc", "marc"]


def test_what_somebody_has_who_is_away_goes_to_another_once_it_is_due(
    operation: Operation, clock: ManualClock
) -> None:
    alone(operation, 1)
    operation.asking.tick()
    operation.roster.away("dana", None, None, "holiday", "dana")
    clock.advance(minutes=1)
    operation.asking.tick()
    assert [one.person for one in audits(operation)] == ["dana"]
    clock.advance(days=3)
    operation.asking.tick()
    (passed,) = audits(operation)
    assert passed.person == "marc"
    assert passed.due_at is not None
    assert passed.due_at > clock.now()


def test_where_nobody_of_the_route_is_left_it_is_the_owners(operation: Operation) -> None:
    alone(operation)
    for person in ("dana", "marc"):
        operation.roster.deactivate(person, by="priya")
    operation.asking.tick()
    assert [one.person for one in audits(operation)] == ["priya"]


def test_who_is_late_is_reminded_once_a_day(
    operation: Operation, clock: ManualClock, sender: RecordingSender
) -> None:
    alone(operation)
    operation.asking.tick()
    told(sender, operation)
    clock.advance(days=1)
    operation.asking.tick()
    assert told(sender, operation) == []  # neither news nor due
    clock.advance(days=2, minutes=1)
    for _ in range(2):
        operation.asking.tick()
    assert [who for who, _ in told(sender, operation)] == ["dana"]
    looked(operation, audits(operation)[0], "right")
    clock.advance(days=1)
    operation.asking.tick()
    assert told(sender, operation) == []


def test_more_than_there_is_room_for_is_thinned_by_lot_with_a_known_probability(
    opener: Opener, clock: ManualClock
) -> None:
    operation = opener(table(at_most="2 a day"))
    alone(operation, 20, REPLY)  # the first day: nothing is known yet
    operation.asking.tick()
    assert audits(operation, state="left_out") == []
    clock.advance(days=1)
    alone(operation, 20, REPLY)
    day = clock.now().date()
    operation.asking.tick()

    # Two people with two a day have room for 4, of which 3.2 are planned for: an eighth of 20.
    today = [one for one in audits(operation) if one.drawn_at.date() == day]
    left_out = [one for one in today if one.state == "left_out"]
    kept = [one for one in today if one.state != "left_out"]
    assert all(lot(one.decision_id) >= 1 / 8 for one in left_out)
    assert all(lot(one.decision_id) < 1 / 8 for one in kept)
    assert {one.probability for one in kept if one.state == "asked"} <= {1 / 8}
    # Of the first day four were put on it, and of the others half are kept once it is over.
    before = [one for one in audits(operation) if one.drawn_at.date() != day]
    assert sum(one.state == "left_out" for one in before) == 8
    assert {one.probability for one in before if one.state == "left_out"} == {1.0}
    put = [one for one in before if one.state == "asked"]
    assert sum(one.probability == 1 for one in put) == 4
    assert {one.probability for one in put} <= {1.0, 1 / 2}
    left_out += [one for one in before if one.state == "left_out"]
    operation.asking.tick()
    assert len(audits(operation, state="left_out")) == len(left_out)


def test_a_table_that_draws_nothing_any_more_still_has_its_draws_looked_at(
    opener: Opener, folder: Path
) -> None:
    operation = opener(table())
    alone(operation, 2)
    path = folder / "handraise.yaml"
    path.write_text(table().replace("audit:", "#"))
    operation.open(path)
    from tests.support.operation import sign
    from tests.support.verified import verify_everybody

    verify_everybody(operation)
    sign(operation, path)
    assert operation.shelf.current(AGENT).audit is None
    assert operation.asking.tick() == 2
