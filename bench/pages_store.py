"""Stores to time pages on: five agents, five hundred people, up to a million escalations.

They are written past the service, row by row as it would have, because a million through the gate
would take hours. The events are there with their kinds and instants but are not chained: nothing
that is timed reads the chain. The messages are those of the example.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from bench.crowd import NOON, opened, verify
from handraise.core.gate.digest import proposal_digest
from handraise.core.searching import folded
from handraise.demo.requests import Request, familiar
from handraise.model import Answer, Ask, Decision, Escalation, Reason
from handraise.service.wiring import Operation
from handraise.store import Store
from handraise.store.inserts import run
from handraise.store.lines import lines_of
from handraise.store.rows import ask_values, escalation_values
from handraise.store.schema import (
    ask_spans,
    asks,
    assignments,
    chain,
    decisions,
    escalations,
    events,
    inbox_lines,
    readings,
    search_words,
)

AGENTS, ROUTES, EACH = 5, 10, 10
"""Agents, routes of each, people on each route: five hundred people."""

OPEN_SHARE = 0.02
LEAST_OPEN = 200
TWO_ROUTES = 0.25
CHUNK = 5_000
TAGS = (None, None, "new situation", "vip", "chargeback")

_TABLE = """\
handraise: 1
agent: {agent}
owner: priya
people:
  priya: {{name: Priya Raman, contact: "mailto:priya@example.com"}}
{people}
routes:
{routes}
actions: {{refund: high, send_reply: low, change_billing: high}}
severities: [low, high]
facts: {{revenue_usd: {{type: number, unit: USD}}}}
known: [{types}]
escalate:
  confidence: {{below: 0.72, to: {first}}}
  consequence: {{when: abs(revenue_usd) > 5000, to: {last}}}
  novelty: {{unknown: type, to: {first}, tag: new situation}}
"""


def tables(folder: Path) -> list[Path]:
    """Write the table of each agent, and return where they are."""
    types = sorted({one.type for one in familiar()})
    made = []
    for agent in range(AGENTS):
        names = [f"p{agent * ROUTES * EACH + place:03}" for place in range(ROUTES * EACH)]
        routes = {
            f"route_{place}": names[place * EACH : (place + 1) * EACH] for place in range(ROUTES)
        }
        text = _TABLE.format(
            agent=f"agent-{agent}",
            people="\n".join(
                f"  {name}: {{name: Person {name[1:]}, contact: 'mailto:{name}@example.com'}}"
                for name in names
            ),
            routes="\n".join(f"  {name}: [{', '.join(on)}]" for name, on in routes.items()),
            types=", ".join(types),
            first="route_0",
            last=f"route_{ROUTES - 1}",
        )
        path = folder / f"agent-{agent}.yaml"
        path.write_text(text, encoding="utf-8")
        made.append(path)
    return made


def built(folder: Path, number: int) -> tuple[list[Path], Path]:
    """Return the tables, and a store with so many escalations; it is made where it is not there."""
    home = folder / f"{number}"
    database, done = home / "handraise.db", home / "done"
    home.mkdir(parents=True, exist_ok=True)
    paths = tables(home)
    if not done.exists():
        for end in ("", "-wal", "-shm"):
            database.with_name(f"{database.name}{end}").unlink(missing_ok=True)
        with opened(paths, database) as operation:
            everybody = [f"p{place:03}" for place in range(AGENTS * ROUTES * EACH)]
            verify(operation.store, ["priya", *everybody])
            _fill(operation, number)
        done.touch()
    return paths, database


def _fill(operation: Operation, number: int) -> None:
    store = operation.store
    with store.write() as connection:
        found = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        indexes = list(found.fetchall())
        for name, _ in indexes:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    versions = {agent: operation.shelf.current(agent).version for agent in operation.shelf.agents()}
    made = _Maker(number, versions)
    for start in range(0, number, CHUNK):
        with store.write() as connection:
            for table, rows in made.chunk(start, min(start + CHUNK, number)).items():
                _write(connection, table, rows)
    _end(store, indexes, made.seq)


def _end(store: Store, indexes: Sequence[Any], seq: int) -> None:
    with store.write() as connection:
        for _, sql in indexes:
            connection.exec_driver_sql(sql)
        connection.exec_driver_sql(f"UPDATE {chain.name} SET seq = {seq}, count = {seq}")
        connection.exec_driver_sql("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    with store.write() as connection:
        connection.exec_driver_sql("ANALYZE")


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        listed = ", ".join(f'"{name}"' for name in names)
        text = f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})"
        with run(connection, text, [tuple(row.values()) for row in rows]):
            pass


class _Maker:
    """Makes rows as the service would have written them."""

    def __init__(self, number: int, versions: dict[str, str]) -> None:
        self.number = number
        self.versions = versions
        self.seq = 0
        self.draw = random.Random(11)
        self.requests = familiar()
        self.words = [" ".join(dict.fromkeys(folded(one.text))) for one in self.requests]
        self.open_from = number - max(LEAST_OPEN, round(number * OPEN_SHARE))
        self.step = timedelta(days=360) / max(self.open_from, 1)

    def chunk(self, start: int, end: int) -> dict[Table, list[dict[str, Any]]]:
        """Return the rows of the escalations of a stretch, by table in the order of writing."""
        order = (escalations, decisions, asks, assignments, readings, events)
        rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in order}
        rows |= {inbox_lines: [], search_words: [], ask_spans: []}
        for place in range(start, end):
            self._one(place, rows)
        return rows

    def _one(self, place: int, rows: dict[Table, list[dict[str, Any]]]) -> None:
        draw = self.draw
        which = draw.randrange(len(self.requests))
        escalation = self._escalation(place, self.requests[which])
        id = escalation.id
        rows[escalations].append(_kept(escalations, escalation_values(escalation)))
        for position, ask in enumerate(escalation.asks):
            rows[asks].append(_kept(asks, ask_values(escalation, ask, position)))
            given = {"ask_id": ask.id, "person": ask.holder, "assigned_at": ask.assigned_at}
            rows[assignments].append(_kept(assignments, given))
            if not escalation.rehearsal:
                rows[ask_spans].append(_kept(ask_spans, _span(escalation, ask)))
        rows[inbox_lines] += [_kept(inbox_lines, line) for line in lines_of(escalation)]
        case = f"ticket {place} {escalation.decision.type} {escalation.decision.action}"
        rows[search_words].append(
            {
                "escalation_id": id,
                "agent": escalation.agent,
                "practice": escalation.rehearsal,
                "words": f"{case.replace('_', ' ')} {self.words[which]}",
            }
        )
        if escalation.state == "resolved" or draw.random() < 0.5:
            at = escalation.created_at + timedelta(minutes=4)
            reading = {"escalation_id": id, "person": escalation.asks[0].holder, "at": at}
            rows[readings].append(_kept(readings, reading))
        rows[decisions].append(_kept(decisions, _decision(escalation)))
        rows[events] += list(self._events(escalation))

    def _escalation(self, place: int, request: Request) -> Escalation:
        draw, is_open = self.draw, place >= self.open_from
        agent_number = draw.randrange(AGENTS)
        agent = f"agent-{agent_number}"
        at = NOON - timedelta(days=361) + self.step * place
        if is_open:
            at = NOON - timedelta(minutes=draw.uniform(0, 600))
        id = _id(at.timestamp(), place)
        amount = round(draw.lognormvariate(5, 1.5), 2)
        proposal = {"refund": amount, "note": "as the customer asks"}
        count = 2 if draw.random() < TWO_ROUTES else 1
        numbers = draw.sample(range(ROUTES), count)
        reasons = tuple(_reason(draw, f"route_{one}", amount) for one in numbers)
        decision = Decision(
            type=request.type,
            action="refund",
            confidence=round(draw.uniform(0.3, 1), 3),
            facts={"revenue_usd": amount},
            text=request.text,
            proposal=proposal,
            context={"customer": f"c-{place % 9_973}", "plan": "standard", "history": "none"},
            case=f"ticket-{place}",
        )
        outcome = None if is_open else draw.choices(("approved", "rejected"), (8, 2))[0]
        person = [
            f"p{(agent_number * ROUTES + one) * EACH + draw.randrange(EACH):03}" for one in numbers
        ]
        ended = None if is_open else at + timedelta(minutes=draw.uniform(3, 200))
        digest = proposal_digest("refund", proposal)
        kind = "approve" if outcome == "approved" else "reject"
        made = tuple(
            _ask(f"{id}.{position}", f"route_{one}", holder, at, ended, kind, digest)
            for position, (one, holder) in enumerate(zip(numbers, person, strict=True), 1)
        )
        return Escalation(
            id=id,
            agent=agent,
            version=self.versions[agent],
            rehearsal=draw.random() < 0.01,
            decision=decision,
            digest=id,
            proposal=proposal,
            proposal_digest=digest,
            asked_digest=digest,
            facts={"revenue_usd": amount},
            reasons=reasons,
            asks=made,
            state="open" if is_open else "resolved",
            outcome=outcome,  # type: ignore[arg-type]
            resolved_by=None if is_open else person[0],
            created_at=at,
            resolved_at=ended,
        )

    def _events(self, escalation: Escalation) -> Iterator[dict[str, Any]]:
        said = [("created", f"agent:{escalation.agent}", escalation.created_at)]
        said.append(("assigned", "handraise", escalation.created_at))
        if escalation.resolved_at is not None:
            by = escalation.resolved_by or ""
            said.append(("answered", by, escalation.resolved_at))
            said.append(("resolved", by, escalation.resolved_at))
        for kind, who, at in said:
            self.seq += 1
            about = None if kind == "created" else escalation.asks[0].id
            row = {
                "at": at,
                "kind": kind,
                "who": who,
                "agent": escalation.agent,
                "escalation_id": escalation.id,
                "ask_id": about,
                "detail": {"to": escalation.asks[0].holder} if kind == "assigned" else {},
                "detail_digest": "",
                "link": "",
            }
            yield {"seq": self.seq, **_kept(events, row)}


_ENCODERS: dict[Table, dict[str, Any]] = {}


def _kept(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the database keeps it."""
    encoders = _ENCODERS.get(table)
    if encoders is None:
        kinds = {column.name: column.type for column in table.columns}
        encoders = _ENCODERS[table] = {
            name: getattr(kind, "encode", None) for name, kind in kinds.items()
        }
    return {
        name: value if value is None or encoders[name] is None else encoders[name](value)
        for name, value in row.items()
    }


def _id(seconds: float, place: int) -> str:
    head = f"{int(seconds * 1000):012x}"
    return f"{head[:8]}-{head[8:]}-7{place % 4096:03x}-8{place // 4096 % 4096:03x}-{place:012x}"


def _reason(draw: random.Random, route: str, amount: float) -> Reason:
    condition = draw.choice(("confidence", "consequence", "novelty"))
    return Reason(
        row=f"{condition}.1",
        condition=condition,  # type: ignore[arg-type]
        route=route,
        observed=f"{amount}",
        limit="5000",
        sentence=f"revenue_usd is {amount}, which the row {condition}.1 does not let pass alone",
        tag=draw.choice(TAGS),
    )


def _ask(id: str, route: str, holder: str, at: Any, ended: Any, kind: Any, digest: str) -> Ask:
    answer = None
    if ended is not None:
        reason = "not what the contract says" if kind == "reject" else None
        answer = Answer(kind=kind, by=holder, at=ended, digest=digest, reason=reason)
    return Ask(
        id=id,
        route=route,
        state="open" if ended is None else "answered",
        holder=holder,
        tried=(holder,),
        assigned_at=at,
        acknowledge_due_at=at + timedelta(hours=8) if ended is None else None,
        decide_due_at=at + timedelta(hours=24),
        due_at=at + timedelta(hours=8) if ended is None else None,
        answer=answer,
    )


def _span(escalation: Escalation, ask: Ask) -> dict[str, Any]:
    answered = ask.answer
    return {
        "ask_id": ask.id,
        "asked_at": ask.assigned_at,
        "agent": escalation.agent,
        "route": ask.route,
        "conditions": tuple(dict.fromkeys(reason.condition for reason in escalation.reasons)),
        "picked_up_at": None if answered is None else answered.at,
        "ended_at": None if answered is None else answered.at,
        "answer": None if answered is None else answered.kind,
        "by": None if answered is None else answered.by,
    }


def _decision(escalation: Escalation) -> dict[str, Any]:
    decision = escalation.decision
    return {
        "id": f"d{escalation.id}",
        "agent": escalation.agent,
        "version": escalation.version,
        "digest": escalation.digest,
        "case": decision.case,
        "type": decision.type,
        "action": decision.action,
        "confidence": decision.confidence,
        "facts": escalation.facts,
        "proposal": escalation.proposal,
        "rows": tuple(reason.row for reason in escalation.reasons),
        "rehearsal": escalation.rehearsal,
        "escalation_id": escalation.id,
        "decided_at": escalation.created_at,
    }
