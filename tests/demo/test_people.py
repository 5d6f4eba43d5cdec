from typing import Any

import pytest

from handraise.demo.pages import forms_of, links_of
from handraise.demo.people import Ticket, answer_to
from handraise.demo.requests import HAND_OVER, Request


def _request(**fields: Any) -> Request:
    return Request(**{"id": "LK-1", "text": "words", "type": "double_charge", **fields})


REFUND = _request(amount=1275, right_action="refund", right_amount=1275)
LESS = _request(amount=50, right_action="refund", right_amount=12.5)
NOTHING = _request(amount=50, right_action="refund", right_amount=0)
REPLY = _request(type="opening_hours")


@pytest.mark.parametrize(
    ("request_", "action", "shown", "kind"),
    [
        (REFUND, "refund", {"refund": "1275", "note": ""}, "approve"),
        (REFUND, "refund", {"refund": "1,275.00"}, "approve"),
        (REFUND, "refund", {"refund": "a lot"}, "change"),
        (REFUND, "refund", {}, "change"),
        (LESS, "refund", {"refund": "50"}, "change"),
        (NOTHING, "refund", {"refund": "50"}, "reject"),
        (REFUND, "change_billing", {"monthly_change": "1275"}, "reject"),
        (REFUND, "delete_account", {"account": "LK-1"}, "reject"),
        (REFUND, "send_reply", {"reply": "invoice_copy"}, "instruct"),
        (REPLY, "send_reply", {"reply": "opening_hours"}, "approve"),
        (REPLY, "send_reply", {"reply": "invoice_copy"}, "change"),
        (_request(right_action=HAND_OVER), "refund", {"refund": "5"}, "take_over"),
    ],
    ids=["right", "commas", "no number", "nothing shown", "less", "nothing owed", "not billing", "not deletion", "not a reply", "right reply", "other reply", "unheard of"],
)  # fmt: skip
def test_a_careful_person_answers_what_is_right(
    request_: Request, action: str, shown: dict[str, str], kind: str
) -> None:
    said = answer_to(Ticket(request=request_, action=action), shown)
    assert said.kind == kind
    assert bool(said.typed) == (kind != "approve")


def test_a_change_fills_in_the_right_amount_and_says_why() -> None:
    said = answer_to(Ticket(request=LESS, action="refund"), {"refund": "50"})
    assert said.typed["proposal.refund"] == "12.5"
    assert said.typed["reason"]


def test_an_instruction_says_what_to_do_instead() -> None:
    said = answer_to(Ticket(request=REFUND, action="send_reply"), {"reply": "x"})
    assert "refund 1275" in said.typed["instruction"]
    nothing = answer_to(Ticket(request=NOTHING, action="send_reply"), {"reply": "x"})
    assert "nothing to do" in nothing.typed["instruction"]


def test_links_are_read_once_each_in_their_order() -> None:
    page = """<a href="/escalations/2">B</a><a href="/table">T</a><a>no link</a>
    <a class="x" href="/escalations/1">A</a><a href="/escalations/2">B again</a>"""
    assert links_of(page, "/escalations/") == ["/escalations/2", "/escalations/1"]


def test_forms_are_read_with_what_stands_in_their_fields() -> None:
    page = """<input name="outside"><form action="/a"><input name="one" value="1 &amp; 2"><input value="x">
    <textarea name="two">
a &lt;b&gt;
c</textarea><textarea>nameless</textarea></form><form><input name="three"></form>"""
    first, second = forms_of(page)
    assert (first.action, first.fields) == ("/a", {"one": "1 & 2", "two": "a <b>\nc"})
    assert (second.action, second.fields) == ("", {"three": ""})
