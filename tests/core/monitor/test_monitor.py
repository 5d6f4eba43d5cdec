"""A series is quiet, changes, and is quiet again, without coming and going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from handraise.core.monitor.drift import begin
from handraise.core.monitor.intervals import clopper_pearson
from handraise.core.monitor.monitor import Monitor, watched

START = datetime(2026, 1, 5, tzinfo=UTC)
PROMISED = (0.09, 0.11)
ALPHA = 0.0003


def after(looks: list[tuple[int, int]], monitor: Monitor | None = None) -> Monitor:
    """Return a monitor after looks a minute apart."""
    monitor = monitor or Monitor()
    for minute, (stopped, decisions) in enumerate(looks):
        at = START + timedelta(minutes=minute)
        monitor = watched(monitor, PROMISED, ALPHA, stopped, decisions, at)
    return monitor


DOUBLED = after([(5, 50)] * 20 + [(10, 50)] * 20)


def test_a_rate_that_keeps_its_promise_stays_quiet() -> None:
    assert after([(5, 50)] * 500).change is None


def test_a_change_stays_found_and_its_figures_grow() -> None:
    change = DOUBLED.change
    assert change is not None
    assert change.since == START + timedelta(minutes=20)
    later = after([(10, 50)] * 30, DOUBLED).change
    assert later is not None
    assert (later.stopped, later.decisions) == (change.stopped + 300, change.decisions + 1500)
    assert (later.low, later.high) == clopper_pearson(later.stopped, later.decisions, 0.99)
    assert (later.since, later.took) == (change.since, change.took)


def test_a_look_that_brings_nothing_changes_nothing() -> None:
    assert watched(DOUBLED, PROMISED, ALPHA, 0, 0, START) is DOUBLED


def test_a_change_is_over_after_as_many_decisions_as_it_took_to_find() -> None:
    assert DOUBLED.change is not None
    needed = DOUBLED.change.took // 50
    before = after([(5, 50)] * (needed - 1), DOUBLED)
    assert before.change is not None
    assert after([(5, 50)], before) == Monitor(drift=begin())


def test_fewer_stops_are_over_when_they_are_back() -> None:
    fewer = after([(5, 50)] * 20 + [(1, 50)] * 40)
    assert fewer.change is not None
    assert fewer.change.direction == "less"
    assert after([(1, 50)] * 100, fewer).change is not None
    assert after([(5, 50)] * 100, fewer).change is None


@pytest.mark.parametrize(
    ("first", "then", "ways"),
    [(10, 1, ["more", "less"]), (0, 20, ["less", "more"]), (0, 50, ["less", "more"])],
)
def test_a_change_that_turns_into_its_opposite_is_found_as_that(
    first: int, then: int, ways: list[str]
) -> None:
    monitor = after([(5, 50)] * 20 + [(first, 50)] * 20)
    changes = [monitor.change and monitor.change.direction]
    for minute in range(40, 240):
        monitor = watched(monitor, PROMISED, ALPHA, then, 50, START + timedelta(minutes=minute))
        if (monitor.change and monitor.change.direction) != changes[-1]:
            changes.append(monitor.change and monitor.change.direction)
    assert changes == ways
    assert monitor.change is not None
    assert monitor.change.since == START + timedelta(minutes=40)
    assert monitor.change.rate == then / 50


def test_a_change_whose_rate_went_past_the_promise_is_over_before_the_other_is_found() -> None:
    fewer = after([(0, 200)])
    assert fewer.change is not None
    past = after([(52, 260)], fewer)
    assert past.change is None
    assert past.drift.decisions == 260
    assert after([(10, 50)] * 6, past).change is not None
    assert after([(5, 50)] * 60, past).change is None


def test_an_alarm_never_speaks_of_a_rate_on_the_other_side_of_the_promise() -> None:
    rng = np.random.default_rng(5)
    for then in (0.0, 0.03, 0.13, 0.2, 0.5, 1.0):
        for first in (0.0, 0.3):
            monitor = after([(round(first * 25), 25)] * 12)
            assert monitor.change is not None
            for stopped in rng.binomial(5, then, size=200):
                monitor = watched(monitor, PROMISED, ALPHA, int(stopped), 5, START)
                if monitor.change is not None and monitor.change.direction == "less":
                    assert monitor.change.rate <= PROMISED[1]
                elif monitor.change is not None:
                    assert monitor.change.rate >= PROMISED[0]


def test_a_rate_that_comes_back_half_of_the_way_stays_an_alarm() -> None:
    assert after([(14, 100)] * 100, DOUBLED).change is not None


def test_one_quiet_hour_is_not_the_end() -> None:
    assert after([(5, 50)] * 4 + [(10, 50)] * 20, DOUBLED).change is not None


def test_it_can_be_over_after_years_of_alarm() -> None:
    years = after([(1_000_000, 5_000_000)] * 40, DOUBLED)
    assert years.change is not None
    assert after([(5, 50)] * 60, years).change is None


def test_a_monitor_carries_on_from_what_was_kept_of_it() -> None:
    halfway = after([(5, 50)] * 3, DOUBLED)
    for monitor in (Monitor(), halfway):
        kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(monitor)))
        assert msgspec.convert(kept, Monitor) == monitor


@pytest.mark.parametrize("factor", [0.5, 1.5, 2.0])
def test_in_operations_by_lot_an_alarm_comes_once_and_ends_once(factor: float) -> None:
    rng = np.random.default_rng(round(100 * factor))
    alarms = ended_early = 0
    for _ in range(4):
        monitor = Monitor()
        rates = [0.1] * 100 + [0.1 * factor] * 200 + [0.1] * 200
        for look, stopped in enumerate(rng.binomial(50, rates)):
            quiet = monitor.change is None
            monitor = watched(monitor, PROMISED, ALPHA, int(stopped), 50, START)
            alarms += quiet and monitor.change is not None
            ended_early += not quiet and monitor.change is None and look < 300
        assert monitor.change is None
    assert (alarms, ended_early) == (4, 0)
