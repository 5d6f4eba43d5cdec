"""A store of an earlier release with work in it comes to this release's schema; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from handraise.clock import ManualClock
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.store import Store, head_revision, open_store
from handraise.store.database import Database, create_file, place_of
from handraise.store.upkeep import MIGRATIONS
from tests.store.records import AGENT, NOW, after, approval, make_escalation, make_record
from tests.support.databases import Postgres
from tests.support.lives import Life

ESCALATION = {
    "id": "e1",
    "agent": "support-agent",
    "version": "v1",
    "rehearsal": False,
    "decision": '{"type":"refund_request","action":"refund","case":"ticket-991",'
    '"text":"my money, please \u00e9"}',
    "digest": "digest",
    "proposal": '{"refund":6200}',
    "proposal_digest": "asked",
    "asked_digest": "asked",
    "facts": "{}",
    "reasons": '[{"row":"consequence.1","condition":"consequence","route":"finance_lead",'
    '"observed":"6200","limit":"5000","sentence":"too much"}]',
    "state": "open",
    "created_at": "2026-11-22T19:50:10.123456Z",
    "case": "ticket-991",
    "type": "refund_request",
    "action": "refund",
}
ASK = {
    "id": "e1.1",
    "escalation_id": "e1",
    "position": 0,
    "route": "finance_lead",
    "state": "open",
    "holder": "ines",
    "with_owner": False,
    "tried": '["ines"]',
    "assigned_at": "2026-11-22T19:50:10.123456Z",
    "acknowledge_due_at": "2026-11-22T20:20:10.123456Z",
    "decide_due_at": "2026-11-23T03:50:10.123456Z",
    "reminders": 0,
    "due_at": "2026-11-22T20:20:10.123456Z",
}
MESSAGE = {
    "kind": "asked",
    "agent": "support-agent",
    "to": "ines",
    "contacts": '["mailto:ines@example.com"]',
    "subject": "a decision is waiting",
    "body": "please look",
    "escalation_id": "e1",
    "ask_id": "e1.1",
    "created_at": "2026-11-22T19:50:10.123456Z",
    "attempts": 0,
}
MESSAGES = (
    {**MESSAGE, "id": "m1", "state": "pending", "next_at": "2026-11-22T19:50:10.123456Z"},
    {**MESSAGE, "id": "m2", "state": "sent", "sent_at": "2026-11-22T19:51:10.123456Z"},
    {**MESSAGE, "id": "m3", "state": "failed", "error": "no such mailbox", "attempts": 9},
)


def write_row(connection: Connection, table: str, row: dict[str, Any]) -> None:
    """Write a row as the release of that schema would have, with nothing of this one's."""
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)


def bring_to(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill_in(connection: Connection) -> None:
    """Write an open escalation with its decision, its event and messages in each state."""
    write_row(connection, "escalations", ESCALATION)
    write_row(connection, "asks", ASK)
    at = {"assigned_at": ASK["assigned_at"]}
    write_row(connection, "assignments", {"ask_id": "e1.1", "person": "ines", **at})
    for message in MESSAGES:
        write_row(connection, "outbox", message)


@pytest.fixture
def first_store(empty_url: str) -> str:
    """Return the URL of a store of revision 0001 with rows in it."""
    place = place_of(empty_url)
    if place.engine == "sqlite":
        create_file(place.path)
    database = Database(place)
    with database.write() as connection:
        bring_to(connection, "0001")
        fill_in(connection)
    database.close()
    return empty_url


def test_a_store_of_the_first_release_keeps_its_escalations(first_store: str) -> None:
    store = open_store(first_store, migrate=True)
    try:
        assert store.schema_revision() == head_revision()
        found = store.escalation("e1")
        assert found is not None
        assert (found.agent, found.case, found.proposal) == (
            "support-agent",
            "ticket-991",
            {"refund": 6200},
        )
        assert found.decision.text == "my money, please \u00e9"
        ask = found.asks[0]
        assert (ask.holder, ask.tried, ask.due_at) == ("ines", ("ines",), after(minutes=30))
        assert (ask.delegate, ask.also, ask.acknowledged_until) == (None, (), None)
        assert store.open_load(["ines"], {"ines": NOW}) == {"ines": (1, 1)}
        assert store.due_escalations(after(minutes=30), limit=9) == ["e1"]
    finally:
        store.close()


def test_a_store_of_the_first_release_keeps_its_messages(first_store: str) -> None:
    store = open_store(first_store, migrate=True)
    try:
        newest_first = store.messages()
        assert [(one.id, one.state, one.attempts) for one in newest_first] == [
            ("m3", "failed", 9),
            ("m2", "sent", 0),
            ("m1", "pending", 0),
        ]
        assert newest_first[0].error == "no such mailbox"
        assert newest_first[1].sent_at == after(minutes=1)
        assert {(one.urgency, one.bundle, one.only_while) for one in newest_first} == {
            ("normal", None, None)
        }
        assert store.oldest_pending(NOW) == NOW
        assert {(one.escalation_id, one.ask_id) for one in newest_first} == {("e1", "e1.1")}
    finally:
        store.close()


def test_a_migrated_store_goes_on_as_a_new_one(first_store: str) -> None:
    store = open_store(first_store, migrate=True)
    try:
        [claimed] = store.claim_messages(NOW, limit=10, lease_s=60)
        store.message_sent(claimed.id, NOW)
        assert store.messages(state="pending") == []
        assert store.standings(NOW) == {}
        assert store.contact_records() == []
    finally:
        store.close()


DECISION = {
    "id": "d1",
    "agent": "support-agent",
    "version": "v1",
    "digest": "digest",
    "confidence": 0.9,
    "facts": "{}",
    "rows": '["consequence.1"]',
    "rehearsal": False,
    "escalation_id": "e1",
    "decided_at": "2026-11-22T19:50:10.123456Z",
}
VERSION = {
    "agent": "support-agent",
    "version": "v1",
    "source": "handraise.yaml",
    "text": "",
    "known": "[]",
    "registered_at": "2026-11-22T19:50:10.123456Z",
    "registered_seq": 1,
}


def test_what_the_record_commits_to_is_as_it_was(first_store: str) -> None:
    database = Database(place_of(first_store))
    with database.write() as connection:
        write_row(connection, "decisions", DECISION)
        write_row(connection, "table_versions", VERSION)
        bring_to(connection, "0003")
        events = connection.execute(text("SELECT * FROM events ORDER BY seq")).all()
        chain = connection.execute(text("SELECT * FROM chain")).all()
    database.close()

    store = open_store(first_store, migrate=True)
    try:
        with store.read() as connection:
            assert connection.execute(text("SELECT * FROM events ORDER BY seq")).all() == events
            assert connection.execute(text("SELECT * FROM chain")).all() == chain
        signer = Signer("a secret of the operation, long enough")
        report = Record(store, signer, ManualClock(NOW)).verify()
        assert report.flaws == ()
        assert store.changed_outside("e1") is None
        escalation, decision = store.escalation("e1"), store.decision_by_id("d1")
        version = store.newest_table("support-agent")
        assert escalation is not None
        assert decision is not None
        assert version is not None
        assert (escalation.familiarity, decision.familiarity, version.learned) == (None, None, None)
        assert version.calibration is None
        assert store.familiarity_over_time("support-agent") == []
    finally:
        store.close()


MADE_FROM = ("escalations", "asks", "assignments", "decisions", "events")
"""What a store at 0010 holds, and the later tables are filled from."""

FILLED = ("ask_spans", "inbox_lines", "search_words")


@pytest.fixture
def earlier_url(any_store: Store, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a URL where nothing is yet, on the engine of `any_store`."""
    if any_store.place.engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'earlier.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create(template="template0")
    yield url
    postgres.drop(url)


def test_what_pages_look_in_is_filled_from_a_store_of_the_release_before(
    any_store: Store, earlier_url: str
) -> None:
    live_through_everything(any_store)
    place = place_of(earlier_url)
    if place.engine == "sqlite":
        create_file(place.path)
    database = Database(place)
    with any_store.read() as found, database.write() as connection:
        bring_to(connection, "0010")
        for name in MADE_FROM:
            for row in found.execute(text(f"SELECT * FROM {name}")).mappings():
                write_row(connection, name, dict(row))
    database.close()

    store = open_store(earlier_url, migrate=True)
    try:
        for name in FILLED:
            wanted = rows_of(any_store, name)
            assert rows_of(store, name) == wanted
            assert len(wanted) > 3
        spans = rows_of(store, "ask_spans")
        assert {row["answer"] for row in spans} == {None, "approve", "change", "reject"}
        assert len(spans) > len({row["ask_id"] for row in spans})
    finally:
        store.close()


def live_through_everything(store: Store) -> None:
    """Keep asks that were asked again, closed, passed on, taken alone, that wait, and a drill."""
    life = Life("support_supervisor", "finance_lead", now=NOW)
    asked = life.move
    assert asked is not None
    store.create_escalation(make_record(asked.escalation), asked.escalation, list(asked.events), [])

    def keep() -> None:
        move = life.move
        assert move is not None
        store.change("e1", lambda _: (move, []))

    life.now = after(minutes=2)
    life.acknowledge("dana")
    keep()
    life.answer("dana")
    keep()
    life.now = after(minutes=9)
    life.change("ines", {"refund": 20}, 2, "support_supervisor")
    keep()
    life.wait(hours=4)
    keep()
    life.answer("marc", "reject")
    keep()
    for fields in ({}, {"rehearsal": True}, {"case": "Caf\u00e9 7"}, {"agent": "another-agent"}):
        made = make_escalation({}, {"route": "support_supervisor", "holder": "dana"}, **fields)
        store.create_escalation(make_record(made), made, [], [])
        if fields:
            store.change(made.id, lambda one: (approval(one, "ines", after(minutes=30)), []))
    assert store.escalations(agent=AGENT, limit=9)


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in the order of their keys; numbers of their own left out."""
    with store.read() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}")).mappings().all()
    rows = [{name: row[name] for name in row if name != "number"} for row in found]
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])
