"""The weekly summary: once a week, on Monday morning of the owner's zone, in a few plain lines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handraise.core.table.types import Person
from handraise.model import Message
from handraise.service.watch.summary import week_end
from tests.support.story import AGENT, SURE, UNSURE, Story, begun
from tests.support.watched import LITTLE, OF_DANA, FakeWatcher

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def story(tmp_path: Path, migrated_file: Path) -> Iterator[Story]:
    yield from begun(tmp_path, migrated_file)


def summaries(story: Story) -> list[Message]:
    """Return the summaries that were written, oldest first."""
    messages = story.operation.store.messages(limit=1_000)
    return sorted((one for one in messages if one.kind == "summary"), key=lambda one: one.id)


@pytest.mark.parametrize(
    ("zone", "now", "end"),
    [
        ("UTC", "2026-11-23T08:00+00:00", "2026-11-23T08:00+00:00"),
        ("UTC", "2026-11-23T07:59+00:00", "2026-11-16T08:00+00:00"),
        ("UTC", "2026-11-29T23:59+00:00", "2026-11-23T08:00+00:00"),
        ("America/New_York", "2026-11-23T12:59+00:00", "2026-11-16T08:00-05:00"),
        ("America/New_York", "2026-11-23T13:00+00:00", "2026-11-23T08:00-05:00"),
        ("Pacific/Auckland", "2026-11-22T19:00+00:00", "2026-11-23T08:00+13:00"),
        ("Europe/Berlin", "2026-10-26T06:30+00:00", "2026-10-19T08:00+02:00"),
        ("Europe/Berlin", "2026-10-26T07:00+00:00", "2026-10-26T08:00+01:00"),
    ],
)
def test_a_week_ends_on_monday_at_eight_of_the_owners_zone(zone: str, now: str, end: str) -> None:
    owner = Person(id="priya", name="Priya Raman", contacts=(), zone=zone)
    assert week_end(owner, datetime.fromisoformat(now)) == datetime.fromisoformat(end)


def test_it_is_told_once_in_a_week(story: Story) -> None:
    story.operation.summaries.look()
    assert summaries(story) == []  # it went live after this week had ended
    for _ in range(15):
        story.clock.advance(days=1)
        story.operation.summaries.look()
        story.operation.summaries.look()
    assert [f"{one.created_at:%a %d}" for one in summaries(story)] == ["Mon 30", "Mon 07"]
    assert {one.to for one in summaries(story)} == {"priya"}


def test_a_week_that_could_not_be_told_for_two_days_is_left_out(story: Story) -> None:
    story.clock.set(datetime(2026, 12, 2, 8, 0, tzinfo=UTC))
    story.operation.summaries.look()
    assert summaries(story) == []
    story.clock.set(datetime(2026, 12, 7, 8, 0, tzinfo=UTC))
    story.operation.summaries.look()
    assert len(summaries(story)) == 1


def test_of_an_agent_that_is_not_live_nothing_is_told(tmp_path: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    story = Story(tmp_path, ready=False)
    story.clock.advance(days=7)
    story.operation.summaries.look()
    assert summaries(story) == []
    story.close()


def test_it_says_what_was_decided_what_is_wrong_and_what_waits(story: Story) -> None:
    story.operation.watch.watchers = (FakeWatcher(LITTLE, OF_DANA),)
    for number in range(19):
        story.gate.decide(**{**SURE, "case": f"ticket-{number}"})
    story.gate.decide(**UNSURE)
    story.operation.recorder.flush()
    story.clock.advance(minutes=1)
    story.cycle()
    lines = story.operation.summaries.lines(AGENT)
    assert "Decisions: 20, of which 1 stopped." in lines
    assert "Stopped: 5.0 % (0.1–25 %) of 20; nothing was promised of it." in lines
    assert "Waiting: 1 question waits, the oldest since Mon 23 Nov, 10:00." in lines
    assert "Alarms: 2 raised, 0 over." in lines
    assert "For you: 2 alarms nobody took." in lines
    assert any(line.startswith("Not watched: What goes wrong alone") for line in lines)


def test_it_holds_no_figure_of_a_person(story: Story) -> None:
    story.operation.watch.watchers = (FakeWatcher(OF_DANA),)
    story.clock.advance(days=7)
    story.operation.watch.look()
    story.operation.summaries.look()
    (message,) = summaries(story)
    said = f"{message.subject}{message.body}"
    assert "31 of 40" not in said
    for name in ("Dana", "dana", "Ines", "ines"):
        assert name not in said
    assert "https://handraise.example.com/watch?agent=support-agent" in said


def test_an_empty_week_is_said_to_be_empty(story: Story) -> None:
    lines = story.operation.summaries.lines(AGENT)
    assert lines[0] == "Decisions: none in seven days."
    assert "Waiting: nothing." in lines
    assert "Alarms: none." in lines
    assert "For you: nothing waits." in lines
