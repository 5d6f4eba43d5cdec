"""What somebody does a second time is known by what is noted of the first time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handraise.core.lifecycle import done_before
from handraise.errors import AlreadyAnsweredError
from handraise.model import Event
from tests.support.lives import Life

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def event(kind: str, who: str, ask: str = "e1.1", **detail: Any) -> Event:
    return Event(at=AT, kind=kind, who=who, agent="support-agent", ask_id=ask, detail=detail)


GIVEN_BACK = event("advanced", "dana", **{"from": "dana", "to": "marc"})
GIVEN_TO_INES = event("reassigned", "dana", to="ines")
TAKEN_BACK = event("delegation_ended", "dana", **{"from": "ines"})


@pytest.mark.parametrize(
    ("events", "move", "to", "found"),
    [
        ([], "release", None, None),
        ([GIVEN_BACK], "release", None, GIVEN_BACK),
        ([GIVEN_BACK, event("acknowledged", "marc")], "release", None, GIVEN_BACK),
        ([GIVEN_BACK, event("advanced", "marc", to="priya")], "release", None, GIVEN_BACK),
        ([GIVEN_BACK, event("reassigned", "priya", to="dana")], "release", None, None),
        ([GIVEN_BACK, event("acknowledged", "dana", **{"from": "marc"})], "release", None, None),
        ([event("advanced", "handraise", to="marc")], "release", None, None),
        ([event("advanced", "dana", ask="e1.2", to="marc")], "release", None, None),
        ([GIVEN_TO_INES], "reassign", "ines", GIVEN_TO_INES),
        ([GIVEN_TO_INES], "reassign", "marc", None),
        ([GIVEN_TO_INES], "release", None, None),
        ([TAKEN_BACK], "take_back", None, TAKEN_BACK),
    ],
)
def test_what_was_done_before_is_found_unless_it_came_anew(
    events: list[Event], move: str, to: str | None, found: Event | None
) -> None:
    assert done_before(events, "e1.1", "dana", move, to) == found


def test_who_answers_twice_is_told_that_the_first_answer_counts() -> None:
    life = Life("support_supervisor")
    life.answer("dana")
    with pytest.raises(AlreadyAnsweredError) as told:
        life.answer("dana", "reject")
    assert (
        told.value.message == "you have answered this already (approve) at 2026-11-23 10:00:00 UTC"
    )
    assert told.value.hint == "your first answer counts"
