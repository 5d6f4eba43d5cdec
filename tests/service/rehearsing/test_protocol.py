"""The protocol: who answered what and when, where people differ, signed."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from handraise.errors import InputError, StoreError
from handraise.service.rehearsing.protocol import protocol_in
from handraise.service.secrets import Signer
from tests.service.rehearsing.test_rehearsals import answer, started
from tests.support.story import Story, begun

story = pytest.fixture(begun)


def test_it_tells_who_answered_what_and_when_and_where_people_differ(story: Story):
    rehearsal = started(story)
    story.forward(minutes=2)
    answer(story, rehearsal, 1, "dana", unclear="which currency?")
    story.forward(minutes=3)
    answer(story, rehearsal, 1, "marc", kind="reject", reason="not ours")
    answer(story, rehearsal, 3, "dana", kind="instruct", instruction="ask them")
    answer(story, rehearsal, 3, "marc", kind="instruct", instruction="ask them again")
    answer(story, rehearsal, 2, "ines")
    ended = story.operation.rehearsals.end(rehearsal.id, "priya")

    found = story.operation.endings.protocol(ended)

    first = found.questions[0]
    assert [(one.person, one.kind) for one in first.answers] == [
        ("dana", "approve"),
        ("marc", "reject"),
        ("priya", None),
    ]
    assert first.answers[0].unclear == "which currency?"
    assert first.answers[0].answered_at == rehearsal.started_at.replace(minute=2)
    assert (first.alike, first.pairs) == (0, 1)
    assert (first.expected, first.routes) == (("support_supervisor",), ("support_supervisor",))
    assert (found.agreement.alike, found.agreement.pairs, found.agreement.alpha) == (1, 2, None)
    assert found.by_route["support_supervisor"].pairs == 2
    assert found.by_route["finance_lead"].pairs == 0
    assert found.by_row["confidence.1"].alike == 0
    assert found.by_row["novelty.1"].alike == 1
    assert found.people["priya"].answered == 0
    assert found.people["dana"].told_at == rehearsal.started_at


def test_changes_agree_only_where_the_changed_values_do(story: Story):
    rehearsal = started(story)
    for person, refund in (("dana", 20), ("marc", 20.0)):
        answer(
            story, rehearsal, 1, person, kind="change", proposal={"refund": refund}, reason="less"
        )
    answer(story, rehearsal, 1, "priya", kind="change", proposal={"refund": 5}, reason="much less")
    ended = story.operation.rehearsals.end(rehearsal.id, "priya")

    found = story.operation.endings.protocol(ended)

    assert (found.questions[0].alike, found.questions[0].pairs) == (1, 3)


def test_it_is_signed_by_the_operation_and_by_nobody_else(story: Story):
    rehearsal = started(story)
    with pytest.raises(InputError, match="still runs"):
        story.operation.endings.protocol(rehearsal)
    ended = story.operation.rehearsals.end(rehearsal.id, "priya")
    statement = ended.protocol or ""

    assert protocol_in(statement, Signer("another secret that is long enough")) is None
    other = story.operation.signer.sign({"statement": "ready", "agent": "support-agent"})
    assert protocol_in(other, story.operation.signer) is None
    found = protocol_in(statement, story.operation.signer)
    assert found is not None
    assert msgspec.to_builtins(found)["ended_why"] == "owner"
    with pytest.raises(StoreError, match="not signed by this operation"):
        story.operation.endings.protocol(replace(ended, protocol=other))
