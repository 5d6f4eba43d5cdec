"""The record at work: sealed and signed day by day, checked, shown, exported, erased from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core.record import CHECKPOINT, GENESIS, statement_of
from handraise.errors import InputError
from handraise.model import ChainedEvent, Checkpoint, Event, Head
from handraise.service.recording.checking import Check, Report, Verified, verified_by
from handraise.service.recording.draws import auditing_in
from handraise.service.secrets import Signer
from handraise.store import Erased, Proof, Store

FORMAT = "handraise record 1"
SEALS_A_TICK = 20


class Record:
    """The record of one store."""

    def __init__(self, store: Store, signer: Signer | None, clock: Clock) -> None:
        """Keep what it needs.

        Args:
            store: whose record.
            signer: signs checkpoints and exports; None where the secret is not at hand, and
                signatures cannot be checked.
            clock: the time.
        """
        self._store = store
        self._signer = signer
        self._clock = clock
        self._closed: date | None = None

    def tick(self) -> int:
        """Seal what is not sealed, and close the days that are over; return how much was done.

        Raises:
            StoreError: the store cannot be reached.
        """
        count = 0
        for _ in range(SEALS_A_TICK):
            sealed = self._store.seal_decisions()
            count += sealed
            if not sealed:
                break
        today = self._clock.now().date()
        if self._closed != today:
            count += self._close_days(today)
            self._closed = today
        return count

    def verify(self, keys: Mapping[str, Any] | None = None) -> Report:
        """Check everything, and return what was found.

        Args:
            keys: public keys (JWKS) to check signatures with, in place of the operation's own.
        """
        verified: Verified | None = None if self._signer is None else self._signer.verified
        if keys is not None:
            verified = verified_by(keys)
        lots = None if self._signer is None else self._signer.lots_keys()
        with self._store.proof() as proof:
            return Check(proof, verified, auditing_in(self._store), lots).report()

    def show(
        self,
        *,
        escalation_id: str | None = None,
        case: str | None = None,
        person: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[ChainedEvent]:
        """Return the newest events, oldest first; see `handraise.store.proof.show`."""
        return self._store.show_events(
            escalation_id=escalation_id, case=case, person=person, since=since, limit=limit
        )

    def kept(self, events: Sequence[ChainedEvent]) -> dict[int, dict[str, Any]]:
        """Return what stays of the details of events that were erased, by their numbers."""
        erased = {one.escalation_id for one in events if one.salt is None and one.escalation_id}
        return self._store.kept_details(sorted(erased)) if erased else {}

    def export(self) -> Iterator[str]:
        """Yield the lines of an export: header, checkpoints, events, and a signed statement.

        Raises:
            InputError: the operation's secret is not at hand.
        """
        signer = self._signer
        if signer is None:
            raise InputError("an export is signed, and the operation's secret is not here")
        digest, lines = hashlib.sha256(), 0
        with self._store.proof() as proof:
            head = proof.head() or Head(0, 0, GENESIS)
            now = msgspec.to_builtins(self._clock.now())
            for line in _lines(proof, signer.jwks(), now):
                digest.update(f"{line}\n".encode())
                lines += 1
                yield line
        said = {
            "kind": "export",
            "at": now,
            "seq": head.seq,
            "count": head.count,
            "link": head.link,
            "lines": lines,
            "digest": digest.hexdigest(),
        }
        yield _line("closing", {"statement": signer.sign(said)})

    def to_erase(
        self, *, escalation_id: str | None = None, case: str | None = None
    ) -> tuple[list[str], int]:
        """Return the escalations that `redact` would erase, and how many decisions.

        Raises:
            InputError: neither was named, or both.
            NotFoundError: there is nothing of that name.
            EscalationError: one of the escalations is open.
        """
        if (escalation_id is None) == (case is None):
            raise InputError("nothing to erase was named", "name one escalation, or one case")
        return self._store.to_erase(escalation_id=escalation_id, case=case)

    def redact(
        self,
        *,
        escalation_id: str | None = None,
        case: str | None = None,
        by: str,
        reason: str,
    ) -> Erased:
        """Erase the personal data of an ended escalation, or of all that is of a case.

        Args:
            escalation_id: which escalation.
            case: or which case: its escalations, and its decisions that went ahead.
            by: who erases.
            reason: why; it stays in the record, and so must not say what was erased.

        Raises:
            InputError: neither was named, or both; or who or why is missing.
            NotFoundError: there is nothing of that name.
            EscalationError: one of the escalations is open.
        """
        if not by.strip() or not reason.strip():
            raise InputError("erasing says who does it and why", "name a person and a reason")
        ids, _ = self.to_erase(escalation_id=escalation_id, case=case)
        now = self._clock.now()
        return self._store.erase(ids, case=case, by=by, reason=reason, now=now)

    def _close_days(self, today: date) -> int:
        """Sign a checkpoint for each day that is over and has none, and return how many."""
        if self._signer is None:
            return 0
        last = self._store.last_checkpoint()
        after = Head(0, 0, GENESIS) if last is None else Head(last.seq, last.count, last.link)
        count = 0
        for day, end in self._store.ends_of_days(after, today):
            now = self._clock.now()
            unsigned = Checkpoint(
                day=day, seq=end.seq, count=end.count, link=end.link, at=now, statement=""
            )
            said = statement_of(unsigned)
            signed = msgspec.structs.replace(unsigned, statement=self._signer.sign(said))
            detail = {name: said[name] for name in ("day", "seq", "count", "link")}
            event = Event(at=now, kind=CHECKPOINT, who="handraise", agent="", detail=detail)
            count += self._store.add_checkpoint(signed, event)
        return count


def _lines(proof: Proof, keys: Mapping[str, Any], now: str) -> Iterator[str]:
    yield _line("header", {"format": FORMAT, "at": now, "keys": keys})
    for checkpoint in proof.checkpoints():
        yield _line("checkpoint", msgspec.to_builtins(checkpoint))
    after = 0
    while page := proof.events(after):
        for event in page:
            said = msgspec.structs.asdict(event)
            detail = None if event.salt is None else msgspec.Raw((event.detail or "null").encode())
            yield _line("event", {**said, "detail": detail})
        after = page[-1].seq


def _line(kind: str, said: Mapping[str, Any]) -> str:
    return msgspec.json.encode({"type": kind, **said}).decode()
