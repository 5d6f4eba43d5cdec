"""What is counted for those who run the server: decisions, what waits, what became of asks.

INVARIANT: a total of decisions never falls: counts that are too old to be kept by the hour are
added up when they are forgotten. What waits is found by an index; what happened is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, case, exists, func, select, type_coerce

from handraise.model import MonitorRecord
from handraise.store.columns import Document
from handraise.store.database import Database
from handraise.store.figures import MISSED
from handraise.store.inserts import encoded, put
from handraise.store.rows import values_of
from handraise.store.schema import asks, escalations, events, monitors, outbox, tallies

FORGOTTEN = "forgotten"
"""The series that forgotten counts are kept under, of no version: no monitor is called so."""

HAPPENED = ("acknowledged", "answered", "advanced", "undelivered")
MOST_EVENTS = 20_000

Decided = Counter[tuple[str, tuple[str, ...]]]
"""How many decisions a version judged in which some rows fired; no rows for what went ahead."""


class Waits(Struct, frozen=True, kw_only=True):
    """What waits on one route.

    Attributes:
        route: which.
        asks: how many are open.
        overdue: of how many the instant has passed at which something should have happened.
        oldest_at: when the agent stopped for the oldest.
    """

    route: str
    asks: int
    overdue: int
    oldest_at: datetime


class Happened(Struct, frozen=True, kw_only=True):
    """What became of an ask.

    Attributes:
        seq: the event's number.
        kind: `acknowledged`, `answered`, `advanced` or `undelivered`.
        agent: whose ask.
        route: of which route.
        who: who did it.
        answer: the kind of the answer; empty for none.
        is_missed: whether it went on to somebody else because a deadline had passed.
        waited_s: seconds since the agent stopped.
        is_first: whether nobody had acknowledged it before.
    """

    seq: int
    kind: str
    agent: str
    route: str
    who: str
    answer: str
    is_missed: bool
    waited_s: float
    is_first: bool


class _Detail(Struct):
    """Of an event only what was answered, or why an ask went on; empty once erased."""

    answer: str = ""
    why: str = ""


class Unsent(Struct, frozen=True, kw_only=True):
    """Messages that wait to go out.

    Attributes:
        agent: whose.
        contacts: to which contacts, in order of preference.
        waiting: how many.
        failing: how many of them a channel did not take when it was asked last.
    """

    agent: str
    contacts: tuple[str, ...]
    waiting: int
    failing: int


def decided(
    db: Database, agent: str, since: datetime | None = None, until: datetime | None = None
) -> Decided:
    """Return how many decisions an agent made, by version and the rows that fired.

    Args:
        db: the opened store.
        agent: whose.
        since: the first hour that counts; None for all, also what is no longer kept by the hour.
        until: the first hour that no longer counts; None for none.
    """
    count = func.sum(tallies.c["count"])
    found = select(tallies.c.version, tallies.c.rows, count).where(tallies.c.agent == agent)
    if since is not None:
        found = found.where(tallies.c.hour >= since)
    if until is not None:
        found = found.where(tallies.c.hour < until)
    with db.snapshot() as connection:
        rows = connection.execute(found.group_by(tallies.c.version, tallies.c.rows))
        total = Decided({(version, fired): int(number) for version, fired, number in rows})
        return total if since is not None else total + _forgotten(connection, agent)


def keep_forgotten(
    connection: Connection,
    counted: Iterable[tuple[str, str, tuple[str, ...], int]],
    now: datetime,
) -> None:
    """Add up counts that this transaction forgets, each its agent, version, rows and number.

    Args:
        connection: of a write transaction that holds the lock of those who forget.
        counted: what is forgotten.
        now: the instant.
    """
    by_agent: dict[str, Decided] = {}
    for agent, version, fired, number in counted:
        by_agent.setdefault(agent, Decided())[version, fired] += number
    records = []
    for agent, total in sorted(by_agent.items()):
        total.update(_forgotten(connection, agent))
        lines = [[version, list(fired), number] for (version, fired), number in total.items()]
        state = {"decided": sorted(lines)}
        records.append(
            MonitorRecord(agent=agent, version="", series=FORGOTTEN, state=state, updated_at=now)
        )
    put(connection, monitors, [encoded(monitors, values_of(record)) for record in records])


def _forgotten(connection: Connection, agent: str) -> Decided:
    own = (monitors.c.agent == agent, monitors.c.version == "", monitors.c.series == FORGOTTEN)
    state = connection.execute(select(monitors.c.state).where(*own)).scalar()
    lines = state["decided"] if state else ()
    return Decided({(version, tuple(fired)): number for version, fired, number in lines})


def waits(db: Database, agent: str, now: datetime) -> tuple[int, list[Waits]]:
    """Return how many escalations of an agent are open, and what waits on each of their routes.

    Args:
        db: the opened store.
        agent: whose; rehearsals apart.
        now: open asks that are due at this instant or before are overdue.
    """
    own = (
        escalations.c.agent == agent,
        escalations.c.state == "open",
        escalations.c.rehearsal.is_(False),
    )
    overdue = func.sum(case((asks.c.due_at <= now, 1), else_=0))
    by_route = (
        select(asks.c.route, func.count(), overdue, func.min(escalations.c.created_at))
        .join_from(escalations, asks)
        .where(*own, asks.c.state == "open")
        .group_by(asks.c.route)
        .order_by(asks.c.route)
    )
    with db.read() as connection:
        still_open = connection.execute(
            select(func.count()).select_from(escalations).where(*own)
        ).scalar_one()
        found = [
            Waits(route=route, asks=count, overdue=int(late), oldest_at=oldest_at)
            for route, count, late, oldest_at in connection.execute(by_route)
        ]
    return still_open, found


def happened(db: Database, after: int, upto: int, *, limit: int = MOST_EVENTS) -> list[Happened]:
    """Return what became of asks after an event, in its order; rehearsals apart.

    Args:
        db: the opened store.
        after: the number of the last event that is known already.
        upto: the number of the last event that counts.
        limit: at most so many.
    """
    before = events.alias()
    taken_before = exists().where(
        before.c.escalation_id == events.c.escalation_id,
        before.c.ask_id == events.c.ask_id,
        before.c.kind == "acknowledged",
        before.c.seq < events.c.seq,
    )
    found = (
        select(
            events.c.seq,
            events.c.kind,
            events.c.agent,
            asks.c.route,
            events.c.who,
            type_coerce(events.c.detail, Document(_Detail)),
            events.c.at,
            escalations.c.created_at,
            taken_before,
        )
        .join_from(events, asks, events.c.ask_id == asks.c.id)
        .join(escalations, escalations.c.id == asks.c.escalation_id)
        .where(events.c.seq > after, events.c.seq <= upto, events.c.kind.in_(HAPPENED))
        .where(escalations.c.rehearsal.is_(False))
        .order_by(events.c.seq)
        .limit(limit)
    )
    with db.read() as connection:
        rows = connection.execute(found)
        return [
            Happened(
                seq=seq,
                kind=kind,
                agent=agent,
                route=route,
                who=who,
                answer=said.answer if kind == "answered" else "",
                is_missed=kind == "advanced" and any(words in said.why for words in MISSED),
                waited_s=max((at - created_at).total_seconds(), 0.0),
                is_first=not was_taken,
            )
            for seq, kind, agent, route, who, said, at, created_at, was_taken in rows
        ]


def ended(
    db: Database, after: int, upto: int, *, limit: int = MOST_EVENTS
) -> list[tuple[int, str, str]]:
    """Return the escalations that ended after an event: its number, the agent, the outcome.

    Args:
        db: the opened store.
        after: the number of the last event that is known already.
        upto: the number of the last event that counts.
        limit: at most so many; rehearsals apart.
    """
    found = (
        select(events.c.seq, events.c.agent, escalations.c.outcome)
        .join_from(events, escalations, events.c.escalation_id == escalations.c.id)
        .where(events.c.seq > after, events.c.seq <= upto, events.c.kind == "resolved")
        .where(escalations.c.rehearsal.is_(False))
        .order_by(events.c.seq)
        .limit(limit)
    )
    with db.read() as connection:
        return [(seq, agent, outcome) for seq, agent, outcome in connection.execute(found)]


def unsent(db: Database) -> list[Unsent]:
    """Return how many messages wait to go out, by agent and contacts."""
    failing = func.sum(case((outbox.c.error.is_not(None), 1), else_=0))
    found = (
        select(outbox.c.agent, outbox.c.contacts, func.count(), failing)
        .where(outbox.c.next_at.is_not(None))
        .group_by(outbox.c.agent, outbox.c.contacts)
        .order_by(outbox.c.agent, outbox.c.contacts)
    )
    with db.read() as connection:
        return [
            Unsent(agent=agent, contacts=contacts, waiting=waiting, failing=int(failing))
            for agent, contacts, waiting, failing in connection.execute(found)
        ]
