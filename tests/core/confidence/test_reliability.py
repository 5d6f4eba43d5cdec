"""Reliability: against scikit-learn, a plain count, plain draws, and what is published of chance."""

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from handraise.core.confidence.reliability import reliability
from tests.support.labels import SMOOTH


def perfect(seed, labels):
    """Return labels of a perfect score: right as often as the smooth agent is."""
    rng = np.random.default_rng(seed)
    scores = 1 - SMOOTH.error(rng.random(labels))
    return scores, rng.random(labels) >= scores


def plain_ece(scores, wrongs, bins):
    """Return the calibration error, decision by decision."""
    found = {}
    for score, wrong in zip(scores.tolist(), wrongs.tolist(), strict=True):
        place = next(one for one in range(bins) if score * bins <= one + 1)
        stated, right, count = found.get(place, (0.0, 0, 0))
        found[place] = stated + score, right + (not wrong), count + 1
    gaps = [
        count / len(scores) * abs(right / count - stated / count)
        for stated, right, count in found.values()
    ]
    return sum(gaps)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_error_is_that_of_a_plain_count(bins):
    labels = SMOOTH.labels(1, 2_000)
    found = reliability(*labels, bins=bins, draws=10)
    assert found.ece == pytest.approx(plain_ece(*labels, bins), rel=1e-9)


def test_the_bins_are_those_of_scikit_learn():
    scores, wrongs = SMOOTH.labels(2, 5_000)
    right, stated = calibration_curve(~wrongs, scores, n_bins=15, strategy="uniform")
    found = reliability(scores, wrongs, draws=10).bins
    assert [one.right for one in found] == pytest.approx(right.tolist())
    assert [one.confidence for one in found] == pytest.approx(stated.tolist())
    assert sum(one.count for one in found) == 5_000
    assert (found[0].low, found[-1].high) == (0.0, 1.0)


def test_a_score_on_an_edge_belongs_to_the_lower_bin_and_both_ends_have_one():
    scores = np.array([0.0, 0.2, 0.2, 0.4, 1.0])
    found = reliability(scores, np.zeros(5, bool), bins=5, draws=10).bins
    assert [(one.low, one.high, one.count) for one in found] == [
        (0.0, 0.2, 3),
        (0.2, 0.4, 1),
        (0.8, 1.0, 1),
    ]


def test_a_thousand_scores_on_edges_stay_in_their_bins():
    scores = np.arange(1_001) / 1_000
    found = reliability(scores, scores < 0.5, bins=10, draws=10).bins
    assert [one.count for one in found] == [101] + [100] * 9


def test_every_decision_is_in_the_band_of_its_bin_and_of_no_other():
    scores = np.repeat([0.0, 1.0], 50)
    found = reliability(scores, scores == 0.0)
    assert [(one.band_low, one.band_high, one.right) for one in found.bins] == [
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0),
    ]
    assert (found.ece, found.null_mean, found.null_95) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("labels", "mean", "most"), [(200, 0.052, 0.075), (1_000, 0.025, 0.038), (5_000, 0.011, 0.016)]
)
def test_chance_alone_makes_about_as_much_of_a_perfect_score_as_is_published(labels, mean, most):
    # The published values are of other confidences, so these come near and no more.
    found = [reliability(*perfect(seed, labels)) for seed in range(5)]
    assert np.mean([one.null_mean for one in found]) == pytest.approx(mean, rel=0.1)
    assert np.mean([one.null_95 for one in found]) == pytest.approx(most, rel=0.1)


@pytest.mark.parametrize("labels", [60, 600])
def test_the_band_is_that_of_plain_draws(labels):
    scores, wrongs = perfect(3, labels)
    rng = np.random.default_rng(4)
    right = rng.random((4_000, labels)) < scores
    place = np.maximum(np.ceil(scores * 15).astype(int) - 1, 0)
    found = reliability(scores, wrongs, draws=4_000)
    gaps = np.zeros(4_000)
    for one in found.bins:
        inside = place == round(one.low * 15)
        shares = right[:, inside].mean(axis=1)
        gaps += np.abs(right[:, inside].sum(axis=1) - scores[inside].sum()) / labels
        low, high = np.quantile(shares, [0.025, 0.975])
        one_more = 1.01 / inside.sum()  # both are counts out of so many
        assert one.band_low == pytest.approx(low, abs=one_more)
        assert one.band_high == pytest.approx(high, abs=one_more)
    assert found.null_mean == pytest.approx(gaps.mean(), abs=5 * gaps.std() / math.sqrt(4_000))
    assert found.null_95 == pytest.approx(np.quantile(gaps, 0.95), rel=0.04)


def test_a_perfect_score_lies_within_the_band_and_one_that_is_too_sure_does_not():
    outside, past = 0, 0
    for seed in range(100):
        found = reliability(*perfect(seed, 500), seed=seed, draws=300)
        outside += sum(not one.band_low <= one.right <= one.band_high for one in found.bins) / len(
            found.bins
        )
        past += found.ece > found.null_95
    assert outside / 100 < 0.05  # counts are whole, so a band holds a little more than it must
    assert past / 100 == pytest.approx(0.05, abs=0.05)
    scores, wrongs = perfect(1, 5_000)
    too_sure = reliability(np.sqrt(scores), wrongs)
    assert too_sure.ece > 2 * too_sure.null_95


def test_the_same_labels_and_seed_give_the_same_band():
    labels = perfect(5, 300)
    assert reliability(*labels, seed=1) == reliability(*labels, seed=1)
    assert reliability(*labels, seed=1) != reliability(*labels, seed=2)


def test_no_labels_have_no_bins():
    found = reliability(np.zeros(0), np.zeros(0, bool))
    assert found.bins == ()
    assert all(map(math.isnan, (found.ece, found.null_mean, found.null_95)))


@pytest.mark.parametrize("labels", [1, 2])
def test_one_and_two_labels_have_a_band_as_wide_as_chance(labels):
    found = reliability(np.full(labels, 0.5), np.zeros(labels, bool), draws=500)
    (only,) = found.bins
    assert (only.count, only.right, only.band_low, only.band_high) == (labels, 1.0, 0.0, 1.0)
    assert found.ece == 0.5


@pytest.mark.parametrize("asked", [{"bins": 0}, {"draws": 0}])
def test_no_bins_and_no_draws_are_refused(asked):
    with pytest.raises(ValueError, match="at least one bin and one draw"):
        reliability(np.array([0.5]), np.array([True]), **asked)
