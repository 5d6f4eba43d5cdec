"""What being on a table's routes means for one person, in words they can accept or decline."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.table.expression import as_source, names_read
from handraise.core.table.sheet import clean, happening, narrowing, rated_at_least
from handraise.core.table.types import Fact, Person, Route, Row, Table
from handraise.core.table.units import capacity_text, duration_text, hours_of
from handraise.model import OWNER

OCCASIONS = {
    "confidence": "the agent is not sure enough",
    "consequence": "too much is at stake",
    "novelty": "something is new to it",
}
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


class Duty(Struct, frozen=True, kw_only=True):
    """One person's duty by one version of a table.

    Attributes:
        agent: whose table.
        person: who.
        digest: of what they are asked, when and by when, and whether they are the owner; it stays
            where a new version changes nothing for them, and where a release says it in other
            words.
        lines: the duty in plain words, a sentence each.
        routes: the routes they are on, in the table's order; `owner` last, where they are it.
    """

    agent: str
    person: str
    digest: str
    lines: tuple[str, ...]
    routes: tuple[str, ...]


def duty_of(table: Table, person_id: str) -> Duty | None:
    """Return a person's duty; None for who is on no route and not the owner."""
    person = table.people.get(person_id)
    routes = [route for route in table.routes.values() if person_id in route.people]
    is_owner = person_id == table.owner
    if person is None or not (routes or is_owner):
        return None
    lines = [line for route in routes for line in _route_lines(table, route, person_id)]
    if routes and table.several == "first":
        lines.append("Where several of the table's rows hold at once, only the first one asks.")
    lines += _owner_lines(table) if is_owner else []
    meaning = {
        "routes": [_route_meaning(table, route, person_id) for route in routes],
        "several": table.several if routes else None,
        "owner": _owner_meaning(table) if is_owner else None,
        "hours": _hours_meaning(person) if routes else None,
    }
    encoded = msgspec.json.encode(meaning, order="sorted")
    return Duty(
        agent=table.agent,
        person=person_id,
        digest=hashlib.sha256(b"handraise duty 1\n" + encoded).hexdigest()[:16],
        lines=(*lines, *(_hours_lines(person) if routes else ())),
        routes=(*(route.id for route in routes), *((OWNER,) if is_owner else ())),
    )


def _route_lines(table: Table, route: Route, person: str) -> list[str]:
    place, size = route.people.index(person), len(route.people)
    which = PLACES[place] if place < len(PLACES) else f"number {place + 1}"
    standing = "the only one" if size == 1 else f"{which} of {size}"
    deadlines = (
        f"take it within {duration_text(route.acknowledge_within_s)},"
        f" decide within {duration_text(route.decide_within_s)}"
    )
    lines = [f"You are {standing} on {route.id}: {deadlines}."]
    if route.needs > 1:
        lines.append(f"{route.needs} of you on {route.id} must agree, each for themselves.")
    return lines + [_asked_when(table, row) for row in table.rows if row.to == route.id]


def _asked_when(table: Table, row: Row) -> str:
    when = "; ".join([happening(table, row), *narrowing(row)])
    return f"You are asked when {OCCASIONS[row.condition]}: {when}."


def _owner_lines(table: Table) -> list[str]:
    silence = duration_text(table.silent_after_s)
    ending = (
        "it stays stopped and you keep being reminded"
        if table.unanswered == "hold"
        else "it ends without approval"
    )
    return [
        *(_asked_when(table, row) for row in table.rows if row.to == OWNER),
        "You are the last resort: what nobody else answers in time comes to you, at any hour.",
        f"If you do not answer either, {ending}.",
        "You get the alarms: what the agent sends is not as agreed, it gives no sign of life for"
        f" {silence}, a message cannot be delivered.",
    ]


def _hours_lines(person: Person) -> tuple[str, ...]:
    capacity = capacity_text(person.capacity_day, person.capacity_open)
    hours = f"Your hours: {clean(hours_of(person))} ({clean(person.zone)})."
    return (hours, f"You take at most {capacity}.") if capacity else (hours,)


def _route_meaning(table: Table, route: Route, person: str) -> list[Any]:
    rows = [_row_meaning(table, row) for row in table.rows if row.to == route.id]
    deadlines = [route.acknowledge_within_s, route.decide_within_s]
    return [route.id, route.people.index(person), route.needs, deadlines, rows]


def _row_meaning(table: Table, row: Row) -> list[Any]:
    read = sorted(names_read(row.when)) if row.when else []
    return [
        row.condition,
        row.kind,
        row.below,
        row.below_by_type,
        as_source(row.when) if row.when else None,
        [_fact_meaning(table.facts[name]) for name in read if name in table.facts],
        rated_at_least(table, row.severity) if row.severity else None,
        row.for_types,
        row.for_actions,
        *(() if row.unfamiliar is None else (row.unfamiliar,)),
    ]


def _fact_meaning(fact: Fact) -> list[Any]:
    """Return where a fact comes from: another origin makes another question of the same row."""
    source = as_source(fact.source) if fact.source else None
    by_action = {action: as_source(node) for action, node in fact.sources.items()}
    return [fact.id, fact.type, fact.unit, source, by_action, fact.otherwise]


def _owner_meaning(table: Table) -> list[Any]:
    rows = [_row_meaning(table, row) for row in table.rows if row.to == OWNER]
    return [rows, table.unanswered, table.silent_after_s]


def _hours_meaning(person: Person) -> list[Any]:
    return [
        person.hours,
        person.calendars,
        person.holidays,
        person.zone,
        person.capacity_day,
        person.capacity_open,
    ]
