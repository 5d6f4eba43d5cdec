"""People's passkeys, and the challenges that they sign: each once, soon, for one purpose.

INVARIANT: what was signed counts once: the challenge is used, and the passkey's counter goes up, in
one transaction, which is that of the answer where an answer is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from handraise.errors import ConfirmationNeededError
from handraise.model import Challenge, Event, Message, Passkey, Signed
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import challenges, outbox
from handraise.store.schema import passkeys as table

COLUMNS = columns_of(table, Passkey)


def add_passkey(
    db: Database,
    passkey: Passkey,
    signed: Signed,
    *,
    events: Sequence[Event] = (),
    messages: Sequence[Message] = (),
) -> bool:
    """Keep a new passkey; False, and nothing kept, when it is known or its challenge is used up.

    Args:
        db: the opened store.
        passkey: the new one.
        signed: the challenge it was made for.
        events: what happened.
        messages: tell its person.
    """
    with db.write() as connection:
        if not _used_up(connection, signed):
            return False
        if insert(connection, table, [values_of(passkey)], known=True) != 1:
            connection.rollback()
            return False
        insert(connection, outbox, [values_of(message) for message in messages])
        append(connection, events)
        return True


def passkeys(db: Database, person: str | None = None) -> list[Passkey]:
    """Return the passkeys that are accepted, of everybody or of one person, oldest first."""
    found = select(*COLUMNS).where(table.c.ended_at.is_(None))
    if person is not None:
        found = found.where(table.c.person == person)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.made_at, table.c.id))
        return [record_of(Passkey, row) for row in rows]


def passkey(db: Database, passkey_id: str) -> Passkey | None:
    """Return the passkey of that id, accepted or not any more; None when there is none."""
    found = select(*COLUMNS).where(table.c.id == passkey_id)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Passkey, row)


def rename_passkey(db: Database, passkey_id: str, person: str, label: str) -> bool:
    """Call a passkey of a person otherwise; False when they have none of that id."""
    renamed = update(table).where(_of(passkey_id, person)).values(label=label)
    with db.write() as connection:
        return connection.execute(renamed).rowcount == 1


def end_passkey(
    db: Database,
    passkey_id: str,
    person: str,
    now: datetime,
    *,
    events: Sequence[Event] = (),
    messages: Sequence[Message] = (),
) -> bool:
    """Accept a passkey of a person no more; False when they have none of that id.

    Args:
        db: the opened store.
        passkey_id: which.
        person: whose.
        now: since when.
        events: what happened.
        messages: tell its person.
    """
    ended = update(table).where(_of(passkey_id, person)).values(ended_at=now)
    with db.write() as connection:
        if connection.execute(ended).rowcount != 1:
            return False
        insert(connection, outbox, [values_of(message) for message in messages])
        append(connection, events)
        return True


def _of(passkey_id: str, person: str) -> ColumnElement[bool]:
    return and_(table.c.id == passkey_id, table.c.person == person, table.c.ended_at.is_(None))


def add_challenge(db: Database, challenge: Challenge) -> None:
    """Keep what a passkey is asked to sign."""
    with db.write() as connection:
        insert(connection, challenges, [values_of(challenge)])


def is_live(db: Database, signed: Signed) -> bool:
    """Whether what was signed is a challenge that waits, and for exactly this."""
    found = select(challenges.c.hash).where(_live(signed))
    with db.read() as connection:
        return connection.execute(found).first() is not None


def take_signed(db: Database, signed: Signed) -> bool:
    """Let something signed count, once; False when it does not, and nothing changes."""
    with db.write() as connection:
        if _taken(connection, signed):
            return True
        connection.rollback()
        return False


def take_confirmation(connection: Connection, signed: Signed) -> None:
    """Let a confirmation count, once, within the transaction of what it confirms.

    Raises:
        ConfirmationNeededError: it was used, has expired, was given for something else, or its
            passkey is not accepted any more.
    """
    if not _taken(connection, signed):
        raise ConfirmationNeededError(
            "confirmation: it was used already, has expired, or was given for something else",
            "confirm it again",
        )


def _taken(connection: Connection, signed: Signed) -> bool:
    """Use up the challenge and move the counter on; False when either cannot be."""
    counted = table.c.uses < signed.uses
    if signed.uses == 0:  # an authenticator that counts nothing
        counted = table.c.uses == 0
    moved = (
        update(table)
        .where(_of(signed.passkey, signed.person), counted)
        .values(uses=signed.uses, used_at=signed.at)
    )
    return _used_up(connection, signed) and connection.execute(moved).rowcount == 1


def _used_up(connection: Connection, signed: Signed) -> bool:
    used = update(challenges).where(_live(signed)).values(used_at=signed.at)
    return connection.execute(used).rowcount == 1


def _live(signed: Signed) -> ColumnElement[bool]:
    return and_(
        challenges.c.hash == signed.challenge,
        challenges.c.purpose == signed.purpose,
        challenges.c.about == signed.about,
        or_(challenges.c.person.is_(None), challenges.c.person == signed.person),
        challenges.c.used_at.is_(None),
        challenges.c.expires_at > signed.at,
    )


def forget_challenges(db: Database, before: datetime) -> int:
    """Forget the challenges that expired before an instant; return how many."""
    with db.write() as connection:
        return connection.execute(
            delete(challenges).where(challenges.c.expires_at < before)
        ).rowcount
