"""The stops of the past played against the people, and what is promised of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.backtesting import playing
from handraise.service.backtesting.counting import judged_past
from handraise.service.backtesting.playing import Play, arrivals_of, shifts_of
from handraise.service.backtesting.result import Backtest
from handraise.service.backtesting.trying import promised, tried
from handraise.service.simulating.arrivals import Arrivals
from tests.support.backtested import found_for, plan_of, tried_on
from tests.support.two_tables import TABLE, changed, decision, table_of, written

PAST = [
    decision("d", 0.1, at="2026-03-03T12:00:00Z", minutes=6),
    decision("a", 0.1, at="2026-03-02T12:00:00Z", minutes=None),
    decision("b", 0.1, revenue=2000.0, at="2026-03-02T13:00:00+01:00", minutes=-3),
    decision("c", 0.9, at="2026-03-02T14:00:00Z", minutes=5),
    decision("e", 0.1, at=None, minutes=5),
    decision("f", revenue=2000.0, at="2026-03-04T12:00:00Z", minutes=math.inf),
]


def arrived(table: Table, place: Path, **columns: Any) -> Arrivals:
    with found_for(table, place, **columns) as (past, found):
        judged = judged_past(table, found)
        return arrivals_of(past, judged, has_handling="handling" in found.has)


def played(table: Table, place: Path, play: Play, **columns: Any) -> Backtest:
    plan = plan_of(place, table=place.parent / "handraise.yaml", **columns)
    return tried(plan, table, play, lambda _what, _share: None)


def test_stops_arrive_in_the_order_of_time_with_whom_they_ask(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", PAST)
    arrivals = arrived(table_of(TABLE), place, handling_minutes="minutes")
    days = (arrivals.at / 86400 - datetime(2026, 3, 2, tzinfo=UTC).timestamp() / 86400).tolist()
    assert days == [0.5, 0.5, 1.5, 2.5]
    routes = [arrivals.routes[which] for which in arrivals.which]
    assert sorted(routes[:2]) == [("support",), ("support", "finance")]
    assert routes[2:] == [("support",), ("finance",)]
    assert arrivals.handling_s is not None
    assert np.isnan(arrivals.handling_s).tolist() == [True, True, False, True]
    assert arrivals.handling_s[2] == 360.0
    assert arrived(table_of(TABLE), place).handling_s is None


def test_more_routes_than_one_column_holds_are_asked(tmp_path: Path) -> None:
    many = "\n".join(f"  r{place}: [dana]" for place in range(70))
    rows = "\n".join(f"    - {{when: revenue > {place}, to: r{place}}}" for place in range(70))
    text = changed(
        ("  finance: [ines]", f"  finance: [ines]\n{many}"),
        ("    - {when: revenue > 1000, to: finance}", rows),
    )
    past = [decision("a", revenue=65.5), decision("b", revenue=0.5)]
    arrivals = arrived(table_of(text), written(tmp_path / "past.jsonl", past))
    asked = sorted(len(arrivals.routes[which]) for which in arrivals.which)
    assert asked == [1, 66]


def test_playing_says_how_people_fare_and_what_was_left_out(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", PAST)
    play = Play(assumed_s=360.0, repetitions=2)
    result = played(table_of(TABLE), place, play, handling_minutes="minutes")
    assert result.simulated is not None
    assert result.simulated.repetitions == 2
    assert {one.route for one in result.simulated.routes} >= {"support", "finance"}
    assert (
        "whether people could have answered the stops without a usable time (1)" in result.left_out
    )
    again = played(table_of(TABLE), place, play, handling_minutes="minutes")
    assert again == result


@pytest.mark.parametrize(
    ("past", "play", "message"),
    [
        ([decision("a", 0.1, at=None)], Play(assumed_s=60.0), "no stop of a known time"),
        ([decision("a")], Play(assumed_s=60.0), "no stop of a known time"),
        ([decision("a", 0.1)], Play(), "how long people work on an answer is not known"),
    ],
)
def test_what_cannot_be_played_is_said(
    tmp_path: Path, past: list[dict[str, Any]], play: Play, message: str
) -> None:
    past.append(decision("z", 0.9))  # a time, at least, is known of one that goes ahead
    with pytest.raises(InputError, match=message):
        played(table_of(TABLE), written(tmp_path / "past.jsonl", past), play)


def test_without_times_or_with_too_many_stops_nothing_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "past.csv"
    place.write_text("type,confidence,revenue\nrefund,0.1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no times") as raised:
        played(table_of(TABLE), place, Play(assumed_s=60.0))
    assert "--at COLUMN" in raised.value.hint
    monkeypatch.setattr(playing, "MOST_STOPS", 1)
    with pytest.raises(InputError, match="4 stops are too many"):
        played(table_of(TABLE), written(tmp_path / "past.jsonl", PAST), Play(assumed_s=60.0))


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:1
SUMMARY:dana
DTSTART:20260302T090000Z
DTEND:20260302T170000Z
END:VEVENT
END:VCALENDAR
"""


def test_calendars_beside_the_table_say_who_was_there(tmp_path: Path) -> None:
    text = changed(
        ('dana@example.com"}', 'dana@example.com", hours: {calendar: team.ics, events: all}}')
    )
    table = table_of(text)
    (tmp_path / "team.ics").write_bytes(CALENDAR.replace("\n", "\r\n").encode())
    arrivals = arrived(table, written(tmp_path / "past.jsonl", PAST))
    shifts = shifts_of(table, tmp_path, arrivals)
    (own,) = shifts["dana"] or ()
    assert own == (
        datetime(2026, 3, 2, 9, tzinfo=UTC),
        datetime(2026, 3, 2, 17, tzinfo=UTC),
    )
    assert shifts["ines"] == ()
    (tmp_path / "team.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"team\.ics: "):
        shifts_of(table, tmp_path, arrivals)


def test_what_is_promised_is_what_was_counted(tmp_path: Path) -> None:
    result = tried_on(table_of(TABLE), written(tmp_path / "past.jsonl", PAST))
    at = datetime(2026, 4, 1, tzinfo=UTC)
    promise = promised(result, at)
    assert (promise.agent, promise.version, promise.at) == ("agent", result.version, at)
    assert (promise.decisions, promise.stopped) == (6, 5)
    assert promise.rows == {"confidence.1": 4, "consequence.1": 2, "novelty.1": 0}
    assert promise.conditions == {"confidence": 4, "consequence": 2, "novelty": 0}
    assert promise.routes == {"support": 4, "finance": 2}
    assert promise.types == {"refund": (6, 5)}
    assert promise.first == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert promise.last == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert promise.alike == 1.0
    place = tmp_path / "past.csv"
    place.write_text("type,confidence,revenue\nrefund,0.1,1\n", encoding="utf-8")
    assert promised(tried_on(table_of(TABLE), place), at).first is None


def test_days_that_differ_by_more_than_chance_are_promised_with_the_rest(tmp_path: Path) -> None:
    lines = ["at,type,confidence,revenue"]
    for day in range(1, 21):
        sure = 0.1 if day % 2 else 0.9
        lines += [f"2026-03-{day:02}T12:00:00Z,refund,{sure},1"] * 10
    place = tmp_path / "past.csv"
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    promise = promised(tried_on(table_of(TABLE), place), datetime(2026, 4, 1, tzinfo=UTC))
    assert (promise.decisions, promise.stopped) == (200, 100)
    assert promise.alike == pytest.approx(20)  # (1 - 0)² over 0.25 · (1/10 + 1/10)
