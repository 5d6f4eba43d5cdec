"""What the watch for silence reads: repetition, queues, what became of messages, the pulse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.model import Escalation, Message, Session
from handraise.store import Store
from tests.store.records import (
    AGENT,
    NOW,
    after,
    approval,
    make_escalation,
    make_event,
    make_message,
    make_record,
    new_id,
)


def decided(store: Store, count: int, **fields: Any) -> None:
    made = {"case": "c", "type": "refund", "action": "refund", "decided_at": NOW, **fields}
    store.record_decisions([make_record(**made) for _ in range(count)])


def kept(store: Store, *messages: Message, asks: Any = (), **fields: Any) -> Escalation:
    escalation = make_escalation(*asks, **fields)
    event = make_event(escalation)
    ours = [
        replace(one, escalation_id=escalation.id, ask_id=escalation.asks[0].id, only_while="held")
        for one in messages
    ]
    assert store.create_escalation(make_record(escalation), escalation, [event], ours) is None
    return escalation


def sent(at: datetime = NOW, **fields: Any) -> Message:
    made = {"created_at": at, "next_at": None, "state": "sent", "sent_at": at, **fields}
    return make_message(**made)


def told(store: Store, since: datetime = NOW) -> list[tuple[str, bool]]:
    found = store.told_since(AGENT, ["ines", "dana"], since)
    return [(one.to, one.has_reacted) for one in found]


def test_what_is_decided_again_and_again_in_one_case_is_counted(any_store: Store) -> None:
    decided(any_store, 3, proposal={"n": 1})
    decided(any_store, 2, proposal={"n": 2})
    decided(any_store, 4, case="another")
    decided(any_store, 9, rehearsal=True)
    decided(any_store, 9, agent="another")
    decided(any_store, 9, decided_at=after(minutes=-1))
    found = any_store.repetitions(AGENT, NOW, least=5)
    assert [(one.count, one.of, one.in_case, one.type) for one in found] == [(5, 9, True, "refund")]
    assert found[0].first_at == NOW


def test_without_a_case_the_same_is_what_has_the_same_proposal_and_facts(any_store: Store) -> None:
    decided(any_store, 3, case=None, proposal={"n": 1}, facts={"usd": 1})
    decided(any_store, 3, case=None, proposal={"n": 1}, facts={"usd": 2})
    decided(any_store, 9, case=None, proposal=None)
    found = any_store.repetitions(AGENT, NOW, least=3)
    assert [(one.count, one.in_case) for one in found] == [(3, False)] * 2
    assert any_store.repetitions(AGENT, NOW, least=4) == []


def test_only_the_newest_decisions_are_looked_at(any_store: Store) -> None:
    decided(any_store, 5)
    decided(any_store, 2, case="another")
    assert any_store.repetitions(AGENT, NOW, least=5, newest=7) != []
    assert any_store.repetitions(AGENT, NOW, least=5, newest=6) == []


def test_how_much_others_decide_hides_no_circle(any_store: Store) -> None:
    decided(any_store, 5)
    decided(any_store, 9, agent="another")
    assert any_store.repetitions(AGENT, NOW, least=5, newest=5) != []


def test_a_queue_is_the_open_asks_that_nobody_has_taken(any_store: Store) -> None:
    oldest = kept(any_store, created_at=after(hours=-2))
    kept(any_store)
    kept(any_store, asks=[{"acknowledged_at": NOW, "acknowledge_due_at": None}])
    kept(any_store, asks=[{"route": "support_supervisor"}])
    kept(any_store, rehearsal=True)
    found = [(one.route, one.count, one.oldest_at) for one in any_store.waiting_queues(AGENT)]
    assert found == [
        ("finance_lead", 2, after(hours=-2)),
        ("support_supervisor", 1, NOW),
    ]
    assert any_store.waiting_queues(AGENT)[0].oldest == oldest.id
    assert any_store.waiting_queues("another") == []


def test_a_route_is_drained_by_whoever_takes_or_answers_any_of_it(any_store: Store) -> None:
    def is_drained(route: str = "finance_lead") -> bool:
        return any_store.is_drained_since(AGENT, route, NOW)

    kept(any_store, asks=[{"acknowledged_at": after(hours=-1), "acknowledge_due_at": None}])
    early = kept(any_store)
    any_store.change(early.id, lambda found: (approval(found, "ines", after(hours=-1)), []))
    assert not is_drained()
    answered = kept(any_store)
    any_store.change(answered.id, lambda found: (approval(found, "ines", NOW), []))
    assert is_drained()
    assert not is_drained("support_supervisor")
    kept(
        any_store,
        asks=[{"route": "support_supervisor", "acknowledged_at": NOW, "acknowledge_due_at": None}],
    )
    assert is_drained("support_supervisor")


def test_what_became_of_telling_people_is_told_with_how_they_reacted(any_store: Store) -> None:
    kept(any_store, sent())
    assert told(any_store) == [("ines", False)]
    read = kept(any_store, sent(at=after(seconds=1)))
    any_store.note_reading(read.id, "ines", after(minutes=1))
    acted = kept(any_store, sent(at=after(seconds=2)))
    any_store.add_event(make_event(acted, kind="acknowledged", who="ines"))
    assert told(any_store) == [("ines", True), ("ines", True), ("ines", False)]
    assert told(any_store, after(seconds=2)) == [("ines", True)]


def test_who_signs_in_afterwards_has_reacted(any_store: Store) -> None:
    kept(any_store, sent())
    session = Session(
        id=new_id(), person="ines", created_at=after(minutes=-1), expires_at=after(days=1)
    )
    any_store.add_session(session)
    assert told(any_store) == [("ines", False)]
    any_store.add_session(replace(session, id=new_id(), created_at=after(minutes=1)))
    assert told(any_store) == [("ines", True)]


def test_what_failed_or_waits_was_not_sent_and_what_was_not_tried_is_left_out(
    any_store: Store,
) -> None:
    lost = replace(sent(), state="failed", sent_at=None, error="down")
    waits = replace(lost, id=new_id(), state="pending", next_at=NOW)
    fresh = replace(waits, id=new_id(), error=None)
    kept(any_store, lost, waits, fresh)
    found = any_store.told_since(AGENT, ["ines"], NOW)
    assert [one.sent_at for one in found] == [None, None]


def test_what_was_told_together_was_sent_with_the_one_that_told_it(any_store: Store) -> None:
    bundle = sent(at=after(minutes=3))
    any_store.add_messages([bundle])
    kept(any_store, replace(sent(), state="bundled", sent_at=None, told_in=bundle.id))
    (found,) = any_store.told_since(AGENT, ["ines"], NOW)
    assert (found.sent_at, found.tried_at, found.contacts) == (
        after(minutes=3),
        NOW,
        bundle.contacts,
    )


def test_rehearsals_others_and_news_tell_nothing_of_a_channel(any_store: Store) -> None:
    kept(any_store, sent(), rehearsal=True)
    kept(any_store, replace(sent(), to="marc"))
    any_store.add_messages([sent()])
    assert told(any_store) == []


def test_a_pulse_is_kept_in_place_of_the_one_before(any_store: Store) -> None:
    assert any_store.pulse_of(AGENT) is None
    any_store.keep_pulse(AGENT, {"count": 1}, NOW)
    any_store.keep_pulse(AGENT, {"count": 2}, after(minutes=1))
    any_store.keep_pulse("another", {"count": 3}, NOW)
    assert any_store.pulse_of(AGENT) == {"count": 2}
    assert any_store.monitors(AGENT, "v1") == []


def test_alarms_that_went_out_failed_or_wait_are_told(any_store: Store) -> None:
    def alarm(**fields: Any) -> Message:
        return sent(kind="alarm", to="priya", **fields)

    lost = alarm(state="failed", sent_at=None, error="down")
    bundle = make_message(kind="bundle", to="priya", error="down")
    within = alarm(state="bundled", sent_at=None, told_in=bundle.id)
    fresh = alarm(state="pending", sent_at=None, next_at=NOW)
    others = [replace(alarm(), id=new_id(), agent="another"), sent(to="priya")]
    any_store.add_messages([alarm(at=after(minutes=-1)), lost, bundle, within, fresh, *others])
    found = any_store.alarms_told_since(AGENT, ["priya"], NOW)
    assert {(one.message_id, one.sent_at) for one in found} == {(lost.id, None), (within.id, None)}
    assert any_store.alarms_told_since(AGENT, ["ines"], NOW) == []
