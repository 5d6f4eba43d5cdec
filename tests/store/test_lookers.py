"""Who looks at an escalation: the last look of each counts, and old looks are forgotten."""

from __future__ import annotations

from datetime import timedelta

from handraise.store import Store
from tests.store.records import NOW, after, make_escalation
from tests.store.test_at_once import all_at_once
from tests.store.test_escalations import keep


def test_the_last_look_of_each_person_counts(any_store: Store) -> None:
    one, other = make_escalation(), make_escalation()
    for escalation in (one, other):
        keep(any_store, escalation)
    any_store.note_looker(one.id, "dana", NOW)
    any_store.note_looker(one.id, "marc", after(seconds=30))
    any_store.note_looker(other.id, "ines", after(seconds=30))
    assert any_store.lookers(one.id, NOW) == ["marc", "dana"]
    any_store.note_looker(one.id, "dana", after(seconds=50))
    any_store.note_looker(one.id, "dana", after(seconds=40))  # a beat that came late
    assert any_store.lookers(one.id, NOW) == ["dana", "marc"]
    assert any_store.lookers(one.id, after(seconds=45)) == ["dana"]


def test_looks_of_long_ago_are_forgotten(any_store: Store) -> None:
    escalation = make_escalation()
    keep(any_store, escalation)
    any_store.note_looker(escalation.id, "dana", NOW)
    any_store.note_looker(escalation.id, "marc", after(hours=2))
    assert any_store.lookers(escalation.id, NOW - timedelta(days=1)) == ["marc"]


def test_a_person_in_several_windows_is_one_looker(any_store: Store) -> None:
    escalation = make_escalation()
    keep(any_store, escalation)
    all_at_once(4, lambda hand: any_store.note_looker(escalation.id, "dana", after(seconds=hand)))
    assert any_store.lookers(escalation.id, after(seconds=3)) == ["dana"]
