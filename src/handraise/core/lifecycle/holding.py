"""Who has an ask: taken, given back, given to somebody else, or its work only.

INVARIANTS: an ask is never given to somebody who cannot be asked now; what is delegated stays with
its holder, whose deadline goes on; nothing here answers.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from handraise.core.duty import ONLY_READS, Directory, Pick, unavailable
from handraise.core.lifecycle.checking import open_ask
from handraise.core.lifecycle.deadlines import lost, passed_on
from handraise.core.lifecycle.parts import (
    acknowledged,
    added,
    assigned,
    assignment_notice,
    event,
    is_acknowledged,
    told_it_left,
    with_ask,
)
from handraise.core.lifecycle.rights import is_there, shut_out, why_not
from handraise.core.table.types import Table
from handraise.errors import AccessError, AnswerError
from handraise.model import Ask, Escalation, Move, Notice


def acknowledge(
    escalation: Escalation,
    ask_id: str,
    person: str,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move:
    """Return the ask acknowledged by its holder, or taken by another of its people: "I have it".

    It stops the first deadline and not the second, which runs afresh only for whoever takes it.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person is not on its route and not the owner, or takes it while away.
    """
    ask = open_ask(escalation, ask_id, person, table, directory, now)
    if ask.holder != person and ask.delegate != person:
        _check_here(person, directory)
        with_owner = ask.with_owner and person == directory.owner
        picked = Pick(person=person, with_owner=with_owner)
        return _taken(escalation, ask, picked, table, directory, now)
    if is_acknowledged(ask, now):
        return Move(escalation=escalation)
    fresh = acknowledged(ask, table, now)
    noted = event(escalation, "acknowledged", person, now, ask.id, {})
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [noted])


def _check_here(person: str, directory: Directory) -> None:
    """Refuse to take an ask to somebody from whom it would move on at once."""
    gone = lost(person, directory)
    if gone:
        raise AccessError(f"{person} {gone}", "say first that you are there, or answer it")


def _taken(
    escalation: Escalation,
    ask: Ask,
    picked: Pick,
    table: Table,
    directory: Directory,
    now: datetime,
) -> Move:
    """Return the ask in the hands of another of its people, who has it by their own word."""
    person = picked.person
    fresh = acknowledged(assigned(ask, picked, table, directory, now), table, now)
    noted = event(escalation, "acknowledged", person, now, ask.id, {"from": ask.holder})
    told = told_it_left(ask, f"{person} has taken it", person)
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [noted], told)


def release(
    escalation: Escalation,
    ask_id: str,
    person: str,
    table: Table,
    directory: Directory,
    now: datetime,
    note: str = "",
) -> Move:
    """Return the ask given back by its holder: it goes to the next person at once.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person does not have it, or is the last resort.
    """
    ask = open_ask(escalation, ask_id, person, table, directory, now)
    _check_holds(ask, person)
    if ask.with_owner:
        raise AccessError(
            f"{person} is the last resort: there is nobody to whom it would go",
            "reassign it to somebody by name, or answer it",
        )
    why = f"{person} gave it back" + (f": {note}" if note else "")
    moved = Move(escalation=escalation)
    return passed_on(moved, ask, table, directory, now, why, by=person, tells_former=False)


def reassign(
    escalation: Escalation,
    ask_id: str,
    person: str,
    to: str,
    table: Table,
    directory: Directory,
    now: datetime,
    note: str = "",
) -> Move:
    """Return the ask in the hands of another person, who is responsible from now on.

    Its holder may give it to somebody on its route or to the owner; the owner to anybody on the
    table.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person has no right to it, or may not give it to that person.
        AnswerError: `to` cannot be asked now; the message says why.
    """
    ask = open_ask(escalation, ask_id, person, table, directory, now)
    is_owner = person == directory.owner
    if not is_owner:
        _check_holds(ask, person)
    if to == ask.holder:
        raise AnswerError(f"to: {to} has it already")
    route = table.routes.get(ask.route)
    on_route = (route is not None and to in route.people) or to in ask.also
    if not on_route and to != directory.owner and not is_owner:
        raise AccessError(
            f'{to} is not on the route "{ask.route}"',
            "only the owner may give it to somebody else; you may delegate the work of it",
        )
    # The owner is given it whatever their state: then as the last resort, from whom nothing moves.
    _check_may_have(escalation, ask, to, table, directory)
    why_not_now = _why_not_now(to, table, directory, now)
    is_last = to == directory.owner and (not on_route or why_not_now is not None)
    if not is_last:
        _check_there(to, why_not_now)
    also = ask.also if on_route or to == directory.owner else (*ask.also, to)
    picked = Pick(person=to, with_owner=is_last)
    fresh = assigned(replace(ask, also=also), picked, table, directory, now)
    why = f"{person} gave it to {to}" + (f": {note}" if note else "")
    detail = {"from": ask.holder, "to": to, "with_owner": picked.with_owner, "note": note}
    given = event(escalation, "reassigned", person, now, ask.id, detail)
    notices = [assignment_notice(fresh, picked, why), *told_it_left(ask, why, person, to)]
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [given], notices)


def delegate(
    escalation: Escalation,
    ask_id: str,
    person: str,
    to: str | None,
    table: Table,
    directory: Directory,
    now: datetime,
    note: str = "",
) -> Move:
    """Return the ask with somebody who does the work of it; the holder stays responsible.

    It acknowledges the ask: whoever delegates it has it. The delegate may answer in the holder's
    name. None takes the work back.

    Raises:
        NotFoundError: there is no such ask.
        AlreadyAnsweredError: it is no longer open.
        AccessError: the person does not hold it.
        AnswerError: `to` cannot be asked now; the message says why.
    """
    ask = open_ask(escalation, ask_id, person, table, directory, now)
    _check_holds(ask, person)
    if to is None:
        return _taken_back(escalation, ask, person, now)
    if to in {person, ask.delegate}:
        raise AnswerError(f"to: {to} does the work of it already")
    _check_may_have(escalation, ask, to, table, directory)
    _check_there(to, _why_not_now(to, table, directory, now))
    taken = ask if is_acknowledged(ask, now) else acknowledged(ask, table, now)
    fresh = replace(taken, delegate=to)
    why = f"{person} asks you to do the work of it" + (f": {note}" if note else "")
    notices = [Notice(kind="delegated", to=to, ask_id=ask.id, why=why)]
    if ask.delegate is not None:
        notices.append(_no_longer(ask.delegate, ask, f"{to} does the work of it now"))
    given = event(
        escalation, "delegated", person, now, ask.id, {"from": person, "to": to, "note": note}
    )
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [given], notices)


def _check_holds(ask: Ask, person: str) -> None:
    if ask.holder != person:
        raise AccessError(f"{person} does not have this", f"{ask.holder} has it now")


def _taken_back(escalation: Escalation, ask: Ask, person: str, now: datetime) -> Move:
    if ask.delegate is None:
        raise AnswerError("to: nobody does the work of it but you")
    fresh = replace(ask, delegate=None)
    ended = event(escalation, "delegation_ended", person, now, ask.id, {"from": ask.delegate})
    told = _no_longer(ask.delegate, ask, f"{person} does it again")
    return added(Move(escalation=escalation), with_ask(escalation, fresh), [ended], [told])


def _no_longer(person: str, ask: Ask, why: str) -> Notice:
    return Notice(kind="moved_on", to=person, ask_id=ask.id, why=why)


def _check_may_have(
    escalation: Escalation, ask: Ask, to: str, table: Table, directory: Directory
) -> None:
    """Refuse somebody who has left, or must not have this ask."""
    state = directory.states.get(to)
    if state is not None and state.active and state.only_reads:
        raise AnswerError(f"to: {to} {ONLY_READS}", "name somebody of a route")
    if not is_there(to, directory):
        raise AnswerError(f'to: there is no "{to}" on the table', "name one of its people")
    if to in shut_out(escalation, ask, table, directory):
        why = why_not(escalation, ask, to, table, directory)
        raise AnswerError(f"to: {why}", "name somebody else")


def _why_not_now(to: str, table: Table, directory: Directory, now: datetime) -> str | None:
    return unavailable(directory.person(to, table), directory.states.get(to), now)


def _check_there(to: str, why_not_now: str | None) -> None:
    if why_not_now is not None:
        raise AnswerError(f"to: {to} {why_not_now}", "name somebody who is there")
