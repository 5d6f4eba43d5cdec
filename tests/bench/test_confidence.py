"""The measurement of thresholds measures what it says."""

import numpy as np

from bench import confidence


def test_every_line_is_there_and_the_time_is_held_against_the_limit() -> None:
    part = confidence.thresholds(count=20_000, rounds=1)
    assert [line.what for line in part.lines][:2] == [confidence.ALL, confidence.SAFE]
    assert all(line.took_s > 0 and line.ratio is not None for line in part.lines)
    assert "That holds" in part.notes


def test_a_time_past_the_limit_is_said() -> None:
    assert "**That does not hold**: 6 s" in confidence._against_limit({confidence.ALL: [6.0]})


def test_the_labels_are_the_same_each_time() -> None:
    for one, other in zip(confidence.labels(50), confidence.labels(50), strict=True):
        assert np.array_equal(one, other)
