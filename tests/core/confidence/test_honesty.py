"""A type is called too sure where chance does not explain it, and seldom of an honest agent."""

import numpy as np
import pytest

from handraise.core.confidence.honesty import CHANCE, honesty_by_type


def test_what_is_stated_and_what_is_right_stand_beside_each_other():
    scores = np.array([0.9, 0.7, 0.5, 1.0])
    wrong = np.array([False, True, False, False])
    types = np.array(["b", "b", "b", "a"], dtype=object)
    found = honesty_by_type(scores, wrong, types)
    assert list(found) == ["b", "a"]
    assert (found["b"].labels, found["b"].stated) == (3, pytest.approx(0.7))
    assert found["b"].right == pytest.approx(2 / 3)
    assert (found["a"].stated, found["a"].right, found["a"].is_too_sure) == (1, 1, False)


def test_what_is_sure_and_wrong_is_too_sure():
    scores = np.ones(2)
    found = honesty_by_type(scores, np.array([True, False]), np.array(["a", "b"], dtype=object))
    assert found["a"].is_too_sure
    assert not found["b"].is_too_sure


def test_an_honest_agent_is_seldom_called_too_sure_and_another_nearly_always():
    rng = np.random.default_rng(3)
    types = np.array(["a", "b", "c", "d"] * 100, dtype=object)
    called, caught = 0, 0
    for _ in range(400):
        scores = rng.uniform(0.6, 1, 400)
        draws = rng.random(400)
        called += any(
            one.is_too_sure for one in honesty_by_type(scores, draws > scores, types).values()
        )
        less = scores - 0.25 * (types == "c")
        caught += honesty_by_type(scores, draws > less, types)["c"].is_too_sure
    assert called <= 400 * CHANCE
    assert caught >= 380
