"""Work under watch, on the side of the store: silence or a crash becomes an escalation to the owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handraise.clock import Clock
from handraise.core.gate.explain import stall_sentence, system_reason, with_reasons
from handraise.core.table.types import Table
from handraise.core.table.units import UnitProblem, seconds
from handraise.errors import InputError, NotFoundError
from handraise.model import Decision, Reason, Verdict, Work
from handraise.service.shelf import Shelf
from handraise.service.stops import Stop, Stops
from handraise.service.wording import fresh_id
from handraise.store import Store

MAX_ERROR = 2_000
BATCH = 100


class Watching:
    """Starts, follows and ends watched work for one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, stops: Stops) -> None:
        """Keep what watching needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._stops = stops

    def start(self, table: Table, case: str | None, silent_after: str | float | None, *, rehearsal: bool) -> Work:
        """Return a piece of work that is watched from now on.

        Raises:
            InputError: `silent_after` is no duration.
        """
        try:
            limit = table.silent_after_s if silent_after is None else seconds(silent_after)
        except UnitProblem as problem:
            raise InputError(f"silent_after: {problem}") from None
        now = self._clock.now()
        work = Work(
            id=fresh_id(),
            agent=table.agent,
            version=table.version,
            case=case,
            rehearsal=rehearsal,
            started_at=now,
            beat_at=now,
            silent_after_s=limit,
            due_at=now + timedelta(seconds=limit),
        )
        self._store.start_work(work)
        return work

    def beat(self, agent: str, work_id: str) -> bool:
        """Note a sign of life; whether the work is still open."""
        self._own(agent, work_id)
        return self._store.beat_work(work_id, self._clock.now()) is not None

    def done(self, agent: str, work_id: str) -> bool:
        """End a piece of work; whether it was still open."""
        self._own(agent, work_id)
        return self._store.end_work(work_id, "done", self._clock.now())

    def failed(self, table: Table, work_id: str, error: str) -> str | None:
        """Return the escalation that a crash became; None when the work had ended before."""
        work = self._own(table.agent, work_id)
        reason = system_reason("fault", "the agent crashed in its work", error[:200])
        stop = self._stop(work, reason, error[-MAX_ERROR:])
        ended = self._store.fail_work(work_id, self._clock.now(), stop.record, stop.escalation, stop.events, stop.messages)
        return stop.escalation.id if ended else None

    def raise_stalls(self) -> int:
        """Turn every silence past its limit into an escalation; return how many there were."""
        count = 0
        for work in self._store.overdue_work(self._clock.now(), BATCH):
            stop = self._stop(work, system_reason("stall", stall_sentence(work.silent_after_s)), "")
            count += self._store.stall_work(work.id, self._clock.now(), stop.record, stop.escalation, stop.events, stop.messages)
        return count

    def _stop(self, work: Work, reason: Reason, error: str) -> Stop:
        table = self._shelf.table(work.agent, work.version)
        context: dict[str, Any] = {
            "work": work.id,
            "started": work.started_at.isoformat(),
            "last sign of life": work.beat_at.isoformat(),
        }
        if error:
            context["error"] = error
        decision = Decision(case=work.case, context=context)
        verdict = Verdict(decision, (), (), table.version, work.rehearsal)
        return self._stops.prepare(table, with_reasons(table, verdict, reason), decision)

    def _own(self, agent: str, work_id: str) -> Work:
        work = self._store.work(work_id)
        if work is None or work.agent != agent:
            raise NotFoundError(f"there is no work {work_id}")
        return work
