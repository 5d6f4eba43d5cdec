"""What later turned out to be right: told of single decisions, counted for those taken alone.

The newest outcome told of a decision counts, and the earlier ones stay. INVARIANT: what the agent
itself says of its decisions is kept and never counts: it must not grade itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, or_, select

from handraise.core.outcomes import OWN_WORD, TOLD, TURNED_OUT_AT, teller_of
from handraise.model import DecisionRecord, Event, Outcome, OutcomeCounts
from handraise.store.columns import instant_text, short
from handraise.store.database import Database
from handraise.store.inserts import insert_records
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of
from handraise.store.schema import decisions, tallies
from handraise.store.schema import outcomes as table

_OUTCOME = columns_of(table, Outcome)
_DECISION = columns_of(decisions, DecisionRecord)
_IDS_A_STATEMENT = 500


def tell_outcomes(db: Database, outcomes: Sequence[Outcome]) -> int:
    """Keep what turned out, all or none, each with its event; return how many of them are news.

    What the same source said last of a decision, and says again in the same words, is passed over.

    Args:
        db: the opened store.
        outcomes: of decisions that are kept; of several of one decision the last one counts.
    """
    with db.write() as connection:
        last = {
            (one.decision_id, one.source): one
            for one in _of(connection, {one.decision_id for one in outcomes})
        }
        news = []
        for one in outcomes:
            before = last.get((one.decision_id, one.source))
            if before is None or not _says_the_same(before, one):
                last[one.decision_id, one.source] = one
                news.append(one)
        insert_records(connection, table, news)
        escalations = _escalations_of(connection, [one.decision_id for one in news])
        append(connection, [_event(one, escalations.get(one.decision_id)) for one in news])
        return len(news)


def outcome_of(db: Database, decision_ids: Iterable[str]) -> dict[str, Outcome]:
    """Return what counts of some decisions, by their id: the newest that the agent did not tell.

    A decision of which nothing is known, or the agent's own word alone, is left out.
    """
    with db.read() as connection:
        return {
            one.decision_id: one
            for one in _of(connection, decision_ids)
            if one.source != OWN_WORD  # oldest first, so that the newest stays
        }


def outcomes_of(db: Database, decision_id: str) -> list[Outcome]:
    """Return everything that was told of a decision, oldest first, the agent's own word too."""
    with db.read() as connection:
        return _of(connection, [decision_id])


def decisions_by_id(db: Database, agent: str, ids: Iterable[str]) -> dict[str, DecisionRecord]:
    """Return an agent's decisions by their ids, rehearsals too; unknown ones are left out."""
    return {one.id: one for one in _named(db, agent, decisions.c.id, set(ids))}


def decisions_by_key(db: Database, agent: str, keys: Iterable[str]) -> dict[str, DecisionRecord]:
    """Return an agent's decisions by the keys they are asked for; unknown ones are left out.

    One key may name a real decision and one of practice: then it is the real one.
    """
    kept = {key: short(key) for key in keys}
    found: dict[str | None, DecisionRecord] = {}
    for one in _named(db, agent, decisions.c.key, set(kept.values())):
        if one.key not in found or not one.rehearsal:
            found[one.key] = one
    return {key: found[name] for key, name in kept.items() if name in found}


def _named(db: Database, agent: str, column: Column[Any], names: set[str]) -> list[DecisionRecord]:
    found: list[DecisionRecord] = []
    with db.read() as connection:
        for part in _parts(sorted(names)):
            chosen = select(*_DECISION).where(decisions.c.agent == agent, column.in_(part))
            found += [record_of(DecisionRecord, row) for row in connection.execute(chosen)]
    return found


def outcomes_alone(db: Database, agent: str, since: datetime | None = None) -> OutcomeCounts:
    """Return how the decisions turned out that an agent took alone, as far as anybody told.

    Rehearsals and the agent's own word do not count.

    Args:
        db: the opened store.
        agent: whose.
        since: only decisions judged at this instant or later.
    """
    went_ahead = (
        decisions.c.agent == agent,
        decisions.c.rehearsal.is_(False),
        decisions.c.rows == (),
    )
    turned_out = (
        select(table.c.is_right, func.count(), func.count(table.c.stake), func.sum(table.c.stake))
        .join_from(table, decisions)
        .where(*went_ahead, table.c.source != OWN_WORD, ~_has_newer())
        .group_by(table.c.is_right)
    )
    told_by_agent = (
        select(func.count(table.c.decision_id.distinct()))
        .join_from(table, decisions)
        .where(*went_ahead, table.c.source == OWN_WORD)
    )
    alone = select(func.coalesce(func.sum(tallies.c.count), 0)).where(
        tallies.c.agent == agent, tallies.c.rows == ()
    )
    if since is not None:
        turned_out = turned_out.where(decisions.c.decided_at >= since)
        told_by_agent = told_by_agent.where(decisions.c.decided_at >= since)
        alone = alone.where(tallies.c.hour >= since.replace(minute=0, second=0, microsecond=0))
    with db.read() as connection:
        by_answer = {bool(row[0]): row[1:] for row in connection.execute(turned_out)}
        count = int(connection.execute(alone).scalar_one())
        own = int(connection.execute(told_by_agent).scalar_one())
    right, wrong = by_answer.get(True, (0, 0, None)), by_answer.get(False, (0, 0, None))
    return OutcomeCounts(
        alone=count,
        told=right[0] + wrong[0],
        wrong=wrong[0],
        staked=wrong[1],
        cost=float(wrong[2] or 0.0),
        own_word=own,
    )


def _has_newer() -> ColumnElement[bool]:
    """Whether something that counts was told later of the same decision."""
    newer = table.alias("newer")
    later = or_(
        newer.c.told_at > table.c.told_at,
        and_(newer.c.told_at == table.c.told_at, newer.c.id > table.c.id),
    )
    return (
        select(newer.c.id)
        .where(newer.c.decision_id == table.c.decision_id, newer.c.source != OWN_WORD, later)
        .exists()
    )


def _of(connection: Connection, decision_ids: Iterable[str]) -> list[Outcome]:
    found: list[Outcome] = []
    for part in _parts(sorted(set(decision_ids))):
        chosen: Select[Any] = select(*_OUTCOME).where(table.c.decision_id.in_(part))
        ordered = chosen.order_by(table.c.told_at, table.c.id)
        found += [record_of(Outcome, row) for row in connection.execute(ordered)]
    return found


def _parts(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[at : at + _IDS_A_STATEMENT] for at in range(0, len(values), _IDS_A_STATEMENT)]


def _says_the_same(before: Outcome, now: Outcome) -> bool:
    """Whether an outcome says again what was said; one without an instant of its own has that."""
    had_no_instant = now.at == now.told_at
    return (before.is_right, before.stake, before.note) == (
        now.is_right,
        now.stake,
        now.note,
    ) and (had_no_instant or before.at == now.at)


def _escalations_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the escalations of those decisions that stopped, by the decisions' ids."""
    found: dict[str, str] = {}
    for part in _parts(sorted(set(ids))):
        chosen = select(decisions.c.id, decisions.c.escalation_id).where(
            decisions.c.id.in_(part), decisions.c.escalation_id.is_not(None)
        )
        found.update((row.id, row.escalation_id) for row in connection.execute(chosen))
    return found


def _event(outcome: Outcome, escalation_id: str | None) -> Event:
    detail: dict[str, Any] = {
        "outcome": outcome.id,
        "decision": outcome.decision_id,
        "is_right": outcome.is_right,
        "source": outcome.source,
    }
    if outcome.stake is not None:
        detail["stake"] = outcome.stake
    if outcome.at != outcome.told_at:
        detail[TURNED_OUT_AT] = instant_text(outcome.at)
    return Event(
        at=outcome.told_at,
        kind=TOLD,
        who=teller_of(outcome.source, outcome.agent, outcome.by),
        agent=outcome.agent,
        escalation_id=escalation_id,
        detail=detail,
    )
