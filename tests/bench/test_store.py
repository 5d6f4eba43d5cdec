"""What raw SQLite is given to write is what the store writes."""

import sqlite3
from pathlib import Path

from bench.store import (
    new_raw,
    new_records,
    new_stops,
    new_store,
    statements_of,
    statements_of_groups,
    write_raw,
)

TABLES = ("escalations", "decisions", "asks", "assignments", "events", "outbox", "chain")
DRAWN = {"salt", "sealed_with", "seal", "detail", "detail_digest", "state_digest", "link"}
"""What depends on random salts, and so is not the same twice."""


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    found = {}
    for table in TABLES:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        same = ", ".join(f'"{name}"' for name in names if name not in DRAWN)
        found[table] = connection.execute(f"SELECT {same} FROM {table} ORDER BY 1").fetchall()
    connection.close()
    return found


def test_both_write_the_same_rows(tmp_path: Path) -> None:
    store, raw = new_store(tmp_path / "ours.db"), new_raw(tmp_path / "raw.db")
    stops = new_stops(3)
    for stop in stops:
        store.create_escalation(stop.record, stop.escalation, stop.events, stop.messages)
    for statements in statements_of(stops):
        write_raw(raw, statements)
    store.close()
    raw.close()
    ours = rows(tmp_path / "ours.db")
    assert ours == rows(tmp_path / "raw.db")
    assert len(ours["escalations"]) == len(ours["asks"]) == len(ours["outbox"]) == 3
    assert len(ours["decisions"]) == 3
    assert len(ours["events"]) == ours["chain"][0][2] == 6


def test_both_record_the_same_group(tmp_path: Path) -> None:
    store, raw = new_store(tmp_path / "ours.db"), new_raw(tmp_path / "raw.db")
    records = new_records(4, "key")
    assert store.record_decisions(records) == []
    write_raw(raw, statements_of_groups([records])[0])
    store.close()
    raw.close()
    ours = rows(tmp_path / "ours.db")
    assert ours == rows(tmp_path / "raw.db")
    assert len(ours["decisions"]) == 4


def test_the_raw_connection_is_set_up_as_the_store_is(tmp_path: Path) -> None:
    raw = new_raw(tmp_path / "raw.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    found = [raw.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
    raw.close()
    assert found == ["wal", 2, 1]
