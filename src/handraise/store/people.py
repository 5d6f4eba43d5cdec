"""People: who is away, who has left, how they stand by their duty; and all of it at one glance.

The events given to a verb are kept in its transaction, if it does anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    cast,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)

from handraise.model import Absence, Departure, DutyRecord, Event, Message, Standing
from handraise.store.access import shut_out
from handraise.store.columns import Instant, Words, instant_text
from handraise.store.database import Database
from handraise.store.inserts import compiled, insert, run
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import absences as absence_table
from handraise.store.schema import contacts as contact_table
from handraise.store.schema import departures as departure_table
from handraise.store.schema import duties as duty_table
from handraise.store.schema import outbox

_ABSENCE = columns_of(absence_table, Absence)
_DEPARTURE = columns_of(departure_table, Departure)
_DUTY = columns_of(duty_table, DutyRecord)


def set_absence(
    db: Database,
    absence: Absence,
    *,
    instead_of: Collection[str] = (),
    events: Sequence[Event] = (),
) -> None:
    """Keep that a person is or will be away; others of theirs stay, and may overlap.

    Args:
        db: the opened store.
        absence: the new one.
        instead_of: the ids of absences that end with this one's being said.
        events: what happened.
    """
    table = absence_table.c
    ended = update(absence_table).where(table.id.in_(instead_of), table.ended_at.is_(None))
    with db.write() as connection:
        if instead_of:
            connection.execute(ended.values(ended_at=absence.set_at))
        insert(connection, absence_table, [values_of(absence)])
        append(connection, events)


def end_absences(
    db: Database,
    person: str,
    now: datetime,
    *,
    planned: bool = False,
    events: Sequence[Event] = (),
) -> int:
    """End the absences of a person that hold now; return how many there were.

    Args:
        db: the opened store.
        person: who is back.
        now: since when.
        planned: end those that begin later too.
        events: what happened.
    """
    table = absence_table.c
    ended = update(absence_table).where(table.person == person, _not_over(now))
    if not planned:
        ended = ended.where(table.starts_at <= now)
    with db.write() as connection:
        return _noted(connection, connection.execute(ended.values(ended_at=now)).rowcount, events)


def _noted(connection: Connection, count: int, events: Sequence[Event]) -> int:
    """Return how many rows were written, with what happened kept where it was any."""
    if count:
        append(connection, events)
    return count


def absences(
    db: Database, person: str | None = None, *, since: datetime | None = None
) -> list[Absence]:
    """Return absences, the earliest beginning first.

    Args:
        db: the opened store.
        person: only this person's.
        since: only those that are not over by then, those that begin later included.
    """
    found = select(*_ABSENCE).order_by(absence_table.c.starts_at, absence_table.c.id)
    if person is not None:
        found = found.where(absence_table.c.person == person)
    if since is not None:
        found = found.where(_not_over(since))
    with db.read() as connection:
        return [record_of(Absence, row) for row in connection.execute(found)]


def _not_over(at: datetime) -> ColumnElement[bool]:
    table = absence_table.c
    return and_(table.ended_at.is_(None), or_(table.ends_at.is_(None), table.ends_at > at))


def deactivate(db: Database, departure: Departure, *, events: Sequence[Event] = ()) -> bool:
    """Keep that a person has left; False when they are gone already.

    Their sessions end, and their sign-in links are void: none of them is good again when they come
    back.
    """
    with db.write() as connection:
        gone = insert(connection, departure_table, [values_of(departure)], known=True)
        shut_out(connection, departure.person, departure.at)
        return _noted(connection, gone, events) == 1


def activate(db: Database, person: str, now: datetime, *, events: Sequence[Event] = ()) -> bool:
    """End a person's departure; False when they are not gone."""
    table = departure_table.c
    back = update(departure_table).where(table.person == person, table.ended_at.is_(None))
    with db.write() as connection:
        return (
            _noted(connection, connection.execute(back.values(ended_at=now)).rowcount, events) == 1
        )


def departures(db: Database, *, gone_only: bool = False) -> list[Departure]:
    """Return departures, oldest first; with `gone_only` those of people who are gone now."""
    found = select(*_DEPARTURE).order_by(departure_table.c.at, departure_table.c.id)
    if gone_only:
        found = found.where(departure_table.c.ended_at.is_(None))
    with db.read() as connection:
        return [record_of(Departure, row) for row in connection.execute(found)]


def ask_duty(db: Database, record: DutyRecord) -> bool:
    """Keep that a person is asked to accept a duty; False when it is known, which stays."""
    return ask_duties(db, [record]) == 1


def ask_duties(
    db: Database,
    records: Sequence[DutyRecord],
    message: Message | None = None,
    *,
    events: Sequence[Event] = (),
) -> int:
    """Keep that people are asked to accept duties; return how many were not known.

    Args:
        db: the opened store.
        records: what they are asked; known ones stay as they are.
        message: tells them; kept with the records, unless all of them were known: so of any
            number of callers at once one tells.
        events: what happened.
    """
    with db.write() as connection:
        fresh = sum(
            insert(connection, duty_table, [values_of(record)], known=True) for record in records
        )
        if fresh and message is not None:
            insert(connection, outbox, [values_of(message)])
        return _noted(connection, fresh, events)


def answer_duty(
    db: Database,
    agent: str,
    person: str,
    digest: str,
    state: Literal["accepted", "declined"],
    note: str,
    now: datetime,
    *,
    messages: Sequence[Message] = (),
    events: Sequence[Event] = (),
) -> DutyRecord | None:
    """Return a duty with its answer, in place of an earlier one; None when it was never asked.

    Args:
        db: the opened store.
        agent: whose table.
        person: who answers.
        digest: of the duty.
        state: the answer.
        note: their words.
        now: when.
        messages: tell others of it.
        events: what happened.
    """
    table = duty_table.c
    answered = (
        update(duty_table)
        .where(table.agent == agent, table.person == person, table.digest == digest)
        .values(state=state, note=note, answered_at=now)
        .returning(*_DUTY)
    )
    with db.write() as connection:
        row = connection.execute(answered).first()
        if row is not None:
            insert(connection, outbox, [values_of(message) for message in messages])
            append(connection, events)
    return None if row is None else record_of(DutyRecord, row)


def duties(db: Database, agent: str | None = None, person: str | None = None) -> list[DutyRecord]:
    """Return duties, those of older versions included, the longest asked first.

    Args:
        db: the opened store.
        agent: only those by this agent's table.
        person: only this person's.
    """
    table = duty_table.c
    found = select(*_DUTY).order_by(table.asked_at, table.agent, table.person, table.digest)
    if agent is not None:
        found = found.where(table.agent == agent)
    if person is not None:
        found = found.where(table.person == person)
    with db.read() as connection:
        return [record_of(DutyRecord, row) for row in connection.execute(found)]


def standings(db: Database, now: datetime) -> dict[str, Standing]:
    """Return how people stand now, by person; in one statement, for it is on the way of each stop.

    Whoever is not in it is here, has no verified contact and has declined nothing.
    """
    verified: dict[str, frozenset[str]] = {}
    found: dict[str, dict[str, Any]] = {}
    with db.read() as connection:
        reading = _standings(connection.dialect.name)
        at = instant_text(now)
        with run(connection, reading.string, [[at for _ in reading.positiontup]]) as cursor:
            rows = cursor.fetchall()
    for kind, person, one, other in rows:
        if kind == "verified":
            known = verified.get(person)
            verified[person] = frozenset((one,)) if known is None else known | {one}
        else:
            _take(found.setdefault(person, {}), kind, one, other)
    standing = {
        person: Standing(verified=ones) for person, ones in verified.items() if person not in found
    }
    for person, parts in found.items():
        standing[person] = Standing(verified=verified.get(person, frozenset()), **parts)
    return standing


def _take(parts: dict[str, Any], kind: str, one: str | None, other: str | None) -> None:
    if kind == "away":
        until = None if one is None else datetime.fromisoformat(one)
        before = parts.get("away_until", until)
        parts["away"] = True
        parts["away_until"] = None if until is None or before is None else max(before, until)
    elif kind == "gone":
        parts["gone"] = True
    else:
        parts["declined"] = parts.get("declined", frozenset()) | {(one, other)}


@cache
def _standings(engine: str) -> Any:
    """Return the statement that reads how people stand; all of its values are the instant."""
    away, gone, contact, duty = (
        absence_table.c,
        departure_table.c,
        contact_table.c,
        duty_table.c,
    )
    now = bindparam("now", type_=Instant)
    nothing = cast(null(), Words)
    reading = union_all(
        select(
            literal_column("'away'").label("kind"),
            away.person.label("person"),
            type_coerce(away.ends_at, Words).label("one"),
            nothing.label("other"),
        ).where(
            away.starts_at <= now,
            away.ended_at.is_(None),
            or_(away.ends_at.is_(None), away.ends_at > now),
        ),
        select(literal_column("'gone'"), gone.person, nothing, nothing).where(
            gone.ended_at.is_(None)
        ),
        select(literal_column("'verified'"), contact.person, contact.contact, nothing).where(
            contact.verified_at.is_not(None)
        ),
        select(literal_column("'declined'"), duty.person, duty.agent, duty.digest).where(
            duty.state == literal_column("'declined'")
        ),
    )
    return compiled(reading, engine)
