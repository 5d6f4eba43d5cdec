"""What raw SQLite is given to read and write is what a worker's cycle reads and writes."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bench.crowd import AGENT, EACH, MORE, OWNER, due, on_call, opened
from bench.people import fall_due, next_one, read_raw, traced, write_raw, written
from handraise.store.database import connect_sqlite

TABLES = ("escalations", "decisions", "asks", "assignments", "events", "outbox", "chain")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()
            for table in TABLES
        }


def test_both_end_with_the_same_rows(tmp_path: Path) -> None:
    table, database = due(tmp_path, asks=200, people=2 * EACH)
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    shutil.copy(database, ours)
    shutil.copy(database, theirs)
    with opened(table, ours) as operation:
        operation.worker.act()
        fall_due(operation)
        with traced(operation.store) as statements:
            operation.shelf.directory(AGENT, rehearsal=False)
        assert operation.worker.act() == 200
    with closing(connect_sqlite(theirs)) as raw:
        write_raw(raw, written(database, ours, statements))

    before, after = rows(database), rows(ours)
    assert after == rows(theirs)
    assert {name: len(after[name]) - len(before[name]) for name in TABLES} == {
        "escalations": 0,
        "decisions": 0,
        "asks": 0,
        "assignments": 200,
        "events": 200,
        "outbox": 400,
        "chain": 0,
    }


def test_asks_go_to_whoever_has_room(tmp_path: Path) -> None:
    table, database = due(tmp_path, asks=100, people=EACH)
    with opened(table, database) as operation:
        fall_due(operation)
        operation.worker.act()
        load = operation.store.open_load([f"person_{place:04}" for place in range(4)], {})
    assert [open_asks for open_asks, _ in load.values()] == [0, MORE, MORE, 100 - 2 * MORE]


def test_only_the_last_of_the_route_is_there(tmp_path: Path) -> None:
    table, database = on_call(tmp_path, people=21)
    with opened(table, database) as operation, closing(connect_sqlite(database)) as raw:
        picked = next_one(operation)
        with traced(operation.store) as statements:
            next_one(operation)
        assert len(statements) == 3
        assert read_raw(raw, statements) > 20
    assert (picked.person, picked.with_owner) == ("person_0020", False)
    why = [skip.why for skip in picked.skipped[:10]]
    assert why == [
        *["is off duty (the shifts of rota.ics that name them)"] * 5,
        *["has 1 open, the most they take at once"] * 2,
        "is away until Mon 23 Nov, 12:00 (UTC)",
        "is no longer here",
        "has no verified contact",
    ]
    assert OWNER not in why
