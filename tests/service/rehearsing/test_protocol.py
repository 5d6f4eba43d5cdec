"""The protocol: who answered what and when, where people differ, signed."""

from __future__ import annotations

import re

import msgspec
import pytest
from msgspec.structs import replace

from handraise.errors import InputError, StoreError
from handraise.model import Decision, Rehearsal
from handraise.service.rehearsing.cases import ExerciseCase
from handraise.service.rehearsing.paper import checked, protocol_html
from handraise.service.rehearsing.protocol import protocol_in
from handraise.service.secrets import Signer
from tests.service.rehearsing.test_rehearsals import answer, started
from tests.support.story import SURE, UNSURE, Story, begun

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


def page_of(story: Story, rehearsal: Rehearsal) -> str:
    ended = story.operation.rehearsals.end(rehearsal.id, "priya")
    found = story.operation.endings.protocol(ended)
    return protocol_html(found, ended.protocol or "", story.operation.signer)


def test_the_page_says_all_of_it_and_runs_nothing_that_anybody_wrote(story: Story):
    hostile = "<script>alert(1)</script>\u202e</head>"
    cases = [ExerciseCase(name=hostile, decision=Decision(**UNSURE), before="approved by dana")]
    rehearsal = started(story, [*cases, ExerciseCase(name="sure", decision=Decision(**SURE))])
    answer(story, rehearsal, 1, "dana", unclear=hostile)
    answer(story, rehearsal, 1, "marc", kind="reject", reason=hostile)

    html = page_of(story, rehearsal)

    assert "<script" not in html
    assert "\u202e" not in html
    assert html.count("</head>") == 1
    for words in (
        "0 of 1 pair of answers to the same question agree",
        "When it was real: approved by dana.",
        "Dana Reyes, question 1",
        "Priya Raman never opened it",
        "1 decision goes ahead without anybody",
    ):
        assert words in html


def test_a_page_is_whole_to_the_last_character_or_it_is_not(story: Story):
    rehearsal = started(story)
    signer = story.operation.signer
    html = page_of(story, rehearsal)

    assert checked(html, signer).is_whole
    assert checked(html.replace("Dana Reyes", "Dora Reyes"), signer).is_whole is False
    assert checked(f"{html} ", signer).protocol is not None
    assert not checked(f"{html} ", signer).is_whole
    more = '<meta name="handraise-protocol" content="a.b.c">\n'
    for forged in (html.replace("<title>", f"{more}<title>", 1), html + more, "", "<p>"):
        assert not checked(forged, signer).is_whole
    assert not checked(html, Signer("another secret that is long enough")).is_whole


@pytest.mark.parametrize("place", ["<html", "<style>", "<body", "</p>", "</html>"])
def test_a_page_is_whole_only_with_its_statements_where_they_were_written(story: Story, place: str):
    html = page_of(story, started(story))
    metas = "".join(re.findall(r"<meta name=\"handraise-.*\n", html))
    bare = html.replace(metas, "")
    assert place in bare

    moved = bare.replace(place, place + metas, 1)

    assert checked(html, story.operation.signer).is_whole
    found = checked(moved, story.operation.signer)
    assert found.protocol is not None
    assert not found.is_whole


def test_the_page_says_the_action_alone_where_there_is_no_proposal(story: Story):
    given = {**UNSURE, "action": "send_reply", "proposal": None}
    cases = [ExerciseCase(name="no proposal", decision=Decision(**given))]

    html = page_of(story, started(story, cases))

    assert "What it would do: send_reply<" in html


def test_a_page_does_not_take_the_protocol_of_another_one(story: Story):
    first = page_of(story, started(story))
    second = page_of(story, started(story))
    metas = [re.findall(r"<meta name=\"handraise-.*\n", page) for page in (first, second)]

    swapped = first.replace(metas[0][0], metas[1][0])

    assert checked(swapped, story.operation.signer).is_whole is False
