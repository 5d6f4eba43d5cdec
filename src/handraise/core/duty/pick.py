"""Who is next: the rule that nothing is ever addressed to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from handraise.core.duty.standing import unavailable
from handraise.core.table.types import Table
from handraise.model import PersonState


class Skip(Struct, frozen=True):
    """Someone who was passed over, and why, in plain words."""

    person: str
    why: str


class Pick(Struct, frozen=True, kw_only=True):
    """Who gets the ask.

    Attributes:
        person: the person's id.
        with_owner: whether it comes to them as the last resort.
        skipped: who was passed over on the way, with the reason.
    """

    person: str
    with_owner: bool
    skipped: tuple[Skip, ...] = ()


class Directory(Struct, frozen=True, kw_only=True):
    """How everybody stands at one moment.

    Attributes:
        owner: the owner by the newest version of the table: the last resort.
        states: by person; a person without a state has left.
    """

    owner: str
    states: Mapping[str, PersonState]


def pick(
    table: Table,
    route: str,
    directory: Directory,
    tried: Iterable[str],
    at: datetime,
    *,
    never: Iterable[str] = (),
) -> Pick:
    """Return the first person of a route who can be asked now, or the owner.

    A step with nobody is skipped without waiting.

    Args:
        table: the version the escalation began with.
        route: the route that must agree.
        directory: how everybody stands now.
        tried: who has had it; they are passed over.
        at: now.
        never: who may not have it whatever their state: who asked, and who holds or has agreed
            another ask of the same route.
    """
    had = {*tried, *never}
    skipped: list[Skip] = []
    for id in table.route_people(route):
        if id in had or (route not in table.routes and id == table.owner):
            continue
        why = unavailable(table.people.get(id), directory.states.get(id), at)
        if why is None:
            return Pick(person=id, with_owner=False, skipped=tuple(skipped))
        skipped.append(Skip(id, why))
    return Pick(person=directory.owner, with_owner=True, skipped=tuple(skipped))
