"""What time brings, and a channel that fails: asks advanced, owners reminded, the end nobody gave.

INVARIANT: after `next_move` no open ask is due any more, and none is held by somebody who has left,
is away or has declined.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from handraise.core.duty import ONLY_READS, Directory, Pick, on_duty, pick
from handraise.core.lifecycle.parts import (
    MAX_DOUBLINGS,
    acknowledged,
    added,
    asked_at,
    assigned,
    assignment_notice,
    ended,
    event,
    hands,
    is_acknowledged,
    next_look,
    reminder_at,
    route_of,
    skipped,
    told_it_left,
    told_of_end,
    with_ask,
)
from handraise.core.lifecycle.rights import has_right, may_agree, shut_out, siblings, why_not
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import Ask, Escalation, Move, Notice

CLOCK_SKEW = timedelta(minutes=5)
"""What was given out further in the future than this was dated by a clock that was wrong."""

MAX_REMINDER_S = 86_400.0
"""The owner is reminded at growing intervals, at least once a day."""


def next_move(
    escalation: Escalation, table: Table, directory: Directory, now: datetime
) -> Move | None:
    """Return what time alone brings: asks advanced, owners reminded, or its end; None for nothing.

    Args:
        escalation: as it stands.
        table: the version of the table it began with.
        directory: how everybody stands now.
        now: the present instant.
    """
    if escalation.state != "open":
        return None
    moved = Move(escalation=escalation)
    expired = expired_ask(escalation, table, directory, now)
    if expired is not None:
        return _expired(moved, expired, now)
    for ask in escalation.asks:
        if ask.state == "open":
            moved = _advanced_when_due(moved, ask, table, directory, now)
    return moved if moved.events else None


def expired_ask(
    escalation: Escalation, table: Table, directory: Directory, now: datetime
) -> Ask | None:
    """Return the ask that nobody answered in time, where the table rejects what is not answered."""
    if table.unanswered != "reject":
        return None
    return next(
        (
            ask
            for ask in escalation.asks
            if ask.state == "open"
            and ask.with_owner
            and ask.holder == directory.owner
            and ask.decide_due_at <= now
        ),
        None,
    )


def _expired(moved: Move, ask: Ask, now: datetime) -> Move:
    reason = "nobody answered in time, and the table rejects what is not answered"
    over = ended(moved.escalation, "expired", now, by=None, reason=reason)
    resolved = event(over, "resolved", "handraise", now, ask.id, {"outcome": "expired"})
    return added(moved, over, [resolved], told_of_end(over, "nobody answered in time"))


def _advanced_when_due(
    moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime
) -> Move:
    why = _why_it_moves(moved.escalation, ask, table, directory, now)
    if why:
        return passed_on(moved, ask, table, directory, now, why)
    if ask.delegate is not None and (gone := lost(ask.delegate, directory)):
        moved = _without_delegate(moved, ask, f"{ask.delegate} {gone}", now)
        ask = moved.escalation.ask(ask.id) or ask
    if ask.assigned_at > now + CLOCK_SKEW:
        return _set_anew(moved, ask, table, directory, now)
    if ask.with_owner:
        is_due = ask.due_at is None or ask.due_at <= now
        return _with_owner_still(moved, ask, table, directory, now) if is_due else moved
    if ask.acknowledged_until is not None and ask.acknowledged_until <= now:
        return _asked_anew(moved, ask, table, directory, now)
    if ask.acknowledged_at is not None and reminder_at(ask, ask.acknowledged_at, table) <= now:
        return _holder_reminded(moved, ask, table, now)
    return moved


def _set_anew(moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime) -> Move:
    """Return the move with deadlines that a clock far ahead had set running from now."""
    picked = Pick(person=ask.holder, with_owner=ask.with_owner)
    fresh = assigned(ask, picked, table, directory, now)
    if ask.acknowledged_at is not None:
        fresh = acknowledged(replace(fresh, delegate=ask.delegate), table, now)
    detail = {"from": ask.assigned_at.isoformat(), "to": now.isoformat()}
    noted = event(moved.escalation, "clock_corrected", "handraise", now, ask.id, detail)
    why = "its deadlines were set by a clock that was ahead, and run from now"
    notice = Notice(kind="reminder", to=ask.holder, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [noted], [notice])


def _with_owner_still(
    moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime
) -> Move:
    """Return the move with the owner reminded; or with somebody who may agree, where they may not.

    An owner who asked for it, or agreed for the route already, can only end it or give it on.
    """
    if not may_agree(moved.escalation, ask, ask.holder, table, directory):
        never = shut_out(moved.escalation, ask, table, directory)
        if not pick(table, ask.route, directory, (), now, never=never).with_owner:
            why = f"{ask.holder} may not agree to it, and somebody who may is there"
            return passed_on(moved, ask, table, directory, now, why, anew=True)
    return _owner_reminded(moved, ask, table, now)


def _why_it_moves(
    escalation: Escalation, ask: Ask, table: Table, directory: Directory, now: datetime
) -> str:
    """Return why an open ask goes on to the next person now; empty when it stays."""
    if ask.with_owner:
        return "" if ask.holder == directory.owner else f"{ask.holder} is no longer the owner"
    gone = lost(ask.holder, directory)
    if gone:
        return f"{ask.holder} {gone}"
    if not has_right(escalation, ask, ask.holder, table, directory):
        # Who is on its route has lost it to a rule of agreement; who is not was the owner.
        is_shut_out = ask.holder in shut_out(escalation, ask, table, directory)
        was_owner = f"{ask.holder} is no longer the owner"
        if not is_shut_out:
            return was_owner
        return why_not(escalation, ask, ask.holder, table, directory)
    route = route_of(ask, table)
    if ask.decide_due_at <= now:
        return f"{ask.holder} did not decide within {duration_text(route.decide_within_s)}"
    if is_acknowledged(ask, now):
        return ""
    not_there = _why_not_there(ask.holder, table, directory, now)
    if not_there or ask.acknowledge_due_at is None or ask.acknowledge_due_at > now:
        return not_there
    return f"{ask.holder} did not acknowledge within {duration_text(route.acknowledge_within_s)}"


def lost(person: str, directory: Directory) -> str:
    """Return why what a person has moves at once, in plain words; empty when they are there."""
    state = directory.states.get(person)
    if state is None or not state.active:
        return "is no longer here"
    if state.only_reads:
        return ONLY_READS
    if state.declined:
        return "has declined this duty"
    return "is away" if state.away else ""


def _why_not_there(holder: str, table: Table, directory: Directory, now: datetime) -> str:
    """Return why somebody who has not taken an ask cannot be waited for; empty when they can."""
    person, state = directory.person(holder, table), directory.states.get(holder)
    if person is not None and state is not None and not on_duty(person, now, state.shifts):
        return f"the hours of {holder} have ended"
    is_reachable = state is not None and state.reachable
    return "" if is_reachable else f"{holder} has no verified contact any more"


def passed_on(
    moved: Move,
    ask: Ask,
    table: Table,
    directory: Directory,
    now: datetime,
    why: str,
    *,
    by: str = "handraise",
    tells_former: bool = True,
    anew: bool = False,
) -> Move:
    """Return the move with the ask advanced to the next person, and both told.

    `anew` begins with the first person of the route again, whoever has had it.
    """
    never = shut_out(moved.escalation, ask, table, directory)
    # It is one question: who let the other ask of the route go is not asked for this one.
    tried = {who for one in (ask, *siblings(moved.escalation, ask)) for who in one.tried}
    picked = pick(table, ask.route, directory, () if anew else tried, now, never=never)
    fresh = assigned(ask, picked, table, directory, now)
    knowing = (picked.person,) if tells_former else (picked.person, ask.holder)
    left = told_it_left(ask, f"it went to {picked.person}: {why}", *knowing)
    notices = [assignment_notice(fresh, picked, why), *left]
    detail = {
        "from": ask.holder,
        "to": picked.person,
        "with_owner": picked.with_owner,
        "why": why,
        "skipped": skipped(picked),
    }
    advanced = event(moved.escalation, "advanced", by, now, ask.id, detail)
    return added(moved, with_ask(moved.escalation, fresh), [advanced], notices)


def _without_delegate(moved: Move, ask: Ask, gone: str, now: datetime) -> Move:
    """Return the move with the work back in the holder's own hands, who is told."""
    why = f"{gone}, so the work of it is yours again"
    fresh = replace(ask, delegate=None)
    detail = {"from": ask.delegate, "why": why}
    ended_it = event(moved.escalation, "delegation_ended", "handraise", now, ask.id, detail)
    notice = Notice(kind="reminder", to=ask.holder, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [ended_it], [notice])


def _asked_anew(moved: Move, ask: Ask, table: Table, directory: Directory, now: datetime) -> Move:
    """Return the move with an acknowledgement expired: the holder must give it again, or loses."""
    fresh = replace(ask, acknowledged_at=None, acknowledged_until=None, reminders=0)
    fresh = asked_at(fresh, table, directory, now)
    detail = {"holder": ask.holder}
    expired = event(moved.escalation, "acknowledgement_expired", "handraise", now, ask.id, detail)
    why = "you said you have it, and have not decided: say so again, or it goes to the next person"
    notice = Notice(kind="reminder", to=ask.holder, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [expired], [notice])


def _holder_reminded(moved: Move, ask: Ask, table: Table, now: datetime) -> Move:
    """Return the move with the holder, and who does the work for them, reminded."""
    count = ask.reminders + 1
    fresh = replace(ask, reminders=count)
    while fresh.acknowledged_at and reminder_at(fresh, fresh.acknowledged_at, table) <= now:
        fresh = replace(fresh, reminders=fresh.reminders + 1)
    fresh = replace(fresh, due_at=next_look(fresh, table))
    detail = {"to": ask.holder, "count": count}
    reminded = event(moved.escalation, "reminded", "handraise", now, ask.id, detail)
    why = "you said you have it, and it is still open"
    notices = [Notice(kind="reminder", to=one, ask_id=ask.id, why=why) for one in hands(ask)]
    return added(moved, with_ask(moved.escalation, fresh), [reminded], notices)


def _owner_reminded(moved: Move, ask: Ask, table: Table, now: datetime) -> Move:
    """Return the move with the owner reminded, and the next reminder set."""
    count = ask.reminders + 1
    first_s = route_of(ask, table).acknowledge_within_s
    wait_s = min(first_s * 2 ** min(count, MAX_DOUBLINGS), MAX_REMINDER_S)
    due = now + timedelta(seconds=wait_s)
    if table.unanswered == "reject":
        due = min(due, ask.decide_due_at)
    fresh = replace(ask, reminders=count, due_at=due)
    detail = {"to": ask.holder, "count": count}
    reminded = event(moved.escalation, "reminded", "handraise", now, ask.id, detail)
    why = f"reminder {count}: nobody has decided yet"
    notice = Notice(kind="reminder", to=ask.holder, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [reminded], [notice])


def undelivered(
    escalation: Escalation,
    ask_id: str,
    person: str,
    error: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move | None:
    """Return the ask advanced early because no message reaches its holder; None when it stays.

    It stays when they no longer hold it, or have acknowledged it; and with the owner, where nobody
    is left to advance to: reminders go on. From a delegate the work goes back to the holder.
    """
    ask = escalation.ask(ask_id)
    if escalation.state != "open" or ask is None or ask.state != "open":
        return None
    why = f"no message reaches {person}: {error}"
    moved = Move(escalation=escalation)
    if person == ask.delegate:
        return _without_delegate(moved, ask, why, now)
    if ask.holder != person or ask.with_owner or ask.acknowledged_at is not None:
        return None
    return passed_on(moved, ask, table, directory, now, why, tells_former=False)
