"""Acknowledged and forgotten: reminded at growing intervals, asked to say it again, then moved on."""

from __future__ import annotations

from tests.support.story import Story


def test_who_forgets_is_reminded_and_then_the_next_person_has_it(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.acknowledge(verdict, "dana")

    for minutes in (15, 30, 60):
        story.forward(minutes=minutes - 1)
        story.quiet()
        story.forward(minutes=1)
        story.expect(("dana", "reminder", "Still waiting for you"))
    story.forward(minutes=15)
    story.expect(("dana", "reminder", "say so again, or it goes to the next person"))
    assert story.see(verdict).asks[0].acknowledged_at is None

    story.forward(minutes=15)
    story.expect(
        ("marc", "asked", "Dana Reyes did not acknowledge within 15m"), ("dana", "moved_on")
    )
    story.answer(verdict, "marc")


def test_who_says_it_again_keeps_it_until_the_decide_deadline(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.acknowledge(verdict, "dana")
    story.forward(hours=2, minutes=10)
    story.expect(*[("dana", "reminder")] * 4)
    story.acknowledge(verdict, "dana")

    story.forward(hours=1, minutes=49)
    story.expect(*[("dana", "reminder")] * 3)
    assert story.see(verdict).asks[0].holder == "dana"
    story.forward(minutes=1)

    story.expect(("marc", "asked", "Dana Reyes did not decide within 4h"), ("dana", "moved_on"))
    story.answer(verdict, "marc")


def test_when_everybody_forgets_it_is_with_the_owner_who_is_reminded_for_ever(story: Story):
    verdict = story.decide()
    for person in ("dana", "marc", "priya"):
        story.acknowledge(verdict, person)
        story.forward(hours=2, minutes=15)
    story.sender.sent.clear()

    for _ in range(5):
        story.forward(days=1)
        assert ("priya", "reminder") in {(one.to, one.kind) for one in story.sender.sent}
        assert {one.to for one in story.sender.sent} == {"priya"}
        story.sender.sent.clear()
    story.answer(verdict, "priya")
    assert verdict.wait(0).by == "priya"
