"""Nobody makes themselves the owner: the present one signs for the version that names another."""

from __future__ import annotations

import pytest

from handraise.core.table.types import Table
from handraise.errors import NotReadyError
from tests.support.signed import sign
from tests.support.story import AGENT, Story
from tests.support.verified import verify_everybody

MALLORY = '  mallory: {name: Mallory X, contact: "mailto:mallory@example.com"}\n'
NEW_OWNER = (("owner: priya", "owner: mallory"), ("  priya:", f"{MALLORY}  priya:"))


def draft(story: Story, *changes: tuple[str, str]) -> Table:
    """Open a version that waits; return it."""
    text = story.path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    story.path.write_text(text, encoding="utf-8")
    story.operation.opened.clear()
    story.operation.open(story.path)
    story.clock.advance(minutes=1)
    verify_everybody(story.operation)
    return story.operation.shelf.newest(AGENT)


def test_the_owner_of_a_draft_does_not_sign_for_it_and_the_present_one_does(story: Story):
    waiting = draft(story, *NEW_OWNER)
    with pytest.raises(NotReadyError, match="not the owner of the version") as refused:
        sign(story.operation, waiting, "mallory")
    assert "--as priya" in str(refused.value)
    assert story.operation.shelf.is_owner("priya", AGENT)

    record = sign(story.operation, waiting, "priya")

    assert record.by == "priya"
    assert story.operation.readiness.in_force(AGENT) == record
    assert story.operation.shelf.is_owner("mallory", AGENT)
    # Whoever looked away hears of it all the same.
    for owner in ("priya", "mallory"):
        (told,) = [one for one in story.operation.store.messages(to=owner) if one.kind == "owner"]
        assert told.subject == f"{AGENT} has another owner: Mallory X"
        assert "Priya Raman has signed for it" in told.body
    story.sender.sent.clear()
    story.cycle()
    story.sender.sent.clear()


def test_a_former_owner_who_stands_on_no_table_any_more_hears_of_it(story: Story):
    text = story.path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines(keepends=True) if line.startswith("  priya:"))
    waiting = draft(story, ("owner: priya", "owner: mallory"), (line, MALLORY))
    sign(story.operation, waiting, "priya")
    story.sender.sent.clear()

    story.cycle()

    told = {one.to: one.contacts for one in story.sender.sent if one.kind == "owner"}
    assert told == {
        "priya": ("mailto:priya@example.com",),
        "mallory": ("mailto:mallory@example.com",),
    }
    story.sender.sent.clear()


def test_a_former_owner_takes_nothing_back_alone(story: Story):
    former = story.gate.table
    sign(story.operation, draft(story, *NEW_OWNER), "priya")
    story.clock.advance(minutes=1)
    with pytest.raises(NotReadyError, match="not the owner of the version"):
        story.operation.readiness.put_back(former, "priya", "it was mine")

    record = story.operation.readiness.put_back(former, "mallory", "it was hers")

    assert story.operation.shelf.is_owner("priya", AGENT)
    assert record.by == "mallory"
    story.cycle()
    story.sender.sent.clear()


def test_a_withdrawal_makes_the_present_owner_no_less_the_one_who_signs(story: Story):
    waiting = draft(story, *NEW_OWNER)
    story.operation.readiness.withdraw(waiting, "priya")
    with pytest.raises(NotReadyError, match="not the owner of the version"):
        sign(story.operation, waiting, "mallory")
