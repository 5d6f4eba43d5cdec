"""The watch: who looks when, what a watcher that breaks costs, and who is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.core.monitor.signals import PROBLEMS
from handraise.errors import AccessError, InputError, NotFoundError, StoreUnavailableError
from handraise.model import ChainedEvent, Message
from handraise.service.watch.watch import BROKEN, WATCH, Watch
from handraise.service.watch.watcher import Watcher
from tests.support.story import AGENT, Story, begun
from tests.support.watched import LITTLE, OF_DANA, SLOW, FakeWatcher

MINUTE = timedelta(minutes=1)


@pytest.fixture
def story(tmp_path: Path, migrated_file: Path) -> Iterator[Story]:
    yield from begun(tmp_path, migrated_file)


def watched_by(story: Story, *watchers: Watcher) -> Watch:
    """Let these watchers watch the story's operation instead of its own, and return the watch."""
    operation = story.operation
    operation.watch.watchers = watchers
    return operation.watch


def look(story: Story, minutes: int = 1) -> None:
    """Let minutes pass with a look in each."""
    for _ in range(minutes):
        story.clock.advance(minutes=1)
        story.operation.watch.look()


def told(story: Story) -> Sequence[Message]:
    """Return what the watch told people, oldest first."""
    messages = story.operation.store.messages(limit=1_000)
    return sorted((one for one in messages if one.kind == "alarm"), key=lambda one: one.id)


def happened(story: Story) -> Sequence[ChainedEvent]:
    """Return what happened, oldest first."""
    return story.operation.store.show_events(limit=1_000)


def test_no_kind_of_signal_is_two_watchers(story: Story) -> None:
    kinds = [kind for one in story.operation.watch.watchers for kind in one.kinds]
    assert len(kinds) == len(set(kinds))
    assert {*kinds, BROKEN} <= set(PROBLEMS)


def test_each_watcher_looks_at_its_own_pace(story: Story) -> None:
    often, seldom = FakeWatcher(LITTLE), FakeWatcher(SLOW, every=5 * MINUTE)
    watched_by(story, often, seldom)
    look(story, 10)
    assert (len(often.looks), len(seldom.looks)) == (10, 2)


def test_an_agent_that_is_not_live_is_not_watched(tmp_path: Path) -> None:
    story = Story(tmp_path, ready=False)
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    look(story, 3)
    assert watcher.looks == []
    assert not story.operation.pictures.of(AGENT, "priya").is_live


def test_what_is_open_of_an_agent_that_is_withdrawn_is_not_looked_at(story: Story) -> None:
    watched_by(story, FakeWatcher(LITTLE))
    look(story)
    story.operation.watch.is_live = lambda _agent: False
    look(story, 70)
    (alarm,) = story.operation.store.alarms(AGENT)
    assert (alarm.state, alarm.unseen) == ("resolved", "no table of it is in force any more")
    *_, message = told(story)
    assert message.subject.startswith("support-agent: 1 alarm no longer looked at: Row confidence")
    assert "because no table of it is in force any more." in message.body
    assert "It was over" not in message.body
    assert [one.kind for one in happened(story)][-1] == "alarm_unseen"


def test_the_owner_is_told_everything_of_a_look_in_one_message(story: Story) -> None:
    watched_by(story, FakeWatcher(SLOW), FakeWatcher(LITTLE))
    look(story)
    (message,) = told(story)
    assert message.to == "priya"
    assert message.subject == (
        "support-agent: 2 alarms: Row confidence.1 stops 3.1 % (2.2-4.3 %) instead of 11.9 %"
    )
    oversight, people = message.body.index("Oversight:"), message.body.index("People:")
    assert oversight < people
    assert "type refund_request: 12 instead of 61 of 400" in message.body
    assert "https://handraise.example.com/watch?agent=support-agent" in message.body


def test_what_is_about_a_person_goes_to_them_and_the_owner(story: Story) -> None:
    watched_by(story, FakeWatcher(OF_DANA, LITTLE))
    look(story)
    assert {one.to for one in told(story)} == {"priya", "dana"}
    (to_dana,) = [one for one in told(story) if one.to == "dana"]
    assert "Row confidence.1" not in to_dana.body
    assert "31 of 40 approvals" in to_dana.body
    assert "You and the owner see this, nobody else." in to_dana.body


def test_what_is_urgent_is_never_held_back(story: Story) -> None:
    watched_by(story, FakeWatcher(replace(LITTLE, urgent=True)))
    look(story)
    assert [one.urgency for one in told(story)] == ["urgent"]


def test_what_is_over_is_told_once(story: Story) -> None:
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    look(story)
    watcher.found = ()
    look(story, 130)
    _, over = told(story)
    assert over.subject.startswith("support-agent: 1 alarm over: Row confidence.1")
    assert "It was over on Mon 23 Nov, 10:03 (UTC)." in over.body


def test_a_watcher_that_breaks_resolves_nothing_and_holds_up_no_other(story: Story) -> None:
    breaking, sound = FakeWatcher(LITTLE), FakeWatcher(SLOW)
    watched_by(story, breaking, sound)
    look(story)
    breaking.raises = lambda: ZeroDivisionError("of its own")
    look(story, 4)
    alarms = {one.kind: one.state for one in story.operation.store.alarms(AGENT)}
    assert alarms == {"too_little": "open", "late": "open"}
    assert len(sound.looks) == 5


def test_a_watcher_that_keeps_breaking_is_an_alarm_until_it_looks_again(story: Story) -> None:
    breaking = FakeWatcher(kinds=["too_little"], raises=lambda: ZeroDivisionError("of its own"))
    watched_by(story, breaking, FakeWatcher(kinds=["late"]))
    look(story, 5)
    assert story.operation.store.alarms(AGENT) == []
    look(story)
    (alarm,) = story.operation.store.alarms(AGENT)
    assert (alarm.kind, alarm.subject) == ("watch_broken", "watcher FakeWatcher")
    assert "of its own" not in f"{alarm.sentence}{alarm.means}{alarm.lines}"
    breaking.raises = None
    look(story, 2)
    (alarm,) = story.operation.store.alarms(AGENT)
    assert alarm.state == "resolved"


@pytest.mark.parametrize("strange", [replace(LITTLE, kind="late"), replace(LITTLE, agent="other")])
def test_a_signal_of_another_kind_or_agent_is_a_fault_of_the_watcher(
    story: Story, strange: object
) -> None:
    class Strange(FakeWatcher):
        def look(self, agent: str, now: object) -> list[object]:  # type: ignore[override]
            return [strange]

    watched_by(story, Strange(kinds=["too_little"]))
    look(story, 7)
    assert [one.kind for one in story.operation.store.alarms(AGENT)] == ["watch_broken"]


def test_a_store_that_cannot_be_reached_is_no_fault_of_a_watcher(story: Story) -> None:
    def unreachable() -> Exception:
        return StoreUnavailableError("gone", "try again")

    watched_by(story, FakeWatcher(LITTLE, raises=unreachable))
    story.clock.advance(minutes=1)
    with pytest.raises(StoreUnavailableError):
        story.operation.watch.look()
    assert story.operation.store.last_heartbeat(WATCH) is None


def test_the_watch_gives_a_sign_of_life_with_each_look(story: Story) -> None:
    watched_by(story, FakeWatcher(LITTLE))
    look(story)
    assert story.operation.store.last_heartbeat(WATCH) == story.clock.now()


def test_of_two_workers_one_watches_and_the_other_takes_over(story: Story) -> None:
    operation = story.operation
    first, second = FakeWatcher(LITTLE), FakeWatcher(LITTLE)
    watched_by(story, first)
    other = Watch(
        operation.store,
        operation.shelf,
        operation.clock,
        [second],
        operation.alarms,
        operation.watch.is_live,
    )
    story.clock.advance(minutes=1)
    operation.watch.look()
    other.look()
    assert (len(first.looks), len(second.looks)) == (1, 0)
    story.clock.advance(minutes=2)
    other.look()
    assert len(second.looks) == 1
    assert len(told(story)) == 1


def test_the_owner_takes_an_alarm_or_puts_it_off(story: Story) -> None:
    watched_by(story, FakeWatcher(LITTLE))
    look(story)
    alarms = story.operation.alarms
    (alarm,) = story.operation.store.alarms(AGENT)
    taken = alarms.acknowledge(alarm.id, "priya")
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "priya")
    put_off = alarms.snooze(alarm.id, "priya", timedelta(days=2))
    assert put_off.snoozed_until == story.clock.now() + timedelta(days=2)
    look(story, 3)
    (alarm,) = story.operation.store.alarms(AGENT)
    assert (alarm.state, alarm.snoozed_by) == ("acknowledged", "priya")


def test_nobody_but_the_owner_takes_an_alarm(story: Story) -> None:
    watched_by(story, FakeWatcher(OF_DANA))
    look(story)
    (alarm,) = story.operation.store.alarms(AGENT)
    for person in ("dana", "nobody"):
        with pytest.raises(AccessError, match="for its owner"):
            story.operation.alarms.acknowledge(alarm.id, person)
    with pytest.raises(NotFoundError, match="there is no alarm"):
        story.operation.alarms.acknowledge("nothing", "priya")


@pytest.mark.parametrize("hours", [0, 0.5, 721])
def test_an_alarm_is_put_off_for_an_hour_to_thirty_days(story: Story, hours: float) -> None:
    watched_by(story, FakeWatcher(LITTLE))
    look(story)
    (alarm,) = story.operation.store.alarms(AGENT)
    with pytest.raises(InputError, match="not from 1h to 30d"):
        story.operation.alarms.snooze(alarm.id, "priya", timedelta(hours=hours))


def test_what_is_over_cannot_be_taken(story: Story) -> None:
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    look(story)
    watcher.found = ()
    look(story, 2)
    (alarm,) = story.operation.store.alarms(AGENT)
    with pytest.raises(InputError, match="it is over"):
        story.operation.alarms.acknowledge(alarm.id, "priya")


def test_everything_that_becomes_of_an_alarm_is_in_the_record(story: Story) -> None:
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    look(story)
    (alarm,) = story.operation.store.alarms(AGENT)
    story.operation.alarms.acknowledge(alarm.id, "priya")
    watcher.found = ()
    look(story, 2)
    watcher.found = (LITTLE,)
    look(story)
    events = [one for one in happened(story) if one.kind.startswith("alarm_")]
    assert [(one.kind, one.who) for one in events] == [
        ("alarm_raised", "handraise"),
        ("alarm_acknowledged", "priya"),
        ("alarm_over", "handraise"),
        ("alarm_back", "handraise"),
    ]
    story.whole()


def test_a_rehearsal_is_not_watched(tmp_path: Path) -> None:
    story = Story(tmp_path, rehearsal=True)
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    story.clock.advance(minutes=5)
    story.operation.worker.tick()
    assert watcher.looks == []


def test_a_watcher_that_fails_is_told_though_the_worker_restarts(story: Story) -> None:
    operation = story.operation
    breaking = FakeWatcher(kinds=["too_little"], raises=lambda: RuntimeError("of its own"))

    def restarted() -> None:
        operation.watch = Watch(
            operation.store,
            operation.shelf,
            story.clock,
            (breaking,),
            operation.alarms,
            operation.watch.is_live,
        )
        story.clock.advance(minutes=2)

    for _ in range(4):
        restarted()
        operation.watch.look()
    (alarm,) = operation.store.alarms(AGENT)
    assert (alarm.kind, alarm.subject) == (BROKEN, "watcher FakeWatcher")
    breaking.raises = None
    for _ in range(2):
        restarted()
        operation.watch.look()
    look(story, 2)
    (alarm,) = operation.store.alarms(AGENT)
    assert alarm.state == "resolved"


@pytest.mark.parametrize("column", ["lines", "seen_at", "longest_s"])
def test_an_alarm_that_cannot_be_read_blinds_nobody(story: Story, column: str) -> None:
    watcher = FakeWatcher(LITTLE)
    watched_by(story, watcher)
    look(story)
    with closing(sqlite3.connect(story.path.parent / "handraise.db")) as db:
        db.execute(f"update alarms set {column} = '{{'")
        db.commit()
    assert story.operation.pictures.of(AGENT, "priya").alarms == ()
    watcher.found, watcher.kinds = (LITTLE, SLOW), frozenset({"too_little", "late"})
    look(story, 40)
    found = {one.kind: one.state for one in story.operation.store.alarms(AGENT)}
    assert found["late"] == "open"
    assert found["watch_broken"] == "resolved"
    standing = story.operation.store.alarms(AGENT, unresolved=True)
    assert {one.kind for one in standing} == {"too_little", "late"}
    assert "1 alarm could not be read" in "".join(one.body for one in told(story))
    assert story.operation.store.last_heartbeat(WATCH) == story.clock.now()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        (
            "update alarms set state = 'resolved', resolved_at = raised_at",
            "its state is not what was told: edited",
        ),
        ("delete from alarms", "an event tells of it, and it is gone"),
    ],
)
def test_an_alarm_that_is_silenced_in_the_store_is_found(story: Story, sql: str, what: str) -> None:
    watched_by(story, FakeWatcher(LITTLE))
    look(story)
    story.operation.record.tick()
    assert story.operation.record.verify().flaws == ()
    with closing(sqlite3.connect(story.path.parent / "handraise.db")) as db:
        db.execute(sql)
        db.commit()
    (flaw,) = story.operation.record.verify().flaws
    assert flaw.what == what
