"""The asynchronous face: the same verbs, without holding up anybody else."""

import asyncio
from typing import Any

import pytest

from handraise.errors import (
    InputError,
    NotFoundError,
    StillOpenError,
    StoreUnavailableError,
)
from handraise.model import Verdict
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.watched import patience
from handraise.service.wiring import Operation
from tests.support.operation import BIG, SURE, answered


@pytest.fixture
def face(gate: EmbeddedGate) -> AsyncGate:
    return AsyncGate(gate)


def test_deciding_and_waiting(face: AsyncGate, operation: Operation) -> None:
    async def agent() -> Any:
        async with face.work(case="c") as work:
            assert work.id
            assert not (await work.decide(**SURE)).escalated
            assert await work.beat()
            verdict = await face.decide(**BIG, key="k")
            assert await face.resolution(verdict.escalation_id) is None
            waiting = asyncio.create_task(face.wait(verdict, "1m"))
            await asyncio.to_thread(answered, operation, verdict.escalation_id or "", "approve")
            resolution = await waiting
            assert await face.resolution(key="k") == resolution
            return resolution

    assert asyncio.run(agent()).may_act
    assert len(operation.store.escalations()) == 1


def test_many_wait_at_once_and_hold_no_thread(face: AsyncGate, operation: Operation) -> None:
    async def agent() -> list[str]:
        verdicts = [await face.decide(**BIG, key=f"k{place}") for place in range(60)]
        waiting = asyncio.gather(*(face.wait(verdict, "1m") for verdict in verdicts))

        def answer() -> None:
            for verdict in verdicts:
                answered(operation, verdict.escalation_id or "", "approve")

        await asyncio.to_thread(answer)
        return [resolution.outcome for resolution in await waiting]

    assert asyncio.run(agent()) == ["approved"] * 60


def test_waiting_in_vain_says_so_and_can_be_cancelled(face: AsyncGate) -> None:
    async def agent() -> None:
        verdict = await face.decide(**BIG)
        with pytest.raises(StillOpenError):
            await face.wait(verdict, 0.1)
        with pytest.raises(InputError):
            await face.wait(verdict, "soon")
        with pytest.raises(NotFoundError):
            await face.wait("never")
        with pytest.raises(NotFoundError):
            await face.wait(await face.decide(**SURE))
        with pytest.raises(StoreUnavailableError):
            await face.wait(Verdict(None, reasons=verdict.reasons))
        waiting = asyncio.create_task(face.wait(verdict))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await face.withdraw(verdict.escalation_id or "", "done")).outcome == "withdrawn"

    asyncio.run(agent())


def test_a_crash_and_a_cancelled_task_become_escalations(
    face: AsyncGate, operation: Operation
) -> None:
    begun = asyncio.Event()

    async def crash() -> None:
        async with face.work(case="crash"):
            raise ValueError("a customer's words")

    async def hang() -> None:
        async with face.work(case="hang"):
            begun.set()
            await asyncio.Event().wait()

    async def agent() -> None:
        with pytest.raises(ValueError, match="words"):
            await crash()
        hanging = asyncio.create_task(hang())
        await begun.wait()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging

    asyncio.run(agent())
    assert {found.case for found in operation.store.escalations()} == {"crash", "hang"}


def test_work_is_inside_its_own_task_only(face: AsyncGate) -> None:
    async def inside(limit: int) -> float:
        async with face.work(silent_after=limit):
            await asyncio.sleep(0.01)
            return await asyncio.to_thread(patience)

    async def agent() -> None:
        assert await asyncio.gather(inside(40), inside(80)) == [10, 20]
        assert patience() == float("inf")

    asyncio.run(agent())


class _AwayOnce:
    """A gate whose store is away at the first look."""

    def __init__(self, gate: EmbeddedGate) -> None:
        self._gate = gate
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gate, name)

    def resolution(self, escalation_id: str | None = None, /, *, key: str | None = None) -> Any:
        self.looks += 1
        if self.looks == 1:
            raise StoreUnavailableError("away")
        return self._gate.resolution(escalation_id, key=key)


def test_waiting_survives_a_store_that_is_away(gate: EmbeddedGate, operation: Operation) -> None:
    verdict = gate.decide(**BIG)
    answered(operation, verdict.escalation_id or "", "approve")
    away: Any = _AwayOnce(gate)

    async def agent() -> Any:
        return await AsyncGate(away).wait(verdict, "1m")

    assert asyncio.run(agent()).outcome == "approved"
    assert away.looks == 2


def test_closing_closes_the_gate(gate: EmbeddedGate) -> None:
    closed: list[bool] = []
    gate.on_close = lambda: closed.append(True)

    async def agent() -> None:
        async with AsyncGate(gate) as face:
            assert face.gate is gate

    asyncio.run(agent())
    assert closed == [True]
