"""Who may answer an ask, who may agree to it, and who must not be given it.

INVARIANTS: nobody agrees to what they asked the agent for; nobody agrees twice where a route needs
several of its people; nobody but the owner agrees for one route to what they changed for another;
the owner may always bring an end to it.
"""

from __future__ import annotations

from handraise.core.duty import ONLY_READS, Directory
from handraise.core.lifecycle.askers import same_people
from handraise.core.table.types import Table
from handraise.model import Ask, Escalation


def is_there(person: str, directory: Directory) -> bool:
    """Whether a person is on the newest table, to decide and not only to read, and has not left."""
    state = directory.states.get(person)
    return state is not None and state.active and not state.only_reads


def asked_by(
    escalation: Escalation, table: Table | None = None, directory: Directory | None = None
) -> set[str]:
    """Return who asked the agent for this, and under which other ids they are known by now.

    Args:
        escalation: as it stands.
        table: the version it began with; without it and the directory, only the ids it began with.
        directory: how everybody stands now.
    """
    given = escalation.decision.asked_by
    ids = set(given.split()) if isinstance(given, str) else set()
    if table is None or directory is None:
        return ids
    return same_people(ids, table.people, directory.people)


def siblings(escalation: Escalation, ask: Ask) -> list[Ask]:
    """Return the other asks of the same route: there are some where it needs several people."""
    return [one for one in escalation.asks if one.route == ask.route and one.id != ask.id]


def agreed(escalation: Escalation, ask: Ask) -> set[str]:
    """Return who has agreed another ask of the same route, themselves or through a delegate."""
    answers = [one.answer for one in siblings(escalation, ask) if one.answer is not None]
    return {who for answer in answers for who in (answer.by, answer.on_behalf_of) if who}


def changed_by(escalation: Escalation, ask: Ask) -> set[str]:
    """Return who made the proposal what it is now, through another ask than this one.

    An edit is looked at by somebody else wherever another route must agree to it, too.
    """
    answers = [one.answer for one in escalation.asks if one.id != ask.id and one.answer is not None]
    changes = [answer for answer in answers if answer.kind == "change"]
    return {who for answer in changes for who in (answer.by, answer.on_behalf_of) if who}


def shut_out(
    escalation: Escalation,
    ask: Ask,
    table: Table | None = None,
    directory: Directory | None = None,
) -> set[str]:
    """Return who must not be given an ask.

    Who asked for it, who has another ask of its route, and who made the proposal what it is. For
    the table and the directory, see `asked_by`.
    """
    found = agreed(escalation, ask) | changed_by(escalation, ask)
    for one in siblings(escalation, ask):
        if one.state == "open":
            found |= {one.holder, one.delegate or one.holder}
    return found | asked_by(escalation, table, directory)


def may_agree(
    escalation: Escalation,
    ask: Ask,
    person: str,
    table: Table | None = None,
    directory: Directory | None = None,
) -> bool:
    """Whether a person may approve or change, if they may answer at all; see `asked_by`."""
    return person not in asked_by(escalation, table, directory) | agreed(escalation, ask)


def has_right(
    escalation: Escalation, ask: Ask, person: str, table: Table, directory: Directory
) -> bool:
    """Whether a person may hold and answer an ask.

    They are on its route, its delegate, or were given the right by the owner, and are not shut out;
    or they are the owner.
    """
    if not is_there(person, directory):
        return False
    if person == directory.owner:
        return True
    route = table.routes.get(ask.route)
    is_asked = route is not None and person in route.people
    is_asked = is_asked or person in ask.also or person == ask.delegate
    return is_asked and person not in shut_out(escalation, ask, table, directory)


def why_not(
    escalation: Escalation, ask: Ask, person: str, table: Table, directory: Directory
) -> str:
    """Return why a person has no right to an ask, in plain words."""
    state = directory.states.get(person)
    if state is not None and state.only_reads:
        return f"{person} {ONLY_READS}"
    if person in asked_by(escalation, table, directory):
        return f"{person} asked the agent for this, so somebody else must decide"
    if person in agreed(escalation, ask):
        return f"{person} has agreed already, and {ask.route} needs another person too"
    if person in changed_by(escalation, ask):
        return f"{person} made the proposal what it is, so {ask.route} needs somebody else"
    if person in shut_out(escalation, ask, table, directory):
        return f"{person} has the other question of {ask.route}: this one needs another person"
    return f'{person} is not on the route "{ask.route}" and not the owner'
