"""Stores with a crowd: many people of whom few are there, and much that falls due at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from uuid_utils import uuid7

from handraise.clock import ManualClock
from handraise.core.duty import Directory
from handraise.core.gate.compile import Judge, compile_table
from handraise.core.gate.digest import decision_digest, plain_decision
from handraise.core.lifecycle import open_escalation
from handraise.core.table.types import Table
from handraise.model import (
    Absence,
    Decision,
    DecisionRecord,
    Departure,
    Escalation,
    Message,
    Move,
    PersonState,
)
from handraise.service.telling.wording import messages_for
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.store import Store
from handraise.store.escalations import write_new
from handraise.store.inserts import Row, insert
from handraise.store.rows import values_of
from handraise.store.schema import absences, contacts, departures

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
"""A Wednesday."""

AGENT, OWNER, ROTA = "support-agent", "priya", "rota.ics"
EACH = 10
"""People on each of the routes on which asks fall due."""

MORE = 40
"""How many asks each of them takes at once."""

SECRET = "for measuring only " * 2
BASE_URL = "http://localhost:8080"

_TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  priya: {{name: Priya Raman, contact: "mailto:priya@example.com"}}
{people}
routes:
{routes}
facts: {{revenue_usd: number}}
known: [{types}]
escalate:
  confidence:
{rows}
  consequence: {{when: abs(revenue_usd) > 5000, to: owner}}
  novelty: {{unknown: type, to: owner}}
"""


class Silent:
    """Sends nothing."""

    def send(self, message: Message, contact: str) -> None:
        """Do nothing."""


@contextmanager
def opened(
    table: Path | Sequence[Path], database: Path, at: datetime = NOON
) -> Iterator[Operation]:
    """Yield the operation of one or more tables over a store in a file, by a clock that stands."""
    settings = Settings(secret=SECRET, store_url=f"sqlite:///{database}", base_url=BASE_URL)
    tables = [table] if isinstance(table, Path) else list(table)
    operation = assemble(tables, settings, clock=ManualClock(at), sender=Silent())
    try:
        yield operation
    finally:
        operation.close()


def on_call(folder: Path, people: int) -> tuple[Path, Path]:
    """Return a table with one long route, and a store in which only its last person is there.

    All of them are on call by one calendar and take one ask at once. Of each ten, five are off
    shift, two have enough, and one each is away, gone, and without a verified contact.
    """
    names = [f"person_{place:04}" for place in range(people)]
    table = folder / "handraise.yaml"
    table.write_text(
        _table({"everybody": names}, f"hours: {{calendar: {ROTA}}}, capacity: 1 open and 20 a day")
    )
    off = {name for place, name in enumerate(names[:-1]) if place % 10 < 5}
    (folder / ROTA).write_text(_calendar(names, off))
    database = folder / "handraise.db"
    with opened(table, database) as operation:
        mixed = names[:-1]
        unreachable = set(mixed[9::10])
        verify(operation.store, [OWNER, *(one for one in names if one not in unreachable)])
        _send_away(operation.store, away=mixed[7::10], gone=mixed[8::10])
        full = [*mixed[5::10], *mixed[6::10]]
        _ask(operation, [("everybody", name) for name in full])
    return table, database


def due(folder: Path, asks: int, people: int) -> tuple[Path, Path]:
    """Return a table, and a store in which many asks fall due half an hour from `NOON`.

    Each route has ten people, whose first holds all of its asks; the others take forty each.
    """
    routes = {
        f"route_{start // EACH:02}": [f"person_{start + place:04}" for place in range(EACH)]
        for start in range(0, people, EACH)
    }
    table = folder / "handraise.yaml"
    hours = 'hours: "Mon-Fri 09:00-18:00", zone: Europe/Lisbon'
    table.write_text(_table(routes, f"{hours}, capacity: {MORE} open"))
    database = folder / "handraise.db"
    with opened(table, database) as operation:
        verify(operation.store, list(operation.shelf.newest(AGENT).people))
        listed = list(routes)
        held = [listed[place % len(listed)] for place in range(asks)]
        _ask(operation, [(route, routes[route][0]) for route in held])
    return table, database


def _table(routes: dict[str, list[str]], more: str) -> str:
    """Return a table whose routes get what is of a type of their own."""
    people = [name for names in routes.values() for name in names]
    return _TABLE.format(
        types=", ".join(routes),
        people="\n".join(
            f"  {name}: {{name: {name}, contact: 'mailto:{name}@example.com', {more}}}"
            for name in people
        ),
        routes="\n".join(f"  {route}: [{', '.join(names)}]" for route, names in routes.items()),
        rows="\n".join(
            f"    - {{below: 0.72, to: {route}, for: {{type: {route}}}}}" for route in routes
        ),
    )


def _calendar(names: Sequence[str], off: set[str]) -> str:
    """Return a calendar with a weekly shift for each, on Wednesdays; for who is off, Thursdays."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//handraise//bench//EN"]
    for name in names:
        day = 5 if name in off else 4
        lines += [
            "BEGIN:VEVENT",
            f"UID:{name}",
            "DTSTAMP:20261101T000000Z",
            f"DTSTART:202611{day:02}T080000Z",
            f"DTEND:202611{day:02}T200000Z",
            "RRULE:FREQ=WEEKLY",
            f"SUMMARY:On call: {name}",
            f"ATTENDEE:mailto:{name}@example.com",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def verify(store: Store, people: Sequence[str]) -> None:
    """Write that the mail of people was verified."""
    rows: list[Row] = [
        {"person": one, "contact": f"mailto:{one}@example.com", "verified_at": NOON}
        for one in people
    ]
    with store.write() as connection:
        insert(connection, contacts, rows)


def _send_away(store: Store, *, away: Sequence[str], gone: Sequence[str]) -> None:
    until = NOON + timedelta(days=5)
    left = [Departure(id=_id(), person=one, by=OWNER, at=NOON) for one in gone]
    absent = [
        Absence(id=_id(), person=one, starts_at=NOON, ends_at=until, by=one, set_at=NOON)
        for one in away
    ]
    with store.write() as connection:
        insert(connection, departures, [values_of(one) for one in left])
        insert(connection, absences, [values_of(one) for one in absent])


def _ask(operation: Operation, asked: Sequence[tuple[str, str]]) -> None:
    """Keep an open escalation for each (route, holder), as the service would have it written."""
    store, shelf = operation.store, operation.shelf
    table = shelf.newest(AGENT)
    judge = compile_table(table)
    with store.write() as connection:
        for place, (route, holder) in enumerate(asked):
            move = _opened(table, judge, route, holder, place)
            record = _record(move.escalation)
            messages = messages_for(move, shelf, BASE_URL, NOON)
            assert write_new(connection, record, move.escalation, move.events, messages)
    while store.seal_decisions():
        pass
    operation.worker.act()  # asks everybody about their duties, once and for all


def _opened(table: Table, judge: Judge, route: str, holder: str, place: int) -> Move:
    alone = replace(table.routes[route], people=(holder,))
    there = PersonState(shifts=((NOON - timedelta(days=1), NOON + timedelta(days=1)),))
    decision = Decision(
        type=route,
        action="refund",
        confidence=0.5,
        facts={"revenue_usd": 620},
        text="I was charged twice for the last three months and want my money back. " * 4,
        proposal={"refund": 620, "note": "double charge, three months"},
        context={"customer": f"c-{place}", "plan": "family", "notes": "n" * 300},
        case=f"ticket-{place}",
        key=f"ticket-{place}/1",
    )
    plain, _ = plain_decision(decision)
    return open_escalation(
        id=_id(),
        verdict=judge(decision),
        plain=plain,
        digest=decision_digest(plain),
        table=replace(table, routes={route: alone}),
        directory=Directory(owner=OWNER, states={holder: there}),
        now=NOON,
    )


def _record(escalation: Escalation) -> DecisionRecord:
    return DecisionRecord(
        id=_id(),
        agent=AGENT,
        version=escalation.version,
        key=escalation.key,
        digest=escalation.digest,
        case=escalation.case,
        rows=tuple(reason.row for reason in escalation.reasons),
        proposal=escalation.proposal,
        escalation_id=escalation.id,
        decided_at=NOON,
    )


def _id() -> str:
    return str(uuid7())
