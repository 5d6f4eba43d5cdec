"""The record: whatever is edited, deleted, put in or moved with SQL is found, and located."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Boolean, Float, Integer, Table

from handraise.clock import ManualClock
from handraise.core.record import canonical
from handraise.errors import InputError, StoreError
from handraise.model import Flaw
from handraise.service.recording.checking import Report, verified_by
from handraise.service.recording.exported import File
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.store import Store, open_store
from handraise.store.schema import asks, checkpoints, decisions, escalations, events
from tests.store.conftest import (
    any_store,
    any_url,
    migrated_file,
    more_stores,
    postgres,
    sqlite_url,
)
from tests.store.records import (
    NOW,
    advance,
    after,
    approval,
    make_escalation,
    make_event,
    make_message,
    make_record,
)
from tests.support.databases import raw

__all__ = ["any_store", "any_url", "migrated_file", "more_stores", "postgres", "sqlite_url"]

SIGNER = Signer("a secret of the operation, long enough")
SECRET_WORDS = "Jane Customer, 12 Quiet Lane"


class Kept:
    """A store in which much has happened, over two days, with the clock on the third."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ManualClock(NOW)
        self.record = Record(store, SIGNER, self.clock)
        self.answered = self._stopped(case="ticket-1", key="one")
        self.moved = self._stopped({}, {"route": "support"}, case="ticket-2")
        self.alone = self._stopped(case="ticket-3")
        store.record_decisions(
            [make_record(case="ticket-1"), make_record(), make_record(agent="b")]
        )
        store.change(self.answered, lambda found: (approval(found, "ines", after(hours=1)), []))
        self.record.tick()
        self.clock.advance(days=1)
        store.change(self.moved, lambda found: (advance(found, "priya", after(days=1)), []))
        store.record_decisions([make_record(decided_at=after(days=1))], seal=False)
        store.add_event(make_event(at=after(days=1), kind="away", who="dana", detail={"note": "x"}))
        self.record.tick()
        self.clock.advance(days=1)
        self.record.tick()

    def _stopped(self, *parts: dict[str, Any], **fields: Any) -> str:
        made = make_escalation(*parts, **fields)
        happened = [
            make_event(made, detail={"rows": ["consequence.1"], "n": 1.5}),
            make_event(made, kind="assigned", ask_id=made.asks[0].id, detail={"to": "ines"}),
        ]
        written = self.store.create_escalation(
            make_record(made), made, happened, [make_message(made)]
        )
        assert written is None
        return made.id

    def rows(self, table: Table, order: str) -> list[dict[str, Any]]:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with self.store.read() as connection:
            found = connection.exec_driver_sql(f"SELECT {names} FROM {table.name} ORDER BY {order}")
            return [dict(row) for row in found.mappings()]

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        return self.record.verify().flaws


@pytest.fixture
def kept(any_store: Store) -> Kept:
    found = Kept(any_store)
    assert found.record.verify().flaws == ()
    return found


def places(flaws: tuple[Flaw, ...]) -> list[str]:
    return [flaw.place for flaw in flaws]


def test_a_record_that_nobody_touched_is_whole(kept: Kept) -> None:
    report = kept.record.verify()
    assert report == Report(
        events=report.events,
        escalations=3,
        decisions=7,
        checkpoints=2,
        signed=report.signed,
        signed_day="2026-11-23",
    )
    kinds = [row["kind"] for row in kept.rows(events, "seq")]
    assert kinds[:6] == ["created", "assigned"] * 3
    assert sorted(kinds[6:]) == sorted(
        ["recorded"] * 4 + ["resolved", "advanced", "away", "checkpoint", "checkpoint"]
    )
    assert report.events == len(kinds)
    assert report.signed == len(kinds) - 1


def test_an_empty_record_is_whole(any_store: Store) -> None:
    record = Record(any_store, SIGNER, ManualClock(NOW))
    assert record.tick() == 0
    assert record.verify() == Report()


KEYS = {"events": "seq", "escalations": "id", "asks": "id", "decisions": "id", "checkpoints": "day"}
COLUMNS = [
    pytest.param(table, column.name, id=f"{table.name}.{column.name}")
    for table in (events, escalations, asks, decisions, checkpoints)
    for column in table.columns
]


def another(table: Table, name: str, value: Any) -> Any:
    """Return another value that the column can hold."""
    kind = table.columns[name].type
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, Integer) or table.columns[name].type.__class__.__name__ == "BigInteger":
        return value + 1000
    if isinstance(kind, Float) or name == "confidence":
        return 0.123
    if isinstance(value, str) and value:
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return "something"


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_an_edited_value_is_found_where_it_is(kept: Kept, table: Table, name: str) -> None:
    """In each row where the schema lets it be edited alone."""
    key = KEYS[table.name]
    unguarded(kept.store)
    every = 3 if kept.store.place.engine == "sqlite" else 5
    for row in kept.rows(table, key)[1::every]:
        changed = another(table, name, row[name])
        statement = f'UPDATE {table.name} SET "{name}" = ? WHERE {key} = ?'
        try:
            past(kept.store, statement, changed, row[key])
        except (StoreError, sqlite3.IntegrityError):  # a key that must be the only one
            continue
        found = kept.flaws
        assert found, (name, row)
        subject = located(kept, table, row, changed if name == key else None)
        assert any(one in place for place in places(found) for one in subject), (found, subject)
        raw(kept.store, statement, row[name], changed if name == key else row[key])
        assert kept.flaws == ()


def unguarded(store: Store) -> None:
    """Take away what guards rows on PostgreSQL; on SQLite, every connection decides for itself."""
    if store.place.engine == "postgresql":
        with store.write() as connection:
            found = connection.exec_driver_sql(
                "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype IN ('f', 'c')"
                " AND connamespace = 'public'::regnamespace"
            ).all()
            for table, name in found:
                connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def past(store: Store, statement: str, *values: Any) -> None:
    """Run a statement past the verbs and the schema's guards."""
    if store.place.engine == "postgresql":
        raw(store, statement, *values)
        return
    with contextlib.closing(sqlite3.connect(store.place.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement, values)


def located(kept: Kept, table: Table, row: dict[str, Any], fresh: Any) -> list[str]:
    """Return the places by which a flaw of that row may rightly be named."""
    if table is asks:
        return [f"escalation {row['escalation_id']}"]
    return [f"{table.name[:-1]} {one}" for one in (row[KEYS[table.name]], fresh) if one is not None]


@pytest.mark.parametrize("table", [events, escalations, asks, decisions, checkpoints], ids=str)
def test_a_deleted_row_is_found_whichever_it_is(kept: Kept, table: Table) -> None:
    key = KEYS[table.name]
    unguarded(kept.store)
    for row in kept.rows(table, key):
        past(kept.store, f"DELETE FROM {table.name} WHERE {key} = ?", row[key])
        found = places(kept.flaws)
        if table is decisions:
            assert found[0].startswith("the decisions that event")
        elif table is events:
            assert f"event {row['seq']}" in found
        else:
            assert any(one in place for place in found for one in located(kept, table, row, None))
        put_back(kept.store, table, row)
        assert kept.flaws == ()


def put_back(store: Store, table: Table, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    past(store, f"INSERT INTO {table.name} ({names}) VALUES ({marks})", *row.values())


@pytest.mark.parametrize("count", [2, 3])
def test_several_deleted_events_are_one_gap(kept: Kept, count: int) -> None:
    past(kept.store, "DELETE FROM events WHERE seq >= 4 AND seq < ?", 4 + count)
    assert f"events 4 to {3 + count}" in places(kept.flaws)


def test_the_end_cut_off_is_found_though_its_row_was_edited_too(kept: Kept) -> None:
    rows = kept.rows(events, "seq")
    last = rows[-3]
    past(kept.store, "DELETE FROM events WHERE seq > ?", last["seq"])
    assert f"events {last['seq'] + 1} to {rows[-1]['seq']}" in places(kept.flaws)
    edit = "UPDATE chain SET seq = ?, count = count - 2, link = ?"
    past(kept.store, edit, last["seq"], last["link"])
    assert places(kept.flaws) == ["checkpoint 2026-11-23"]


def test_the_row_that_says_where_the_chain_ends_is_held_against_it(kept: Kept) -> None:
    past(kept.store, "UPDATE chain SET count = count + 1")
    assert places(kept.flaws) == ["the end of the chain"]
    past(kept.store, "UPDATE chain SET count = count - 1, link = ?", "0" * 64)
    assert places(kept.flaws) == ["the end of the chain"]
    past(kept.store, "DELETE FROM chain")
    assert places(kept.flaws) == ["the end of the chain"]
    with pytest.raises(StoreError, match="where the record of events ends is gone"):
        kept.store.add_event(make_event())


@pytest.mark.parametrize("seq", [3, 100])
def test_an_event_that_was_put_in_is_found_and_nothing_stops_for_it(kept: Kept, seq: int) -> None:
    """In the middle, in place of another that moved on; and at the end."""
    rows = kept.rows(events, "seq")
    if seq == 3:
        past(kept.store, "UPDATE events SET seq = seq + 1000 WHERE seq >= 3")
        past(kept.store, "UPDATE events SET seq = seq - 999 WHERE seq >= 1003")
    put_back(kept.store, events, {**rows[0], "seq": seq})
    assert f"event {seq}" in places(kept.flaws)
    kept.store.add_event(make_event(at=after(days=2)))
    if seq == 100:
        assert places(kept.flaws) == ["event 100"]
        past(kept.store, "DELETE FROM events WHERE seq = 100")
        assert kept.flaws == ()


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 5), (8, 9)])
def test_two_events_that_changed_places_are_found(kept: Kept, one: int, other: int) -> None:
    for old, new in ((one, 1000), (other, one), (1000, other)):
        past(kept.store, "UPDATE events SET seq = ? WHERE seq = ?", new, old)
    assert {f"event {one}", f"event {other}"} <= set(places(kept.flaws))


def test_a_chain_written_anew_is_not_the_one_that_was_signed(kept: Kept) -> None:
    """Somebody who knows how edits an event, and makes all digests and links after it anew."""
    from handraise.core.record import GENESIS, chained, digest_of
    from handraise.model import Head

    with kept.store.proof() as proof:
        found = proof.events(0)
    said = canonical({"rows": ["another"]})
    found[0] = replace(found[0], detail=said, detail_digest=digest_of(found[0].salt, said))
    anew, head = chained(Head(0, 0, GENESIS), 0, found)
    for event in anew:
        row = "detail = ?, detail_digest = ?, link = ?"
        values = (event.detail, event.detail_digest, event.link, event.seq)
        past(kept.store, f"UPDATE events SET {row} WHERE seq = ?", *values)
    past(kept.store, "UPDATE chain SET link = ?", head.link)
    first, *_ = flaws = kept.flaws
    assert places(flaws) == ["checkpoint 2026-11-22", "checkpoint 2026-11-23"]
    assert "between event 1 and event" in first.what


ODD = ["'zzz'", "''", "-1", "1.5", "9e999", "x'00ff'", "CAST(x'c3ff' AS TEXT)"]
"""What SQLite takes in any column: other kinds of values, and text that is no UTF-8."""


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("table", [events, escalations, asks, decisions, checkpoints], ids=str)
def test_whatever_stands_in_a_row_is_a_flaw_and_no_error(
    sqlite_url: str, table: Table, odd: str
) -> None:
    store = open_store(sqlite_url)
    kept, key = Kept(store), KEYS[table.name]
    row = kept.rows(table, key)[1 if table is not checkpoints else 0]
    for column in table.columns:
        name, was = column.name, row[column.name]
        edit = f'UPDATE {table.name} SET "{name}" = {odd} WHERE {key} = ?'
        with contextlib.closing(
            sqlite3.connect(store.place.path, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            try:
                connection.execute(edit, (row[key],))
            except sqlite3.IntegrityError:
                continue
            assert kept.flaws, (name, odd)
            Record(store, None, kept.clock).verify()
            back = (
                f'UPDATE {table.name} SET "{name}" = ? WHERE {key} = {odd if name == key else "?"}'
            )
            connection.execute(back, (was,) if name == key else (was, row[key]))
    assert kept.flaws == ()
    store.close()


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["seq", "count", "link"])
def test_a_damaged_head_is_a_flaw_and_stops_say_so(sqlite_url: str, name: str, odd: str) -> None:
    store = open_store(sqlite_url)
    kept = Kept(store)
    past(store, f"UPDATE chain SET {name} = {odd}")
    assert places(kept.flaws) == ["the end of the chain"]
    if name == "seq":
        with pytest.raises(StoreError):
            store.add_event(make_event())
    store.close()


def test_the_error_of_a_damaged_head_names_what_to_run(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    past(store, "UPDATE chain SET seq = 'zzz'")
    with pytest.raises(StoreError, match="the head of the record is damaged") as raised:
        store.add_event(make_event())
    assert "`handraise log verify`" in str(raised.value.hint)
    store.close()


@pytest.mark.parametrize("group", ['["a"]', '"a\\u0000b"', '"\\ud800"', "9" * 5000, "{}"])
def test_whatever_a_detail_says_is_a_flaw_and_no_error(kept: Kept, group: str) -> None:
    seq = next(row["seq"] for row in kept.rows(events, "seq") if row["kind"] == "recorded")
    said = f'{{"group":{group},"count":{group}}}'
    past(kept.store, "UPDATE events SET detail = ? WHERE seq = ?", said, seq)
    assert f"event {seq}" in places(kept.flaws)


def test_decisions_sealed_as_something_that_is_no_text_are_found(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    kept = Kept(store)
    row = kept.rows(decisions, "id")[0]
    put_back(store, decisions, {**row, "id": "stray", "key": None, "sealed_with": b"\xff"})
    assert "the decisions sealed as b'\\xff'" in places(kept.flaws)
    store.close()


def test_what_was_erased_past_us_is_found(kept: Kept) -> None:
    past(kept.store, "UPDATE events SET salt = NULL, detail = '{\"erased\":true}' WHERE seq = 1")
    assert places(kept.flaws) == ["event 1"]
    past(kept.store, "UPDATE events SET detail = '{}' WHERE seq = 1")
    assert places(kept.flaws) == ["event 1", "event 1"]


def test_a_decision_erased_past_us_is_found(kept: Kept) -> None:
    from handraise.core.record import content_digest_of
    from handraise.store.kept import sealed_decision

    row = kept.rows(decisions, "id")[0]
    digest = content_digest_of(sealed_decision(row))
    change = "facts = NULL, proposal = NULL, salt = NULL, content_digest = ?"
    past(kept.store, f"UPDATE decisions SET {change} WHERE id = ?", digest, row["id"])
    assert places(kept.flaws) == [f"decision {row['id']}"]


def test_a_decision_put_in_or_sealed_anew_is_found(kept: Kept) -> None:
    rows = kept.rows(decisions, "id")
    put_back(kept.store, decisions, {**rows[0], "id": "stray", "key": None, "sealed_with": "x"})
    assert "decision stray" in places(kept.flaws)
    past(kept.store, "DELETE FROM decisions WHERE id = 'stray'")
    changed = {**rows[0], "action": "delete_account", "rehearsal": False}
    from handraise.core.record import seal_of
    from handraise.store.kept import sealed_decision

    seal = seal_of(sealed_decision(changed))
    past(
        kept.store,
        "UPDATE decisions SET action = 'delete_account', seal = ? WHERE id = ?",
        seal,
        rows[0]["id"],
    )
    (flaw,) = kept.flaws
    assert flaw.what == "at least one was edited, and its seal with it"


def test_a_checkpoint_signed_by_somebody_else_is_found(kept: Kept) -> None:
    other = Signer("another secret, just as long as the first")
    row = kept.rows(checkpoints, "day")[0]
    signed = other.sign(SIGNER.verified(row["statement"]) or {})
    past(kept.store, "UPDATE checkpoints SET statement = ? WHERE day = ?", signed, row["day"])
    assert places(kept.flaws) == [f"checkpoint {row['day']}"]
    assert kept.record.verify(other.jwks()).flaws[0].place == "checkpoint 2026-11-23"
    unsigned = Record(kept.store, None, kept.clock).verify()
    assert (unsigned.flaws, unsigned.is_signed) == ((), False)


def test_whoever_writes_meanwhile_makes_no_flaw(kept: Kept) -> None:
    with kept.store.proof() as proof:
        before = proof.head()
        kept.store.add_event(make_event(at=after(days=2)))
        assert proof.head() == before
        assert before is not None
        assert proof.events(before.seq) == []
    assert kept.flaws == ()


def test_days_are_closed_once_and_after_downtime_too(kept: Kept) -> None:
    days = [row["day"] for row in kept.rows(checkpoints, "day")]
    assert days == ["2026-11-22", "2026-11-23"]
    assert kept.record.tick() == 0
    assert Record(kept.store, SIGNER, kept.clock).tick() == 0
    kept.store.add_event(make_event(at=after(days=3), kind="away"))
    kept.clock.advance(days=9)
    assert Record(kept.store, None, kept.clock).tick() == 0
    assert kept.record.tick() == 2
    days = [row["day"] for row in kept.rows(checkpoints, "day")]
    assert days == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]
    assert kept.flaws == ()


def test_the_same_day_is_closed_by_one_of_two_workers(kept: Kept) -> None:
    last = kept.store.last_checkpoint()
    assert last is not None
    assert not kept.store.add_checkpoint(last, make_event(kind="checkpoint"))
    assert kept.flaws == ()


def test_events_are_shown_by_what_they_are_about(kept: Kept) -> None:
    show = kept.record.show
    assert [event.kind for event in show(escalation_id=kept.answered)] == [
        "created",
        "assigned",
        "resolved",
    ]
    assert {event.escalation_id for event in show(case="ticket-2")} == {kept.moved}
    assert [event.kind for event in show(person="dana")] == ["away"]
    assert "assigned" in {event.kind for event in show(person="ines")}
    assert show(person="in_s") == []
    assert {event.at[:10] for event in show(since=after(days=1))} == {"2026-11-23", "2026-11-24"}
    assert [event.seq for event in show(limit=2)] == [event.seq for event in show()][-2:]


def test_an_export_says_by_itself_whether_it_is_whole(kept: Kept) -> None:
    lines = list(kept.record.export())
    report = File(SIGNER.jwks()).read(lines)
    assert report.flaws == ()
    assert report.events == report.signed == kept.record.verify().events
    assert report.checkpoints == 2
    assert File().read([f"{line}\n" for line in lines]).flaws == ()
    with pytest.raises(InputError, match="secret is not here"):
        next(Record(kept.store, None, kept.clock).export())


def test_an_edited_export_is_found_out_and_located(kept: Kept) -> None:
    lines = list(kept.record.export())
    at = next(place for place, line in enumerate(lines) if '"kind":"away"' in line)
    edited = [*lines[:at], lines[at].replace("dana", "ines"), *lines[at + 1 :]]
    seq = msgspec.json.decode(lines[at])["seq"]
    found = places(File(SIGNER.jwks()).read(edited).flaws)
    assert sorted(found) == [f"event {seq}", "the file"]
    gone = File().read([*lines[:at], *lines[at + 1 :]])
    assert f"event {seq}" in places(gone.flaws)
    cut = File().read(lines[:-1])
    assert places(cut.flaws) == ["the closing statement"]
    assert places(File().read([*lines[:-2], lines[-1]]).flaws)[0] == "the file"
    other = Signer("another secret, just as long as the first").jwks()
    found = File(other).read(lines)
    assert places(found.flaws) == [
        "checkpoint 2026-11-22",
        "checkpoint 2026-11-23",
        "the closing statement",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1:], "line 1: an export begins with one header"),
        (lambda lines: [lines[0], *lines], "line 2: an export begins with one header"),
        (lambda lines: ["{", *lines], "line 1: it is no line of an exported record"),
        (lambda lines: [*lines, lines[-2]], "something stands behind"),
        (lambda lines: [*lines[:-1], '{"type":"odd"}'], '"odd" has no place here'),
        (lambda lines: [lines[0].replace("record 1", "record 2")], "its format is"),
        (lambda lines: [lines[0].replace("kid", "kit")], "no public keys"),
        (lambda lines: [*lines[:4], lines[1]], '"checkpoint" has no place here'),
    ],
)
def test_what_is_no_export_is_refused(kept: Kept, change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        File().read(change(list(kept.record.export())))


def test_no_keys_are_an_error() -> None:
    with pytest.raises(InputError, match="no public keys"):
        verified_by({"keys": [{"kid": "x"}]})
    assert verified_by(SIGNER.jwks())("nonsense") is None
    assert verified_by(SIGNER.jwks())(SIGNER.sign({"a": 1})) == {"a": 1}
