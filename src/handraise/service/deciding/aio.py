"""The asynchronous face of a gate: the same verbs, each in a thread; waiting holds none."""

from __future__ import annotations

import asyncio
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol

from handraise.errors import StillOpenError, StoreUnavailableError
from handraise.model import Decision, Presence, Resolution, Verdict
from handraise.service.deciding.durations import timeout_seconds
from handraise.service.deciding.in_force import InForce
from handraise.service.deciding.present import no_longer_promised, promised
from handraise.service.deciding.watched import Watched, WatchedGate, alive
from handraise.service.granting.grants import Grant
from handraise.service.logs import Log
from handraise.service.tracing import step

POLL_S = 0.1
MAX_POLL_S = 1.0

log = Log(__name__)


class WaitingGate(WatchedGate, Protocol):
    """What the asynchronous face asks of a gate, embedded or remote."""

    def resolution(
        self, escalation_id: str | None = None, /, *, key: str | None = None
    ) -> Resolution | None:
        """Return what was decided, or None while it is open."""
        ...

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Withdraw an escalation."""
        ...

    def in_force(self) -> InForce:
        """Return the version that judges, and what waits."""
        ...

    def grant(self, verdict: Verdict) -> str:
        """Return the grant of a verdict."""
        ...

    def use_grant(
        self, grant: str | None, *, action: str | None, proposal: Any, by: str = ""
    ) -> Grant:
        """Use a grant up."""
        ...

    def give_sign(self, every: str | float, name: str | None = None) -> Presence:
        """Return a process's sign of life, kept."""
        ...

    def leaves(self, name: str | None = None) -> bool:
        """Say that a process ends."""
        ...

    def outcome(
        self,
        decision: str,
        is_right: bool,
        *,
        at: datetime | None = None,
        stake: float | None = None,
        note: str = "",
    ) -> bool:
        """Report how a decision turned out."""
        ...

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work."""
        ...

    def close(self) -> None:
        """Close the gate."""
        ...


class AsyncGate:
    """A gate for `async` agents.

    Example:
        gate = handraise.AsyncGate(handraise.open("handraise.yaml"))
        async with gate.work(case="ticket-991") as work:
            verdict = await work.decide(type="refund_request", confidence=0.4)
            resolution = await gate.wait(verdict, timeout="2h")
    """

    def __init__(self, gate: WaitingGate) -> None:
        """Keep the gate; it may be shared with synchronous code."""
        self.gate = gate

    async def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on a decision; see `EmbeddedGate.decide`."""
        return await asyncio.to_thread(self.gate.decide, decision, **fields)

    async def resolution(
        self, escalation_id: str | None = None, /, *, key: str | None = None
    ) -> Resolution | None:
        """Return what was decided, or None while it is open; see `EmbeddedGate.resolution`."""
        return await asyncio.to_thread(self.gate.resolution, escalation_id, key=key)

    async def wait(
        self,
        stop: Verdict | str,
        timeout: str | float | None = None,  # noqa: ASYNC109 - the face of the synchronous gate
    ) -> Resolution:
        """Return the resolution of a verdict or escalation id; cancelling it leaves nothing behind.

        A store or server that is away is asked again.

        Raises:
            StillOpenError: nobody has answered within `timeout`.
            NotFoundError: there is no such escalation, or the verdict is proceed.
            StoreUnavailableError: the escalation could not be recorded; the agent stays stopped.
            InputError: `timeout` is no duration.
        """
        if isinstance(stop, Verdict):
            if stop.escalation_id is None:
                return stop.wait(0)
            stop = stop.escalation_id
        with step("wait", getattr(self.gate, "agent", None)) as span:
            span.tell_wait(stop, None)
            found = await self._waited(stop, timeout_seconds(timeout))
            span.tell_wait(stop, found.outcome)
        return found

    async def _waited(self, stop: str, limit: float | None) -> Resolution:
        """Return the resolution once a person has decided, within so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = None if limit is None else loop.time() + limit
        pause = POLL_S
        while (found := await self._looked(stop)) is None:
            await asyncio.to_thread(alive)
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                raise StillOpenError(
                    f"nobody has decided escalation {stop} yet", "wait again, or ask later"
                )
            await asyncio.sleep(pause if left is None else min(pause, left))
            pause = min(pause * 1.5, MAX_POLL_S)
        return found

    async def _looked(self, escalation_id: str) -> Resolution | None:
        try:
            return await self.resolution(escalation_id)
        except StoreUnavailableError as error:
            log.warning("still waiting: the store is away", error=error.message)
            return None

    async def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of a withdrawn escalation."""
        return await asyncio.to_thread(self.gate.withdraw, escalation_id, reason)

    async def in_force(self) -> InForce:
        """Return the version that judges, whether its record holds, and what waits."""
        return await asyncio.to_thread(self.gate.in_force)

    async def grant(self, verdict: Verdict) -> str:
        """Return the grant of a verdict that lets the agent act; see `EmbeddedGate.grant`."""
        return await asyncio.to_thread(self.gate.grant, verdict)

    async def use_grant(
        self, grant: str | None, *, action: str | None, proposal: Any, by: str = ""
    ) -> Grant:
        """Use a grant up, and return what it says; see `EmbeddedGate.use_grant`."""
        return await asyncio.to_thread(
            self.gate.use_grant, grant, action=action, proposal=proposal, by=by
        )

    async def alive(self, every: str | float = "5m", name: str | None = None) -> bool:
        """Give a sign of life; see `EmbeddedGate.alive`."""
        return await asyncio.to_thread(promised(self.gate, every, name).give)

    async def leaves(self, name: str | None = None) -> bool:
        """Say that this process ends; see `EmbeddedGate.leaves`."""
        no_longer_promised(self.gate, name)
        return await asyncio.to_thread(self.gate.leaves, name)

    async def outcome(
        self,
        decision: str,
        is_right: bool,
        *,
        at: datetime | None = None,
        stake: float | None = None,
        note: str = "",
    ) -> bool:
        """Report how a decision turned out, whether that is news; see `EmbeddedGate.outcome`."""
        return await asyncio.to_thread(
            self.gate.outcome, decision, is_right, at=at, stake=stake, note=note
        )

    def work(
        self, case: str | None = None, silent_after: str | float | None = None
    ) -> AsyncWatched:
        """Return a watched piece of work, to be used in an `async with`."""
        return AsyncWatched(self.gate.work(case, silent_after))

    async def close(self) -> None:
        """Close the gate."""
        await asyncio.to_thread(self.gate.close)

    async def __aenter__(self) -> AsyncGate:
        """Return the gate itself."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        await self.close()


class AsyncWatched:
    """A watched piece of work for `async with`."""

    def __init__(self, watched: Watched) -> None:
        """Keep the synchronous one."""
        self._watched = watched

    @property
    def id(self) -> str:
        """The work's id."""
        return self._watched.id

    async def __aenter__(self) -> AsyncWatched:
        """Begin to watch."""
        await asyncio.to_thread(self._watched.start)
        self._watched.enter()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; see `Watched`."""
        self._watched.leave()
        await asyncio.to_thread(self._watched.end, error)

    async def beat(self) -> bool:
        """Give a sign of life."""
        return await asyncio.to_thread(self._watched.beat)

    async def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on a decision of this case."""
        return await asyncio.to_thread(self._watched.decide, decision, **fields)
