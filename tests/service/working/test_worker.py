"""The worker: every cycle does what is due, and one thing that breaks does not stop the others."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from handraise.errors import SchemaError, StoreUnavailableError
from handraise.model import Message, TableVersion
from handraise.service.telling.address import Address
from handraise.service.working.mover import Mover
from handraise.service.working.watching import Watching
from handraise.service.working.worker import LEASE, POST, Worker
from tests.support.databases import raw
from tests.support.story import AGENT, BIG, MONDAY, UNSURE, Story, begun

story = pytest.fixture(begun)


class Broken(Watching):
    """Watching that has a fault."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def raise_stalls(self) -> int:
        self.asked.set()
        raise LookupError("a fault of ours")


class Hanging:
    """A channel that neither takes a message nor refuses it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.ends = threading.Event()
        self.sent = threading.Event()

    def send(self, message: Message, contact: str) -> None:
        self.entered.set()
        assert self.ends.wait(timeout=60)
        self.sent.set()


def worker_of(story: Story, watching: Watching | None = None, **fields: Any) -> Worker:
    """Return another worker on the same operation, as another process has it."""
    operation = story.operation
    parts = (operation.shelf, operation.clock, operation.post, watching or operation.watching)
    mover = Mover(
        operation.store, operation.shelf, operation.clock, Address("https://handraise.example.com")
    )
    return Worker(operation.store, *parts, mover, **fields)


def spoil(story: Story, escalation_id: str) -> None:
    """Let an escalation name a version that nobody can read."""
    raw(
        story.operation.store,
        "UPDATE escalations SET version = 'unreadable' WHERE id = ?",
        escalation_id,
    )


def test_a_cycle_counts_what_it_did_and_leaves_a_sign_of_life(story: Story):
    worker, store = story.operation.worker, story.operation.store
    assert worker.last_cycle is None
    story.gate.decide(**UNSURE)

    assert worker.tick() == 1
    assert worker.last_cycle == store.last_heartbeat(LEASE) == story.clock.now()
    assert worker.tick() == 0
    story.clock.advance(minutes=15)
    assert worker.tick() == 3


def test_a_worker_that_yields_rests_while_another_holds_the_lease(story: Story):
    story.cycle()
    guest = worker_of(story, yields=True)
    story.gate.decide(**UNSURE)
    assert guest.tick() == 0
    assert guest.last_cycle is None

    story.clock.advance(seconds=16)
    assert guest.tick() == 1


def test_a_resting_worker_still_learns_of_new_tables(story: Story, tmp_path: Path):
    story.cycle()
    folder = tmp_path / "agent"
    folder.mkdir()
    url = f"sqlite:///{story.path.with_name('handraise.db')}"
    guest = Story(folder, url=url, secret=story.secret)
    resting = Worker(
        guest.operation.store,
        guest.operation.shelf,
        story.clock,
        guest.operation.post,
        guest.operation.watching,
        guest.operation.mover,
        yields=True,
    )
    story.rewrite(("owner: priya", "owner: ines"))
    assert guest.operation.shelf.newest(AGENT).owner == "priya"

    assert resting.tick() == 0

    assert guest.operation.shelf.newest(AGENT).owner == "ines"
    guest.close()


def test_an_escalation_that_cannot_be_moved_does_not_hold_up_the_others(story: Story):
    broken = story.decide(case="1")
    sound = story.decide(case="2")
    story.expect(("dana", "asked"), ("dana", "asked"))
    spoil(story, broken.escalation_id or "")
    story.clock.advance(minutes=15)

    for _ in range(3):
        story.cycle()

    assert story.see(sound).asks[0].holder == "marc"
    alarms = [message for message in story.sender.sent if message.kind == "alarm"]
    assert [(one.to, one.escalation_id) for one in alarms] == [("priya", broken.escalation_id)]
    assert "could not be acted upon" in alarms[0].body


def test_an_escalation_that_can_be_moved_again_is_moved(story: Story):
    verdict = story.decide()
    version = story.see(verdict).version
    spoil(story, verdict.escalation_id or "")
    story.clock.advance(minutes=15)
    story.cycle()
    assert story.see(verdict).asks[0].holder == "dana"

    raw(story.operation.store, "UPDATE escalations SET version = ?", version)
    story.cycle()

    assert story.see(verdict).asks[0].holder == "marc"


def test_more_broken_escalations_than_a_batch_do_not_hide_the_sound_one(story: Story):
    for number in range(3):
        verdict = story.decide(case=str(number))
        spoil(story, verdict.escalation_id or "")
    worker = worker_of(story, batch=2)
    story.clock.advance(minutes=1)
    sound = story.decide(case="sound")
    story.clock.advance(minutes=15)

    for _ in range(3):
        worker.tick()

    assert story.see(sound).asks[0].holder == "marc"


def test_a_table_of_a_newer_release_does_not_stop_the_cycle_but_is_said(story: Story):
    verdict = story.decide()
    story.operation.store.register_table(
        TableVersion(
            agent="other-agent",
            version="of tomorrow",
            source="other.yaml",
            text="handraise: 2",
            registered_at=story.clock.now(),
        )
    )
    before = story.operation.worker.last_cycle
    story.clock.advance(minutes=15)

    with pytest.raises(SchemaError, match="cannot be read by this release"):
        story.cycle()

    assert story.see(verdict).asks[0].holder == "marc"
    assert story.operation.worker.last_cycle == before


def test_a_step_that_breaks_does_not_keep_messages_back(story: Story):
    story.gate.decide(**UNSURE)

    with pytest.raises(LookupError):
        worker_of(story, Broken()).tick()

    story.expect(("dana", "asked"))
    assert story.operation.store.last_heartbeat(LEASE) is None


def test_a_store_that_cannot_be_reached_fails_the_cycle(story: Story):
    story.decide()
    story.clock.advance(minutes=15)
    story.path.with_name("handraise.db").unlink()
    story.operation.store.close()

    with pytest.raises(StoreUnavailableError):
        story.cycle()


def test_an_unowned_agents_asks_wait_until_its_table_can_be_read(story: Story):
    verdict = story.decide(BIG)
    raw(story.operation.store, "UPDATE escalations SET agent = 'gone'")
    story.clock.advance(minutes=2)

    story.cycle()

    assert story.see(verdict).asks[0].holder == "ines"


def test_the_thread_runs_cycles_until_it_is_stopped(story: Story):
    worker, store = story.operation.worker, story.operation.store
    story.gate.decide(**UNSURE)
    worker.start()
    worker.start()
    assert story.sender.arrived.wait(timeout=60)
    worker.stop()

    story.expect(("dana", "asked"))
    assert store.acquire_lease(LEASE, "another", story.clock.now(), 15.0)
    worker.stop()


def test_a_cycle_that_fails_does_not_end_the_loop(story: Story):
    broken = Broken()
    worker = worker_of(story, broken)
    story.gate.decide(**UNSURE)
    worker.start()
    for _ in range(3):
        assert broken.asked.wait(timeout=60)
        broken.asked.clear()
        worker.wake()
    worker.stop()

    story.expect(("dana", "asked"))
    assert story.operation.store.last_heartbeat(LEASE) is None
    assert story.operation.store.last_heartbeat(POST) == story.clock.now()


def test_the_loop_outlives_a_store_that_is_gone(story: Story):
    story.path.with_name("handraise.db").unlink()
    story.operation.store.close()

    story.operation.worker.start()
    story.operation.worker.stop()

    assert story.operation.worker.last_cycle is None


def test_a_channel_that_hangs_does_not_stop_the_timers(tmp_path: Path):
    hanging = Hanging()
    story = Story(tmp_path, sender=hanging)
    worker, store = story.operation.worker, story.operation.store
    verdict = story.gate.decide(**UNSURE)
    worker.start()
    assert hanging.entered.wait(timeout=60)
    assert story.see(verdict).asks[0].holder == "dana"

    story.clock.advance(minutes=15)
    seen = story.clock.now()
    worker.wake()
    worker.stop(patience_s=0.01)

    assert story.see(verdict).asks[0].holder == "marc"
    assert store.last_heartbeat(LEASE) == seen
    hanging.ends.set()
    assert hanging.sent.wait(timeout=60)
    story.close()


def test_a_woken_worker_delivers_at_once_and_one_that_rests_is_left_alone(story: Story):
    story.operation.worker.wake()
    guest = worker_of(story, yields=True)
    story.cycle()
    story.gate.decide(**UNSURE)
    guest.start()
    guest.wake()
    guest.stop()

    story.quiet()


def test_delivery_gives_a_sign_of_life_now_and_then(story: Story):
    worker, store = story.operation.worker, story.operation.store
    start = story.clock.now()
    worker.tick()
    story.clock.advance(seconds=4)
    worker.tick()
    assert store.last_heartbeat(POST) == start
    story.clock.advance(seconds=1)
    worker.tick()
    assert store.last_heartbeat(POST) == story.clock.now()
    assert store.last_heartbeat(LEASE) == story.clock.now()


def test_delivery_that_fails_is_no_fault_of_the_timers(story: Story):
    story.gate.decide(**UNSURE)
    raw(story.operation.store, "ALTER TABLE outbox RENAME COLUMN error TO mistake")

    with pytest.raises(SchemaError):
        story.cycle()

    assert story.operation.store.last_heartbeat(LEASE) == story.clock.now()
    raw(story.operation.store, "ALTER TABLE outbox RENAME COLUMN mistake TO error")


def test_people_who_left_are_looked_for_although_the_clock_was_put_back(story: Story):
    story.clock.advance(days=1)
    story.cycle()
    story.clock.set(MONDAY)
    verdict = story.gate.decide(**UNSURE)
    raw(story.operation.store, "UPDATE asks SET holder = 'gone'")

    story.cycle()

    assert story.see(verdict).asks[0].holder == "marc"


class HangingFor:
    """A channel that hangs for one person only."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.hangs = Hanging()
        self.arrived = threading.Event()

    def send(self, message: Message, contact: str) -> None:
        if message.to == self.person:
            self.hangs.send(message, contact)
        else:
            self.arrived.set()


def test_a_channel_that_hangs_holds_up_its_own_person_only(tmp_path: Path):
    sender = HangingFor("dana")
    story = Story(tmp_path, sender=sender)
    worker = story.operation.worker
    for number in range(6):
        story.gate.decide(**{**UNSURE, "case": str(number)})
    worker.start()
    assert sender.hangs.entered.wait(timeout=60)

    story.gate.decide(**BIG)
    assert sender.arrived.wait(timeout=60)

    worker.stop(patience_s=0.01)
    sender.hangs.ends.set()
    assert sender.hangs.sent.wait(timeout=60)
    story.close()
