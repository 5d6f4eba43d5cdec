"""The charts of a backtest: days without a gap, hours with their duty, waits with their ends."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from handraise.service.backtesting.result import DayLine, HourLine, RowLine, Share
from handraise.service.plots.look import Look
from handraise.service.plots.past import (
    Bar,
    bars_of,
    days_chart,
    hours_chart,
    rows_chart,
    stops_of,
    waits_chart,
)
from handraise.service.simulating.records import Estimate, RouteLoad, Waits

START = date(2026, 9, 1)


def values_of(chart: str) -> list[list[dict[str, Any]]]:
    """Return the values of a chart, layer by layer."""
    found = msgspec.json.decode(chart)
    named = found.get("datasets", {})
    held = [one.get("data") or found["data"] for one in found["layer"]]
    return [data.get("values") or named.get(data.get("name"), []) for data in held]


def line(after: int, stopped: int) -> DayLine:
    """Return a day of the past."""
    day = (START + timedelta(days=after)).isoformat()
    return DayLine(day=day, decisions=10, stopped=stopped)


def test_days_without_a_decision_are_days_too() -> None:
    assert bars_of([line(0, 3), line(2, 4)]) == [
        Bar(START, 1, 3),
        Bar(START + timedelta(days=1), 1, 0),
        Bar(START + timedelta(days=2), 1, 4),
    ]
    assert bars_of([]) == []


@pytest.mark.parametrize(
    ("days", "bars", "said"),
    [
        (120, 120, "Stops a day"),
        (121, 18, "Stops a week"),
        (840, 120, "Stops a week"),
        (841, 61, "Stops in 14 days"),
        (20_000, 120, "Stops in 168 days"),
    ],
)
def test_a_long_time_is_told_by_weeks(days: int, bars: int, said: str) -> None:
    found = bars_of([line(0, 1), line(days - 1, 2)])
    assert (len(found), stops_of(found)) == (bars, said)
    assert sum(one.days for one in found) == days
    assert sum(one.stopped for one in found) == 3


def test_the_mean_is_that_of_all_days_even_where_the_last_week_is_short() -> None:
    found = bars_of([line(day, 2) for day in range(125)])
    _, (level,), *_ = values_of(days_chart(found, Look()))
    assert level == {"n": 14.0, "words": "mean 14.0"}


def test_a_bar_of_a_row_has_its_interval_and_its_words() -> None:
    share = Share(count=20, of=100, share=0.2, low=0.13, high=0.29)
    row = RowLine(
        row="r",
        condition="confidence",
        route="x",
        rule="its confidence\u202e is below " + "0" * 200,
        fired=share,
        only=5,
        labelled=0,
        wrong=0,
    )
    (bar,), *_ = values_of(rows_chart([row], Look(is_narrow=True)))
    assert (bar["share"], bar["low"], bar["high"], bar["only"]) == (0.2, 0.13, 0.29, 0.05)
    assert len(bar["words"]) == 44
    assert "\u202e" not in bar["words"]


def test_hours_show_where_nobody_is_there() -> None:
    hours = [
        HourLine(route="x", weekday=0, hour=9, asks=8),
        HourLine(route="x", weekday=6, hour=3, asks=4),
    ]
    cells, *_ = values_of(hours_chart(hours, {9}, 4.0, Look()))
    assert len(cells) == 168
    assert cells[9] == {"day": "Mon", "hour": 9, "n": 2.0, "duty": "there", "mark": ""}
    assert cells[147] == {"day": "Sun", "hour": 3, "n": 1.0, "duty": "nobody", "mark": "×"}
    assert cells[10]["duty"] == "nobody"
    cells, *_ = values_of(hours_chart(hours, None, 4.0, Look()))
    assert {cell["duty"] for cell in cells} == {"there"}


def load(*waits: float | None) -> RouteLoad:
    """Return what became of a route whose asks wait so long."""
    none = Estimate(0.0, 0.0, 0.0)
    found = [Estimate(one, one, one) for one in waits]
    times = Waits(median_s=found[0], p90_s=found[1], p99_s=found[2])
    return RouteLoad(
        route="finance\u202e_lead",
        asks=5,
        acknowledge_within_s=1800.0,
        decide_within_s=28800.0,
        late_to_acknowledge=none,
        late_to_decide=none,
        passed_on=none,
        reached_owner=none,
        unanswered=none,
        nobody_there=0.0,
        waits=times,
        answers=times,
        hours=(),
        acknowledge_held=True,
        decide_held=True,
    )


def test_what_never_ends_is_not_drawn_and_what_is_soon_is_a_minute() -> None:
    marks, deadlines, *_ = values_of(waits_chart([load(0.0, 600.0, None)], Look()))
    assert [(one["what"], one["s"]) for one in marks] == [("median", 60), ("9 of 10", 600.0)]
    assert deadlines == [{"route": "finance_lead", "s": 1800.0}]


def test_a_route_that_nobody_answers_is_still_there() -> None:
    marks, deadlines, *_ = values_of(waits_chart([load(None, None, None)], Look(is_narrow=True)))
    assert marks == []
    assert len(deadlines) == 1
