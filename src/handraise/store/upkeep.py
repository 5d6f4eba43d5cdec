"""The schema's revision, migrations, and what an operator wants to know of or do with a store.

A revision is the four digits its file in `migrations/versions` begins with; they sort, so "older"
and "newer" need no history. Alembic is imported only when there is something to migrate.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, select, text

from handraise.errors import InputError, SchemaError
from handraise.store.database import (
    Database,
    Place,
    connect_sqlite,
    create_file,
    lock_by_name,
    place_of,
)
from handraise.store.driver_errors import MIGRATE_HINT, translated
from handraise.store.schema import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def head_revision() -> str:
    """Return the revision this release needs."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def schema_revision(db: Database) -> str:
    """Return the revision the database has.

    Raises:
        SchemaError: it has none: no migration has run yet.
    """
    with db.read() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def check_schema(db: Database) -> None:
    """Return when the database has the revision this release needs.

    Raises:
        SchemaError: it has an older one (migrate), or a newer one (update Handraise).
    """
    has, needs = schema_revision(db), head_revision()
    if has < needs:
        raise SchemaError(
            f"{db.place.name}: has schema {has}, this release needs {needs}", MIGRATE_HINT
        )
    if has > needs:
        raise SchemaError(
            f"{db.place.name}: has schema {has}, this release knows {needs}", "update handraise"
        )


def ping(db: Database) -> None:
    """Return when the database answers.

    Raises:
        StoreUnavailableError: it does not.
    """
    with db.read() as connection:
        connection.execute(select(1))


def migrate(url: str) -> None:
    """Bring the database to this release's revision; make the SQLite file if there is none.

    Any number of processes may do so at once: one migrates, the others wait and find it done.

    Raises:
        SettingsError: the URL, or the folder of the file, is not usable.
        SchemaError: the database is newer than this release.
        StoreUnavailableError: it cannot be reached or written.
    """
    place = place_of(url)
    if place.engine == "sqlite":
        create_file(place.path)
    db = Database(place)
    try:
        if _revision(db) != head_revision():
            with db.write() as connection:
                lock_by_name(connection, "migrate")
                _upgrade(connection)
        check_schema(db)
    finally:
        db.close()


def _revision(db: Database) -> str | None:
    with db.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
    return schema_revision(db)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with contextlib.suppress(CommandError):  # a revision it does not know; `check_schema` says so
        command.upgrade(config, "head")


def describe(url: str) -> dict[str, Any]:
    """Return what is there: engine, place (no password), revision, head, rows of each table.

    The revision is None, and there are no rows, before the first migration.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    place = place_of(url)
    answer: dict[str, Any] = {"engine": place.engine, "place": place.name, "head": head_revision()}
    if place.engine == "sqlite" and not place.path.is_file():
        return {**answer, "revision": None, "rows": {}}
    db = Database(place)
    try:
        revision = _revision(db)
        return {**answer, "revision": revision, "rows": _rows(db) if revision else {}}
    finally:
        db.close()


def _rows(db: Database) -> dict[str, int]:
    with db.read() as connection:
        there = set(inspect(connection).get_table_names())
        return {
            table.name: int(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
            )
            for table in metadata.sorted_tables
            if table.name in there
        }


def size_bytes(db: Database) -> int:
    """Return how much room the database takes, in bytes; of SQLite without what is yet to be moved.

    What its log holds is moved into the file by and by.
    """
    with db.read() as connection:
        if connection.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        return int(
            connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
        )


def backup(url: str, target: Path) -> None:
    """Copy a SQLite store, as it is at one instant and while it is in use, to a new file.

    Raises:
        InputError: the store is on PostgreSQL, whose own tools do this, or `target` exists.
        SchemaError: there is no store.
    """
    place = place_of(url)
    if place.engine == "postgresql":
        raise InputError("a store on PostgreSQL is backed up by PostgreSQL", "use pg_dump")
    if target.exists():
        raise InputError(f"{target}: exists already", "name a new file")
    if not place.path.is_file():
        raise SchemaError(f"{place.path}: there is no store yet", MIGRATE_HINT)
    create_file(target)
    try:
        _copy(place, target)
    except BaseException:
        target.unlink()
        raise


def _copy(place: Place, target: Path) -> None:
    with (
        translated(),
        contextlib.closing(connect_sqlite(place.path)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
