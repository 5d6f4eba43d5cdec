"""Stops made durable: a verdict that escalates becomes an escalation before anybody hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from handraise.clock import Clock
from handraise.core.gate.digest import (
    DIGESTED,
    decision_digest,
    plain_decision,
    proposal_digest,
)
from handraise.core.gate.evidence import number, severity_of
from handraise.core.gate.explain import system_reason, with_reasons
from handraise.core.lifecycle import open_escalation
from handraise.core.table.types import Table
from handraise.errors import KeyConflictError, StoreError
from handraise.model import Decision, DecisionRecord, Escalation, Event, Message, Verdict
from handraise.service.deciding.repeats import Repeats, repeating_name
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id, messages_for
from handraise.store import Store

STOPPED_LATER = " (stopped later)"
"""Ends the key under which a stop is kept whose own key went ahead before."""

CHANGED = "the decision kept under this key was changed outside of Handraise"


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a new escalation that is written in one transaction."""

    record: DecisionRecord
    escalation: Escalation
    events: tuple[Event, ...]
    messages: tuple[Message, ...]


class Stops:
    """Makes stops durable for one store."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, address: Address) -> None:
        """Keep what a stop needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address
        self._repeats = Repeats()
        self.on_kept: Callable[[], None] = _nothing

    def prepare(self, table: Table, verdict: Verdict, decision: Decision) -> Stop:
        """Return the escalation of a stop with all that goes with it; nothing is written yet."""
        now = self._clock.now()
        plain, notes = plain_decision(decision)
        if notes:
            faults = [
                system_reason("fault", f"could not be kept exactly: {note}") for note in notes[:5]
            ]
            verdict = with_reasons(table, verdict, *faults)
        digest = decision_digest(plain)
        move = open_escalation(
            id=fresh_id(),
            verdict=verdict,
            plain=plain,
            digest=digest,
            table=table,
            directory=self._shelf.directory(table.agent, rehearsal=verdict.rehearsal),
            now=now,
        )
        record = decision_record(table, plain, digest, verdict, now, move.escalation.id)
        return Stop(
            record=record,
            escalation=move.escalation,
            events=move.events,
            messages=tuple(messages_for(move, self._shelf, self._address.url, now)),
        )

    def keep(self, table: Table, verdict: Verdict, decision: Decision) -> Verdict:
        """Return the verdict of a stop with its durable escalation.

        The same key with the same digest is answered by what came of it before.

        Raises:
            KeyConflictError: the key was used for another decision.
            StoreError: it could not be written.
        """
        stop = self.prepare(table, verdict, decision)
        existing = self._store.create_escalation(
            stop.record, stop.escalation, stop.events, stop.messages
        )
        if existing is None:
            self.on_kept()
            return _kept(verdict, stop)
        plain = stop.escalation.decision
        before = self._repeated(existing, plain, decision)
        if before.reasons:
            return before
        # The key went ahead once, but must stop now: a stop of its own, and only one.
        record = msgspec.structs.replace(stop.record, key=f"{stop.record.key}{STOPPED_LATER}")
        existing = self._store.create_escalation(
            record, stop.escalation, stop.events, stop.messages
        )
        if existing is None:
            return _kept(verdict, stop)
        again = self._repeated(existing, plain, decision)
        if not again.reasons:
            raise StoreError(CHANGED, "`handraise log verify` says where")
        return again

    def keep_late(self, table: Table, verdict: Verdict, decision: Decision) -> Verdict:
        """Return the verdict of a stop that the store refused at first, now durable.

        Where its key was used for another decision meanwhile, it is kept without the key: somebody
        must hear of it.
        """
        try:
            return self.keep(table, verdict, decision)
        except KeyConflictError:
            return self.keep(table, verdict, msgspec.structs.replace(decision, key=None))

    def remembered(self, table: Table, verdict: Verdict, decision: Decision) -> Verdict | None:
        """Return the verdict that is known already, or None.

        By the key; by what holds the case back; or by the same question that is still open.

        Raises:
            KeyConflictError: the key was used for another decision.
            StoreError: the store cannot be asked.
        """
        plain, _ = plain_decision(decision)
        if isinstance(plain.key, str):
            existing = self._store.decision_by_key(
                table.agent, plain.key, rehearsal=verdict.rehearsal
            )
            if existing is not None:
                if self._is_changed(existing):
                    fault = system_reason("fault", CHANGED)
                    return self.keep(table, with_reasons(table, verdict, fault), decision)
                return self._repeated(existing, plain, decision)
        held, is_same = self._held(table.agent, plain, rehearsal=verdict.rehearsal)
        if held is None:
            return None
        again = self._of_escalation(held, decision)
        if not is_same:
            # Whoever decides about that one does not see this; nor does it go ahead meanwhile.
            if verdict.reasons:
                return None
            stopped = msgspec.structs.replace(verdict, reasons=again.reasons, routes=again.routes)
            return self.keep(table, stopped, decision)
        if not set(verdict.routes) <= set(again.routes):
            return None  # it must reach somebody who was not asked then
        if isinstance(plain.key, str):
            record = decision_record(
                table, plain, decision_digest(plain), again, self._clock.now(), held
            )
            self._store.record_decisions([record])
        return again

    def _held(self, agent: str, plain: Decision, *, rehearsal: bool) -> tuple[str | None, bool]:
        """Return the escalation that holds a proposal back within its case, and if it answers it.

        An open one answers only for who asked for it, and for the facts that were stated.

        Without a case and a key, it is the open one of the very same decision: nobody is rung twice
        for what an agent repeats.
        """
        if plain.proposal is None:
            return None, False
        bound = proposal_digest(plain.action, plain.proposal)
        if isinstance(plain.case, str):
            found = self._store.held_before(agent, plain.case, bound, rehearsal=rehearsal)
            for id, begun in found:
                if begun is None or _is_joined(begun, plain):
                    return id, True
            return (found[0][0] if found else None), False
        if plain.key is not None:
            return None, False
        digest = decision_digest(plain)
        return self._store.open_identical(agent, digest, bound, rehearsal=rehearsal), True

    def _repeated(self, existing: DecisionRecord, plain: Decision, decision: Decision) -> Verdict:
        """Return the verdict that a key had before, or refuse the key for another decision."""
        if existing.digest != decision_digest(plain):
            names = self._differing(existing, plain)
            where = f": not the same {', '.join(names)}" if names else ""
            raise KeyConflictError(
                f'the key "{existing.key}" was already used for another decision{where}',
                "use a new key for a new decision; the earlier one stands as it was",
            )
        if existing.escalation_id is None:
            version, rehearsal, seen = existing.version, existing.rehearsal, existing.familiarity
            return Verdict(decision, (), (), version, rehearsal, familiarity=seen)
        return self._of_escalation(existing.escalation_id, decision)

    def _is_changed(self, existing: DecisionRecord) -> bool:
        """Whether a decision reads as one that went ahead, and was not recorded as one."""
        if existing.escalation_id is not None:
            return False
        return bool(existing.rows) or self._store.seal_is_broken(existing.id)

    def _differing(self, existing: DecisionRecord, plain: Decision) -> tuple[str, ...]:
        """Return the fields in which a decision differs from the earlier one; empty if unknown."""
        if existing.escalation_id is None:
            # Nothing of a decision that went ahead was unusable; only its text was not kept.
            kept = [name for name in DIGESTED if name != "text"]
            before = Decision(**{name: getattr(existing, name) for name in kept}, text=plain.text)
            return _unlike(before, plain) or ("text",)
        stopped = self._store.escalation(existing.escalation_id)
        if stopped is None or stopped.digest != existing.digest:
            return ()
        return _unlike(stopped.decision, plain)

    def _of_escalation(self, escalation_id: str, decision: Decision) -> Verdict:
        before = self._store.escalation(escalation_id)
        if before is None:
            raise StoreError(f"escalation {escalation_id} is gone from the database")
        now = self._clock.now()
        if self._repeats.note(escalation_id, now):
            self._store.heartbeat(repeating_name(before.agent), now)
        return Verdict(
            decision,
            before.reasons,
            _routes(before),
            before.version,
            before.rehearsal,
            before.id,
            familiarity=before.familiarity,
        )


def _routes(escalation: Escalation) -> tuple[str, ...]:
    """Return who must agree, each once: a route may have several asks."""
    return tuple(dict.fromkeys(ask.route for ask in escalation.asks))


def _unlike(before: Decision, given: Decision) -> tuple[str, ...]:
    """Return the names of the fields that differ."""
    return tuple(name for name in DIGESTED if _alone(before, name) != _alone(given, name))


def _is_joined(begun: Decision, given: Decision) -> bool:
    """Whether who answers an open decision answers another, too: same asker, same facts."""
    return all(_alone(begun, name) == _alone(given, name) for name in ("asked_by", "facts"))


def _alone(plain: Decision, name: str) -> str:
    return decision_digest(Decision(**{name: getattr(plain, name)}))


def _kept(verdict: Verdict, stop: Stop) -> Verdict:
    """Return the verdict of a stop that is durable now."""
    return msgspec.structs.replace(
        verdict,
        reasons=stop.escalation.reasons,
        routes=_routes(stop.escalation),
        escalation_id=stop.escalation.id,
    )


def decision_record(
    table: Table,
    plain: Decision,
    digest: str,
    verdict: Verdict,
    now: datetime,
    escalation_id: str | None = None,
) -> DecisionRecord:
    """Return a judged decision as it is kept."""
    sure = number(plain.confidence)
    return DecisionRecord(
        id=fresh_id(),
        agent=table.agent,
        version=table.version,
        key=plain.key if isinstance(plain.key, str) else None,
        digest=digest,
        case=plain.case if isinstance(plain.case, str) else None,
        type=plain.type if isinstance(plain.type, str) else None,
        action=plain.action if isinstance(plain.action, str) else None,
        confidence=float(sure) if sure is not None and 0 <= sure <= 1 else None,
        facts=plain.facts,
        proposal=plain.proposal,
        rows=tuple(dict.fromkeys(reason.row for reason in verdict.reasons)),
        rehearsal=verdict.rehearsal,
        escalation_id=escalation_id,
        decided_at=now,
        familiarity=verdict.familiarity,
        severity=severity_of(table, plain.action),
    )


def _nothing() -> None:
    """Do nothing: nobody asked to be told."""
