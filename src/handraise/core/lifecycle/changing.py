"""A changed proposal: judged again, and put before everybody who must agree to it.

INVARIANT: an approval given to the former proposal counts for nothing once it has changed.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from handraise.core.duty import Directory, Pick, on_duty, pick
from handraise.core.gate.digest import proposal_digest
from handraise.core.lifecycle.deadlines import lost, passed_on
from handraise.core.lifecycle.opening import with_asks
from handraise.core.lifecycle.parts import added, assigned, event, with_ask, with_person
from handraise.core.lifecycle.rights import has_right, shut_out
from handraise.core.table.types import Table
from handraise.model import Answer, Ask, Escalation, Move, Notice, Verdict


def changed(
    moved: Move,
    answered: Ask,
    answer: Answer,
    rejudged: Verdict,
    table: Table,
    directory: Directory,
) -> Move:
    """Return the move with the new proposal in place, and everybody asked who must agree to it."""
    now = answer.at
    escalation = moved.escalation
    known = {(reason.row, reason.sentence) for reason in escalation.reasons}
    fresh = (one for one in rejudged.reasons if (one.row, one.sentence) not in known)
    escalation = replace(
        escalation,
        proposal=answer.proposal,
        proposal_digest=_bound(escalation, answer),
        facts=escalation.facts if answer.facts is None else answer.facts,
        reasons=(*escalation.reasons, *fresh),
    )
    moved = added(moved, escalation)
    why = f"{answer.by} changed the proposal"
    for ask in escalation.asks:
        if ask.id == answered.id:
            continue
        if ask.answer is None and not has_right(
            moved.escalation, ask, ask.holder, table, directory
        ):
            knows = ask.holder == answer.by
            moved = passed_on(moved, ask, table, directory, now, why, tells_former=not knows)
        elif ask.answer is None:
            notice = Notice(kind="asked_again", to=ask.holder, ask_id=ask.id, why=why)
            moved = added(moved, moved.escalation, notices=[notice])
        else:
            who = ask.answer.on_behalf_of or ask.answer.by
            moved = _asked_again(moved, ask, who, table, directory, now, why)
    have = {ask.route for ask in escalation.asks}
    # Whatever fires only now is asked for, also where the table asks the first row's route alone.
    fired = {row for row, _ in known}
    now_firing = (reason.route for reason in rejudged.reasons if reason.row not in fired)
    wanted = dict.fromkeys((*rejudged.routes, *now_firing))
    more = [route for route in wanted if route not in have]
    return with_asks(moved, more, table, directory, now)


def _bound(escalation: Escalation, answer: Answer) -> str:
    """Return the digest that answers bind to after a change: of changed facts too."""
    action = escalation.decision.action
    if answer.facts is None or answer.facts == escalation.facts:
        return proposal_digest(action, answer.proposal)
    return proposal_digest(action, {"proposal": answer.proposal, "facts": answer.facts})


def _asked_again(
    moved: Move, ask: Ask, by: str, table: Table, directory: Directory, now: datetime, why: str
) -> Move:
    """Return the move with an answered ask open again: the approval was for another proposal."""
    blank = replace(ask, state="open", answer=None, delegate=None)
    opened = with_ask(moved.escalation, blank)
    picked = _back_to(opened, blank, by, table, directory, now)
    fresh = assigned(blank, picked, table, directory, now)
    detail = {"to": picked.person, "with_owner": picked.with_owner, "why": why}
    again = event(moved.escalation, "asked_again", "handraise", now, ask.id, detail)
    notice = Notice(kind="asked_again", to=picked.person, ask_id=ask.id, why=why)
    return added(moved, with_ask(moved.escalation, fresh), [again], [notice])


def _back_to(
    escalation: Escalation, ask: Ask, by: str, table: Table, directory: Directory, now: datetime
) -> Pick:
    """Return who answered, or was answered for, if they are there and may; else the next one."""
    if ask.with_owner and by == directory.owner:
        return Pick(person=by, with_owner=True)
    person, state = directory.person(by, table), directory.states.get(by)
    if (
        person
        and state
        and state.reachable
        and not lost(by, directory)
        and on_duty(person, now, state.shifts)
        and has_right(escalation, ask, by, table, directory)
    ):
        return Pick(person=by, with_owner=False)
    never = shut_out(escalation, ask, table, directory)
    return pick(table, ask.route, directory, with_person(ask.tried, by), now, never=never)
