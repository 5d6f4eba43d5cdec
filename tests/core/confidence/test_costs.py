"""What thresholds cost, against a plain count."""

import numpy as np
import pytest

from handraise.core.confidence.costs import GRID, costs
from tests.support.labels import SMOOTH


def test_every_threshold_counts_what_a_plain_count_does():
    scores, wrongs = SMOOTH.labels(1, 500)
    stakes = np.random.default_rng(2).exponential(80.0, 500)
    rows = list(zip(scores.tolist(), wrongs.tolist(), stakes.tolist(), strict=True))
    found = costs(scores, wrongs, stakes, thresholds=[0.72, float(scores[7])])
    assert {0.0, 0.72, 0.9, float(scores[7])} <= {one.threshold for one in found}
    for one in found:
        alone = [row for row in rows if row[0] >= one.threshold]
        stopped = [row for row in rows if row[0] < one.threshold]
        assert (one.alone, one.stopped) == (len(alone), len(stopped))
        assert one.errors_alone == sum(wrong for _, wrong, _ in alone)
        assert one.errors_caught == sum(wrong for _, wrong, _ in stopped)
        assert one.stopped_right == sum(not wrong for _, wrong, _ in stopped)
        assert one.stake_lost == pytest.approx(sum(s for _, wrong, s in alone if wrong))
        assert one.stake_caught == pytest.approx(sum(s for _, wrong, s in stopped if wrong))


def test_a_score_that_is_the_threshold_goes_ahead():
    found = costs(np.array([0.9, 0.9, 0.8]), np.array([True, False, True]), thresholds=[0.9])
    (at,) = [one for one in found if one.threshold == 0.9]
    assert (at.alone, at.errors_alone, at.errors_caught) == (2, 1, 1)


def test_without_stakes_none_are_lost():
    found = costs(np.array([0.9]), np.array([True]))
    assert all(one.stake_lost is None and one.stake_caught is None for one in found)


def test_round_thresholds_that_do_the_same_as_a_lower_one_are_left_out():
    scores = np.array([0.985, 0.992, 0.9])
    found = costs(scores, np.zeros(3, bool))
    assert [one.threshold for one in found] == [0.0, 0.95, 0.99, 0.995]
    assert [one.alone for one in found] == [3, 2, 1, 0]


def test_given_thresholds_stay_and_stand_once_and_in_order():
    scores = np.linspace(0, 1, 2_001)
    found = costs(scores, scores < 0.5, thresholds=[0.72, 0.9, 0.72, 1.0])
    assert [one.threshold for one in found] == sorted({*GRID, 0.72, 1.0})
    same = costs(np.array([0.2, 0.8]), np.zeros(2, bool), thresholds=[0.31, 0.32])
    assert [one.threshold for one in same] == [0.0, 0.31, 0.32, 0.85]


def test_no_labels_cost_nothing():
    (only,) = costs(np.zeros(0), np.zeros(0, bool), np.zeros(0))
    assert (only.threshold, only.alone, only.stopped, only.stake_lost) == (0.0, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("stake", "thresholds", "said"),
    [
        ([1.0, 2.0], None, r"one stake: got \(2,\) for 1 labels"),
        ([-1.0], None, "finite number of at least 0"),
        ([float("nan")], None, "finite number"),
        ([float("inf")], None, "finite number"),
        (None, [1.5], "threshold must be a number from 0 to 1"),
        (None, [float("nan")], "threshold must be a number"),
    ],
)
def test_stakes_and_thresholds_out_of_range_are_refused(stake, thresholds, said):
    stakes = None if stake is None else np.array(stake)
    with pytest.raises(ValueError, match=said):
        costs(np.array([0.5]), np.array([True]), stakes, thresholds)
