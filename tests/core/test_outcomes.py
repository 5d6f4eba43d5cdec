"""Outcomes held against what was told: one put in, edited or deleted is found; erasing is none."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.outcomes import ToldOutcomes, teller_of
from handraise.core.record import canonical
from handraise.core.redaction import kept_of
from handraise.model import ChainedEvent, Flaw
from tests.core.test_record import made

AT, TURNED_OUT = "2026-11-22T19:50:10.000000Z", "2026-11-20T00:00:00.000000Z"
SAID = {"outcome": "o", "decision": "d", "is_right": False, "source": "api", "stake": 7.0}
ROW = {
    "id": "o",
    "agent": "support-agent",
    "decision_id": "d",
    "is_right": False,
    "at": AT,
    "told_at": AT,
    "source": "api",
    "by": "billing",
    "stake": 7.0,
    "note": "words",
}


def event(seq: int = 1, kind: str = "outcome_told", **detail: Any) -> ChainedEvent:
    who = "key:billing" if kind == "outcome_told" else "priya"
    text = canonical(detail)
    return made(1, seq=seq, kind=kind, who=who, at=AT, agent="support-agent", salt="s", detail=text)


def told(*events: ChainedEvent) -> ToldOutcomes:
    found = ToldOutcomes()
    for one in events:
        found.note(one)
    return found


def test_an_outcome_that_stands_as_it_was_told_has_no_flaw() -> None:
    found = told(event(kind="created"), event(**SAID))
    assert found.flaws_of(ROW) == []
    assert found.end() == []
    earlier = told(event(**SAID, turned_out_at=TURNED_OUT))
    assert earlier.flaws_of({**ROW, "at": TURNED_OUT}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agent", "other"),
        ("decision_id", "e"),
        ("is_right", True),
        ("stake", None),
        ("by", "dana"),
        ("told_at", TURNED_OUT),
        ("at", TURNED_OUT),
    ],
)
def test_whatever_of_it_is_edited_is_found(name: str, value: Any) -> None:
    expected = Flaw(None, "outcome o", f"its {name} is not what was told: edited")
    assert told(event(**SAID)).flaws_of({**ROW, name: value}) == [expected]


def test_the_agents_own_word_that_is_made_another_s_is_found() -> None:
    own = replace(event(**{**SAID, "source": "agent"}), who="agent:support-agent")
    (flaw,) = told(own).flaws_of({**ROW, "source": "file", "by": "agent:support-agent"})
    assert flaw.what == "its source is not what was told: edited"


def test_one_that_was_put_there_and_one_that_is_gone_are_found() -> None:
    found = told(event(**SAID))
    (put,) = found.flaws_of({**ROW, "id": "x"})
    assert put.what == "no event tells of it: it was put there"
    assert found.end() == [Flaw(None, "outcome o", "an event tells of it, and it is gone")]


def test_what_was_erased_is_told_by_what_its_redaction_kept() -> None:
    whole = event(4, **SAID)
    erased = replace(whole, detail=None, salt=None)
    kept = {"4": kept_of(whole), "9": {"to": "ines"}}
    found = told(erased, event(5, "redacted", reason="r", kept=kept))
    again = event(6, "redacted", reason="again", kept=kept)
    found.note(again)
    assert found.flaws_of(ROW) == []
    assert found.end() == []


def test_who_told_is_named_as_events_name_them() -> None:
    assert teller_of("agent", "support-agent", "x") == "agent:support-agent"
    assert teller_of("file", "support-agent", "dana") == "dana"
