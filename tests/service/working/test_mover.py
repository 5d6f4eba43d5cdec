"""What time brings is moved many at a time, and one that breaks stays alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from handraise.errors import StoreUnavailableError
from handraise.service.telling.address import Address
from handraise.service.working.mover import Mover
from handraise.store import Store
from tests.support.databases import any_url, postgres, raw, sqlite_url
from tests.support.story import TABLE, Story

__all__ = ["any_url", "postgres", "sqlite_url"]

BUSY = TABLE.replace('"mailto:marc@example.com"', '"mailto:marc@example.com", capacity: 2 open')


class RecordingStore:
    """Stands before a store; keeps which escalations were to be moved together."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.together: list[set[str]] = []
        self.is_gone = False

    def change_many(self, ids: Sequence[str], step: Callable[..., Any]) -> int:
        """Keep the ids, and go on."""
        self.together.append(set(ids))
        if self.is_gone:
            raise StoreUnavailableError("the database is gone")
        return self._store.change_many(ids, step)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def tell(any_url: str, tmp_path: Path) -> Iterator[Callable[[str], Story]]:
    """Return what opens a story over a table."""
    stories: list[Story] = []

    def begin(table: str = TABLE) -> Story:
        stories.append(Story(tmp_path, table, url=any_url))
        return stories[-1]

    yield begin
    for story in stories:
        story.operation.close()


def mover_of(story: Story) -> tuple[Mover, RecordingStore]:
    operation = story.operation
    store: Any = RecordingStore(operation.store)
    return Mover(
        store, operation.shelf, operation.clock, Address("https://handraise.example.com")
    ), store


def due(story: Story, many: int) -> list[str]:
    """Return so many escalations that dana did not acknowledge in time."""
    verdicts = [story.gate.decide(**unsure(number)) for number in range(many)]
    story.clock.advance(minutes=15)
    return [verdict.escalation_id or "" for verdict in verdicts]


def unsure(number: int) -> dict[str, Any]:
    given = {"type": "refund_request", "action": "refund", "proposal": {"refund": 40}}
    return {**given, "confidence": 0.5, "case": f"ticket-{number}"}


def holders(story: Story) -> Counter[str]:
    return Counter(line.ask.holder for line in story.operation.store.asks(state="open"))


def spoil(story: Story, id: str, version: str = "unreadable") -> None:
    raw(story.operation.store, "UPDATE escalations SET version = ? WHERE id = ?", version, id)


def alarms(story: Story) -> list[tuple[str, str | None]]:
    found = story.operation.store.messages()
    return [(one.to, one.escalation_id) for one in found if one.kind == "alarm"]


def test_what_is_due_moves_in_one_transaction(tell: Callable[..., Story]) -> None:
    story = tell()
    ids = due(story, 5)
    mover, store = mover_of(story)
    assert mover.move(ids) == 5
    assert holders(story) == {"marc": 5}
    assert store.together == [set(ids)]
    assert mover.move(ids) == 0


def test_unknown_ones_are_passed_over(tell: Callable[..., Story]) -> None:
    story = tell()
    ids = due(story, 1)
    mover, _ = mover_of(story)
    assert mover.move(["nothing", *ids]) == 1
    assert mover.move(["nothing"]) == 0
    assert mover.move([]) == 0
    assert mover.stuck == set()


def test_one_that_breaks_does_not_stop_the_others_and_the_owner_is_told_once(
    tell: Callable[..., Story],
) -> None:
    story = tell()
    ids = due(story, 4)
    spoil(story, ids[2])
    mover, _ = mover_of(story)

    assert mover.move(ids) == 3
    assert mover.move([ids[2]]) == 0
    assert mover.move([ids[2]]) == 0

    assert holders(story) == {"marc": 3, "dana": 1}
    assert alarms(story) == [("priya", ids[2])]


def test_what_is_stuck_is_tried_alone(tell: Callable[..., Story]) -> None:
    story = tell()
    version = story.operation.shelf.newest("support-agent").version
    broken, *sound = due(story, 4)
    spoil(story, broken)
    mover, store = mover_of(story)
    mover.move([broken, sound[0]])
    assert mover.stuck == {broken}

    assert mover.move([broken, *sound[1:]]) == 2
    assert store.together == [{broken, sound[0]}, set(sound[1:])]

    spoil(story, broken, version)
    assert mover.move([broken]) == 1
    assert mover.stuck == set()
    assert holders(story) == {"marc": 4}


def test_a_store_that_is_gone_is_no_fault_of_the_escalations(tell: Callable[..., Story]) -> None:
    story = tell()
    ids = due(story, 2)
    mover, store = mover_of(story)
    store.is_gone = True
    with pytest.raises(StoreUnavailableError):
        mover.move(ids)
    assert (mover.stuck, alarms(story)) == (set(), [])

    store.is_gone = False
    assert mover.move(ids) == 2


def test_what_one_batch_gives_a_person_counts_at_once(tell: Callable[..., Story]) -> None:
    story = tell(BUSY)
    ids = due(story, 5)
    mover, _ = mover_of(story)
    assert mover.move(ids) == 5
    assert holders(story) == {"marc": 2, "priya": 3}


def test_room_that_one_batch_makes_is_used_by_the_rest_of_it(tell: Callable[..., Story]) -> None:
    story = tell(BUSY)
    full = due(story, 2)
    mover, _ = mover_of(story)
    mover.move(full)
    assert holders(story) == {"marc": 2}
    later = [story.gate.decide(**unsure(number)).escalation_id or "" for number in (7, 8)]
    story.clock.advance(minutes=15)

    # Oldest first: marc has let two go when those of dana come to him.
    assert mover.move([*full, *later]) == 4
    assert holders(story) == {"priya": 2, "marc": 2}


def test_two_workers_at_once_move_each_once(tell: Callable[..., Story]) -> None:
    story = tell()
    ids = due(story, 30)
    movers = [mover_of(story)[0] for _ in range(2)]
    barrier = threading.Barrier(2)

    def move(hand: int) -> int:
        own = ids if hand == 0 else ids[::-1]
        barrier.wait(timeout=30)
        return sum(movers[hand].move(own[start : start + 10]) for start in (0, 10, 20))

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(move, range(2)))

    assert sum(counts) == 30
    assert holders(story) == {"marc": 30}
    told = Counter(
        one.to for one in story.operation.store.messages(limit=500) if "No longer" in one.subject
    )
    assert told == {"dana": 30}
    events = [event.kind for id in ids for event in story.operation.store.events(id)]
    assert Counter(events)["advanced"] == 30


def test_whoever_is_gone_has_nothing_left(tell: Callable[..., Story]) -> None:
    story = tell()
    for number in range(3):
        story.gate.decide(**unsure(number))
    mover, _ = mover_of(story)
    assert mover.move_from("dana") == 0

    story.rewrite(
        ("people: [dana, marc]", "people: [marc]"),
        ('  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}\n', ""),
    )
    assert mover.move_what_was_left() == (3, True)
    assert holders(story) == {"marc": 3}
