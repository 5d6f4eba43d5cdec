"""A form that comes a second time: the first one counts, and nobody is told that another was faster."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.clock import ManualClock
from tests.web.support import BIG, Desk
from tests.web.test_movement_pages import kept, main_of, path, text_of

SENT: dict[str, dict[str, str]] = {
    "approve": {},
    "change": {"proposal.refund": "30", "reason": "half of it"},
    "reject": {"reason": "paid last week"},
    "instruct": {"instruction": "ask them first"},
    "take_over": {"reason": "I call them"},
}
VERB = {
    "approve": "approved it",
    "change": "changed it",
    "reject": "rejected it",
    "instruct": "gave instructions",
    "take_over": "took it over",
}


@pytest.mark.parametrize("kind", SENT)
def test_the_same_answer_sent_twice_counts_once_and_is_said_to_count(
    kind: str, desk: Desk, clock: ManualClock
) -> None:
    escalation, dana = desk.stop(), desk.session("dana")
    assert desk.answer(escalation, dana, kind, **SENT[kind]).status_code == 303
    first = kept(desk, escalation)
    clock.advance(minutes=2)
    again = desk.answer(escalation, dana, kind, **SENT[kind])
    seen = text_of(again.text)
    assert again.status_code == 409
    said = (
        f"You have already answered this You {VERB[kind]} 2 minutes ago (today 14:50). It counts."
    )
    assert said in seen
    for wrong in ("faster", "not sent", "What you had written"):
        assert wrong not in seen
    assert kept(desk, escalation) == first


def test_another_answer_than_the_first_is_not_taken_and_keeps_its_words(desk: Desk) -> None:
    escalation, dana = desk.stop(), desk.session("dana")
    desk.answer(escalation, dana, "change", **SENT["change"])
    for kind, fields in (
        ("reject", {"reason": "no"}),
        ("change", {**SENT["change"], "proposal.refund": "31"}),
    ):
        seen = text_of(desk.answer(escalation, dana, kind, **fields).text)
        assert "You have already answered this You changed it just now" in seen
        assert "That answer counts. This second one is another, and was not taken." in seen
        assert f"What you had written {fields['reason']}" in seen
    moved = text_of(desk.post(path(escalation, "release"), dana, note="not me").text)
    assert "You have already answered this You changed it just now" in moved
    assert "Nothing was moved." in moved


def test_a_change_that_was_looked_at_is_sent_twice(desk: Desk) -> None:
    escalation, dana = desk.stop(), desk.session("dana")
    fields = {"kind": "change", "digest": escalation.proposal_digest, **SENT["change"]}
    shown = desk.post(path(escalation, "preview"), dana, **fields).text
    previewed = shown.partition('name="previewed" value="')[2].partition('"')[0]
    assert previewed
    for status in (303, 409):
        sent = desk.post(path(escalation, "answer"), dana, **fields, previewed=previewed)
        assert sent.status_code == status
    assert "You have already answered this" in text_of(sent.text)
    late = text_of(desk.post(path(escalation, "preview"), dana, **fields).text)
    assert "You have already answered this" in late


def test_what_one_has_ended_by_another_of_its_questions_is_said_to_be_ones_own(desk: Desk) -> None:
    escalation, priya = desk.stop(**BIG | {"confidence": 0.4}), desk.session("priya")
    desk.answer(escalation, priya, "reject", reason="no")
    fields = {"kind": "approve", "digest": escalation.proposal_digest}
    seen = text_of(desk.post(path(escalation, "answer", 1), priya, **fields).text)
    assert "You have already ended this You rejected it just now" in seen
    assert "faster" not in seen


def test_nobody_was_faster_where_nobody_answered(desk: Desk) -> None:
    escalation = desk.stop()
    desk.operation.gates["support-agent"].withdraw(escalation.id, "it is gone")
    seen = text_of(desk.answer(escalation, desk.session("dana"), "approve").text)
    assert "This has ended It has ended: withdrawn by the agent just now" in seen
    assert "faster" not in seen


@pytest.mark.parametrize(
    ("what", "person", "fields", "said"),
    [
        ("release", "dana", {}, "You gave it back, and it went to Marc Oyelaran"),
        ("release", "dana", {"note": "busy"}, "You gave it back, and it went to Marc Oyelaran"),
        ("reassign", "dana", {"to": "marc"}, "You gave it to Marc Oyelaran"),
        ("reassign", "priya", {"to": "ines"}, "You gave it to Ines Duarte"),
        ("delegate", "dana", {"to": "ines"}, "You asked Ines Duarte to do the work of it"),
        ("take-back", "dana", {}, "Ines Duarte no longer does the work of it"),
    ],
)
def test_a_move_sent_twice_is_said_to_be_made(
    what: str, person: str, fields: dict[str, str], said: str, desk: Desk
) -> None:
    escalation, session = desk.stop(), desk.session(person)
    if what == "take-back":
        desk.post(path(escalation, "delegate"), session, to="ines")
    assert desk.post(path(escalation, what), session, **fields).status_code == 303
    first = kept(desk, escalation)
    again = desk.post(path(escalation, what), session, **fields)
    seen = text_of(again.text)
    assert again.status_code == 409
    assert f"You have already done this {said}" in seen
    assert "Nothing was moved a second time." in seen
    for wrong in ("not yours", "Mend this", "What you had written"):
        assert wrong not in seen
    assert kept(desk, escalation) == first


def test_having_it_said_twice_is_one(desk: Desk) -> None:
    escalation, dana = desk.stop(), desk.session("dana")
    for _ in range(2):
        assert desk.post(path(escalation, "acknowledge"), dana).status_code == 303
    assert main_of(desk, escalation, "dana").count("You said: I have it") == 1
    desk.answer(escalation, dana, "approve")
    late = text_of(desk.post(path(escalation, "acknowledge"), dana).text)
    assert "You have already answered this You approved it just now" in late


def test_the_api_says_by_whom_it_was_done_before(desk: Desk) -> None:
    escalation, dana = desk.stop(), desk.session("dana")

    def sent(what: str, **body: Any) -> dict[str, Any]:
        address = f"/api/v1{path(escalation, what)}"
        answer: dict[str, Any] = desk.client.post(address, headers=dana, json=body).json()
        return answer

    now = desk.operation.clock.now()
    sent("release")
    found = sent("release")
    assert (found["status"], found["code"]) == (409, "already_answered")
    assert found["detail"] == f"you gave this back already, at {now:%Y-%m-%d %H:%M:%S} UTC"
    assert found["hint"] == "marc has it now"
    approval = {"kind": "approve", "digest": escalation.proposal_digest}
    sent("answer", **approval)
    found = sent("answer", **approval)
    assert found["status"] == 409
    assert found["detail"].startswith("you have answered this already (approve) at ")
    assert found["hint"] == "your first answer counts"
