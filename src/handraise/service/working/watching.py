"""Work under watch, on the side of the store.

Silence past the limit, or a crash, becomes an escalation to the owner. INVARIANT: work that cannot
be judged by its own table is judged by the newest, and one that breaks does not hold up the others.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from handraise.clock import Clock
from handraise.core.gate.explain import stall_sentence, system_reason, with_reasons
from handraise.core.masking import masked
from handraise.core.table.form import shown
from handraise.core.table.types import Table
from handraise.errors import Error, InputError, NotFoundError
from handraise.model import Decision, Event, Reason, Verdict, Work
from handraise.service.deciding.durations import duration_seconds
from handraise.service.deciding.stops import Stop, Stops
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

MAX_ERROR = 2_000
MAX_OBSERVED = 200
BATCH = 100
Sign = Literal["beat", "done", "failed"]
"""How work that had stalled is heard of again."""

log = Log(__name__)


class Watching:
    """Starts, follows and ends watched work for one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, stops: Stops) -> None:
        """Keep what watching needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._stops = stops
        self._coming_back = threading.Lock()

    def start(
        self, table: Table, case: str | None, silent_after: str | float | None, *, rehearsal: bool
    ) -> Work:
        """Return a piece of work that is watched from now on.

        Raises:
            InputError: `silent_after` is no duration, or `case` no text.
        """
        if case is not None and not isinstance(case, str):
            raise InputError(f"case: {shown(case)} is no text", "name the customer's matter")
        limit = table.silent_after_s
        if silent_after is not None:
            limit = duration_seconds("silent_after", silent_after)
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
        is_open = self._store.beat_work(work_id, self._clock.now()) is not None
        return is_open or self._came_back(agent, work_id, "beat")

    def done(self, agent: str, work_id: str) -> bool:
        """End a piece of work; whether it was still open."""
        self._own(agent, work_id)
        was_open = self._store.end_work(work_id, "done", self._clock.now())
        return was_open or self._came_back(agent, work_id, "done")

    def failed(self, table: Table, work_id: str, error: str) -> str | None:
        """Return the escalation that a crash became; None when the work had ended before.

        Args:
            table: the table that judges the agent.
            work_id: which work.
            error: what is told of the crash; its first line stands in messages too.
        """
        work = self._own(table.agent, work_id)
        # An agent that speaks HTTP itself sends what it likes.
        told = masked(error[-2 * MAX_ERROR :])[-MAX_ERROR:]
        first = masked(error[:MAX_OBSERVED]).partition("\n")[0]
        reason = system_reason("fault", "the agent crashed in its work", first)
        stop = self._stop(work, reason, told)
        ended = self._store.fail_work(
            work_id, self._clock.now(), stop.record, stop.escalation, stop.events, stop.messages
        )
        if not ended:
            self._came_back(table.agent, work_id, "failed")
        return stop.escalation.id if ended else None

    def _came_back(self, agent: str, work_id: str, sign: Sign) -> Literal[False]:
        """Note on its escalation, once for each sign, that stalled work was heard of again."""
        work = self._own(agent, work_id)
        if work.state != "stalled" or work.escalation_id is None:
            return False
        with self._coming_back:
            known = self._store.events(work.escalation_id)
            if any(one.kind == "came_back" and one.detail.get("sign") == sign for one in known):
                return False
            self._store.add_event(
                Event(
                    at=self._clock.now(),
                    kind="came_back",
                    who=f"agent:{agent}",
                    agent=agent,
                    escalation_id=work.escalation_id,
                    detail={"sign": sign},
                )
            )
        return False

    def raise_stalls(self) -> int:
        """Turn every silence past its limit into an escalation; return how many there were.

        One that breaks does not hold up the others.

        Raises:
            StoreError: the store cannot be asked which are silent.
        """
        return sum(map(self._stalled, self._store.overdue_work(self._clock.now(), BATCH)))

    def _stalled(self, work: Work) -> bool:
        reason = system_reason("stall", stall_sentence(work.silent_after_s))
        try:
            stop = self._stop(work, reason, "")
            return self._store.stall_work(
                work.id,
                self._clock.now(),
                stop.record,
                stop.escalation,
                stop.events,
                stop.messages,
            )
        except Exception as error:  # noqa: BLE001 - the worker goes on; the next cycle tries again
            what = error.message if isinstance(error, Error) else type(error).__name__
            log.critical("a stall could not be raised", work=work.id, error=what)
            return False

    def _table_of(self, work: Work) -> Table:
        """Return the table the work began with; the newest where this release cannot read that."""
        try:
            return self._shelf.table(work.agent, work.version)
        except Error as error:
            log.error("an old table cannot be read", agent=work.agent, error=error.message)
            return self._shelf.current(work.agent)

    def _stop(self, work: Work, reason: Reason, error: str) -> Stop:
        table = self._table_of(work)
        context: dict[str, Any] = {
            "work": work.id,
            "started": _readable(work.started_at),
            "last sign of life": _readable(work.beat_at),
        }
        if error:
            context["error"] = error
        decision = Decision(case=work.case, context=context)
        verdict = Verdict(decision, (), (), table.version, work.rehearsal)
        return self._stops.prepare(table, with_reasons(table, verdict, reason), decision)

    def _own(self, agent: str, work_id: str) -> Work:
        work = self._store.work(work_id)
        if work is None or work.agent != agent:
            raise NotFoundError(f"there is no work {shown(work_id)}")
        return work


def _readable(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
