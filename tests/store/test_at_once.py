"""Many hands at once: one wins, the others are told, nothing is done twice."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import pytest
from sqlalchemy import select

from handraise.errors import AlreadyAnsweredError, StoreUnavailableError
from handraise.store import Store, describe, migrate, open_store
from handraise.store.journal import append
from handraise.store.schema import events
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
    make_work,
)

Result = TypeVar("Result")
SPAWN = multiprocessing.get_context("spawn")


def all_at_once(hands: int, act: Callable[[int], Result]) -> list[Result]:
    """Return what `act` returned to each of so many threads that start together."""
    barrier = threading.Barrier(hands)

    def run(hand: int) -> Result:
        barrier.wait(timeout=30)
        return act(hand)

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(run, range(hands)))


def test_of_twenty_answers_at_once_the_first_wins(any_store: Store) -> None:
    escalation = make_escalation()
    any_store.create_escalation(make_record(escalation), escalation, [], [])

    def answer(hand: int) -> str:
        try:
            any_store.change(escalation.id, lambda found: (approval(found, f"person-{hand}"), []))
        except AlreadyAnsweredError as error:
            return error.message
        return "won"

    said = Counter(all_at_once(20, answer))
    ended = any_store.escalation(escalation.id)
    assert ended is not None
    assert said == {"won": 1, f"{ended.resolved_by} was faster": 19}
    assert len(any_store.events(escalation.id)) == 1


def answer_in_process(url: str, escalation_id: str, person: str) -> bool:
    store = open_store(url)
    try:
        store.change(escalation_id, lambda found: (approval(found, person), []))
    except AlreadyAnsweredError:
        return False
    finally:
        store.close()
    return True


def test_of_several_processes_that_answer_the_first_wins(any_store: Store, any_url: str) -> None:
    escalations = [make_escalation() for _ in range(10)]
    for escalation in escalations:
        any_store.create_escalation(make_record(escalation), escalation, [], [])
    with ProcessPoolExecutor(4, mp_context=SPAWN) as pool:
        tries = [
            (
                escalation.id,
                pool.submit(answer_in_process, any_url, escalation.id, f"person-{hand}"),
            )
            for escalation in escalations
            for hand in range(4)
        ]
        won = Counter(escalation_id for escalation_id, future in tries if future.result(timeout=60))
    assert won == {escalation.id: 1 for escalation in escalations}


def test_an_answer_and_a_deadline_at_once_both_see_the_truth(any_store: Store) -> None:
    escalation = make_escalation()
    any_store.create_escalation(make_record(escalation), escalation, [], [])

    def act(hand: int) -> None:
        if hand % 2:
            any_store.change(
                escalation.id,
                lambda found: (
                    None
                    if found.state != "open"
                    else (advance(found, f"person-{hand}", after(minutes=hand)), [])
                ),
            )
        else:
            any_store.change(
                escalation.id,
                lambda found: None if found.state != "open" else (approval(found, "ines"), []),
            )

    all_at_once(8, act)
    ended = any_store.escalation(escalation.id)
    assert ended is not None
    assert ended.outcome == "approved"
    kinds = [event.kind for event in any_store.events(escalation.id)]
    assert kinds[-1] == "resolved"
    assert len(ended.asks[0].tried) == len(kinds)


def test_one_key_at_once_makes_one_escalation(any_store: Store) -> None:
    def create(hand: int) -> str | None:
        escalation = make_escalation(key="k", digest=f"digest-{hand}")
        known = any_store.create_escalation(
            make_record(escalation),
            escalation,
            [make_event(escalation)],
            [make_message(escalation)],
        )
        return None if known is None else known.digest

    digests = all_at_once(8, create)
    [kept] = any_store.escalations()
    assert Counter(digests) == {None: 1, kept.digest: 7}
    assert len(any_store.messages()) == 1


def test_groups_with_the_same_keys_at_once_do_not_lock_each_other_out(any_store: Store) -> None:
    def record(hand: int) -> int:
        keys = [f"key-{n}" for n in range(50)]
        group = [make_record(key=key, digest=f"digest-{hand}") for key in keys[:: (-1) ** hand]]
        return len(any_store.record_decisions(group))

    assert sum(all_at_once(6, record)) == 5 * 50
    assert any_store.counts(AGENT, now=NOW).decided == 50


def test_two_workers_never_claim_the_same_message(
    any_store: Store, more_stores: Callable[[], Store]
) -> None:
    messages = [make_message() for _ in range(60)]
    any_store.add_messages(messages)
    workers = [more_stores() for _ in range(4)]

    def work(hand: int) -> list[str]:
        claimed: list[str] = []
        while found := workers[hand].claim_messages(NOW, limit=7, lease_s=60):
            claimed += [message.id for message in found]
        return claimed

    claimed = [message_id for ids in all_at_once(4, work) for message_id in ids]
    assert sorted(claimed) == sorted(message.id for message in messages)


def test_one_of_many_gets_the_lease(any_store: Store) -> None:
    got = all_at_once(8, lambda hand: any_store.acquire_lease("worker", f"{hand}", NOW, 30))
    assert sum(got) == 1


def test_one_of_many_uses_the_token(any_store: Store) -> None:
    any_store.add_sign_in_token("hash", "dana", after(minutes=15), "/", created_at=NOW)
    used = all_at_once(8, lambda _hand: any_store.use_sign_in_token("hash", NOW))
    assert Counter(used) == {("dana", "/"): 1, None: 7}


def test_one_of_many_stalls_the_work(any_store: Store) -> None:
    work = make_work()
    any_store.start_work(work)

    def stall(_hand: int) -> bool:
        escalation = make_escalation()
        return any_store.stall_work(
            work.id, after(minutes=11), make_record(escalation), escalation, [], []
        )

    assert sum(all_at_once(6, stall)) == 1
    assert len(any_store.escalations()) == 1


def open_in_process(url: str) -> str:
    store = open_store(url, migrate=True)
    store.heartbeat("worker", NOW)
    store.close()
    return store.place.engine


def test_many_processes_may_migrate_at_once(empty_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=SPAWN) as pool:
        opened = [pool.submit(open_in_process, empty_url) for _ in range(8)]
        assert len([future.result(timeout=60) for future in opened]) == 8
    assert describe(empty_url)["rows"]["heartbeats"] == 1


def test_many_threads_may_migrate_at_once(empty_url: str) -> None:
    all_at_once(8, lambda _hand: migrate(empty_url))
    assert describe(empty_url)["revision"] == describe(empty_url)["head"]


def heartbeat_in_child(store: Store, at: datetime, answers: multiprocessing.Queue[str]) -> None:
    try:
        store.heartbeat("worker", at)
    except StoreUnavailableError as error:
        answers.put(error.message)
    store.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_is_refused_the_parents_store(any_store: Store) -> None:
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    child = fork.Process(target=heartbeat_in_child, args=(any_store, NOW, answers))
    child.start()
    assert "forked" in answers.get(timeout=30)
    child.join(timeout=30)
    any_store.heartbeat("worker", NOW)
    assert any_store.last_heartbeat("worker") == NOW


def test_no_event_is_seen_before_one_with_a_smaller_number(any_url: str) -> None:
    """A live page looks behind the newest number it knows: what came late with less, it would miss."""
    first, second = open_store(any_url), open_store(any_url)
    escalation = make_escalation()
    first.create_escalation(make_record(escalation), escalation, [], [])
    known = first.latest_event_seq()
    early, late = (make_event(escalation, who=who) for who in ("ines", "marc"))
    with ThreadPoolExecutor(1) as pool:
        with first.write() as connection:
            append(connection, [early])
            waits = pool.submit(second.add_event, late)
            if first.place.engine == "postgresql":
                while not _somebody_waits(first):
                    assert not waits.done()
            assert not waits.done(), "its number is given when the one before it is there"
            assert first.concerned_since(known).seq == known
        waits.result(timeout=30)
    seen = first.concerned_since(known)
    assert seen.people >= {"ines", "marc"}
    with first.read() as connection:
        numbers = connection.execute(
            select(events.c.seq, events.c.who).where(events.c.seq > known).order_by(events.c.seq)
        )
        assert list(numbers) == [(known + 1, "ines"), (known + 2, "marc")]
    assert seen.seq == known + 2
    first.close()
    second.close()


def _somebody_waits(store: Store) -> bool:
    asked = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    with store.read() as connection:
        return connection.exec_driver_sql(asked).scalar_one() > 0
