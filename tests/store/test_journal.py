"""The chain of events: unbroken whoever writes at once, on a new store and on a migrated one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from handraise.clock import ManualClock
from handraise.errors import StoreError
from handraise.model import Event
from handraise.service.recording.checking import Report
from handraise.service.recording.record import Record
from handraise.service.secrets import Signer
from handraise.store import Store, open_store
from handraise.store.database import Database, create_file, place_of
from handraise.store.journal import append
from tests.store.records import (
    AGENT,
    NOW,
    advance,
    after,
    approval,
    make_escalation,
    make_event,
    make_message,
    make_record,
)
from tests.store.test_at_once import all_at_once
from tests.store.test_migrating import ASK, ESCALATION, bring_to, write_row


def checked(store: Store) -> Report:
    """Return what checking the store's record found, everything sealed and signed before."""
    clock = ManualClock(NOW + timedelta(days=2))
    record = Record(store, Signer("a secret of the operation, long enough"), clock)
    record.tick()
    return record.verify()


def test_the_chain_is_unbroken_whoever_writes_at_once(
    any_store: Store, more_stores: Callable[[], Store]
) -> None:
    """Twenty hands that stop, answer, move on, note, record and seal, on two open stores."""
    shared = [make_escalation() for _ in range(4)]
    for one in shared:
        any_store.create_escalation(make_record(one), one, [make_event(one)], [])
    stores = [any_store, more_stores()]

    def act(hand: int) -> None:
        store = stores[hand % 2]
        for turn in range(4):
            made = make_escalation(key=f"{hand}/{turn}")
            store.create_escalation(
                make_record(made), made, [make_event(made)], [make_message(made)]
            )
            at = after(minutes=hand * 10 + turn)
            store.change(
                shared[turn].id,
                lambda found, at=at: (advance(found, f"person-{hand}", at), []),
            )
            store.change_many(
                sorted(one.id for one in shared),
                lambda found, at=at: (
                    advance(found, f"person-{hand}", at + timedelta(hours=3)),
                    [],
                ),
            )
            store.add_event(make_event(kind="away"))
            group = [make_record(key=f"k{turn}", digest="same"), make_record(), make_record()]
            store.record_decisions(group)
            store.record_decisions([make_record(key=f"alone {hand}/{turn}")], seal=False)
            store.seal_decisions(limit=7)
            store.change(made.id, lambda found: (approval(found, "ines"), []))

    all_at_once(20, act)
    report = checked(any_store)
    assert report.flaws == ()
    assert report.escalations == 84
    assert report.decisions == 4 + 80 + 4 + 160 + 80
    assert report.unsealed == 0
    with any_store.proof() as proof:
        seqs = [event.seq for event in proof.events(0, 10_000)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_transaction_that_fails_leaves_the_chain_as_it_was(any_store: Store) -> None:
    any_store.add_event(make_event())
    with any_store.proof() as proof:
        before = proof.head()
    broken = make_escalation()
    with pytest.raises(StoreError):
        any_store.create_escalation(
            make_record(broken), broken, [make_event(broken), make_event(ask_id="nothing")], []
        )
    with any_store.write() as connection:
        append(connection, [make_event()])
        connection.rollback()
    with any_store.proof() as proof:
        assert proof.head() == before
    assert checked(any_store).flaws == ()


def test_what_a_group_passes_over_is_not_sealed_twice(any_store: Store) -> None:
    group = [make_record(key="a", digest="d"), make_record(agent="b"), make_record()]
    assert any_store.record_decisions(group) == []
    assert any_store.record_decisions(group) == []
    again = [make_record(key="a", digest="other"), group[1], make_record()]
    assert any_store.record_decisions(again) == [again[0]]
    report = checked(any_store)
    assert (report.flaws, report.decisions) == ((), 4)


def test_odd_details_are_kept_and_hold(any_store: Store) -> None:
    for value in (
        {"text": "nul \0, half \ud800, \u202e and é", "number": 1e300, "small": 1e-7},
        {"nan": float("nan"), "big": 10**30, "deep": {"b": [1, {"a": (2,)}], "a": {3}}},
        {"at": NOW, "decision": make_record().rows, 5: "five"},
    ):
        any_store.add_event(make_event(detail=value))
    assert checked(any_store).flaws == ()
    made = make_escalation(decision=None, case="lone \ud800", agent="nul \0")
    any_store.create_escalation(make_record(made, case="lone \ud800"), made, [make_event(made)], [])
    assert checked(any_store).flaws == ()


def test_events_without_a_move_do_not_hide_how_an_escalation_stands(any_store: Store) -> None:
    made = make_escalation()
    any_store.create_escalation(make_record(made), made, [make_event(made)], [])
    any_store.add_event(make_event(made, kind="delayed"))
    assert checked(any_store).flaws == ()


@pytest.fixture(params=["0001", "0002"])
def earlier(request: pytest.FixtureRequest, empty_url: str) -> str:
    """Return the URL of a store of an earlier schema in which much has happened."""
    place = place_of(empty_url)
    if place.engine == "sqlite":
        create_file(place.path)
    database = Database(place)
    at = "2026-11-22T19:50:10.123456Z"
    with database.write() as connection:
        bring_to(connection, request.param)
        for number in range(3):
            id = f"e{number}"
            write_row(connection, "escalations", {**ESCALATION, "id": id})
            write_row(connection, "asks", {**ASK, "id": f"{id}.1", "escalation_id": id})
        event = {"at": at, "who": "handraise", "agent": AGENT}
        for number in range(1, 1300):
            about = {"escalation_id": f"e{number // 100 % 2}"} if number % 100 == 0 else {}
            row = {**event, **about, "kind": "noted", "detail": f'{{"z": {number}, "a": "é"}}'}
            write_row(connection, "events", row)
        for number in range(600):
            row = {
                "id": f"d{number:04}",
                "agent": "b" if number < 2 else AGENT,
                "version": "v1",
                "digest": "",
                "facts": '{"a":1}',
                "confidence": 0.5,
                "rows": "[]",
                "rehearsal": False,
                "decided_at": at,
            }
            write_row(connection, "decisions", row)
    database.close()
    return empty_url


def test_what_happened_before_is_chained_as_it_stands(earlier: str) -> None:
    store = open_store(earlier, migrate=True)
    try:
        report = checked(store)
        assert report.flaws == ()
        assert (report.escalations, report.decisions) == (3, 600)
        assert len(store.events("e0")) == 6
        assert store.events("e1")[0].detail == {"a": "é", "z": 100}
        assert [event.kind for event in store.events("e2")] == ["sealed"]
        store.change("e1", lambda found: (advance(found, "priya", NOW), []))
        store.change("e2", lambda found: (approval(found, "ines"), []))
        assert checked(store).flaws == ()
        with store.write() as connection:
            connection.exec_driver_sql("UPDATE events SET who = 'x' WHERE seq = 700")
            connection.exec_driver_sql("UPDATE asks SET holder = 'x' WHERE id = 'e0.1'")
            connection.exec_driver_sql("UPDATE decisions SET action = 'x' WHERE id = 'd0300'")
        places = {flaw.place for flaw in checked(store).flaws}
        assert places == {"event 700", "escalation e0", "decision d0300"}
    finally:
        store.close()


def test_an_event_says_who_what_and_when_as_before(any_store: Store) -> None:
    made = make_escalation()
    event = Event(
        at=NOW,
        kind="noted",
        who="dana",
        agent=AGENT,
        escalation_id=made.id,
        detail={"b": 1, "a": 2},
    )
    any_store.create_escalation(make_record(made), made, [event], [])
    assert any_store.events(made.id) == [event]
