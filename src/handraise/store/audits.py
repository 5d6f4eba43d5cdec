"""Decisions taken alone that were drawn by lot: kept with the decision, put to people, answered.

INVARIANT: an audit is written in the transaction that writes its decision, or neither is. Every
step of it is taken once, whoever tries, and is an event of the record; the words of the customer,
and of who answers, are in its row alone, where they can be erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, String, cast, func, select, update

from handraise.core.draws import ANSWERED, ASKED, CHOSEN, FIRST, LEFT_OUT, SECOND, SETTLED
from handraise.model import Audit, AuditAnswer, Audited, AuditState, Event, Message
from handraise.store.database import Database
from handraise.store.inserts import insert, insert_records
from handraise.store.journal import append
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import audits as table
from handraise.store.schema import decisions, outbox, tallies

MOST = 100_000
_IDS_A_STATEMENT = 500
_AUDIT = columns_of(table, Audit)


def write_audits(connection: Connection, audits: Sequence[Audit], *, all_written: bool) -> None:
    """Write the audits of decisions that the same transaction has written just before.

    Args:
        connection: of that transaction.
        audits: any number; of those that are known nothing changes.
        all_written: whether every decision was written; otherwise the audits of those that were
            passed over, because their key was known, are passed over too.
    """
    if not all_written:
        there = _there(connection, [audit.decision_id for audit in audits])
        audits = [audit for audit in audits if audit.decision_id in there]
    insert(connection, table, [values_of(audit) for audit in audits], known=True)


def _there(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), _IDS_A_STATEMENT):
        part = ids[start : start + _IDS_A_STATEMENT]
        chosen = select(decisions.c.id).where(decisions.c.id.in_(part))
        found |= set(connection.execute(chosen).scalars())
    return found


def audits(
    db: Database,
    agent: str | None,
    *,
    state: AuditState | None = None,
    person: str | None = None,
    decision_id: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[Audit]:
    """Return audits with what they are about, in the order in which the decisions were taken.

    Args:
        db: the opened store.
        agent: whose decisions; None for any agent's.
        state: only these.
        person: only those put to this person.
        decision_id: only those of this decision.
        since: only of decisions that went ahead at this instant or after.
        limit: at most so many.
    """
    found = select(*_AUDIT)
    given = {"agent": agent, "state": state, "person": person, "decision_id": decision_id}
    for name, value in given.items():
        if value is not None:
            found = found.where(table.c[name] == value)
    if since is not None:
        found = found.where(table.c.drawn_at >= since)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.id).limit(limit)).all()
    return [record_of(Audit, row) for row in rows]


def audit(db: Database, audit_id: str) -> Audit | None:
    """Return the audit of that id, or None."""
    with db.read() as connection:
        row = connection.execute(select(*_AUDIT).where(table.c.id == audit_id)).first()
    return None if row is None else record_of(Audit, row)


def ask_audit(
    db: Database,
    audit_id: str,
    person: str,
    due_at: datetime,
    now: datetime,
    *,
    probability: float | None = None,
    before: str | None = None,
    messages: Sequence[Message] = (),
) -> bool:
    """Put an audit to a person; False when it is not, or no longer, in the hands expected.

    Args:
        db: the opened store.
        audit_id: which.
        person: to whom.
        due_at: until when they should answer.
        now: the present instant.
        probability: with which it is put to a person, everything counted, in (0, 1]; None leaves it
            as it is.
        before: who has it now, when it goes from them to another; None when nobody has.
        messages: what is sent with it, in the same transaction.
    """
    values: dict[str, Any] = {
        "state": "asked",
        "person": person,
        "asked_at": now,
        "due_at": due_at,
        "chosen": None,
        "chosen_at": None,
    }
    if probability is not None:
        values["probability"] = probability
    expected = table.c.state == ("drawn" if before is None else "asked")
    whose = table.c.person.is_(None) if before is None else table.c.person == before
    detail: dict[str, Any] = {"to": person}
    if before is not None:
        detail["from"] = before
    if probability is not None:
        detail["probability"] = probability
    with db.write() as connection:
        taking = update(table).where(table.c.id == audit_id, expected, whose)
        agent = _taken(connection, taking.values(values))
        if agent is None:
            return False
        insert_records(connection, outbox, messages, known=True)
        append(connection, [_event(ASKED, agent, audit_id, "handraise", now, detail)])
    return True


def leave_out_audits(db: Database, ids: Sequence[str], now: datetime) -> int:
    """Leave audits out that nobody was asked about yet, and return how many.

    By lot, and never by looking at them: what is left has its `probability` lowered accordingly.
    """
    count = 0
    with db.write() as connection:
        left: dict[str, list[str]] = {}
        for start in range(0, len(ids), _IDS_A_STATEMENT):
            part = sorted(ids[start : start + _IDS_A_STATEMENT])
            leaving = update(table).where(table.c.id.in_(part), table.c.state == "drawn")
            leaving = leaving.values(state="left_out").returning(table.c.agent, table.c.id)
            for agent, id in connection.execute(leaving).all():
                left.setdefault(agent, []).append(id)
                count += 1
        events = [
            Event(at=now, kind=LEFT_OUT, who="handraise", agent=agent, detail={"audits": each})
            for agent, each in sorted(left.items())
        ]
        append(connection, events)
    return count


def choose(db: Database, audit_id: str, by: str, action: str, now: datetime) -> bool:
    """Note what a person would have done, before they see what the agent did.

    It is said once, by whom the audit was put to, while it is not answered; False otherwise.
    """
    with db.write() as connection:
        choosing = update(table).where(
            table.c.id == audit_id,
            table.c.state == "asked",
            table.c.person == by,
            table.c.chosen.is_(None),
        )
        agent = _taken(connection, choosing.values(chosen=action, chosen_at=now))
        if agent is None:
            return False
        append(connection, [_event(CHOSEN, agent, audit_id, by, now, {"chosen": action})])
    return True


def answer_audit(
    db: Database,
    audit_id: str,
    by: str,
    answer: AuditAnswer,
    stake: float | None,
    note: str,
    now: datetime,
) -> bool:
    """Keep what a person says of a decision; the first answer stands, and False is for later ones.

    Args:
        db: the opened store.
        audit_id: which; it was put to a person and is not answered.
        by: who answers: whom it was put to, or who takes it over from them. Whether they may is the
            caller's to say.
        answer: right, wrong, or that it cannot be told.
        stake: what a wrong one cost, in the table's money unit; None where not said.
        note: their words.
        now: the present instant.
    """
    values = {
        "state": "answered",
        "answer": answer,
        "stake": stake,
        "note": note,
        "answered_at": now,
        "answered_by": by,
    }
    with db.write() as connection:
        answering = update(table).where(table.c.id == audit_id, table.c.state == "asked")
        agent = _taken(connection, answering.values(values))
        if agent is None:
            return False
        append(connection, [_event(ANSWERED, agent, audit_id, by, now, _said(answer, stake))])
    return True


def settle_audit(
    db: Database,
    decision_id: str,
    by: str,
    answer: AuditAnswer,
    stake: float | None,
    note: str,
    now: datetime,
) -> bool:
    """Keep the owner's word on a decision of which two people said different things.

    It is an audit of its own, the decision's third; False where there is one already, or two people
    have not answered.

    Args:
        db: the opened store.
        decision_id: which decision.
        by: the owner.
        answer: what counts.
        stake: what a wrong one cost; None where not said.
        note: their words.
        now: the present instant.
    """
    both = (f"{decision_id}{FIRST}", f"{decision_id}{SECOND}")
    found = select(*_AUDIT).where(table.c.id.in_(both), table.c.state == "answered")
    with db.write() as connection:
        looks = connection.execute(found.order_by(table.c.id)).all()
        if len(looks) != len(both):
            return False
        first = values_of(record_of(Audit, looks[0]))
        settled = {
            **first,
            "id": f"{decision_id}{SETTLED}",
            "person": by,
            "asked_at": now,
            "due_at": now,
            "chosen": None,
            "chosen_at": None,
            "answer": answer,
            "stake": stake,
            "note": note,
            "answered_at": now,
            "answered_by": by,
        }
        if insert(connection, table, [settled], known=True) == 0:
            return False
        event = _event(ANSWERED, first["agent"], settled["id"], by, now, _said(answer, stake))
        append(connection, [event])
    return True


def audited(
    db: Database,
    agent: str,
    *,
    version: str | None = None,
    since: datetime | None = None,
    state: AuditState | None = None,
    limit: int = MOST,
) -> list[Audited]:
    """Return what an estimate needs of an agent's audits, the newest decisions first.

    All are there: answered, pending, and left out, unless one state is asked for. Of a decision
    that two people looked at there are two, and a third where the owner settled it.

    Args:
        db: the opened store.
        agent: whose.
        version: only of decisions that this version let go ahead.
        since: only of decisions that went ahead at this instant or after.
        state: only these.
        limit: at most so many.
    """
    last = cast(func.substr(table.c.id, func.length(table.c.decision_id) + 2), String)
    of = {"look": last, "action": decisions.c.action}
    columns = [
        of[name].label(name) if name in of else table.c[name] for name in Audited.__struct_fields__
    ]
    joined = table.join(decisions, decisions.c.id == table.c.decision_id)
    found = select(*columns).select_from(joined).where(table.c.agent == agent)
    if version is not None:
        found = found.where(table.c.version == version)
    if since is not None:
        found = found.where(table.c.drawn_at >= since)
    if state is not None:
        found = found.where(table.c.state == state)
    with db.read() as connection:
        rows = connection.execute(found.order_by(table.c.id.desc()).limit(limit)).mappings()
        return [Audited(**{**row, "look": int(row["look"])}) for row in rows]


def alone(
    db: Database,
    agent: str,
    since: datetime,
    until: datetime,
    *,
    version: str | None = None,
) -> dict[str, int]:
    """Return how many real decisions went ahead, by the severity of their action.

    Args:
        db: the opened store.
        agent: whose.
        since: from the hour of this instant on, which counts whole.
        until: up to the hour of this instant, which counts whole too.
        version: only those that this version let go ahead.
    """
    begin = since.replace(minute=0, second=0, microsecond=0)
    counted = select(tallies.c.severity, func.sum(tallies.c.count)).where(
        tallies.c.agent == agent,
        tallies.c.hour >= begin,
        tallies.c.hour < until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
        tallies.c.rows == (),
    )
    if version is not None:
        counted = counted.where(tallies.c.version == version)
    with db.read() as connection:
        rows = connection.execute(counted.group_by(tallies.c.severity)).all()
    return {severity: int(count) for severity, count in rows}


def _taken(connection: Connection, changing: Any) -> str | None:
    """Return the agent of the audit that a step was taken with; None where it was not."""
    found: str | None = connection.execute(changing.returning(table.c.agent)).scalar_one_or_none()
    return found


def _said(answer: AuditAnswer, stake: float | None) -> dict[str, Any]:
    return {"answer": answer, **({} if stake is None else {"stake": stake})}


def _event(
    kind: str, agent: str, audit_id: str, who: str, now: datetime, detail: dict[str, Any]
) -> Event:
    return Event(at=now, kind=kind, who=who, agent=agent, detail={"audit": audit_id, **detail})
