"""Signs of life: what an agent promises is expected of it, by the embedded gate and by the remote one."""

import asyncio
import threading
from contextvars import Context
from datetime import timedelta

import pytest

import handraise
from handraise.clock import ManualClock
from handraise.errors import InputError
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.deciding.watched import alive, inside, patience
from handraise.service.presence import FORGOTTEN_AFTER, MOST, Presences
from handraise.service.wiring import Operation
from tests.service.deciding.test_faces import face
from tests.support.operation import AGENT, UNSURE

__all__ = ["face"]

Gate = EmbeddedGate | RemoteGate


@pytest.fixture
def presences(operation: Operation) -> Presences:
    return Presences(operation.store, operation.clock)


def silent(presences: Presences) -> list[str]:
    return [one.name for one in presences.silent(AGENT)]


def test_a_process_that_signs_in_time_is_not_silent(
    face: Gate, presences: Presences, clock: ManualClock
) -> None:
    assert face.alive(every="5m")
    clock.advance(minutes=10)
    assert silent(presences) == []
    assert face.alive(every="5m")
    clock.advance(minutes=10, seconds=29)
    assert silent(presences) == []
    clock.advance(seconds=1)
    assert silent(presences) == ["agent"]
    assert face.alive(every="5m")
    assert silent(presences) == []


def test_one_that_leaves_is_expected_no_more(
    face: Gate, presences: Presences, clock: ManualClock
) -> None:
    assert face.alive(every=60, name="night shift")
    assert face.leaves(name="night shift")
    assert not face.leaves(name="nobody")
    clock.advance(days=1)
    assert silent(presences) == []


def test_processes_are_told_apart_and_the_longest_silent_comes_first(
    face: Gate, presences: Presences, clock: ManualClock
) -> None:
    face.alive("1m", "two")
    clock.advance(seconds=1)
    face.alive("1m", "one")
    clock.advance(minutes=3)
    face.alive("1m", "three")
    assert silent(presences) == ["two", "one"]


@pytest.mark.parametrize(
    ("every", "name"),
    [
        (0.5, None),
        ("soon", None),
        (float("nan"), None),
        (True, None),
        ("5m", ""),
        ("5m", "x" * 101),
        ("5m", "a\nb"),
        ("5m", 7),
    ],
)
def test_what_makes_no_sense_is_refused(
    face: Gate, presences: Presences, every: object, name: object
) -> None:
    with pytest.raises(InputError):
        face.alive(every, name)  # type: ignore[arg-type]
    assert presences.silent(AGENT) == []


def test_a_server_that_is_away_does_not_end_the_agent() -> None:
    with handraise.connect("http://127.0.0.1:1", "hrk_key") as gate:
        assert not gate.alive()


def test_waiting_for_a_person_is_being_alive(
    face: Gate, operation: Operation, clock: ManualClock, presences: Presences
) -> None:
    def wait() -> None:
        face.alive(every=1.0)
        clock.advance(minutes=1)
        assert silent(presences) == ["agent"]
        assert patience() == 0.25
        with pytest.raises(handraise.StillOpenError):
            face.wait(face.decide(**UNSURE).escalation_id or "", timeout=0.6)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join()
    assert silent(presences) == []


def test_what_ended_is_not_kept_alive_by_waiting(face: Gate) -> None:
    def run() -> None:
        face.alive(every=1.0)
        assert patience() == 0.25
        face.leaves()
        alive()
        assert patience() == float("inf")

    Context().run(run)


def test_an_asynchronous_agent_signs_too(
    face: Gate, presences: Presences, clock: ManualClock
) -> None:
    async def run() -> None:
        gate = handraise.AsyncGate(face)
        assert await gate.alive(every="1m", name="loop")
        assert patience() == 15
        clock.advance(minutes=3)
        assert silent(presences) == ["loop"]
        assert await gate.leaves("loop")

    Context().run(asyncio.run, run())
    assert silent(presences) == []


def test_a_sign_from_a_clock_that_was_ahead_is_no_sign(
    presences: Presences, clock: ManualClock
) -> None:
    clock.advance(hours=1)
    presences.beat(AGENT, "5m")
    clock.set(clock.now() - timedelta(hours=1))
    assert silent(presences) == ["agent"]


def test_what_was_replaced_is_forgotten_and_the_last_one_never(
    presences: Presences, clock: ManualClock
) -> None:
    presences.beat(AGENT, "5m", "old")
    clock.advance(seconds=FORGOTTEN_AFTER.total_seconds() + 1)
    assert silent(presences) == ["old"]
    presences.beat(AGENT, "5m", "new")
    assert silent(presences) == []
    clock.advance(days=30)
    assert silent(presences) == ["new"]


def test_there_are_only_so_many_processes_of_an_agent(presences: Presences) -> None:
    for number in range(MOST):
        presences.beat(AGENT, "5m", f"pod-{number}")
    with pytest.raises(InputError, match="200 processes"):
        presences.beat(AGENT, "5m", "one more")
    presences.beat(AGENT, "5m", "pod-7")
    presences.beat("another-agent", "5m", "pod")


def test_a_gate_that_is_closed_promises_nothing(face: Gate) -> None:
    face.alive(every="5m", name="one")
    face.alive(every="9m", name="other")
    face.close()
    assert inside() == ()
