"""One opened database: its connections, and everything the two engines do differently.

SQLite has one writing connection, taken in turn, whose transactions begin with `BEGIN IMMEDIATE`,
and reading connections beside it. PostgreSQL has one pool; whoever changes a row locks it first. A
read is a single statement outside a transaction, so it sees one consistent state. Any number of
threads may use a store, but no process that was forked after it was opened.

INVARIANT: nothing is read from or written to a SQLite file that no longer stands at its path.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import QueuePool

from handraise.errors import SchemaError, SettingsError, StoreUnavailableError
from handraise.store.driver_errors import MIGRATE_HINT, translated

BUSY_TIMEOUT_S = 10
"""How long a write waits for its turn before it is "try again"."""

GONE_HINT = "stop, put it back, start again"
URL_HINT = "write sqlite:///path or postgresql://user@host/database"
KnownTypes = Callable[[str, str], Collection[str]]
"""Returns the situation types that a version of an agent's table knows."""

_MOST_READERS = 50
_MOST_POSTGRES = 20

# A server that vanishes is noticed within a minute, not after the system's two hours.
_POSTGRES = {
    "application_name": "handraise",
    "connect_timeout": BUSY_TIMEOUT_S,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}


class Place(Struct, frozen=True):
    """Where a store is: a SQLite file or a PostgreSQL database.

    Attributes:
        engine: which of the two.
        path: the file, for SQLite.
        url: the address, for PostgreSQL; its password never shows in `name`.
    """

    engine: Literal["sqlite", "postgresql"]
    path: Path = Path()
    url: URL | None = None

    @property
    def name(self) -> str:
        """The place as people read it, without a password."""
        return str(self.path) if self.url is None else self.url.render_as_string(hide_password=True)


def place_of(url: str) -> Place:
    """Return the place a store's URL names.

    Raises:
        SettingsError: it is neither a SQLite file nor a PostgreSQL database.
    """
    scheme, _, rest = url.partition("://")
    if (
        scheme == "sqlite"
        and rest.startswith("/")
        and rest[1:] not in {"", ":memory:"}
        and "?" not in rest
    ):
        return Place("sqlite", path=Path(rest[1:]).absolute())
    if scheme == "postgresql":
        try:
            return Place("postgresql", url=make_url(url).set(drivername="postgresql+psycopg"))
        except (exc.ArgumentError, ValueError):
            raise SettingsError("the store's URL cannot be read", URL_HINT) from None
    raise SettingsError(f'no store can be kept at "{scheme}:"', URL_HINT)


class Database:
    """One opened database."""

    def __init__(self, place: Place) -> None:
        """Prepare the engines; the first `read` or `write` connects.

        Raises:
            SettingsError: PostgreSQL's driver is not installed.
            SchemaError: there is no SQLite file yet.
        """
        self.place = place
        self.known_types: KnownTypes = _no_types
        """What may be counted by its name; the services say, the store reads no tables."""
        self._process = os.getpid()
        self._file: tuple[int, int] | None = None
        if place.url is not None:
            self._writer, self._reader = _postgres_engines(place.url)
        else:
            self._file = _identity(place.path)
            if self._file is None or not place.path.is_file():
                raise SchemaError(f"{place.path}: there is no store yet", MIGRATE_HINT)
            self._writer, self._reader = _sqlite_engines(place.path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection whose statements each see one committed state."""
        self._refuse_fork()
        self._refuse_another_file()
        with translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection whose statements all see one committed state, for as long as it lasts.

        On SQLite the file grows meanwhile: what is written cannot be put in its place yet.
        """
        self._refuse_fork()
        self._refuse_another_file()
        with translated(), self._reader.connect() as connection:
            if self.place.engine == "sqlite":
                connection.exec_driver_sql("BEGIN")
                yield connection
            else:
                yield connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction, committed unless an error leaves the block."""
        self._refuse_fork()
        self._refuse_another_file()
        with translated(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; the store cannot be used afterwards."""
        if self._process == os.getpid():
            self._writer.dispose()
            self._reader.dispose()

    def _refuse_fork(self) -> None:
        # Using or even closing an inherited SQLite connection can destroy the file.
        if self._process != os.getpid():
            raise StoreUnavailableError(
                "this store was opened before the process forked", "open it in the child process"
            )

    def _refuse_another_file(self) -> None:
        # SQLite would go on with the removed file, and all of it would be lost at the end.
        if self._file is not None and _identity(self.place.path) != self._file:
            raise StoreUnavailableError("the database file was removed or replaced", GONE_HINT)


def _no_types(_agent: str, _version: str) -> Collection[str]:
    return ()


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands at a path; None when there is none, or it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def lock_by_name(connection: Connection, name: str) -> None:
    """Hold the lock of that name until the transaction ends; SQLite's writer has them all."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext(%s))", (f"handraise.{name}",)
        )


def create_file(path: Path) -> None:
    """Create an empty SQLite file that only its owner may read, unless it is there.

    Raises:
        SettingsError: its folder is missing.
        StoreUnavailableError: it cannot be written.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such folder", "create it first") from None
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error.strerror}") from None


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """Return a driver's connection to an existing file, set up as every connection must be."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _sqlite_engines(path: Path) -> tuple[Engine, Engine]:
    options: dict[str, Any] = {
        "creator": lambda: connect_sqlite(path),
        "pool_timeout": BUSY_TIMEOUT_S,
        "hide_parameters": True,
    }
    writer = create_engine("sqlite://", pool_size=1, max_overflow=0, poolclass=QueuePool, **options)
    reader = create_engine(
        "sqlite://", pool_size=5, max_overflow=_MOST_READERS, poolclass=QueuePool, **options
    )
    event.listen(writer, "begin", _begin_immediate)
    return writer, reader


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgres_engines(url: URL) -> tuple[Engine, Engine]:
    try:
        writer = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=5,
            max_overflow=_MOST_POSTGRES,
            pool_timeout=BUSY_TIMEOUT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={name: on for name, on in _POSTGRES.items() if name not in url.query},
        )
    except ImportError:
        raise SettingsError(
            "PostgreSQL's driver is not installed", 'run `pip install "handraise[postgres]"`'
        ) from None
    event.listen(writer, "connect", _set_up_postgres)
    return writer, writer.execution_options(isolation_level="AUTOCOMMIT")


def _set_up_postgres(connection: Any, _record: Any) -> None:
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S}s'")
    # What was kept outlives a crash of the server, even one that is set up otherwise.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
