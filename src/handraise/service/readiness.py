"""Go-live: the checklist, and the signed record without which the gate lets nothing go ahead."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from handraise.clock import Clock
from handraise.core.familiar.look import Familiar
from handraise.core.gate.trial import run_cases
from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from handraise.model import Event, Finding, ReadyRecord
from handraise.service.secrets import Signer
from handraise.store import Store


class Line(Struct, frozen=True, kw_only=True):
    """A line of the checklist.

    Attributes:
        name: what is looked at.
        state: green; yellow (worth a look, does not hold it up); red (nothing goes ahead).
        evidence: what was seen.
        remedy: what to do about it; empty when green.
    """

    name: str
    state: Literal["green", "yellow", "red"]
    evidence: str
    remedy: str = ""


def checklist(
    table: Table | None, findings: Sequence[Finding], familiar: Familiar | None = None
) -> list[Line]:
    """Return the checklist of a table: sound, tested, every row reached, every warning looked at.

    Args:
        table: None when it has errors.
        findings: all findings of reading it.
        familiar: the learned files that it names, ready to be asked.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if table is None or errors:
        shown = errors[0].line_text() if errors else "the table could not be read"
        return [
            Line(
                name="the table is sound",
                state="red",
                evidence=f"{len(errors)} errors, the first: {shown}",
                remedy="mend what `handraise check` finds",
            )
        ]
    lines = [
        Line(
            name="the table is sound",
            state="green",
            evidence=f"version {table.version}, {len(table.rows)} rows, {len(table.routes)} routes",
        )
    ]
    warnings = [
        finding
        for finding in findings
        if finding.severity == "warning" and finding.code != "no-tests"
    ]
    if warnings:
        lines.append(
            Line(
                name="its warnings are looked at",
                state="yellow",
                evidence=f"{len(warnings)} warnings, the first: {warnings[0].line_text()}",
                remedy="look at what `handraise check` says",
            )
        )
    return [*lines, *_tests(table, familiar)]


def _tests(table: Table, familiar: Familiar | None) -> list[Line]:
    if not table.tests:
        return [
            Line(
                name="its tests pass",
                state="red",
                evidence="the table has no tests",
                remedy="add tests: to the table, one that must proceed and one for each row",
            )
        ]
    trial = run_cases(table, familiar)
    failed = [case for case in trial.cases if not case.ok]
    if failed:
        return [
            Line(
                name="its tests pass",
                state="red",
                evidence=f"{len(failed)} of {len(trial.cases)} fail, the first: {failed[0].name}",
                remedy="`handraise test` says why",
            )
        ]
    lines = [
        Line(
            name="its tests pass",
            state="green",
            evidence=f"{len(trial.cases)} of {len(trial.cases)} pass",
        )
    ]
    unreached = [row.id for row in table.rows if row.id not in trial.rows_reached]
    if unreached:
        lines.append(
            Line(
                name="its tests reach every row",
                state="yellow",
                evidence=f"no test reaches {', '.join(unreached)}",
                remedy="add a test for each",
            )
        )
    else:
        lines.append(
            Line(
                name="its tests reach every row",
                state="green",
                evidence=f"all {len(table.rows)} rows are reached",
            )
        )
    return lines


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
