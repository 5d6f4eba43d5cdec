"""How many decisions at a time are as good as one."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from bench.years import null_years, uneven_years
from handraise.core.monitor.alike import LEAST_DAYS, alike_at_a_time
from handraise.core.monitor.budget import promised
from handraise.core.monitor.drift import begin, log_evidence, looked
from handraise.core.monitor.monitor import Monitor, watched

AT = datetime(2026, 1, 5, tzinfo=UTC)


def days(alike: int, *, rates: list[float], seed: int = 1) -> list[tuple[int, int]]:
    """Return days of 500 decisions, so many of which are one and the same."""
    rng = np.random.default_rng(seed)
    drawn = rng.binomial(500 // alike, rates) * alike
    return [(int(stopped), 500) for stopped in drawn]


@pytest.mark.parametrize("alike", [1, 2, 5])
def test_decisions_that_come_alike_are_told_from_their_days(alike: int) -> None:
    assert alike_at_a_time(days(alike, rates=[0.1] * 1000)) == pytest.approx(alike, rel=0.1)


def test_a_rate_that_moves_slowly_or_once_is_no_habit() -> None:
    slowly = days(1, rates=list(np.linspace(0.05, 0.2, 1000)))
    once = days(1, rates=[0.1] * 500 + [0.2] * 500)
    for past in (slowly, once):
        assert alike_at_a_time(past) == pytest.approx(1, abs=0.1)


def test_of_few_days_or_without_any_difference_nothing_is_said() -> None:
    uneven = [(5, 100), (50, 100)] * 10
    assert alike_at_a_time(uneven[: LEAST_DAYS - 1]) == 1
    assert alike_at_a_time(uneven[:LEAST_DAYS]) > 1
    assert alike_at_a_time([]) == 1
    assert alike_at_a_time([(0, 100)] * 20) == 1
    assert alike_at_a_time([(100, 100)] * 20) == 1


def test_a_day_without_a_decision_is_left_out() -> None:
    uneven = [(5, 100), (17, 100)] * 10
    with_pause = [*uneven[:5], (0, 0), *uneven[5:]]
    assert alike_at_a_time(with_pause) == alike_at_a_time(uneven)


def test_days_that_are_more_even_than_chance_count_as_by_chance() -> None:
    assert alike_at_a_time([(10, 100)] * 30) == 1


def test_a_day_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="is no count"):
        alike_at_a_time([(3, 2)])


def test_decisions_alike_at_a_time_are_looked_at_as_one() -> None:
    alone = looked(begin(), (0.1, 0.14), 6, 20, AT)
    five = looked(begin(), (0.1, 0.14), 30, 100, AT, alike=5)
    assert five.evidence == pytest.approx(alone.evidence)
    assert log_evidence(five) == pytest.approx(log_evidence(alone))
    assert (five.stopped, five.decisions) == (30, 100)


def test_a_promise_of_rows_alike_at_a_time_is_less_sure() -> None:
    assert promised(50, 500, 0.01, alike=5) == promised(10, 100, 0.01)


def test_a_change_is_as_unsure_as_its_decisions_are_alike() -> None:
    monitors = Monitor(), Monitor()
    for _ in range(40):
        one, other = monitors
        monitors = (
            watched(one, (0.09, 0.11), 0.01, 4, 20, AT),
            watched(other, (0.09, 0.11), 0.01, 20, 100, AT, alike=5),
        )
    alone, five = (monitor.change for monitor in monitors)
    assert alone is not None
    assert five is not None
    assert (five.low, five.high) == pytest.approx((alone.low, alone.high))
    assert five.decisions == 5 * alone.decisions
    looks = 0
    while alone is not None:
        looks += 1
        one, other = monitors
        monitors = (
            watched(one, (0.09, 0.11), 0.01, 2, 20, AT),
            watched(other, (0.09, 0.11), 0.01, 10, 100, AT, alike=5),
        )
        alone = monitors[0].change
        assert (monitors[1].change is None) == (alone is None)
    assert looks > 1


@pytest.mark.parametrize("alike", [0.5, float("nan"), float("inf")])
def test_so_many_alike_as_cannot_be_are_refused(alike: float) -> None:
    with pytest.raises(ValueError, match="alike at a time"):
        looked(begin(), (0.1, 0.14), 1, 10, AT, alike=alike)


def test_a_test_that_is_not_told_cries_wolf_and_one_that_is_does_not() -> None:
    played = {"years": 100, "looks": 300, "decisions": 80, "rows": 1000, "alike": 5}
    assert null_years(3, **played).rate > 0.5
    assert null_years(3, **played, told=5).rate <= 0.05


def test_days_that_differ_are_told_from_those_of_the_backtest() -> None:
    played = {"years": 100, "spread": 0.3, "days": 120}
    assert uneven_years(4, **played, is_told=False).rate > 0.2
    assert uneven_years(4, **played, is_told=True).rate <= 0.05
