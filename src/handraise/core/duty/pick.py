"""Who is next: hours, capacity, and the rule that nothing is ever addressed to nobody."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from handraise.core.table.types import Person, Table
from handraise.core.table.units import hours_text
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


def on_duty(person: Person, at: datetime) -> bool:
    """Whether the person's hours cover the instant, in their own zone."""
    if not person.hours:
        return True
    local = at.astimezone(ZoneInfo(person.zone))
    minute = local.hour * 60 + local.minute
    return any(
        span.weekday == local.weekday() and span.start <= minute < span.end for span in person.hours
    )


def day_start(person: Person, at: datetime) -> datetime:
    """Return the instant of the last midnight in the person's zone, in UTC."""
    local = at.astimezone(ZoneInfo(person.zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def unavailable(person: Person | None, state: PersonState | None, at: datetime) -> str | None:
    """Return why a person cannot be asked now, in plain words; None when they can."""
    if person is None or state is None or not state.active:
        return "is no longer on the table"
    if not on_duty(person, at):
        return f"is off duty (hours {hours_text(person.hours)}, {person.zone})"
    if person.capacity_open is not None and state.open_asks >= person.capacity_open:
        return f"has {state.open_asks} open, the most they take at once"
    if person.capacity_day is not None and state.asks_today >= person.capacity_day:
        return f"had {state.asks_today} today, the most they take a day"
    return None


def pick(
    table: Table, route: str, directory: Directory, tried: Iterable[str], at: datetime
) -> Pick:
    """Return the first person of a route who can be asked now, or the owner.

    A step with nobody is skipped without waiting. People in `tried` have had it and are passed
    over.
    """
    had = set(tried)
    skipped: list[Skip] = []
    for id in table.route_people(route):
        if id in had or (route not in table.routes and id == table.owner):
            continue
        why = unavailable(table.people.get(id), directory.states.get(id), at)
        if why is None:
            return Pick(person=id, with_owner=False, skipped=tuple(skipped))
        skipped.append(Skip(id, why))
    return Pick(person=directory.owner, with_owner=True, skipped=tuple(skipped))


def gap(people: Iterable[Person], monday: datetime) -> tuple[datetime, datetime] | None:
    """Return the first stretch of the week from `monday` in which none of the people is on duty.

    Args:
        people: those of one route.
        monday: an aware instant on the minute; the week that follows is looked at in steps that all
            hours are multiples of, so nothing falls between them.
    """
    listed = list(people)
    ends = {end for person in listed for span in person.hours for end in (span.start, span.end)}
    minutes = math.gcd(15, *ends)
    step = timedelta(minutes=minutes)
    instants = [monday + step * n for n in range(7 * 24 * 60 // minutes)]
    covered = [any(on_duty(person, at) for person in listed) for at in instants]
    if all(covered):
        return None
    first = covered.index(False)
    length = next(
        (n for n, is_covered in enumerate(covered[first:]) if is_covered), len(covered) - first
    )
    return instants[first], instants[first] + step * length
