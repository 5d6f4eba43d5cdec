"""The picture of an operation: what it says in one sentence, and to whom it shows what."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.errors import NotFoundError, StoreUnavailableError
from handraise.service.watch.picture import Picture
from handraise.service.watch.rate_figures import Seen
from handraise.service.watch.watch import WATCH
from tests.support.story import AGENT, UNSURE, Story, begun
from tests.support.watched import LITTLE, OF_DANA, FakeWatcher


@pytest.fixture
def story(tmp_path: Path, migrated_file: Path) -> Iterator[Story]:
    yield from begun(tmp_path, migrated_file)


def picture(story: Story, reader: str | None = None) -> Picture:
    return story.operation.pictures.of(AGENT, reader)


def look(story: Story, *watchers: FakeWatcher) -> None:
    story.operation.watch.watchers = watchers
    story.clock.advance(minutes=1)
    story.operation.watch.look()


def test_one_sentence_says_how_it_stands(story: Story) -> None:
    assert picture(story).sentence == "Nobody watches: no worker looks at what happens."
    look(story, FakeWatcher(LITTLE, OF_DANA))
    assert picture(story, "priya").sentence == "2 alarms."
    for alarm in story.operation.store.alarms():
        story.operation.alarms.acknowledge(alarm.id, "priya")
    assert picture(story, "priya").sentence == "2 alarms, 2 taken or put off."
    story.clock.advance(minutes=4)
    assert picture(story, "priya").sentence == "Nobody watches: no worker looks at what happens."
    story.operation.watch.is_live = lambda _agent: False
    assert picture(story).sentence == "It is not live, so nothing of it is watched."


def test_a_look_in_the_future_is_no_watch(story: Story) -> None:
    story.operation.store.heartbeat(WATCH, story.clock.now() + timedelta(days=30))
    assert not picture(story).is_watched


def test_all_is_as_promised_only_where_everything_is_watched(story: Story) -> None:
    look(story, FakeWatcher(kinds=["too_much"]))
    found = picture(story)
    early = "Nothing is wrong so far; with 0 decisions it is too early to say more."
    assert found.sentence == early
    assert replace(found, unwatched=()).sentence == early
    assert len(found.unwatched) == 2
    (all_, *_) = found.rates
    enough = replace(all_, in_force=Seen.of(5, 50))
    found = replace(found, rates=(enough,))
    assert found.sentence == "Nothing is wrong in what is watched."
    assert replace(found, unwatched=()).sentence == "Everything is as promised."
    beyond = replace(found, rates=(replace(enough, state="outside"),), unwatched=())
    assert beyond.sentence == "No alarm; not as promised so far, and looked at: 1 rate."


def test_how_many_decisions_count_as_one_is_said_where_it_is_more(story: Story) -> None:
    (first, *_) = picture(story).rates
    rates = story.operation.rates
    for alike, is_said in ((1.05, False), (1.31, True)):
        rates.rates = lambda _agent, alike=alike: (replace(first, alike=alike),)
        story.clock.advance(minutes=1)
        notes = picture(story).notes
        assert any("1.3 decisions at a time count as one" in one for one in notes) is is_said


def test_what_is_about_a_person_is_counted_for_others_and_not_shown(story: Story) -> None:
    look(story, FakeWatcher(LITTLE, OF_DANA))
    seen = {
        who: (len(picture(story, who).alarms), picture(story, who).of_others)
        for who in ("priya", "dana", "marc", None)
    }
    assert seen == {"priya": (2, 0), "dana": (2, 0), "marc": (1, 1), None: (1, 1)}
    assert picture(story).waiting == 2


def test_what_was_over_longer_than_a_week_ago_is_left_out(story: Story) -> None:
    watcher = FakeWatcher(LITTLE)
    look(story, watcher)
    watcher.found = ()
    look(story, watcher)
    look(story, watcher)
    assert len(picture(story).over) == 1
    story.clock.advance(days=8)
    assert picture(story).over == ()


def test_figures_of_a_moment_ago_are_shown_again(story: Story) -> None:
    asked: list[str] = []
    rates = story.operation.rates.rates

    def counted(agent: str) -> object:
        asked.append(agent)
        return rates(agent)

    story.operation.rates.rates = counted  # type: ignore[assignment,method-assign]
    for _ in range(5):
        story.clock.advance(seconds=3)
        picture(story)
    assert len(asked) == 2


def test_a_store_that_cannot_be_reached_is_said_and_not_hidden(story: Story) -> None:
    def gone(agent: str) -> object:
        raise StoreUnavailableError("gone", "try again")

    story.operation.rates.rates = gone  # type: ignore[assignment,method-assign]
    with pytest.raises(StoreUnavailableError):
        picture(story)


def test_an_agent_that_there_is_not_has_no_picture(story: Story) -> None:
    with pytest.raises(NotFoundError):
        story.operation.pictures.of("nobody", None)


def test_the_people_who_answer_are_shown_by_route(story: Story) -> None:
    verdict = story.decide(UNSURE)
    story.clock.advance(minutes=5)
    story.answer(verdict, "dana")
    story.clock.advance(seconds=20)
    people = picture(story, "priya").people
    assert people is not None
    assert people.all.count == 1
    assert picture(story, "marc").people.all.answering is None  # type: ignore[union-attr]


def test_nothing_heavy_is_loaded_to_watch() -> None:
    program = (
        "import sys, handraise.service.wiring; "
        "print([m for m in ('numpy', 'scipy', 'sklearn', 'duckdb', 'altair', 'z3')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
