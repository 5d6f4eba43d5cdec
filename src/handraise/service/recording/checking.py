"""Checking the record: the chain, the checkpoints, the decisions, and how every escalation stands.

It reads one state of the store, a page at a time; what is to be thought of a row is said by
`handraise.core.record`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from msgspec import Struct

from handraise.core.counted import count_flaws
from handraise.core.record import (
    RECORDED,
    Walk,
    checkpoint_flaw,
    decision_flaws,
    detail_of,
    state_flaw,
)
from handraise.errors import InputError
from handraise.model import ChainedEvent, Checkpoint, Flaw, SealedDecision
from handraise.service.recording.alarms import AlarmCheck
from handraise.service.recording.draws import AuditingOf, DrawCheck
from handraise.service.recording.outcomes import OutcomeCheck
from handraise.service.secrets import STATEMENT_TYPE, kid_of, payload_of
from handraise.store import Proof

MOST_FLAWS = 1000
GROUPS = 20
"""So many groups of decisions are read at a time."""

Verified = Callable[[str], dict[str, Any] | None]
"""Returns what a signed statement says; None where no known key has signed it."""


class Report(Struct, frozen=True, kw_only=True):
    """What checking the record found.

    Attributes:
        events: how many events are in the chain.
        erased: how many details of them were erased.
        escalations: how many escalations were held against the events that tell of them.
        decisions: how many decisions were held against their seals.
        unsealed: how many decisions are not sealed yet.
        drawn: how many decisions were drawn for an audit.
        outcomes: how many outcomes were held against the events that tell of them.
        are_lots_known: whether each draw was made again: false where the secret was not at hand.
        checkpoints: how many checkpoints there are.
        signed: how many events the last sound checkpoint covers.
        signed_day: the day of the last event that is signed; None where none is.
        is_signed: whether signatures were checked: false where no key was given.
        flaws: what is wrong, at most a thousand.
        flaw_count: how much is wrong in all.
    """

    events: int = 0
    erased: int = 0
    escalations: int = 0
    decisions: int = 0
    unsealed: int = 0
    drawn: int = 0
    outcomes: int = 0
    are_lots_known: bool = True
    checkpoints: int = 0
    signed: int = 0
    signed_day: str | None = None
    is_signed: bool = True
    flaws: tuple[Flaw, ...] = ()
    flaw_count: int = 0


class Flaws:
    """Counts flaws, and keeps the first thousand."""

    def __init__(self) -> None:
        """Begin with none."""
        self.first: list[Flaw] = []
        self.count = 0

    def add(self, flaws: Iterable[Flaw | None]) -> None:
        """Count some; None is no flaw."""
        for flaw in flaws:
            if flaw is not None:
                self.count += 1
                if len(self.first) < MOST_FLAWS:
                    self.first.append(flaw)


def verified_by(keys: Mapping[str, Any]) -> Verified:
    """Return what checks statements with public keys.

    Args:
        keys: a JSON Web Key Set.

    Raises:
        InputError: it is none, or none of Ed25519 keys.
    """
    try:
        known = {str(key["kid"]): OKPKey.import_key(dict(key)) for key in keys["keys"]}
    except (JoseError, KeyError, TypeError, ValueError):
        raise InputError(
            "these are no public keys", "take them from GET /api/v1/keys.json"
        ) from None

    def verified(signed: str) -> dict[str, Any] | None:
        key = known.get(kid_of(signed, STATEMENT_TYPE) or "")
        content = None if key is None else payload_of(signed, key)
        try:
            found = None if content is None else msgspec.json.decode(content)
        except (msgspec.MsgspecError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    return verified


class Check:
    """One check of one state of a store."""

    def __init__(
        self,
        proof: Proof,
        verified: Verified | None,
        auditing_of: AuditingOf,
        keys: Sequence[bytes] | None,
    ) -> None:
        """Begin.

        Args:
            proof: what is there.
            verified: checks signatures; None leaves them unchecked.
            auditing_of: tells which decisions each version of a table draws.
            keys: by which they were drawn, the present one first; None where they are not at hand.
        """
        self._proof = proof
        self._flaws = Flaws()
        self._verified = verified
        self._checkpoints = proof.checkpoints()
        sound = sound_checkpoints(self._checkpoints, verified, self._flaws)
        self._signed = max(sound, key=lambda one: one.seq, default=None)
        self._walk = Walk(sound)
        self._draws = DrawCheck(proof, auditing_of, keys)
        self._outcomes = OutcomeCheck(proof)
        self._alarms = AlarmCheck(proof)
        self._are_lots_known = keys is not None
        self._erased: list[SealedDecision] = []
        self._decisions = 0

    def report(self) -> Report:
        """Look at everything, and return what was found."""
        proof, walk = self._proof, self._walk
        after = 0
        while page := proof.events(after):
            for event in page:
                self._flaws.add(walk.step(event))
                self._draws.note(event)
                self._outcomes.note(event)
                self._alarms.note(event)
            self._look_at_groups([event for event in page if event.kind == RECORDED])
            after = page[-1].seq
        self._flaws.add(walk.end(proof.head()))
        self._flaws.add(walk.missing_checkpoints(one.day for one in self._checkpoints))
        self._look_at_erased()
        self._flaws.add(self._draws.end())
        self._flaws.add(self._outcomes.end())
        self._flaws.add(self._alarms.end())
        counts = proof.decided(), proof.tallied(), proof.all_counted_since()
        self._flaws.add(count_flaws(*counts))
        self._look_for_more_decisions()
        escalations = self._look_at_escalations()
        for id, table in proof.orphans():
            what = f"it is gone, and there are {table} of it"
            self._flaws.add([Flaw(None, f"escalation {id}", what)])
        return Report(
            events=walk.good.count,
            erased=walk.erased,
            escalations=escalations,
            decisions=self._decisions,
            unsealed=proof.decision_count(is_sealed=False),
            drawn=self._draws.drawn,
            outcomes=self._outcomes.outcomes,
            are_lots_known=self._are_lots_known,
            checkpoints=len(self._checkpoints),
            signed=self._signed.count if self._signed else 0,
            signed_day=self._signed.day if self._signed else None,
            is_signed=self._verified is not None,
            flaws=tuple(self._flaws.first),
            flaw_count=self._flaws.count,
        )

    def _look_at_groups(self, events: Sequence[ChainedEvent]) -> None:
        """Hold decisions against the events that sealed them."""
        for start in range(0, len(events), GROUPS):
            part = events[start : start + GROUPS]
            names = {str(detail_of(event).get("group")): event for event in part}
            found = self._proof.sealed(sorted(names))
            rows = {str(name): list(group) for name, group in groupby(found, lambda one: one.group)}
            for name, event in names.items():
                group = rows.get(name, [])
                self._decisions += len(group)
                self._flaws.add(decision_flaws(event, group))
                self._erased += [one for one in group if one.salt is None]
                self._flaws.add(self._draws.flaws_of(group))

    def _look_at_erased(self) -> None:
        """Hold erased decisions against the redactions that tell of them."""
        walk = self._walk
        for one in self._erased:
            case, id = one.fields.get("case"), one.fields.get("escalation_id")
            if case not in walk.redacted_cases and id not in walk.redacted:
                what = "it was erased, and no redaction says so"
                self._flaws.add([Flaw(None, f"decision {one.id}", what)])

    def _look_for_more_decisions(self) -> None:
        """Find decisions in groups that no event tells of; as a rule there are none."""
        if self._proof.decision_count(is_sealed=True) == self._decisions:
            return
        told, after = set(), 0
        while page := self._proof.events(after):
            told |= {str(detail_of(event).get("group")) for event in page if event.kind == RECORDED}
            after = page[-1].seq
        what = "no event tells that it was recorded: it was put there, or moved"
        for name in self._proof.groups():
            if isinstance(name, bytes):
                self._flaws.add([Flaw(None, f"the decisions sealed as {name!r}", what)])
            elif name not in told:
                strange = self._proof.sealed([name])
                self._flaws.add(Flaw(None, f"decision {one.id}", what) for one in strange)

    def _look_at_escalations(self) -> int:
        """Hold escalations as they stand against the events that tell of them; return how many."""
        count = 0
        for states in self._proof.states():
            told = self._proof.told(list(states))
            for id, state in states.items():
                self._flaws.add([state_flaw(id, state, told.get(id))])
            count += len(states)
        return count


def sound_checkpoints(
    checkpoints: Iterable[Checkpoint], verified: Verified | None, flaws: Flaws
) -> list[Checkpoint]:
    """Return the checkpoints that are as they were signed, all where no key is known."""
    found = []
    for one in checkpoints:
        if verified is not None:
            flaw = checkpoint_flaw(one, verified(one.statement))
            if flaw is not None:
                flaws.add([flaw])
                continue
        found.append(one)
    return found
