"""Instants of strangers: read once, told in every zone, or no instants at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest

from handraise.core.instants import (
    EARLIEST,
    LATEST,
    is_tellable,
    read_instant,
    tellable,
    which_of_two,
)

ENDS_OF_TIME = (
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+05:00",
    "0001-01-01T00:00:00Z",
)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("text", [*ENDS_OF_TIME, "2026-11-22T19:50", "soon", "", "2026-02-30"])
def test_what_no_zone_or_not_every_zone_can_tell_is_no_instant(text: str) -> None:
    assert read_instant(text) is None


@pytest.mark.parametrize("text", ENDS_OF_TIME)
def test_an_end_of_time_is_none_in_a_zone_either(text: str) -> None:
    assert read_instant(text[:19], TOKYO) is None
    assert not is_tellable(datetime.fromisoformat(text))
    assert not is_tellable(datetime.fromisoformat(text[:19]))


def test_an_instant_is_in_utc_and_a_time_without_a_zone_is_of_the_one_given() -> None:
    found = datetime(2026, 11, 22, 10, 50, tzinfo=UTC)
    assert read_instant(" 2026-11-22T19:50:00+09:00 ") == found
    assert read_instant("2026-11-22T19:50", TOKYO) == found
    assert read_instant("2026-11-22T10:50Z", TOKYO) == found
    assert tellable(found.astimezone(timezone(timedelta(hours=5))), TOKYO) == found
    assert tellable(found, TOKYO).tzinfo is UTC  # type: ignore[union-attr]


def test_every_zone_tells_whatever_is_returned() -> None:
    zones = [ZoneInfo(name) for name in sorted(available_timezones())[::12]]
    for zone in (*zones, timezone(timedelta(hours=23)), timezone(-timedelta(hours=23))):
        for at in (EARLIEST, LATEST - timedelta(seconds=1)):
            assert at.astimezone(zone) == at


def test_a_time_that_the_clocks_show_twice_says_which_of_the_two_it_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 35, tzinfo=UTC)
    told = [
        which_of_two((first + timedelta(hours=n)).astimezone(berlin)) for n in (-1, 0, 1, 2, 24)
    ]
    assert told == ["", " UTC+2", " UTC+1", "", ""]
    half = datetime(2026, 4, 4, 14, 45, tzinfo=UTC).astimezone(ZoneInfo("Australia/Lord_Howe"))
    assert which_of_two(half) == " UTC+11"
    later = half.astimezone(UTC) + timedelta(minutes=30)
    assert which_of_two(later.astimezone(half.tzinfo)) == " UTC+10:30"
    west = datetime(2026, 11, 1, 5, 30, tzinfo=UTC).astimezone(ZoneInfo("America/New_York"))
    assert which_of_two(west) == " UTC-4"
    assert which_of_two(datetime(2026, 10, 25, 0, 35)) == ""  # noqa: DTZ001 - it names no zone
