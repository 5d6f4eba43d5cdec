"""Many workers at once: nobody is mailed twice for the same thing, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from handraise.clock import ManualClock
from handraise.core.table.read import read
from handraise.service.people.roster import Roster
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.store import Store
from tests.support.databases import any_store, any_url, migrated_file, more_stores, postgres
from tests.support.databases import sqlite_url as sqlite_url
from tests.support.operation import SECRET
from tests.support.story import MONDAY, TABLE

__all__ = ["any_store", "any_url", "migrated_file", "more_stores", "postgres"]

HANDS = 6


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def rosters(any_store: Store, more_stores: Callable[[], Store], clock: ManualClock) -> list[Roster]:
    """As many workers have, each with a store and a shelf of its own."""
    reading = read(TABLE, "handraise.yaml")
    assert reading.table is not None
    Shelf(any_store, clock).register(reading.table, reading, "handraise.yaml")

    def another() -> Roster:
        store = more_stores()
        return Roster(
            store, Shelf(store, clock), clock, Signer(SECRET), Address("https://example.com")
        )

    return [another() for _ in range(HANDS)]


def tick_at_once(rosters: list[Roster]) -> int:
    """Return how many messages all of them made together."""
    barrier = threading.Barrier(len(rosters))

    def tick(roster: Roster) -> int:
        barrier.wait(timeout=30)
        return roster.tick()

    with ThreadPoolExecutor(len(rosters)) as pool:
        return sum(pool.map(tick, rosters))


def test_workers_that_look_at_once_ask_each_person_once(
    any_store: Store, rosters: list[Roster], clock: ManualClock
) -> None:
    def told() -> Counter[tuple[str, str]]:
        return Counter((one.kind, one.to) for one in any_store.messages(limit=1_000))

    everybody = {("verify", id): 1 for id in ("dana", "ines", "marc", "priya")}
    assert tick_at_once(rosters) == 4
    assert told() == everybody

    clock.advance(days=1)
    assert tick_at_once(rosters) == 1
    assert told() == {**everybody, ("alarm", "priya"): 1}

    for contact in any_store.contact_records():
        assert any_store.verify_contact(contact.code_hash or "", clock.now(), since=MONDAY)
    changed = read(TABLE.replace("decide_within: 4h", "decide_within: 2h"), "handraise.yaml")
    assert changed.table is not None
    Shelf(any_store, clock).register(changed.table, changed, "handraise.yaml")
    for roster in rosters:
        roster._shelf.refresh()
    assert tick_at_once(rosters) == 2
    assert told() == {
        **everybody,
        ("alarm", "priya"): 1,
        ("duty", "dana"): 1,
        ("duty", "marc"): 1,
    }
