"""Go-live: the checklist, and the signed record without which the gate lets nothing go ahead."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core.familiar.look import Familiar
from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import Event, Finding, ReadyRecord
from handraise.service.going_live.checklist import checklist
from handraise.service.going_live.line import Line
from handraise.service.secrets import Signer
from handraise.store import Store


class Readiness:
    """Writes and checks go-live records."""

    def __init__(self, store: Store, signer: Signer, clock: Clock) -> None:
        """Keep the store, the signer and the clock."""
        self._store = store
        self._signer = signer
        self._clock = clock

    def sign(
        self,
        table: Table,
        findings: Sequence[Finding],
        by: str,
        more: Sequence[Line] = (),
        familiar: Familiar | None = None,
    ) -> ReadyRecord:
        """Write the go-live record of exactly this version, and return it; it ends earlier ones.

        Args:
            table: a registered table.
            findings: all findings of reading it.
            by: the person who signs; must be the table's owner.
            more: what else was looked at, for the record.
            familiar: the learned files that the table names, ready to be asked.

        Raises:
            NotReadyError: a line of the checklist is red, or `by` is not the owner; says which.
        """
        lines = [*checklist(table, findings, familiar), *more]
        red = [line for line in lines if line.state == "red"]
        if red:
            raise NotReadyError(f"{red[0].name}: {red[0].evidence}", red[0].remedy)
        _check_owner(table, by)
        record = ReadyRecord(
            agent=table.agent,
            version=table.version,
            by=by,
            at=self._clock.now(),
            statement="",
            evidence=msgspec.to_builtins(lines),
        )
        return self._kept(record, "ready")

    def withdraw(self, table: Table, by: str) -> ReadyRecord:
        """Write that no version of the agent's table is in force any more, and return the record.

        Nothing goes ahead from then on, within seconds, until the owner signs again.

        Args:
            table: the agent's registered table.
            by: the person who withdraws; must be the table's owner.

        Raises:
            NotReadyError: `by` is not the owner.
        """
        _check_owner(table, by)
        record = ReadyRecord(
            agent=table.agent,
            version=table.version,
            by=by,
            at=self._clock.now(),
            statement="",
            evidence=[],
        )
        return self._kept(record, "withdrawn")

    def _kept(self, record: ReadyRecord, kind: str) -> ReadyRecord:
        """Sign a record, keep it with its event, and return it."""
        signed = self._signer.sign({**_statement(record, kind), "account": _account()})
        record = msgspec.structs.replace(record, statement=signed)
        self._store.save_ready(record)
        detail = {"version": record.version}
        self._store.add_event(
            Event(at=record.at, kind=kind, who=record.by, agent=record.agent, detail=detail)
        )
        return record

    def in_force(self, agent: str) -> ReadyRecord | None:
        """Return the go-live record that holds for an agent: the newest, if we signed it as such.

        A newer signature ends the older ones; so does a withdrawal, and a record that was forged.
        """
        record = self._store.newest_ready(agent)
        if record is None or record.agent != agent:
            return None
        statement = self._signer.verified(record.statement)
        if statement is None:
            return None
        kept = _statement(record, "ready")
        return record if {name: statement.get(name) for name in kept} == kept else None

    def of(self, agent: str, version: str) -> ReadyRecord | None:
        """Return the go-live record of a version, or None when it is not the one in force."""
        record = self.in_force(agent)
        return record if record is not None and record.version == version else None


def _check_owner(table: Table, by: str) -> None:
    if by != table.owner:
        raise NotReadyError(
            f'"{by}" is not the owner of this table',
            f"only {table.owner} can sign for it: --as {table.owner}",
        )


def _statement(record: ReadyRecord, kind: str) -> dict[str, Any]:
    """Return what a record's signed statement must say, word for word."""
    return {
        "statement": kind,
        "agent": record.agent,
        "version": record.version,
        "by": record.by,
        "at": record.at.isoformat(),
        "evidence": record.evidence,
    }


def _account() -> str:
    """Return the operating system's account, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
