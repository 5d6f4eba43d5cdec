"""A team that approves everything within two seconds: the owner hears of it, the others do not."""

from __future__ import annotations

from datetime import timedelta

from handraise.model import Verdict
from tests.support.story import AGENT, UNSURE, Story

LETTER = " ".join(["I bought a lamp in March and it has never worked as it should."] * 8)
"""Some hundred words: seventeen seconds for a fast reader, and more."""


def stamped(
    story: Story,
    count: int,
    *,
    people: tuple[str, ...] = ("dana", "marc"),
    kind: str = "approve",
    after_s: float = 2,
) -> None:
    """Let people answer so many questions, each so soon after it came; nobody is told meanwhile."""
    for number in range(count):
        verdict = asked(story, number)
        story.clock.advance(seconds=after_s)
        answer(story, verdict, people[number % len(people)], kind)


def asked(story: Story, number: int) -> Verdict:
    return story.gate.decide(**{**UNSURE, "text": LETTER, "case": f"ticket-{number}"})


def answer(story: Story, verdict: Verdict, person: str, kind: str = "approve") -> None:
    digest = story.see(verdict).proposal_digest
    ask = story.ask_of(verdict, person)
    story.operation.desk.answer(ask.id, person, kind=kind, digest=digest, reason="because")


def found(story: Story) -> dict[tuple[str, str], str | None]:
    """Return kind and subject of what is wrong with the people now, and whom it is about."""
    signals = story.operation.humans.look(AGENT, story.clock.now())
    return {(one.kind, one.subject): one.about for one in signals}


def test_a_team_that_approves_everything_within_two_seconds_is_found_within_a_day(story: Story):
    stamped(story, 48)

    assert found(story) == {
        ("unread", "route support_supervisor"): None,
        ("unread", "person dana"): "dana",
        ("unread", "person marc"): "marc",
    }
    signal = story.operation.humans.look(AGENT, story.clock.now())[0]
    assert signal.sentence.startswith(
        "48 of 48 approvals for support_supervisor came faster than they can be read"
    )
    assert signal.lines == (
        "Half of these were given within 2 seconds; a fast reader needs 20 seconds for half of"
        " them.",
    )
    assert signal.problem == "oversight"


def test_who_takes_the_time_to_read_is_not_found(story: Story):
    stamped(story, 24, after_s=30)

    assert found(story) == {}


def test_a_batch_that_waited_all_night_is_unread_when_it_is_answered_at_one_a_second(story: Story):
    verdicts = [asked(story, number) for number in range(24)]
    story.clock.advance(minutes=14)
    for verdict in verdicts:
        story.clock.advance(seconds=1)
        answer(story, verdict, "dana")

    assert found(story) == {
        ("unread", "route support_supervisor"): "dana",
        ("unread", "person dana"): "dana",
    }, "what one person alone answered is about that person, also where it is told of the route"


def test_what_was_before_their_eyes_counts_and_not_how_long_it_waited(story: Story):
    for number in range(24):
        verdict = asked(story, number)
        story.clock.advance(minutes=5)
        story.operation.store.note_reading(verdict.escalation_id or "", "dana", story.clock.now())
        story.clock.advance(seconds=3)
        answer(story, verdict, "dana")

    assert ("unread", "person dana") in found(story)


def test_nineteen_answers_say_nothing_of_anybody(story: Story):
    stamped(story, 19, people=("dana",))

    assert found(story) == {}


def test_what_is_rejected_fast_is_not_held_against_anybody(story: Story):
    stamped(story, 24, kind="reject")

    assert found(story) == {}


def test_the_owner_is_told_of_the_team_and_each_of_themselves(story: Story):
    stamped(story, 48)
    story.cycle()

    alarms = [one for one in story.sender.sent if "alarm" in one.subject]
    told = {one.to: f"{one.subject}\n{one.body}" for one in alarms}
    assert set(told) == {"priya", "dana", "marc"}
    assert "Dana Reyes" in told["priya"]
    assert "Marc Oyelaran" in told["priya"]
    assert "Marc Oyelaran" not in told["dana"]
    assert "Dana Reyes" not in told["marc"]
    story.sender.sent.clear()


def test_figures_of_a_person_are_given_to_them_and_the_owner_alone(story: Story):
    stamped(story, 24, people=("dana",))
    humans = story.operation.humans

    mine = humans.figures_of(AGENT, "dana", "dana")
    assert (mine.count, mine.answering.unread.count, mine.passed) == (24, 24, 0)
    assert humans.figures_of(AGENT, "dana", "priya") == mine
    assert mine.since == story.clock.now() - timedelta(days=28)
    assert humans.figures(AGENT, "dana").routes[0].answering is not None
    assert humans.figures(AGENT, "priya").routes[0].answering is not None
    for other in ("marc", "ines", None):
        seen = humans.figures(AGENT, other)
        assert seen.routes[0].count == 24
        assert seen.routes[0].answering is None, "Dana alone answered: it would be hers"
        assert seen.all.answering is None
        assert all(row.answering is None for row in seen.rows if row.count)
