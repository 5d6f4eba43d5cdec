"""Contacts: what is known of each, and through which of them people want to hear first.

The events given to a verb are kept in its transaction, if it does anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from handraise.model import ContactPlan, ContactRecord, Event, Message, Urgency
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import contact_plans as plan_table
from handraise.store.schema import contacts as table
from handraise.store.schema import outbox

_CONTACT = columns_of(table, ContactRecord)
_PLAN = columns_of(plan_table, ContactPlan)


def contact_records(db: Database, person: str | None = None) -> list[ContactRecord]:
    """Return what is known of everybody's contacts, or one person's; of unknown ones nothing."""
    found = select(*_CONTACT).order_by(table.c.person, table.c.contact)
    if person is not None:
        found = found.where(table.c.person == person)
    with db.read() as connection:
        return [record_of(ContactRecord, row) for row in connection.execute(found)]


def contact_asked(
    db: Database,
    person: str,
    contact: str,
    code_hash: str,
    now: datetime,
    *,
    message: Message | None = None,
    last: datetime | None = None,
    events: Sequence[Event] = (),
) -> bool:
    """Keep that a message with a code goes out through a contact; the code before is void.

    Args:
        db: the opened store.
        person: whose contact.
        contact: as it stands in the table.
        code_hash: of the code.
        now: when it goes out.
        message: carries the code; kept in the same transaction.
        last: do it only if nobody was asked through it after this instant, so that of any number of
            callers at once one asks; None does it in any case.
        events: what happened.

    Returns:
        False when it is verified already, or was asked after `last`: nothing is kept then.
    """
    record = ContactRecord(person=person, contact=contact, asked_at=now, code_hash=code_hash)
    may_be = and_(_is(person, contact), table.c.verified_at.is_(None))
    if last is not None:
        may_be = and_(may_be, or_(table.c.asked_at.is_(None), table.c.asked_at <= last))
    with db.write() as connection:
        if not insert(connection, table, [values_of(record)], known=True):
            asked = update(table).where(may_be).values(asked_at=now, code_hash=code_hash)
            if not connection.execute(asked).rowcount:
                return False
        if message is not None:
            insert(connection, outbox, [values_of(message)])
        append(connection, events)
        return True


def times_asked(db: Database, person: str, contact: str) -> int:
    """Return how many messages with a code went out, or wait, through a contact."""
    found = select(func.count()).where(
        outbox.c.to == person, outbox.c.kind == "verify", outbox.c.contacts == (contact,)
    )
    with db.read() as connection:
        return int(connection.execute(found).scalar_one())


def contact_of_code(db: Database, code_hash: str, *, since: datetime) -> ContactRecord | None:
    """Return the contact a code would verify, without using it; None where it would verify none."""
    found = select(*_CONTACT).where(table.c.code_hash == code_hash, table.c.asked_at >= since)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(ContactRecord, row)


def verify_contact(
    db: Database,
    code_hash: str,
    now: datetime,
    *,
    since: datetime,
    events: Sequence[Event] = (),
) -> ContactRecord | None:
    """Use a code up: its contact counts, and works. None when it is used, void or unknown.

    Args:
        db: the opened store.
        code_hash: of the code.
        now: when it is used.
        since: a code that went out before this instant has expired.
        events: what happened.
    """
    verified = (
        update(table)
        .where(table.c.code_hash == code_hash, table.c.asked_at >= since)
        .values(verified_at=now, code_hash=None, failed_at=None, error=None)
        .returning(*_CONTACT)
    )
    with db.write() as connection:
        row = connection.execute(verified).first()
        if row is not None:
            append(connection, events)
    return None if row is None else record_of(ContactRecord, row)


def contact_failed(db: Database, person: str, contact: str, error: str, now: datetime) -> None:
    """Note that a contact took no message, and what it said; whether it is verified stays."""
    record = ContactRecord(person=person, contact=contact, failed_at=now, error=error)
    with db.write() as connection:
        if not insert(connection, table, [values_of(record)], known=True):
            failed = update(table).where(_is(person, contact))
            connection.execute(failed.values(failed_at=now, error=error))


def contact_works(db: Database, person: str, contact: str) -> None:
    """Note that a contact takes messages; writes only where it had failed."""
    failed = and_(_is(person, contact), table.c.failed_at.is_not(None))
    with db.read() as connection:
        if connection.execute(select(table.c.person).where(failed)).first() is None:
            return
    with db.write() as connection:
        connection.execute(update(table).where(failed).values(failed_at=None, error=None))


def _is(person: str, contact: str) -> ColumnElement[bool]:
    return and_(table.c.person == person, table.c.contact == contact)


def save_contact_plan(db: Database, plan: ContactPlan, *, events: Sequence[Event] = ()) -> None:
    """Keep how a person wants to hear of asks of one urgency, in place of an earlier plan."""
    row = values_of(plan)
    with db.write() as connection:
        if not insert(connection, plan_table, [row], known=True):
            kept = update(plan_table).where(_plan_of(plan.person, plan.urgency))
            connection.execute(kept.values(row))
        append(connection, events)


def drop_contact_plan(
    db: Database, person: str, urgency: Urgency, *, events: Sequence[Event] = ()
) -> bool:
    """Remove a plan; False when there is none."""
    with db.write() as connection:
        gone = connection.execute(delete(plan_table).where(_plan_of(person, urgency)))
        if gone.rowcount:
            append(connection, events)
        return gone.rowcount == 1


def contact_plans(db: Database, person: str | None = None) -> list[ContactPlan]:
    """Return everybody's contact plans, or one person's."""
    found = select(*_PLAN).order_by(plan_table.c.person, plan_table.c.urgency)
    if person is not None:
        found = found.where(plan_table.c.person == person)
    with db.read() as connection:
        return [record_of(ContactPlan, row) for row in connection.execute(found)]


def _plan_of(person: str, urgency: str) -> ColumnElement[bool]:
    return and_(plan_table.c.person == person, plan_table.c.urgency == urgency)
