"""The measurement of the watch measures what it says."""

from __future__ import annotations

import numpy as np

from bench import watch, watch_store
from bench.years import delays, null_years


def test_years_are_counted_for_each_kind_of_promise() -> None:
    found = watch.null(years=10, looks=10)
    assert [row[:2] for row in found.rows] == [
        ("exact", "10"),
        ("backtest of 1,000 rows", "10"),
        ("backtest of 5,000 rows", "10"),
        ("backtest of 1,000 rows, 2 alike at a time", "10"),
        ("backtest of 1,000 rows, 2 alike at a time, as told", "10"),
        ("backtest of 1,000 rows, 5 alike at a time", "10"),
        ("backtest of 1,000 rows, 5 alike at a time, as told", "10"),
    ]


def test_days_that_differ_are_played_with_and_without_saying_so() -> None:
    found = watch.uneven(years=5, days=3)
    assert len(found.rows) == 6
    assert {row[2] for row in found.rows} == {"5"}


def test_a_year_without_a_change_and_with_a_reckless_budget_has_alarms() -> None:
    found = null_years(1, years=50, looks=50, decisions=100, rows=None, total=0.99)
    assert 0 < found.false < 50


def test_what_was_not_found_is_never() -> None:
    found, early = delays(1, 1.01, times=20, before=100, most=500)
    assert (np.isinf(found).all(), early) == (True, 0)
    assert watch._spread(found) == ("never", "never")


def test_delays_are_held_against_the_design() -> None:
    found = watch.changes(times=8, most=1_000)
    assert len(found.rows) == 3 + 2 * 7
    assert {row[-1] for row in found.rows[:3]} <= {"yes", "**no**"}


def test_an_alarm_that_lasts_is_one_and_ends() -> None:
    played = watch._played(3, 2.0)
    assert played.change is not None
    assert (played.alarms, played.ended_early) == (1, 0)
    assert played.over is not None


def test_the_cost_is_that_of_every_look() -> None:
    found = watch.cost(series=5, minutes=4)
    assert dict(found.rows)["alarms"] == "0"
    assert dict(found.rows)["one look at all series, median minute"].endswith("s")


def test_a_look_through_the_store_takes_up_what_was_counted() -> None:
    found = watch_store.looks(types=3, minutes=2)
    assert "12 series of one agent" in found.about
    assert dict(found.rows)["alarms"] == "0"
