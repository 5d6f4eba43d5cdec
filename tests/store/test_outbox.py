"""Messages: claimed for a while, sent, tried again, given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from handraise.core.messages import Waiting
from handraise.model import ContactPlan, ContactStep, Escalation, Message
from handraise.store import Store
from tests.store.records import (
    NOW,
    after,
    approval,
    make_escalation,
    make_message,
    make_record,
)


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


def test_what_fails_has_waited_since_it_was_written_however_often_it_is_tried(
    any_store: Store,
) -> None:
    message = make_message(created_at=NOW)
    any_store.add_messages([message])
    any_store.claim_messages(NOW, limit=1, lease_s=60)
    assert any_store.oldest_pending(after(seconds=30)) is None
    any_store.message_failed(message.id, "down", next_at=after(minutes=15))
    assert any_store.oldest_pending(after(minutes=9)) == NOW
    any_store.message_failed(message.id, "down", next_at=None)
    assert any_store.oldest_pending(after(minutes=9)) is None


def test_a_later_step_has_waited_since_its_time(any_store: Store) -> None:
    first = make_message(created_at=NOW)
    step = replace(first, id=f"{first.id}.2", attempts=1, error="down", next_at=after(hours=1))
    any_store.add_messages([step])
    assert any_store.oldest_pending(NOW) == after(hours=1)


def test_an_alarm_is_unheard_while_it_fails_or_is_lost_until_something_goes_out(
    any_store: Store,
) -> None:
    def unheard() -> datetime | None:
        return any_store.unheard_alarm(["priya"], after(minutes=9))

    message = make_message(kind="alarm", to="priya", created_at=NOW, next_at=after(minutes=10))
    others = [
        make_message(kind="sign_in", to="priya", created_at=NOW, error="down"),
        make_message(kind="alarm", to="dana", created_at=NOW, error="down"),
    ]
    any_store.add_messages([message, *others])
    assert unheard() is None
    any_store.message_failed(message.id, "down", next_at=after(minutes=15))
    assert unheard() == after(minutes=15)  # never begun: it is not due before
    any_store.hasten(message.id, after(minutes=8))
    assert unheard() == after(minutes=8)
    any_store.message_failed(message.id, "refused", next_at=None)
    assert unheard() == NOW
    any_store.message_sent(others[0].id, after(minutes=8))
    assert unheard() is None


def worded(group: Sequence[Waiting]) -> Message:
    first = group[0].message
    keys = dict.fromkeys(one.message.bundle or "" for one in group)
    return make_message(
        kind="bundle",
        to=first.to,
        subject=f"{len(group)} together",
        bundle="\n".join(keys),
        only_while=first.only_while,
        created_at=NOW,
    )


def claimed(store: Store, at: datetime = NOW, *, limit: int = 10) -> list[Message]:
    return store.claim_messages(at, limit=limit, lease_s=60, worded=worded)


def kept(store: Store, message: Message) -> Message:
    return next(one for one in store.messages(limit=1_000) if one.id == message.id)


def with_escalation(store: Store, **ask: Any) -> Escalation:
    escalation = make_escalation(ask)
    assert store.create_escalation(make_record(escalation), escalation, [], []) is None
    return escalation


def test_claims_are_made_person_by_person(any_store: Store) -> None:
    first, other, second = (make_message(to=to) for to in ("ines", "dana", "ines"))
    any_store.add_messages([first, other, second])
    assert [one.id for one in claimed(any_store)] == [first.id, second.id]
    assert [one.id for one in claimed(any_store)] == [other.id]
    assert claimed(any_store) == []


def test_the_first_of_a_kind_is_claimed_and_the_others_are_put_off(any_store: Store) -> None:
    messages = [make_message(bundle="k") for _ in range(3)]
    any_store.add_messages(messages)
    [first] = claimed(any_store)
    assert first.id == messages[0].id
    assert [kept(any_store, one).next_at for one in messages[1:]] == [after(minutes=5)] * 2
    any_store.message_sent(first.id, NOW)
    assert claimed(any_store, after(minutes=4)) == []
    [bundle] = claimed(any_store, after(minutes=5))
    assert (bundle.subject, bundle.attempts, bundle.next_at) == ("2 together", 1, after(minutes=6))
    told = any_store.messages(told_in=bundle.id)
    assert {one.id for one in told} == {one.id for one in messages[1:]}
    assert {one.state for one in told} == {"bundled"}
    any_store.message_sent(bundle.id, after(minutes=5))
    assert claimed(any_store, after(days=1)) == []


def test_a_bundle_whose_worker_died_comes_back_whole(any_store: Store) -> None:
    any_store.add_messages([make_message(bundle="k", created_at=after(minutes=-9)) for _ in "ab"])
    [bundle] = claimed(any_store)
    assert claimed(any_store, after(seconds=59)) == []
    [again] = claimed(any_store, after(seconds=60))
    assert (again.id, again.attempts) == (bundle.id, 2)


def test_what_is_on_its_way_counts_as_told(any_store: Store) -> None:
    any_store.add_messages([make_message(bundle="k")])
    assert len(claimed(any_store)) == 1
    later = make_message(bundle="k", created_at=after(seconds=1), next_at=after(seconds=1))
    any_store.add_messages([later])
    assert claimed(any_store, after(seconds=1)) == []
    assert kept(any_store, later).state == "pending"


def test_a_message_whose_ask_has_gone_on_is_dropped(any_store: Store) -> None:
    escalation = with_escalation(any_store, holder="marc")
    message = make_message(escalation, only_while="held")
    any_store.add_messages([message])
    assert claimed(any_store) == []
    assert kept(any_store, message) == replace(message, state="dropped", next_at=None)


def test_a_bundle_is_needed_while_one_of_its_asks_is(any_store: Store) -> None:
    first, second = (with_escalation(any_store) for _ in "ab")
    early = after(minutes=-9)
    any_store.add_messages(
        [make_message(e, bundle="k", only_while="held", created_at=early) for e in (first, second)]
    )
    [bundle] = claimed(any_store)
    any_store.change(first.id, lambda found: (approval(found, "ines"), []))
    [again] = claimed(any_store, after(minutes=2))
    assert again.id == bundle.id


def test_a_bundle_about_nothing_that_is_open_is_dropped(any_store: Store) -> None:
    escalations = [with_escalation(any_store) for _ in "ab"]
    early = after(minutes=-9)
    any_store.add_messages(
        [make_message(one, bundle="k", only_while="held", created_at=early) for one in escalations]
    )
    [bundle] = claimed(any_store)
    for one in escalations:
        any_store.change(one.id, lambda found: (approval(found, "ines"), []))
    assert claimed(any_store, after(minutes=2)) == []
    assert kept(any_store, bundle).state == "dropped"


def test_a_plan_becomes_a_step_for_each_contact(any_store: Store) -> None:
    steps = (ContactStep("mailto:ines@example.com"), ContactStep("sms://1", 600.0))
    any_store.save_contact_plan(ContactPlan(person="ines", urgency="normal", steps=steps, at=NOW))
    escalation = with_escalation(any_store)
    message = make_message(escalation, only_while="held", contacts=("a:", "b:"))
    any_store.add_messages([message])
    [first] = claimed(any_store)
    assert (first.id, first.contacts) == (message.id, ("mailto:ines@example.com",))
    one, two = any_store.steps_of(message.id)
    assert one == first
    assert (two.id, two.contacts, two.next_at) == (
        f"{message.id}.2",
        ("sms://1",),
        after(minutes=10),
    )
    assert any_store.steps_of(two.id) == [one, two]
    any_store.message_failed(first.id, "busy", next_at=after(minutes=2))
    [again] = claimed(any_store, after(minutes=2))
    assert (again.id, again.contacts) == (message.id, first.contacts)
    assert len(any_store.messages()) == 2


def test_a_later_step_can_be_made_due_now(any_store: Store) -> None:
    later = make_message(next_at=after(hours=1))
    any_store.add_messages([later])
    assert any_store.hasten(later.id, NOW)
    assert not any_store.hasten(later.id, NOW)
    assert not any_store.hasten("nobody", NOW)
    assert [one.id for one in claimed(any_store)] == [later.id]


def test_a_claim_can_be_given_back(any_store: Store) -> None:
    messages = [make_message(), make_message()]
    any_store.add_messages(messages)
    first, second = claimed(any_store)
    any_store.message_sent(first.id, NOW)
    any_store.give_back([first.id, second.id], NOW)
    assert kept(any_store, second) == messages[1]
    assert kept(any_store, first).state == "sent"


def test_claims_of_a_clock_that_was_ahead_come_back(any_store: Store) -> None:
    astray, late, fine, step = (make_message() for _ in range(4))
    any_store.add_messages([astray, late, fine, replace(step, next_at=after(days=1))])
    any_store.claim_messages(after(hours=9), limit=9, lease_s=60)
    any_store.message_failed(late.id, "busy", next_at=after(minutes=14))
    any_store.message_failed(fine.id, "busy", next_at=after(hours=5))
    assert any_store.free_claims(NOW, lease_s=60, longest_s=900) == 2
    assert any_store.free_claims(NOW, lease_s=60, longest_s=900) == 0
    assert kept(any_store, astray).next_at == NOW
    assert kept(any_store, late).next_at == after(minutes=14)
    assert kept(any_store, step).next_at == after(days=1)


def test_many_workers_bundle_each_message_once(
    any_store: Store, more_stores: Callable[[], Store]
) -> None:
    messages = [
        make_message(bundle=f"k{n % 3}", to=("ines", "dana")[n % 2], created_at=after(minutes=-9))
        for n in range(60)
    ]
    any_store.add_messages(messages)
    workers = [more_stores() for _ in range(4)]

    def work(worker: Store) -> list[Message]:
        found: list[Message] = []
        while got := claimed(worker, limit=3):
            found += got
        return found

    with ThreadPoolExecutor(4) as pool:
        going = [one for found in pool.map(work, workers) for one in found]
    told = [one for bundle in going for one in any_store.messages(told_in=bundle.id, limit=100)]
    alone = [one.id for one in going if one.kind != "bundle"]
    assert sorted([*alone, *(one.id for one in told)]) == sorted(one.id for one in messages)
    assert len(going) == 6


def test_what_is_put_off_for_one_person_does_not_hold_up_another(any_store: Store) -> None:
    any_store.add_messages([make_message(bundle="k") for _ in range(5)])
    assert len(claimed(any_store)) == 1
    other = make_message(to="dana")
    any_store.add_messages([other])
    assert [one.id for one in claimed(any_store)] == [other.id]


def test_what_is_urgent_or_awaited_is_claimed_first(any_store: Store) -> None:
    early = after(hours=-1)
    old = [make_message(to="ines", created_at=early, next_at=early) for _ in range(4)]
    urgent = make_message(to="dana", urgency="urgent")
    awaited = make_message(to="ines", kind="sign_in")
    any_store.add_messages([*old, urgent, awaited])
    assert [one.id for one in claimed(any_store, limit=2)] == [urgent.id]
    assert [one.id for one in claimed(any_store, limit=2)] == [awaited.id, old[0].id]


def test_nothing_is_claimed_to_whom_is_in_hand(any_store: Store) -> None:
    first, second = make_message(to="ines"), make_message(to="dana")
    any_store.add_messages([first, second])
    [one] = any_store.claim_messages(NOW, limit=9, lease_s=60, never=["ines"])
    assert one.id == second.id
    assert any_store.claim_messages(NOW, limit=9, lease_s=60, never=["ines"]) == []


def test_a_claim_is_renewed_by_whoever_has_it(any_store: Store) -> None:
    any_store.add_messages([make_message()])
    [mine] = claimed(any_store)
    assert any_store.renew_claim(mine, after(seconds=90))
    assert claimed(any_store, after(seconds=60)) == []
    [theirs] = claimed(any_store, after(seconds=90))
    assert not any_store.renew_claim(mine, after(seconds=200))
    any_store.message_sent(theirs.id, after(seconds=91))
    assert not any_store.renew_claim(theirs, after(seconds=200))


def test_a_message_of_a_clock_that_was_ahead_is_due(any_store: Store) -> None:
    ahead, near = after(hours=2), after(seconds=50)
    early = make_message(created_at=ahead, next_at=ahead, bundle="k")
    fine = make_message(created_at=near, next_at=near)
    any_store.add_messages([early, fine])
    assert any_store.free_claims(NOW, lease_s=60, longest_s=900) == 1
    assert any_store.free_claims(NOW, lease_s=60, longest_s=900) == 0
    assert kept(any_store, early) == replace(early, created_at=NOW, next_at=NOW)
    assert kept(any_store, fine) == fine


def test_what_went_out_by_a_clock_that_was_ahead_holds_nothing_back(any_store: Store) -> None:
    sent, fresh = make_message(bundle="k"), make_message(bundle="k")
    any_store.add_messages([sent])
    claimed(any_store)
    any_store.message_sent(sent.id, after(hours=2))
    any_store.add_messages([fresh])
    assert [one.id for one in claimed(any_store)] == [fresh.id]
