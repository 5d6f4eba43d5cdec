"""The life of an escalation as pure functions: record in, record with events and notices out.

Nothing here looks at a watch, stores or sends. INVARIANTS: an open ask has a holder; a resolved
escalation has no open ask and never moves again; only a person's answer, a withdrawal or the table's own
`unanswered: reject` ends one; an answer binds to the digest of the proposal the person saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from handraise.core.duty import Directory, Pick, pick, unavailable
from handraise.core.gate.digest import proposal_digest
from handraise.core.table.types import Route, Table
from handraise.core.table.units import duration_text
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    NotFoundError,
    ProposalMovedError,
)
from handraise.model import (
    ANSWER_KINDS,
    OWNER,
    REASON_REQUIRED,
    Answer,
    Ask,
    Decision,
    Escalation,
    Event,
    Move,
    Notice,
    OutcomeName,
    Reason,
    Verdict,
)

OWNER_ROUTE = Route(id=OWNER, people=(), acknowledge_within_s=900.0, decide_within_s=28_800.0)
"""The deadlines of the last resort where the ask's own route has none: 15 minutes and 8 hours."""

MAX_REMINDER_S = 86_400.0
"""The owner is reminded at growing intervals, at least once a day."""

OUTCOME_OF: dict[str, OutcomeName] = {
    "reject": "rejected",
    "instruct": "instructed",
    "take_over": "taken_over",
}
MAX_WORDS = 20_000


def next_move(escalation: Escalation, table: Table, directory: Directory, now: datetime) -> Move | None:
    """Return what time alone brings: asks advanced, owners reminded, or the end of it; None when nothing is due.

    Args:
        escalation: as it stands.
        table: the version of the table it began with.
        directory: how everybody stands now.
        now: the present instant.
    """
    if escalation.state != "open":
        return None
    moved = Move(escalation=escalation)
    for ask in escalation.asks:
        if ask.state == "open" and moved.escalation.state == "open":
            moved = _advance_when_due(moved, ask, table, directory, now)
    return moved if moved.events else None


def _advance_when_due(moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime) -> Move:
    state = directory.states.get(ask.holder)
    if ask.with_owner:
        if ask.holder != directory.owner:
            return _reassigned(moved, ask, table, directory, now, f"{ask.holder} is no longer the owner")
        return _remind_owner(moved, ask, table, now)
    if state is None or not state.active:
        return _reassigned(moved, ask, table, directory, now, f"{ask.holder} is no longer on the table")
    if ask.acknowledge_due_at is not None and ask.acknowledge_due_at <= now:
        route = table.routes.get(ask.route, OWNER_ROUTE)
        why = f"{ask.holder} did not acknowledge within {duration_text(route.acknowledge_within_s)}"
        return _reassigned(moved, ask, table, directory, now, why)
    if ask.decide_due_at <= now:
        route = table.routes.get(ask.route, OWNER_ROUTE)
        why = f"{ask.holder} did not decide within {duration_text(route.decide_within_s)}"
        return _reassigned(moved, ask, table, directory, now, why)
    return moved


def _reassigned(moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime, why: str) -> Move:
    """Return the move with the ask advanced to the next person, and both told."""
    picked = pick(table, ask.route, directory, ask.tried, now)
    fresh = _assigned(ask, picked, table, now)
    notices = [_assignment_notice(fresh, picked, why)]
    if ask.holder != picked.person:
        notices.append(Notice(kind="moved_on", to=ask.holder, ask_id=ask.id, why=f"it went to {picked.person}: {why}"))
    event = _event(moved.escalation, "advanced", "handraise", now, ask.id, {"from": ask.holder, "to": picked.person, "with_owner": picked.with_owner, "why": why, "skipped": _skipped(picked)})
    return _added(moved, _with_ask(moved.escalation, fresh), [event], notices)


def _assigned(ask: Ask, picked: Pick, table: Table, now: datetime) -> Ask:
    """Return the ask in new hands, with both deadlines running afresh."""
    route = table.routes.get(ask.route, OWNER_ROUTE)
    acknowledge = now + timedelta(seconds=route.acknowledge_within_s)
    decide = now + timedelta(seconds=route.decide_within_s)
    return replace(
        ask,
        holder=picked.person,
        with_owner=picked.with_owner,
        tried=ask.tried if picked.person in ask.tried else (*ask.tried, picked.person),
        assigned_at=now,
        acknowledge_due_at=acknowledge,
        decide_due_at=decide,
        acknowledged_at=None,
        reminders=0,
        due_at=acknowledge,
    )


def _assignment_notice(ask: Ask, picked: Pick, why: str) -> Notice:
    told = why or "; ".join(f"{skip.person} {skip.why}" for skip in picked.skipped)
    return Notice(kind="with_owner" if picked.with_owner else "asked", to=ask.holder, ask_id=ask.id, why=told)


def _skipped(picked: Pick) -> list[dict[str, str]]:
    return [{"person": skip.person, "why": skip.why} for skip in picked.skipped]


def _remind_owner(moved: Move, ask: Ask, table: Table, now: datetime) -> Move:
    """Return the move with the owner reminded, or with the end that the table wants when nobody answers."""
    if table.unanswered == "reject" and ask.decide_due_at <= now:
        ended = _ended(moved.escalation, "expired", now, by=None, reason="nobody answered in time, and the table rejects what is not answered")
        event = _event(ended, "resolved", "handraise", now, ask.id, {"outcome": "expired"})
        return _added(moved, ended, [event], _told_of_end(ended, "nobody answered in time", None))
    if ask.due_at is None or ask.due_at > now:
        return moved
    count = ask.reminders + 1
    route = table.routes.get(ask.route, OWNER_ROUTE)
    wait = min(route.acknowledge_within_s * 2**min(count, 20), MAX_REMINDER_S)
    due = now + timedelta(seconds=wait)
    if table.unanswered == "reject":
        due = min(due, ask.decide_due_at)
    fresh = replace(ask, reminders=count, due_at=due)
    event = _event(moved.escalation, "reminded", "handraise", now, ask.id, {"to": ask.holder, "count": count})
    notice = Notice(kind="reminder", to=ask.holder, ask_id=ask.id, why=f"reminder {count}: nobody has decided yet")
    return _added(moved, _with_ask(moved.escalation, fresh), [event], [notice])


def open_escalation(
    *,
    id: str,
    verdict: Verdict,
    plain: Decision,
    digest: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move:
    """Return a new escalation with an ask for each route of the verdict, and everybody concerned told.

    Args:
        id: a fresh UUIDv7.
        verdict: a stop; its routes get an ask each.
        plain: the decision in plain values.
        digest: of `plain`.
        table: the table that judged.
        directory: how everybody stands now.
        now: the present instant.
    """
    bound = proposal_digest(plain.action, plain.proposal)
    escalation = Escalation(
        id=id,
        agent=table.agent,
        version=table.version,
        rehearsal=verdict.rehearsal,
        decision=plain,
        digest=digest,
        proposal=plain.proposal,
        proposal_digest=bound,
        asked_digest=bound,
        facts=plain.facts if isinstance(plain.facts, dict) else {},
        reasons=verdict.reasons,
        asks=(),
        created_at=now,
    )
    detail = {"rows": [reason.row for reason in verdict.reasons], "routes": list(verdict.routes)}
    started = Move(
        escalation=escalation,
        events=(_event(escalation, "created", f"agent:{table.agent}", now, None, detail),),
    )
    return _with_asks(started, verdict.routes, table, directory, now)


def _with_asks(moved: Move, routes: Sequence[str], table: Table, directory: Directory, now: datetime) -> Move:
    """Return the move with a new ask for each route."""
    for route in routes:
        picked = pick(table, route, directory, (), now)
        blank = Ask(
            id=f"{moved.escalation.id}.{len(moved.escalation.asks) + 1}",
            route=route,
            state="open",
            holder=picked.person,
            assigned_at=now,
            acknowledge_due_at=now,
            decide_due_at=now,
            due_at=now,
        )
        ask = _assigned(blank, picked, table, now)
        detail = {"to": picked.person, "route": route, "with_owner": picked.with_owner, "skipped": _skipped(picked)}
        grown = replace(moved.escalation, asks=(*moved.escalation.asks, ask))
        event = _event(grown, "assigned", "handraise", now, ask.id, detail)
        moved = _added(moved, grown, [event], [_assignment_notice(ask, picked, "")])
    return moved


def may_answer(escalation: Escalation, ask: Ask, person: str, table: Table, directory: Directory) -> bool:
    """Whether a person may acknowledge and answer an ask now: on its route, or the owner, and still there."""
    if escalation.state != "open" or ask.state != "open":
        return False
    state = directory.states.get(person)
    if state is None or not state.active:
        return False
    return person == directory.owner or person in table.route_people(ask.route) or person == ask.holder


def acknowledge(escalation: Escalation, ask_id: str, person: str, table: Table, directory: Directory, now: datetime) -> Move:
    """Return the ask acknowledged by its holder, or taken by another of its people: "I have it".

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person is not on its route and not the owner.
    """
    ask = _open_ask(escalation, ask_id, person, table, directory)
    if ask.acknowledged_at is not None and ask.holder == person:
        return Move(escalation=escalation)
    taken = ask.holder != person
    fresh = replace(
        ask,
        holder=person,
        with_owner=ask.with_owner and person == directory.owner,
        tried=ask.tried if person in ask.tried else (*ask.tried, person),
        acknowledge_due_at=None,
        acknowledged_at=now,
        assigned_at=now if taken else ask.assigned_at,
        due_at=ask.decide_due_at,
    )
    event = _event(escalation, "acknowledged", person, now, ask.id, {"from": ask.holder} if taken else {})
    notices = [Notice(kind="moved_on", to=ask.holder, ask_id=ask.id, why=f"{person} has taken it")] if taken else []
    return _added(Move(escalation=escalation), _with_ask(escalation, fresh), [event], notices)


def _open_ask(escalation: Escalation, ask_id: str, person: str, table: Table, directory: Directory) -> Ask:
    ask = escalation.ask(ask_id)
    if ask is None:
        raise NotFoundError(f"there is no ask {ask_id}")
    if escalation.state != "open" or ask.state != "open":
        raise AlreadyAnsweredError(_who_was_faster(escalation, ask), "nothing was changed by you")
    if not may_answer(escalation, ask, person, table, directory):
        raise AccessError(
            f'{person} is not on the route "{ask.route}" and not the owner',
            f"{ask.holder} has it now",
        )
    return ask


def _who_was_faster(escalation: Escalation, ask: Ask) -> str:
    """Return who ended it and when, in words."""
    if ask.answer is not None:
        return f"{ask.answer.by} answered this ({ask.answer.kind.replace('_', ' ')}) at {_moment(ask.answer.at)}"
    ended = f" at {_moment(escalation.resolved_at)}" if escalation.resolved_at else ""
    by = f" by {escalation.resolved_by}" if escalation.resolved_by else ""
    return f"this was {(escalation.outcome or 'ended').replace('_', ' ')}{by}{ended}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def check_answer(answer: Answer, escalation: Escalation) -> None:
    """Refuse an answer that does not fit its form.

    Raises:
        AnswerError: the message begins with the field's name.
        ProposalMovedError: the person saw another proposal than the one that stands now.
    """
    if answer.kind not in ANSWER_KINDS:
        raise AnswerError(f"kind: {answer.kind!r} is no answer", f"answer {', '.join(ANSWER_KINDS)}")
    if answer.kind in REASON_REQUIRED and not (answer.reason or "").strip():
        raise AnswerError("reason: say why, in a few words", "it goes into the record and to the agent")
    if answer.kind == "instruct" and not (answer.instruction or "").strip():
        raise AnswerError("instruction: say what the agent should do")
    for field in ("reason", "instruction"):
        if len(getattr(answer, field) or "") > MAX_WORDS:
            raise AnswerError(f"{field}: longer than {MAX_WORDS:,} characters", "shorten it")
    if answer.digest != escalation.proposal_digest:
        raise ProposalMovedError(
            "the proposal changed while you were reading",
            "look at it again, then answer",
        )
    if answer.kind == "change" and proposal_digest(escalation.decision.action, answer.proposal) == escalation.proposal_digest and answer.facts is None:
        raise AnswerError("proposal: nothing was changed", "approve it as it is, or change a value")
    if answer.kind != "change" and (answer.proposal is not None or answer.facts is not None):
        raise AnswerError("proposal: only the answer change may carry another proposal")


def give_answer(
    escalation: Escalation,
    ask_id: str,
    answer: Answer,
    table: Table,
    directory: Directory,
    rejudged: Verdict | None = None,
) -> Move:
    """Return what an answer brings.

    One reject, instruct or take_over ends it. Approvals end it when every route has agreed to the same
    proposal. A change is judged again: routes that fire now and have no ask get one, and routes that had
    approved the former proposal are asked again.

    Args:
        escalation: as it stands.
        ask_id: the ask that is answered.
        answer: by a person who may; `answer.at` is the present instant.
        table: the version of the table it began with.
        directory: how everybody stands now.
        rejudged: the gate's verdict on the changed proposal; required for `change`.

    Raises:
        NotFoundError, AlreadyAnsweredError, AccessError, AnswerError, ProposalMovedError: nothing
            changed; the message says why.
    """
    ask = _open_ask(escalation, ask_id, answer.by, table, directory)
    check_answer(answer, escalation)
    now = answer.at
    answered = replace(ask, state="answered", answer=answer, due_at=None, acknowledge_due_at=None, acknowledged_at=ask.acknowledged_at or now)
    detail: dict[str, Any] = {"answer": answer.kind, "route": ask.route, "holder": ask.holder}
    detail |= {name: value for name in ("reason", "instruction") if (value := getattr(answer, name))}
    if answer.kind == "change":
        detail |= {"from": escalation.proposal, "to": answer.proposal}
    event = _event(escalation, "answered", answer.by, now, ask.id, detail)
    moved = _added(Move(escalation=escalation), _with_ask(escalation, answered), [event], [])
    if answer.kind in OUTCOME_OF:
        return _finish(moved, OUTCOME_OF[answer.kind], answer)
    if answer.kind == "change":
        if rejudged is None:
            msg = "a change is judged again before it is taken"
            raise ValueError(msg)
        moved = _changed(moved, answered, answer, rejudged, table, directory)
    if any(one.state == "open" for one in moved.escalation.asks):
        return moved
    changed = any(one.answer is not None and one.answer.kind == "change" for one in moved.escalation.asks)
    return _finish(moved, "changed" if changed or moved.escalation.proposal_digest != moved.escalation.asked_digest else "approved", answer)


def _changed(moved: Move, answered: Ask, answer: Answer, rejudged: Verdict, table: Table, directory: Directory) -> Move:
    """Return the move with the new proposal in place, and everybody asked who must agree to it."""
    now = answer.at
    escalation = moved.escalation
    facts = answer.facts if answer.facts is not None else escalation.facts
    digest = proposal_digest(escalation.decision.action, answer.proposal)
    known = {(reason.row, reason.sentence) for reason in escalation.reasons}
    reasons = (*escalation.reasons, *(reason for reason in rejudged.reasons if (reason.row, reason.sentence) not in known))
    escalation = replace(escalation, proposal=answer.proposal, proposal_digest=digest, facts=facts, reasons=reasons)
    moved = replace(moved, escalation=escalation)
    why = f"{answer.by} changed the proposal"
    for ask in escalation.asks:
        if ask.id == answered.id:
            continue
        if ask.state == "answered":
            moved = _asked_again(moved, ask, table, directory, now, why)
        elif ask.state == "open":
            notice = Notice(kind="asked_again", to=ask.holder, ask_id=ask.id, why=why)
            moved = replace(moved, notices=(*moved.notices, notice))
    have = {ask.route for ask in escalation.asks}
    return _with_asks(moved, [route for route in rejudged.routes if route not in have], table, directory, now)


def _asked_again(moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime, why: str) -> Move:
    """Return the move with an answered ask open again: the approval was for another proposal."""
    holder = ask.answer.by if ask.answer else ask.holder
    free = unavailable(table.people.get(holder), directory.states.get(holder), now) is None
    picked = Pick(person=holder, with_owner=ask.with_owner) if free else pick(table, ask.route, directory, ask.tried, now)
    fresh = _assigned(replace(ask, state="open", answer=None), picked, table, now)
    event = _event(moved.escalation, "asked_again", "handraise", now, ask.id, {"to": picked.person, "why": why})
    notice = Notice(kind="asked_again", to=picked.person, ask_id=ask.id, why=why)
    return _added(moved, _with_ask(moved.escalation, fresh), [event], [notice])


def _finish(moved: Move, outcome: OutcomeName, answer: Answer) -> Move:
    ended = _ended(moved.escalation, outcome, answer.at, by=answer.by, reason=answer.reason, instruction=answer.instruction)
    event = _event(ended, "resolved", answer.by, answer.at, None, {"outcome": outcome})
    why = f"{answer.by}: {outcome.replace('_', ' ')}"
    return _added(moved, ended, [event], _told_of_end(moved.escalation, why, answer.by))


def _ended(escalation: Escalation, outcome: OutcomeName, now: datetime, *, by: str | None, reason: str | None = None, instruction: str | None = None) -> Escalation:
    asks = tuple(replace(ask, state="closed", due_at=None) if ask.state == "open" else ask for ask in escalation.asks)
    return replace(
        escalation,
        asks=asks,
        state="resolved",
        outcome=outcome,
        resolved_at=now,
        resolved_by=by,
        reason=reason,
        instruction=instruction if outcome == "instructed" else None,
    )


def _told_of_end(escalation: Escalation, why: str, by: str | None) -> list[Notice]:
    """Return a notice for each other person who still has an ask of it in hand, or knew of it as the owner."""
    told: dict[str, Notice] = {}
    for ask in escalation.asks:
        if ask.holder != by and (ask.state != "answered" or ask.with_owner):
            told.setdefault(ask.holder, Notice(kind="resolved", to=ask.holder, ask_id=ask.id, why=why))
    return list(told.values())


def withdraw(escalation: Escalation, reason: str, now: datetime) -> Move:
    """Return the escalation withdrawn by the agent: it no longer needs the answer.

    Raises:
        AlreadyAnsweredError: it has ended already.
    """
    if escalation.state != "open":
        raise AlreadyAnsweredError(_who_was_faster(escalation, escalation.asks[0]), "nothing was changed by you")
    ended = _ended(escalation, "withdrawn", now, by=None, reason=reason or None)
    event = _event(ended, "resolved", f"agent:{escalation.agent}", now, None, {"outcome": "withdrawn", "reason": reason})
    return _added(Move(escalation=escalation), ended, [event], _told_of_end(escalation, "the agent withdrew it", None))


def undelivered(escalation: Escalation, ask_id: str, person: str, error: str, table: Table, directory: Directory, now: datetime) -> Move | None:
    """Return the ask advanced early because no message reaches its holder; None when they no longer hold it.

    With the owner nobody is left to advance to: the failure is recorded, and reminders go on.
    """
    ask = escalation.ask(ask_id)
    if escalation.state != "open" or ask is None or ask.state != "open" or ask.holder != person:
        return None
    why = f"no message reaches {person}: {error}"
    if ask.with_owner or ask.acknowledged_at is not None:
        event = _event(escalation, "undelivered", "handraise", now, ask.id, {"to": person, "error": error})
        return _added(Move(escalation=escalation), escalation, [event], [])
    return _reassigned(Move(escalation=escalation), ask, table, directory, now, why)


def _with_ask(escalation: Escalation, fresh: Ask) -> Escalation:
    return replace(escalation, asks=tuple(fresh if ask.id == fresh.id else ask for ask in escalation.asks))


def _added(moved: Move, escalation: Escalation, events: Sequence[Event], notices: Sequence[Notice]) -> Move:
    return Move(escalation=escalation, events=(*moved.events, *events), notices=(*moved.notices, *notices))


def _event(escalation: Escalation, kind: str, who: str, now: datetime, ask_id: str | None, detail: dict[str, Any]) -> Event:
    return Event(at=now, kind=kind, who=who, agent=escalation.agent, escalation_id=escalation.id, ask_id=ask_id, detail=detail)


def reasons_text(reasons: Sequence[Reason]) -> str:
    """Return the sentences of reasons as one paragraph."""
    return "; ".join(reason.sentence for reason in reasons)
