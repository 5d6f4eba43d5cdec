"""A watched piece of work on the agent's side: `with gate.work(case=…) as work`.

While the agent waits for a person it is alive, so waiting beats too. The work a thread or task is inside
is kept in a context variable, which follows into the threads of the asynchronous face.
"""

from __future__ import annotations

import time
import traceback
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Protocol

import structlog

from handraise.errors import Error, HumanNeeded
from handraise.model import Decision, Verdict, Work

log = structlog.get_logger(__name__)

MAX_FRAMES = 6


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
    """A piece of work under watch: silence in it, or an exception that escapes, becomes an escalation."""

    def __init__(self, gate: WatchedGate, case: str | None, silent_after: str | float | None) -> None:
        """Keep what it needs; nothing is watched before `with`."""
        self._gate = gate
        self._silent_after = silent_after
        self._work: Work | None = None
        self._beaten_at = 0.0
        self._token: Token[tuple[Watched, ...]] | None = None
        self.case = case

    @property
    def id(self) -> str:
        """The work's id; empty outside its `with`."""
        return self._work.id if self._work else ""

    def __enter__(self) -> Watched:
        """Begin to watch."""
        self._work = self._gate.start_work(self.case, self._silent_after)
        self._beaten_at = time.monotonic()
        self._token = _inside.set((*_inside.get(), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; an exception that escapes becomes an escalation, and goes on."""
        if self._token is not None:
            _inside.reset(self._token)
        try:
            if error is None or isinstance(error, HumanNeeded):
                self._gate.done(self.id)
            else:
                self._gate.failed(self.id, crash_text(error))
        except Error as trouble:
            log.critical("the end of work could not be recorded", work=self.id, error=trouble.message)
            if error is None:
                raise

    def beat(self) -> bool:
        """Give a sign of life; whether the work is still open."""
        self._beaten_at = time.monotonic()
        return self._gate.beat(self.id)

    def beat_in_time(self) -> None:
        """Give a sign of life when a quarter of the limit has passed since the last one."""
        limit = self._work.silent_after_s if self._work else 0.0
        if time.monotonic() - self._beaten_at < limit / 4:
            return
        try:
            self.beat()
        except Error as trouble:
            log.error("a sign of life could not be recorded", work=self.id, error=trouble.message)

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on a decision of this case; a sign of life too.

        Raises:
            KeyConflictError: the key was already used for another decision.
        """
        given = decision.get("case") if isinstance(decision, dict) else getattr(decision, "case", None)
        if self.case is not None and given is None:
            fields.setdefault("case", self.case)
        verdict = self._gate.decide(decision, **fields)
        self.beat_in_time()
        return verdict


_inside: ContextVar[tuple[Watched, ...]] = ContextVar("handraise_work", default=())


def alive() -> None:
    """Give a sign of life for each piece of work that this thread or task is inside."""
    for watched in _inside.get():
        watched.beat_in_time()


def crash_text(error: BaseException) -> str:
    """Return an exception's kind and the places it passed, without its words, which may be a customer's."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    places = [f"  {frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in frames]
    return "\n".join([type(error).__name__, *places])
