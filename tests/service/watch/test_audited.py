"""Audits are watched: more goes wrong than promised, nobody looks, those who look disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.core.monitor.signals import Signal
from handraise.service.watch.audited import Audited
from handraise.service.wiring import Operation
from tests.support.audited import alone, audits, looked, table
from tests.support.operation import AGENT, RecordingSender, opened

Opener = Callable[..., Operation]


@pytest.fixture
def opener(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Opener]:
    found: list[Operation] = []

    def open_(**changes: str) -> Operation:
        text = table(**{"at_most": "99 a day", **changes})
        found.append(opened(folder, clock=clock, sender=sender, table=text))
        return found[-1]

    yield open_
    for one in found:
        one.close()


def found(operation: Operation) -> dict[str, Signal]:
    """Return what is wrong now, by its kind."""
    watcher = Audited(operation.shelf, operation.estimating)
    signals = list(watcher.look(AGENT, operation.clock.now()))
    assert {one.kind for one in signals} <= watcher.kinds
    assert len(signals) == len({one.kind for one in signals})
    return {one.kind: one for one in signals}


def answered(operation: Operation, count: int, wrong: int, **fields: float) -> None:
    """Let the agent decide alone, and people find so many of it wrong."""
    alone(operation, count)
    operation.asking.tick()
    for number, one in enumerate(audits(operation, state="asked")):
        looked(operation, one, "wrong" if number < wrong else "right", **fields)


def test_more_that_goes_wrong_than_was_promised_is_found_with_what_it_cost(opener: Opener) -> None:
    operation = opener()
    answered(operation, 14, 12, stake=40.0)
    signal = found(operation)["wrong_alone"]

    assert signal.sentence.startswith("85.7 % of the decisions it takes alone are wrong,")
    assert signal.sentence.endswith("5.0 % were promised.")
    assert signal.since == operation.clock.now()
    assert "the table's audit line promises at most 5.0 %" in signal.lines
    assert "high: 12 wrong of 14" in signal.lines
    assert "estimated cost of all that went wrong: 480" in signal.lines
    assert len(signal.examples) == 5
    wrong = {one.decision_id for one in audits(operation) if one.answer == "wrong"}
    assert set(signal.examples) <= wrong
    assert signal.about is None
    assert "please give it back" not in " ".join((signal.sentence, signal.means, *signal.lines))


def test_as_much_as_was_promised_is_nothing_and_little_is_not_enough_to_say(
    opener: Opener,
) -> None:
    operation = opener()
    answered(operation, 8, 1)  # more than 5 %, and yet chance
    assert found(operation) == {}


def test_without_a_promise_there_is_nothing_to_hold_it_against(opener: Opener) -> None:
    operation = opener(promise="")
    answered(operation, 14, 12)
    assert found(operation) == {}


def test_what_begins_late_is_found_in_its_own_stretch_of_time(
    opener: Opener, clock: ManualClock
) -> None:
    operation = opener(promise="2%")
    answered(operation, 60, 0)
    clock.advance(days=29)
    assert found(operation) == {}
    answered(operation, 10, 7)
    signal = found(operation)["wrong_alone"]
    assert signal.since is not None
    assert (clock.now() - signal.since).days == 1
    assert "7 of 10 that were looked at were wrong" in signal.lines[0]


def test_looks_that_nobody_takes_are_found_and_are_never_right(
    opener: Opener, clock: ManualClock
) -> None:
    operation = opener(at_most="1 a day")
    alone(operation, 5)
    operation.asking.tick()
    assert found(operation) == {}
    clock.advance(days=3, minutes=1)
    signal = found(operation)["audits_late"]
    assert signal.sentence == (
        "5 of 5 decisions that wait for a second look were not looked at within 3d."
    )
    assert "100.0 % of what goes ahead would be" in signal.means
    assert "2 wait for somebody's answer, 3 for somebody with room" in signal.lines


def test_two_people_who_agree_as_by_chance_are_found_as_two_and_by_no_name(
    opener: Opener,
) -> None:
    operation = opener(twice="0.5", promise="")
    alone(operation, 90)
    operation.asking.tick()
    for number, one in enumerate(audits(operation, state="asked")):
        looked(operation, one, "wrong" if number % 2 else "right")
    pairs = sum(one.id.endswith(".2") for one in audits(operation))
    assert pairs >= 20
    signal = found(operation)["disagreeing"]
    assert f"of {pairs}" in signal.sentence
    assert "Dana" not in f"{signal.sentence}{signal.means}{signal.lines}"
    assert any("wait for the owner's word" in line for line in signal.lines)
    assert signal.about is None


def test_one_wrong_stretch_is_told_to_the_owner_by_the_watch(
    opener: Opener, sender: RecordingSender, clock: ManualClock
) -> None:
    operation = opener()
    answered(operation, 14, 12)
    clock.advance(minutes=1)
    operation.watch.look()
    operation.post.deliver()
    assert any(
        one.to == "priya" and "of the decisions it takes alone are wrong" in one.body
        for _, one in sender.sent
    )


@pytest.mark.parametrize(("promise", "blind"), [("5%", []), ("", [{"wrong_alone"}])])
def test_without_a_promise_it_is_said_that_nothing_is_held_against_it(
    opener: Opener, promise: str, blind: list[set[str]]
) -> None:
    operation = opener(promise=promise)
    watcher = Audited(operation.shelf, operation.estimating)
    assert [one.kinds for one in watcher.unseen(AGENT, operation.clock.now())] == blind
