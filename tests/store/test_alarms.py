"""Alarms as they are kept: changed in one transaction with what happened and what is told."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import Alarm, Event, Message
from handraise.store import Store
from handraise.store.alarms import AlarmsChanged
from tests.store.records import AGENT, NOW, after


def make_alarm(id: str = "a1", subject: str = "all", agent: str = AGENT) -> Alarm:
    return Alarm(
        id=id,
        agent=agent,
        kind="too_little",
        subject=subject,
        sentence="It stops 3.1 % instead of 11.9 %",
        means="Look at what went ahead.",
        lines=("row confidence.1",),
        examples=("d1",),
        since=after(days=-1),
        raised_at=NOW,
        seen_at=NOW,
    )


def keep(store: Store, *alarms: Alarm, agent: str = AGENT) -> int:
    return store.change_alarms(agent, after(days=-1), lambda _: AlarmsChanged(alarms=alarms))


def test_an_alarm_comes_back_as_it_was(any_store: Store) -> None:
    kept = replace(
        make_alarm(),
        state="acknowledged",
        about="dana",
        acknowledged_at=NOW,
        acknowledged_by="priya",
        snoozed_until=after(days=2),
        snoozed_by="priya",
        told="wrong",
        told_at=NOW,
        times_told=3,
        times_back=1,
    )
    assert keep(any_store, kept) == 1
    assert any_store.alarm("a1") == kept
    assert any_store.alarm("a2") is None


def test_a_step_is_given_what_is_not_over_was_over_lately_or_is_not_told_to_be_over(
    any_store: Store,
) -> None:
    long_ago = {"state": "resolved", "resolved_at": after(days=-9)}
    told = replace(make_alarm("told", "1"), told="over", **long_ago)
    untold = replace(make_alarm("untold", "2"), told="wrong", **long_ago)
    lately = replace(make_alarm("lately", "3"), state="resolved", resolved_at=after(hours=-1))
    keep(any_store, told, untold, lately, make_alarm("open", "4"))
    keep(any_store, make_alarm("other", agent="other"), agent="other")
    seen: list[str] = []

    def step(kept: Sequence[Alarm]) -> AlarmsChanged:
        seen.extend(one.id for one in kept)
        return AlarmsChanged()

    any_store.change_alarms(AGENT, after(days=-1), step)
    assert sorted(seen) == ["lately", "open", "untold"]


def test_one_alarm_of_a_kind_and_subject_is_not_over(any_store: Store) -> None:
    keep(any_store, make_alarm("a1"))
    with pytest.raises(StoreError):
        keep(any_store, make_alarm("a2"))
    keep(any_store, replace(make_alarm("a1"), state="resolved", resolved_at=NOW))
    keep(any_store, make_alarm("a2"))
    assert {one.id for one in any_store.alarms(AGENT)} == {"a1", "a2"}


def test_alarm_event_and_message_are_kept_together_or_not_at_all(any_store: Store) -> None:
    event = Event(at=NOW, kind="alarm_raised", who="handraise", agent=AGENT, detail={"alarm": "a1"})
    message = Message(
        id="m1",
        kind="alarm",
        agent=AGENT,
        to="priya",
        contacts=("mailto:priya@example.com",),
        subject="1 alarm",
        body="…",
        created_at=NOW,
        next_at=NOW,
    )
    whole = AlarmsChanged(alarms=[make_alarm()], events=[event], messages=[message])
    broken = replace(whole, messages=[message, message])
    with pytest.raises(StoreError):
        any_store.change_alarms(AGENT, NOW, lambda _: broken)
    assert any_store.alarms() == []
    assert any_store.latest_event_seq() == 0
    any_store.change_alarms(AGENT, NOW, lambda _: whole)
    assert [one.id for one in any_store.alarms()] == ["a1"]
    assert any_store.latest_event_seq() == 1
    assert [one.id for one in any_store.messages(limit=10)] == ["m1"]


def test_alarms_are_listed_newest_first_and_chosen(any_store: Store) -> None:
    old = replace(
        make_alarm("a1", "1"),
        raised_at=after(days=-9),
        state="resolved",
        resolved_at=after(days=-8),
    )
    over = replace(make_alarm("a2", "2"), state="resolved", raised_at=NOW, resolved_at=NOW)
    fresh = replace(make_alarm("a3", "3"), raised_at=after(hours=1))
    keep(any_store, old, over, fresh)
    keep(any_store, make_alarm("b1", agent="other"), agent="other")
    assert [one.id for one in any_store.alarms(AGENT)] == ["a3", "a2", "a1"]
    assert [one.id for one in any_store.alarms(AGENT, unresolved=True)] == ["a3"]
    assert [one.id for one in any_store.alarms(AGENT, since=after(days=-1))] == ["a3", "a2"]
    assert [one.id for one in any_store.alarms(unresolved=True)] == ["a3", "b1"]
    assert len(any_store.alarms(limit=2)) == 2


def test_alarms_of_some_kinds_are_found_however_many_others_are_newer(any_store: Store) -> None:
    blinding = replace(make_alarm("a1"), kind="channel_silent")
    newer = [replace(make_alarm(f"b{n}", str(n)), raised_at=after(hours=1)) for n in range(3)]
    keep(any_store, blinding, *newer)
    found = any_store.alarms(unresolved=True, kinds=["channel_silent"], limit=2)
    assert [one.id for one in found] == ["a1"]


def test_two_who_raise_the_same_at_once_raise_one(any_store: Store) -> None:
    def raise_once(id: str) -> None:
        def step(kept: Sequence[Alarm]) -> AlarmsChanged:
            return AlarmsChanged(alarms=() if kept else [make_alarm(id)])

        any_store.change_alarms(AGENT, after(days=-1), step)

    threads = [threading.Thread(target=raise_once, args=(f"a{number}",)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(any_store.alarms(AGENT)) == 1
