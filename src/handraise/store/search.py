"""Searching for escalations by words, with what each database has for that: FTS5, or a GIN index.

What is searched for has been folded and parted by `handraise.core.searching`, the same on both
databases. INVARIANT: the words stand in the transaction that writes the escalation, and are gone
in the one that erases it. A SQLite without FTS5 keeps no words, finds nothing, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, column, exc, or_, select, text
from sqlalchemy import table as sql_table

from handraise.core.searching import Asked, searched
from handraise.model import Escalation, Sought
from handraise.store.columns import clean
from handraise.store.database import Database
from handraise.store.inserts import run
from handraise.store.schema import asks, assignments
from handraise.store.schema import search_words as table

_ADDING = {
    "sqlite": "INSERT INTO search_words (escalation_id, agent, practice, words)"
    " VALUES (?, ?, ?, ?)",
    "postgresql": "INSERT INTO search_words (escalation_id, agent, practice, words)"
    " VALUES (%s, %s, %s, %s)",
}
_MATCHES = {
    "sqlite": "search_index MATCH :asked",
    "postgresql": "array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:asked AS tsquery)",
}
_INDEX = sql_table("search_index", column("rowid"))


class Found(Struct, frozen=True):
    """What a search has found.

    Attributes:
        ids: of escalations, what began last first.
        last: the number behind which the next page begins; None after the last one.
        is_there: whether this database can search at all.
    """

    ids: tuple[str, ...] = ()
    last: int | None = None
    is_there: bool = True


def search(
    db: Database, asked: Asked, sought: Sought, *, before: int | None = None, limit: int
) -> Found:
    """Return the escalations in which every word that is asked for stands.

    Of the agents of which a person may read everything, all are found; of their others those that
    they were asked in. Of what is sought only the agents and `practice` count.

    Args:
        db: the opened store.
        asked: the words.
        sought: who searches, and what they may read.
        before: the `last` of the page before.
        limit: at most so many.
    """
    with db.read() as connection:
        if not is_there(connection):
            return Found(is_there=False)
        if not asked.words:
            return Found()
        engine = connection.dialect.name
        found, number = _finding(engine)
        found = found.where(_may_read(sought))
        if sought.practice is not None:
            found = found.where(table.c.practice == sought.practice)
        if before is not None:
            found = found.where(number < before)
        found = found.order_by(number.desc()).limit(limit + 1)
        rows = connection.execute(found, {"asked": _query(asked, engine)}).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Found(tuple(row.escalation_id for row in rows), rows[-1].number if more else None)


def _finding(engine: str) -> tuple[Select[Any], ColumnElement[int]]:
    """Return what finds `:asked`, and the number by which it comes newest first along an index."""
    number: Any = table.c.number if engine == "postgresql" else _INDEX.c.rowid
    found = select(number.label("number"), table.c.escalation_id)
    if engine == "sqlite":
        found = found.join_from(_INDEX, table, table.c.number == _INDEX.c.rowid)
    return found.where(text(_MATCHES[engine])), number


def _may_read(sought: Sought) -> ColumnElement[bool]:
    """Return the condition that an escalation is one that the person may read."""
    was_asked = (
        select(asks.c.escalation_id)
        .join_from(assignments, asks)
        .where(assignments.c.person == sought.person)
        .where(asks.c.escalation_id == table.c.escalation_id)
        .exists()
    )
    only = sought.agents if sought.agent is None else sought.agents & {sought.agent}
    read, others = sorted(sought.read & only), sorted(only - sought.read)
    if not others:
        return table.c.agent.in_(read)
    return or_(table.c.agent.in_(read), table.c.agent.in_(others) & was_asked)


def is_there(connection: Connection) -> bool:
    """Whether this database can search: PostgreSQL can, SQLite where it was built with FTS5."""
    if connection.dialect.name == "postgresql":
        return True
    try:
        with run(connection, "SELECT 1 FROM search_index LIMIT 0"):
            return True
    except exc.DBAPIError:
        return False


def note_words(
    connection: Connection, moved: Sequence[tuple[Escalation | None, Escalation]]
) -> None:
    """Write by which words escalations are found, where that is new or another now.

    Args:
        connection: of a write transaction in which the escalations have been written.
        moved: each as it was (None for a new one) and as it is now.
    """
    fresh: list[tuple[Any, ...]] = []
    for before, after in moved:
        if before is not None and _is_alike(before, after):
            continue
        words = clean(searched(after))
        if before is not None:
            forget_words(connection, [after.id])
        if words:
            fresh.append((clean(after.id), clean(after.agent), after.rehearsal, words))
    if not fresh or not is_there(connection):
        return
    sqlite = connection.dialect.name == "sqlite"
    for row in fresh:
        with run(connection, _ADDING[connection.dialect.name], [row]) as cursor:
            number = cursor.lastrowid if sqlite else None
        if sqlite:
            adding = "INSERT INTO search_index (rowid, words) VALUES (?, ?)"
            with run(connection, adding, [(number, row[3])]):
                pass


def _is_alike(before: Escalation, after: Escalation) -> bool:
    return (
        before.proposal == after.proposal
        and before.reasons == after.reasons
        and before.erased_at == after.erased_at
    )


def forget_words(connection: Connection, ids: Collection[str], *, wholly: bool = False) -> None:
    """Let escalations be found no more.

    Args:
        connection: of a write transaction.
        ids: which.
        wholly: rewrite the index too, so that nothing of their words stays in the database's files.
    """
    which = table.c.escalation_id.in_(ids)
    if connection.dialect.name == "sqlite":
        if not is_there(connection):
            return
        rows = connection.execute(select(table.c.number, table.c.words).where(which)).all()
        taking = "INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', ?, ?)"
        for row in rows:
            with run(connection, taking, [(row.number, row.words)]):
                pass
        if wholly and rows:
            with run(connection, "INSERT INTO search_index (search_index) VALUES ('optimize')"):
                pass
    connection.execute(table.delete().where(which))


def _query(asked: Asked, engine: str) -> str:
    """Return the words as the database takes them; they hold nothing but letters and digits."""
    if engine == "sqlite":
        star, join, quote = "*", " ", '"'
    else:
        star, join, quote = ":*", " & ", "'"
    words = [f"{quote}{word}{quote}" for word in asked.words]
    if asked.is_begun and len(asked.words[-1]) > 1:
        words[-1] += star
    return join.join(words)
