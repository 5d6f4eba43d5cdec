"""A watched piece of work on the agent's side: `with gate.work(case=…) as work`.

While the agent waits for a person it is alive, so waiting beats too. The work a thread or task is
inside is kept in a context variable, which follows into the threads of the asynchronous face.
"""

from __future__ import annotations

import math
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Protocol

from handraise.errors import Error
from handraise.model import Decision, Verdict, Work
from handraise.service.deciding.crashes import crash_told, is_crash
from handraise.service.logs import Log

log = Log(__name__)


UNTOLD = "a stop in this work could not be recorded when it was made"


class WatchedGate(Protocol):
    """What a watched piece of work asks of its gate, embedded or remote."""

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on a decision."""
        ...

    def start_work(self, case: str | None = None, silent_after: str | float | None = None) -> Work:
        """Return work that is watched from now on."""
        ...

    def beat(self, work_id: str) -> bool:
        """Note a sign of life."""
        ...

    def done(self, work_id: str) -> bool:
        """End a piece of work."""
        ...

    def failed(self, work_id: str, error: str) -> str | None:
        """Say that the agent crashed in it."""
        ...


class Watched:
    """A piece of work under watch: silence in it, or a crash, becomes an escalation."""

    def __init__(
        self, gate: WatchedGate, case: str | None, silent_after: str | float | None
    ) -> None:
        """Keep what it needs; nothing is watched before `with`."""
        self._gate = gate
        self._silent_after = silent_after
        self._work: Work | None = None
        self._beaten_at = 0.0
        self._is_untold = False
        self.case = case

    @property
    def id(self) -> str:
        """The work's id; empty outside its `with`."""
        return self._work.id if self._work else ""

    @property
    def silent_after_s(self) -> float:
        """Seconds of silence that make a stall; 0 before it has begun."""
        return self._work.silent_after_s if self._work else 0.0

    def start(self) -> None:
        """Begin to watch; the first half of `with`, which may be run in any thread.

        Raises:
            StoreError: it cannot be watched.
        """
        self._work = self._gate.start_work(self.case, self._silent_after)
        self._beaten_at = time.monotonic()

    def enter(self) -> None:
        """Let this thread or task be inside; the second half of `with`."""
        come_inside(self)

    def leave(self) -> None:
        """Let this thread or task be outside again."""
        go_outside(self)

    def end(self, error: BaseException | None) -> None:
        """Stop watching: done, or an escalation when an exception escaped.

        Raises:
            Error: the end could not be recorded; never in place of the exception that escaped.
        """
        try:
            if error is not None and is_crash(error):
                self._gate.failed(self.id, crash_told(error))
            elif self._is_untold:
                self._gate.failed(self.id, UNTOLD)
            else:
                self._gate.done(self.id)
        except Exception as trouble:
            what = trouble.message if isinstance(trouble, Error) else type(trouble).__name__
            log.critical("the end of work could not be recorded", work=self.id, error=what)
            if error is None:
                raise

    def __enter__(self) -> Watched:
        """Begin to watch."""
        self.start()
        self.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; an exception that escapes becomes an escalation, and goes on."""
        self.leave()
        self.end(error)

    def beat(self) -> bool:
        """Give a sign of life; whether the work is still open.

        A decision and a wait for a person give one by themselves; call this in other long steps.
        """
        self._beaten_at = time.monotonic()
        return self._gate.beat(self.id)

    def beat_in_time(self) -> None:
        """Give a sign of life when a quarter of the limit has passed since the last one."""
        if time.monotonic() - self._beaten_at < self.silent_after_s / 4:
            return
        try:
            self.beat()
        except Exception as trouble:  # noqa: BLE001 - a decision or a wait goes on without it
            what = trouble.message if isinstance(trouble, Error) else type(trouble).__name__
            log.error("a sign of life could not be recorded", work=self.id, error=what)

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on a decision of this case; a sign of life too.

        Raises:
            KeyConflictError: the key was already used for another decision.
        """
        if self.case is not None and fields.get("case") is None and _has_no_case(decision):
            fields["case"] = self.case
        verdict = self._gate.decide(decision, **fields)
        if verdict.escalated and verdict.escalation_id is None:
            self._is_untold = True
        self.beat_in_time()
        return verdict


def _has_no_case(decision: Any) -> bool:
    """Whether a decision, whatever it is, leaves its case to the work."""
    try:
        given = decision.get("case") if isinstance(decision, dict) else decision.case
    except Exception:  # noqa: BLE001 - whatever the agent sends is the gate's to judge
        return True
    return given is None


class Alive(Protocol):
    """What gives signs of life while this thread or task waits for a person."""

    @property
    def silent_after_s(self) -> float:
        """Seconds of silence that are too long."""
        ...

    def beat_in_time(self) -> None:
        """Give a sign of life when it is time for one."""
        ...


_inside: ContextVar[tuple[Alive, ...]] = ContextVar("handraise_work", default=())


def inside() -> tuple[Alive, ...]:
    """Return what this thread or task gives signs of life for."""
    return _inside.get()


def come_inside(one: Alive) -> None:
    """Let waiting in this thread or task give signs of life for something."""
    _inside.set((*_inside.get(), one))


def go_outside(one: Alive) -> None:
    """Let waiting in this thread or task give no more signs of life for something."""
    _inside.set(tuple(other for other in _inside.get() if other is not one))


def alive() -> None:
    """Give a sign of life for everything that this thread or task is inside."""
    for one in _inside.get():
        one.beat_in_time()


def patience() -> float:
    """Return seconds for which this thread or task may be silent without coming near a stall."""
    return min((one.silent_after_s / 4 for one in _inside.get()), default=math.inf)
