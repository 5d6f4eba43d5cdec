"""Why a person cannot be asked at a moment, in plain words."""

from __future__ import annotations

from datetime import datetime

from handraise.core.duty.hours import holiday_at, on_duty, zone_of
from handraise.core.instants import which_of_two
from handraise.core.table.types import Person
from handraise.core.table.units import WEEKDAY_NAMES, hours_of
from handraise.model import PersonState

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


ONLY_READS = "may read here, and decides nothing"


def unavailable(person: Person | None, state: PersonState | None, at: datetime) -> str | None:
    """Return why a person cannot be asked now, in plain words; None when they can.

    The reasons, in this order: gone, declined, away, off duty, not to be reached, at capacity.
    """
    if person is None or state is None:
        return not_there(person, state, at)
    return not_there(person, state, at) or at_capacity(person, state)


def not_there(person: Person | None, state: PersonState | None, at: datetime) -> str | None:
    """Return why a person is not there to be asked, however much room they have; None if so."""
    if person is None or state is None or not state.active:
        return "is no longer here"
    if state.only_reads:
        return ONLY_READS
    if state.declined:
        return "has declined this duty"
    if state.away:
        return _away(person, state.away_until, at)
    if not on_duty(person, at, state.shifts):
        return f"is off duty ({_off_duty(person, state, at)})"
    return None if state.reachable else "has no verified contact"


def at_capacity(person: Person, state: PersonState) -> str | None:
    """Return which limit of what they take the person has come to; None while there is room."""
    if person.capacity_open is not None and state.open_asks >= person.capacity_open:
        return f"has {state.open_asks} open, the most they take at once"
    if person.capacity_day is not None and state.asks_today >= person.capacity_day:
        return f"had {state.asks_today} today, the most they take a day"
    return None


def moment_text(person: Person, then: datetime, at: datetime) -> str:
    """Return an instant as the person would say it at `at`: `Mon 30 Nov, 09:00 (Europe/Lisbon)`."""
    zone = zone_of(person.zone)
    local = then.astimezone(zone)
    year = "" if local.year == at.astimezone(zone).year else f" {local.year}"
    day = f"{WEEKDAY_NAMES[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"
    return f"{day}, {local:%H:%M}{which_of_two(local)} ({person.zone})"


def _away(person: Person, until: datetime | None, at: datetime) -> str:
    return "is away" if until is None else f"is away until {moment_text(person, until, at)}"


def _off_duty(person: Person, state: PersonState, at: datetime) -> str:
    if person.calendars and state.shifts is None:
        files = " and ".join(use.file for use in person.calendars)
        return f"{files} cannot be read, so their shifts are not known"
    day_off = holiday_at(person, at)
    if day_off is not None:
        return f"{day_off}, a public holiday of {person.holidays}"
    is_weekly = bool(person.hours) or not person.calendars
    return f"hours {hours_of(person)}, {person.zone}" if is_weekly else hours_of(person)
