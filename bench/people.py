"""What people cost: finding who is next among many, and a worker's cycle when much falls due.

Raw SQLite is given finished statements: those by which the store reads, taken from its own
connections, and the encoded values of the rows that a cycle wrote. It only has to read and write.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import event

from bench.crowd import AGENT, NOON, due, on_call, opened
from bench.measure import Contestant, Watch, take_turns
from bench.report import Line, Part, compared
from bench.scratch import scratch_folder
from bench.store import Statement
from handraise.core.duty import Pick, pick
from handraise.service.wiring import Operation
from handraise.service.working.worker import BATCH
from handraise.store import Store
from handraise.store.columns import instant_text
from handraise.store.database import connect_sqlite

LIMIT = 3.0
PEOPLE, ASKS = 1_000, 10_000
TIMES = 20
"""How often somebody is chosen in a turn."""

CYCLES = 3
"""Rounds of the cycle: each is seconds long, and has a store of its own."""

LATER = NOON + timedelta(minutes=30)
"""When the asks of `due` are due."""

CHOOSING_ABOUT = f"""\
Who of {PEOPLE:,} people on one route gets an ask now: how everybody stands is read from the store,
and put together with their shifts by an on-call calendar. Only the last one is there: of each ten
before, five are off shift, two have enough open, one each is away, gone, and without a verified
contact; each is passed over with the reason in words. Against the same rows read by the same
statements, finished, in raw SQLite. Processor time. A calendar is worked out once for a day, or
when its file changes; that stands apart."""

CYCLE_ABOUT = f"""\
One cycle of the worker when {ASKS:,} asks fall due at once: every escalation is read, its ask goes
from somebody who did not acknowledge to the next who is there and has room, both are told, and what
happened is chained to the record. Against raw SQLite that reads the same rows, and writes the
finished ones, in as many transactions ({BATCH} escalations each). The worker has looked for people
who left just before, as it does once a minute; that stands apart. Time an ask; each round has fresh
copies of the store."""

PROCESSOR_ABOUT = """\
The same without the wait for the disk: processor time of the process, the system's part
included."""

CYCLE_TITLE = "A cycle when much falls due"
DIRECTORY, SELECTS = "`shelf.directory` and `pick`", "the same rows, raw"
CYCLE, RAW = "`worker.act`", "the same rows, raw"


class Batch(Struct, frozen=True):
    """What one transaction of a cycle reads and writes: statements, with encoded values."""

    reads: Sequence[tuple[str, Sequence[Any]]]
    writes: Sequence[Statement]


def run() -> Iterator[Part]:
    """Yield the parts: choosing, and the cycle by elapsed and by processor time."""
    yield choosing()
    yield from cycles()


def choosing() -> Part:
    """Return what it costs to find who is next."""
    with scratch_folder() as folder:
        table, database = on_call(folder, PEOPLE)
        with opened(table, database) as operation, closing(connect_sqlite(database)) as raw:
            began = time.process_time()
            assert next_one(operation).person == f"person_{PEOPLE - 1:04}"
            cold_s = time.process_time() - began
            with traced(operation.store) as statements:
                next_one(operation)
            finished = tuple(statements)
            contestants = {
                DIRECTORY: Contestant(run=lambda: next_one(operation), calls=TIMES),
                SELECTS: Contestant(run=lambda: read_raw(raw, finished), calls=TIMES),
            }
            samples = take_turns(contestants)
    lines = (
        compared(samples, DIRECTORY, SELECTS, LIMIT),
        Line(what=f"the same, with the calendar worked out for all {PEOPLE:,}", took_s=cold_s),
    )
    return Part(title="Choosing among many", about=CHOOSING_ABOUT, lines=lines)


def cycles() -> Iterator[Part]:
    """Yield what a cycle costs, by elapsed and by processor time."""
    with scratch_folder() as folder:
        table, database = due(folder, ASKS, PEOPLE)
        batches, looked_s = _tried(table, database)
        watches: tuple[tuple[str, str, Watch], ...] = (
            (CYCLE_TITLE, CYCLE_ABOUT, time.perf_counter),
            (f"{CYCLE_TITLE}, processor time", PROCESSOR_ABOUT, time.process_time),
        )
        for title, about, watch in watches:
            samples = _cycles(table, database, batches, watch)
            lines: tuple[Line, ...] = (compared(samples, CYCLE, RAW, LIMIT),)
            if watch is time.perf_counter:
                what = f"looking through {ASKS:,} asks for people who left, all of them"
                lines += (Line(what=what, took_s=looked_s),)
            yield Part(title=title, about=about, lines=lines)


def next_one(operation: Operation) -> Pick:
    """Return who of the people on the one long route is next."""
    directory = operation.shelf.directory(AGENT, rehearsal=False)
    return pick(operation.shelf.newest(AGENT), "everybody", directory, (), NOON)


@contextmanager
def traced(store: Store) -> Iterator[list[str]]:
    """Yield what fills with the statements, their values in them, that the store reads with."""
    found: list[str] = []

    def begin(driver: Any, *_: Any) -> None:
        driver.set_trace_callback(found.append)

    event.listen(store._reader, "checkout", begin)
    try:
        yield found
    finally:
        event.remove(store._reader, "checkout", begin)
        with store._reader.connect() as connection:
            connection.connection.driver_connection.set_trace_callback(None)


def read_raw(raw: sqlite3.Connection, statements: Sequence[str]) -> int:
    """Return how many rows some statements read."""
    return sum(len(raw.execute(statement).fetchall()) for statement in statements)


def _tried(table: Path, database: Path) -> tuple[list[Batch], float]:
    """Return what a cycle reads and writes, and how long it looks for people who left."""
    tried = database.with_name("tried.db")
    shutil.copy(database, tried)
    with opened(table, tried) as operation:
        with traced(operation.store) as statements:
            operation.shelf.directory(AGENT, rehearsal=False)
        began = time.perf_counter()
        operation.worker.act()
        looked_s = time.perf_counter() - began
        fall_due(operation)
        operation.worker.act()
    return written(database, tried, statements), looked_s


def _cycles(
    table: Path, database: Path, batches: Sequence[Batch], watch: Watch
) -> dict[str, list[float]]:
    """Return the seconds that an ask takes each contestant, a fresh copy of the store a turn."""
    with Fresh(database) as ours, Fresh(database) as theirs:

        def renewed() -> Operation:
            operation = ours.enter(lambda path: opened(table, path))
            operation.worker.act()
            fall_due(operation)
            return operation

        def connected() -> sqlite3.Connection:
            return theirs.enter(lambda path: closing(connect_sqlite(path)))

        held: dict[str, Any] = {CYCLE: renewed(), RAW: connected()}
        contestants = {
            CYCLE: Contestant(
                run=lambda: held[CYCLE].worker.act(),
                calls=1,
                jobs=ASKS,
                after=lambda: held.update({CYCLE: renewed()}),
            ),
            RAW: Contestant(
                run=lambda: write_raw(held[RAW], batches),
                calls=1,
                jobs=ASKS,
                after=lambda: held.update({RAW: connected()}),
            ),
        }
        return take_turns(contestants, watch=watch, rounds=CYCLES)


class Fresh(ExitStack):
    """Opens one fresh copy of a store after the other, and closes the one before."""

    def __init__(self, database: Path) -> None:
        """Keep what is copied."""
        super().__init__()
        self._database = database

    def enter(self, open_copy: Callable[[Path], Any]) -> Any:
        """Return what is opened over a fresh copy."""
        self.close()
        copy = self._database.with_name(f"copy-{id(self)}.db")
        shutil.copy(self._database, copy)
        return self.enter_context(open_copy(copy))


def fall_due(operation: Operation) -> None:
    """Let the asks of the store of `due` fall due, a worker having looked at it just before."""
    operation.clock.set(LATER - timedelta(seconds=1))  # type: ignore[attr-defined]
    operation.worker.act()
    operation.clock.set(LATER)  # type: ignore[attr-defined]


def written(database: Path, tried: Path, standing: Sequence[str]) -> list[Batch]:
    """Return what a cycle has read and written, batch by batch.

    Args:
        database: the store as it was.
        tried: the store as the cycle left it.
        standing: the statements that read how everybody stands.
    """
    with closing(connect_sqlite(tried)) as connection:
        connection.execute("ATTACH ? AS old", (str(database),))
        connection.execute("CREATE TEMP TABLE batch (id TEXT PRIMARY KEY)")
        found = connection.execute(
            "SELECT escalation_id FROM events WHERE seq > (SELECT max(seq) FROM old.events)"
            " AND escalation_id IS NOT NULL"
            " GROUP BY escalation_id ORDER BY min(seq)"
        ).fetchall()
        batches = []
        for start in range(0, len(found), BATCH):
            ids = found[start : start + BATCH]
            connection.execute("DELETE FROM batch")
            connection.executemany("INSERT INTO batch VALUES (?)", ids)
            batches.append(_batch(connection, [id for (id,) in ids], standing))
        return batches


def _batch(connection: sqlite3.Connection, ids: Sequence[str], standing: Sequence[str]) -> Batch:
    """Return what one transaction of a cycle has read and written for some escalations."""
    of_asks = "ask_id IN (SELECT asks.id FROM asks JOIN batch ON escalation_id = batch.id)"
    of_batch = "escalation_id IN (SELECT id FROM batch)"
    events = _new(connection, "events", of_batch)
    end, link = events[-1][0], events[-1][-1]
    count = connection.execute("SELECT count - seq FROM chain").fetchone()[0] + end
    return Batch(
        reads=(
            *((statement, ()) for statement in standing),
            (_DUE, (instant_text(LATER), len(ids))),
            (_ROWS.format(", ".join("?" * len(ids))), ids),
        ),
        writes=(
            _update_asks(connection, _new(connection, "asks", of_batch)),
            _insert("assignments", _new(connection, "assignments", of_asks)),
            _insert("outbox", _new(connection, "outbox", of_batch)),
            _insert("events", events),
            ("UPDATE chain SET seq = ?, count = ?, link = ?", [(end, count, link)]),
        ),
    )


_DUE = """\
SELECT escalation_id FROM asks WHERE due_at <= ? GROUP BY escalation_id
ORDER BY min(due_at), escalation_id LIMIT ?"""

_ROWS = """\
SELECT * FROM escalations JOIN asks ON asks.escalation_id = escalations.id
WHERE escalations.id IN ({}) ORDER BY escalations.id, position"""


def _new(connection: sqlite3.Connection, table: str, which: str) -> list[Any]:
    """Return the rows that are new, or not as they were."""
    select = "SELECT * FROM {}{} WHERE " + which
    text = f"{select.format('', table)} EXCEPT {select.format('old.', table)} ORDER BY 1"
    return connection.execute(text).fetchall()


def _insert(table: str, rows: Sequence[Sequence[Any]]) -> Statement:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows


def _update_asks(connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> Statement:
    """Return the statement that writes the columns in which any of some asks has changed."""
    found = connection.execute("SELECT * FROM old.asks LIMIT 0")
    names = [column[0] for column in found.description]
    key = names.index("id")
    read = "SELECT * FROM old.asks WHERE id = ?"
    before = [connection.execute(read, (row[key],)).fetchone() for row in rows]
    changed = [
        place
        for place in range(len(names))
        if any(row[place] != old[place] for row, old in zip(rows, before, strict=True))
    ]
    setting = ", ".join(f'"{names[place]}" = ?' for place in changed)
    values = [(*(row[place] for place in changed), row[key]) for row in rows]
    return f"UPDATE asks SET {setting} WHERE id = ?", values


def write_raw(connection: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """Read and write what a cycle has read and written, batch by batch."""
    for batch in batches:
        for statement, values in batch.reads:
            connection.execute(statement, values).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for statement, rows in batch.writes:
            connection.executemany(statement, rows)
        connection.execute("COMMIT")
