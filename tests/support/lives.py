"""The life of one escalation for tests of the core: a table, how people stand, and an instant that moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from handraise.core.duty import Directory
from handraise.core.gate.digest import decision_digest
from handraise.core.lifecycle import (
    acknowledge,
    delegate,
    give_answer,
    next_move,
    open_escalation,
    reassign,
    release,
    undelivered,
    withdraw,
)
from handraise.core.table.read import read
from handraise.core.table.types import Person, Table
from handraise.model import (
    Answer,
    Ask,
    Decision,
    Escalation,
    Move,
    Notice,
    PersonState,
    Reason,
    Verdict,
)

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday morning."""

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}
  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
  omar:  {name: Omar Haddad, contact: "mailto:omar@example.com"}
routes:
  support_supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}
  finance_lead: {people: [ines], acknowledge_within: 30m, decide_within: 8h}
facts: {revenue_usd: number}
known: [refund_request]
escalate:
  confidence: {below: 0.72, to: support_supervisor}
  consequence: {when: abs(revenue_usd) > 5000, to: finance_lead}
  novelty: {unknown: type, to: support_supervisor}
"""


def table_of(text: str = TABLE) -> Table:
    table = read(text, "handraise.yaml").table
    assert table is not None
    return table


def stop(*routes: str, sentence: str = "it may not go ahead alone") -> Verdict:
    """Return a verdict that stops at some routes."""
    reasons = tuple(
        Reason(
            row=f"row.{number}",
            condition="consequence",
            route=route,
            observed="",
            limit="",
            sentence=f"{sentence} ({route})",
        )
        for number, route in enumerate(routes, 1)
    )
    return Verdict(None, reasons, tuple(dict.fromkeys(routes)))


class Life:
    """An escalation that lives on with every call; `move` is the last one made."""

    def __init__(
        self,
        *routes: str,
        text: str = TABLE,
        table: Table | None = None,
        states: dict[str, PersonState] | None = None,
        now: datetime = START,
        asked_by: Any = None,
    ) -> None:
        self.table = table or table_of(text)
        self.now = now
        self.owner = self.table.owner
        self.people: dict[str, Person] = {}
        self.states = {id: PersonState() for id in self.table.people} | (states or {})
        plain = Decision(
            type="refund_request",
            action="refund",
            confidence=0.5,
            proposal={"refund": 9000},
            facts={"revenue_usd": 9000},
            case="ticket-991",
            asked_by=asked_by,
        )
        self.move: Move | None = open_escalation(
            id="e1",
            verdict=stop(*routes),
            plain=plain,
            digest=decision_digest(plain),
            table=self.table,
            directory=self.directory,
            now=self.now,
        )
        self.escalation: Escalation = self.move.escalation

    @property
    def directory(self) -> Directory:
        return Directory(owner=self.owner, states=self.states, people=self.people)

    def ask(self, number: int = 1) -> Ask:
        return self.escalation.asks[number - 1]

    @property
    def notices(self) -> list[tuple[str, str]]:
        """Whom the last move tells what."""
        return [(notice.kind, notice.to) for notice in self.told]

    @property
    def told(self) -> tuple[Notice, ...]:
        return self.move.notices if self.move else ()

    @property
    def events(self) -> list[str]:
        return [event.kind for event in self.move.events] if self.move else []

    def _take(self, move: Move | None) -> Move | None:
        self.move = move
        if move is not None:
            self.escalation = move.escalation
        return move

    def leave(self, person: str) -> None:
        self.states[person] = PersonState(active=False)

    def come(self, person: str, **state: Any) -> None:
        """Let a person be on the newest table."""
        self.states[person] = PersonState(**state)
        self.people[person] = Person(id=person, name=person.title(), contacts=("x",))

    def stand(self, person: str, **state: Any) -> None:
        """Let a person stand differently: `away=True`, `declined=True`, `reachable=False`, …"""
        self.states[person] = replace(self.states.get(person, PersonState()), **state)

    def wait(self, **duration: float) -> Move | None:
        """Let time pass, and let it do what it does, once."""
        self.now += timedelta(**duration)
        return self._take(next_move(self.escalation, self.table, self.directory, self.now))

    def acknowledge(self, person: str, number: int = 1) -> None:
        self._take(
            acknowledge(
                self.escalation, f"e1.{number}", person, self.table, self.directory, self.now
            )
        )

    def release(self, person: str, number: int = 1, note: str = "") -> None:
        self._take(release(self.escalation, f"e1.{number}", person, *self._standing, note))

    def reassign(self, person: str, to: str, number: int = 1, note: str = "") -> None:
        self._take(reassign(self.escalation, f"e1.{number}", person, to, *self._standing, note))

    def delegate(self, person: str, to: str | None, number: int = 1, note: str = "") -> None:
        self._take(delegate(self.escalation, f"e1.{number}", person, to, *self._standing, note))

    @property
    def _standing(self) -> tuple[Table, Directory, datetime]:
        return self.table, self.directory, self.now

    def answer(
        self,
        person: str,
        kind: Any = "approve",
        number: int = 1,
        *,
        ask_id: str | None = None,
        rejudged: Verdict | None = None,
        **fields: Any,
    ) -> None:
        words = {"reason": "because"} if kind in {"reject", "take_over", "change"} else {}
        if kind == "instruct":
            words["instruction"] = "ask the customer"
        given = Answer(
            **{
                "kind": kind,
                "by": person,
                "at": self.now,
                "digest": self.escalation.proposal_digest,
                **words,
                **fields,
            }
        )
        where = ask_id or f"e1.{number}"
        self._take(give_answer(self.escalation, where, given, self.table, self.directory, rejudged))

    def change(
        self, person: str, proposal: Any, number: int = 1, *routes: str, **fields: Any
    ) -> None:
        """Answer with a change, after which these routes fire."""
        rejudged = stop(*routes, sentence="after the change") if routes else Verdict(None)
        self.answer(person, "change", number, rejudged=rejudged, proposal=proposal, **fields)

    def undelivered(self, person: str, number: int = 1) -> Move | None:
        return self._take(
            undelivered(
                self.escalation,
                f"e1.{number}",
                person,
                "no such mailbox",
                self.table,
                self.directory,
                self.now,
            )
        )

    def withdraw(self, reason: str = "") -> None:
        self._take(withdraw(self.escalation, reason, self.now))

    def load(self, person: str, *, open_asks: int = 0, asks_today: int = 0) -> None:
        self.states[person] = replace(
            self.states[person], open_asks=open_asks, asks_today=asks_today
        )
