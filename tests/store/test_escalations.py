"""Escalations: kept whole, found again, changed one move at a time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.errors import AlreadyAnsweredError, NotFoundError, StoreError
from handraise.model import Escalation, Message, Move
from handraise.store import Store
from tests.store.records import (
    AGENT,
    advance,
    after,
    approval,
    make_ask,
    make_escalation,
    make_event,
    make_message,
    make_reason,
    make_record,
    new_id,
    rejection,
)


def keep(store: Store, escalation: Escalation) -> Escalation:
    events = [make_event(escalation)]
    messages = [make_message(escalation)]
    assert store.create_escalation(make_record(escalation), escalation, events, messages) is None
    return escalation


def test_an_escalation_comes_back_as_it_was(any_store: Store) -> None:
    kept = keep(any_store, make_escalation({}, {"route": "support_supervisor", "holder": "dana"}))
    assert any_store.escalation(kept.id) == kept


@pytest.mark.parametrize(
    "name", [new_id(), "", "a\0b", "\ud800"], ids=["unknown", "empty", "nul", "surrogate"]
)
def test_an_unknown_escalation_is_none(any_store: Store, name: str) -> None:
    assert any_store.escalation(name) is None


def test_asks_keep_their_order_past_ten(any_store: Store) -> None:
    kept = keep(any_store, make_escalation(*[{"route": f"route_{n}"} for n in range(12)]))
    assert any_store.escalation(kept.id) == kept


def test_the_decision_events_and_messages_are_kept_with_it(any_store: Store) -> None:
    escalation = make_escalation(key="ticket-991/1")
    record = make_record(escalation)
    events = [
        make_event(escalation),
        make_event(escalation, kind="assigned", detail={"to": "ines"}),
    ]
    message = make_message(escalation)
    any_store.create_escalation(record, escalation, events, [message])
    assert any_store.decision_by_key(AGENT, "ticket-991/1", rehearsal=False) == record
    assert any_store.events(escalation.id) == events
    assert any_store.messages() == [message]


def test_the_same_key_writes_nothing_and_gives_the_first_decision(any_store: Store) -> None:
    first = make_escalation(key="k", digest="one")
    record = make_record(first)
    any_store.create_escalation(record, first, [], [])
    second = make_escalation(key="k", digest="another")
    found = any_store.create_escalation(
        make_record(second), second, [make_event(second)], [make_message(second)]
    )
    assert found == record
    assert any_store.escalation(second.id) is None
    assert any_store.messages() == []
    assert any_store.latest_event_seq() == 0


def test_the_same_record_sent_again_writes_nothing(any_store: Store) -> None:
    escalation = make_escalation()
    record = make_record(escalation)
    any_store.create_escalation(record, escalation, [make_event(escalation)], [])
    assert any_store.create_escalation(record, escalation, [make_event(escalation)], []) == record
    assert len(any_store.events(escalation.id)) == 1


def test_a_rehearsal_does_not_take_the_key_of_a_real_decision(any_store: Store) -> None:
    keep(any_store, make_escalation(key="k", rehearsal=True))
    keep(any_store, make_escalation(key="k"))
    assert len(any_store.escalations()) == 2


def test_an_open_escalation_with_nobody_asked_is_refused(any_store: Store) -> None:
    escalation = replace(make_escalation(), asks=())
    with pytest.raises(StoreError, match="open"):
        any_store.create_escalation(make_record(escalation), escalation, [], [])
    assert any_store.decision_by_key(AGENT, "k", rehearsal=False) is None


def test_an_end_that_leaves_somebody_asked_is_refused(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())

    def careless(escalation: Escalation) -> tuple[Move, list[Message]]:
        move = approval(escalation, "ines")
        return replace(move, escalation=replace(move.escalation, asks=escalation.asks)), []

    with pytest.raises(StoreError, match="resolved"):
        any_store.change(kept.id, careless)
    assert any_store.escalation(kept.id) == kept


def test_a_change_writes_record_events_and_messages(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())
    told = make_message(kept, kind="resolved", to="dana")
    move = any_store.change(
        kept.id, lambda found: (approval(found, "ines", after(minutes=5)), [told])
    )
    assert move is not None
    assert any_store.escalation(kept.id) == move.escalation
    assert move.escalation.outcome == "approved"
    assert [event.kind for event in any_store.events(kept.id)] == ["created", "resolved"]
    assert any_store.messages()[0] == told


def test_a_change_may_add_an_ask_and_a_reason(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())

    def grow(found: Escalation) -> tuple[Move, list[Message]]:
        second = make_ask(found.id, 2, route="support_supervisor", holder="dana")
        reasons = (*found.reasons, make_reason(row="confidence.1", condition="confidence"))
        fresh = replace(found, asks=(*found.asks, second), reasons=reasons, proposal={"refund": 1})
        return Move(escalation=fresh), []

    move = any_store.change(kept.id, grow)
    assert move is not None
    assert any_store.escalation(kept.id) == move.escalation


def test_a_move_that_has_nothing_to_do_writes_nothing(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())
    assert any_store.change(kept.id, lambda _found: None) is None
    assert any_store.escalation(kept.id) == kept


def test_an_event_alone_leaves_the_record(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())
    event = make_event(kept, kind="undelivered")
    any_store.change(kept.id, lambda found: (Move(escalation=found, events=(event,)), []))
    assert any_store.escalation(kept.id) == kept
    assert any_store.events(kept.id)[-1] == event


def test_an_error_of_the_move_leaves_everything_and_passes_on(any_store: Store) -> None:
    kept = keep(any_store, make_escalation())
    any_store.change(kept.id, lambda found: (approval(found, "ines"), []))
    ended = any_store.escalation(kept.id)
    with pytest.raises(AlreadyAnsweredError, match="ines"):
        any_store.change(kept.id, lambda found: (approval(found, "priya"), []))
    assert any_store.escalation(kept.id) == ended


def test_an_unknown_escalation_cannot_be_changed(any_store: Store) -> None:
    with pytest.raises(NotFoundError, match="there is no escalation"):
        any_store.change("nothing", lambda found: (approval(found, "ines"), []))


def test_escalations_come_newest_first_and_in_pages(any_store: Store) -> None:
    kept = [keep(any_store, make_escalation({}, {"route": "support_supervisor"})) for _ in range(5)]
    first = any_store.escalations(limit=2)
    rest = any_store.escalations(before_id=first[-1].id)
    assert [*first, *rest] == kept[::-1]


def test_escalations_are_chosen_by_agent_state_and_rehearsal(any_store: Store) -> None:
    real = keep(any_store, make_escalation())
    practice = keep(any_store, make_escalation(rehearsal=True))
    other = keep(any_store, make_escalation(agent="other"))
    any_store.change(real.id, lambda found: (approval(found, "ines"), []))

    def ids(**chosen: object) -> list[str]:
        return [found.id for found in any_store.escalations(**chosen)]  # type: ignore[arg-type]

    assert ids(agent="other") == [other.id]
    assert ids(state="resolved") == [real.id]
    assert ids(rehearsal=True) == [practice.id]
    assert ids(rehearsal=False) == [other.id, real.id]
    assert ids(agent="other", state="resolved") == []


def test_a_rejected_proposal_is_remembered_within_its_case(any_store: Store) -> None:
    older, newer, approved = [keep(any_store, make_escalation()) for _ in range(3)]
    for kept in (older, newer):
        any_store.change(kept.id, lambda found: (rejection(found, "ines"), []))
    any_store.change(approved.id, lambda found: (approval(found, "ines"), []))
    found = any_store.held_before(AGENT, "ticket-991", "asked", rehearsal=False)
    assert found == [(newer.id, None), (older.id, None)]
    assert any_store.held_before(AGENT, "ticket-991", "asked", rehearsal=True) == []
    assert any_store.held_before(AGENT, "ticket-991", "another", rehearsal=False) == []
    assert any_store.held_before(AGENT, "another", "asked", rehearsal=False) == []
    assert any_store.held_before("another", "ticket-991", "asked", rehearsal=False) == []


def test_the_longest_overdue_comes_first(any_store: Store) -> None:
    late = keep(any_store, make_escalation({"due_at": after(minutes=20)}))
    later = keep(
        any_store, make_escalation({"due_at": after(minutes=50)}, {"due_at": after(minutes=10)})
    )
    keep(any_store, make_escalation({"due_at": after(minutes=40)}))
    assert any_store.due_escalations(after(minutes=5), limit=10) == []
    assert any_store.due_escalations(after(minutes=20), limit=10) == [later.id, late.id]
    assert any_store.due_escalations(after(minutes=20), limit=1) == [later.id]


def test_what_has_ended_or_moved_on_is_no_longer_due(any_store: Store) -> None:
    ended, moved = keep(any_store, make_escalation()), keep(any_store, make_escalation())
    any_store.change(ended.id, lambda found: (approval(found, "ines"), []))
    any_store.change(moved.id, lambda found: (advance(found, "dana", after(minutes=30)), []))
    assert any_store.due_escalations(after(hours=1), limit=10) == []
    assert any_store.due_escalations(after(minutes=90), limit=10) == [moved.id]
