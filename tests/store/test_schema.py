"""The schema: migrations make what the tables say, and impossible rows are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url

from handraise.errors import SchemaError, StoreError
from handraise.store import Store, describe, head_revision, migrate, open_store
from handraise.store.schema import metadata
from handraise.store.upkeep import MIGRATIONS
from tests.store.records import make_escalation, make_event, make_message, make_record, make_work
from tests.support.databases import raw


def index_text(index: Any) -> str:
    where = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return f"{index['name']} {index['column_names']} {index['unique']} {where}"


def is_of_search(name: str) -> bool:
    return name.startswith(("search_index", "ix_search_words_words"))


def shape_of(connection: Connection) -> dict[str, Any]:
    """Return all that a database knows of our tables."""
    seen = inspect(connection)
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"])
                for column in seen.get_columns(table)
            ],
            "primary key": seen.get_pk_constraint(table),
            "foreign keys": sorted(seen.get_foreign_keys(table), key=str),
            "unique": sorted(seen.get_unique_constraints(table), key=str),
            "checks": sorted(seen.get_check_constraints(table), key=str),
            "indexes": sorted(map(index_text, seen.get_indexes(table))),
        }
        for table in metadata.tables
    }


@pytest.fixture
def second_empty(
    empty_url: str, tmp_path: Any, request: pytest.FixtureRequest
) -> Iterator[Connection]:
    """Return a connection to one more empty database of the same engine."""
    if empty_url.startswith("sqlite"):
        engine = create_engine(f"sqlite:///{tmp_path / 'second.db'}")
        url = None
    else:
        url = request.getfixturevalue("postgres").create(template="template0")
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()
    if url:
        request.getfixturevalue("postgres").drop(url)


def test_migrations_make_exactly_what_the_tables_say(
    empty_url: str, second_empty: Connection
) -> None:
    store = open_store(empty_url, migrate=True)
    metadata.create_all(second_empty)
    with store.read() as connection:
        # What is searched with stands beside the tables: autogenerate knows nothing of it.
        opts = {"include_object": lambda _object, name, *_: not is_of_search(name)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
        assert shape_of(connection) == shape_of(second_empty)
    store.close()


def test_the_revision_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [head_revision()]


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    assert describe(empty_url)["revision"] is None
    assert describe(empty_url)["rows"] == {}
    migrate(empty_url)
    once = describe(empty_url)
    migrate(empty_url)
    assert describe(empty_url) == once
    assert once["revision"] == once["head"] == head_revision()
    assert set(once["rows"]) == set(metadata.tables)


def test_a_store_that_was_never_migrated_is_refused(empty_url: str) -> None:
    with pytest.raises(SchemaError, match="handraise store migrate"):
        open_store(empty_url)


@pytest.mark.parametrize(("revision", "hint"), [("0000", "migrate"), ("9999", "update handraise")])
def test_another_schema_is_refused(
    any_store: Store, any_url: str, revision: str, hint: str
) -> None:
    raw(any_store, "UPDATE alembic_version SET version_num = ?", revision)
    with pytest.raises(SchemaError, match=f"has schema {revision}.*{hint}"):
        open_store(any_url)


def test_a_newer_schema_is_not_migrated(any_store: Store, any_url: str) -> None:
    raw(any_store, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="update handraise"):
        migrate(any_url)
    assert any_store.schema_revision() == "9999"


IMPOSSIBLE = {
    "an escalation in no known state": "UPDATE escalations SET state = 'lost'",
    "an end without an outcome": "UPDATE escalations SET state = 'resolved', resolved_at = 'now', resolved_by = 'ines'",
    "an end without an instant": "UPDATE escalations SET state = 'resolved', outcome = 'approved', resolved_by = 'ines'",
    "an outcome while open": "UPDATE escalations SET outcome = 'approved', resolved_by = 'ines'",
    "an unknown outcome": "UPDATE escalations SET state = 'resolved', outcome = 'proceed', resolved_at = 'now', resolved_by = 'ines'",
    "an approval by nobody": "UPDATE escalations SET state = 'resolved', outcome = 'approved', resolved_at = 'now'",
    "somebody who ended what is open": "UPDATE escalations SET resolved_by = 'ines'",
    "an ask in no known state": "UPDATE asks SET state = 'lost', due_at = NULL",
    "an ask held by nobody": "UPDATE asks SET holder = ''",
    "an ask without a holder": "UPDATE asks SET holder = NULL",
    "an open ask that is never due": "UPDATE asks SET due_at = NULL",
    "a closed ask that is due": "UPDATE asks SET state = 'closed'",
    "an answered ask without an answer": "UPDATE asks SET state = 'answered', due_at = NULL",
    "an ask of nothing": "UPDATE asks SET escalation_id = 'nothing'",
    "reminders below zero": "UPDATE asks SET reminders = -1",
    "a message in no known state": "UPDATE outbox SET state = 'lost'",
    "a message to nobody": "UPDATE outbox SET \"to\" = ''",
    "a pending message that is never sent": "UPDATE outbox SET next_at = NULL",
    "a sent message without an instant": "UPDATE outbox SET state = 'sent', next_at = NULL",
    "a failed message that is still due": "UPDATE outbox SET state = 'failed'",
    "a message about nothing": "UPDATE outbox SET escalation_id = 'nothing'",
    "an event of nothing": "UPDATE events SET escalation_id = 'nothing'",
    "a decision that led to nothing": "UPDATE decisions SET escalation_id = 'nothing'",
    "work in no known state": "UPDATE works SET state = 'lost', due_at = NULL",
    "open work that is never due": "UPDATE works SET due_at = NULL",
    "ended work that is due": "UPDATE works SET state = 'done'",
    "stalled work nobody hears of": "UPDATE works SET state = 'stalled', due_at = NULL",
    "failed work nobody hears of": "UPDATE works SET state = 'failed', due_at = NULL",
    "work that may be silent for ever": "UPDATE works SET silent_after_s = NULL",
    "work that may not be silent": "UPDATE works SET silent_after_s = 0",
    "one key twice": "UPDATE decisions SET key = 'k'",
    "a secret that is empty": "INSERT INTO agent_keys (id, agent, label, secret_hash, created_at) VALUES ('k', 'a', '', '', 'now')",
}


@pytest.mark.parametrize("statement", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_the_schema_refuses(any_store: Store, statement: str) -> None:
    escalation = make_escalation()
    any_store.create_escalation(
        make_record(escalation), escalation, [make_event(escalation)], [make_message(escalation)]
    )
    any_store.record_decisions([make_record()])
    any_store.start_work(make_work())
    with pytest.raises(StoreError) as refused:
        raw(any_store, statement)
    assert type(refused.value) is StoreError
    assert any_store.escalation(escalation.id) == escalation
