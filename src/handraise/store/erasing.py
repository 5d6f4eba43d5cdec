"""Personal data erased on request: what was decided about goes, who decided it and when stays.

Erased are the words, contents and values of an ended escalation wherever they stand: in its row, in
the answers, in the details of its events, in its messages, in its decisions, in what was noted
with its grant, of how it turned out or in an audit, in what was said of its situation, and among
the words by which it is found. Digests stay, so that the record still holds, a key still finds its
decision, and what was rejected is not asked again.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from handraise.core.erasing import GONE, bare_of
from handraise.core.record import REDACTED, content_digest_of
from handraise.core.redaction import KEPT, kept_of
from handraise.errors import EscalationError, NotFoundError, StoreUnavailableError
from handraise.model import ChainedEvent, Escalation, Event
from handraise.store.columns import short
from handraise.store.database import Database, connect_sqlite
from handraise.store.driver_errors import translated
from handraise.store.escalations import load_many
from handraise.store.journal import append
from handraise.store.kept import CONTENT, kept_rows, sealed_decision
from handraise.store.lines import note_lines
from handraise.store.rows import ask_values, escalation_values
from handraise.store.schema import (
    asks,
    audits,
    contacts,
    decisions,
    duties,
    escalations,
    outbox,
    outcomes,
    situations,
    used_grants,
)
from handraise.store.schema import events as journal
from handraise.store.search import forget_words

_WAIT_FOR_READERS_MS = 1_000
_TABLES = (
    "escalations",
    "search_words",
    "inbox_lines",
    "asks",
    "events",
    "outbox",
    "decisions",
    "used_grants",
    "situations",
    "outcomes",
    "audits",
)


class Erased(Struct, frozen=True, kw_only=True):
    """What a redaction has erased.

    Attributes:
        escalations: how many of them.
        events: how many details of events.
        messages: how many messages.
        decisions: how many decisions.
        leaves_copies: whether copies may remain in the database's files, because others are reading
            it just now; erasing once more looks again.
    """

    escalations: int = 0
    events: int = 0
    messages: int = 0
    decisions: int = 0
    leaves_copies: bool = False


def to_erase(
    db: Database, *, escalation_id: str | None = None, case: str | None = None
) -> tuple[list[str], int]:
    """Return the escalations that would be erased, and how many decisions.

    Raises:
        NotFoundError: there is no such escalation, or nothing of that case.
        EscalationError: one of them is open still.
    """
    column, value = _which(escalation_id, case)
    with db.read() as connection:
        found = connection.execute(
            select(escalations.c.id, escalations.c.state).where(column == value)
        ).all()
        ids = [row.id for row in found]
        counted = select(func.count()).where(_decided(ids, case))
        count = int(connection.execute(counted).scalar_one())
    if not ids and not count:
        what = f"escalation {escalation_id}" if case is None else f'case "{case}"'
        raise NotFoundError(f"there is nothing of {what}")
    still_open = next((row.id for row in found if row.state == "open"), None)
    if still_open is not None:
        raise _is_open(still_open)
    return ids, count


def erase(
    db: Database,
    ids: Sequence[str],
    *,
    case: str | None = None,
    by: str,
    reason: str,
    now: datetime,
) -> Erased:
    """Erase ended escalations, and the decisions of a case, in one transaction.

    Args:
        db: the opened store.
        ids: the escalations.
        case: whose decisions, whether they stopped or went ahead.
        by: who erases.
        reason: why; it stays in the record.
        now: the present instant.

    Raises:
        EscalationError: one of them is open, or a message that tells of one is on its way.
    """
    with db.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        locked = (
            select(escalations.c.id).where(escalations.c.id.in_(ids)).order_by(escalations.c.id)
        )
        connection.execute(locked.with_for_update(key_share=True))
        found = load_many(connection, ids)
        bare = [
            _erase_escalation(connection, one, now, _people_of(connection, one)) for one in found
        ]
        note_lines(connection, [(None, one) for one in bare])
        connection.execute(delete(situations).where(situations.c.escalation_id.in_(ids)))
        forget_words(connection, ids, wholly=True)
        kept = _kept(connection, ids)
        erased = Erased(
            escalations=len(found),
            messages=_erase_messages(connection, ids),
            decisions=_erase_decisions(connection, ids, _decided(ids, case)),
            events=_erase_details(connection, ids),
        )
        _tell(connection, found, case, by, reason, now, kept)
    return replace(erased, leaves_copies=not _compacted(db))


def _which(escalation_id: str | None, case: str | None) -> tuple[ColumnElement[Any], str]:
    if case is not None:
        return escalations.c.case, short(case)
    return escalations.c.id, escalation_id or ""


def _decided(ids: Sequence[str], case: str | None) -> ColumnElement[bool]:
    own = decisions.c.escalation_id.in_(ids)
    return own if case is None else or_(own, decisions.c.case == case)


def _is_open(escalation_id: str) -> EscalationError:
    return EscalationError(
        f"escalation {escalation_id} is open: somebody must still decide on what it says",
        "have it answered or withdrawn first",
    )


def _people_of(connection: Connection, escalation: Escalation) -> set[str]:
    """Return who is known by an id, of those who asked for a decision; ids hold no blanks."""
    asked_by = escalation.decision.asked_by
    named = asked_by.split() if isinstance(asked_by, str) else []
    known = union(*(select(of.c.person).where(of.c.person.in_(named)) for of in (contacts, duties)))
    return set(connection.execute(known).scalars())


def _erase_escalation(
    connection: Connection, escalation: Escalation, now: datetime, people: Collection[str]
) -> Escalation:
    """Write what is left of an ended escalation, and return it."""
    if escalation.state == "open":
        raise _is_open(escalation.id)
    bare = bare_of(escalation, now, people)
    row = escalation_values(bare)
    connection.execute(update(escalations).where(escalations.c.id == bare.id).values(row))
    for position, ask in enumerate(bare.asks):
        row = ask_values(bare, ask, position)
        connection.execute(update(asks).where(asks.c.id == ask.id).values(row))
    return bare


def _erase_messages(connection: Connection, ids: Sequence[str]) -> int:
    """Erase the messages about escalations, and those that told of them together with others."""
    own = outbox.c.escalation_id.in_(ids)
    told = select(outbox.c.told_in).where(own, outbox.c.told_in.is_not(None))
    together = set(connection.execute(told).scalars())
    bundles = [
        or_(outbox.c.id == root, outbox.c.id.startswith(f"{root}.")) for root in sorted(together)
    ]
    for bundle in bundles:
        waiting = select(outbox.c.id).where(bundle, outbox.c.state == "pending").limit(1)
        if connection.execute(waiting).first() is not None:
            raise EscalationError(
                "a message that tells of it together with others is on its way still",
                "try again once it is out",
            )
    which = or_(own, *bundles)
    over = update(outbox).where(own, outbox.c.state == "pending")
    connection.execute(over.values(state="dropped", next_at=None))
    return connection.execute(update(outbox).where(which).values(subject=GONE, body=GONE)).rowcount


def _erase_decisions(connection: Connection, ids: Sequence[str], which: ColumnElement[bool]) -> int:
    """Erase facts and proposals, and what was said of them; what commits to them stays."""
    _erase_what_was_said(connection, which)
    # A grant has the id of the escalation it was approved in, or of the decision that went ahead.
    granted = or_(
        used_grants.c.id.in_(ids), used_grants.c.id.in_(select(decisions.c.id).where(which))
    )
    connection.execute(update(used_grants).where(granted).values(used_by=GONE))
    found = select(decisions.c.id).where(which, decisions.c.content_digest.is_(None))
    rows = []
    for row in kept_rows(connection, decisions, "id", list(connection.execute(found).scalars())):
        one = sealed_decision(row)
        salted = one if one.salt is not None else replace(one, salt=secrets.token_hex(16))
        rows.append({"_id": one.id, "_digest": content_digest_of(salted)})
    if rows:
        bare = dict.fromkeys((*CONTENT, "salt"))
        erasing = update(decisions).where(decisions.c.id == bindparam("_id"))
        connection.execute(erasing.values(**bare, content_digest=bindparam("_digest")), rows)
    return len(rows)


def _erase_what_was_said(connection: Connection, which: ColumnElement[bool]) -> None:
    """Erase what was kept for audits of decisions, and the notes on them and on how they ended."""
    ids = select(decisions.c.id).where(which)
    kept = audits.c.decision_id.in_(ids)
    connection.execute(update(audits).where(kept).values(text=None, context=None))
    for of in (audits, outcomes):
        noted = of.c.decision_id.in_(ids), of.c.note != ""
        connection.execute(update(of).where(*noted).values(note=GONE))


def _erase_details(connection: Connection, ids: Sequence[str]) -> int:
    """Erase what the events say in detail, but for what they say of redactions."""
    own = journal.c.escalation_id.in_(ids), journal.c.kind != REDACTED, journal.c.salt.is_not(None)
    marker = {"erased": True}
    return connection.execute(update(journal).where(*own).values(detail=marker, salt=None)).rowcount


def _kept(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what stays of the details that are to be erased, by escalation and event."""
    found: dict[str, dict[str, Any]] = {}
    for row in kept_rows(connection, journal, "escalation_id", ids, ("escalation_id", "seq")):
        fields = kept_of(ChainedEvent(**row))
        if fields:
            found.setdefault(row["escalation_id"], {})[str(row["seq"])] = fields
    return found


def _tell(
    connection: Connection,
    found: Sequence[Escalation],
    case: str | None,
    by: str,
    reason: str,
    now: datetime,
    kept: Mapping[str, dict[str, Any]],
) -> None:
    """Write who has erased what and why, and how the escalations stand now."""
    detail = {"reason": reason, **({} if case is None else {"case": case})}
    about: list[tuple[str, str | None]] = [(one.agent, one.id) for one in found] or [("", None)]
    events = [
        Event(
            at=now,
            kind=REDACTED,
            who=by,
            agent=agent,
            escalation_id=id,
            detail={**detail, KEPT: kept[id]} if id is not None and id in kept else detail,
        )
        for agent, id in about
    ]
    append(connection, events, [one.id for one in found])


def _compacted(db: Database) -> bool:
    """Rewrite the database's files without what was erased; whether nothing of it can remain."""
    if db.place.engine == "postgresql":
        with db.read() as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(_TABLES)}")
        return True
    try:
        with translated(), contextlib.closing(connect_sqlite(db.place.path)) as connection:
            connection.execute("VACUUM")
            connection.execute(f"PRAGMA busy_timeout = {_WAIT_FOR_READERS_MS}")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except StoreUnavailableError:
        return False
    return not busy
