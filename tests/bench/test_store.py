"""What raw SQLite is given to write is what the store writes."""

import sqlite3
from pathlib import Path

from bench.store import (
    new_raw,
    new_records,
    new_stops,
    new_store,
    statements_of,
    statements_of_group,
    write_raw,
)

TABLES = ("escalations", "decisions", "asks", "assignments", "events", "outbox")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    found = {
        table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
        for table in TABLES
    }
    connection.close()
    return found


def test_both_write_the_same_rows(tmp_path: Path) -> None:
    store, raw = new_store(tmp_path / "ours.db"), new_raw(tmp_path / "raw.db")
    for stop in new_stops(3):
        store.create_escalation(stop.record, stop.escalation, stop.events, stop.messages)
        write_raw(raw, statements_of(stop))
    records = new_records(4, "key")
    assert store.record_decisions(records) == []
    write_raw(raw, statements_of_group(records))
    store.close()
    raw.close()
    ours = rows(tmp_path / "ours.db")
    assert ours == rows(tmp_path / "raw.db")
    assert len(ours["escalations"]) == len(ours["asks"]) == len(ours["outbox"]) == 3
    assert len(ours["decisions"]) == 7


def test_the_raw_connection_is_set_up_as_the_store_is(tmp_path: Path) -> None:
    raw = new_raw(tmp_path / "raw.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = [raw.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
    raw.close()
    assert found == ["wal", 2, 1]
