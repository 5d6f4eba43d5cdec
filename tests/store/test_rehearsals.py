"""Rehearsals in the store: one at a time an agent, each answer once, no answer after the end."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import (
    Decision,
    Event,
    Message,
    Reason,
    Rehearsal,
    RehearsalAsk,
    RehearsalInvitation,
    RehearsalQuestion,
)
from handraise.store import Store
from tests.store.records import AGENT, NOW, after
from tests.store.test_at_once import all_at_once


def make_rehearsal(id: str = "r1", agent: str = AGENT) -> Rehearsal:
    reason = Reason(
        row="confidence.1",
        condition="confidence",
        route="support_supervisor",
        observed="0.5",
        limit="0.72",
        sentence="unsure",
    )
    question = RehearsalQuestion(
        number=1,
        name="a refund it is not sure of",
        decision=Decision(type="refund_request", action="refund", confidence=0.5),
        reasons=(reason,),
        routes=("support_supervisor",),
        expected=("support_supervisor",),
        before="approved by dana",
        familiarity=0.25,
    )
    return Rehearsal(
        id=id,
        agent=agent,
        version="v1",
        by="priya",
        source="the tests of the table",
        questions=(question,),
        went_ahead=("a small one",),
        left_out={"another": "dana has 5 already"},
        invited=(RehearsalInvitation(person="dana", message_id="m1"),),
        absent={"marc": "is away"},
        started_at=NOW,
        ends_at=after(minutes=30),
    )


def make_ask(person: str = "dana", rehearsal_id: str = "r1") -> RehearsalAsk:
    return RehearsalAsk(
        rehearsal_id=rehearsal_id, number=1, person=person, routes=("support_supervisor",)
    )


def answered(ask: RehearsalAsk) -> RehearsalAsk:
    return replace(
        ask,
        seen_at=after(minutes=1),
        answered_at=after(minutes=2),
        kind="change",
        proposal={"refund": 20},
        facts={"years": 3},
        reason="half of it",
        unclear="which currency?",
    )


def event(kind: str = "rehearsal_answered") -> Event:
    return Event(at=NOW, kind=kind, who="dana", agent=AGENT)


def ended(rehearsal: Rehearsal) -> Rehearsal:
    return replace(rehearsal, ended_at=after(minutes=30), ended_why="time", protocol="signed")


def message(id: str = "m1") -> Message:
    return Message(
        id=id,
        kind="rehearsal",
        agent=AGENT,
        to="dana",
        contacts=("mailto:dana@example.com",),
        subject="[EXERCISE] 1 question waits for you",
        body="…",
        created_at=NOW,
        next_at=NOW,
    )


def begun(store: Store, *people: str) -> list[RehearsalAsk]:
    asks = [make_ask(person) for person in people or ("dana",)]
    assert store.begin_rehearsal(make_rehearsal(), asks, [event("rehearsal_started")], [message()])
    return asks


def test_a_rehearsal_comes_back_as_it_was(any_store: Store) -> None:
    asks = begun(any_store)

    assert any_store.rehearsal("r1") == make_rehearsal()
    assert any_store.rehearsal("r2") is None
    assert any_store.rehearsals(AGENT, open_only=True) == [make_rehearsal()]
    assert any_store.rehearsals("other") == []
    assert any_store.rehearsal_asks("r1") == asks
    assert any_store.rehearsal_asks(person="dana") == asks
    assert any_store.rehearsal_asks(person="marc") == []
    assert [one.id for one in any_store.messages()] == ["m1"]


def test_only_one_rehearsal_of_an_agent_runs_at_a_time(any_store: Store) -> None:
    begun(any_store)

    assert not any_store.begin_rehearsal(make_rehearsal("r2"), [], [], [message("m2")])
    assert any_store.begin_rehearsal(make_rehearsal("r3", "other"), [], [], [])
    assert [one.id for one in any_store.messages()] == ["m1"]


def test_the_first_answer_of_a_person_stands(any_store: Store) -> None:
    (ask, _) = begun(any_store, "dana", "marc")
    assert any_store.see_rehearsal_ask("r1", 1, "dana", after(minutes=1))
    assert not any_store.see_rehearsal_ask("r1", 1, "dana", after(minutes=5))

    assert any_store.answer_rehearsal_ask(answered(ask), event())
    assert not any_store.answer_rehearsal_ask(replace(answered(ask), kind="approve"), event())
    assert not any_store.answer_rehearsal_ask(answered(make_ask("nobody")), event())
    assert any_store.rehearsal_asks("r1") == [answered(ask), make_ask("marc")]


def test_nothing_is_seen_reminded_or_answered_after_the_end(any_store: Store) -> None:
    asks = begun(any_store)
    assert any_store.remind_rehearsal("r1", after(minutes=15), [message("m2")])
    assert not any_store.remind_rehearsal("r1", after(minutes=16), [message("m3")])

    done = ended(make_rehearsal())
    assert any_store.end_rehearsal(done, asks, [event("rehearsal_ended")], []) == "ended"

    assert not any_store.answer_rehearsal_ask(answered(asks[0]), event())
    assert not any_store.see_rehearsal_ask("r1", 1, "dana", after(minutes=31))
    assert not any_store.remind_rehearsal("r1", after(minutes=31), [])
    assert any_store.rehearsal("r1") == replace(done, reminded_at=after(minutes=15))
    assert any_store.rehearsal_asks("r1") == asks
    assert any_store.rehearsal_asks() == []
    assert any_store.begin_rehearsal(make_rehearsal("r2"), [], [], [])


def test_it_ends_once_and_with_every_answer_there_is(any_store: Store) -> None:
    asks = begun(any_store)
    any_store.answer_rehearsal_ask(answered(asks[0]), event())

    assert any_store.end_rehearsal(ended(make_rehearsal()), asks, [], [message("m2")]) == "moved"
    assert any_store.rehearsals(open_only=True)
    assert [one.id for one in any_store.messages()] == ["m1"]

    now = any_store.rehearsal_asks("r1")
    assert any_store.end_rehearsal(ended(make_rehearsal()), now, [], []) == "ended"
    assert any_store.end_rehearsal(ended(make_rehearsal()), now, [], []) == "before"


def test_of_several_that_begin_at_once_one_runs(any_store: Store) -> None:
    def begin(hand: int) -> bool:
        return any_store.begin_rehearsal(make_rehearsal(f"r{hand}"), [], [], [message(f"m{hand}")])

    assert sorted(all_at_once(8, begin)) == [*([False] * 7), True]
    (running,) = any_store.rehearsals(open_only=True)
    assert [one.id for one in any_store.messages()] == [running.id.replace("r", "m")]


def test_an_answer_at_the_moment_of_the_end_is_in_the_protocol_or_refused(
    any_store: Store,
) -> None:
    asks = begun(any_store, *(f"person-{hand}" for hand in range(6)))
    told: list[RehearsalAsk] = []

    def act(hand: int) -> bool:
        if hand < len(asks):
            return any_store.answer_rehearsal_ask(answered(asks[hand]), event())
        while True:
            seen = any_store.rehearsal_asks("r1")
            if any_store.end_rehearsal(ended(make_rehearsal()), seen, [], []) == "ended":
                told.extend(seen)
                return True

    *taken, _ = all_at_once(len(asks) + 1, act)

    assert any_store.rehearsal_asks("r1") == told
    assert [ask.kind is not None for ask in told] == taken


@pytest.mark.parametrize(
    "change",
    [{"ends_at": NOW}, {"ended_at": NOW}, {"protocol": "signed"}, {"ended_why": "time"}],
)
def test_an_impossible_rehearsal_is_never_kept(any_store: Store, change: dict[str, object]) -> None:
    with pytest.raises(StoreError):
        any_store.begin_rehearsal(replace(make_rehearsal(), **change), [], [], [])
