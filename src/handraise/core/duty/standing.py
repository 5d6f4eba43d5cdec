"""Why a person cannot be asked at a moment, in plain words."""

from __future__ import annotations

from datetime import datetime

from handraise.core.duty.hours import on_duty, zone_of
from handraise.core.table.types import Person
from handraise.core.table.units import hours_text
from handraise.model import PersonState


def unavailable(person: Person | None, state: PersonState | None, at: datetime) -> str | None:
    """Return why a person cannot be asked now, in plain words; None when they can."""
    if person is None or state is None or not state.active:
        return "is no longer on the table"
    if state.declined:
        return "has declined this duty"
    if state.away:
        return _away(person, state, at)
    if not on_duty(person, at, state.shifts):
        return f"is off duty ({_off_duty(person, state, at)})"
    if not state.reachable:
        return "has no verified contact"
    return over_capacity(person, state)


def over_capacity(person: Person, state: PersonState) -> str | None:
    """Return which limit of what they take the person has come to; None while there is room."""
    if person.capacity_open is not None and state.open_asks >= person.capacity_open:
        return f"has {state.open_asks} open, the most they take at once"
    if person.capacity_day is not None and state.asks_today >= person.capacity_day:
        return f"had {state.asks_today} today, the most they take a day"
    return None


def _away(person: Person, state: PersonState, at: datetime) -> str:
    if state.away_until is None:
        return "is away"
    return f"is away until {state.away_until.astimezone(zone_of(person.zone))}"


def _off_duty(person: Person, state: PersonState, at: datetime) -> str:
    return f"hours {hours_text(person.hours)}, {person.zone}"
