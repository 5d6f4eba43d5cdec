"""An exercise of a version that waits: the owner in force begins it, and nobody new is surprised."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handraise.errors import AccessError, NotFoundError
from handraise.service.rehearsing.cases import exercise_cases
from tests.support.story import AGENT, UNSURE, Story
from tests.support.verified import verify_everybody

NEW = (
    '  mallory: {name: Mallory X, contact: "mailto:mallory@example.com"}\n'
    '  vic: {name: Vic Ang, contact: "mailto:vic@example.com"}\n'
)
CHANGES = (
    ("owner: priya", "owner: mallory"),
    ("  priya:", f"{NEW}  priya:"),
    ("people: [dana, marc]", "people: [dana, vic]"),
)


@pytest.fixture
def drafted(story: Story) -> Story:
    """Return a story with a version that waits, of another owner and with somebody new."""
    text = story.path.read_text(encoding="utf-8")
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    story.path.write_text(text, encoding="utf-8")
    story.operation.opened.clear()
    story.operation.open(story.path)
    return story


def begin(story: Story, by: str) -> dict[str, str]:
    """Begin an exercise of the newest version; return who was left out, with why."""
    cases = exercise_cases(story.operation.shelf.newest(AGENT).tests)
    lasts = timedelta(minutes=30)
    rehearsals = story.operation.rehearsals
    return rehearsals.start(AGENT, by, cases, source="its tests", lasts=lasts).absent


def invited(story: Story) -> set[str]:
    messages = story.operation.store.messages(limit=100)
    return {one.to for one in messages if one.kind == "rehearsal"}


def test_the_owner_of_a_draft_neither_begins_nor_ends_an_exercise(drafted: Story):
    rehearsals = drafted.operation.rehearsals
    with pytest.raises(AccessError, match="only priya"):
        begin(drafted, "mallory")
    begin(drafted, "priya")
    (running,) = drafted.operation.store.rehearsals(limit=10)
    with pytest.raises(AccessError, match="only priya"):
        rehearsals.end(running.id, "mallory")
    assert not rehearsals.end(running.id, "priya").is_open


def test_who_is_new_is_asked_once_their_contact_is_confirmed(drafted: Story):
    absent = begin(drafted, "priya")
    unconfirmed = "is new, and has no verified contact"
    assert absent == {"vic": unconfirmed, "mallory": unconfirmed}
    assert {"dana", "ines"} <= invited(drafted)
    assert not {"vic", "mallory"} & invited(drafted)

    (running,) = drafted.operation.store.rehearsals(limit=10)
    drafted.operation.rehearsals.end(running.id, "priya")
    verify_everybody(drafted.operation)
    assert begin(drafted, "priya") == {}
    assert {"vic", "mallory"} <= invited(drafted)


def test_who_stands_on_a_draft_alone_sees_their_duty_and_what_they_are_asked(drafted: Story):
    verify_everybody(drafted.operation)
    desk, rehearsals = drafted.operation.desk, drafted.operation.rehearsals
    verdict = drafted.gate.decide(**UNSURE)
    assert verdict.escalation_id is not None
    with pytest.raises(NotFoundError):
        desk.escalation(verdict.escalation_id, "vic")
    with pytest.raises(NotFoundError):
        desk.events(verdict.escalation_id, "vic")
    assert drafted.operation.inbox.lines("vic", scope="all") == []
    assert len(drafted.operation.inbox.lines("marc", scope="all")) == 1
    assert [view.waits for view in drafted.operation.roster.duties("vic")] == [True]

    drill = drafted.operation.drills.start(AGENT, "support_supervisor", "priya", "vic")
    assert desk.escalation(drill.escalation_id, "vic").id == drill.escalation_id
    assert [line.ask.holder for line in drafted.operation.inbox.lines("vic")] == ["vic"]
    big = [one for one in exercise_cases(drafted.gate.table.tests) if one.name == "big"]
    lasts = timedelta(minutes=30)
    other = rehearsals.start(AGENT, "priya", big, source="its tests", lasts=lasts)
    with pytest.raises(NotFoundError):
        rehearsals.of_person(other.id, "vic")
    assert rehearsals.of_person(other.id, "marc") == rehearsals.rehearsal(other.id)
    rehearsals.end(other.id, "priya")
    begin(drafted, "priya")
    (running,) = [one for one in drafted.operation.store.rehearsals(limit=9) if one.is_open]
    assert rehearsals.of_person(running.id, "vic").id == running.id
