"""Waivers are by name, with a reason and an end, and go on until it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest

from handraise.errors import InputError
from handraise.model import ReadyRecord, Waiver
from handraise.service.going_live.line import REQUIRED, Line
from handraise.service.going_live.signable import signable
from handraise.service.going_live.waiving import (
    WAIVABLE,
    carried,
    check_code,
    joined,
    waived,
    waivers_of,
)
from handraise.service.people.instants import instant_of
from tests.support.checked import NOW

MONTH = NOW + timedelta(days=30)


def waiver(line: str, **fields: object) -> Waiver:
    usual = {"line": line, "by": "priya", "reason": "new", "at": NOW, "until": MONTH}
    return Waiver(**(usual | fields))  # type: ignore[arg-type]


def record(*waivers: Waiver) -> ReadyRecord:
    return ReadyRecord(
        agent="a", version="v1", by="priya", at=NOW, statement="", evidence=[], waivers=waivers
    )


def red(code: str) -> Line:
    return Line(code=code, name=code, state="red", evidence="not seen", remedy="see to it")


def test_one_reason_and_one_end_hold_for_all_that_are_named_at_once() -> None:
    found = waivers_of(["drilled", "capacity", "drilled"], "priya", " new ", MONTH, NOW)
    assert found == [waiver("drilled"), waiver("capacity")]


def test_a_waiver_ends_at_the_latest_after_ninety_days() -> None:
    assert waivers_of(["drilled"], "priya", "new", NOW + timedelta(days=90), NOW)
    with pytest.raises(InputError, match="more than 90 days ahead"):
        waivers_of(["drilled"], "priya", "new", NOW + timedelta(days=91), NOW)
    with pytest.raises(InputError, match="has passed"):
        waivers_of(["drilled"], "priya", "new", NOW, NOW)


@pytest.mark.parametrize(
    "reason", ["", "  \n", "x" * 501, "\u200b", "\u3164 \u2800", "...", "\u2028\x1b"]
)
def test_a_waiver_has_a_reason_that_can_be_read(reason: str) -> None:
    with pytest.raises(InputError, match="--because"):
        waivers_of(["drilled"], "priya", reason, MONTH, NOW)


@pytest.mark.parametrize("code", ["sound", "tests", "warnings", "dril", ""])
def test_what_cannot_be_waived_is_refused(code: str) -> None:
    with pytest.raises(InputError, match=f'"{code}"'):
        check_code("--waive", code)


def test_waivers_go_on_with_their_version_and_until_their_end() -> None:
    old = waiver("capacity", until=NOW)
    assert carried(record(waiver("drilled"), old), "v1", NOW) == [waiver("drilled")]
    assert carried(record(waiver("drilled")), "v2", NOW) == []
    assert carried(record(waiver("drilled", by="dana")), "v1", NOW) == []
    assert carried(None, "v1", NOW) == []


def test_a_fresh_waiver_takes_the_place_of_the_earlier_one() -> None:
    fresh = waiver("drilled", reason="again")
    earlier = [waiver("drilled"), waiver("capacity")]
    assert joined(earlier, [fresh]) == [fresh, waiver("capacity")]
    assert joined(earlier, [], ("drilled",)) == [waiver("capacity")]


def test_only_red_lines_are_waived_and_only_until_the_end() -> None:
    green = msgspec.structs.replace(red("capacity"), state="green")
    waivers = [waiver("drilled"), waiver("capacity"), waiver("tests")]
    found = waived([red("drilled"), green, red("tests")], waivers, NOW)
    assert [line.state for line in found] == ["waived", "green", "red"]
    assert found[0].waiver == waivers[0]
    assert waived([red("drilled")], waivers, MONTH)[0].state == "red"


def test_nothing_about_the_table_itself_can_be_waived() -> None:
    assert not {"sound", "tests"} & set(WAIVABLE)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"])
def test_the_last_day_that_is_named_is_accepted_to_its_end(zone: str) -> None:
    def waive(day: str) -> list[Waiver]:
        until = instant_of("--until", day, zone, NOW, is_end=True)
        return waivers_of(["drilled"], "priya", "new", until, NOW, zone)

    with pytest.raises(InputError, match="more than 90 days ahead") as refused:
        waive("9999-12-31")
    found = re.fullmatch(r"name (\S+) or an earlier day", refused.value.hint)
    assert found is not None
    last = found[1]
    (waived_to_its_end,) = waive(last)
    assert signable(
        [red("drilled")]
        + [
            Line(code=code, name=code, state="green", evidence="seen")
            for code in REQUIRED
            if code != "drilled"
        ],
        [waived_to_its_end],
        "priya",
        NOW,
    )
    with pytest.raises(InputError, match=f"name {last} or an earlier day"):
        waive(str(date.fromisoformat(last) + timedelta(days=1)))


def test_a_reason_stands_on_one_line() -> None:
    (found,) = waivers_of(["drilled"], "priya", "no history\u2028\nyet", MONTH, NOW)
    assert found.reason == "no history yet"
