"""What the lifecycle promises, in other words than the code: who has a right, and who is told what.

It looks at records before and after a move only, so that it can be wrong in other ways than they are.

    move                         who is told
    given to somebody            they: asked, or with_owner; who had it in hand: moved_on
    taken by somebody            who had it in hand: moved_on
    given back, undelivered      as given; not who gave it back, or whom nothing reaches
    delegated, taken back        the delegate: delegated; the former one: moved_on
    delegate gone                the holder: reminder
    reminded                     the holder and the delegate; as the last resort, the owner alone
    word expired                 the holder: reminder
    agreed by one of several     who else had it in hand: moved_on
    changed                      everybody who must agree to it now: asked_again, or asked; what
                                 its maker held for another route is given to somebody else
    ended                        who else had a part of it in hand, and the last resort: resolved

Who does it is not told of it. In hand: the holder and the delegate.
"""

from __future__ import annotations

from collections import Counter

from handraise.core.duty import on_duty, unavailable
from handraise.model import Ask, Escalation
from tests.support.lives import Life

Told = Counter[tuple[str, str]]
"""How often a (kind, person) is told."""


def is_present(life: Life, person: str) -> bool:
    """Whether a person has an account here at all."""
    return person in life.states and life.states[person].active


def is_out(life: Life, person: str) -> bool:
    """Whether what a person has must move at once."""
    return not is_present(life, person) or life.states[person].away or life.states[person].declined


def can_be_asked(life: Life, person: str) -> bool:
    """Whether a new question may be put to a person now."""
    known = life.directory.person(person, life.table)
    return unavailable(known, life.states.get(person), life.now) is None


def others_of_route(escalation: Escalation, ask: Ask) -> list[Ask]:
    """Return the other asks of the same route."""
    return [one for one in escalation.asks if one.id != ask.id and one.route == ask.route]


def gave_word(escalation: Escalation, ask: Ask) -> set[str]:
    """Return whose agreement another ask of the route rests on."""
    given = [one.answer for one in others_of_route(escalation, ask) if one.answer]
    return {answer.by for answer in given} | {a.on_behalf_of for a in given if a.on_behalf_of}


def is_kept_out(escalation: Escalation, ask: Ask, person: str) -> bool:
    """Whether a person must not have an ask: theirs was the wish, or they are part of another."""
    if person == escalation.decision.asked_by or person in gave_word(escalation, ask):
        return True
    others = [one.answer for one in escalation.asks if one.id != ask.id and one.answer]
    if any(person in (one.by, one.on_behalf_of) for one in others if one.kind == "change"):
        return True
    waiting = [one for one in others_of_route(escalation, ask) if one.state == "open"]
    return any(person in (one.holder, one.delegate) for one in waiting)


def may_have(life: Life, ask: Ask, person: str, rights: set[str]) -> bool:
    """Whether a person may hold and answer an open ask; `rights` are those the owner gave."""
    if not is_present(life, person):
        return False
    if person == life.owner:
        return True
    route = life.table.routes.get(ask.route)
    entitled = {*(route.people if route else ()), *rights, ask.delegate}
    return person in entitled and not is_kept_out(life.escalation, ask, person)


def may_give_word(life: Life, ask: Ask, person: str, rights: set[str]) -> bool:
    """Whether a person who may answer may agree, too: also for the one they stand in for."""
    barred = gave_word(life.escalation, ask) | {life.escalation.decision.asked_by}
    route = life.table.routes.get(ask.route)
    has_own = {life.owner, ask.holder, *rights, *(route.people if route else ())}
    stands_in = person == ask.delegate and person not in has_own
    return person not in barred and not (stands_in and ask.holder in barred)


def is_over(life: Life) -> bool:
    """Whether the table has rejected it, written down or not."""
    if life.escalation.state != "open":
        return True
    return life.table.unanswered == "reject" and any(
        ask.state == "open" and ask.with_owner and ask.holder == life.owner
        and ask.decide_due_at <= life.now
        for ask in life.escalation.asks
    )  # fmt: skip


def is_in_good_hands(life: Life, ask: Ask, rights: set[str]) -> bool:
    """Whether an open ask is with the owner, or with somebody there who knows of it and may answer."""
    if ask.with_owner:
        return ask.holder == life.owner
    if is_out(life, ask.holder) or not may_have(life, ask, ask.holder, rights):
        return False
    has_taken = ask.acknowledged_at is not None
    person = life.directory.person(ask.holder, life.table)
    state = life.states[ask.holder]
    is_there = person is not None and on_duty(person, life.now, state.shifts) and state.reachable
    return has_taken or is_there


def hands(ask: Ask) -> list[str]:
    """Return who has an ask in hand."""
    return [ask.holder, *([ask.delegate] if ask.delegate else [])]


def told_who_has_it(ask: Ask) -> Told:
    """Return what who has an ask now is told."""
    return Told({("with_owner" if ask.with_owner else "asked", ask.holder): 1})


def told_in_passing(before: Ask, after: Ask, *knowing: str) -> Told:
    """Return what is told when an ask passes from hands to hands."""
    left = {who for who in hands(before) if who not in (*knowing, after.holder)}
    return told_who_has_it(after) + Told({("moved_on", who): 1 for who in left})


def told_at_end(before: Escalation, after: Escalation) -> Told:
    """Return what is told when it ends: to whoever had a part of it open, and the last resort."""
    told = {who for ask in before.asks if ask.state == "open" for who in hands(ask)}
    told |= {ask.holder for ask in before.asks if ask.with_owner}
    return Told({("resolved", who): 1 for who in told - {after.resolved_by}})


def told_by_time(before: Escalation, after: Escalation) -> Told:
    """Return what is told when time alone has moved an escalation."""
    if after.state != "open":
        return told_at_end(before, after)
    told = Told()
    for ask in after.asks:
        old = before.ask(ask.id)
        assert old is not None, "time asks nothing new"
        if (old.holder, old.with_owner) != (ask.holder, ask.with_owner):
            told += told_in_passing(old, ask)
            continue
        if old.delegate and not ask.delegate:
            told["reminder", ask.holder] += 1
        if ask.reminders > old.reminders:
            told.update(
                ("reminder", who) for who in ([ask.holder] if ask.with_owner else hands(ask))
            )
        if old.acknowledged_at and not ask.acknowledged_at:
            told["reminder", ask.holder] += 1
    return told


def told_by_answer(before: Escalation, after: Escalation, ask_id: str, by: str) -> Told:
    """Return what is told when somebody has answered."""
    if after.state != "open":
        return told_at_end(before, after)
    told = Told()
    for ask in after.asks:
        old = before.ask(ask.id)
        if old is None:
            told += told_who_has_it(ask)
        elif ask.id == ask_id:
            told.update(("moved_on", who) for who in hands(old) if who != by)
        elif old.state == "open" and old.holder != ask.holder:
            told += told_in_passing(old, ask, by)
        elif before.proposal_digest != after.proposal_digest:
            told["asked_again", ask.holder] += 1
    return told
