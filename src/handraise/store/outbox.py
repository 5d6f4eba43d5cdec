"""Messages on their way out: claimed for a while, then sent, tried again, or given up.

A claim is a lease: a message whose worker died comes back when the lease runs out. Claims are made
person by person, so that what one person gets is decided at one place at a time: what goes at once,
what waits, what is told together (`handraise.core.messages`). All of a claim is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec.structs import replace
from sqlalchemy import Connection, and_, bindparam, case, or_, select, update

from handraise.core.messages import (
    AWAITED,
    BUNDLE,
    CLOCKS_DIFFER_BY,
    WINDOW,
    Arrangement,
    Out,
    Waiting,
    arrange,
    asks_while,
    comes_first,
    is_needed,
    may_wait,
    out_of,
    planned,
    root_of,
)
from handraise.model import Ask, ContactPlan, Message
from handraise.store.database import Database, lock_by_name
from handraise.store.inserts import insert
from handraise.store.rows import ASK_COLUMNS, columns_of, record_of, values_of
from handraise.store.schema import asks, contact_plans
from handraise.store.schema import outbox as table

MOST_TOGETHER = 1_000
"""So many messages are told in one at most; any more are told in the next."""

_MESSAGE = columns_of(table, Message)
_IS_FIRST = or_(table.c.urgency == "urgent", table.c.kind.in_(sorted(AWAITED)))
_TURN = (case((_IS_FIRST, 0), else_=1), table.c.next_at, table.c.id)
"""In which order messages come: as `comes_first` has it, then the longest due."""

_PLAN = columns_of(contact_plans, ContactPlan)

Worded = Callable[[Sequence[Waiting]], Message]
"""Returns the one message that tells several; their words are the service's matter."""


def add_messages(db: Database, messages: Sequence[Message]) -> None:
    """Keep messages to be sent; those with a known id are passed over."""
    with db.write() as connection:
        insert(connection, table, [values_of(message) for message in messages], known=True)


def claim_messages(
    db: Database,
    now: datetime,
    *,
    limit: int,
    lease_s: float,
    worded: Worded | None = None,
    never: Collection[str] = (),
) -> list[Message]:
    """Take messages to one person whose time has come; nobody else takes them for `lease_s`.

    Args:
        db: the opened store.
        now: messages with `next_at` at this instant or before are due.
        limit: at most so many that go out by themselves.
        lease_s: seconds after which an unfinished message may be claimed again.
        worded: makes one message of several; without it everything that is due goes out as it is.
        never: nothing to these people.

    Returns:
        The messages as they stand now, this attempt counted: those to the person whose message is
        the next, the urgent and awaited before those due the longest. Empty when nothing is to go
        out now to anybody.
    """
    seen = set(never)
    while (person := _who_is_next(db, now, seen)) is not None:
        seen.add(person)
        with db.write() as connection:
            lock_by_name(connection, f"post.{person}")
            claimed = _claimed(connection, person, now, limit, lease_s, worded)
        if claimed:
            return claimed
    return []


def _who_is_next(db: Database, now: datetime, seen: set[str]) -> str | None:
    """Return the person whose message is the next, those seen apart."""
    found = select(table.c.to).where(table.c.next_at <= now, table.c.to.not_in(seen))
    with db.read() as connection:
        ordered = found.order_by(*_TURN).limit(1)
        person: str | None = connection.execute(ordered).scalar_one_or_none()
    return person


def _claimed(
    connection: Connection,
    person: str,
    now: datetime,
    limit: int,
    lease_s: float,
    worded: Worded | None,
) -> list[Message]:
    waiting = _waiting(connection, person, now, limit)
    if worded is None:
        arranged = Arrangement(single=tuple(one.message for one in waiting))
    else:
        if any(may_wait(one.message) for one in waiting):
            known = {one.message.id for one in waiting}
            held = _held_back(connection, person)
            waiting += [one for one in held if one.message.id not in known]
        arranged = arrange(waiting, _lately(connection, person, now), now)
    _put_off(connection, arranged)
    until = now + timedelta(seconds=lease_s)
    going = [_taken(connection, message, now, until) for message in arranged.single]
    if worded is not None:
        groups = arranged.bundles
        going += [_bundled(connection, worded(group), group, now, until) for group in groups]
    return sorted(going, key=lambda message: not comes_first(message))


def _waiting(connection: Connection, person: str, now: datetime, limit: int) -> list[Waiting]:
    """Return what is due to a person, in its turn, and keep others from taking it."""
    due = (
        select(*_MESSAGE, *ASK_COLUMNS)
        .outerjoin_from(table, asks, table.c.ask_id == asks.c.id)
        .where(table.c.to == person, table.c.next_at <= now)
        .order_by(*_TURN)
        .limit(limit)
        .with_for_update(of=table, skip_locked=True)
    )
    found = _with_asks(connection.execute(due))
    return [
        Waiting(one.message, _ask_of_bundle(connection, one.message))
        if one.message.kind == BUNDLE
        else one
        for one in found
    ]


def _held_back(connection: Connection, person: str) -> list[Waiting]:
    """Return everything to a person that may be told with others, due or held back."""
    held = (
        select(*_MESSAGE, *ASK_COLUMNS)
        .outerjoin_from(table, asks, table.c.ask_id == asks.c.id)
        .where(table.c.to == person, table.c.state == "pending", table.c.attempts == 0)
        .where(table.c.bundle.is_not(None), table.c.kind != BUNDLE)
        .where(or_(table.c.urgency == "normal", table.c.ask_id.is_not(None)))
        .order_by(table.c.created_at, table.c.id)
        .limit(MOST_TOGETHER)
        .with_for_update(of=table, skip_locked=True)
    )
    return _with_asks(connection.execute(held))


def _with_asks(rows: Iterable[Any]) -> list[Waiting]:
    width = len(_MESSAGE)
    return [
        Waiting(
            record_of(Message, row[:width]),
            None if row[width] is None else record_of(Ask, row[width:]),
        )
        for row in rows
    ]


def _ask_of_bundle(connection: Connection, bundle: Message) -> Ask | None:
    """Return an ask for which a message about several is still needed; otherwise any of them."""
    told = (
        select(*ASK_COLUMNS)
        .join_from(table, asks, table.c.ask_id == asks.c.id)
        .where(table.c.to == bundle.to, table.c.state == "bundled")
        .where(table.c.told_in == root_of(bundle.id))
    )
    found = [record_of(Ask, row) for row in connection.execute(told)]
    return next((ask for ask in found if is_needed(bundle, ask)), found[0] if found else None)


def _lately(connection: Connection, person: str, now: datetime) -> list[Out]:
    """Return what went out to a person within the window, or is on its way."""
    is_on_its_way = and_(
        table.c.state == "pending",
        table.c.attempts == 1,
        table.c.error.is_(None),
        table.c.next_at > now,
    )
    went = and_(
        table.c.state == "sent",
        table.c.sent_at > now - WINDOW,
        table.c.sent_at <= now + CLOCKS_DIFFER_BY,
    )
    found = select(*_MESSAGE).where(table.c.to == person, or_(is_on_its_way, went))
    messages = [record_of(Message, row) for row in connection.execute(found)]
    return [out_of(message, message.sent_at or now) for message in messages]


def _put_off(connection: Connection, arranged: Arrangement) -> None:
    """Write until when messages wait, and which are not needed any more."""
    if arranged.later:
        waits = update(table).where(table.c.id == bindparam("which"))
        rows = [{"which": id, "until": until} for id, until in arranged.later.items()]
        connection.execute(waits.values(next_at=bindparam("until")), rows)
    if arranged.dropped:
        over = update(table).where(table.c.id.in_(arranged.dropped))
        connection.execute(over.values(state="dropped", next_at=None))


def _taken(connection: Connection, message: Message, now: datetime, until: datetime) -> Message:
    """Return a message claimed; at its first attempt its later steps are written too."""
    steps = [message]
    if message.attempts == 0 and root_of(message.id) == message.id:
        steps = list(planned(message, _plan(connection, message), now))
    taken = replace(steps[0], attempts=message.attempts + 1, next_at=until)
    values = {name: getattr(taken, name) for name in ("attempts", "next_at", "contacts")}
    connection.execute(update(table).where(table.c.id == message.id).values(values))
    insert(connection, table, [values_of(step) for step in steps[1:]], known=True)
    return taken


def _bundled(
    connection: Connection,
    message: Message,
    group: Sequence[Waiting],
    now: datetime,
    until: datetime,
) -> Message:
    """Return the message that tells a group, written and claimed; those it tells are done."""
    first, *later = planned(message, _plan(connection, message), now, asks=asks_while(group))
    taken = replace(first, attempts=1, next_at=until)
    insert(connection, table, [values_of(one) for one in (taken, *later)])
    told = update(table).where(table.c.id.in_([one.message.id for one in group]))
    connection.execute(told.values(state="bundled", told_in=message.id, next_at=None))
    return taken


def _plan(connection: Connection, message: Message) -> ContactPlan | None:
    """Return how a person wants to hear of asks, where the message is about some."""
    if message.ask_id is None and message.kind != BUNDLE:
        return None
    chosen = select(*_PLAN).where(
        contact_plans.c.person == message.to, contact_plans.c.urgency == message.urgency
    )
    row = connection.execute(chosen).first()
    return None if row is None else record_of(ContactPlan, row)


def give_back(db: Database, ids: Sequence[str], now: datetime) -> None:
    """Give back claimed messages that were not tried: they are due again, the attempt uncounted."""
    back = update(table).where(table.c.id.in_(ids), table.c.state == "pending")
    with db.write() as connection:
        connection.execute(back.values(next_at=now, attempts=table.c.attempts - 1))


def renew_claim(db: Database, message: Message, until: datetime) -> bool:
    """Keep a claimed message until an instant; False when somebody else has it, or it is over."""
    own = and_(
        table.c.id == message.id,
        table.c.state == "pending",
        table.c.attempts == message.attempts,
    )
    with db.write() as connection:
        return connection.execute(update(table).where(own).values(next_at=until)).rowcount == 1


def free_claims(db: Database, now: datetime, *, lease_s: float, longest_s: float) -> int:
    """Make due what a clock that was ahead wrote, claimed, or put off too long; return how many.

    Args:
        db: the opened store.
        now: the present instant.
        lease_s: how long claims are made for; none that is in order lies twice as far ahead.
        longest_s: how long a message that failed waits at most; likewise.
    """
    beyond = now + timedelta(seconds=2 * lease_s)
    astray = and_(
        table.c.attempts > 0,
        table.c.next_at > beyond,
        or_(table.c.error.is_(None), table.c.next_at > beyond + timedelta(seconds=longest_s)),
    )
    early = and_(
        table.c.attempts == 0,
        table.c.next_at.is_not(None),
        table.c.created_at > now + CLOCKS_DIFFER_BY,
    )
    with db.read() as connection:
        found = select(table.c.id).where(or_(astray, early)).limit(1)
        if connection.execute(found).first() is None:
            return 0
    with db.write() as connection:
        freed = connection.execute(update(table).where(astray).values(next_at=now)).rowcount
        # From now on it is a message of this instant: how long one waits runs from `created_at`.
        mended = update(table).where(early).values(next_at=now, created_at=now)
        return freed + connection.execute(mended).rowcount


def hasten(db: Database, message_id: str, now: datetime) -> bool:
    """Make a message due now that waits for its time; False when there is none such."""
    waits = and_(table.c.id == message_id, table.c.attempts == 0, table.c.next_at > now)
    with db.write() as connection:
        return connection.execute(update(table).where(waits).values(next_at=now)).rowcount == 1


def message_sent(db: Database, message_id: str, now: datetime) -> None:
    """Record that the channel took the message; one that is no longer pending stays as it is."""
    _settle(db, message_id, {"state": "sent", "sent_at": now, "next_at": None})


def message_failed(db: Database, message_id: str, error: str, *, next_at: datetime | None) -> None:
    """Record what the channel said, and when to try again.

    Args:
        db: the opened store.
        message_id: which; one that is no longer pending stays as it is.
        error: what the channel said.
        next_at: when to try again; None gives up.
    """
    state = "failed" if next_at is None else "pending"
    _settle(db, message_id, {"state": state, "error": error, "next_at": next_at})


def _settle(db: Database, message_id: str, values: dict[str, Any]) -> None:
    with db.write() as connection:
        connection.execute(
            update(table).where(table.c.id == message_id, table.c.state == "pending").values(values)
        )


def messages(
    db: Database,
    *,
    state: Literal["pending", "sent", "failed", "bundled", "dropped"] | None = None,
    to: str | None = None,
    told_in: str | None = None,
    limit: int = 100,
) -> list[Message]:
    """Return messages, newest first.

    Args:
        db: the opened store.
        state: only these.
        to: only those to this person.
        told_in: only those that this message told.
        limit: at most so many.
    """
    found = select(*_MESSAGE).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        found = found.where(table.c.state == state)
    if to is not None:
        found = found.where(table.c.to == to)
    if told_in is not None:
        found = found.where(table.c.told_in == told_in)
    with db.read() as connection:
        return [record_of(Message, row) for row in connection.execute(found)]


def steps_of(db: Database, message_id: str) -> list[Message]:
    """Return a message with the earlier and later steps of the same, in their order."""
    root = root_of(message_id)
    # What follows the dot in the order of characters is the slash.
    is_step = and_(table.c.id > f"{root}.", table.c.id < f"{root}/")
    found = select(*_MESSAGE).where(or_(table.c.id == root, is_step)).order_by(table.c.id)
    with db.read() as connection:
        return [record_of(Message, row) for row in connection.execute(found)]
