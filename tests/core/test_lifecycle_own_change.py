"""Nobody agrees for one route to what they themselves changed for another."""

from __future__ import annotations

import pytest

from handraise.errors import AccessError
from tests.support.lives import TABLE, Life

BOTH = TABLE.replace("people: [ines],", "people: [dana, ines],")
SUPPORT, FINANCE = "support_supervisor", "finance_lead"


def test_what_a_change_adds_is_asked_of_somebody_else():
    life = Life(SUPPORT, text=BOTH)
    life.change("dana", {"refund": 90_000}, 1, FINANCE)

    assert (life.ask(2).route, life.ask(2).holder) == (FINANCE, "ines")
    with pytest.raises(AccessError, match="dana made the proposal what it is"):
        life.answer("dana", number=2)
    life.answer("ines", number=2)
    assert life.escalation.outcome == "changed"


def test_what_they_held_for_another_route_moves_on():
    life = Life(SUPPORT, FINANCE, text=BOTH)
    assert [ask.holder for ask in life.escalation.asks] == ["dana", "dana"]

    life.change("dana", {"refund": 90_000}, 1, FINANCE)

    assert life.ask(2).holder == "ines"
    assert ("asked", "ines") in life.notices
    assert ("moved_on", "dana") not in life.notices


def test_the_owner_may_as_the_last_resort():
    life = Life(SUPPORT, FINANCE, text=TABLE)
    life.change("priya", {"refund": 90_000}, 1, FINANCE)

    life.answer("priya", number=2)

    assert life.escalation.outcome == "changed"
