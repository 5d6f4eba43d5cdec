"""What was unlike the familiar: how people answered it, what they said it is, how usual all was.

INVARIANT: of a rehearsal, of what is open still and of what was erased, nothing comes out of here:
it is never learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, select, type_coerce, update

from handraise.errors import NotFoundError
from handraise.model import Event, SaidOf, Situation, UnusualStop
from handraise.store.database import Database
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.schema import decisions, escalations, table_versions
from handraise.store.schema import situations as table

ANSWERED = ("approved", "changed", "rejected", "instructed", "taken_over")
"""The outcomes that are a person's answer."""

NAMED = "situation_named"
"""The kind of the event that tells what a person said."""

MOST = 5_000
MOST_NAMED = 100_000
MOST_LOOKED_AT = 100_000
_IDS_A_STATEMENT = 500

_COLUMNS = (
    escalations.c.id,
    escalations.c.version,
    escalations.c.decision,
    escalations.c.facts,
    escalations.c.outcome,
    escalations.c.resolved_by,
    escalations.c.resolved_at,
    table.c.label,
    table.c.said_by,
    table.c.said_at,
)
_NOVEL = '"condition":"novelty"'
"""How the reasons are kept; within the words of a reason, these quotes are escaped."""


def new_situations(
    db: Database,
    agent: str,
    *,
    limit: int = MOST,
    since: datetime | None = None,
    unnamed: bool = False,
) -> list[Situation]:
    """Return what was unlike the familiar and was answered by a person, newest first.

    Args:
        db: the opened store.
        agent: whose.
        limit: at most so many.
        since: only what was answered at this instant or later.
        unnamed: only those of which nobody has said yet what they are.
    """
    found = _situations(agent).order_by(escalations.c.id.desc()).limit(limit)
    if unnamed:
        found = found.where(table.c.said_by.is_(None))
    if since is not None:
        found = found.where(escalations.c.resolved_at >= since)
    with db.read() as connection:
        return [_situation(row) for row in connection.execute(found)]


def named_situations(db: Database, agent: str, *, limit: int = MOST_NAMED) -> list[Situation]:
    """Return those of which a person said which type they are, oldest first: to be learned from.

    Args:
        db: the opened store.
        agent: whose.
        limit: at most so many, the newest.
    """
    # From what was said to what it was said of: only few of all escalations were ever named.
    named = select(table.c.escalation_id).where(table.c.agent == agent, table.c.label.is_not(None))
    found = _situations(agent).where(escalations.c.id.in_(named))
    found = found.order_by(escalations.c.id.desc()).limit(limit)
    with db.read() as connection:
        return [_situation(row) for row in connection.execute(found)][::-1]


def said_situations(
    db: Database, agent: str, *, since: datetime | None = None, limit: int = MOST
) -> list[tuple[str, SaidOf]]:
    """Return of which situations people said what they are, with what they said, newest first.

    Args:
        db: the opened store.
        agent: whose.
        since: only what was said after this instant.
        limit: at most so many.
    """
    found = (
        select(table.c.escalation_id, table.c.label, table.c.said_by, table.c.said_at)
        .join_from(table, escalations)
        .where(table.c.agent == agent, escalations.c.erased_at.is_(None))
        .order_by(table.c.said_at.desc(), table.c.escalation_id.desc())
        .limit(limit)
    )
    if since is not None:
        found = found.where(table.c.said_at > since)
    with db.read() as connection:
        return [(id, SaidOf(label, by, at)) for id, label, by, at in connection.execute(found)]


def situations_of(db: Database, agent: str, ids: Sequence[str]) -> list[Situation]:
    """Return what some escalations were about, in the order of their ids.

    What is unknown, another agent's, open, practice, familiar or erased is left out.
    """
    with db.read() as connection:
        return _of(connection, agent, ids)


def say_situation(
    db: Database, agent: str, ids: Sequence[str], label: str | None, *, by: str, now: datetime
) -> int:
    """Keep what a person says of some situations, all or none; return of how many it is news.

    A later word replaces an earlier one; the same word again is kept as it was. Each that is news
    is an event of its escalation.

    Args:
        db: the opened store.
        agent: whose.
        ids: the escalations.
        label: the type they are of; None for none.
        by: who says so.
        now: the present instant.

    Raises:
        NotFoundError: there is no such situation of this agent, or it was erased.
    """
    wanted = sorted(set(ids))
    with db.write() as connection:
        for part in _parts(wanted):
            locked = select(escalations.c.id).where(escalations.c.id.in_(part))
            connection.execute(
                locked.order_by(escalations.c.id).with_for_update(key_share=True)
            ).all()
        found = {one.escalation_id: one for one in _of(connection, agent, wanted)}
        missing = next((id for id in wanted if id not in found), None)
        if missing is not None:
            raise NotFoundError(
                f"there is no new situation {missing}",
                "only what was stopped as unfamiliar, and answered by a person, can be named",
            )
        news = [one for one in found.values() if one.said is None or one.said.label != label]
        for one in news:
            _write(connection, agent, one, SaidOf(label, by, now))
        append(connection, [_event(agent, one, SaidOf(label, by, now)) for one in news])
        return len(news)


def familiarity_over_time(
    db: Database,
    agent: str,
    *,
    since: datetime | None = None,
    learned: str | None = None,
    limit: int = MOST_LOOKED_AT,
) -> list[tuple[datetime, float]]:
    """Return how usual an agent's decisions were, oldest first, whether they stopped or not.

    Rehearsals do not count, nor does what could not be looked at.

    Args:
        db: the opened store.
        agent: whose.
        since: only those decided at this instant or later.
        learned: only those held against the learned files of this digest.
        limit: at most so many, the newest.

    Returns:
        For each when it was decided, and the share of familiar decisions at least as unusual, in
        (0, 1].
    """
    found = (
        select(decisions.c.decided_at, decisions.c.familiarity)
        .where(decisions.c.agent == agent, decisions.c.rehearsal.is_(False))
        .where(decisions.c.familiarity > 0, decisions.c.familiarity <= 1)
        .order_by(decisions.c.id.desc())  # ids sort by time, so that the newest are found at once
        .limit(limit)
    )
    if since is not None:
        found = found.where(decisions.c.decided_at >= since)
    with db.read() as connection:
        if learned is not None:
            versions = _versions(connection, agent, learned)
            found = found.where(decisions.c.version.in_(versions))
        return sorted((at, p) for at, p in connection.execute(found))


def unusual_stops(
    db: Database,
    agent: str,
    *,
    learned: str,
    up_to: float,
    nearest: bool = False,
    limit: int = 200,
) -> list[UnusualStop]:
    """Return the stops of an agent that were as unusual as that, newest first.

    Whether they were answered or not; neither rehearsals nor what was erased.

    Args:
        db: the opened store.
        agent: whose.
        learned: only those held against the learned files of this digest.
        up_to: only those of which at most this share of familiar decisions is as unusual.
        nearest: those nearest to `up_to` first instead; of equal ones the newest.
        limit: at most so many.
    """
    own = escalations.c
    order = (own.familiarity.desc(), own.id.desc()) if nearest else (own.id.desc(),)
    found = (
        select(own.id, own.created_at, own.decision, own.familiarity, own.outcome)
        .where(own.agent == agent, own.rehearsal.is_(False), own.erased_at.is_(None))
        .where(own.familiarity > 0, own.familiarity <= up_to)
        .order_by(*order)
        .limit(limit)
    )
    with db.read() as connection:
        found = found.where(own.version.in_(_versions(connection, agent, learned)))
        return [
            UnusualStop(
                escalation_id=id,
                at=at,
                text=_text(decision.text),
                type=_text(decision.type),
                familiarity=p,
                outcome=outcome,
            )
            for id, at, decision, p, outcome in connection.execute(found)
        ]


def _situations(agent: str) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join_from(escalations, table, isouter=True)
        .where(escalations.c.agent == agent, escalations.c.rehearsal.is_(False))
        .where(escalations.c.state == "resolved", escalations.c.outcome.in_(ANSWERED))
        .where(escalations.c.erased_at.is_(None))
        .where(type_coerce(escalations.c.reasons, Text).contains(_NOVEL, autoescape=True))
    )


def _situation(row: Any) -> Situation:
    id, version, decision, facts, outcome, by, at, label, said_by, said_at = row
    return Situation(
        escalation_id=id,
        version=version,
        text=_text(decision.text),
        type=_text(decision.type),
        facts=facts if isinstance(facts, dict) else {},
        outcome=outcome,
        by=by,
        at=at,
        asked_by=_text(decision.asked_by),
        said=None if said_by is None else SaidOf(label, said_by, said_at),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _of(connection: Connection, agent: str, ids: Sequence[str]) -> list[Situation]:
    found: list[Situation] = []
    for part in _parts(sorted(set(ids))):
        chosen = _situations(agent).where(escalations.c.id.in_(part)).order_by(escalations.c.id)
        found += [_situation(row) for row in connection.execute(chosen)]
    return found


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + _IDS_A_STATEMENT] for at in range(0, len(ids), _IDS_A_STATEMENT)]


def _write(connection: Connection, agent: str, situation: Situation, said: SaidOf) -> None:
    values = {"label": said.label, "said_by": said.by, "said_at": said.at}
    row = {"escalation_id": situation.escalation_id, "agent": agent, **values}
    if insert(connection, table, [row], known=True) == 0:
        own = table.c.escalation_id == situation.escalation_id
        connection.execute(update(table).where(own).values(values))


def _event(agent: str, situation: Situation, said: SaidOf) -> Event:
    detail = {"label": said.label}
    if situation.said is not None:
        detail["before"] = situation.said.label
    return Event(
        at=said.at,
        kind=NAMED,
        who=said.by,
        agent=agent,
        escalation_id=situation.escalation_id,
        detail=detail,
    )


def _versions(connection: Connection, agent: str, learned: str) -> list[str]:
    """Return the versions of an agent's table that name the learned files of a digest."""
    found = select(table_versions.c.version, table_versions.c.learned).where(
        table_versions.c.agent == agent, table_versions.c.learned.is_not(None)
    )
    return [version for version, kept in connection.execute(found) if kept.digest == learned]
