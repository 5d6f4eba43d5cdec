"""The gate at work: judges, makes stops durable before it answers, records what goes ahead.

INVARIANT: no path returns `proceed` unless the compiled table said so, the version is ready (or this is a
rehearsal), no rejection stands against it, and the recorder is able to record it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from handraise.clock import Clock
from handraise.core.gate.compile import compile_table
from handraise.core.gate.digest import decision_digest, plain_decision
from handraise.core.gate.evidence import number
from handraise.core.gate.explain import system_reason, with_reasons
from handraise.core.lifecycle import withdraw
from handraise.core.table.form import shown
from handraise.core.table.types import Table
from handraise.errors import Error, KeyConflictError, NotFoundError, StillOpenError
from handraise.model import Decision, DecisionRecord, Escalation, Message, Move, Resolution, Verdict, Work
from handraise.service.durations import timeout_seconds
from handraise.service.readiness import Readiness
from handraise.service.recorder import Recorder
from handraise.service.shelf import Shelf
from handraise.service.stops import Stops
from handraise.service.watched import Watched, alive
from handraise.service.watching import Watching
from handraise.service.wording import fresh_id, messages_for
from handraise.store import Store

READY_EVERY_S = 5.0
POLL_S = 0.1
MAX_POLL_S = 1.0

log = structlog.get_logger(__name__)


class EmbeddedGate:
    """The gate of one agent, in the process that decides."""

    def __init__(
        self,
        table: Table,
        *,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        stops: Stops,
        readiness: Readiness,
        recorder: Recorder,
        watching: Watching,
        base_url: str,
        rehearsal: bool = False,
    ) -> None:
        """Compile the table; `wiring.assemble` gives the rest."""
        self.table = table
        self.rehearsal = rehearsal
        self._judge = compile_table(table, rehearsal=rehearsal)
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._stops = stops
        self._readiness = readiness
        self._recorder = recorder
        self._watching = watching
        self._base_url = base_url
        self.on_close: Callable[[], None] | None = None
        self._ready_checked_at = -READY_EVERY_S
        self._ready = False
        self._ready_lock = threading.Lock()

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.table.agent

    @property
    def ready(self) -> bool:
        """Whether this version of the table has its go-live record; looked up every few seconds."""
        if time.monotonic() - self._ready_checked_at >= READY_EVERY_S:
            with self._ready_lock:
                try:
                    self._ready = self._readiness.of(self.agent, self.table.version) is not None
                except Error as error:
                    self._ready = False
                    log.error("the go-live record cannot be read", agent=self.agent, error=error.message)
                self._ready_checked_at = time.monotonic()
        return self._ready

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on what the agent is about to do.

        Total: any input gives a verdict, and doubt stops. A stop is durable when this returns; where
        even that is impossible, the verdict still stops the agent and says so.

        Args:
            decision: a `Decision`; or give its fields by name.
            fields: `type`, `action`, `confidence`, `facts`, `text`, `proposal`, `context`, `case`, `key`.

        Raises:
            KeyConflictError: the key was already used for another decision. Use a new key.
        """
        if decision.__class__ is Decision and not fields:
            return self.judge(decision)  # type: ignore[arg-type]
        decision, faults = assembled(decision, fields)
        return self.judge(decision, faults)

    def judge(self, decision: Decision, faults: tuple[str, ...] = ()) -> Verdict:
        """Return the verdict on a decision, with what is known to be wrong with it already.

        Raises:
            KeyConflictError: the key was already used for another decision.
        """
        verdict = self._judge(decision)
        if verdict.reasons or faults or not (self.rehearsal or self.ready) or not self._recorder.healthy:
            return self._stopped(verdict, decision, faults)
        return self._gone_ahead(verdict, decision)

    def _stopped(self, verdict: Verdict, decision: Decision, faults: tuple[str, ...]) -> Verdict:
        """Return a stop, durable if that is possible at all."""
        more = [system_reason("fault", fault) for fault in faults]
        if not self.rehearsal and not self.ready:
            more.append(system_reason("not_ready", f"this version of the table ({self.table.version}) is not ready for live work"))
        if not verdict.reasons and not more:
            more.append(system_reason("fault", "decisions cannot be recorded just now"))
        verdict = with_reasons(self.table, verdict, *more) if more else verdict
        try:
            known = self._stops.remembered(self.table, verdict, decision)
            self._unless_waiting(decision)
            kept = known if known is not None and known.reasons else self._stops.keep(self.table, verdict, decision)
            return msgspec.structs.replace(kept, waiter=self)
        except KeyConflictError:
            raise
        except Exception as error:
            return self._unrecorded(verdict, error)

    def _unless_waiting(self, decision: Decision) -> None:
        """Write what waits to be recorded, if this key is among it: then the store knows it."""
        key = decision.key
        if isinstance(key, str) and self._recorder.waiting_for(self.agent, key, rehearsal=self.rehearsal):
            self._recorder.flush()

    def _unrecorded(self, verdict: Verdict, error: Exception) -> Verdict:
        """Return the stop of a decision that could not be kept; said as loudly as is still possible."""
        what = error.message if isinstance(error, Error) else type(error).__name__
        log.critical("a stop could not be recorded", agent=self.agent, error=what, exc_info=error)
        reason = system_reason("fault", f"the stop could not be recorded, so nobody was told: {what}")
        return with_reasons(self.table, verdict, reason)

    def _gone_ahead(self, verdict: Verdict, decision: Decision) -> Verdict:
        """Return the proceed once it is handed over; a key or a case is looked up first."""
        key, case = decision.key, decision.case
        digest = ""
        plain = decision
        if key is not None or case is not None:
            try:
                plain, notes = plain_decision(decision)
                if notes:
                    return self._stopped(verdict, decision, tuple(f"could not be kept exactly: {note}" for note in notes[:5]))
                digest = decision_digest(plain)
                self._unless_waiting(decision)
                known = self._stops.remembered(self.table, verdict, decision)
            except KeyConflictError:
                raise
            except Exception as error:
                return self._unrecorded(verdict, error)
            if known is not None:
                return msgspec.structs.replace(known, waiter=self) if known.reasons else known
        self._recorder.hand_over(self._record(decision, digest))
        return verdict

    def _record(self, decision: Decision, digest: str) -> DecisionRecord:
        sure = number(decision.confidence)
        return DecisionRecord(
            id=fresh_id(),
            agent=self.table.agent,
            version=self.table.version,
            key=decision.key if isinstance(decision.key, str) else None,
            digest=digest,
            case=decision.case if isinstance(decision.case, str) else None,
            type=decision.type if isinstance(decision.type, str) else None,
            action=decision.action if isinstance(decision.action, str) else None,
            confidence=float(sure) if sure is not None else None,
            facts=_kept(decision.facts),
            proposal=_kept(decision.proposal),
            rehearsal=self.rehearsal,
            decided_at=self._clock.now(),
        )

    def resolution(self, escalation_id: str | None = None, /, *, key: str | None = None) -> Resolution | None:
        """Return what was decided, by the escalation's id or the decision's key; None while it is open.

        Raises:
            NotFoundError: this agent has no such escalation; a decision that went ahead has none.
        """
        return self.escalation(escalation_id, key=key).resolution()

    def escalation(self, escalation_id: str | None = None, /, *, key: str | None = None) -> Escalation:
        """Return an escalation of this agent, by id or key.

        Raises:
            NotFoundError: this agent has none of that id or key.
        """
        if escalation_id is None:
            record = self._store.decision_by_key(self.agent, key or "", rehearsal=self.rehearsal)
            if record is None or record.escalation_id is None:
                raise NotFoundError(f"no escalation has the key {shown(key)}", "it went ahead, or was never decided")
            escalation_id = record.escalation_id
        found = self._store.escalation(escalation_id)
        if found is None or found.agent != self.agent:
            raise NotFoundError(f"there is no escalation {shown(escalation_id)}")
        return found

    def wait(self, escalation_id: str, timeout: str | float | None = None) -> Resolution:
        """Return the resolution once a person has decided.

        Args:
            escalation_id: which escalation.
            timeout: seconds, or a duration such as `"2h"`; None waits for as long as it takes.

        Raises:
            StillOpenError: nobody has answered within `timeout`; ask again later by id or key.
            NotFoundError: this agent has no such escalation.
        """
        limit = timeout_seconds(timeout)
        deadline = None if limit is None else time.monotonic() + limit
        pause = POLL_S
        while True:
            resolution = self.resolution(escalation_id)
            if resolution is not None:
                return resolution
            alive()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise StillOpenError(f"nobody has decided escalation {escalation_id} yet", "wait again, or ask later with resolution()")
            time.sleep(pause if left is None else min(pause, left))
            pause = min(pause * 1.5, MAX_POLL_S)

    def withdraw(self, escalation_id: str, reason: str = "") -> Resolution:
        """Return the resolution of an escalation the agent no longer needs answered.

        Raises:
            NotFoundError: this agent has none of that id.
            AlreadyAnsweredError: it has ended.
        """
        self.escalation(escalation_id)

        def move(escalation: Escalation) -> tuple[Move, list[Message]]:
            now = self._clock.now()
            made = withdraw(escalation, reason, now)
            return made, messages_for(made, self._shelf, self._base_url, now)

        self._store.change(escalation_id, move)
        resolution = self.resolution(escalation_id)
        if resolution is None:
            raise StillOpenError(f"escalation {escalation_id} could not be withdrawn")
        return resolution

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work, to be used in a `with`.

        Silence past `silent_after` (by default the table's `watch.silent_after`), or an exception that
        escapes, becomes an escalation to the owner.
        """
        return Watched(self, case, silent_after)

    def start_work(self, case: str | None = None, silent_after: str | float | None = None) -> Work:
        """Return a piece of work that is watched from now on; the verb behind `work`."""
        return self._watching.start(self.table, case, silent_after, rehearsal=self.rehearsal)

    def beat(self, work_id: str) -> bool:
        """Note a sign of life; whether the work is still open.

        Raises:
            NotFoundError: this agent has no such work.
        """
        return self._watching.beat(self.agent, work_id)

    def done(self, work_id: str) -> bool:
        """End a piece of work; whether it was still open.

        Raises:
            NotFoundError: this agent has no such work.
        """
        return self._watching.done(self.agent, work_id)

    def failed(self, work_id: str, error: str) -> str | None:
        """Return the escalation that a crashed piece of work became, or None when it had ended before.

        Raises:
            NotFoundError: this agent has no such work.
        """
        return self._watching.failed(self.table, work_id, error)

    def close(self) -> None:
        """Write what waits; a gate that was opened alone closes everything it opened."""
        self._recorder.flush()
        if self.on_close is not None:
            self.on_close()

    def __enter__(self) -> EmbeddedGate:
        """Return the gate itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _kept(value: Any) -> Any:
    """Return a fact sheet or proposal as it can be kept; small plain ones as they are."""
    if value is None or (isinstance(value, dict) and not value):
        return value
    return plain_decision(Decision(proposal=value))[0].proposal


def assembled(decision: Any, fields: dict[str, Any]) -> tuple[Decision, tuple[str, ...]]:
    """Return a decision made of whatever was given, and what about it is a fault."""
    faults = []
    known = {name: value for name, value in fields.items() if name in Decision.__struct_fields__}
    faults += [f"a decision has no field {shown(name)}" for name in fields if name not in known]
    if decision is None:
        if not fields:
            faults.append("the decision is empty")
        return Decision(**known), tuple(faults[:5])
    if isinstance(decision, Decision):
        return msgspec.structs.replace(decision, **known), tuple(faults[:5])
    if isinstance(decision, dict) and all(isinstance(name, str) for name in decision):
        inner, more = assembled(None, {**decision, **fields})
        return inner, more
    return Decision(**known), (f"this is no decision: {shown(decision)}", *faults[:5])
