"""Opening a store: its URL, its file, its driver, and what an operator asks of it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from handraise.errors import InputError, SchemaError, SettingsError, StoreUnavailableError
from handraise.store import Store, backup, describe, migrate, open_store
from handraise.store.database import place_of
from tests.store.records import NOW, make_escalation, make_record
from tests.support.databases import Postgres


@pytest.mark.parametrize(
    "url",
    [
        "",
        "handraise.db",
        "mysql://root@localhost/handraise",
        "postgres://root@localhost/handraise",
        "postgresql+psycopg2://root@localhost/handraise",
        "postgresql://root@localhost:port/handraise",
        "sqlite:///:memory:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///file.db?mode=memory",
        "sqlite://host/file.db",
    ],
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:///path or postgresql://"):
        open_store(url)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_password_never_shows(scheme: str) -> None:
    url = f"{scheme}://me:s3cret@127.0.0.1:1/none"
    with pytest.raises((SettingsError, StoreUnavailableError)) as refused:
        open_store(url)
    assert "s3cret" not in str(refused.value)


def test_a_place_is_told_without_its_password() -> None:
    assert place_of("postgresql://me:s3cret@host/none").name == (
        "postgresql+psycopg://me:***@host/none"
    )


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"pip install \"handraise\[postgres\]\""):
        open_store("postgresql://localhost/none")


def test_sqlite_needs_no_driver_of_postgresql(sqlite_url: str) -> None:
    script = (
        "import sys; from handraise.store import open_store; "
        f"open_store({sqlite_url!r}).close(); sys.exit('psycopg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_no_file_is_made_unless_it_is_migrated(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no store yet.*handraise store migrate"):
        open_store(f"sqlite:///{tmp_path}/store.db")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        migrate(f"sqlite:///{tmp_path}/missing/store.db")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match="Not a directory"):
        migrate(f"sqlite:///{tmp_path}/file/store.db")


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db", migrate=True)
    store.heartbeat("worker", NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


@pytest.mark.parametrize("name", ["st%20ore.db", "a b#c;d.db", "größe.db"])
def test_a_file_may_have_an_odd_name(tmp_path: Path, name: str) -> None:
    open_store(f"sqlite:///{tmp_path}/{name}", migrate=True).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_path_is_taken_from_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///store.db", migrate=True).close()
    assert (tmp_path / "store.db").is_file()


def test_every_connection_is_durable_and_keeps_foreign_keys(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    for connect in (store.read, store.write):
        with connect() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 10_000,
        }
    store.close()


def test_a_commit_is_durable_whatever_the_server_is_set_to(postgres: Postgres) -> None:
    url = postgres.create()
    store = open_store(f"{url}&application_name=theirs")
    with store.write() as connection:
        settings = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("synchronous_commit", "lock_timeout", "application_name")
        }
    assert settings == {
        "synchronous_commit": "on",
        "lock_timeout": "10s",
        "application_name": "theirs",
    }
    store.close()
    postgres.drop(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("handraise: 1\n" * 500)
    with pytest.raises(Exception, match="not a database") as refused:
        open_store(f"sqlite:///{path}")
    assert type(refused.value).__name__ == "StoreError"


def test_a_description_tells_what_is_there(any_store: Store, any_url: str) -> None:
    escalation = make_escalation({}, {})
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    told = describe(any_url)
    assert told["engine"] == any_store.place.engine
    assert told["place"] == any_store.place.name
    assert {table: rows for table, rows in told["rows"].items() if rows} == {
        "chain": 1,
        "decisions": 1,
        "escalations": 1,
        "asks": 2,
        "assignments": 2,
        "ask_spans": 2,
        "inbox_lines": 2,
        "search_words": 1,
    }


def test_a_backup_is_whole_and_private_while_the_store_is_in_use(
    sqlite_url: str, tmp_path: Path
) -> None:
    store, target = open_store(sqlite_url), tmp_path / "backup.db"
    escalation = make_escalation()
    store.create_escalation(make_record(escalation), escalation, [], [])
    backup(sqlite_url, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = open_store(f"sqlite:///{target}")
    assert copy.escalation(escalation.id) == escalation
    copy.close()
    store.close()


def test_a_backup_overwrites_nothing(sqlite_url: str, tmp_path: Path) -> None:
    target = tmp_path / "precious.db"
    target.write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        backup(sqlite_url, target)
    assert target.read_text() == "precious"


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no store yet"):
        backup(f"sqlite:///{tmp_path}/missing.db", tmp_path / "backup.db")
    (tmp_path / "store.db").write_text("no database " * 500)
    with pytest.raises(Exception, match="not a database"):
        backup(f"sqlite:///{tmp_path}/store.db", tmp_path / "backup.db")
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_postgresql_is_backed_up_by_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pg_dump"):
        backup("postgresql://localhost/none", tmp_path / "backup.db")


def test_a_description_of_nothing_makes_nothing(tmp_path: Path) -> None:
    told = describe(f"sqlite:///{tmp_path}/store.db")
    assert (told["revision"], told["rows"]) == (None, {})
    assert list(tmp_path.iterdir()) == []
