"""A table edited on Friday: what was signed judges until the owner signs for the change."""

from __future__ import annotations

import pytest

from handraise.errors import NotReadyError
from tests.support.signed import sign
from tests.support.story import AGENT, SURE, Story
from tests.support.verified import verify_everybody

QUITE_SURE = {**SURE, "confidence": 0.9}
STRICTER = ("below: 0.72", "below: 0.95")
OMAR = '  omar:  {name: Omar Haddad, contact: "mailto:omar@example.com"}\n'
NEW_PEOPLE = ("people: [dana, marc]", "people: [omar]"), ("  priya:", OMAR + "  priya:")
NEW_OWNER = ("owner: priya", "owner: ines")


def edit(story: Story, *changes: tuple[str, str]) -> None:
    """Change the file and open it anew, as a deployment does; nobody signs."""
    text = story.path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    story.path.write_text(text, encoding="utf-8")
    story.operation.opened.clear()
    story.operation.open(story.path)


def test_an_edited_file_changes_no_verdict_until_its_owner_signs(story: Story):
    in_force = story.gate.table.version
    edit(story, STRICTER)

    verdict = story.decide(QUITE_SURE, case=None)
    assert (verdict.outcome, verdict.version) == ("proceed", in_force)
    waiting = story.gate.waiting
    assert waiting is not None
    assert waiting.version != in_force

    story.expect(("dana", "duty"), ("marc", "duty"))  # the threshold is part of their duty
    assert [view.waits for view in story.operation.roster.duties("dana")] == [False, True]
    assert [view.waits for view in story.operation.roster.duties("ines")] == [False]
    story.clock.advance(days=2)
    verify_everybody(story.operation)
    sign(story.operation, story.path)
    story.gate.look()

    verdict = story.decide(QUITE_SURE)
    assert [reason.condition for reason in verdict.reasons] == ["confidence"]
    assert verdict.version == waiting.version
    assert story.gate.waiting is None
    # Two days long nobody had accepted what waited.
    story.expect(
        ("dana", "asked"),
        ("dana", "alarm", "was asked to accept their duty more than two days ago"),
        ("priya", "alarm", "Dana Reyes (dana)"),
        ("priya", "alarm", "2 alarms", "Marc Oyelaran was asked"),
        ("marc", "alarm", "was asked to accept their duty more than two days ago"),
    )


def test_a_draft_changes_nobody_who_is_asked_and_asks_the_new_one_to_accept(story: Story):
    edit(story, *NEW_PEOPLE, NEW_OWNER)
    story.operation.roster.tick()
    story.cycle()
    # Omar is new, and the owner to be has more to accept; marc and dana lose nothing yet.
    story.expect(("omar", "verify"), ("ines", "duty"))

    verdict = story.decide()

    assert story.see(verdict).asks[0].holder == "dana"
    assert story.operation.shelf.is_owner("priya", AGENT)
    assert not story.operation.shelf.is_owner("ines", AGENT)
    story.expect(("dana", "asked"))
    story.answer(verdict, "dana")


def test_a_rehearsal_judges_by_the_file(tell):
    story = tell(rehearsal=True)
    edit(story, STRICTER)

    assert story.gate.decide(**QUITE_SURE).reasons[0].condition == "confidence"


def test_a_version_put_back_judges_again_and_says_so(story: Story):
    former = story.gate.table
    story.rewrite(STRICTER)
    assert story.decide(QUITE_SURE, case=None).escalated
    story.expect(("dana", "asked"))

    story.clock.advance(minutes=5)
    with pytest.raises(NotReadyError, match="there is no reason"):
        story.operation.readiness.put_back(former, "priya", "\u200b \u2028")
    record = story.operation.readiness.put_back(former, "priya", "it stops\ntoo much")
    story.gate.look()

    assert not story.decide(QUITE_SURE, case="another").escalated
    assert record.evidence[0]["code"] == "put_back"
    assert "it stops too much" in record.evidence[0]["evidence"]
    assert story.operation.readiness.in_force(AGENT) == record
    assert story.gate.waiting is None, "the newest is what is in force"
