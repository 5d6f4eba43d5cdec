"""What may be signed for: every line, none of it red, and waivers that the owner can have meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handraise.core.table.read import read
from handraise.errors import NotReadyError
from handraise.model import Waiver
from handraise.service.going_live.line import LONGEST_WAIVER, NEVER_WAIVED, REQUIRED, Line
from handraise.service.going_live.signable import Lapse, lapse, signable, signer_of
from tests.support.operation import TABLE

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def lines(**states: Any) -> list[Line]:
    """Return the whole checklist, green but for what is named."""
    return [
        Line(code=code, name=code, state=states.get(code, "green"), evidence="seen")
        for code in REQUIRED
    ]


def waiver(line: str = "drilled", **fields: Any) -> Waiver:
    usual: dict[str, Any] = {"by": "priya", "reason": "not yet", "at": NOW, "until": NOW + DAY}
    return Waiver(line=line, **{**usual, **fields})


@pytest.mark.parametrize("code", REQUIRED)
def test_a_line_that_is_missing_or_red_is_not_signed_for(code: str):
    with pytest.raises(NotReadyError, match=f'no line "{code}"'):
        signable([line for line in lines() if line.code != code], [], "priya", NOW)
    with pytest.raises(NotReadyError, match=f"{code}: seen"):
        signable(lines(**{code: "red"}), [], "priya", NOW)


@pytest.mark.parametrize("code", REQUIRED)
def test_the_owner_may_waive_what_is_red_but_for_a_table_that_is_wrong(code: str):
    red, waivers = lines(**{code: "red"}), [waiver(code)]
    if code in NEVER_WAIVED:
        with pytest.raises(NotReadyError, match="cannot be waived"):
            signable(red, waivers, "priya", NOW)
        return
    found = {line.code: line for line in signable(red, waivers, "priya", NOW)}
    assert (found[code].state, found[code].waiver) == ("waived", waivers[0])
    assert lapse(found.values(), NOW) == Lapse(NOW + DAY, f'the waiver of "{code}" ends')


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"by": "dana"}, 'it is by "dana"'),
        ({"reason": "  "}, "has no reason"),
        ({"reason": "\u200b"}, "has no reason"),
        ({"until": NOW}, "end has passed"),
        ({"until": NOW - DAY}, "end has passed"),
        ({"until": NOW + LONGEST_WAIVER + 2 * DAY}, "more than 90 days"),
        ({"at": NOW + DAY}, "made in the future"),
        ({"line": "everything"}, "no such line"),
    ],
)
def test_a_waiver_that_the_owner_cannot_have_meant_is_refused(fields: dict[str, Any], words: str):
    bad = msgspec.structs.replace(waiver(), **fields)
    with pytest.raises(NotReadyError, match=words):
        signable(lines(drilled="red"), [bad], "priya", NOW)
    on_the_line = msgspec.structs.replace(bad, line="drilled")
    waived = [
        msgspec.structs.replace(line, state="waived", waiver=on_the_line)
        if line.code == "drilled"
        else line
        for line in lines()
    ]
    if "line" not in fields:
        with pytest.raises(NotReadyError, match=words):
            signable(waived, [], "priya", NOW)


def test_a_line_that_calls_itself_waived_needs_its_waiver():
    with pytest.raises(NotReadyError, match="drilled"):
        signable(lines(drilled="waived"), [], "priya", NOW)
    with pytest.raises(NotReadyError, match="drilled"):
        signable(lines(drilled="red"), [waiver("capacity")], "priya", NOW)


def test_a_waiver_of_what_is_not_red_is_left_out():
    assert all(line.waiver is None for line in signable(lines(), [waiver()], "priya", NOW))


def test_the_first_end_counts_and_what_is_too_old_is_red():
    aging = [
        msgspec.structs.replace(line, until=NOW + days * DAY, lapses=f"{line.code} is old")
        for line, days in zip(lines(), range(1, 20), strict=False)
    ]
    assert lapse(signable(aging, [], "priya", NOW), NOW) == Lapse(NOW + DAY, "sound is old")
    with pytest.raises(NotReadyError, match="too old by now"):
        signable(aging, [], "priya", NOW + DAY)
    unnamed = [Line(code="x", name="it", state="green", evidence="", until=NOW + DAY)]
    assert lapse(unnamed, NOW) == Lapse(NOW + DAY, 'what was seen of "it" is too old')
    assert lapse(lines(), NOW) is None


def test_the_owner_in_force_signs_until_they_have_left():
    before, after = read(TABLE).table, read(TABLE.replace("owner: priya", "owner: ines")).table
    assert before is not None
    assert after is not None
    assert signer_of(after, None, ()) == "ines"
    assert signer_of(after, before, ()) == "priya"
    assert signer_of(after, before, {"priya"}) == "ines"


def test_what_is_said_to_have_been_seen_in_the_future_is_red():
    def seen(at: datetime) -> list[Line]:
        until = at + 30 * DAY
        return [msgspec.structs.replace(line, at=at, until=until) for line in lines()]

    assert signable(seen(NOW + timedelta(minutes=4)), [], "priya", NOW)
    with pytest.raises(NotReadyError, match="which is to come"):
        signable(seen(NOW + DAY), [], "priya", NOW)
