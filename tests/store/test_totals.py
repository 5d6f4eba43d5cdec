"""What is counted for those who run the server, in both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from handraise.model import Event
from handraise.store import Store
from tests.store.records import AGENT, NOW, after, make_escalation, make_message, make_record

EVER = 1_000_000
EARLY = datetime(2026, 11, 22, 19, tzinfo=UTC)


def test_decisions_are_counted_by_version_and_rows(any_store: Store) -> None:
    any_store.record_decisions(
        [
            make_record(),
            make_record(type="something else"),
            make_record(rows=("confidence.1",)),
            make_record(version="v2"),
            make_record(agent="other"),
            make_record(rehearsal=True),
        ]
    )
    assert any_store.decided(AGENT) == {
        ("v1", ()): 2,
        ("v1", ("confidence.1",)): 1,
        ("v2", ()): 1,
    }
    assert any_store.decided("nobody") == {}


def test_a_total_can_be_added_up_from_stretches(any_store: Store) -> None:
    hours = [0, 20, 80, 81, 200]
    any_store.record_decisions([make_record(decided_at=after(minutes=m)) for m in hours])
    edge = datetime(2026, 11, 22, 20, tzinfo=UTC)
    parts = any_store.decided(AGENT, None, edge) + any_store.decided(AGENT, edge)
    assert parts == any_store.decided(AGENT) == {("v1", ()): 5}


def test_forgetting_counts_leaves_the_total_as_it_was(any_store: Store) -> None:
    any_store.record_decisions(
        [
            *(make_record(decided_at=after(minutes=60 * n)) for n in range(4)),
            make_record(rows=("confidence.1", "novelty.1")),
            make_record(agent="other"),
        ]
    )
    before = any_store.decided(AGENT)
    assert before == {("v1", ()): 4, ("v1", ("confidence.1", "novelty.1")): 1}
    edge = datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert any_store.forget_tallies(edge, limit=2) == 2
    assert any_store.decided(AGENT) == before
    while any_store.forget_tallies(edge, limit=2):
        assert any_store.decided(AGENT) == before
    assert len(any_store.tallies_between(AGENT, EARLY, after(days=3))) == 2
    assert any_store.decided("other") == {("v1", ()): 1}
    assert any_store.monitors(AGENT, "v1") == []


def test_what_waits_is_counted_by_route(any_store: Store) -> None:
    for number, rehearsal in ((1, False), (2, False), (3, True)):
        stopped = make_escalation(rehearsal=rehearsal)
        any_store.create_escalation(make_record(stopped, key=f"k{number}"), stopped, (), ())
    count, routes = any_store.waits(AGENT, NOW)
    (only,) = routes
    assert (count, only.asks, only.overdue) == (2, 2, 0)
    assert any_store.waits(AGENT, after(days=30))[1][0].overdue == 2
    assert any_store.waits("nobody", NOW) == (0, [])


def test_what_became_of_asks_is_read_once(any_store: Store) -> None:
    stopped = make_escalation()
    any_store.create_escalation(make_record(stopped), stopped, (), ())
    ask = stopped.asks[0]
    start = any_store.latest_event_seq()

    def tell(kind: str, minutes: int, **detail: object) -> None:
        any_store.add_event(
            Event(
                at=after(minutes=minutes),
                kind=kind,
                who="dana",
                agent=AGENT,
                escalation_id=stopped.id,
                ask_id=ask.id,
                detail=dict(detail),
            )
        )

    tell("acknowledged", 1)
    tell("acknowledged", 2)
    tell("advanced", 3, why="dana did not decide within 4h")
    tell("advanced", 4, why="dana gave it to marc")
    tell("reminded", 4)
    tell("answered", 5, answer="approve")
    found = any_store.happened(start, EVER)
    assert [(one.kind, one.answer, one.is_missed, one.is_first) for one in found] == [
        ("acknowledged", "", False, True),
        ("acknowledged", "", False, False),
        ("advanced", "", True, False),
        ("advanced", "", False, False),
        ("answered", "approve", False, False),
    ]
    assert {one.route for one in found} == {ask.route}
    assert found[-1].waited_s - found[0].waited_s == 240
    assert [one.seq for one in any_store.happened(found[1].seq, EVER)] == [
        one.seq for one in found[2:]
    ]
    assert len(any_store.happened(start, EVER, limit=2)) == 2
    assert any_store.ended(start, EVER) == []
    assert any_store.happened(start, found[1].seq) == found[:2]


def test_messages_that_wait_are_counted_by_contact(any_store: Store) -> None:
    any_store.add_messages([make_message(), make_message()])
    failing = make_message()
    any_store.add_messages([failing])
    any_store.message_failed(failing.id, "no", next_at=after(minutes=1))
    sent = make_message()
    any_store.add_messages([sent])
    any_store.message_sent(sent.id, NOW)
    (only,) = any_store.unsent()
    assert (only.waiting, only.failing) == (3, 1)
    assert Counter(only.contacts) == Counter(failing.contacts)
