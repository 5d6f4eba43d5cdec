"""A reader sees everything of an agent; nothing reaches them that would have to be decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handraise.errors import AccessError, AnswerError, NotFoundError
from handraise.service.access.rights import only_reads, role_of
from handraise.service.going_live.checklist import lines_of
from handraise.service.rehearsing.cases import exercise_cases
from tests.support.checked import subject_of
from tests.support.story import AGENT, TABLE, Story

NORA = '  nora:  {name: Nora Feld, contact: "mailto:nora@example.com"}\n'
READ = TABLE.replace("people:\n", f"people:\n{NORA}", 1) + "readers: [nora]\n"
HALF_A_DAY = timedelta(hours=12)
ROUTED = ("people: [dana, marc], acknowledge", "people: [dana, marc, nora], acknowledge")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path, READ)
    yield story
    story.whole()
    story.close()


def test_everybody_has_one_role_by_the_current_table(story: Story):
    shelf = story.operation.shelf
    roles = {one: role_of(shelf, AGENT, one) for one in ("priya", "dana", "ines", "nora", "olga")}
    assert roles == {
        "priya": "owner", "dana": "person", "ines": "person", "nora": "reader", "olga": None,
    }  # fmt: skip
    assert [one for one in roles if shelf.agents_of(one) and only_reads(shelf, one)] == ["nora"]
    with pytest.raises(NotFoundError):
        role_of(shelf, "nobody", "nora")
    story.rewrite(ROUTED)
    assert role_of(shelf, AGENT, "nora") == "person", "being on a route brings more"
    assert not only_reads(shelf, "nora")


def test_going_live_asks_nothing_of_a_reader(story: Story):
    standing = {one.id: one for one in story.operation.roster.standing()}
    assert {one.duty for one in standing["nora"].tables} == {None}
    for text in (READ, f"{READ}confirm: high\n"):
        lines = lines_of(subject_of(text))
        assert any("dana" in one.evidence for one in lines), "nobody is verified there yet"
        assert not any("nora" in one.evidence for one in lines)


def test_a_reader_reads_a_question_and_is_refused_all_else(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    desk, ask = story.operation.desk, story.see(verdict).asks[0].id
    assert desk.escalation(verdict.escalation_id or "", "nora").id == verdict.escalation_id
    assert desk.may_answer(story.see(verdict), "nora") == []
    digest = story.see(verdict).proposal_digest
    for kind in ("approve", "reject", "take_over"):
        with pytest.raises(AccessError, match="nora"):
            desk.answer(ask, "nora", kind=kind, digest=digest, reason="r")  # type: ignore[arg-type]
    with pytest.raises(AccessError):
        desk.acknowledge(ask, "nora")
    with pytest.raises(AccessError, match="nora is not on the route"):
        desk.reassign(ask, "dana", to="nora")
    with pytest.raises(AnswerError, match="nora may read here, and decides nothing"):
        desk.reassign(ask, "priya", to="nora")
    with pytest.raises(AnswerError, match="nora may read here, and decides nothing"):
        desk.delegate(ask, "dana", to="nora")
    assert story.see(verdict).state == "open"


def test_nothing_is_ever_sent_to_a_reader_but_by_their_own_wish(story: Story):
    verdict = story.decide()
    drill = story.operation.drills.start(AGENT, "support_supervisor", "priya")
    cases = exercise_cases(story.operation.shelf.newest(AGENT).tests)
    rehearsal = story.operation.rehearsals.start(
        AGENT, "priya", cases, source="its tests", lasts=HALF_A_DAY
    )
    story.forward(hours=30)
    assert drill.person != "nora"
    asked = {one.person for one in story.operation.rehearsals.asks(rehearsal.id)}
    assert asked == {"dana", "marc", "ines", "priya"}
    assert {one.holder for one in story.see(verdict).asks} == {"priya"}, "it went up to the owner"
    heard = {(one.to, one.kind) for one in story.sender.sent if one.to == "nora"}
    assert heard == set()
    story.operation.door.request_link("nora@example.com")
    story.cycle()
    assert {one.kind for one in story.sender.sent if one.to == "nora"} == {"sign_in"}


def test_who_becomes_a_reader_loses_what_they_hold(story: Story):
    story.rewrite(ROUTED)
    verdict = story.decide()
    desk, ask = story.operation.desk, story.see(verdict).asks[0].id
    desk.reassign(ask, "priya", to="nora")
    assert story.see(verdict).asks[0].holder == "nora"
    story.rewrite((ROUTED[1], ROUTED[0]))
    story.forward(minutes=1)
    assert story.see(verdict).asks[0].holder in {"dana", "marc"}
    digest = story.see(verdict).proposal_digest
    with pytest.raises(AccessError, match="nora"):
        desk.answer(ask, "nora", kind="approve", digest=digest)
