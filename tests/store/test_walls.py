"""Addresses of walls, the messages that were given up on, and how big the store is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import Wall
from handraise.store import Store
from tests.store.records import AGENT, NOW, after, make_message

WALL = Wall(
    id="wall-1",
    label="the lobby",
    secret_hash="ab12",
    agents=(AGENT,),
    made_by="priya",
    made_at=NOW,
)


def test_a_wall_is_found_by_its_secret_until_it_ends(any_store: Store) -> None:
    other = replace(WALL, id="wall-0", secret_hash="cd34", agents=(), made_at=after(minutes=1))
    for wall in (other, WALL):
        any_store.add_wall(wall)
    assert any_store.walls() == [WALL, other]
    assert any_store.live_wall("ab12") == WALL
    assert any_store.live_wall("ef56") is None
    assert any_store.end_wall("wall-1", after(hours=1))
    assert not any_store.end_wall("wall-1", after(hours=2))
    assert not any_store.end_wall("wall-2", NOW)
    assert any_store.live_wall("ab12") is None
    assert any_store.walls()[0].ended_at == after(hours=1)


def test_a_wall_is_never_replaced_by_another(any_store: Store) -> None:
    any_store.add_wall(WALL)
    with pytest.raises(StoreError):
        any_store.add_wall(replace(WALL, secret_hash="cd34"))
    assert any_store.live_wall("ab12") == WALL


def test_what_was_given_up_is_counted_by_contact_and_reason(any_store: Store) -> None:
    made = [
        make_message(id=f"m{number}", contacts=(contact,), created_at=after(minutes=number))
        for number, contact in enumerate(("mailto:a@example.com",) * 2 + ("slack://x",))
    ]
    any_store.add_messages(made)
    for message, error in zip(made, ("no such box", "no such box", "gone"), strict=True):
        any_store.message_failed(message.id, error, next_at=None)
    found = [(one.contacts, one.error, one.count, one.last_at) for one in any_store.given_up(NOW)]
    assert found == [
        (("mailto:a@example.com",), "no such box", 2, after(minutes=1)),
        (("slack://x",), "gone", 1, after(minutes=2)),
    ]
    later = NOW + timedelta(minutes=2)
    assert [one.count for one in any_store.given_up(later)] == [1]


def test_a_store_says_how_much_room_it_takes(any_store: Store) -> None:
    assert any_store.size_bytes() > 50_000
