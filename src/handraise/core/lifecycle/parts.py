"""What the moves of the lifecycle are made of: an ask in new hands, an end, an event, who is told.

Every function returns a new record; none decides whether its move is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from handraise.core.duty import Directory, Pick, duty_ends
from handraise.core.table.types import Route, Table
from handraise.model import (
    OWNER,
    Answer,
    Ask,
    Escalation,
    Event,
    Move,
    Notice,
    NoticeKind,
    OutcomeName,
)

OWNER_ROUTE = Route(id=OWNER, people=(), acknowledge_within_s=900.0, decide_within_s=28_800.0)
"""The deadlines of the last resort where the ask's own route has none: 15 minutes and 8 hours."""

MAX_DOUBLINGS = 20
MAX_WAIT_S = 366 * 86_400.0


def route_of(ask: Ask, table: Table) -> Route:
    """Return the ask's route with its deadlines; the owner's where it is the last resort itself."""
    return table.routes.get(ask.route, OWNER_ROUTE)


def assigned(ask: Ask, picked: Pick, table: Table, directory: Directory, now: datetime) -> Ask:
    """Return the ask in new hands, with both deadlines running afresh and nobody's delegate."""
    fresh = replace(
        ask,
        holder=picked.person,
        with_owner=picked.with_owner,
        tried=with_person(ask.tried, picked.person),
        assigned_at=now,
        decide_due_at=now + timedelta(seconds=route_of(ask, table).decide_within_s),
        acknowledged_at=None,
        acknowledged_until=None,
        delegate=None,
        reminders=0,
    )
    return asked_at(fresh, table, directory, now)


def asked_at(ask: Ask, table: Table, directory: Directory, now: datetime) -> Ask:
    """Return the ask with its holder asked at an instant to acknowledge it.

    They have until their hours end, if that is before the deadline; the last resort has it all.
    """
    due_at = now + timedelta(seconds=route_of(ask, table).acknowledge_within_s)
    person, state = directory.person(ask.holder, table), directory.states.get(ask.holder)
    if person is not None and state is not None and not ask.with_owner:
        due_at = duty_ends(person, state.shifts, now, due_at) or due_at
    return replace(ask, acknowledge_due_at=due_at, due_at=min(due_at, ask.decide_due_at))


def acknowledged(ask: Ask, table: Table, now: datetime) -> Ask:
    """Return the ask acknowledged by its holder, until half of the time to decide is over.

    With the owner it does not expire, for there is nobody left to whom it could go: reminders go on
    at their own pace.
    """
    route = route_of(ask, table)
    fresh = replace(ask, acknowledge_due_at=None, acknowledged_at=now, acknowledged_until=None)
    if ask.with_owner:
        due_at = max(ask.due_at or now, now + timedelta(seconds=route.acknowledge_within_s))
        is_late = ask.decide_due_at <= now
        return replace(fresh, due_at=due_at if is_late else min(due_at, ask.decide_due_at))
    lasts_s = max(route.acknowledge_within_s, route.decide_within_s / 2)
    until = now + timedelta(seconds=lasts_s)
    fresh = replace(fresh, reminders=0, acknowledged_until=min(until, ask.decide_due_at))
    return replace(fresh, due_at=next_look(fresh, table))


def is_acknowledged(ask: Ask, now: datetime) -> bool:
    """Whether somebody has the ask by their own word, and the word still holds."""
    until = ask.acknowledged_until
    return ask.acknowledged_at is not None and (until is None or until > now)


def next_look(ask: Ask, table: Table) -> datetime:
    """Return when an acknowledged ask must be looked at again: reminder, expiry or deadline."""
    dues = [ask.decide_due_at]
    if ask.acknowledged_at is not None and ask.acknowledged_until is not None:
        dues += [ask.acknowledged_until, reminder_at(ask, ask.acknowledged_at, table)]
    return min(dues)


def reminder_at(ask: Ask, since: datetime, table: Table) -> datetime:
    """Return when a holder who has acknowledged is reminded next: each time after twice as long."""
    first_s = route_of(ask, table).acknowledge_within_s
    times = 2 ** min(ask.reminders + 1, MAX_DOUBLINGS) - 1
    return since + timedelta(seconds=min(first_s * times, MAX_WAIT_S))


def with_person(tried: tuple[str, ...], person: str) -> tuple[str, ...]:
    """Return those who have had an ask, with one more."""
    return tried if person in tried else (*tried, person)


def assignment_notice(ask: Ask, picked: Pick, why: str) -> Notice:
    """Return the notice for who has the ask now: why it moved, and who was passed over for them."""
    told = "; ".join(filter(None, (why, picked.why)))
    kind: NoticeKind = "with_owner" if picked.with_owner else "asked"
    return Notice(kind=kind, to=ask.holder, ask_id=ask.id, why=told)


def skipped(picked: Pick) -> list[dict[str, str]]:
    """Return who was passed over, as an event keeps it."""
    return [{"person": skip.person, "why": skip.why} for skip in picked.skipped]


def hands(ask: Ask) -> list[str]:
    """Return who has an ask in hand: its holder, and who does the work for them."""
    return [ask.holder] if ask.delegate is None else [ask.holder, ask.delegate]


def told_it_left(ask: Ask, why: str, *knowing: str) -> list[Notice]:
    """Return a notice for each who had an ask in hand: its holder, and who did the work for them.

    Args:
        ask: as it was.
        why: one plain sentence.
        knowing: who knows already, or has it now.
    """
    people = [one for one in dict.fromkeys(hands(ask)) if one not in knowing]
    return [Notice(kind="moved_on", to=one, ask_id=ask.id, why=why) for one in people]


def with_ask(escalation: Escalation, fresh: Ask) -> Escalation:
    """Return the escalation with one of its asks renewed."""
    asks = tuple(fresh if ask.id == fresh.id else ask for ask in escalation.asks)
    return replace(escalation, asks=asks)


def added(
    moved: Move,
    escalation: Escalation,
    events: Sequence[Event] = (),
    notices: Sequence[Notice] = (),
) -> Move:
    """Return the move carried on to a new record, with what happened and who is told."""
    return Move(
        escalation=escalation,
        events=(*moved.events, *events),
        notices=(*moved.notices, *notices),
    )


def event(
    escalation: Escalation,
    kind: str,
    who: str,
    now: datetime,
    ask_id: str | None,
    detail: dict[str, Any],
) -> Event:
    """Return that something happened to an escalation."""
    return Event(
        at=now,
        kind=kind,
        who=who,
        agent=escalation.agent,
        escalation_id=escalation.id,
        ask_id=ask_id,
        detail=detail,
    )


def ended(
    escalation: Escalation,
    outcome: OutcomeName,
    now: datetime,
    *,
    by: str | None,
    reason: str | None = None,
    instruction: str | None = None,
) -> Escalation:
    """Return the escalation resolved, whatever was still open closed."""
    asks = tuple(
        replace(ask, state="closed", due_at=None) if ask.state == "open" else ask
        for ask in escalation.asks
    )
    return replace(
        escalation,
        asks=asks,
        state="resolved",
        outcome=outcome,
        resolved_at=now,
        resolved_by=by,
        reason=reason,
        instruction=instruction,
    )


def told_of_end(escalation: Escalation, why: str, last: Answer | None = None) -> list[Notice]:
    """Return a notice for each other person who had an ask of it in hand, or had it as the owner.

    Args:
        escalation: resolved.
        why: one plain sentence.
        last: the answer that ended it, if one did; of the others people have been told.
    """
    told: dict[str, str] = {}
    for ask in escalation.asks:
        is_news = ask.answer is None or ask.answer is last
        if is_news and ask.delegate is not None:
            told.setdefault(ask.delegate, ask.id)
        if is_news or ask.with_owner:
            told.setdefault(ask.holder, ask.id)
    told.pop(escalation.resolved_by or "", None)
    return [Notice(kind="resolved", to=one, ask_id=id, why=why) for one, id in told.items()]
