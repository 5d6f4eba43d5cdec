"""Go-live records for tests: the whole checklist, without the hours that going through it takes.

What a test can have evidence of is looked at: its table is sound and its tests pass, people are
reachable and willing. What is not so is waived by the owner; the rest is as if it had been seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

from handraise.core.familiar.look import Familiar
from handraise.core.table.types import Table
from handraise.core.trial.trial import run_cases
from handraise.model import ReadyRecord, Waiver
from handraise.service.going_live.line import CONFIRMED, REQUIRED, Line
from handraise.service.reading.tables import read_table
from handraise.service.wiring import Operation

WAIVED_FOR = timedelta(days=90)


def sign(
    operation: Operation,
    table: Table | Path,
    by: str | None = None,
    *,
    waive: Collection[str] = (),
    familiar: Familiar | None = None,
) -> ReadyRecord:
    """Sign for a registered table, or for the one in a file, as who may; return the record.

    Args:
        operation: whose store has it.
        table: the version.
        by: another who signs.
        waive: codes of lines that are red, and waived.
        familiar: the learned files that the table names, where they are not the operation's.
    """
    if isinstance(table, Path):
        read = read_table(table).table
        assert read is not None
        table = read
    familiar = familiar or operation.shelf.learned.of(table)
    missing = {*waive, *_unsettled(operation, table)}
    lines = lines_of(table, red=missing, familiar=familiar)
    signer = operation.readiness.signer(table) if by is None else by
    waivers = [waiver_of(operation, code, signer) for code in sorted(missing)]
    return operation.readiness.sign(table, lines, signer, waivers)


def lines_of(
    table: Table, *, red: Collection[str] = (), familiar: Familiar | None = None
) -> list[Line]:
    """Return the whole checklist of a table: its tests as they end, red what is named, else green."""
    passes = bool(table.tests) and all(case.ok for case in run_cases(table, familiar).cases)
    failing = {*red, *(() if passes else ("tests",))}
    return [
        Line(code=code, name=code, state="red", evidence="not seen", remedy="see to it")
        if code in failing
        else Line(code=code, name=code, state="green", evidence="seen", version=table.version)
        for code in (*REQUIRED, *((CONFIRMED,) if table.confirm is not None else ()))
    ]


def waiver_of(operation: Operation, code: str, by: str, until: timedelta = WAIVED_FOR) -> Waiver:
    """Return a valid waiver of a line, made now."""
    now = operation.clock.now()
    reason = "a test has no evidence of it"
    return Waiver(line=code, by=by, reason=reason, at=now, until=now + until)


def _unsettled(operation: Operation, table: Table) -> Sequence[str]:
    """Return the lines about people that are red, by how they stand."""
    standings = operation.store.standings(operation.clock.now())
    verified = {id: one.verified for id, one in standings.items()}
    reachable = all(
        not verified.get(id, frozenset()).isdisjoint(person.contacts)
        for id, person in table.people.items()
    )
    return () if reachable else ("reachable",)
