"""What is there to be checked: the record as it is kept, read in pages from one state of the store.

Nothing is decoded on the way, so that a row that was edited into something unreadable is a row too.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from handraise.core.counted import Counted
from handraise.core.record import REDACTED, UNREADABLE, state_flaw
from handraise.core.redaction import kept_in
from handraise.model import ChainedEvent, Checkpoint, Event, Flaw, Head, SealedDecision
from handraise.store.columns import clean, instant_text, short
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.kept import Row, is_readable, kept_rows, sealed_in, states_of
from handraise.store.rows import values_of
from handraise.store.schema import (
    alarms,
    asks,
    audits,
    chain,
    checkpoints,
    decisions,
    escalations,
    monitors,
    outcomes,
    tallies,
)
from handraise.store.schema import events as table
from handraise.store.totals import FORGOTTEN

PAGE = 1000
A_DAY = timedelta(days=1)
_HOUR = len("2026-11-22T19")
NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for an instant that cannot be read."""


class Proof:
    """One state of a store, read in pages; every id is the last one of the page before."""

    def __init__(self, connection: Connection) -> None:
        """Keep the connection, on which all reads see the same."""
        self._connection = connection

    def head(self) -> Head | None:
        """Return where the chain ends by its own row; None where that is gone.

        `UNREADABLE` where it holds something else.
        """
        found = select(chain.c.seq, chain.c.count, chain.c.link)
        row = self._connection.execute(found).first()
        if row is None:
            return None
        head = Head(*row)
        return head if is_readable(head) else UNREADABLE

    def events(self, after: int, limit: int = PAGE) -> list[ChainedEvent]:
        """Return the events after a number, in order."""
        found = _raw(table).where(table.c.seq > after).order_by(table.c.seq).limit(limit)
        return [ChainedEvent(**row) for row in self._connection.execute(found).mappings()]

    def checkpoints(self) -> list[Checkpoint]:
        """Return all checkpoints, oldest first."""
        found = self._connection.execute(_raw(checkpoints).order_by(checkpoints.c.day))
        return [_checkpoint(dict(row)) for row in found.mappings()]

    def sealed(self, groups: Sequence[str]) -> Iterator[SealedDecision]:
        """Yield the decisions of some groups, each group's together, in the order of their ids."""
        return sealed_in(self._connection, [clean(one) for one in groups])

    def decision_count(self, *, is_sealed: bool) -> int:
        """Return how many decisions are sealed, or are not."""
        column = decisions.c.sealed_with
        found = select(func.count()).select_from(decisions)
        found = found.where(column.is_not(None) if is_sealed else column.is_(None))
        return int(self._connection.execute(found).scalar_one())

    def groups(self) -> Iterator[str | bytes]:
        """Yield the names of the groups that decisions are in; bytes for what is no text."""
        column = type_coerce(decisions.c.sealed_with, Text)
        found = select(column).where(column.is_not(None)).distinct()
        for page in self._pages(found):
            yield from page

    def audits_of(self, ids: Sequence[str]) -> dict[str, list[Row]]:
        """Return the audits of some decisions as they are kept, by decision."""
        found: dict[str, list[Row]] = {}
        for row in kept_rows(self._connection, audits, "decision_id", ids, ("decision_id", "id")):
            found.setdefault(row["decision_id"], []).append(row)
        return found

    def audits_told(self) -> Iterator[list[Row]]:
        """Yield the audits that were put to a person as they are kept, a page at a time."""
        column = type_coerce(audits.c.id, Text)
        found = select(column).where(audits.c.state.in_(("asked", "answered"))).order_by(column)
        for ids in self._pages(found):
            yield list(kept_rows(self._connection, audits, "id", [str(id) for id in ids]))

    def outcomes(self) -> Iterator[list[Row]]:
        """Yield what turned out as it is kept, a page at a time."""
        column = type_coerce(outcomes.c.id, Text)
        for ids in self._pages(select(column).order_by(column)):
            yield list(kept_rows(self._connection, outcomes, "id", [str(id) for id in ids]))

    def alarms(self) -> Iterator[list[Row]]:
        """Yield the alarms as they are kept, a page at a time."""
        column = type_coerce(alarms.c.id, Text)
        for ids in self._pages(select(column).order_by(column)):
            yield list(kept_rows(self._connection, alarms, "id", [str(id) for id in ids]))

    def left_out(self) -> Iterator[list[str]]:
        """Yield the ids of the audits that were left out, a page at a time."""
        column = type_coerce(audits.c.id, Text)
        for ids in self._pages(select(column).where(audits.c.state == "left_out")):
            yield [str(id) for id in ids]

    def decided(self) -> dict[Counted, int]:
        """Return how many sealed decisions there are, rehearsals apart, as they are counted."""
        of = decisions.c
        one: ColumnElement[int] = literal_column("1")
        is_counted = of.sealed_with.is_not(None), of.rehearsal.is_(False)
        return self._counted(_counts(of, of.decided_at, one).where(*is_counted))

    def tallied(self) -> dict[Counted, int]:
        """Return how many decisions were counted, for as long as counts are kept."""
        of = tallies.c
        return self._counted(_counts(of, of.hour, of["count"]))

    def all_counted_since(self) -> dict[str, str]:
        """Return by agent the hour from which on every decision was counted, and none forgotten.

        A day after the first that is kept: what was decided before there were counts, and what an
        agent brought in late, may be missing before.
        """
        first = select(tallies.c.agent, func.min(tallies.c.hour)).group_by(tallies.c.agent)
        forgotten = select(monitors.c.agent, monitors.c.updated_at).where(
            monitors.c.version == "", monitors.c.series == FORGOTTEN
        )
        since = {row[0]: row[1] + A_DAY for row in self._connection.execute(first)}
        for row in self._connection.execute(forgotten):
            if row[0] in since:
                since[row[0]] = max(since[row[0]], row[1])
        return {agent: instant_text(at)[:_HOUR] for agent, at in since.items()}

    def _counted(self, counts: Select[Any]) -> dict[Counted, int]:
        columns = list(counts.subquery().c)
        keys, count = columns[:-1], columns[-1]
        summed = select(*keys, func.sum(count)).group_by(*keys)
        found: Counter[Counted] = Counter()
        for row in self._connection.execute(summed):
            agent, hour, version, severity = (str(one) for one in row[:4])
            found[Counted(agent, hour, version, severity, bool(row[4]))] += int(row[5])
        return found

    def strange_audits(self) -> list[str]:
        """Return audits whose decision is gone or was not drawn, at most a page of them."""
        of = select(decisions.c.id).where(decisions.c.id == audits.c.decision_id)
        drawn = of.where(decisions.c.audit.is_not(None))
        found = select(type_coerce(audits.c.id, Text)).where(~drawn.exists())
        return [str(id) for id in self._connection.execute(found.limit(PAGE)).scalars()]

    def first_looks(self) -> Iterator[tuple[str, str, Any]]:
        """Yield of each decision that was drawn its id, its instant and the probability."""
        columns = [type_coerce(column, Text) for column in (decisions.c.id, decisions.c.decided_at)]
        found = select(*columns, decisions.c.audit).where(decisions.c.audit.is_not(None))
        rows = self._connection.execute(found.execution_options(yield_per=PAGE))
        for row in rows:
            yield row[0], row[1], row[2]

    def states(self) -> Iterator[dict[str, str]]:
        """Yield how the escalations stand, by id, a page at a time; "" where an id is no text."""
        column = type_coerce(escalations.c.id, Text)
        for ids in self._pages(select(column).order_by(column)):
            states = states_of(self._connection, [id for id in ids if isinstance(id, str)])
            yield {str(id): states.get(str(id), "") for id in ids}

    def _pages(self, found: Select[Any]) -> Iterator[Sequence[str | bytes]]:
        rows = self._connection.execute(found.execution_options(yield_per=PAGE))
        return rows.scalars().partitions()

    def told(self, ids: Sequence[str]) -> dict[str, ChainedEvent]:
        """Return the last event of each escalation that commits to how it stands."""
        last = (
            select(func.max(table.c.seq))
            .where(table.c.escalation_id.in_(ids), table.c.state_digest.is_not(None))
            .group_by(table.c.escalation_id)
        )
        found = self._connection.execute(_raw(table).where(table.c.seq.in_(last)))
        events = [ChainedEvent(**row) for row in found.mappings()]
        return {str(event.escalation_id): event for event in events}

    def flaw_of(self, escalation_id: str) -> Flaw | None:
        """Return what is wrong with one escalation as it stands, or None."""
        state = states_of(self._connection, [escalation_id]).get(escalation_id, "")
        return state_flaw(escalation_id, state, self.told([escalation_id]).get(escalation_id))

    def orphans(self) -> list[tuple[str, str]]:
        """Return escalations that are gone, each with the table in which rows are still of it."""
        found: list[tuple[str, str]] = []
        for of in (asks, table, decisions):
            its = of.c.escalation_id
            gone = select(its).where(its.is_not(None), ~exists().where(escalations.c.id == its))
            ids = self._connection.execute(gone.distinct().order_by(its).limit(PAGE)).scalars()
            found += [(id, of.name) for id in ids]
        return found


@contextmanager
def proof(db: Database) -> Iterator[Proof]:
    """Yield one state of the store, to be checked or exported while others go on writing."""
    with db.snapshot() as connection, _nothing_decoded(connection):
        yield Proof(connection)


@contextmanager
def _nothing_decoded(connection: Connection) -> Iterator[None]:
    """Let SQLite give the bytes of a text that is no UTF-8, which is an error otherwise."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.text_factory = _text_or_bytes
    try:
        yield
    finally:
        driver.text_factory = str


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def changed_outside(db: Database, escalation_id: str) -> Flaw | None:
    """Return how an escalation differs from what its last event left; None where it does not."""
    with proof(db) as now:
        return now.flaw_of(escalation_id)


def show(
    db: Database,
    *,
    escalation_id: str | None = None,
    case: str | None = None,
    person: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[ChainedEvent]:
    """Return the newest events, oldest first.

    Args:
        db: the opened store.
        escalation_id: only those of this escalation.
        case: only those of the escalations of this case.
        person: only what this person did, or what the detail names them in.
        since: only those at this instant or later.
        limit: at most so many.
    """
    found = _raw(table)
    if escalation_id is not None:
        found = found.where(table.c.escalation_id == escalation_id)
    if case is not None:
        own = select(escalations.c.id).where(escalations.c.case == short(case))
        found = found.where(table.c.escalation_id.in_(own))
    if person is not None:
        named = type_coerce(table.c.detail, Text).contains(f'"{person}"', autoescape=True)
        found = found.where(or_(table.c.who == person, named))
    if since is not None:
        found = found.where(type_coerce(table.c.at, Text) >= instant_text(since))
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.seq.desc()).limit(limit)).mappings().all()
    return [ChainedEvent(**row) for row in reversed(rows)]


def kept_details(db: Database, ids: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Return what stays of the erased details of escalations, by the numbers of their events."""
    found = _raw(table).where(table.c.kind == REDACTED, table.c.escalation_id.in_(ids))
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.seq)).mappings().all()
    return kept_in(ChainedEvent(**row) for row in rows)


def last_checkpoint(db: Database) -> Checkpoint | None:
    """Return the checkpoint that goes the furthest, or None."""
    found = _raw(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)
    with db.read() as connection:
        row = connection.execute(found).mappings().first()
    return None if row is None else Checkpoint(**{**row, "at": _instant(row["at"])})


def ends_of_days(db: Database, after: Head, today: date) -> list[tuple[str, Head]]:
    """Return each UTC day before `today` in which something happened, and where the chain ended.

    Args:
        db: the opened store.
        after: only what came after this.
        today: the day that is not over yet.
    """
    day = func.substr(type_coerce(table.c.at, Text), 1, 10)
    days = (
        select(day).where(table.c.seq > after.seq, day < today.isoformat()).distinct().order_by(day)
    )
    found: list[tuple[str, Head]] = []
    with db.snapshot() as connection:
        for name in list(connection.execute(days).scalars()):
            end = _end(connection, after, name)
            if end is not None:
                found.append((name, end))
                after = end
    return found


def _end(connection: Connection, after: Head, day: str) -> Head | None:
    """Return where the chain ended with a day; None where it did not go on in it."""
    over = instant_text(datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC))
    last = select(func.max(table.c.seq)).where(
        table.c.seq > after.seq, type_coerce(table.c.at, Text) < over
    )
    seq = connection.execute(last).scalar_one()
    if seq is None:
        return None
    between = select(func.count()).where(table.c.seq > after.seq, table.c.seq <= seq)
    link = select(table.c.link).where(table.c.seq == seq)
    count = int(connection.execute(between).scalar_one())
    return Head(seq, after.count + count, connection.execute(link).scalar_one())


def add_checkpoint(db: Database, checkpoint: Checkpoint, event: Event) -> bool:
    """Keep a checkpoint, and the event that tells of it; False when its day has one already."""
    with db.write() as connection:
        if insert(connection, checkpoints, [values_of(checkpoint)], known=True) == 0:
            return False
        append(connection, [event])
    return True


def _counts(of: Any, at: Any, count: Any) -> Select[Any]:
    """Return a select of what is counted together, and of how many a row stands for."""
    return select(
        type_coerce(of.agent, Text),
        func.substr(type_coerce(at, Text), 1, _HOUR).label("hour"),
        type_coerce(of.version, Text),
        func.coalesce(type_coerce(of.severity, Text), "").label("severity"),
        (type_coerce(of.rows, Text) == "[]").label("is_alone"),
        count.label("number"),
    )


def _raw(of: Table) -> Any:
    """Return a select of all columns, none of them decoded."""
    return select(
        *(
            column
            if column.name in {"seq", "count"}
            else type_coerce(column, Text).label(column.name)
            for column in of.columns
        )
    )


def _checkpoint(row: dict[str, Any]) -> Checkpoint:
    """Return a checkpoint's row, with something that nobody signs where it cannot be read."""
    for name, value in row.items():
        wanted: type = int if name in {"seq", "count"} else str
        if type(value) is not wanted:
            row[name] = -1 if wanted is int else str(value)
    return Checkpoint(**{**row, "at": _instant(row["at"])})


def _instant(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return NEVER
    return found if found.tzinfo is not None else NEVER
