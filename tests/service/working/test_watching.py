"""Work under watch: a crash or silence in it becomes an escalation, and nothing else does."""

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handraise.clock import ManualClock
from handraise.errors import HumanNeeded, InputError, NotFoundError, StoreUnavailableError
from handraise.model import Decision, Escalation, Verdict, Work
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.watched import Watched, patience
from handraise.service.logs import crash_text
from handraise.service.wiring import Operation
from tests.support.operation import (
    BIG,
    SURE,
    TABLE,
    UNSURE,
    RecordingSender,
    answered,
    gate_of,
    opened,
)
from tests.support.tables import Rude


def _escalations(operation: Operation) -> list[Escalation]:
    return operation.store.escalations()


def _crashed(gate: EmbeddedGate, error: BaseException, case: str | None = "c") -> None:
    with pytest.raises(type(error)), gate.work(case):
        raise error


TABLE_OF_TODAY = TABLE.replace("below: 0.72", "below: 0.8")


class _AFewSecondsLimit:
    """A gate of the agent's side that counts signs of life."""

    def __init__(self, silent_after_s: float, work: Work) -> None:
        self.beats = 0
        self.is_broken = False
        self._work = msgspec.structs.replace(work, silent_after_s=silent_after_s)

    def start_work(self, case: str | None = None, silent_after: Any = None) -> Work:
        return self._work

    def decide(self, decision: Any = None, /, **fields: Any) -> Verdict:
        return Verdict(Decision(**fields))

    def beat(self, work_id: str) -> bool:
        self.beats += 1
        if self.is_broken:
            raise RuntimeError
        return True

    def done(self, work_id: str) -> bool:
        if self.is_broken:
            raise StoreUnavailableError("away")
        return True

    def failed(self, work_id: str, error: str) -> str | None:
        if self.is_broken:
            raise RuntimeError
        return None


@pytest.fixture
def watcher(gate: EmbeddedGate) -> _AFewSecondsLimit:
    return _AFewSecondsLimit(1e-9, gate.start_work())


def test_work_that_ends_leaves_nothing(
    gate: EmbeddedGate, operation: Operation, clock: ManualClock
) -> None:
    with gate.work("c") as work:
        kept = operation.store.work(work.id)
        assert kept is not None
        assert (kept.state, kept.case, kept.silent_after_s) == ("open", "c", 600)
        assert work.beat()
    clock.advance(hours=1)
    operation.worker.tick()
    ended = operation.store.work(work.id)
    assert ended is not None
    assert ended.state == "done"
    assert _escalations(operation) == []


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Jane's card 4111 1111 1111 1111"),
        KeyboardInterrupt(),
        SystemExit(3),
        GeneratorExit(),
    ],
)
def test_a_crash_is_an_escalation_and_its_words_stand_in_its_context_alone(
    error: BaseException, gate: EmbeddedGate, operation: Operation
) -> None:
    _crashed(gate, error)
    (found,) = _escalations(operation)
    assert [(reason.condition, reason.route) for reason in found.reasons] == [("fault", "owner")]
    assert found.asks[0].holder == "priya"
    assert found.case == "c"
    everything = msgspec.json.encode(found).decode()
    assert type(error).__name__ in found.reasons[0].observed
    assert "4111" not in everything
    context = found.decision.context.pop("error")
    assert ("Jane" in context) == isinstance(error, ValueError)
    assert "Jane" not in msgspec.json.encode(found).decode()
    assert "Jane" not in str(operation.store.messages())


def test_a_stop_that_was_raised_is_no_crash(gate: EmbeddedGate, operation: Operation) -> None:
    _crashed(gate, HumanNeeded(gate.decide(**BIG)))
    assert [found.reasons[0].condition for found in _escalations(operation)] == ["consequence"]


def test_silence_past_the_limit_becomes_a_stall_once(
    gate: EmbeddedGate, operation: Operation, clock: ManualClock, sender: RecordingSender
) -> None:
    work = gate.start_work("c", "5m")
    clock.advance(minutes=4)
    assert gate.beat(work.id)
    clock.advance(minutes=4)
    operation.worker.tick()
    assert _escalations(operation) == []
    clock.advance(minutes=1, seconds=1)
    operation.worker.tick()
    operation.worker.tick()
    (found,) = _escalations(operation)
    assert (found.reasons[0].condition, found.case) == ("stall", "c")
    assert found.reasons[0].sentence == "the agent gave no sign of life for 5m"
    assert [message.to for _, message in sender.sent] == ["priya"]
    # The agent that wakes up is told that it had ended.
    assert not gate.beat(work.id)
    assert not gate.done(work.id)
    assert gate.failed(work.id, "late") is None
    assert len(_escalations(operation)) == 1


def test_of_nested_work_the_inner_crash_and_the_outer_one_are_both_told(
    gate: EmbeddedGate, operation: Operation
) -> None:
    with pytest.raises(ValueError, match="x"), gate.work("outer"), gate.work("inner"):
        raise ValueError("x")
    assert {found.case for found in _escalations(operation)} == {"inner", "outer"}


def test_waiting_for_a_person_gives_signs_of_life(gate: EmbeddedGate, operation: Operation) -> None:
    """However long the person takes, the agent that waits has not gone silent."""
    with gate.work(silent_after=0.05) as work:
        begun = operation.store.work(work.id)
        verdict = work.decide(**BIG)
        answering = threading.Timer(0.4, answered, (operation, verdict.escalation_id, "approve"))
        clock: Any = operation.clock
        clock.advance(seconds=10)
        answering.start()
        assert verdict.wait("20s").outcome == "approved"
        seen = operation.store.work(work.id)
        answering.join()
    assert begun is not None
    assert seen is not None
    assert seen.beat_at > begun.beat_at


def test_a_decision_in_work_has_its_case(gate: EmbeddedGate) -> None:
    with gate.work("c") as work:
        assert work.decide(**SURE).decision.case == "c"
        assert work.decide(Decision(**SURE)).decision.case == "c"
        assert work.decide({**SURE}).decision.case == "c"  # type: ignore[arg-type]
        assert work.decide(**SURE, case=None).decision.case == "c"
        assert work.decide(**SURE, case="other").decision.case == "other"
        assert work.decide(Decision(**SURE, case="other")).decision.case == "other"
        assert work.decide(Rude()).escalated  # type: ignore[arg-type]


def test_a_decision_is_a_sign_of_life(watcher: _AFewSecondsLimit) -> None:
    with Watched(watcher, None, None) as work:
        work.decide(**SURE)
        assert watcher.beats == 1


def test_a_sign_of_life_that_fails_stops_no_decision(watcher: _AFewSecondsLimit) -> None:
    work = Watched(watcher, None, None)
    work.start()
    watcher.is_broken = True
    assert not work.decide(**SURE).escalated
    assert watcher.beats == 1


def test_the_agents_own_exception_is_never_replaced(watcher: _AFewSecondsLimit) -> None:
    watcher.is_broken = True
    with pytest.raises(KeyError), Watched(watcher, None, None):
        raise KeyError("the agent's own")
    with pytest.raises(StoreUnavailableError), Watched(watcher, None, None):
        pass


def test_how_long_one_may_be_silent_is_a_quarter_of_the_shortest_limit(
    gate: EmbeddedGate,
) -> None:
    assert patience() == float("inf")
    with gate.work(silent_after=100), gate.work(silent_after=20), gate.work():
        assert patience() == 5
    assert patience() == float("inf")


@pytest.mark.parametrize(
    "given", [{"silent_after": 0}, {"silent_after": "soon"}, {"silent_after": []}, {"case": 7}]
)
def test_work_that_makes_no_sense_is_refused(given: dict[str, Any], gate: EmbeddedGate) -> None:
    with pytest.raises(InputError, match=next(iter(given))):
        gate.start_work(**given)


def test_unknown_work_is_not_found(gate: EmbeddedGate) -> None:
    for verb in (gate.beat, gate.done, lambda id: gate.failed(id, "")):
        with pytest.raises(NotFoundError):
            verb("never")


def test_a_stall_of_a_rehearsal_is_marked(folder: Path, clock: ManualClock) -> None:
    operation = opened(folder, clock=clock, rehearsal=True, is_ready=False)
    gate_of(operation).start_work()
    clock.advance(hours=1)
    operation.worker.tick()
    assert [found.rehearsal for found in _escalations(operation)] == [True]
    operation.close()


def test_a_stall_by_a_table_that_cannot_be_read_any_more_is_told_all_the_same(
    folder: Path, clock: ManualClock
) -> None:
    operation = opened(folder, clock=clock)
    gate_of(operation).start_work("old")
    operation.close()
    today = opened(folder, clock=clock, table=TABLE_OF_TODAY, is_ready=False)
    with today.store.write() as connection:
        connection.exec_driver_sql(
            "UPDATE table_versions SET text = 'no table' WHERE version = ?",
            (gate_of(operation).table.version,),
        )
    today.close()
    again = opened(folder, clock=clock, table=TABLE_OF_TODAY, is_ready=False)
    gate_of(again).start_work("new")
    clock.advance(hours=1)
    again.worker.tick()
    assert {found.case for found in _escalations(again)} == {"old", "new"}
    again.close()


def test_a_crash_text_has_places_and_no_words() -> None:
    def deep() -> None:
        raise ValueError("a customer's words")

    try:
        deep()
    except ValueError as error:
        text = crash_text(error)
    assert text.splitlines()[0] == "ValueError"
    assert "deep (test_watching.py:" in text
    assert "customer" not in text


def test_an_unsure_decision_in_work_waits_for_its_person(
    gate: EmbeddedGate, operation: Operation
) -> None:
    with gate.work("c") as work:
        verdict = work.decide(**UNSURE)
        answered(operation, verdict.escalation_id or "", "instruct", instruction="ask them")
        assert verdict.wait(5).instruction == "ask them"


def _stalled(gate: EmbeddedGate, operation: Operation, clock: ManualClock) -> tuple[str, str]:
    work = gate.start_work("c", "5m")
    clock.advance(minutes=6)
    operation.worker.tick()
    (found,) = _escalations(operation)
    return work.id, found.id


@pytest.mark.parametrize("sign", ["beat", "done", "failed"])
def test_stalled_work_that_is_heard_of_again_is_noted_once(
    sign: str, gate: EmbeddedGate, operation: Operation, clock: ManualClock
) -> None:
    work_id, escalation_id = _stalled(gate, operation, clock)
    verbs = {"beat": gate.beat, "done": gate.done, "failed": lambda id: gate.failed(id, "late")}
    for _ in range(3):
        assert not verbs[sign](work_id)
    back = [one for one in operation.store.events(escalation_id) if one.kind == "came_back"]
    assert [(one.who, one.detail) for one in back] == [("agent:support-agent", {"sign": sign})]
    assert operation.store.escalation(escalation_id).state == "open"  # type: ignore[union-attr]


def test_work_that_ended_as_it_should_does_not_come_back(
    gate: EmbeddedGate, operation: Operation
) -> None:
    work = gate.start_work("c")
    assert gate.done(work.id)
    assert not gate.beat(work.id)
    assert gate.failed(gate.start_work("d").id, "crash") is not None
    (found,) = _escalations(operation)
    assert [one for one in operation.store.events(found.id) if one.kind == "came_back"] == []


def test_a_stall_says_when_in_words_a_person_reads(
    gate: EmbeddedGate, operation: Operation, clock: ManualClock
) -> None:
    begun = clock.now()
    _stalled(gate, operation, clock)
    (found,) = _escalations(operation)
    shown = f"{begun:%Y-%m-%d %H:%M} UTC"
    assert found.decision.context["started"] == shown
    assert found.decision.context["last sign of life"] == shown
