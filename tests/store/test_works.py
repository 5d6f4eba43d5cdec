"""Work under watch: its silence, or its crash, becomes an escalation."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.store import Store
from tests.store.records import (
    after,
    make_escalation,
    make_event,
    make_message,
    make_record,
    make_work,
)


def test_work_comes_back_as_it_was(any_store: Store) -> None:
    work = make_work()
    any_store.start_work(work)
    any_store.start_work(replace(work, case="another"))
    assert any_store.work(work.id) == work
    assert any_store.work("nothing") is None


def test_a_beat_begins_the_silence_anew(any_store: Store) -> None:
    work = make_work()
    any_store.start_work(work)
    beaten = replace(work, beat_at=after(minutes=9), due_at=after(minutes=19))
    assert any_store.beat_work(work.id, after(minutes=9)) == beaten
    assert any_store.work(work.id) == beaten
    assert any_store.overdue_work(after(minutes=18), 10) == []


def test_a_late_beat_does_not_turn_time_back(any_store: Store) -> None:
    work = make_work()
    any_store.start_work(work)
    beaten = any_store.beat_work(work.id, after(minutes=9))
    assert any_store.beat_work(work.id, after(minutes=5)) == beaten


def test_work_ends_once(any_store: Store) -> None:
    work = make_work()
    any_store.start_work(work)
    assert any_store.end_work(work.id, "done", after(minutes=3))
    assert not any_store.end_work(work.id, "done", after(minutes=4))
    assert not any_store.end_work("nothing", "done", after(minutes=4))
    assert any_store.beat_work(work.id, after(minutes=4)) is None
    assert any_store.work(work.id) == replace(
        work, state="done", beat_at=after(minutes=3), due_at=None
    )


@pytest.mark.parametrize("state", ["failed", "stalled"])
def test_work_cannot_be_lost_without_an_escalation(any_store: Store, state: str) -> None:
    work = make_work()
    any_store.start_work(work)
    with pytest.raises(StoreError, match="never_lost_in_silence"):
        any_store.end_work(work.id, state, after(minutes=3))  # type: ignore[arg-type]
    assert any_store.work(work.id) == work


def test_work_may_end_in_an_escalation_there_is(any_store: Store) -> None:
    work, escalation = make_work(), make_escalation()
    any_store.start_work(work)
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    assert any_store.end_work(work.id, "failed", after(minutes=3), escalation.id)
    assert any_store.work(work.id) == replace(
        work, state="failed", due_at=None, escalation_id=escalation.id
    )


def test_overdue_work_comes_longest_silent_first(any_store: Store) -> None:
    late, later, done, fine = (
        make_work(due_at=after(minutes=minutes)) for minutes in (12, 11, 10, 30)
    )
    for work in (late, later, done, fine):
        any_store.start_work(work)
    any_store.end_work(done.id, "done", after(minutes=1))
    assert any_store.overdue_work(after(minutes=15), 10) == [later, late]
    assert any_store.overdue_work(after(minutes=15), 1) == [later]


def test_silence_becomes_an_escalation(any_store: Store) -> None:
    work, escalation = make_work(), make_escalation()
    any_store.start_work(work)
    event, message = make_event(escalation), make_message(escalation)
    record = make_record(escalation)
    assert any_store.stall_work(work.id, after(minutes=10), record, escalation, [event], [message])
    assert any_store.work(work.id) == replace(
        work, state="stalled", due_at=None, escalation_id=escalation.id
    )
    assert any_store.escalation(escalation.id) == escalation
    assert any_store.events(escalation.id) == [event]
    assert any_store.messages() == [message]


def test_work_that_beat_meanwhile_does_not_stall(any_store: Store) -> None:
    work, escalation = make_work(), make_escalation()
    any_store.start_work(work)
    any_store.beat_work(work.id, after(minutes=9))
    record = make_record(escalation)
    assert not any_store.stall_work(work.id, after(minutes=10), record, escalation, [], [])
    assert not any_store.stall_work("nothing", after(minutes=10), record, escalation, [], [])
    assert any_store.escalations() == []


def test_a_crash_becomes_an_escalation_before_the_silence(any_store: Store) -> None:
    work, escalation = make_work(), make_escalation()
    any_store.start_work(work)
    record = make_record(escalation)
    assert any_store.fail_work(work.id, after(minutes=2), record, escalation, [], [])
    assert any_store.work(work.id) == replace(
        work,
        state="failed",
        beat_at=after(minutes=2),
        due_at=None,
        escalation_id=escalation.id,
    )


def test_a_crash_of_work_that_has_ended_writes_nothing(any_store: Store) -> None:
    work, escalation = make_work(), make_escalation()
    any_store.start_work(work)
    any_store.end_work(work.id, "done", after(minutes=1))
    record = make_record(escalation)
    assert not any_store.fail_work(work.id, after(minutes=2), record, escalation, [], [])
    assert any_store.escalations() == []


def test_work_stays_open_when_its_decision_is_known(any_store: Store) -> None:
    work, known, escalation = make_work(), make_escalation(), make_escalation()
    record = make_record(known)
    any_store.create_escalation(record, known, [], [])
    any_store.start_work(work)
    with pytest.raises(StoreError, match="its decision is known"):
        any_store.fail_work(work.id, after(minutes=2), record, escalation, [], [])
    assert any_store.work(work.id) == work
    assert any_store.escalation(escalation.id) is None
