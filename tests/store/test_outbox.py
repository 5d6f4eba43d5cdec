"""Messages: claimed for a while, sent, tried again, given up."""

from __future__ import annotations

from msgspec.structs import replace

from handraise.store import Store
from tests.store.records import NOW, after, make_message


def test_a_due_message_is_claimed_once(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    [claimed] = any_store.claim_messages(NOW, limit=10, lease_s=60)
    assert claimed == replace(message, attempts=1, next_at=after(seconds=60))
    assert any_store.claim_messages(NOW, limit=10, lease_s=60) == []


def test_a_message_whose_worker_died_comes_back(any_store: Store) -> None:
    any_store.add_messages([make_message()])
    any_store.claim_messages(NOW, limit=10, lease_s=60)
    assert any_store.claim_messages(after(seconds=59), limit=10, lease_s=60) == []
    [again] = any_store.claim_messages(after(seconds=60), limit=10, lease_s=60)
    assert again.attempts == 2


def test_the_longest_due_are_claimed_first(any_store: Store) -> None:
    late, later, future = [make_message(next_at=after(seconds=s)) for s in (20, 10, 99)]
    any_store.add_messages([late, later, future])
    assert any_store.claim_messages(NOW, limit=10, lease_s=60) == []
    claimed = any_store.claim_messages(after(seconds=30), limit=10, lease_s=60)
    assert [message.id for message in claimed] == [later.id, late.id]


def test_no_more_are_claimed_than_asked_for(any_store: Store) -> None:
    any_store.add_messages([make_message() for _ in range(5)])
    assert len(any_store.claim_messages(NOW, limit=3, lease_s=60)) == 3
    assert len(any_store.claim_messages(NOW, limit=3, lease_s=60)) == 2


def test_a_sent_message_is_never_claimed_again(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    any_store.claim_messages(NOW, limit=1, lease_s=60)
    any_store.message_sent(message.id, after(seconds=2))
    assert any_store.claim_messages(after(days=1), limit=1, lease_s=60) == []
    assert any_store.messages() == [
        replace(message, attempts=1, state="sent", sent_at=after(seconds=2), next_at=None)
    ]


def test_a_failed_attempt_is_tried_again_later(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    any_store.claim_messages(NOW, limit=1, lease_s=60)
    any_store.message_failed(message.id, "server busy", next_at=after(minutes=5))
    assert any_store.claim_messages(after(minutes=4), limit=1, lease_s=60) == []
    [again] = any_store.claim_messages(after(minutes=5), limit=1, lease_s=60)
    assert (again.attempts, again.error, again.state) == (2, "server busy", "pending")


def test_a_message_given_up_is_failed(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    any_store.message_failed(message.id, "no such address", next_at=None)
    assert any_store.claim_messages(after(days=1), limit=1, lease_s=60) == []
    [kept] = any_store.messages(state="failed")
    assert kept == replace(message, state="failed", error="no such address", next_at=None)


def test_a_late_word_does_not_undo_a_sent_message(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    any_store.message_sent(message.id, NOW)
    any_store.message_failed(message.id, "slow worker", next_at=after(minutes=5))
    any_store.message_sent(message.id, after(minutes=1))
    assert any_store.messages() == [replace(message, state="sent", sent_at=NOW, next_at=None)]


def test_a_message_added_twice_is_kept_once(any_store: Store) -> None:
    message = make_message()
    any_store.add_messages([message])
    any_store.message_sent(message.id, NOW)
    any_store.add_messages([message, make_message()])
    assert len(any_store.messages(state="sent")) == 1
    assert len(any_store.messages(state="pending")) == 1


def test_no_messages_are_nothing(any_store: Store) -> None:
    any_store.add_messages([])
    assert any_store.messages() == []


def test_messages_are_listed_newest_first_by_state_and_person(any_store: Store) -> None:
    first, second, third = (make_message(to=to) for to in ("ines", "dana", "ines"))
    any_store.add_messages([first, second, third])
    any_store.message_sent(first.id, NOW)
    assert any_store.messages(to="ines")[0] == third
    assert any_store.messages(state="pending") == [third, second]
    assert any_store.messages(limit=1) == [third]


def test_the_age_of_the_backlog_is_known(any_store: Store) -> None:
    assert any_store.oldest_pending(NOW) is None
    message = make_message(next_at=after(minutes=1))
    any_store.add_messages([message, make_message(next_at=after(minutes=2))])
    assert any_store.oldest_pending(NOW) is None
    assert any_store.oldest_pending(after(minutes=9)) == after(minutes=1)
    any_store.message_sent(message.id, after(minutes=9))
    assert any_store.oldest_pending(after(minutes=9)) == after(minutes=2)
