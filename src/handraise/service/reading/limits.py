"""Whose capacity a version of a table limits: only of them is it counted what they hold."""

from __future__ import annotations

from msgspec import Struct

from handraise.core.table.types import Table


class Limits(Struct, frozen=True):
    """Whose capacity a version of a table limits; of whose day, by zone: they share a midnight."""

    version: str
    people: tuple[str, ...]
    a_day: dict[str, list[str]]


def limits_of(table: Table) -> Limits:
    """Return whose capacity a version of a table limits."""
    people, a_day = [], dict[str, list[str]]()
    for id, person in table.people.items():
        if person.capacity_day is not None:
            a_day.setdefault(person.zone, []).append(id)
        if person.capacity_day is not None or person.capacity_open is not None:
            people.append(id)
    return Limits(table.version, tuple(people), a_day)
