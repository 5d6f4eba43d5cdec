"""What time brings, and a channel that fails: asks advanced, owners reminded, the end nobody gave.

INVARIANT: after `next_move` no open ask is due any more, and none is held by somebody who left.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from handraise.core.duty import Directory, pick
from handraise.core.lifecycle.parts import (
    added,
    assigned,
    assignment_notice,
    ended,
    event,
    has_right,
    route_of,
    skipped,
    told_of_end,
    with_ask,
)
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import Ask, Escalation, Move, Notice

MAX_REMINDER_S = 86_400.0
"""The owner is reminded at growing intervals, at least once a day."""

MAX_DOUBLINGS = 20


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
    why = _why_it_moves(ask, table, directory, now)
    if why:
        return _reassigned(moved, ask, table, directory, now, why)
    if ask.with_owner and (ask.due_at is None or ask.due_at <= now):
        return _owner_reminded(moved, ask, table, now)
    return moved


def _why_it_moves(ask: Ask, table: Table, directory: Directory, now: datetime) -> str:
    """Return why an open ask goes on to the next person now; empty when it stays."""
    if ask.with_owner:
        return "" if ask.holder == directory.owner else f"{ask.holder} is no longer the owner"
    state = directory.states.get(ask.holder)
    if state is None or not state.active:
        return f"{ask.holder} is no longer on the table"
    if not has_right(ask.holder, ask.route, table, directory):
        return f"{ask.holder} is no longer the owner"
    route = route_of(ask, table)
    if ask.acknowledge_due_at is not None and ask.acknowledge_due_at <= now:
        within = duration_text(route.acknowledge_within_s)
        return f"{ask.holder} did not acknowledge within {within}"
    if ask.decide_due_at <= now:
        return f"{ask.holder} did not decide within {duration_text(route.decide_within_s)}"
    return ""


def _reassigned(
    moved: Move,
    ask: Ask,
    table: Table,
    directory: Directory,
    now: datetime,
    why: str,
    *,
    tells_former: bool = True,
) -> Move:
    """Return the move with the ask advanced to the next person, and both told."""
    picked = pick(table, ask.route, directory, ask.tried, now)
    fresh = assigned(ask, picked, table, now)
    notices = [assignment_notice(fresh, picked, why)]
    if tells_former and ask.holder != picked.person:
        gone = f"it went to {picked.person}: {why}"
        notices.append(Notice(kind="moved_on", to=ask.holder, ask_id=ask.id, why=gone))
    detail = {
        "from": ask.holder,
        "to": picked.person,
        "with_owner": picked.with_owner,
        "why": why,
        "skipped": skipped(picked),
    }
    advanced = event(moved.escalation, "advanced", "handraise", now, ask.id, detail)
    return added(moved, with_ask(moved.escalation, fresh), [advanced], notices)


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
    is left to advance to: reminders go on.
    """
    ask = escalation.ask(ask_id)
    if escalation.state != "open" or ask is None or ask.state != "open" or ask.holder != person:
        return None
    if ask.with_owner or ask.acknowledged_at is not None:
        return None
    why = f"no message reaches {person}: {error}"
    moved = Move(escalation=escalation)
    return _reassigned(moved, ask, table, directory, now, why, tells_former=False)
