"""The gate at work: judges, makes stops durable before it answers, records what goes ahead.

Any number of threads may use one gate; a process that was forked after it was opened must not, and
is stopped. INVARIANT: no path returns `proceed` unless the compiled table said so, the version is
ready (or this is a rehearsal), no rejection stands against it, and the recorder has taken it.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core.gate.digest import decision_digest
from handraise.core.gate.drawing import drawn
from handraise.core.gate.evidence import confidence, text
from handraise.core.gate.explain import system_reason, with_reasons
from handraise.core.table.types import Table
from handraise.errors import GrantError, KeyConflictError
from handraise.model import Audit, Decision, DecisionRecord, Presence, Verdict, Work
from handraise.service.deciding.incoming import as_kept, assembled, copied, usable_names, with_asker
from handraise.service.deciding.lots import audits_of
from handraise.service.deciding.present import (
    no_longer_promised,
    nothing_promised,
    promised,
)
from handraise.service.deciding.readback import REHEARSAL
from handraise.service.deciding.recorder import Recorder
from handraise.service.deciding.stops import Stops
from handraise.service.deciding.versioned import VersionedGate, named
from handraise.service.deciding.watched import Watched
from handraise.service.going_live.readiness import Readiness
from handraise.service.granting.grants import NO_KEY
from handraise.service.granting.keeping import Granting
from handraise.service.logs import Log, crash_text
from handraise.service.presence import Presences
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.service.tracing import Step, active
from handraise.service.working.watching import Watching
from handraise.store import Store

KEY_LOCKS = 64

log = Log(__name__)


class EmbeddedGate(VersionedGate):
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
        granting: Granting,
        address: Address,
        lots_key: Callable[[], bytes],
        rehearsal: bool = False,
    ) -> None:
        """Compile the version that judges; `wiring.assemble` gives the rest."""
        super().__init__(
            table,
            readiness,
            store=store,
            shelf=shelf,
            clock=clock,
            granting=granting,
            address=address,
            rehearsal=rehearsal,
        )
        self._stops = stops
        self._recorder = recorder
        self._watching = watching
        self._lots_key = lots_key
        self._presences = Presences(store, clock)
        self.on_close: Callable[[], None] | None = None
        self._key_locks = tuple(threading.Lock() for _ in range(KEY_LOCKS))

    def decide(self, decision: Decision | None = None, /, **fields: Any) -> Verdict:
        """Return the verdict on what the agent is about to do.

        Total: any input gives a verdict, and doubt stops. A stop is durable when this returns;
        where even that is impossible, the verdict still stops the agent and says so.

        Args:
            decision: a `Decision`; or give its fields by name.
            fields: `type`, `action`, `confidence`, `facts`, `text`, `proposal`, `context`, `case`,
                `key`.

        Raises:
            KeyConflictError: the key was already used for another decision. Use a new key.
        """
        if type(decision) is Decision and not fields:
            return self.judge(decision)
        made, faults = assembled(decision, fields)
        return self.judge(made, faults)

    def judge(self, decision: Decision, faults: tuple[str, ...] = ()) -> Verdict:
        """Return the verdict on a decision, with what is known to be wrong with it already.

        Raises:
            KeyConflictError: the key was already used for another decision.
        """
        tracer = active()
        if tracer is None:
            return self._judged(decision, faults)
        with Step(tracer, "decide", self.agent, "INTERNAL") as span:
            verdict = self._judged(decision, faults)
            span.tell_verdict(verdict, self.table)
        return verdict

    def _judged(self, decision: Decision, faults: tuple[str, ...]) -> Verdict:
        """Return the verdict on a decision; see `judge`."""
        if os.getpid() != self._process:
            return self._in_a_fork(self._judge(decision))
        # Looked up first: a version that is taken up now judges this decision already.
        is_ready = self.rehearsal or self.ready
        # A copy is judged where one is made at a glance, so that nobody changes it meanwhile.
        decision = copied(decision)
        verdict = self._judge(decision)
        try:
            if (
                decision.key is not None
                or decision.case is not None
                or decision.asked_by is not None
            ):
                decision, more = usable_names(decision)
                faults = (*faults, *more)
                decision = with_asker(decision, self.table.people)
            may_go = not verdict.reasons and not faults
            if may_go and is_ready and self._recorder.healthy:
                return self._gone_ahead(verdict, decision)
            return self._stopped(verdict, decision, faults, is_ready=is_ready)
        except KeyConflictError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails here, the agent stops
            return self._unrecorded(verdict, decision, error)

    def _in_a_fork(self, verdict: Verdict) -> Verdict:
        """Return the stop in a process forked after opening: nothing of the gate works there."""
        sentence = "the gate was opened before this process forked: open it in the child process"
        return with_reasons(self.table, verdict, system_reason("fault", sentence))

    def _stopped(
        self,
        verdict: Verdict,
        decision: Decision,
        faults: tuple[str, ...] = (),
        *,
        is_ready: bool = True,
    ) -> Verdict:
        """Return a stop, durable; what the store refuses is raised."""
        more = [system_reason("fault", fault) for fault in faults]
        if not is_ready:
            more.append(system_reason("not_ready", self._why_not))
        if not verdict.reasons and not more:
            more.append(system_reason("fault", "decisions cannot be recorded just now"))
        verdict = with_reasons(self.table, verdict, *more) if more else verdict
        known = self._stops.remembered(self.table, verdict, decision)
        if known is None or not known.reasons:
            known = self._stops.keep(self.table, verdict, decision)
        return msgspec.structs.replace(known, waiter=self, waived=self._waived)

    def _unrecorded(self, verdict: Verdict, decision: Decision, error: Exception) -> Verdict:
        """Return the stop of a decision that could not be kept; said as loudly as possible."""
        what = named(error)
        log.critical(
            "a stop could not be recorded",
            agent=self.agent,
            error=what,
            places=crash_text(error),
        )
        sentence = f"the stop could not be recorded yet, so nobody was told: {what}"
        stopped = with_reasons(self.table, verdict, system_reason("fault", sentence))
        plain, _ = as_kept(decision)
        table = self.table
        self._recorder.later(lambda: self._stops.keep_late(table, stopped, plain))
        return stopped

    def _gone_ahead(self, verdict: Verdict, decision: Decision) -> Verdict:
        """Return the proceed once it is handed over; a key or a case is looked up first."""
        plain, notes = as_kept(decision)
        if notes:
            return self._stopped(verdict, decision, tuple(notes))
        if plain is not decision:
            verdict = self._judge(plain)
            if verdict.reasons:
                return self._stopped(verdict, plain)
        if plain.key is None and plain.case is None:
            return self._handed_over(verdict, plain, "")
        # One at a time for each key: of two threads with one key, the second meets the first.
        with self._key_locks[hash(plain.key or plain.case) % KEY_LOCKS]:
            known = self._stops.remembered(self.table, verdict, plain)
            if known is None:
                return self._recorded(verdict, plain)
        waiter = self if known.reasons else None
        return msgspec.structs.replace(known, decision=decision, waiter=waiter, waived=self._waived)

    def _recorded(self, verdict: Verdict, plain: Decision) -> Verdict:
        """Return the proceed of a key or case once it is durable: a restart must know it."""
        if self._recorder.write_now(*self._record(verdict, plain, decision_digest(plain))):
            return verdict
        # Another process was faster with the same key: its verdict stands, or refuses this one.
        known = self._stops.remembered(self.table, verdict, plain)
        return known if known is not None else self._stopped(verdict, plain)

    def _handed_over(self, verdict: Verdict, plain: Decision, digest: str) -> Verdict:
        if self._recorder.hand_over(*self._record(verdict, plain, digest)):
            return verdict
        return self._stopped(verdict, plain)

    def _record(
        self, verdict: Verdict, plain: Decision, digest: str
    ) -> tuple[DecisionRecord, tuple[Audit, ...]]:
        """Return a proceed as it is kept, and the audits it is drawn for: as a rule none."""
        table, id = self.table, fresh_id()
        sure, action = confidence(plain.confidence), text(plain.action)
        rated = table.actions.get(action) if action is not None else None
        severity = None if rated is None else rated.severity
        looks: tuple[float, ...] = ()
        if table.audit is not None and not self.rehearsal:
            looks = drawn(table.audit, severity, self._lots_key(), id)
        record = DecisionRecord(
            id=id,
            agent=table.agent,
            version=table.version,
            key=plain.key,
            digest=digest,
            case=plain.case,
            type=text(plain.type),
            action=action,
            confidence=None if math.isnan(sure) else sure,
            facts=plain.facts,
            proposal=plain.proposal,
            rehearsal=self.rehearsal,
            decided_at=self._clock.now(),
            familiarity=verdict.familiarity,
            severity=severity,
            audit=looks[0] if looks else None,
        )
        return record, audits_of(record, plain, looks) if looks else ()

    def grant(self, verdict: Verdict) -> str:
        """Return the grant of a verdict that lets the agent act, for the tool that acts.

        The decision is judged again: what its verdict says counts for nothing here. It needs a key,
        so that its grant is one and the same, however often it is asked for.

        Raises:
            GrantError: it may not be done, and why. Do not act.
            StoreError: what was decided cannot be looked up.
        """
        made, faults = assembled(verdict.decision, {})
        return self.granted(made, faults)

    def granted(self, decision: Decision, faults: tuple[str, ...] = ()) -> str:
        """Return the grant of a decision that goes ahead; the verb behind `grant`.

        Raises:
            GrantError: it may not be done, and why.
            StoreError: what was decided cannot be looked up.
        """
        if self.rehearsal:
            raise GrantError(REHEARSAL, "a rehearsal gives no grants")
        if not (text(decision.key) or "").strip():
            raise GrantError(*NO_KEY)
        try:
            verdict = self.judge(decision, faults)
        except KeyConflictError as error:
            raise GrantError(error.message, error.hint) from None
        if not verdict.may_act:
            raise GrantError(f"this may not be done: {_first(verdict)}", _remedy(verdict))
        return self._granting.of_decision(self.agent, decision)

    def work(self, case: str | None = None, silent_after: str | float | None = None) -> Watched:
        """Return a watched piece of work, to be used in a `with`.

        Silence past `silent_after` (by default the table's `watch.silent_after`), or an exception
        that escapes, becomes an escalation to the owner.
        """
        return Watched(self, case, silent_after)

    def alive(self, every: str | float = "5m", name: str | None = None) -> bool:
        """Give a sign of life, and promise the next within `every`; whether it was kept.

        Call it each time round in the agent's own loop. One that is late by once its interval and
        half a minute is an alarm to the owner; waiting for a person gives the sign by itself.

        Args:
            every: seconds, or a duration such as `"5m"`; one second at least.
            name: of this process, where the agent has several.

        Raises:
            InputError: `every` or `name` is unusable, or the agent has 200 processes already.
        """
        return promised(self, every, name).give()

    def leaves(self, name: str | None = None) -> bool:
        """Say that this process ends, so that no more signs are expected; whether any were.

        Raises:
            InputError: `name` is unusable.
            StoreError: it could not be kept; silence will be an alarm.
        """
        no_longer_promised(self, name)
        return self.take_leave(name)

    def give_sign(self, every: str | float, name: str | None = None) -> Presence:
        """Return a process's sign of life, kept; the verb behind `alive`."""
        return self._presences.beat(self.agent, every, name)

    def take_leave(self, name: str | None = None) -> bool:
        """Expect no more signs of a process; the verb behind `leaves`."""
        return self._presences.leave(self.agent, name)

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
        """Return the escalation that crashed work became, or None when it had ended before.

        Raises:
            NotFoundError: this agent has no such work.
        """
        return self._watching.failed(self.table, work_id, error)

    def close(self) -> None:
        """Write what waits; a gate that was opened alone closes everything it opened.

        Raises:
            StoreError: decisions that went ahead could not be recorded.
        """
        if os.getpid() != self._process:
            return
        nothing_promised(self)
        if self.on_close is not None:
            self.on_close()
        else:
            self._recorder.flush()

    def __enter__(self) -> EmbeddedGate:
        """Return the gate itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _first(verdict: Verdict) -> str:
    """Return why the agent stops, as one sentence."""
    return verdict.reasons[0].sentence if verdict.reasons else REHEARSAL


def _remedy(verdict: Verdict) -> str:
    if verdict.escalation_id is None:
        return "do not act; decide again with the same key"
    return f"escalation {verdict.escalation_id} asks a person; the resolution has the grant"
