"""The second confirmation: which answers need one, and that stopping an agent never does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.lifecycle import must_confirm
from handraise.core.lifecycle.confirming import about, why_confirming
from handraise.errors import ConfirmationNeededError
from handraise.model import Answer, Reason
from tests.support.lives import START, TABLE, Life

SUPPORT, FINANCE = "support_supervisor", "finance_lead"
RATED = TABLE + "actions: {refund: critical, reply: low}\nconfirm: high\n"
ANSWER = Answer(kind="approve", by="dana", at=START, digest="d1", reason="fine")


@pytest.fixture
def life() -> Life:
    return Life(SUPPORT, text=RATED)


def test_letting_the_agent_do_what_is_rated_bad_enough_needs_a_passkey(life: Life):
    before = life.escalation
    with pytest.raises(ConfirmationNeededError, match="takes your passkey"):
        life.answer("dana")
    with pytest.raises(ConfirmationNeededError):
        life.change("dana", {"refund": 20})
    assert life.escalation == before

    life.answer("dana", confirmed_with="key-1")

    assert life.escalation.outcome == "approved"
    (answered, _) = life.move.events
    assert answered.detail["confirmed_with"] == "key-1"


@pytest.mark.parametrize("kind", ["reject", "instruct", "take_over"])
def test_stopping_the_agent_never_needs_one(life: Life, kind: str):
    life.answer("dana", kind)
    assert life.escalation.state == "resolved"
    assert "confirmed_with" not in life.move.events[0].detail


@pytest.mark.parametrize(
    ("rating", "is_needed"),
    [
        ("actions: {refund: low}\nconfirm: high\n", False),
        ("actions: {refund: high}\nconfirm: high\n", True),
        ("actions: {reply: low}\nconfirm: high\n", True),
        ("confirm: high\n", True),
        ("actions: {refund: critical}\n", False),
    ],
)
def test_the_rating_says_whether_and_doubt_asks_for_it(rating: str, is_needed: bool):
    life = Life(SUPPORT, text=TABLE + rating)
    assert must_confirm(life.escalation, "approve", life.table) is is_needed
    assert not must_confirm(life.escalation, "reject", life.table)


def test_practice_demands_none_but_a_drill_of_such_a_route_does(life: Life):
    life.escalation = replace(life.escalation, rehearsal=True)
    practised = life.escalation
    life.answer("dana")
    assert life.escalation.outcome == "approved"

    sentence = "this is a drill"
    drill = Reason(
        row="drill", condition="drill", route=SUPPORT, observed="", limit="", sentence=sentence
    )
    life.escalation = replace(practised, reasons=(drill,))
    with pytest.raises(ConfirmationNeededError):
        life.answer("dana")

    low = TABLE.replace("to: support", "for: {action: [reply]}, to: support")
    other = Life(SUPPORT, text=low + "actions: {refund: critical, reply: low}\nconfirm: high\n")
    other.escalation = replace(other.escalation, rehearsal=True, reasons=(drill,))
    other.answer("dana")
    assert other.escalation.outcome == "approved"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("", "an action without a rating may come to support supervisor"),
        ("for: {action: [reply]}, ", ""),
        (
            "for: {action: [refund]}, ",
            "refund, rated high or worse, may come to support supervisor",
        ),
    ],
)
def test_a_route_says_what_may_come_to_it_that_must_be_confirmed(row: str, why: str):
    rated = "actions: {refund: critical, reply: low}\nconfirm: high\n"
    table = Life(SUPPORT, text=TABLE.replace("to: support", f"{row}to: support") + rated).table
    assert why_confirming(SUPPORT, table) == why
    assert why_confirming("owner", table) == "what nobody else can decide comes to the owner"


def test_a_row_about_severity_names_the_actions_that_come_by_it():
    row = "consequence:\n    - {severity: high, to: finance_lead}"
    text = re.sub(r"consequence:[^\n]*", row, RATED)
    why = "refund, rated high or worse, may come to finance lead"
    assert why_confirming(FINANCE, Life(SUPPORT, text=text).table) == why


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "change"},
        {"by": "marc"},
        {"digest": "d2"},
        {"proposal": {"refund": 1}},
        {"facts": {"revenue_usd": 1}},
        {"reason": None},
        {"reason": "fine\ud800"},
        {"instruction": "do"},
    ],
)
def test_a_confirmation_is_about_one_answer_down_to_the_last_value(other: dict[str, Any]):
    usual = about("e1.1", ANSWER, "s")
    assert usual != about("e1.1", replace(ANSWER, **other), "s")
    assert usual not in {about("e1.2", ANSWER, "s"), about("e1.1", ANSWER, "t")}
    assert usual == about("e1.1", replace(ANSWER, at=START + timedelta(minutes=1)), "s")
