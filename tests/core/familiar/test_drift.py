"""Drift of the familiar: seldom reported where there is none, and soon where there is one."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from handraise.core.familiar.drift import (
    BETS,
    POWERS,
    SLOPES,
    Drift,
    blocks_of,
    chance_of,
    distance_of,
    drift_of,
)

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def points(ps: list[float] | NDArray[np.float64]) -> list[tuple[datetime, float]]:
    return [(MONDAY + timedelta(minutes=10 * at), float(p)) for at, p in enumerate(ps)]


def seen(ps: NDArray[np.float64], held_out: int | None = None, above: float = 0.0) -> Drift:
    return drift_of(points(ps), held_out=held_out, above=above)


def place(at: datetime | None) -> int:
    assert at is not None
    return int((at - MONDAY) / timedelta(minutes=10))


def against_held_out(rng: np.random.Generator, rows: int, scores: NDArray[np.float64]):
    """Return conformal p-values of scores, against rows that are drawn evenly."""
    held = np.sort(rng.uniform(size=rows))
    return (1 + rows - np.searchsorted(held, scores, side="left")) / (rows + 1)


def test_even_p_values_seldom_look_like_a_drift():
    rng = np.random.default_rng(1)
    runs = 300

    alarms = sum(seen(rng.uniform(size=2000)).noticed_at is not None for _ in range(runs))

    assert alarms <= stats.binom.ppf(0.999, runs, 0.005)


@pytest.mark.parametrize("above", [0.0, 0.02])
def test_the_chance_of_one_set_of_held_out_rows_is_no_drift(above: float):
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(40):
        ps = against_held_out(rng, 200, rng.uniform(size=3000))
        alarms += seen(ps, held_out=200, above=above).noticed_at is not None

    assert alarms <= stats.binom.ppf(0.999, 40, 0.005)


def test_p_values_that_are_too_large_are_no_drift():
    rng = np.random.default_rng(3)

    found = seen(np.sqrt(rng.uniform(size=5000)))

    assert (found.started_at, found.noticed_at) == (None, None)
    assert found.e_value < 5


@pytest.mark.parametrize("held_out", [None, 1000])
def test_a_slow_change_of_wording_is_noticed(held_out: int | None):
    rng = np.random.default_rng(4)
    noticed = []
    for _ in range(10):
        scores = rng.normal(size=6000)
        scores[2000:] += np.linspace(0, 1, 4000)
        ps = stats.norm.sf(scores)
        if held_out is not None:
            ps = against_held_out(rng, held_out, stats.norm.cdf(scores))
        found = seen(ps, held_out)
        noticed.append(place(found.noticed_at))
        assert 1500 < place(found.started_at) < place(found.noticed_at)

    assert np.median(noticed) < 4500


def test_new_situations_are_a_drift_of_all_and_not_of_what_went_ahead():
    rng = np.random.default_rng(5)
    ps = rng.uniform(size=6000)
    foreign = (np.arange(6000) >= 3000) & (rng.uniform(size=6000) < 0.15)
    ps[foreign] *= 0.02

    everything, went_ahead = seen(ps), seen(ps, above=0.02)

    assert 2900 < place(everything.started_at) < 3100
    assert 3000 < place(everything.noticed_at) < 3300
    assert went_ahead.started_at is None
    assert went_ahead.count == int((ps > 0.02).sum())


def test_each_bet_is_fair():
    ps = (np.arange(200_000) + 0.5) / 200_000

    for power in POWERS:
        assert np.mean(power * ps ** (power - 1)) == pytest.approx(1, abs=0.02)
    for slope in SLOPES:
        assert np.mean(1 + slope * (1 - 2 * ps)) == pytest.approx(1, abs=1e-9)


def slow_evidence(ps: NDArray[np.float64]) -> float:
    """Return the most evidence, by its definition: for each start, the product of all bets since."""
    bets = [power * ps ** (power - 1) for power in POWERS]
    bets += [1 + slope * (1 - 2 * ps) for slope in SLOPES]
    most = 1.0
    for end in range(1, len(ps) + 1):
        total = 0.0
        for start in range(end):
            weight = 1 / ((start + 1) * (start + 2))
            total += weight * sum(float(np.prod(bet[start:end])) for bet in bets) / BETS
        later = 1 - sum(1 / ((start + 1) * (start + 2)) for start in range(end))
        most = max(most, total + later)
    return most


def test_the_evidence_is_that_of_its_definition():
    rng = np.random.default_rng(6)
    ps = np.concatenate([rng.uniform(size=30), rng.uniform(size=20) ** 2, [1.0, 0.3]])

    assert seen(ps).e_value == pytest.approx(slow_evidence(ps), rel=1e-9)


def test_the_evidence_never_overflows():
    found = seen(np.full(2000, 1e-9))

    assert math.isfinite(found.e_value)
    assert place(found.started_at) == 0


def test_with_held_out_rows_twice_the_evidence_is_needed():
    assert seen(np.array([0.5])).alarm_at == pytest.approx(200)
    assert seen(np.array([0.5]), held_out=500).alarm_at == pytest.approx(400)


def test_nothing_to_look_at_is_no_drift():
    empty = drift_of([])

    assert (empty.count, empty.started_at, empty.e_value, empty.blocks) == (0, None, 1.0, ())
    assert drift_of(points([0.01, 0.02]), above=0.02, held_out=0).count == 0


def test_blocks_are_the_weeks_that_have_any():
    last_of_week = MONDAY - timedelta(seconds=1)
    given = [
        (last_of_week, 0.5),
        (MONDAY, 0.05),
        (MONDAY + timedelta(days=6), 0.8),
        (MONDAY + timedelta(days=21), 0.06),
    ]

    before, first, later = blocks_of(given)

    assert [one.starts_at for one in (before, first, later)] == [
        MONDAY - timedelta(days=7),
        MONDAY,
        MONDAY + timedelta(days=21),
    ]
    assert [(one.count, one.small) for one in (before, first, later)] == [(1, 0), (2, 0.5), (1, 0)]


@pytest.mark.parametrize("count", [1, 5, 40, 1000])
def test_the_distance_is_that_of_kolmogorov_and_smirnov(count: int):
    rng = np.random.default_rng(count)
    for power in (0.8, 1.0, 1.4):
        ps = rng.uniform(size=count) ** power
        wanted = stats.kstest(ps, "uniform").statistic

        assert distance_of(ps.tolist()) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("count", [5, 20, 100, 1000])
def test_its_chance_is_near_the_exact_one(count: int):
    for distance in np.linspace(0.5 / count, 1, 200):
        exact = stats.kstwo.sf(distance, count)
        tolerance = 0.004 if exact < 0.2 else 0.025

        assert chance_of(float(distance), count) == pytest.approx(exact, abs=tolerance)


def test_no_distance_is_no_surprise():
    assert chance_of(0.0, 100) == 1
    assert chance_of(0.9, 100) < 1e-12
