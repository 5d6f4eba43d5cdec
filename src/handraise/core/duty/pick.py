"""Who is next: the rule that nothing is ever addressed to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.duty.standing import at_capacity, not_there
from handraise.core.table.types import Person, Table
from handraise.model import PersonState

OVER_CAPACITY = "the path is over capacity"


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
        over_capacity: whether it comes to the owner because somebody was there and full.
    """

    person: str
    with_owner: bool
    skipped: tuple[Skip, ...] = ()
    over_capacity: bool = False

    @property
    def why(self) -> str:
        """Who was passed over and why, in plain words; empty when nobody was."""
        words = [f"{skip.person} {skip.why}" for skip in self.skipped]
        return "; ".join([*words, OVER_CAPACITY] if self.over_capacity else words)


class Directory(Struct, frozen=True, kw_only=True):
    """How everybody stands at one moment.

    Attributes:
        owner: the owner by the newest version of the table: the last resort.
        states: by person; a person without a state has left.
        people: everybody by the newest version, for their present hours and capacity; who is not
            here is as their own version says.
    """

    owner: str
    states: Mapping[str, PersonState]
    people: Mapping[str, Person] = {}

    def person(self, id: str, table: Table) -> Person | None:
        """Return a person as they are now, else as a version of the table has them, or None."""
        return self.people.get(id) or table.people.get(id)

    def with_load(self, *, taken: Iterable[str] = (), given: Iterable[str] = ()) -> Directory:
        """Return the directory after asks were taken from people and given to others."""
        return replace(
            self, states={**self.states, **loaded(self.states, taken=taken, given=given)}
        )


def loaded(
    states: Mapping[str, PersonState], *, taken: Iterable[str] = (), given: Iterable[str] = ()
) -> dict[str, PersonState]:
    """Return how those stand now from whom asks were taken, or to whom they were given.

    Args:
        states: how they stood, and others; who has none is passed over.
        taken: a person for each ask that left them.
        given: a person for each ask that was put to them.
    """
    found: dict[str, PersonState] = {}
    for id, more in (*((id, -1) for id in taken), *((id, 1) for id in given)):
        state = found.get(id) or states.get(id)
        if state is not None:
            found[id] = replace(
                state,
                open_asks=max(state.open_asks + more, 0),
                asks_today=state.asks_today + max(more, 0),
            )
    return found


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
    had, barred = set(tried), set(never)
    skipped: list[Skip] = []
    shut_out: list[Skip] = []
    over_capacity = False
    if route not in table.routes:
        had.add(table.owner)  # who has it as the last resort anyway
    for id in table.route_people(route):
        if id in had:
            continue
        if id in barred:
            shut_out.append(Skip(id, "asked for this, or has another part of it"))
            continue
        person, state = directory.person(id, table), directory.states.get(id)
        why = not_there(person, state, at)
        if why is None and person is not None and state is not None:
            why = at_capacity(person, state)
            over_capacity = over_capacity or why is not None
        if why is None:
            return Pick(person=id, with_owner=False, skipped=tuple(skipped))
        skipped.append(Skip(id, why))
    return Pick(
        person=directory.owner,
        with_owner=True,
        skipped=(*shut_out, *skipped),
        over_capacity=over_capacity,
    )
