"""What is worth knowing about a table that can be used: rows that never fire, gaps, loose ends.

Each finding is a warning: the table works, but probably not as its team thinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handraise.core.duty import gap
from handraise.core.table.bounds import can_be_false, can_be_true
from handraise.core.table.build_people import VARIABLE, shared_contacts
from handraise.core.table.expression import names_read
from handraise.core.table.sheet import rated_at_least
from handraise.core.table.source import Path, Source
from handraise.core.table.types import Row, Table
from handraise.core.table.units import WEEKDAY_NAMES
from handraise.model import Finding

A_DAY = 5
"""So many audits a day has each person of whom nothing else is said."""

WINTER_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def lint(table: Table, source: Source) -> list[Finding]:
    """Return the warnings for a table, unordered."""
    found = [
        *_loose_ends(table),
        *_unused_severities(table),
        *_rows_that_never_fire(table),
        *_uncovered(table),
        *_of_novelty(table),
        *_stated_only(table),
        *_gaps(table),
        *_needing_all(table),
        *_shared_contacts(table),
        *_claims(table),
        *_audits(table),
        *_confirming(table),
    ]
    return [
        source.finding(path, code, message, hint, key=True, warning=True)
        for path, code, message, hint in found
    ]


def hints(table: Table) -> tuple[str, ...]:
    """Return what a table could say besides: nothing in it is wrong without."""
    if table.audit is not None:
        return ()
    where = "audit: {one_in: 200, to: ROUTE}"
    return (f"decisions taken alone are never looked at: {where} draws some for a person",)


def unset_variables(
    table: Table, source: Source, is_set: Callable[[str], bool] | None
) -> list[Finding]:
    """Return a warning for each variable that a contact refers to and that is not set here."""
    found: list[Finding] = []
    for person in table.people.values():
        names = [name for contact in person.contacts for name in VARIABLE.findall(contact)]
        for name in dict.fromkeys(names):
            if is_set is not None and not is_set(name):
                message = f"${{{name}}} is not set here"
                hint = "the server's environment must have it"
                path: Path = ("people", person.id, "contact")
                found.append(source.finding(path, "unset-variable", message, hint, warning=True))
    return found


Warned = tuple[Path, str, str, str]


def _loose_ends(table: Table) -> Iterator[Warned]:
    """Yield what is declared and never used."""
    used = {row.to for row in table.rows} | ({table.audit.to} if table.audit else set())
    for route in set(table.routes) - used:
        message = f'no row leads to the route "{route}"'
        yield ("routes", route), "unused-route", message, "use it in escalate:, or take it out"
    on_duty = {person for route in table.routes.values() for person in route.people}
    for person in set(table.people) - on_duty - {table.owner, *table.readers}:
        message = f'"{person}" has no duty: they are on no route'
        hint = "put them on a route or among the readers, or take them out"
        yield ("people", person), "no-duty", message, hint
    said = [row.when for row in table.rows if row.when]
    said += [claim.when for claim in table.claims if claim.when]
    read = {name for when in said for name in names_read(when)}
    if table.known.learned is not None and table.unfamiliar_rows:
        read |= set(table.known.learned.facts)
    for fact in set(table.facts) - read:
        message = f'no row reads the fact "{fact}"'
        yield ("facts", fact), "unread-fact", message, "use it in a when:, or take it out"
    if not table.tests:
        hint = "add tests: so that every change is tried; `handraise ready` asks for them"
        yield ("escalate",), "no-tests", "the table has no tests", hint


def _unused_severities(table: Table) -> Iterator[Warned]:
    rated = {action.severity for action in table.actions.values()}
    read = {row.severity for row in table.rows}
    for place, severity in enumerate(table.severities):
        if severity in read and severity not in rated:
            message = f'no action is rated "{severity}"'
            hint = "rate one, or take the severity out"
            yield ("severities", place), "unused-severity", message, hint


def _row_path(row: Row) -> Path:
    return ("escalate", row.condition, int(row.id.rsplit(".", 1)[1]) - 1)


def _rows_that_never_fire(table: Table) -> Iterator[Warned]:
    for n, row in enumerate(table.rows):
        path = _row_path(row)
        why = _never(table, row)
        if why:
            message = f"this row can never fire{why}"
            yield path, "never-fires", message, "mend it, or take the row out"
        elif row.when is not None and not can_be_false(table, row) and not _is_narrowed(row):
            message = "this row always fires, so the agent decides nothing alone"
            yield path, "always-fires", message, "mend the expression if that is not meant"
        earlier = next((one for one in table.rows[:n] if _covers(one, row)), None)
        if earlier is not None:
            message = f'this row adds nothing: {earlier.id} fires whenever it does, to "{row.to}"'
            yield path, "shadowed", message, "take one of them out"


def _never(table: Table, row: Row) -> str:
    """Return why a row never fires on evidence that is usable; empty when it can."""
    if row.kind == "unknown":
        return ": it is for types that are all known" if row.for_types else ""
    if row.severity is not None:
        least = table.severity_rank(row.severity)
        actions = row.for_actions or tuple(table.actions)
        ranks = [table.severity_rank(table.actions[action].severity) for action in actions]
        return "" if max(ranks) >= least else f': no action is rated "{row.severity}" or worse'
    return ", whatever the facts" if row.when is not None and not can_be_true(table, row) else ""


def _is_narrowed(row: Row) -> bool:
    return bool(row.for_types or row.for_actions)


def _covers(earlier: Row, later: Row) -> bool:
    """Whether the earlier row fires whenever the later one does, for the same route.

    Told for plain cases only.
    """
    if (earlier.kind, earlier.to, earlier.tag) != (later.kind, later.to, later.tag):
        return False
    if earlier.for_types and not (
        later.for_types and set(later.for_types) <= set(earlier.for_types)
    ):
        return False
    if earlier.for_actions and not (
        later.for_actions and set(later.for_actions) <= set(earlier.for_actions)
    ):
        return False
    if earlier.kind == "below":
        plain = not earlier.below_by_type and not later.below_by_type
        return (
            plain
            and earlier.below is not None
            and later.below is not None
            and earlier.below >= later.below
        )
    if earlier.unfamiliar is not None and later.unfamiliar is not None:
        return earlier.unfamiliar >= later.unfamiliar
    return earlier.when == later.when and earlier.severity == later.severity


def _uncovered(table: Table) -> Iterator[Warned]:
    for condition in ("confidence", "consequence", "novelty"):
        if all(_is_narrowed(row) for row in table.rows if row.condition == condition):
            message = f"every {condition} row is narrowed, so other decisions are not held to it"
            yield ("escalate", condition), "narrowed", message, "add a row without for:"
    if not table.actions:
        message = "the table rates no actions, so any action goes ahead unless a row stops it"
        hint = "list what the agent may do under actions:, each with its severity"
        yield ("escalate",), "no-actions", message, hint
    for fact in table.facts.values():
        missing = [action for action in table.actions if action not in fact.sources]
        if fact.sources and fact.otherwise is None and missing:
            listed = ", ".join(missing)
            message = f'"{fact.id}" cannot be worked out for {listed}: those always stop'
            hint = "add otherwise:, or an expression for each"
            yield ("facts", fact.id), "no-otherwise", message, hint


def _of_novelty(table: Table) -> Iterator[Warned]:
    """Yield what of the new would go unseen, or to the owner."""
    rows = table.unfamiliar_rows
    if table.known.learned is not None and not rows:
        message = "no row asks whether a situation is unlike what was learned"
        hint = "add {unfamiliar: 2%, to: ROUTE} under escalate.novelty"
        yield ("known",), "not-asked", message, hint
    if rows and all(map(_is_narrowed, rows)):
        for row in rows:
            message = "the decisions this row is not for are not held against what was learned"
            yield _row_path(row), "narrowed", message, "add an unfamiliar row without for:"
    if rows and all(row.kind != "unknown" for row in table.rows):
        message = "no row says where an unknown type goes, so it goes to the owner"
        hint = "add {unknown: type, to: ROUTE}"
        yield ("escalate", "novelty"), "unknown-type", message, hint


def _stated_only(table: Table) -> Iterator[Warned]:
    hint = "work it out from the proposal with from:, so that what would be done is judged"
    for row in table.rows:
        names = [name for name in names_read(row.when) if name in table.facts] if row.when else []
        if names and not any(table.facts[name].is_derived for name in names):
            listed = ", ".join(f'"{name}"' for name in names)
            message = f"this row rests on what the agent says about {listed} alone"
            yield _row_path(row), "stated-only", message, hint


def _gaps(table: Table) -> Iterator[Warned]:
    for route in table.routes.values():
        people = [table.people[id] for id in route.people]
        if any(person.calendars for person in people):
            continue  # an on-call calendar has no weekly pattern
        zone = ZoneInfo(people[0].zone)
        found = gap(people, WINTER_MONDAY.replace(tzinfo=zone))
        if found is not None:
            start, end = (_moment(instant.astimezone(zone)) for instant in found)
            when = f"from {start} to {end} ({people[0].zone}), among other times"
            message = f'nobody of "{route.id}" is on duty {when}: asks go to the owner then'
            yield ("routes", route.id), "gap", message, "widen the hours, or add a person"


def _needing_all(table: Table) -> Iterator[Warned]:
    for route in table.routes.values():
        if 1 < route.needs == len(route.people):
            message = f'all {route.needs} people of "{route.id}" must agree: when one is not there,'
            message += " the owner is asked in their place"
            yield ("routes", route.id, "needs"), "needs-all", message, "add a person to the route"


def _shared_contacts(table: Table) -> Iterator[Warned]:
    for contact, ids in shared_contacts(table.people.values()).items():
        message = f"{' and '.join(ids)} share a contact: whoever reads it can answer as each"
        hint = "give each a contact of their own"
        place = [one.lower() for one in table.people[ids[-1]].contacts].index(contact)
        yield ("people", ids[-1], "contact", place), "shared-contact", message, hint


def _claims(table: Table) -> Iterator[Warned]:
    """Yield the claims that are about nothing, and those that another one has said."""
    for place, claim in enumerate(table.claims):
        path: Path = ("claims", place)
        if claim.when is not None and not can_be_true(table, claim):
            message = "this claim is about nothing: no decision makes its when: true"
            yield (*path, "when"), "empty-claim", message, "mend the expression"
        said = (claim.when, claim.kind, claim.routes)
        for earlier in table.claims[:place]:
            if said == (earlier.when, earlier.kind, earlier.routes):
                message = f'this claim says the same as "{earlier.name}"'
                yield path, "same-claim", message, "take one of them out"
                break


def _audits(table: Table) -> Iterator[Warned]:
    """Yield what keeps people from looking at what was drawn."""
    found, path = table.audit, ("audit",)
    if found is None:
        return
    people = [table.people[id] for id in table.route_people(found.to)]
    if found.twice and len(people) == 1:
        message = f'"{found.to}" has one person, and a second look needs another'
        yield path, "no-second", message, "add a person to the route, or write twice: 0"
    if found.at_most_day is None and all(person.capacity_day is None for person in people):
        message = f'nobody of "{found.to}" says how many a day they can look at: it is {A_DAY} each'
        yield path, "audit-load", message, f"add at_most: {A_DAY} a day, or whatever they can do"


def _confirming(table: Table) -> Iterator[Warned]:
    """Yield what makes `confirm` ask of more or of less than its team thinks."""
    if table.confirm is None:
        return
    path = ("confirm",)
    if not table.actions:
        message = "no action is rated, so that every approval needs a passkey"
        yield path, "confirms-all", message, "rate what the agent may do: actions: {ACTION: …}"
    elif not rated_at_least(table, table.confirm):
        message = f'no action is rated "{table.confirm}" or worse'
        yield path, "confirms-nothing", message, "rate one so, or name a severity that is used"


def _moment(at: datetime) -> str:
    return f"{WEEKDAY_NAMES[at.weekday()]} {at:%H:%M}"
