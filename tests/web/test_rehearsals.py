"""The pages of an exercise: each answers alone, the scoreboard tells how far and never what."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from handraise.clock import ManualClock
from handraise.model import Rehearsal
from handraise.service.rehearsing.cases import exercise_cases
from handraise.service.rehearsing.paper import checked
from handraise.service.rehearsing.showing import as_escalation
from handraise.web.pages.views.rehearsal import REFRESH_S
from tests.web.support import Desk

AGENT = "support-agent"


@pytest.fixture
def rehearsal(desk: Desk) -> Rehearsal:
    operation = desk.operation
    cases = exercise_cases(operation.shelf.newest(AGENT).tests)
    return operation.rehearsals.start(
        AGENT, "priya", cases, source="the table's tests", lasts=timedelta(minutes=30)
    )


def text_of(html: str) -> str:
    words = re.sub("<[^>]*>", " ", html.partition("<main")[2].partition(">")[2])
    return unescape(" ".join(words.split()))


def digest(desk: Desk, rehearsal: Rehearsal, number: int, person: str) -> str:
    _, ask = desk.operation.rehearsals.ask(rehearsal.id, number, person)
    return as_escalation(rehearsal, ask).proposal_digest


def answer(
    desk: Desk, rehearsal: Rehearsal, number: int, person: str, kind: str = "approve", **more: str
):
    fields = {"kind": kind, "digest": digest(desk, rehearsal, number, person), **more}
    path = f"/rehearsals/{rehearsal.id}/{number}"
    return desk.post(path, desk.session(person), **fields)


def test_a_question_looks_like_a_real_one_and_says_that_it_is_an_exercise(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    html = desk.page(f"/rehearsals/{rehearsal.id}/1", desk.session("dana")).text

    said = text_of(html)
    assert said.startswith("Exercise, question 1 of 2.")
    assert "Approve: refund 40" in said
    assert "Was anything unclear?" in said
    assert "Somebody else should have this" not in said
    assert f'action="/rehearsals/{rehearsal.id}/1"' in html
    assert "/asks/" not in html


def test_an_answer_leads_to_the_next_question_and_the_last_one_to_the_scoreboard(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    here = f"/rehearsals/{rehearsal.id}"

    first = answer(desk, rehearsal, 1, "dana", unclear="Which currency?")
    last = answer(desk, rehearsal, 3, "dana", "reject", reason="never")

    assert (first.status_code, first.headers["Location"]) == (303, f"{here}/3")
    assert (last.status_code, last.headers["Location"]) == (303, here)
    said = text_of(desk.page(f"{here}/1", desk.session("dana")).text)
    assert "This was a rehearsal: nothing is done" in said
    assert "Your answer" not in said


def test_nobody_sees_what_others_answered_before_the_end(desk: Desk, rehearsal: Rehearsal) -> None:
    answer(desk, rehearsal, 1, "dana", "reject", reason="a secret reason", unclear="a doubt")
    for person in ("marc", "priya"):
        for path in ("", "/1"):
            html = desk.page(f"/rehearsals/{rehearsal.id}{path}", desk.session(person)).text
            assert "a secret reason" not in html
            assert "a doubt" not in html
    board = text_of(desk.page(f"/rehearsals/{rehearsal.id}", desk.session("marc")).text)
    assert "Dana Reyes not yet 1 of 2 1 of 2" in board

    desk.operation.rehearsals.end(rehearsal.id, "priya")

    board = text_of(desk.page(f"/rehearsals/{rehearsal.id}", desk.session("marc")).text)
    assert "a secret reason" in board
    assert "Unclear: a doubt" in board


def test_the_scoreboard_looks_again_by_itself_until_the_end(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    path = f"/rehearsals/{rehearsal.id}"
    html = desk.page(path, desk.session("ines")).text
    assert f'hx-get="{path}" hx-trigger="every {REFRESH_S}s"' in html
    again = f"{REFRESH_S}; url={path}?again=1"
    assert f'<noscript><meta http-equiv="refresh" content="{again}"></noscript>' in html

    desk.operation.rehearsals.end(rehearsal.id, "priya")

    html = desk.page(path, desk.session("ines")).text
    assert 'hx-get="/rehearsals/' not in html
    assert "The exercise of support-agent is over" in html


def test_a_scoreboard_that_looks_again_keeps_nobody_signed_in(
    desk: Desk, rehearsal: Rehearsal, clock: ManualClock
) -> None:
    path, ines, marc = f"/rehearsals/{rehearsal.id}", desk.session("ines"), desk.session("marc")
    poll = {"Cookie": ines["Cookie"], "HX-Request": "true"}
    clock.advance(minutes=119)
    assert desk.client.get(path, headers=poll).status_code == 200
    assert desk.page(f"{path}?again=1", ines).status_code == 200
    assert desk.page(path, marc).status_code == 200
    clock.advance(minutes=1)
    polled = desk.client.get(path, headers=poll)
    assert (polled.status_code, polled.headers["HX-Refresh"]) == (401, "true")
    door = desk.page(f"{path}?again=1", ines)
    assert (door.status_code, door.headers["Location"][:13]) == (303, "/sign-in?next")
    assert desk.page(path, marc).status_code == 200, "who opened it has used it"


def test_what_was_typed_comes_back_with_what_is_wrong(desk: Desk, rehearsal: Rehearsal) -> None:
    found = answer(desk, rehearsal, 1, "dana", "reject", reason="", unclear="Which currency?")
    assert found.status_code == 422
    assert "Say why, in a few words" in text_of(found.text)
    assert "Which currency?" in found.text

    path = {"proposal.refund": "much", "proposal.note": "", "reason": "less"}
    found = answer(desk, rehearsal, 1, "dana", "change", **path)
    assert found.status_code == 422
    assert 'value="much"' in found.text

    found = answer(desk, rehearsal, 1, "dana", "nod")
    assert "choose one of the answers" in text_of(found.text).lower()
    assert desk.operation.rehearsals.waiting("dana")


def test_a_change_is_taken_with_its_values(desk: Desk, rehearsal: Rehearsal) -> None:
    values = {"proposal.refund": "20", "proposal.note": "half", "reason": "half is enough"}
    assert answer(desk, rehearsal, 1, "dana", "change", **values).status_code == 303
    ask = desk.operation.rehearsals.asks(rehearsal.id, "dana")[0]
    assert (ask.kind, ask.proposal) == ("change", {"refund": 20, "note": "half"})


def test_an_answer_sent_twice_is_taken_once_and_said_to_count(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    fields = {"kind": "approve", "digest": digest(desk, rehearsal, 1, "dana")}
    path, dana = f"/rehearsals/{rehearsal.id}/1", desk.session("dana")
    assert desk.post(path, dana, **fields).status_code == 303
    again = desk.post(path, dana, **fields)
    assert again.status_code == 409
    assert "You have already answered this You approved it" in text_of(again.text)
    other = text_of(desk.post(path, dana, **{**fields, "kind": "reject", "reason": "no"}).text)
    assert "This second one is another, and was not taken." in other


def test_after_the_end_no_answer_is_taken(desk: Desk, rehearsal: Rehearsal) -> None:
    number = digest(desk, rehearsal, 1, "dana")
    desk.operation.rehearsals.end(rehearsal.id, "priya")
    path = f"/rehearsals/{rehearsal.id}/1"
    found = desk.post(path, desk.session("dana"), kind="approve", digest=number)
    assert found.status_code == 409
    assert "This exercise is over" in text_of(found.text)


def test_strangers_agents_and_others_see_nothing_of_it(desk: Desk, rehearsal: Rehearsal) -> None:
    path = f"/rehearsals/{rehearsal.id}"
    assert desk.client.get(path).headers["Location"].startswith("/sign-in")
    assert desk.client.get(path, headers=desk.key()).status_code == 303
    assert desk.client.post(f"{path}/end", headers=desk.key()).status_code in {303, 403}
    assert desk.page(path, desk.session("olga")).status_code == 404
    assert desk.page(f"{path}/2", desk.session("dana")).status_code == 404
    for number in ("two", "0", "-1", "9" * 23, "9" * 5_000):
        assert desk.page(f"{path}/{number}", desk.session("dana")).status_code == 404
    assert desk.page("/rehearsals/nothing", desk.session("dana")).status_code == 404


def test_only_the_owner_ends_it(desk: Desk, rehearsal: Rehearsal) -> None:
    path = f"/rehearsals/{rehearsal.id}"
    assert "End the exercise now" not in desk.page(path, desk.session("dana")).text
    assert desk.post(f"{path}/end", desk.session("dana")).status_code == 403
    assert desk.operation.rehearsals.rehearsal(rehearsal.id).is_open

    assert "End the exercise now" in desk.page(path, desk.session("priya")).text
    assert desk.post(f"{path}/end", desk.session("priya")).status_code == 303
    assert not desk.operation.rehearsals.rehearsal(rehearsal.id).is_open


def test_the_protocol_is_sent_as_a_page_that_proves_itself(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    path = f"/rehearsals/{rehearsal.id}/protocol"
    assert desk.page(path, desk.session("dana")).status_code == 422
    desk.operation.rehearsals.end(rehearsal.id, "priya")

    found = desk.page(path, desk.session("dana"))

    assert "attachment" in found.headers["Content-Disposition"]
    assert checked(found.text, desk.operation.signer).is_whole


def test_the_inbox_says_that_an_exercise_waits(
    desk: Desk, rehearsal: Rehearsal, clock: ManualClock
) -> None:
    html = desk.page("/", desk.session("dana")).text
    assert f'href="/rehearsals/{rehearsal.id}"' in html
    assert "2 questions of an exercise wait for you" in html
    assert "exercise" not in desk.page("/", desk.session("olga")).text
    clock.advance(minutes=31)
    desk.operation.endings.settle()
    assert "exercise" not in desk.page("/", desk.session("dana")).text
