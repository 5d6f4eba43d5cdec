"""Leases and signs of life."""

from __future__ import annotations

import pytest

from handraise.errors import StoreError
from handraise.store import Store, head_revision
from tests.store.records import NOW, after, make_message


def test_a_lease_has_one_holder_at_a_time(any_store: Store) -> None:
    assert any_store.acquire_lease("worker", "a", NOW, 30)
    assert not any_store.acquire_lease("worker", "b", after(seconds=29), 30)
    assert any_store.acquire_lease("other", "b", NOW, 30)


def test_a_lease_runs_out(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", NOW, 30)
    assert any_store.acquire_lease("worker", "b", after(seconds=30), 30)
    assert not any_store.acquire_lease("worker", "a", after(seconds=31), 30)


def test_a_lease_is_renewed_by_its_holder(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", NOW, 30)
    assert any_store.acquire_lease("worker", "a", after(seconds=20), 30)
    assert not any_store.acquire_lease("worker", "b", after(seconds=40), 30)


def test_a_lease_taken_before_the_clock_was_put_back_has_run_out(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", after(days=1), 30)
    assert any_store.acquire_lease("worker", "b", NOW, 30)
    assert not any_store.acquire_lease("worker", "a", after(seconds=29), 30)


def test_a_lease_of_a_clock_that_is_a_little_ahead_counts(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", after(seconds=30), 30)
    assert not any_store.acquire_lease("worker", "b", NOW, 30)


def test_what_is_told_with_a_lease_is_kept_by_whoever_takes_it(any_store: Store) -> None:
    def take(holder: str, seconds: float) -> bool:
        told = [make_message(id=f"m-{holder}")]
        return any_store.acquire_lease("told", holder, after(seconds=seconds), 30, messages=told)

    assert (take("a", 0), take("b", 29), take("c", 30)) == (True, False, True)
    assert sorted(one.id for one in any_store.messages()) == ["m-a", "m-c"]


def test_a_lease_is_not_taken_when_what_is_told_cannot_be_kept(any_store: Store) -> None:
    any_store.add_messages([make_message(id="m-1")])
    with pytest.raises(StoreError):
        any_store.acquire_lease("told", "a", NOW, 30, messages=[make_message(id="m-1")])
    assert any_store.acquire_lease("told", "b", NOW, 30)


def test_only_its_holder_gives_a_lease_back(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", NOW, 30)
    any_store.release_lease("worker", "b")
    assert not any_store.acquire_lease("worker", "b", NOW, 30)
    any_store.release_lease("worker", "a")
    assert any_store.acquire_lease("worker", "b", NOW, 30)


def test_the_last_sign_of_life_is_kept(any_store: Store) -> None:
    assert any_store.last_heartbeat("worker") is None
    any_store.heartbeat("worker", NOW)
    any_store.heartbeat("worker", after(seconds=5))
    any_store.heartbeat("other", NOW)
    assert any_store.last_heartbeat("worker") == after(seconds=5)


def test_a_healthy_store_answers_and_says_its_revision(any_store: Store) -> None:
    any_store.ping()
    assert any_store.schema_revision() == head_revision()


def test_whether_somebody_is_at_work_is_seen_without_taking_the_lease(any_store: Store) -> None:
    assert not any_store.is_leased("worker", NOW, 30)
    any_store.acquire_lease("worker", "a", NOW, 30)
    assert any_store.is_leased("worker", after(seconds=29), 30)
    assert not any_store.is_leased("other", NOW, 30)
    assert not any_store.is_leased("worker", after(seconds=30), 30)


def test_a_lease_from_before_the_clock_was_put_back_is_nobodys(any_store: Store) -> None:
    any_store.acquire_lease("worker", "a", after(days=1), 30)
    assert not any_store.is_leased("worker", NOW, 30)


def test_the_address_told_last_is_where_the_pages_are(any_store: Store) -> None:
    assert any_store.told_address() is None
    any_store.tell_address("http://127.0.0.1:8791", after(days=1))
    assert any_store.told_address() == "http://127.0.0.1:8791"
    any_store.tell_address("https://handraise.example.com", NOW)
    assert any_store.told_address() == "https://handraise.example.com"
