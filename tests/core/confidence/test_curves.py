"""Curves and their areas: the published value, and slow plain readings of the same."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from handraise.core.confidence.curves import (
    aurc,
    excess_aurc,
    naive_threshold,
    oracle_curve,
    risk_coverage,
    thinned,
)
from tests.support.labels import SMOOTH

SCORES = np.array([0.5, 0.9, 0.7, 0.9, 0.5])
WRONG = np.array([True, False, True, False, False])
NOBODY = np.zeros(0), np.zeros(0, dtype=bool)


def plain_aurc(scores, wrongs):
    """Return the mean over every order that equal scores may be in, exactly."""
    areas = []
    for order in itertools.permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            errors = itertools.accumulate(int(wrongs[one]) for one in order)
            areas.append(sum(Fraction(e, k) for k, e in enumerate(errors, 1)) / len(scores))
    return float(sum(areas) / len(areas))


def test_the_curve_has_a_point_for_each_distinct_score():
    curve = risk_coverage(SCORES, WRONG)
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.5]
    assert curve.coverage.tolist() == [0.4, 0.6, 1.0]
    assert curve.risk.tolist() == [0.0, 1 / 3, 0.4]


def test_the_oracle_lets_every_error_come_last():
    curve = oracle_curve(np.array([True, False, True, False]))
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == [0.0, 0.0, 1 / 3, 0.5]
    assert np.isnan(curve.thresholds).all()
    assert len(curve.thresholds) == 4


def test_no_labels_have_no_curve_no_area_and_no_threshold():
    for curve in (risk_coverage(*NOBODY), oracle_curve(NOBODY[1])):
        assert (len(curve.thresholds), len(curve.coverage), len(curve.risk)) == (0, 0, 0)
    assert math.isnan(aurc(*NOBODY))
    assert math.isnan(excess_aurc(*NOBODY))
    assert naive_threshold(*NOBODY, 0.1) is None


def test_the_best_coverage_of_the_smooth_agent_is_where_the_curve_says():
    curve = risk_coverage(*SMOOTH.labels(1, 1_000_000))
    for risk, best in ((0.01, 0.3764), (0.02, 0.4932), (0.05, 0.6840)):
        place = np.searchsorted(curve.coverage, best)
        deviation = math.sqrt(risk / (best * 1_000_000))
        assert curve.risk[place] == pytest.approx(risk, abs=4 * deviation)


def test_errors_at_every_second_place_have_an_area_of_a_third():
    scores, wrongs = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True])
    assert aurc(scores, wrongs) == pytest.approx(1 / 3, abs=1e-15)


@pytest.mark.parametrize("seed", range(12))
def test_the_area_is_the_mean_over_every_order_of_equal_scores(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 7))
    scores, wrongs = rng.integers(0, 3, count) / 2, rng.random(count) < 0.4
    assert aurc(scores, wrongs) == pytest.approx(plain_aurc(scores, wrongs), abs=1e-12)


def test_the_area_of_many_labels_is_that_of_a_plain_count():
    scores, wrongs = SMOOTH.labels(2, 3_000)
    rows = sorted(zip(scores.tolist(), wrongs.tolist(), strict=True), reverse=True)
    errors, total = 0, 0.0
    for place, (_, wrong) in enumerate(rows, 1):
        errors += wrong
        total += errors / place
    assert aurc(scores, wrongs) == pytest.approx(total / 3_000, rel=1e-12)


def test_equal_scores_everywhere_have_the_error_rate_as_their_area():
    wrongs = np.arange(40) % 4 == 0
    assert aurc(np.full(40, 0.8), wrongs) == pytest.approx(0.25)


def test_the_excess_is_what_lies_above_a_perfect_order():
    scores, wrongs = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True])
    assert excess_aurc(scores, wrongs) == pytest.approx(1 / 3 - (0.5 + 0.5 * math.log(0.5)))
    many = np.linspace(1, 0, 100_000)
    assert 0 <= excess_aurc(many, many < 0.3) < 1e-5
    assert excess_aurc(many, np.zeros(100_000, dtype=bool)) == 0.0
    assert excess_aurc(many, np.ones(100_000, dtype=bool)) == 0.0


def test_the_area_of_the_oracle_curve_is_what_the_excess_is_counted_from():
    _, wrongs = SMOOTH.labels(4, 50_000)
    rate = wrongs.mean()
    best = float(oracle_curve(wrongs).risk.mean())
    assert best == pytest.approx(rate + (1 - rate) * math.log(1 - rate), abs=1e-4)


def test_the_naive_threshold_is_the_lowest_score_with_few_enough_errors_seen():
    assert naive_threshold(SCORES, WRONG, 0.3) == 0.9
    assert naive_threshold(SCORES, WRONG, 1 / 3) == 0.7
    assert naive_threshold(SCORES, WRONG, 0.4) == 0.5
    assert naive_threshold(SCORES, ~WRONG, 0.1) is None
    # 0.29 · 100 is a little less than 29 in binary.
    assert naive_threshold(np.full(100, 0.5), np.arange(100) < 29, 0.29) == 0.5


def test_a_thinned_curve_keeps_its_ends_and_some_of_its_points():
    curve = risk_coverage(*SMOOTH.labels(5, 10_000))
    few = thinned(curve, 50)
    assert len(few.coverage) == len(few.risk) == len(few.thresholds) == 50
    assert (few.coverage[0], few.coverage[-1]) == (curve.coverage[0], 1.0)
    points = set(zip(curve.thresholds, curve.coverage, curve.risk, strict=True))
    assert set(zip(few.thresholds, few.coverage, few.risk, strict=True)) <= points
    assert np.diff(few.coverage).max() < 0.03


def test_a_curve_with_few_points_stays_as_it_is():
    curve = risk_coverage(SCORES, WRONG)
    assert thinned(curve, 3) is curve
    assert thinned(curve, 2).coverage.tolist() == [0.4, 1.0]
