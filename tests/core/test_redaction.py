"""What stays of an erased event: who, which route, how it ended; nobody's words, and no value."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.core.record import canonical
from handraise.core.redaction import kept_in, kept_of
from tests.core.test_record import made


def said(kind: str, detail: Any, seq: int = 1) -> Any:
    return made(seq, kind=kind, salt="s", detail=canonical(detail))


@pytest.mark.parametrize(
    ("kind", "detail", "kept"),
    [
        (
            "assigned",
            {"to": "ines", "route": "finance_lead", "with_owner": False, "why": "words"},
            {"to": "ines", "route": "finance_lead"},
        ),
        (
            "answered",
            {"answer": "change", "route": "r", "from": {"refund": 1}, "to": {"refund": 2}},
            {"answer": "change", "route": "r"},
        ),
        ("resolved", {"outcome": "rejected", "reason": "words"}, {"outcome": "rejected"}),
        (
            "outcome_told",
            {"outcome": "o", "decision": "d", "is_right": False, "stake": 0.0, "note": "words"},
            {"outcome": "o", "decision": "d", "is_right": False, "stake": 0.0},
        ),
        ("came_back", {"to": "somebody"}, {}),
    ],
)
def test_only_what_is_no_personal_data_is_kept(kind: str, detail: Any, kept: Any) -> None:
    assert kept_of(said(kind, detail)) == kept


def test_what_redactions_kept_is_found_by_number() -> None:
    told = [
        said("redacted", {"reason": "r", "kept": {"4": {"to": "ines"}, "x": {}, "5": "odd"}}),
        said("redacted", {"reason": "again"}),
        said("resolved", {"kept": {"6": {"to": "dana"}}}),
    ]
    assert kept_in(told) == {4: {"to": "ines"}}
