"""The people under watch, end to end: deadlines, duties, contacts, and whose figures are whose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.core.monitor.signals import Signal
from handraise.errors import AccessError, NotFoundError
from handraise.model import ContactRecord, DutyRecord
from handraise.service.watch.presence import unaccepted_signals
from handraise.service.watch.words import counted, lasting, percent
from tests.support.databases import migrated_file
from tests.support.story import AGENT, BIG, UNSURE, Story, begun

__all__ = ["migrated_file"]


@pytest.fixture
def story(tmp_path: Path, migrated_file: Path) -> Iterator[Story]:
    yield from begun(tmp_path, migrated_file)


def signals(story: Story) -> dict[str, Signal]:
    found = story.operation.humans.look(AGENT, story.clock.now())
    return {f"{one.kind} {one.subject}": one for one in found}


def test_a_quiet_operation_has_nothing_wrong_with_its_people(story: Story) -> None:
    assert signals(story) == {}


def test_deadlines_that_nobody_met_are_found_whichever_it_was(story: Story) -> None:
    for number in range(3):
        story.gate.decide(**{**BIG, "case": f"ticket-{number}"})
    story.forward(minutes=31)

    found = signals(story)["late route finance_lead"]

    assert found.sentence.startswith("3 of 3 questions to finance_lead went past a deadline")
    assert found.about == "ines"
    mine = story.operation.humans.figures_of(AGENT, "ines", "ines")
    assert (mine.count, mine.passed) == (0, 3)
    (whole,) = [one for one in story.operation.humans.figures(AGENT, "priya").routes if one.open]
    assert whole.past_deadline is not None
    assert (whole.about, whole.past_deadline.count, whole.open) == ("ines", 3, 3)
    (seen,) = [one for one in story.operation.humans.figures(AGENT).routes if one.open]
    assert (seen.past_deadline, seen.answering) == (None, None), "they would be hers alone"


def test_what_is_answered_by_two_is_shown_to_everybody(story: Story) -> None:
    for number, person in enumerate(["dana", "marc"] * 10):
        verdict = story.gate.decide(**{**UNSURE, "case": f"ticket-{number}"})
        story.clock.advance(minutes=1)
        kind = "reject" if number == 0 else "approve"
        ask, digest = story.ask_of(verdict, person), story.see(verdict).proposal_digest
        story.operation.desk.answer(ask.id, person, kind=kind, digest=digest, reason="because")

    found = story.operation.humans.figures(AGENT)

    group = found.routes[0]
    assert group.answering is not None
    assert (group.name, group.count, group.about) == ("support_supervisor", 20, None)
    assert group.answering.differed.share == 0.05
    assert group.answering.unread.of == 19
    assert (group.answering.picked_up_s, group.answering.resolved_s) == (60, 60)
    assert found.all.answering == group.answering
    assert found.rows[0].name == "confidence.1"
    assert found.rows[0].answering == group.answering
    assert (found.routes[1].count, found.routes[1].oldest_at) == (0, None)


def test_nobody_else_is_given_the_figures_of_a_person(story: Story) -> None:
    humans = story.operation.humans
    with pytest.raises(AccessError, match='figures of "dana" are shown to them and to the owner'):
        humans.figures_of(AGENT, "dana", "marc")
    with pytest.raises(AccessError, match="owner"):
        humans.figures_of(AGENT, "nobody", "marc")
    with pytest.raises(NotFoundError, match='no "nobody"'):
        humans.figures_of(AGENT, "nobody", "priya")

    assert humans.figures_of(AGENT, "marc", "priya").person == "marc"


def test_who_has_declined_for_two_days_is_told_of(story: Story) -> None:
    duty = story.operation.shelf.duty(AGENT, "marc")
    assert duty is not None
    story.operation.roster.decline(AGENT, "marc", duty.digest, "not my job")
    story.clock.advance(days=1, hours=23)
    assert "unaccepted person marc" not in signals(story)
    story.clock.advance(hours=2)

    found = signals(story)["unaccepted person marc"]

    assert found.sentence == ("Marc Oyelaran has declined their duty, and nobody else was named.")
    assert found.about == "marc"


class Kept:
    """A store that keeps how some people stand."""

    def __init__(self, duties: list[DutyRecord], contacts: list[ContactRecord]) -> None:
        self._duties = duties
        self._contacts = contacts

    def duties(self, agent: str) -> list[DutyRecord]:
        return self._duties

    def contact_records(self) -> list[ContactRecord]:
        return self._contacts

    def departures(self, *, gone_only: bool) -> list[object]:
        return []


def test_who_was_asked_and_has_verified_nothing_is_told_of_once(story: Story) -> None:
    now, shelf = story.clock.now(), story.operation.shelf
    table = shelf.current(AGENT)
    duty = shelf.duty(AGENT, "dana")
    assert duty is not None
    (kept,) = [one for one in story.operation.store.duties(person="dana") if one.state != "asked"]
    asked = replace(kept, state="asked", asked_at=now - timedelta(days=3), answered_at=None)
    written = ContactRecord(
        person="dana", contact="mailto:dana@example.com", asked_at=now - timedelta(days=4)
    )
    store = Kept([asked], [written])

    (found,) = unaccepted_signals(store, shelf, table, now)  # type: ignore[arg-type]

    assert found.sentence == (
        "Dana Reyes was asked to accept their duty more than two days ago and has not answered and"
        " has no verified contact."
    )
    assert found.since == written.asked_at
    verified = Kept([], [replace(written, verified_at=now)])
    fresh = Kept([], [replace(written, asked_at=now)])
    for store in (verified, fresh):
        assert list(unaccepted_signals(store, shelf, table, now)) == []  # type: ignore[arg-type]


def test_the_words_of_the_watch_round_as_people_do() -> None:
    assert (counted(0, "answer"), counted(2, "person", "people")) == ("0 answers", "2 people")
    assert (percent(0), percent(0.0996), percent(1)) == ("0 %", "10 %", "100 %")
    assert [lasting(s) for s in (0.4, 119.4, 7199, 47.9 * 3600)] == [
        "0 seconds",
        "119 seconds",
        "119 minutes",
        "47 hours",
    ]
