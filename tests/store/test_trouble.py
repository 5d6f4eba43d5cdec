"""When the database cannot: try again, migrate, or neither; and never a customer's words."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import exc

from handraise.errors import SchemaError, StoreError, StoreUnavailableError
from handraise.store import Store, open_store
from handraise.store.driver_errors import translation
from tests.store.records import NOW, make_escalation, make_message, make_record
from tests.support.databases import Postgres, raw

DIE_AFTER_CREATING = textwrap.dedent(
    """
    import os, signal, sys
    from handraise.store import open_store
    from tests.store.records import make_escalation, make_event, make_message, make_record

    store = open_store(sys.argv[1])
    escalation = make_escalation()
    message = make_message(escalation)
    store.create_escalation(make_record(escalation), escalation, [make_event(escalation)], [message])
    print(escalation.id, message.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    """
)


def test_what_was_created_outlives_a_killed_process(any_store: Store, any_url: str) -> None:
    died = subprocess.run(
        [sys.executable, "-c", DIE_AFTER_CREATING, any_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL
    escalation_id, message_id = died.stdout.split()
    kept = any_store.escalation(escalation_id)
    assert kept is not None
    assert kept.state == "open"
    [message] = any_store.claim_messages(NOW, limit=10, lease_s=60)
    assert message.id == message_id


def test_a_read_goes_on_while_another_writes(any_store: Store) -> None:
    any_store.heartbeat("worker", NOW)
    with any_store.write() as connection:
        connection.exec_driver_sql("DELETE FROM heartbeats")
        assert any_store.last_heartbeat("worker") == NOW
    assert any_store.last_heartbeat("worker") is None


def test_an_error_inside_a_write_takes_everything_back(any_store: Store) -> None:
    class Unexpected(BaseException):
        pass

    def fail() -> None:
        with any_store.write() as connection:
            connection.exec_driver_sql("DELETE FROM heartbeats")
            raise Unexpected

    any_store.heartbeat("worker", NOW)
    with pytest.raises(Unexpected):
        fail()
    assert any_store.last_heartbeat("worker") == NOW


def test_a_locked_file_is_try_again(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(store.place.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match=r"locked.*try again"):
        store.heartbeat("worker", NOW)
    other.execute("ROLLBACK")
    other.close()
    store.heartbeat("worker", NOW)
    store.close()


def test_a_full_disk_is_try_again_and_keeps_nothing_by_halves(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    escalation = make_escalation()
    message = make_message(escalation, body="x" * 100_000)
    with pytest.raises(StoreUnavailableError, match="full"):
        store.create_escalation(make_record(escalation), escalation, [], [message])
    assert store.escalation(escalation.id) is None
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert store.create_escalation(make_record(escalation), escalation, [], [message]) is None
    store.close()


def test_a_read_only_file_is_try_again(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailableError, match="readonly"):
        store.heartbeat("worker", NOW)
    store.close()


def test_a_removed_file_is_not_written_to(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    store.place.path.unlink()
    with pytest.raises(StoreUnavailableError, match=r"removed or replaced; stop, put it back"):
        store.heartbeat("worker", NOW)
    with pytest.raises(StoreUnavailableError, match="removed or replaced"):
        store.ping()
    store.close()


def test_a_file_that_another_took_the_place_of_is_not_written_to(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    path = store.place.path
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    path.rename(path.with_name("old.db"))
    copy.rename(path)
    with pytest.raises(StoreUnavailableError, match="removed or replaced"):
        store.heartbeat("worker", NOW)
    path.with_name("old.db").rename(path)
    store.heartbeat("worker", NOW)
    store.close()


def test_a_missing_table_or_column_is_a_migration(any_store: Store) -> None:
    raw(any_store, 'ALTER TABLE outbox RENAME COLUMN "error" TO mistake')
    with pytest.raises(SchemaError, match="handraise store migrate"):
        any_store.messages()
    with pytest.raises(SchemaError, match="handraise store migrate"):
        any_store.add_messages([make_message()])
    raw(any_store, "DROP TABLE heartbeats")
    with pytest.raises(SchemaError, match="handraise store migrate"):
        any_store.heartbeat("worker", NOW)


def test_a_server_that_is_not_there_is_try_again() -> None:
    with pytest.raises(StoreUnavailableError, match="try again"):
        open_store("postgresql://nobody@127.0.0.1:1/none")


def test_a_lost_connection_is_try_again_and_then_works(postgres: Postgres) -> None:
    url = postgres.create()
    store = open_store(url)

    def cut_off() -> None:
        with store.write() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailableError, match="try again"):
        cut_off()
    store.heartbeat("worker", NOW)
    store.close()
    postgres.drop(url)


def test_connections_that_died_while_idle_are_replaced(postgres: Postgres) -> None:
    url = postgres.create()
    store, killer = open_store(url), open_store(url)
    store.ping()
    with killer.read() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    store.heartbeat("worker", NOW)
    store.close()
    killer.close()
    postgres.drop(url)


def test_a_row_that_stays_locked_is_try_again(postgres: Postgres) -> None:
    url = postgres.create()
    store, other = open_store(url), open_store(url)
    store.heartbeat("worker", NOW)

    def wait_in_vain() -> None:
        with other.write() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 1")
            connection.exec_driver_sql("UPDATE heartbeats SET name = name")

    with store.write() as connection:
        connection.exec_driver_sql("UPDATE heartbeats SET name = name")
        with pytest.raises(StoreUnavailableError, match="lock timeout"):
            wait_in_vain()
    store.close()
    other.close()
    postgres.drop(url)


def test_the_words_of_a_customer_never_come_with_an_error(any_store: Store) -> None:
    escalation = make_escalation(reason="my secret words", outcome="approved", resolved_by="ines")
    with pytest.raises(StoreError) as refused:
        any_store.create_escalation(make_record(escalation), escalation, [], [])
    error: BaseException | None = refused.value
    assert "check constraint" in str(error).lower()
    while error is not None:
        assert "my secret words" not in str(error)
        error = error.__cause__


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exc.TimeoutError(), StoreUnavailableError),
        (sqlite3.OperationalError("odd"), StoreError),
        (exc.InvalidRequestError("odd"), StoreError),
        (exc.DBAPIError("SELECT 1", {}, sqlite3.DatabaseError("odd")), StoreError),
        (
            exc.DBAPIError("SELECT 1", {}, RuntimeError("odd"), connection_invalidated=True),
            StoreUnavailableError,
        ),
        (exc.DBAPIError("SELECT 1", {}, RuntimeError("odd")), StoreError),
    ],
)
def test_every_error_of_a_driver_becomes_one_of_ours(
    error: Exception, kind: type[StoreError]
) -> None:
    assert type(translation(error)) is kind
