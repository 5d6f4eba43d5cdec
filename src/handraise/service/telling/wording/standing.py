"""How an ask stands, for the one who is told of it: until when, and who else is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handraise.core.lifecycle import shut_out
from handraise.core.table.types import Person, Table
from handraise.model import OWNER, Ask, Escalation
from handraise.service.telling.wording.texts import lately, local, name_of


def who_is_after(ask: Ask, escalation: Escalation, table: Table, owner: Person) -> str:
    """Return to whom an ask goes that its holder lets go: somebody of the route, or the owner."""
    same = [one for one in escalation.asks if one.route == ask.route]
    passed_by = {who for one in same for who in (*one.tried, one.holder)}
    passed_by |= shut_out(escalation, ask)
    is_one_left = bool(set(table.route_people(ask.route)) - passed_by)
    return "the next person" if is_one_left else f"{owner.name}, the owner"


def deadlines(
    ask: Ask, person: Person, table: Table, people: Mapping[str, Person], after: str
) -> str:
    """Return until when a person must do what, and what happens otherwise.

    Args:
        ask: as it stands.
        person: who is told.
        table: the version it began with.
        people: everybody, by id.
        after: to whom it goes otherwise.
    """
    decide = f"decide by {local(ask.decide_due_at, person)}"
    if person.id != ask.holder:
        return f"Please {decide}; {name_of(ask.holder, people)} stays responsible."
    if ask.with_owner:
        place = "It stays with you" if ask.route == OWNER else "You are the last resort"
        place += ", also while you are away or off duty"
        if table.unanswered == "reject":
            return f"{place}: please {decide}; after that it is rejected unanswered."
        return f"{place}: you will be reminded until somebody decides."
    if ask.acknowledge_due_at is not None:
        decide = f"acknowledge by {_acknowledge_by(ask, person)} and {decide}"
    return f"Please {decide}; after that it goes to {after}."


def _acknowledge_by(ask: Ask, person: Person) -> str:
    """Return until when an ask must be taken: the end of the hours, where that is sooner."""
    deadline = ask.acknowledge_due_at or ask.decide_due_at
    if ask.due_at is not None and ask.due_at < min(deadline, ask.decide_due_at):
        return f"{local(ask.due_at, person)}, when your hours end,"
    return local(deadline, person)


def others(
    ask: Ask,
    escalation: Escalation,
    person: Person,
    people: Mapping[str, Person],
    now: datetime,
) -> str:
    """Return who else is asked and has agreed or not, in one line; empty when nobody is."""
    rest = [one for one in escalation.asks if one.id != ask.id]
    if not rest:
        return ""
    parts = [
        f"{one.route} ({name_of(one.answer.by if one.answer else one.holder, people)}): "
        f"{_stand(one, person, now)}"
        for one in rest
    ]
    given = sum(one.state == "answered" for one in escalation.asks)
    return f"Also asked: {'; '.join(parts)}; {given} of {len(escalation.asks)} approvals given."


def _stand(ask: Ask, person: Person, now: datetime) -> str:
    if ask.answer is not None and ask.state == "answered":
        changed = ", with a change" if ask.answer.kind == "change" else ""
        return f"agreed at {lately(ask.answer.at, person, now)}{changed}"
    return "has taken it" if ask.acknowledged_at is not None else "not answered yet"
