"""Several confidences become one: between them, rising with each, and none where one is none."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handraise.core.confidence.stated.combining import EDGE, combined_confidence
from tests.support.tables import Rude, junk

shares = st.floats(0.0, 1.0)


def test_the_mean_is_of_log_odds():
    assert combined_confidence(0.8, 0.9) == pytest.approx(6 / 7)  # the odds: √(4 · 9) to 1
    assert combined_confidence(0.9, 0.1) == pytest.approx(0.5)
    assert combined_confidence(0.8, 0.9, weights=[3, 1]) == pytest.approx(
        (4**0.75 * 9**0.25) / (1 + 4**0.75 * 9**0.25)
    )


def test_one_alone_stays_what_it_is():
    assert combined_confidence(0.73) == pytest.approx(0.73)
    assert combined_confidence(0.73, 0.2, weights=(1, 0)) == pytest.approx(0.73)


def test_no_voice_counts_for_certain():
    assert combined_confidence(1, 1.0) == pytest.approx(1 - EDGE)
    assert combined_confidence(0, 0.0) == pytest.approx(EDGE)
    assert combined_confidence(1.0, 0.0) == pytest.approx(0.5)
    assert combined_confidence(1.0, 0.5) < 0.97


@pytest.mark.parametrize(
    "values",
    [
        (),
        (None,),
        (0.9, None),
        (0.9, math.nan),
        (0.9, 1.01),
        (-0.01, 0.9),
        (0.9, True),
        (0.9, "0.9"),
        (0.9, Rude()),
        (0.9, math.inf),
        ([0.9, 0.8],),
    ],
)
def test_any_that_is_none_makes_it_none(values):
    assert combined_confidence(*values) is None


@pytest.mark.parametrize(
    "weights",
    [
        [1],
        [1, 1, 1],
        [0, 0],
        [1, -1],
        [1, math.nan],
        [1, None],
        [1, "1"],
        [True, 1],
        1,
        "11",
        {1, 2},
    ],
)
def test_weights_that_do_not_fit_are_no_confidence(weights):
    assert combined_confidence(0.8, 0.9, weights=weights) is None


def test_a_confidence_of_no_weight_must_still_be_one():
    assert combined_confidence(0.8, None, weights=[1, 0]) is None


@given(st.lists(shares, min_size=1, max_size=5))
def test_it_lies_between_the_least_and_the_greatest(values):
    kept = [min(max(value, EDGE), 1 - EDGE) for value in values]
    assert min(kept) - 1e-9 <= combined_confidence(*values) <= max(kept) + 1e-9


@given(st.lists(st.tuples(shares, st.floats(0, 1e200)), min_size=1, max_size=5), shares)
def test_it_rises_with_each(pairs, more):
    weights = [weight for _, weight in pairs]
    assume(max(weights) > 0)
    values = [value for value, _ in pairs]
    before = combined_confidence(*values, weights=weights)
    values[0] = max(values[0], more)
    assert combined_confidence(*values, weights=weights) >= before - 1e-12


@given(st.lists(junk(), max_size=3), junk())
def test_junk_never_raises_and_is_never_outside(values, weights):
    found = combined_confidence(*values, weights=weights)
    assert found is None or 0.0 < found < 1.0
