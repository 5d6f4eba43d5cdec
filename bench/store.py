"""What it costs to make a stop durable: the store against SQLite itself, and against the disk.

Raw SQLite gets the finished statements and encoded values of the very rows that the store writes,
on a connection set up alike (WAL, synchronous=FULL, foreign keys): it only has to write.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import Connection
from uuid_utils import uuid7

from bench.measure import Contestant, Watch, take_turns
from bench.report import Line, Part, compared
from bench.rules import three_rows, values
from bench.scratch import opened, scratch_folder
from handraise.core.duty import Directory
from handraise.core.gate.compile import compile_table
from handraise.core.gate.digest import decision_digest, plain_decision
from handraise.core.lifecycle import open_escalation
from handraise.model import (
    Decision,
    DecisionRecord,
    Escalation,
    Event,
    Message,
    PersonState,
)
from handraise.store import Store, open_store
from handraise.store.database import connect_sqlite
from handraise.store.decisions import prepared, write_decisions
from handraise.store.escalations import write_new

STORE_LIMIT = 3.0
ROUNDS = 21
STOPS = 20
"""Stops in a turn."""
GROUP = 500

CREATE = "`store.create_escalation`"
DECIDE = "`gate.decide` that stops, end to end"
RAW = "a raw transaction of the same rows"
FSYNC = "one append and fsync of as many bytes"

ABOUT = f"""\
One stop, until it is durable: the decision, the escalation, its ask, its events and the message to
the person, in one transaction. Against the same rows in raw SQLite (finished statements, encoded
values, same pragmas), and against one append and fsync of {{bytes:,}} bytes, what such a stop's
values hold, to a file on the same disk. `gate.decide` also judges, words the reasons, freezes and
digests the decision, looks for its key and for an earlier rejection, finds the person and words the
message. Elapsed time, which is what an agent waits; {STOPS} stops a turn."""

PROCESSOR_ABOUT = """\
The same without the wait for the disk: processor time of the process, the system's part included,
and so the ratio on a disk that takes no time. The slower the disk, the nearer to 1 is the ratio of
elapsed times: a limit that holds there and not here holds thanks to the disk."""

GROUP_ABOUT = f"""\
{GROUP} decisions that went ahead, recorded in one transaction; time a decision."""

Statement = tuple[str, Sequence[Sequence[Any]]]


class Stop(Struct, frozen=True):
    """Everything of one stop that is written in one transaction."""

    record: DecisionRecord
    escalation: Escalation
    events: tuple[Event, ...]
    messages: tuple[Message, ...]


class Recorded:
    """Stands before a connection and its cursor, and keeps the statements that write."""

    def __init__(self, connection: Connection) -> None:
        """Begin with none."""
        self.dialect = connection.dialect
        self.connection = self
        self.statements: list[Statement] = []
        self._made = connection.connection

    def cursor(self) -> Recorded:
        """Return what stands before a new cursor."""
        self._cursor = self._made.cursor()
        return self

    def execute(self, text: str, row: Sequence[Any]) -> None:
        """Run a statement; keep it with its values, if it writes."""
        self.executemany(text, [row], self._cursor.execute)

    def executemany(self, text: str, rows: Sequence[Any], run: Any = None) -> None:
        """Run a statement for several rows; keep it with their values, if it writes."""
        if not text.startswith("SELECT"):
            self.statements.append((text, rows))
        if run is None:
            self._cursor.executemany(text, rows)
        else:
            run(text, rows[0])

    def __getattr__(self, name: str) -> Any:
        """Return what else the cursor has."""
        return getattr(self._cursor, name)


def run() -> Iterator[Part]:
    """Yield the parts: one stop as an agent waits for it, its processor time, a group."""
    about = ABOUT.format(bytes=_size(statements_of(new_stops(1))[0]))
    yield Part(title="Store", about=about, lines=stops(time.perf_counter, STORE_LIMIT))
    title = "Store, processor time"
    yield Part(title=title, about=PROCESSOR_ABOUT, lines=stops(time.process_time, STORE_LIMIT)[:2])
    yield groups()


def stopping() -> dict[str, Any]:
    """Return the fields of a decision that stops, of the size that agents send."""
    return values(
        confidence=0.91,
        text="I was charged twice for the last three months and would like my money back. " * 4,
        facts={"revenue_usd": 6200},
        proposal={"refund": 6200, "note": "double charge, three months"},
        context={"customer": "c-17", "plan": "family", "since": "2021-04-02", "notes": "n" * 300},
        case="ticket-991",
    )


def new_stops(many: int) -> list[Stop]:
    """Return as many stops, each with its own key, as the service would have them written."""
    table = three_rows()
    judge = compile_table(table)
    directory = Directory(owner=table.owner, states={id: PersonState() for id in table.people})
    now = datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC)
    found = []
    for place in range(many):
        decision = Decision(**stopping(), key=f"ticket-991/{place}")
        plain, _ = plain_decision(decision)
        move = open_escalation(
            id=str(uuid7()),
            verdict=judge(decision),
            plain=plain,
            digest=decision_digest(plain),
            table=table,
            directory=directory,
            now=now,
        )
        escalation = move.escalation
        record = _record(plain, now, digest=escalation.digest, escalation_id=escalation.id)
        messages = tuple(_message(escalation, notice.to, notice.ask_id) for notice in move.notices)
        found.append(Stop(record, escalation, move.events, messages))
    return found


def new_records(many: int, prefix: str) -> list[DecisionRecord]:
    """Return as many records of decisions that went ahead, each with its own key."""
    now = datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC)
    plain = Decision(**values(proposal={"refund": 40}), case="ticket-991")
    return [_record(plain, now, key=f"{prefix}/{place}", digest="d" * 64) for place in range(many)]


def _record(plain: Decision, now: datetime, **other: Any) -> DecisionRecord:
    return DecisionRecord(
        **{
            "id": str(uuid7()),
            "agent": "support-agent",
            "version": "v" * 64,
            "key": plain.key,
            "case": plain.case,
            "type": plain.type,
            "action": plain.action,
            "confidence": plain.confidence,
            "facts": plain.facts,
            "proposal": plain.proposal,
            "decided_at": now,
            **other,
        }
    )


def _message(escalation: Escalation, to: str, ask_id: str) -> Message:
    return Message(
        id=str(uuid7()),
        kind="asked",
        agent=escalation.agent,
        to=to,
        contacts=(f"mailto:{to}@example.com",),
        subject="A decision of support-agent is waiting for you",
        body=f"{escalation.reasons[0].sentence}\n{'what it is about ' * 30}",
        escalation_id=escalation.id,
        ask_id=ask_id,
        created_at=escalation.created_at,
        next_at=escalation.created_at,
    )


def statements_of(stops: Sequence[Stop]) -> list[list[Statement]]:
    """Return the statements, with encoded values, that a new store writes stops with."""
    with scratch_folder() as folder:
        store = new_store(folder / "recorded.db")
        found = []
        for stop in stops:
            with store.write() as connection:
                recorded = Recorded(connection)
                given = (stop.record, stop.escalation, stop.events, stop.messages)
                assert write_new(cast("Connection", recorded), *given)
                found.append(recorded.statements)
        store.close()
    return found


def statements_of_groups(groups: Sequence[Sequence[DecisionRecord]]) -> list[list[Statement]]:
    """Return the statements, with encoded values, that a new store records groups with."""
    with scratch_folder() as folder:
        store = new_store(folder / "recorded.db")
        found = []
        for records in groups:
            with store.write() as connection:
                recorded = Recorded(connection)
                rows, groups = prepared(records, seal=True)
                write_decisions(
                    cast("Connection", recorded), records, rows, groups, (), store.known_types
                )
                found.append(recorded.statements)
        store.close()
    return found


def write_raw(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """Write finished statements in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for text, rows in statements:
        if len(rows) == 1:
            connection.execute(text, rows[0])
        else:
            connection.executemany(text, rows)
    connection.execute("COMMIT")


def new_store(path: Path) -> Store:
    """Return an empty store in a file."""
    return open_store(f"sqlite:///{path}", migrate=True)


def new_raw(path: Path) -> sqlite3.Connection:
    """Return SQLite's own connection to an empty store in a file, with the store's pragmas."""
    new_store(path).close()
    return connect_sqlite(path)


def stops(watch: Watch, limit: float) -> tuple[Line, ...]:
    """Return what one stop costs until it is durable.

    Args:
        watch: elapsed or processor time.
        limit: of the ratios to raw SQLite.
    """
    many = (ROUNDS + 1) * STOPS
    ours, theirs = iter(new_stops(many)), iter(statements_of(new_stops(many)))
    bytes_a_stop = _size(statements_of(new_stops(1))[0])
    numbers = count()
    with (
        scratch_folder() as folder,
        opened(folder) as gate,
        (folder / "appended").open("wb", buffering=0) as file,
    ):
        store, raw = new_store(folder / "ours.db"), new_raw(folder / "raw.db")

        def create() -> None:
            stop = next(ours)
            written = store.create_escalation(
                stop.record, stop.escalation, stop.events, stop.messages
            )
            assert written is None

        def decide() -> None:
            verdict = gate.decide(Decision(**stopping(), key=f"ticket-991/{next(numbers)}"))
            assert verdict.escalation_id is not None

        def append() -> None:
            file.write(b"x" * bytes_a_stop)
            os.fsync(file.fileno())

        contestants = {
            CREATE: Contestant(run=create, calls=STOPS),
            RAW: Contestant(run=lambda: write_raw(raw, next(theirs)), calls=STOPS),
            DECIDE: Contestant(run=decide, calls=STOPS),
            FSYNC: Contestant(run=append, calls=STOPS),
        }
        samples = take_turns(contestants, watch=watch, rounds=ROUNDS)
        store.close()
        raw.close()
    return (
        compared(samples, CREATE, RAW, limit),
        compared(samples, DECIDE, RAW, limit),
        compared(samples, CREATE, FSYNC),
        compared(samples, DECIDE, FSYNC),
        compared(samples, RAW, FSYNC),
    )


def groups() -> Part:
    """Return what recording in groups costs a decision."""
    with scratch_folder() as folder:
        store, raw = new_store(folder / "ours.db"), new_raw(folder / "raw.db")
        ours = [new_records(GROUP, f"ours-{place}") for place in range(ROUNDS)]
        theirs = statements_of_groups(
            [new_records(GROUP, f"raw-{place}") for place in range(ROUNDS)]
        )
        theirs.reverse()

        def record() -> None:
            assert store.record_decisions(ours.pop()) == []

        what, other = "`store.record_decisions`", "raw executemany of the same rows"
        contestants = {
            what: Contestant(run=record, calls=1, jobs=GROUP),
            other: Contestant(run=lambda: write_raw(raw, theirs.pop()), calls=1, jobs=GROUP),
        }
        samples = take_turns(contestants, watch=time.perf_counter, rounds=ROUNDS)
        store.close()
        raw.close()
    lines = (compared(samples, what, other),)
    return Part(title="Recording in groups", about=GROUP_ABOUT, lines=lines)


def _size(statements: Sequence[Statement]) -> int:
    """Return how many bytes the values of some statements hold, as text."""
    return sum(len(str(value).encode()) for _, rows in statements for row in rows for value in row)
