"""What is worth knowing about a table that can be used: rows that never fire, gaps, loose ends.

Each finding is a warning: the table works, but probably not as its team thinks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handraise.core.duty import gap
from handraise.core.table.bounds import can_be_true, can_be_false
from handraise.core.table.expression import names_read
from handraise.core.table.source import Path, Source
from handraise.core.table.types import Row, Table
from handraise.core.table.units import WEEKDAY_NAMES
from handraise.model import Finding

WINTER_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def lint(table: Table, source: Source) -> list[Finding]:
    """Return the warnings for a table, unordered."""
    found = [
        *_loose_ends(table),
        *_rows_that_never_fire(table),
        *_uncovered(table),
        *_stated_only(table),
        *_gaps(table),
    ]
    return [source.finding(path, code, message, hint, key=True, warning=True) for path, code, message, hint in found]


Warned = tuple[Path, str, str, str]


def _loose_ends(table: Table) -> Iterator[Warned]:
    used = {row.to for row in table.rows}
    for route in table.routes:
        if route not in used:
            yield ("routes", route), "unused-route", f'no row leads to the route "{route}"', "use it in escalate:, or take it out"
    on_route = {person for route in table.routes.values() for person in route.people}
    for person in table.people:
        if person not in on_route and person != table.owner:
            yield ("people", person), "no-duty", f'"{person}" has no duty: they are on no route', "put them on a route, or take them out"
    if table.actions:
        rated = {action.severity for action in table.actions.values()}
        for place, severity in enumerate(table.severities):
            if severity not in rated and any(row.severity == severity for row in table.rows):
                yield ("severities", place), "unused-severity", f'no action is rated "{severity}"', "rate one, or take the severity out"
    read = {name for row in table.rows if row.when for name in names_read(row.when)}
    for fact in table.facts:
        if fact not in read:
            yield ("facts", fact), "unread-fact", f'no row reads the fact "{fact}"', "use it in a when:, or take it out"
    if not table.tests:
        yield ("escalate",), "no-tests", "the table has no tests", "add tests: so that every change is tried; `handraise ready` asks for them"


def _row_path(table: Table, row: Row) -> Path:
    return ("escalate", row.condition, int(row.id.rsplit(".", 1)[1]) - 1)


def _rows_that_never_fire(table: Table) -> Iterator[Warned]:
    for n, row in enumerate(table.rows):
        path = _row_path(table, row)
        if row.kind == "severity" and row.severity is not None:
            least = table.severity_rank(row.severity)
            actions = row.for_actions or tuple(table.actions)
            if not any(table.severity_rank(table.actions[action].severity) >= least for action in actions):
                yield path, "never-fires", f'this row can never fire: no action is rated "{row.severity}" or worse', "rate one, or take the row out"
        if row.when is not None:
            if not can_be_true(table, row):
                yield path, "never-fires", "this row can never fire, whatever the facts", "mend the expression, or take the row out"
            elif not can_be_false(table, row) and not row.for_types and not row.for_actions:
                yield path, "always-fires", "this row always fires, so the agent decides nothing alone", "mend the expression if that is not meant"
        for earlier in table.rows[:n]:
            if _covers(earlier, row):
                yield path, "shadowed", f'this row adds nothing: {earlier.id} fires whenever it does and goes to "{row.to}" too', "take one of them out"
                break


def _covers(earlier: Row, later: Row) -> bool:
    """Whether the earlier row fires whenever the later one does, for the same route (told for plain cases)."""
    if (earlier.kind, earlier.to, earlier.tag) != (later.kind, later.to, later.tag):
        return False
    if earlier.for_types and not (later.for_types and set(later.for_types) <= set(earlier.for_types)):
        return False
    if earlier.for_actions and not (later.for_actions and set(later.for_actions) <= set(earlier.for_actions)):
        return False
    if earlier.kind == "below":
        plain = not earlier.below_by_type and not later.below_by_type
        return plain and earlier.below is not None and later.below is not None and earlier.below >= later.below
    return earlier.when == later.when and earlier.severity == later.severity


def _uncovered(table: Table) -> Iterator[Warned]:
    for condition in ("confidence", "consequence", "novelty"):
        rows = [row for row in table.rows if row.condition == condition]
        if all(row.for_types or row.for_actions for row in rows):
            yield ("escalate", condition), "narrowed", f"every {condition} row is narrowed, so the condition leaves other decisions unwatched", "add a row without for:"
    if not table.actions:
        yield ("escalate",), "no-actions", "the table rates no actions, so any action at all goes ahead unless a row stops it", "list what the agent may do under actions:, each with its severity"
    for fact in table.facts.values():
        missing = [action for action in table.actions if action not in fact.sources]
        if fact.sources and fact.otherwise is None and missing:
            yield ("facts", fact.id), "no-otherwise", f'"{fact.id}" cannot be worked out for {", ".join(missing)}: those always stop', "add otherwise:, or an expression for each"


def _stated_only(table: Table) -> Iterator[Warned]:
    for row in table.rows:
        names = [name for name in names_read(row.when) if name in table.facts] if row.when else []
        if names and not any(table.facts[name].is_derived for name in names):
            listed = ", ".join(f'"{name}"' for name in names)
            yield _row_path(table, row), "stated-only", f"this row rests on what the agent says about {listed} alone", "work it out from the proposal with from:, so that what is judged is what would be done"


def _gaps(table: Table) -> Iterator[Warned]:
    for route in table.routes.values():
        people = [table.people[id] for id in route.people if id in table.people]
        if not people:
            continue
        zone = ZoneInfo(people[0].zone)
        found = gap(people, WINTER_MONDAY.replace(tzinfo=zone))
        if found is not None:
            start, end = (instant.astimezone(zone) for instant in found)
            yield ("routes", route.id), "gap", f'nobody of "{route.id}" is on duty from {_moment(start)} to {_moment(end)} ({people[0].zone}), among other times: asks go to the owner then', "widen the hours, or add a person"


def _moment(at: datetime) -> str:
    return f"{WEEKDAY_NAMES[at.weekday()]} {at:%H:%M}"


