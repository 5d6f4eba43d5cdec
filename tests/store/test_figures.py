"""What became of the asks of some weeks, and who had what before their eyes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.model import Answer, Ask, Decision, Escalation
from handraise.store import Store
from handraise.store.figures import AnswerCount, Drained, OpenAsks
from tests.store.records import (
    AGENT,
    NOW,
    advance,
    after,
    approval,
    make_escalation,
    make_event,
    make_reason,
    make_record,
    rejection,
)
from tests.support.databases import raw

UNSURE = make_reason(row="confidence.1", condition="confidence", route="support_supervisor")


def stopped(store: Store, *asks: dict[str, Any], **fields: Any) -> Escalation:
    made = make_escalation(*asks, **fields)
    happened = [make_event(made, detail={"rows": [one.row for one in made.reasons]})]
    assert store.create_escalation(make_record(made), made, happened, []) is None
    return made


def ended(
    store: Store, *asks: dict[str, Any], by: str = "ines", at: datetime = NOW, **fields: Any
) -> Escalation:
    made = stopped(store, *asks, **fields)
    store.change(made.id, lambda found: (approval(found, by, at), []))
    return made


def rejected(store: Store, *asks: dict[str, Any], **fields: Any) -> Escalation:
    def reject(found: Escalation) -> Any:
        move = rejection(found, "ines", NOW)
        asks = tuple(replace(ask, answer=no(ask)) for ask in move.escalation.asks)
        return replace(move, escalation=replace(move.escalation, asks=asks)), []

    made = stopped(store, *asks, **fields)
    store.change(made.id, reject)
    return made


def no(ask: Ask) -> Answer:
    return Answer(kind="reject", by=ask.holder, at=NOW, digest="asked", reason="no")


def test_an_answer_comes_back_with_who_gave_it_and_since_when_they_could(any_store: Store) -> None:
    both = {"reasons": (make_reason(), UNSURE)}
    made = ended(any_store, {}, {"route": "support_supervisor", "holder": "dana"}, **both)

    first, second = any_store.answers_since(AGENT, since=NOW)

    assert (first.ask_id, first.route, first.rows) == (
        f"{made.id}.1",
        "finance_lead",
        ("consequence.1",),
    )
    assert (second.route, second.rows) == ("support_supervisor", ("confidence.1",))
    assert (second.by, second.holder, second.kind) == ("ines", "dana", "approve")
    assert (second.created_at, second.assigned_at, second.at) == (NOW, NOW, NOW)
    assert second.decide_due_at == after(hours=8)
    assert second.acknowledged_at is None


def test_only_what_ended_in_the_window_and_was_no_rehearsal_counts(any_store: Store) -> None:
    ended(any_store, at=after(hours=-1))
    ended(any_store, rehearsal=True)
    ended(any_store, agent="another-agent")
    stopped(any_store)
    late = ended(any_store, at=after(hours=1))

    assert [one.escalation_id for one in any_store.answers_since(AGENT, since=NOW)] == [late.id]
    assert any_store.answers_since(AGENT, since=NOW, by="dana") == []
    assert len(any_store.answers_since(AGENT, since=NOW, by="ines")) == 1
    assert len(any_store.answers_since(AGENT, since=after(hours=-2), limit=1)) == 1


def test_answers_are_counted_by_what_stopped_it_and_by_route(any_store: Store) -> None:
    for _ in range(3):
        ended(any_store)
    rejected(any_store)
    ended(any_store, reasons=(UNSURE,), version="v0")
    ended(any_store, {"route": "support_supervisor"}, reasons=(UNSURE,))

    counts = any_store.answer_counts(AGENT, "v1", since=NOW)

    assert counts == [
        AnswerCount(rows=("confidence.1",), route="support_supervisor", answers=1, approvals=1),
        AnswerCount(rows=("consequence.1",), route="finance_lead", answers=4, approvals=3),
    ]
    assert any_store.answer_counts(AGENT, "v1", since=after(hours=1)) == []


def test_two_decisions_that_were_one_question_are_one_answer(any_store: Store) -> None:
    made = ended(any_store)
    any_store.record_decisions([make_record(made)])

    (count,) = any_store.answer_counts(AGENT, "v1", since=NOW)

    assert (count.answers, count.approvals) == (1, 1)


def test_the_words_that_were_to_be_read_are_counted(any_store: Store) -> None:
    decision = Decision(text="one two three", context={"customer": "c-17"}, proposal={"refund": 4})
    made = stopped(any_store, decision=decision, reasons=(make_reason(sentence="too much"),))
    other = stopped(any_store)
    raw(any_store, "UPDATE escalations SET erased_at = ? WHERE id = ?", "2026-11-22", other.id)

    assert any_store.words_to_read([made.id, made.id, other.id]) == {made.id: 3 + 2 + 2 + 2}
    assert any_store.words_to_read([]) == {}


def test_what_waits_is_told_by_route(any_store: Store) -> None:
    old = stopped(any_store, created_at=after(days=-9))
    stopped(any_store, {"with_owner": True, "holder": "priya"})
    stopped(any_store, {"route": "support_supervisor"})
    stopped(any_store, rehearsal=True)
    ended(any_store)
    limits = {"finance_lead": after(hours=-8)}

    finance, support = any_store.open_by_route(AGENT, limits, since=after(days=-7))

    assert finance == OpenAsks(
        route="finance_lead",
        count=2,
        oldest_at=after(days=-9),
        overdue=1,
        with_owner=1,
        fresh=1,
    )
    assert (support.route, support.count, support.overdue) == ("support_supervisor", 1, 0)
    assert any_store.oldest_open(AGENT, "finance_lead", limit=1) == [old.id]
    assert any_store.open_by_route("another-agent", {}, since=NOW) == []


def test_what_was_drained_is_told_with_how_much_of_it_was_fresh(any_store: Store) -> None:
    ended(any_store, created_at=after(days=-9))
    ended(any_store)
    ended(any_store, at=after(days=-8))

    assert any_store.drained(AGENT, since=after(days=-7)) == [
        Drained(route="finance_lead", ended=2, fresh=1)
    ]


def test_only_what_moved_on_for_a_deadline_was_missed(any_store: Store) -> None:
    def moved(why: str, **fields: Any) -> str:
        made = stopped(any_store, **fields)
        move = advance(made, "priya", NOW)
        events = tuple(
            replace(one, detail={"from": "ines", "to": "priya", "why": why}) for one in move.events
        )
        any_store.change(made.id, lambda _: (replace(move, events=events), []))
        return made.id

    undecided = moved("ines did not decide within 8h")
    unclaimed = moved("ines did not acknowledge within 30m")
    moved("ines is away")
    moved("ines did not decide within 8h", rehearsal=True)

    missed = any_store.missed_deadlines(AGENT, since=NOW)

    assert [one.escalation_id for one in missed] == [undecided, unclaimed]
    assert {(one.route, one.person, one.at) for one in missed} == {("finance_lead", "ines", NOW)}
    assert any_store.missed_deadlines(AGENT, since=after(hours=1)) == []


def test_the_first_time_somebody_had_it_before_their_eyes_is_kept(any_store: Store) -> None:
    made = stopped(any_store)

    assert any_store.note_reading(made.id, "ines", after(minutes=1))
    assert not any_store.note_reading(made.id, "ines", after(minutes=2))
    assert any_store.note_reading(made.id, "priya", after(minutes=3))
    assert any_store.readings_of(AGENT, since=NOW) == {}, "it has not ended"

    any_store.change(made.id, lambda found: (approval(found, "ines", after(hours=1)), []))

    assert any_store.readings_of(AGENT, since=NOW) == {
        (made.id, "ines"): after(minutes=1),
        (made.id, "priya"): after(minutes=3),
    }
    assert any_store.readings_of(AGENT, since=NOW, by="ines") == {
        (made.id, "ines"): after(minutes=1)
    }
    assert any_store.readings_of(AGENT, since=after(hours=2)) == {}
    assert not any_store.note_reading(made.id, "marc", after(hours=2)), "nobody answers it any more"
    assert not any_store.note_reading("nothing", "marc", NOW)
