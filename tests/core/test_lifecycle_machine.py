"""The lifecycle under everything that can happen to it, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handraise.core.lifecycle import next_move
from handraise.errors import Error, EscalationError
from handraise.model import Escalation, PersonState
from tests.support.lives import TABLE, Life

ROUTES = ("support_supervisor", "finance_lead", "second_look", "owner")
PEOPLE = ("dana", "marc", "ines", "priya", "omar")
ANYBODY = (*PEOPLE, "", "nadia", "support-agent", "agent:support-agent", "handraise")
WHOLE = (
    TABLE.replace("[ines]", "[ines, priya]")
    .replace("routes:\n", "routes:\n  second_look: {people: [marc, dana, ines]}\n")
    .replace('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 3 a day')
    .replace('"mailto:marc@example.com"', '"mailto:marc@example.com", hours: "Mon-Fri 09:00-17:00"')
)

who = st.sampled_from(PEOPLE) | st.sampled_from(ANYBODY)
which = st.integers(1, 4)
some_routes = st.lists(st.sampled_from(ROUTES), min_size=0, max_size=3, unique=True)
waits = st.sampled_from([0, 1, 14, 15, 30, 60, 240, 480, 700, 1440, 5000])


class Lifecycle(RuleBasedStateMachine):
    life: Life
    final: Escalation | None = None

    @initialize(
        routes=st.lists(st.sampled_from(ROUTES), min_size=2, max_size=3, unique=True),
        unanswered=st.sampled_from(["hold", "reject"]),
    )
    def begin(self, routes: list[str], unanswered: str) -> None:
        self.life = Life(*routes, text=f"{WHOLE}unanswered: {unanswered}\n")
        self.digests = [self.life.escalation.proposal_digest]
        self.late = self.life.now + timedelta(days=1)
        self.tell_of_new_holders(None)

    def tell_of_new_holders(self, before: Escalation | None, by: str = "") -> None:
        """Whoever is given an ask is told of it in the same move, unless they took it themselves."""
        told = {(notice.to, notice.ask_id) for notice in self.life.told}
        for ask in self.life.escalation.asks:
            old = before.ask(ask.id) if before else None
            is_new = old is None or (old.holder, old.assigned_at) != (ask.holder, ask.assigned_at)
            if ask.state == "open" and is_new and ask.holder != by:
                assert (ask.holder, ask.id) in told

    def has_right(self, person: str, route: str) -> bool:
        """Say what the table says, in other words than the code."""
        life = self.life
        people = life.table.routes[route].people if route in life.table.routes else ()
        is_there = person in life.states and life.states[person].active
        return is_there and person in (*people, life.owner)

    @staticmethod
    def refusal(act: Callable[[], None]) -> Error | None:
        try:
            act()
        except Error as refused:
            return refused
        return None

    def attempt(self, person: str, number: int, act: Callable[[], None]) -> None:
        """Do something as a person; it must be refused exactly to those without the right."""
        life, before = self.life, self.life.escalation
        ask = before.ask(f"e1.{number}")
        is_open = before.state == "open" and ask is not None and ask.state == "open"
        allowed = is_open and self.has_right(person, ask.route)
        refused = self.refusal(act)
        if refused is None:
            assert allowed
            self.tell_of_new_holders(before, person)
        else:
            assert life.escalation == before
            assert isinstance(refused, EscalationError) or not allowed
        if life.escalation.proposal_digest not in self.digests:
            self.digests.append(life.escalation.proposal_digest)

    @rule(minutes=waits)
    def wait_without_a_cycle(self, minutes: int) -> None:
        self.life.now += timedelta(minutes=minutes)

    @rule(minutes=waits)
    def cycle(self, minutes: int) -> None:
        life, before = self.life, self.life.escalation
        moved = life.wait(minutes=minutes)
        assert moved is None or before.state == "open"
        for ask in life.escalation.asks:
            if ask.state != "open":
                continue
            old = before.ask(ask.id)
            assert self.has_right(ask.holder, ask.route)
            assert ask.due_at is not None
            assert ask.due_at > life.now
            assert ask.with_owner <= (ask.holder == life.owner)
            if old.holder != ask.holder and not ask.with_owner:
                assert ask.holder not in old.tried, "nobody is asked twice by time alone"
        if moved is not None:
            self.tell_of_new_holders(before)
        assert next_move(life.escalation, life.table, life.directory, life.now) is None

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        if person != self.life.owner:
            self.life.leave(person)

    @rule(person=st.sampled_from((*PEOPLE, "nadia")), load=st.integers(0, 4))
    def come(self, person: str, load: int) -> None:
        self.life.states[person] = PersonState(open_asks=load, asks_today=load)

    @rule(person=st.sampled_from((*PEOPLE, "nadia")))
    def own(self, person: str) -> None:
        self.life.states[person] = PersonState()
        self.life.owner = person

    @rule(person=who, number=which)
    def acknowledge(self, person: str, number: int) -> None:
        self.attempt(person, number, lambda: self.life.acknowledge(person, number))

    @rule(person=who, number=which, stale=st.booleans())
    def approve(self, person: str, number: int, stale: bool) -> None:
        self.answer_as(person, number, "approve", stale)

    @rule(number=which, stale=st.booleans())
    def approve_as_the_holder(self, number: int, stale: bool) -> None:
        ask = self.life.escalation.ask(f"e1.{number}")
        if ask is not None:
            self.answer_as(ask.holder, number, "approve", stale)

    @rule(person=who, number=which, kind=st.sampled_from(["reject", "instruct", "take_over"]))
    def end_it(self, person: str, number: int, kind: str) -> None:
        if self.life.now >= self.late:
            self.answer_as(person, number, kind, False)

    def answer_as(self, person: str, number: int, kind: str, stale: bool) -> None:
        before = self.life.escalation
        digest = self.digests[0 if stale else -1]
        self.attempt(person, number, lambda: self.life.answer(person, kind, number, digest=digest))
        if digest != before.proposal_digest:
            assert self.life.escalation == before

    @rule(number=which, refund=st.integers(1, 4), routes=some_routes)
    def change_as_the_holder(self, number: int, refund: int, routes: list[str]) -> None:
        ask = self.life.escalation.ask(f"e1.{number}")
        if ask is not None:
            self.change(person=ask.holder, number=number, refund=refund, routes=routes)

    @rule(person=who, number=which, refund=st.integers(1, 4), routes=some_routes)
    def change(self, person: str, number: int, refund: int, routes: list[str]) -> None:
        proposal, before = {"refund": refund}, self.life.escalation
        self.attempt(person, number, lambda: self.life.change(person, proposal, number, *routes))
        after = self.life.escalation
        if after != before:
            assert set(routes) <= {ask.route for ask in after.asks}
            waiting = {ask.id for ask in after.asks if ask.state == "open"}
            assert after.state == "resolved" or waiting == {
                ask.id for ask in after.asks if ask.id != f"e1.{number}"
            }

    @rule(person=st.sampled_from(PEOPLE), number=which)
    def lose_a_message(self, person: str, number: int) -> None:
        before = self.life.escalation
        moved = self.life.undelivered(person, number)
        if moved is not None:
            asked = before.ask(f"e1.{number}")
            assert (asked.holder, asked.with_owner, asked.acknowledged_at) == (person, False, None)
            self.tell_of_new_holders(before)

    @precondition(lambda self: self.life.escalation.state == "open")
    @rule()
    def withdraw(self) -> None:
        if self.life.now >= self.late:
            self.life.withdraw()

    @invariant()
    def an_open_escalation_waits_for_named_people(self) -> None:
        escalation = self.life.escalation
        if escalation.state != "open":
            return
        waiting = [ask for ask in escalation.asks if ask.state == "open"]
        assert waiting
        for ask in waiting:
            assert ask.holder
            assert ask.holder in ask.tried
            assert ask.due_at is not None
            assert ask.due_at <= max(ask.decide_due_at, self.life.now + timedelta(days=1))
            assert ask.answer is None
        assert (escalation.outcome, escalation.resolved_at, escalation.resolved_by) == (None,) * 3
        assert escalation.due_at is not None

    @invariant()
    def an_end_is_an_end(self) -> None:
        escalation = self.life.escalation
        if escalation.state == "open":
            assert self.final is None
            return
        self.final = self.final or escalation
        assert escalation == self.final
        assert all(ask.state != "open" and ask.due_at is None for ask in escalation.asks)
        assert escalation.due_at is None

    @invariant()
    def what_may_be_done_was_agreed_by_every_route(self) -> None:
        escalation = self.life.escalation
        resolution = escalation.resolution()
        if resolution is None or not resolution.may_act:
            return
        for ask in escalation.asks:
            assert ask.answer is not None
            if ask.answer.kind == "change":
                assert ask.answer.proposal == resolution.proposal
            else:
                assert ask.answer.kind == "approve"
                assert ask.answer.digest == escalation.proposal_digest

    @invariant()
    def nothing_expires_unless_the_table_says_so(self) -> None:
        if self.life.escalation.outcome == "expired":
            assert self.life.table.unanswered == "reject"


Lifecycle.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_lifecycle_keeps_its_promises = Lifecycle.TestCase
