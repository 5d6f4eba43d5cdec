"""Signs of life: each process has its last, an agent only so many, and the old ones are forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handraise.model import Presence
from handraise.store import Store
from tests.store.records import AGENT, NOW, after
from tests.store.test_at_once import all_at_once


def presence(name: str = "agent", at: datetime = NOW, **fields: Any) -> Presence:
    made = {"agent": AGENT, "name": name, "beat_at": at, "every_s": 60.0, "due_at": at}
    return Presence(**{**made, **fields})


def test_the_last_sign_takes_the_place_of_the_one_before(any_store: Store) -> None:
    assert any_store.presence(AGENT, "agent") is None
    assert any_store.note_presence(presence(), most=9)
    later = presence(at=after(minutes=1), every_s=30.0)
    assert any_store.note_presence(later, most=9)
    assert any_store.presences(AGENT) == [later]
    ended = presence(at=after(minutes=2), due_at=None)
    assert any_store.note_presence(ended, most=9)
    assert any_store.presence(AGENT, "agent") == ended


def test_processes_come_by_name_and_each_agent_has_its_own(any_store: Store) -> None:
    for name in ("two", "one"):
        any_store.note_presence(presence(name), most=9)
    any_store.note_presence(presence("one", agent="another"), most=9)
    assert [one.name for one in any_store.presences(AGENT)] == ["one", "two"]


def test_an_agent_has_only_so_many_processes_however_many_begin_at_once(any_store: Store) -> None:
    kept = all_at_once(6, lambda hand: any_store.note_presence(presence(f"process {hand}"), most=3))
    assert sum(kept) == 3
    assert len(any_store.presences(AGENT)) == 3
    known = any_store.presences(AGENT)[0].name
    assert any_store.note_presence(presence(known, at=after(minutes=1)), most=3)
    assert any_store.note_presence(presence(agent="another"), most=3)


def test_one_that_signed_meanwhile_is_not_forgotten(any_store: Store) -> None:
    any_store.note_presence(presence("old"), most=9)
    any_store.note_presence(presence("back", at=after(minutes=2)), most=9)
    assert any_store.forget_presences(AGENT, ["old", "back"], after(minutes=1)) == 1
    assert [one.name for one in any_store.presences(AGENT)] == ["back"]
