"""Alarms held against what became of them: one put in, edited or deleted is found."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.core.alarms_told import ToldAlarms
from handraise.core.record import canonical
from handraise.model import ChainedEvent, Flaw
from tests.core.test_record import made

AT = "2026-11-22T19:50:10.000000Z"
ROW = {"id": "a", "agent": "support-agent", "kind": "late", "state": "open"}


def event(kind: str) -> ChainedEvent:
    text = canonical({"alarm": "a", "kind": "late"})
    return made(
        1, seq=1, kind=kind, who="handraise", at=AT, agent="support-agent", salt="s", detail=text
    )


def told(*kinds: str) -> ToldAlarms:
    found = ToldAlarms()
    for kind in kinds:
        found.note(event(kind))
    return found


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["created", "alarm_raised"], "open"),
        (["alarm_raised", "alarm_acknowledged"], "acknowledged"),
        (["alarm_raised", "alarm_acknowledged", "alarm_snoozed"], "acknowledged"),
        (["alarm_raised", "alarm_over"], "resolved"),
        (["alarm_raised", "alarm_unseen"], "resolved"),
        (["alarm_raised", "alarm_over", "alarm_back"], "open"),
    ],
)
def test_an_alarm_stands_as_was_told(kinds: list[str], state: str) -> None:
    found = told(*kinds)
    assert found.flaws_of({**ROW, "state": state}) == []
    assert found.end() == []


@pytest.mark.parametrize(
    ("name", "value"), [("state", "resolved"), ("kind", "backlog"), ("agent", None)]
)
def test_an_alarm_that_was_edited_is_a_flaw(name: str, value: Any) -> None:
    (flaw,) = told("alarm_raised").flaws_of({**ROW, name: value})
    assert flaw == Flaw(None, "alarm a", f"its {name} is not what was told: edited")


def test_an_alarm_that_was_put_in_or_is_gone_is_a_flaw() -> None:
    (flaw,) = told().flaws_of(ROW)
    assert flaw.what == "no event tells of it: it was put there"
    (flaw,) = told("alarm_raised").end()
    assert (flaw.place, flaw.what) == ("alarm a", "an event tells of it, and it is gone")
