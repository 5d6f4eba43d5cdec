"""Go-live: the checklist, and the signed record without which the gate lets nothing go ahead."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

import msgspec

from handraise.clock import Clock
from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import Event, ReadyRecord, Waiver
from handraise.service.going_live.line import Line
from handraise.service.going_live.reasons import reason_of
from handraise.service.going_live.said import (
    SIGN_AGAIN,
    SIGNED,
    WITHDRAWN,
    contradiction,
    end_of,
    event_of,
)
from handraise.service.going_live.signable import (
    check_looked_at,
    check_owner,
    check_signer,
    lapse,
    signable,
    signer_of,
)
from handraise.service.going_live.standing import Hold, hold_of, nobody_left
from handraise.service.reading.registered import name_of, text_digest
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.wording.owners import handed_over
from handraise.store import Store

MISSING = object()

PUT_BACK = "put_back"
"""The code of the line that says of a record that its version was in force before."""


class Readiness:
    """Writes and checks go-live records."""

    def __init__(self, store: Store, shelf: Shelf, signer: Signer, clock: Clock) -> None:
        """Keep where records are, the tables they are for, what signs them, and the clock."""
        self._store = store
        self._shelf = shelf
        self._signer = signer
        self._clock = clock
        self._names: dict[str, str | None] = {}

    def sign(
        self, table: Table, lines: Sequence[Line], by: str, waivers: Sequence[Waiver] = ()
    ) -> ReadyRecord:
        """Write the go-live record of exactly this version, and return it; it ends earlier ones.

        The record ends by itself when the first thing that it rests on is too old, or the first
        of its waivers ends.

        Args:
            table: a registered table.
            lines: its whole checklist, just gone through; it names the version.
            by: the person who signs; must be who `signer` says.
            waivers: red lines that they let stand; those of lines that are not red are left out.

        Raises:
            NotReadyError: `by` does not sign, a line is red or missing, a waiver is not valid,
                the checklist is of another version, or nobody is left for a route; says which, and
                what to do.
        """
        before = self._shelf.signed(table.agent)
        check_signer(table, by, self.signer(table))
        former = self._store.newest_ready(table.agent)
        now = self._after(former)
        lines = signable(lines, waivers, by, now)
        check_looked_at(table, lines)
        ends = lapse(lines, now)
        record = ReadyRecord(
            agent=table.agent,
            version=table.version,
            by=by,
            at=now,
            statement="",
            evidence=msgspec.to_builtins(lines),
            waivers=tuple(line.waiver for line in lines if line.waiver is not None),
            expires_at=None if ends is None else ends.at,
            expires_why="" if ends is None else ends.why,
        )
        nobody = nobody_left(record, table, self._store, now)
        if nobody:
            raise NotReadyError(
                f"nothing would go ahead: {nobody}",
                "put somebody else in their place in the table; who is back, the owner takes up"
                " with `handraise people activate`",
            )
        kept = self._kept(record, former, SIGNED) or _overtaken(table.agent)
        self._tell_owners(before, table, by)
        return kept

    def signer(self, table: Table) -> str:
        """Return who signs for a version: the owner in force, also where it names another owner."""
        left = {one.person for one in self._store.departures(gone_only=True)}
        return signer_of(table, self._shelf.signed(table.agent), left)

    def _tell_owners(self, before: Table | None, table: Table, by: str) -> None:
        """Tell both owners that one has handed over to the other, where that is so."""
        if before is not None and before.owner != table.owner:
            self._store.add_messages(handed_over(before, table, by, self._clock.now()))

    def withdraw(self, table: Table, by: str) -> ReadyRecord:
        """Write that no version of the agent's table is in force any more, and return the record.

        Nothing goes ahead from then on, within seconds, until the owner signs again.

        Args:
            table: a registered table of the agent; the version that was signed for last is
                withdrawn, and stays the one by which people are asked.
            by: the person who withdraws; must be the owner by that version.

        Raises:
            NotReadyError: `by` is not the owner.
        """
        self._signed(table.agent)
        table = self._shelf.current(table.agent)
        check_owner(table, by)
        kept = None
        while kept is None:  # it ends whatever somebody signs meanwhile, too
            former = self._store.newest_ready(table.agent)
            record = ReadyRecord(
                agent=table.agent,
                version=table.version,
                by=by,
                at=self._after(former),
                statement="",
                evidence=[],
            )
            kept = self._kept(record, former, WITHDRAWN)
        return kept

    def put_back(self, table: Table, by: str, because: str) -> ReadyRecord:
        """Write that a version that was signed for once is in force again, and return the record.

        It rests on the evidence that it was signed with, and ends when that record would have.

        Args:
            table: the version.
            by: the person who puts it back; must be who `signer` says.
            because: why, in their words.

        Raises:
            NotReadyError: `by` does not sign, there is no reason, the version was never signed
                for or is in force, its people are not there any more, or its evidence is too old.
            InputError: one of its people is somebody else on another table by now.
        """
        in_charge = self._shelf.signed(table.agent)
        check_signer(table, by, self.signer(table))
        because = reason_of(because)
        if not because:
            raise NotReadyError("there is no reason", "say why it is put back, in a sentence")
        agent, version = table.agent, table.version
        former, said = self._store.ready_and_said(agent)
        before = self._verified(self._store.ready_record(agent, version))
        if before is None:
            raise NotReadyError(
                f"version {version} was never signed for, or was withdrawn",
                "`handraise publish --list` says which were; `handraise ready` signs",
            )
        found = hold_of(before, table, self._store, self._clock.now())
        past = contradiction(before, said) if before == former else ""
        ended = past or found.ended or self._read_otherwise(before)
        if ended:
            raise NotReadyError(
                f"version {version} cannot be put back: {ended}",
                "open its text again: `handraise ready` goes through it, and can waive",
            )
        if former is not None and former.version == version and self.in_force(agent) is not None:
            raise NotReadyError(f"version {version} is in force already", "name another one")
        after = "" if former is None else former.version
        line = Line(
            code=PUT_BACK,
            name="put back in force",
            state="green",
            evidence=f"{because} (after version {after})",
            at=signed_at(before),
        )
        evidence = [one for one in before.evidence if one.get("code") != PUT_BACK]
        record = msgspec.structs.replace(
            before,
            by=by,
            at=self._after(former),
            evidence=[msgspec.to_builtins(line), *evidence],
            expires_at=found.ends_at,
            expires_why=found.ends_why,
        )
        self._shelf.register_again(agent, version)
        more = {"put_back_after": after, "because": because}
        kept = self._kept(record, former, SIGNED, more) or _overtaken(agent)
        self._tell_owners(in_charge, table, by)
        return kept

    def _after(self, former: ReadyRecord | None) -> datetime:
        """Return the instant of a new record: it comes after the one before."""
        now = self._clock.now()
        return now if former is None else max(now, former.at + timedelta(microseconds=1))

    def _kept(
        self,
        record: ReadyRecord,
        former: ReadyRecord | None,
        kind: str,
        more: Mapping[str, str] | None = None,
    ) -> ReadyRecord | None:
        """Sign a record, keep it with its event, and return it; None where another came meanwhile.

        Args:
            record: without its statement.
            former: the agent's newest, as it was looked at before.
            kind: of its event.
            more: what else the event says.
        """
        text = text_digest(self._shelf.source(record.agent, record.version))
        more_said = {"account": _account(), "text": text}
        signed = self._signer.sign({**_statement(record, kind), **more_said})
        record = msgspec.structs.replace(record, statement=signed)
        if not self._store.sign_ready(record, former, event_of(record, kind, more or {})):
            return None
        self._shelf.note_signed(record)
        return record

    def in_force(self, agent: str) -> ReadyRecord | None:
        """Return the go-live record that holds for an agent: the newest, if we signed it as such.

        A newer signature ends the older ones; so does a withdrawal, and a record that was forged.
        It ends by itself, too, and with its people: `hold` says when, and why.
        """
        found = self.hold(agent)
        return found.record if found is not None and found.holds else None

    def hold(self, agent: str) -> Hold | None:
        """Return how an agent's newest go-live record stands; None where we signed none.

        Raises:
            StoreError: the store cannot be read.
        """
        record, said = self._signed(agent)
        table = None if record is None else self._shelf.signed(agent)
        if record is None or table is None:
            return None
        now, written = self._clock.now(), self._store.latest_event_at()
        # A clock that was put back brings nothing back.
        found = hold_of(record, table, self._store, now if written is None else max(now, written))
        why = contradiction(record, said) or self._read_otherwise(record)
        if not why and found.is_over and found.ends_at is not None and found.ends_at > now:
            why = f"{found.ended}; something was written later than that: see to the clocks"
            return msgspec.structs.replace(found, ended=why)
        return msgspec.structs.replace(found, ended=why, is_noted=True) if why else found

    def note_end(self, hold: Hold) -> None:
        """Write down that a record has ended: whatever a clock says later, it never holds again.

        Raises:
            StoreError: the store cannot be written; it is noted the next time.
        """
        if hold.is_over and not hold.is_noted:
            self._store.end_ready(hold.record, end_of(hold, self._clock.now()))

    def waiting(self, agent: str) -> Table | None:
        """Return the newest version of an agent's table, where another one is in force.

        Raises:
            NotFoundError: there is no such agent.
        """
        return self._shelf.waiting(agent)

    def _signed(self, agent: str) -> tuple[ReadyRecord | None, Event | None]:
        """Return an agent's newest go-live record, if we signed it as such, and what is said."""
        record, said = self._store.ready_and_said(agent)
        if record is None or record.agent != agent:
            return None, said
        if said is None or said.detail.get("version") == record.version:
            self._shelf.note_signed(record)
        return self._verified(record), said

    def _verified(self, record: ReadyRecord | None, kind: str = SIGNED) -> ReadyRecord | None:
        """Return a record if we signed it as one of this kind, word for word."""
        statement = None if record is None else self._signer.verified(record.statement)
        if record is None or statement is None:
            return None
        if not _says(statement, record, kind):
            return None
        # The version's text is signed with it: one that was changed in the store is another.
        text, read_from = statement.get("text"), self._shelf.read_from(record.agent, record.version)
        return record if text is None or read_from in {None, text} else None

    def is_ours(self, record: ReadyRecord) -> bool:
        """Whether a record, which signs or withdraws, is one that we wrote, word for word."""
        return any(self._verified(record, kind) is not None for kind in (SIGNED, WITHDRAWN))

    def _read_otherwise(self, record: ReadyRecord) -> str:
        """Return why the text of a record's version may be another than the one signed for.

        Earlier releases did not sign the text: it is told from the version's name, which is made
        from it. Empty where it is the one; also where the version was read from its own file.
        """
        statement = self._signer.verified(record.statement)
        read_from = self._shelf.read_from(record.agent, record.version)
        if read_from is None or (statement is not None and "text" in statement):
            return ""
        if read_from not in self._names:
            kept = self._shelf.source(record.agent, record.version)
            self._names[read_from] = name_of(kept) if text_digest(kept) == read_from else None
        if self._names[read_from] == record.version:
            return ""
        return (
            "its go-live record is of an earlier release, and this one reads the text that is kept"
            f" of the version as another: {SIGN_AGAIN}"
        )

    def was_signed(self, record: ReadyRecord) -> bool:
        """Whether a record, which may have ended since, is a go-live record that we signed."""
        return self._verified(record) is not None

    def of(self, agent: str, version: str) -> ReadyRecord | None:
        """Return the go-live record of a version, or None when it is not the one in force."""
        record = self.in_force(agent)
        return record if record is not None and record.version == version else None


def _overtaken(agent: str) -> NoReturn:
    """Refuse to write over what somebody else wrote since it was looked at."""
    raise NotReadyError(
        f"somebody signed or withdrew a version of {agent} meanwhile",
        "`handraise publish --list` says who; look, and do it again",
    )


def signed_at(record: ReadyRecord) -> datetime:
    """Return when a record's evidence was signed for; for what was put back, before that."""
    line = put_back_line(record)
    return record.at if line is None or line.at is None else line.at


def put_back_line(record: ReadyRecord) -> Line | None:
    """Return the line that says that a version was put back, when signed, and why; else None."""
    found = (one for one in record.evidence if one.get("code") == PUT_BACK)
    return next((msgspec.convert(one, Line) for one in found), None)


def _statement(record: ReadyRecord, kind: str) -> dict[str, Any]:
    """Return what a record's signed statement must say, word for word."""
    return {
        "statement": kind,
        "agent": record.agent,
        "version": record.version,
        "by": record.by,
        "at": record.at.isoformat(),
        "evidence": record.evidence,
        **_lapse_stated(record),
    }


def _lapse_stated(record: ReadyRecord) -> dict[str, Any]:
    return {
        "waivers": msgspec.to_builtins(list(record.waivers)),
        "expires_at": None if record.expires_at is None else record.expires_at.isoformat(),
        "expires_why": record.expires_why,
    }


def _says(statement: dict[str, Any], record: ReadyRecord, kind: str) -> bool:
    """Whether a statement of this kind says word for word what a record does.

    Statements of earlier releases do not speak of an end: they have none.
    """
    silent: dict[str, Any] = {"waivers": [], "expires_at": None, "expires_why": ""}
    kept = _statement(record, kind)
    return all({**silent, **statement}.get(name, MISSING) == said for name, said in kept.items())


def _account() -> str:
    """Return the operating system's account, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
