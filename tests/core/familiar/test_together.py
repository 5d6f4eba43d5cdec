"""Numbers that are usual one by one and far from every row together."""

import numpy as np
import pytest

from handraise.core.familiar.look import CannotLookError
from handraise.core.familiar.together import Together, columns_of, number_of

RNG = np.random.default_rng(5)
LINE = np.stack([RNG.uniform(0, 100, 400)] * 2, axis=1) + RNG.normal(0, 0.5, (400, 2))
NONE_HELD_OUT = np.zeros((2, 0))


def held_out(rows, others):
    return np.sort(Together(("a", "b"), rows, NONE_HELD_OUT).looks(others).T, axis=1)


def test_the_distance_is_the_mean_to_the_five_nearest_in_steps():
    rows = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [100.0]])
    together = Together(("a",), rows, NONE_HELD_OUT)
    expected = np.sort(np.abs(rows[:, 0] - 10.0))[:5].mean() / rows.std()
    assert together.looks(np.array([[10.0]]))[0, 0] == pytest.approx(expected)


def test_of_fewer_than_five_rows_all_are_looked_at():
    together = Together(("a",), np.array([[0.0], [2.0]]), NONE_HELD_OUT)
    assert together.looks(np.array([[1.0]]))[0, 0] == pytest.approx(1.0)


def test_numbers_away_from_the_line_of_all_rows_are_far_on_both_scales():
    together = Together(("a", "b"), LINE[:300], held_out(LINE[:300], LINE[300:]))
    near, off, out = together.looks(np.array([[50.0, 50.0], [20.0, 80.0], [400.0, 400.0]]))
    assert (off > 5 * near).all()
    assert (out > 5 * near).all()
    scores = together.score(np.array([[50.0, 50.0], [20.0, 80.0], [400.0, 400.0]]))
    assert scores[0] < 4 < scores[1] <= scores[2]


def test_one_by_one_the_scores_are_those_of_all_at_once():
    together = Together(("a", "b"), LINE[:300], held_out(LINE[:300], LINE[300:]))
    alone = [float(together.score(row[None])[0]) for row in LINE[300:]]
    assert alone == pytest.approx(together.score(LINE[300:]).tolist(), abs=1e-9)


def test_a_number_that_was_always_the_same_is_no_trouble():
    rows = np.stack([np.full(50, 0.1), np.arange(50.0)], axis=1)
    together = Together(("a", "b"), rows, NONE_HELD_OUT)
    same, other = together.looks(np.array([[0.1, 20.0], [5.0, 20.0]]))
    assert np.isfinite([same, other]).all()
    assert other[0] > 4 > 1 > same[0]


def test_huge_numbers_are_finite_on_both_scales():
    rows = np.array([[1e299, 5e-324], [-1e299, 0.0], [0.0, 5e-324]])
    together = Together(("a", "b"), rows, NONE_HELD_OUT)
    assert np.isfinite(together.looks(np.array([[1e300, 1e300], [-1e300, 0.0]]))).all()


def test_columns_are_those_of_rows_that_have_them_all():
    rows = [{"a": 1, "b": 2.5}, {"a": 3}, {"b": True, "a": -0.0}]
    assert columns_of(rows, ("a", "b")).tolist() == [[1.0, 2.5], [0.0, 1.0]]
    assert columns_of([{"a": 1}], ("a", "b")).shape == (0, 2)


def test_a_number_past_what_can_be_counted_with_cannot_be_looked_at():
    assert number_of("a", 2**53 + 1) == 2.0**53
    with pytest.raises(CannotLookError, match="a is no number"):
        columns_of([{"a": 10**400}], ("a",))
