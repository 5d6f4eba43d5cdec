"""Instants as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handraise.errors import InputError
from handraise.service.people.instants import instant_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def read(written: str, zone: str = "America/New_York", *, is_end: bool = False) -> str:
    return f"{instant_of('--to', written, zone, NOW, is_end=is_end):%Y-%m-%d %H:%M:%S}"


def test_a_day_begins_with_its_midnight_where_the_person_is() -> None:
    assert read("2026-11-24") == "2026-11-24 05:00:00"
    assert read("2026-11-24", "UTC") == "2026-11-24 00:00:00"


def test_a_day_at_the_end_is_the_last_one() -> None:
    assert read("2026-11-24", is_end=True) == "2026-11-25 05:00:00"
    assert read("2026-12-31", "UTC", is_end=True) == "2027-01-01 00:00:00"


def test_a_time_is_read_where_the_person_is_unless_it_says_where() -> None:
    assert read("2026-11-24T09:00") == "2026-11-24 14:00:00"
    assert read("2026-11-24 09:00:30") == "2026-11-24 14:00:30"
    assert read("2026-11-24T09:00", is_end=True) == "2026-11-24 14:00:00"
    assert read("2026-11-24T09:00Z") == "2026-11-24 09:00:00"
    assert read("2026-11-24T09:00+02:00") == "2026-11-24 07:00:00"


def test_how_long_counts_from_the_beginning() -> None:
    assert read(" 3d ") == "2026-11-26 10:00:00"
    assert read("1h30m", is_end=True) == "2026-11-23 11:30:00"


def test_in_the_night_when_a_time_comes_twice_it_is_the_first() -> None:
    assert read("2026-11-01T01:30") == "2026-11-01 05:30:00"
    assert read("2026-11-01T01:30-05:00") == "2026-11-01 06:30:00"


def test_a_time_that_the_clocks_leave_out_is_refused_and_a_day_begins_all_the_same() -> None:
    said = "--to: 2027-03-14 02:30 does not exist in America/New_York: the clocks are set forward"
    with pytest.raises(InputError, match=said):
        read("2027-03-14T02:30")
    assert read("2027-03-14T02:30-05:00") == "2027-03-14 07:30:00"
    assert read("2027-03-26", "Asia/Jerusalem", is_end=True) == "2027-03-26 21:00:00"
    assert read("2024-09-08", "America/Santiago") == "2024-09-08 04:00:00"  # has no midnight


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "2026-11-24T25:00",
        "3",
        "20261124",
        "2026-W48-1",
        "2026-11-24T09:00+25:00",
        "-3d",
        "9999999d",
        "\u0662026-11-24",
    ],
)
def test_anything_else_is_refused_with_what_is_understood(written: str) -> None:
    with pytest.raises(InputError, match="is no instant; write a day such as 2026-11-23"):
        read(written)


def test_the_last_day_that_there_is_can_be_read() -> None:
    assert read("9999-12-31", is_end=True).startswith("9999-12-3")
