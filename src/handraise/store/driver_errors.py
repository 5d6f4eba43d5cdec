"""What a driver's error means to the rest of the system; the only place that knows drivers' codes.

Try again (locked, full, read-only, unreachable), migrate (a table or column is missing), or
neither. Messages carry what the driver says in general, never a row's values: those are customers'.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType

from sqlalchemy import exc

from handraise.errors import SchemaError, StoreError, StoreUnavailableError

MIGRATE_HINT = "run `handraise store migrate --store URL`"
TRY_AGAIN_HINT = "try again; see that the database runs and has room"

_SQLITE_TRY_AGAIN = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
# Classes of SQLSTATE: connection, rollback (deadlock), resources (disk full), intervention
# (shutdown, timeout), system; then single states: read-only, lock timeout.
_POSTGRES_TRY_AGAIN = ("08", "40", "53", "57", "58", "25006", "55P03")
# Undefined table, column, schema, function.
_POSTGRES_MIGRATE = ("42P01", "42703", "3F000", "42883")


class translated:  # noqa: N801 - reads as a statement: `with translated():`
    """Turns a driver's error inside the block into one of ours; other errors pass."""

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise our error in place of the driver's, whose text may quote a row."""
        if isinstance(error, exc.SQLAlchemyError | sqlite3.Error):
            raise translation(error) from None


def translation(error: Exception) -> StoreError:
    """Return our error for a driver's or SQLAlchemy's."""
    if isinstance(error, exc.TimeoutError):
        return StoreUnavailableError(
            "the database is busy: no connection became free", TRY_AGAIN_HINT
        )
    driver = getattr(error, "orig", None) or error
    if isinstance(driver, sqlite3.Error):
        return _from_sqlite(driver)
    if isinstance(error, exc.DBAPIError):
        return _from_postgres(driver, lost=error.connection_invalidated)
    return StoreError(f"the store cannot do this: {type(error).__name__}")


def _from_sqlite(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    message = f"sqlite: {error}"
    if code in _SQLITE_TRY_AGAIN:
        return StoreUnavailableError(message, TRY_AGAIN_HINT)
    if "no such table" in message or "no such column" in message or "has no column" in message:
        return SchemaError(message, MIGRATE_HINT)
    return StoreError(message)


def _from_postgres(error: BaseException, *, lost: bool) -> StoreError:
    state: str | None = getattr(error, "sqlstate", None)
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    message = f"postgresql: {primary or _first_line(error)}"
    if state is not None and state.startswith(_POSTGRES_MIGRATE):
        return SchemaError(message, MIGRATE_HINT)
    unreachable = state is None and type(error).__name__ == "OperationalError"
    if lost or unreachable or (state or "").startswith(_POSTGRES_TRY_AGAIN):
        return StoreUnavailableError(message, TRY_AGAIN_HINT)
    return StoreError(message)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
