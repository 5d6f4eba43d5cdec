"""The lifecycle under everything that can happen to it, in any order, by any table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from handraise.core.lifecycle import next_move
from handraise.core.table.types import CalendarUse, Person, Route, Table
from handraise.core.table.units import hours
from handraise.errors import Error
from handraise.model import Ask, Escalation, PersonState
from tests.support import life_oracle as oracle
from tests.support.lives import START, Life, table_of

TABLE = table_of()
PEOPLE = ("dana", "marc", "ines", "nora", "omar", "priya")
ANYBODY = (*PEOPLE, "", "nadia", "support-agent", "agent:support-agent", "handraise")
HOURS = ("always", "always", "Mon-Fri 09:00-17:00", "Mon-Sun 22:00-06:00", "Sat-Sun 08:00-12:00")
ZONES = ("UTC", "Europe/Lisbon", "America/New_York", "Asia/Kolkata")
SHIFTS = ((START - timedelta(hours=1), START + timedelta(hours=3)),)
WITHIN_S = (60.0, 900.0, 900.0, 3600.0, 86_400.0)

who = st.sampled_from(PEOPLE) | st.sampled_from(ANYBODY)
which = st.integers(1, 4)
waits = st.sampled_from([0, 1, 14, 15, 30, 60, 120, 240, 480, 700, 1440, 5000])


@st.composite
def persons(draw: st.DrawFn, id: str) -> Person:
    """Draw a person with hours or a calendar, and perhaps a capacity."""
    has_calendar = draw(st.integers(0, 5)) == 0
    limits = st.none() | st.integers(1, 3)
    return Person(
        id=id,
        name=id.title(),
        contacts=(f"mailto:{id}@example.com",),
        hours=hours(draw(st.sampled_from(HOURS))),
        calendars=(CalendarUse("on-call.ics"),) if has_calendar else (),
        zone=draw(st.sampled_from(ZONES)),
        capacity_day=draw(limits),
        capacity_open=draw(limits),
    )


@st.composite
def routes_of(draw: st.DrawFn, id: str) -> Route:
    """Draw a route of one to four people, of whom one or two must agree."""
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4, unique=True))
    return Route(
        id=id,
        people=tuple(people),
        acknowledge_within_s=draw(st.sampled_from(WITHIN_S)),
        decide_within_s=draw(st.sampled_from(WITHIN_S)),
        needs=draw(st.sampled_from([1, 1, 2, 2, 3])),
    )


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table with two routes, and anybody as its owner."""
    return replace(
        TABLE,
        owner=draw(st.sampled_from(["priya", "priya", "dana"])),
        people={id: draw(persons(id)) for id in PEOPLE},
        routes={id: draw(routes_of(id)) for id in ("first", "second")},
        unanswered=draw(st.sampled_from(["hold", "reject"])),
    )


some_routes = st.lists(st.sampled_from(["first", "second", "owner"]), max_size=3, unique=True)
loads = st.integers(0, 3)
standing = st.fixed_dictionaries(
    {},
    optional={
        "away": st.booleans(),
        "declined": st.booleans(),
        "reachable": st.booleans(),
        "open_asks": loads,
        "asks_today": loads,
        "shifts": st.sampled_from([(), None, SHIFTS]),
    },
)


class Lifecycle(RuleBasedStateMachine):
    life: Life
    final: Escalation | None = None
    is_settled = True
    """Whether nothing has changed around the escalation since it was last looked at."""

    @initialize(
        table=tables(),
        routes=some_routes,
        states=st.dictionaries(st.sampled_from(PEOPLE), standing, max_size=4),
        asked_by=st.none() | st.sampled_from([*PEOPLE, "a customer"]),
    )
    def begin(self, table: Table, routes: list[str], states: Any, asked_by: str | None) -> None:
        known = {id: PersonState(**state) for id, state in states.items()}
        self.life = Life(*routes, table=table, states=known, asked_by=asked_by)
        self.fired = Counter(routes or ["owner"])
        self.rights: dict[str, set[str]] = {}
        self.digests = [self.life.escalation.proposal_digest]
        self.late = self.life.now + timedelta(days=1)
        expected = Counter[tuple[str, str]]()
        for ask in self.life.escalation.asks:
            expected += oracle.told_who_has_it(ask)
        assert self.told() == expected

    def told(self) -> oracle.Told:
        return Counter(self.life.notices)

    def ask(self, number: int) -> Ask | None:
        found = self.life.escalation.ask(f"e1.{number}")
        return found if found is not None and found.state == "open" else None

    def given(self, ask: Ask) -> set[str]:
        return self.rights.setdefault(ask.id, set())

    # What time and people bring by themselves

    @rule(minutes=waits)
    def wait_without_a_cycle(self, minutes: int) -> None:
        self.life.now += timedelta(minutes=minutes)
        self.is_settled = False

    @rule(minutes=waits)
    def cycle(self, minutes: int) -> None:
        life, before = self.life, self.life.escalation
        moved = life.wait(minutes=minutes)
        assert moved is None or before.state == "open"
        assert self.told() == (oracle.told_by_time(before, life.escalation) if moved else Counter())
        for old in before.asks if life.escalation.state == "open" else ():
            ask = life.escalation.ask(old.id)
            # Where the owner may not agree, those who may are asked from the first one again.
            is_anew = old.with_owner and old.holder == life.owner
            if old.holder != ask.holder and not ask.with_owner and not is_anew:
                lost = [*oracle.others_of_route(before, old), old]
                assert all(ask.holder not in one.tried for one in lost), "nobody is asked twice"
        self.is_settled = True
        assert next_move(life.escalation, life.table, life.directory, life.now) is None

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        if person != self.life.owner:
            self.life.leave(person)
            self.is_settled = False

    @rule(person=st.sampled_from((*PEOPLE, "nadia")), state=standing)
    def stand(self, person: str, state: dict[str, Any]) -> None:
        if person not in self.life.states:
            self.life.come(person)
        self.life.stand(person, active=True, **state)
        self.is_settled = False

    @rule(person=st.sampled_from((*PEOPLE, "nadia")))
    def own(self, person: str) -> None:
        if person not in self.life.states:
            self.life.come(person)
        self.life.stand(person, active=True)
        self.life.owner = person
        self.is_settled = False

    @rule(person=st.sampled_from(PEOPLE), number=which)
    def lose_a_message(self, person: str, number: int) -> None:
        before, ask = self.life.escalation, self.ask(number)
        moved = self.life.undelivered(person, number)
        if moved is None:
            return
        expected = oracle.told_by_time(before, self.life.escalation)
        if person == ask.holder:
            assert (ask.with_owner, ask.acknowledged_at) == (False, None)
            del expected["moved_on", person]
        assert self.told() == expected

    # What people do

    def attempt(self, allowed: bool, act: Callable[[], None]) -> bool:
        """Do something as a person; it must be refused exactly where it is not allowed."""
        life, before = self.life, self.life.escalation
        refused = None
        try:
            act()
        except Error as error:
            refused = error
        assert (refused is None) is allowed, refused
        if refused is not None:
            assert life.escalation == before
            return False
        if life.escalation.proposal_digest not in self.digests:
            self.digests.append(life.escalation.proposal_digest)
        return True

    def may(self, ask: Ask | None, person: str) -> bool:
        if ask is None or oracle.is_over(self.life):
            return False
        return oracle.may_have(self.life, ask, person, self.given(ask))

    @rule(person=who, number=which)
    def acknowledge(self, person: str, number: int) -> None:
        ask = self.ask(number)
        allowed = self.may(ask, person)
        has_it = allowed and person in oracle.hands(ask)
        allowed = allowed and (has_it or not oracle.is_out(self.life, person))
        if self.attempt(allowed, lambda: self.life.acknowledge(person, number)):
            left = set() if has_it else {*oracle.hands(ask)} - {person}
            assert self.told() == Counter({("moved_on", one): 1 for one in left})

    @rule(person=who, number=which)
    def acknowledge_as_the_holder(self, person: str, number: int) -> None:
        ask = self.ask(number)
        if ask is not None:
            self.acknowledge(person=ask.holder, number=number)

    @rule(person=who, number=which, is_holder=st.booleans())
    def release(self, person: str, number: int, is_holder: bool) -> None:
        ask = self.ask(number)
        person = ask.holder if ask is not None and is_holder else person
        allowed = self.may(ask, person) and ask.holder == person and not ask.with_owner
        if self.attempt(allowed, lambda: self.life.release(person, number)):
            after = self.life.escalation.ask(ask.id)
            assert self.told() == oracle.told_in_passing(ask, after, person)

    @rule(person=who, to=who, number=which, is_holder=st.booleans())
    def reassign(self, person: str, to: str, number: int, is_holder: bool) -> None:
        ask, life = self.ask(number), self.life
        person = ask.holder if ask is not None and is_holder else person
        allowed = self.may(ask, person) and to != ask.holder
        if allowed:
            route = life.table.routes.get(ask.route)
            on_route = to in {*(route.people if route else ()), *self.given(ask), life.owner}
            by_owner = person == life.owner
            allowed = by_owner or (person == ask.holder and on_route)
            allowed = allowed and self.is_free(ask, to, is_owner_free=True)
        if self.attempt(allowed, lambda: life.reassign(person, to, number)):
            after = life.escalation.ask(ask.id)
            self.given(ask).update(set() if on_route else {to})
            assert self.told() == oracle.told_in_passing(ask, after, person)
            assert (after.holder, after.delegate) == (to, None)

    def is_free(self, ask: Ask, to: str, *, is_owner_free: bool = False) -> bool:
        kept_out = oracle.is_kept_out(self.life.escalation, ask, to)
        can_be = oracle.can_be_asked(self.life, to)
        is_last = is_owner_free and to == self.life.owner
        return oracle.is_present(self.life, to) and (can_be or is_last) and not kept_out

    @rule(person=who, to=st.none() | who, number=which, is_holder=st.booleans())
    def delegate(self, person: str, to: str | None, number: int, is_holder: bool) -> None:
        ask = self.ask(number)
        person = ask.holder if ask is not None and is_holder else person
        allowed = self.may(ask, person) and ask.holder == person
        if allowed and to is None:
            allowed = ask.delegate is not None
        elif allowed:
            allowed = to not in (person, ask.delegate) and self.is_free(ask, to)
        if self.attempt(allowed, lambda: self.life.delegate(person, to, number)):
            expected = Counter({("delegated", to): 1} if to else {})
            if ask.delegate:
                expected["moved_on", ask.delegate] += 1
            assert self.told() == expected
            after = self.life.escalation.ask(ask.id)
            assert (after.holder, after.decide_due_at) == (ask.holder, ask.decide_due_at)

    @rule(person=who, number=which, stale=st.booleans())
    def approve(self, person: str, number: int, stale: bool) -> None:
        self.answer_as(person, number, "approve", stale)

    @rule(number=which, by=st.sampled_from(["holder", "delegate"]))
    def approve_as_who_has_it(self, number: int, by: str) -> None:
        ask = self.ask(number)
        if ask is not None:
            self.answer_as(getattr(ask, by) or ask.holder, number, "approve", False)

    @rule(person=who, number=which, kind=st.sampled_from(["reject", "instruct", "take_over"]))
    def end_it(self, person: str, number: int, kind: str) -> None:
        if self.life.now >= self.late:
            self.answer_as(person, number, kind, False)

    def answer_as(self, person: str, number: int, kind: str, stale: bool) -> None:
        before, ask = self.life.escalation, self.ask(number)
        digest = self.digests[0 if stale else -1]
        allowed = self.may(ask, person) and digest == before.proposal_digest
        if allowed and kind == "approve":
            allowed = oracle.may_give_word(self.life, ask, person, self.given(ask))
        if self.attempt(allowed, lambda: self.life.answer(person, kind, number, digest=digest)):
            after = self.life.escalation
            assert self.told() == oracle.told_by_answer(before, after, ask.id, person)

    @rule(number=which, refund=st.integers(1, 4), routes=some_routes)
    def change_as_the_holder(self, number: int, refund: int, routes: list[str]) -> None:
        ask = self.ask(number)
        if ask is not None:
            self.change(person=ask.holder, number=number, refund=refund, routes=routes)

    @rule(person=who, number=which, refund=st.integers(1, 4), routes=some_routes)
    def change(self, person: str, number: int, refund: int, routes: list[str]) -> None:
        proposal, before, ask = {"refund": refund}, self.life.escalation, self.ask(number)
        allowed = self.may(ask, person) and before.proposal != proposal
        allowed = allowed and oracle.may_give_word(self.life, ask, person, self.given(ask))
        if not self.attempt(
            allowed, lambda: self.life.change(person, proposal, number, *routes)
        ):  # fmt: skip
            return
        after = self.life.escalation
        self.fired.update(routes)
        assert self.told() == oracle.told_by_answer(before, after, ask.id, person)
        waiting = {one.id for one in after.asks if one.state == "open"}
        assert after.state == "resolved" or waiting == {one.id for one in after.asks} - {ask.id}

    @precondition(lambda self: self.life.escalation.state == "open")
    @rule()
    def withdraw(self) -> None:
        if self.life.now >= self.late:
            before = self.life.escalation
            self.life.withdraw()
            assert self.told() == oracle.told_at_end(before, self.life.escalation)

    # What is true at every moment

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
    def what_was_looked_at_is_in_good_hands_and_not_due(self) -> None:
        life = self.life
        if life.escalation.state != "open" or not self.is_settled:
            return
        for ask in life.escalation.asks:
            if ask.state == "open":
                assert ask.due_at > life.now
                assert oracle.is_in_good_hands(life, ask, self.given(ask))
                assert ask.delegate is None or not oracle.is_out(life, ask.delegate)

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
    def what_may_be_done_was_agreed_by_every_route_and_enough_people(self) -> None:
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
        for route in self.fired:
            found = self.life.table.routes.get(route)
            answers = [ask.answer for ask in escalation.asks if ask.route == route]
            assert len({one.by for one in answers}) == (found.needs if found else 1) == len(answers)
            words = [who for one in answers for who in {one.by, one.on_behalf_of or one.by}]
            assert len(words) == len(set(words)), "nobody agrees twice for one route"
            assert escalation.decision.asked_by not in words

    @invariant()
    def nothing_expires_unless_the_table_says_so(self) -> None:
        if self.life.escalation.outcome == "expired":
            assert self.life.table.unanswered == "reject"

    @invariant()
    def whatever_happens_the_owner_can_end_it(self) -> None:
        """Nobody has to answer: the owner alone can bring every open escalation to an end."""
        life = self.life
        if not oracle.is_over(life):
            ask = next(ask for ask in life.escalation.asks if ask.state == "open")
            before, moved = life.escalation, life.move
            life.answer(life.owner, "reject", ask_id=ask.id)
            assert life.escalation.outcome == "rejected"
            life.escalation, life.move = before, moved

    def teardown(self) -> None:
        """If everybody falls silent, it is with the owner in the end, or has ended."""
        if not hasattr(self, "life"):
            return
        life = self.life
        for _ in range(60 * len(life.escalation.asks)):
            waiting = [ask for ask in life.escalation.asks if ask.state == "open"]
            if all(ask.with_owner and ask.holder == life.owner for ask in waiting):
                return
            # Hours pass: minutes of one ask would not let the day of another come.
            life.now = max(life.now + timedelta(hours=1), life.escalation.due_at)
            life.wait()
        raise AssertionError(life.escalation.asks)


Lifecycle.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_lifecycle_keeps_its_promises = Lifecycle.TestCase
