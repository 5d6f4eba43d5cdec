"""A change of one field changes that field alone, on the page and in Slack."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.core.table.form import parse_form
from handraise.service.slack.forms import FIELD, GIVEN, typed_in
from tests.web.support import Desk

FORM = parse_form({"refund": "number", "note": "text?", "sure": "boolean?"})


@pytest.mark.parametrize(
    ("note", "back"),
    [
        ("a\r\nb", "a\r\nb"),
        ("a  ", "a  "),
        ("\na", "\r\na"),
        ("", ""),
        (None, ""),
        ("a\rb", "a\r\nb"),
    ],
)
def test_a_change_on_the_page_leaves_other_fields_as_they_are(
    note: Any, back: str, desk: Desk
) -> None:
    escalation = desk.stop(proposal={"refund": 40, "note": note})
    fields = {"proposal.refund": "20", "proposal.note": back, "reason": "half of it"}
    assert desk.answer(escalation, desk.session("dana"), "change", **fields).status_code == 303
    changed = desk.operation.store.escalation(escalation.id)
    assert changed is not None
    assert changed.proposal == {"refund": 20, "note": note}


@pytest.mark.parametrize(("note", "sure"), [("a\r\nb", True), ("", None), (None, False)])
def test_a_change_in_slack_leaves_other_fields_as_they_are(note: Any, sure: bool | None) -> None:
    now = {"refund": 40, "note": note, "sure": sure}
    option = None if sure is None else {"value": str(sure).lower()}
    values: dict[str, Any] = {
        f"{FIELD}refund": {GIVEN: {"value": "20"}},
        f"{FIELD}note": {GIVEN: {"value": (note or "").replace("\r\n", "\n") or None}},
        f"{FIELD}sure": {GIVEN: {"selected_option": option}},
    }
    assert typed_in(values, "change", FORM, now).proposal == {**now, "refund": 20}
    assert typed_in(values, "change", FORM).proposal != {**now, "refund": 20}
