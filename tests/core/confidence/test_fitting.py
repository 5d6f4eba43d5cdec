"""Fitting calibration maps: against scikit-learn, against truth, and on data that allows none."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from handraise.core.confidence import fitting
from handraise.core.confidence.fitting import all_calibrated, cross_fitted_ece, fit_map
from handraise.core.confidence.mapping import MOST_KNOTS, CalibrationMap, calibrated, problem_of
from handraise.core.confidence.reliability import reliability

SMOOTH = ("temperature", "platt", "beta")
EVERY = (*SMOOTH, "isotonic")
GRID = np.unique(np.concatenate((np.linspace(0, 1, 20_001), expit(np.linspace(-9, 9, 20_001)))))


def overconfident(count, seed, temperature=2.0):
    """Draw stated numbers, errors and the true share that is right: log-odds N(2, 1.8), doubled."""
    rng = np.random.default_rng(seed)
    z = rng.normal(2.0, 1.8, count)
    right = expit(z)
    return expit(temperature * z), rng.random(count) > right, right


def plain_ece(stated, right):
    """Return ECE-15, bin by bin."""
    total = 0.0
    for low in range(15):
        inside = ((stated > low / 15) | (low == 0)) & (stated <= (low + 1) / 15)
        if inside.any():
            total += inside.mean() * abs(stated[inside].mean() - right[inside].mean())
    return total


def plain_aurc(stated, wrong):
    """Return the mean over k of the share of errors in the top k; ties get their mean."""
    order = np.argsort(-stated, kind="stable")
    values, errors = stated[order], wrong[order].astype(float)
    for value in np.unique(values):
        errors[values == value] = errors[values == value].mean()
    return float((np.cumsum(errors) / np.arange(1, len(errors) + 1)).mean())


# Second implementations.


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize(("count", "seed"), [(300, 1), (4_000, 2)])
def test_a_smooth_map_is_the_logistic_regression_of_scikit_learn(kind, count, seed):
    stated, wrong, _ = overconfident(count, seed)

    def columns(x):
        z = logit(np.clip(x, expit(-9.21), expit(9.21)))
        return np.column_stack((log_expit(z), -log_expit(-z))) if kind == "beta" else z[:, None]

    other = LogisticRegression(
        C=np.inf, fit_intercept=kind != "temperature", tol=1e-8, max_iter=2_000
    )
    other.fit(columns(stated), ~wrong)
    assert (other.coef_ > 0).all()  # so the bounds do not matter
    expected = other.predict_proba(columns(GRID))[:, 1]
    assert np.abs(all_calibrated(fit_map(stated, wrong, kind), GRID) - expected).max() < 2e-3


def test_an_isotonic_map_goes_through_the_middles_of_scikit_learns_steps():
    stated, wrong, _ = overconfident(6_000, 3)
    found = fit_map(stated, wrong, "isotonic")
    steps = IsotonicRegression(y_min=0, y_max=1).fit(stated, ~wrong).predict(stated)
    for step in np.unique(steps):
        middle = stated[steps == step].mean()
        assert calibrated(found, middle) == pytest.approx(step, abs=2e-3)


def test_a_staircase_of_more_steps_than_knots_is_drawn_as_well_as_it_can_be():
    steps = np.arange(101)
    of_1000 = steps // 2 * 20 + steps % 2 * 2  # low and high steps by turns
    stated = np.repeat(steps / 100, 1_000)
    wrong = np.tile(np.arange(1_000), 101) >= np.repeat(of_1000, 1_000)
    found = fit_map(stated, wrong, "isotonic")
    assert len(found.knots) == MOST_KNOTS
    assert problem_of(found) == ""
    assert np.abs(all_calibrated(found, steps / 100) - of_1000 / 1_000).max() < 0.01


# Values of STATISTICS.md S2, on fresh rows; S2 does not say how its data were drawn.


@pytest.mark.parametrize(
    ("kind", "count", "published"),
    [
        ("temperature", 200, 0.017),
        ("temperature", 1_000, 0.011),
        ("temperature", 5_000, 0.010),
        ("platt", 200, 0.031),
        ("platt", 1_000, 0.014),
        ("platt", 5_000, 0.009),
        ("isotonic", 200, 0.047),
        ("isotonic", 1_000, 0.021),
        ("isotonic", 5_000, 0.012),
    ],
)
def test_calibration_errors_are_those_that_were_measured(kind, count, published):
    fresh, fresh_wrong, _ = overconfident(20_000, 99)
    assert plain_ece(fresh, ~fresh_wrong) == pytest.approx(0.076, abs=0.004)
    found = []
    for seed in range(min(max(20_000 // count, 8), 40)):
        stated, wrong, _ = overconfident(count, seed)
        fitted = fitting._fitted(stated, ~wrong, kind)  # isotonic ones also where they are refused
        found.append(plain_ece(all_calibrated(fitted, fresh), ~fresh_wrong))
    assert np.mean(found) == pytest.approx(published, abs=0.007)


def test_a_plain_isotonic_map_ties_and_ranks_worse_and_ours_ranks_as_before():
    fresh, fresh_wrong, _ = overconfident(20_000, 99)
    stated, wrong, _ = overconfident(5_000, 5)
    before = plain_aurc(fresh, fresh_wrong)
    plain = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(stated, ~wrong)
    ours = all_calibrated(fit_map(stated, wrong, "isotonic"), fresh)
    assert plain_aurc(plain.predict(fresh), fresh_wrong) > before + 1e-4
    assert plain_aurc(ours, fresh_wrong) == pytest.approx(before, abs=1e-7)


# The lines.


@pytest.mark.parametrize("kind", SMOOTH)
def test_a_line_through_the_knots_is_nowhere_far_off_the_map(kind):
    for weights, constant in _parameters(kind):
        x, y = fitting._curve(weights, constant, kind)
        found = CalibrationMap(kind, fitting._knots(x, y))
        assert problem_of(found) == ""
        where = np.unique(np.concatenate((GRID, x)))
        z = np.clip(logit(where), -9.21, 9.21)
        truth = expit(weights @ fitting._features(z, kind) + constant)
        assert np.abs(all_calibrated(found, where) - truth).max() < 2e-3, (weights, constant)


def _parameters(kind):
    for steep in (0.0, 0.01, 0.2, 1.0, 3.0, 30.0, 100.0):
        if kind == "temperature":
            yield np.array([steep]), 0.0
            continue
        for turn in (-8.0, -1.0, 0.0, 2.0, 8.0):  # the log-odds at which it is even
            if kind == "platt":
                yield np.array([steep]), -steep * turn
                continue
            for other in (0.0, 0.3, 2.0, 100.0):
                at = fitting._features(np.array([turn]), "beta")[:, 0]
                yield np.array([steep, other]), -float(at @ (steep, other))


@pytest.mark.parametrize("kind", EVERY)
def test_many_are_mapped_to_the_bit_as_each_is(kind):
    stated, wrong, _ = overconfident(6_000, 4)
    found = fit_map(stated, wrong, kind)
    each = [calibrated(found, float(x)) for x in GRID]
    assert all_calibrated(found, GRID).tolist() == each
    assert np.isnan(all_calibrated(found, np.array([math.nan]))).all()


labelled = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0)), st.booleans()),
    min_size=2,
    max_size=60,
).filter(lambda rows: len({x for x, _ in rows}) > 1 and len({w for _, w in rows}) > 1)


@settings(max_examples=60, deadline=None)
@given(labelled, st.sampled_from(EVERY))
def test_whatever_the_labels_a_map_is_sound_and_keeps_the_ranking(rows, kind):
    stated, wrong = np.array([x for x, _ in rows]), np.array([w for _, w in rows])
    found = fitting._fitted(stated, ~wrong, kind)
    assert problem_of(found) == ""
    near = np.concatenate((stated, np.maximum(stated - 1e-9, 0), np.minimum(stated + 1e-9, 1)))
    apart = np.unique(np.round(near, 9))
    assert (np.diff(all_calibrated(found, apart)) > 0).all()


# Data that is hardly any.


@pytest.mark.parametrize("kind", SMOOTH)
def test_a_score_that_tells_right_from_wrong_perfectly_gives_a_steep_map(kind):
    found = fit_map(np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.arange(6) < 3, kind)
    assert problem_of(found) == ""
    assert calibrated(found, 0.3) < 0.02
    assert calibrated(found, 0.7) > 0.98


@pytest.mark.parametrize("kind", ["platt", "beta"])
def test_a_score_that_says_the_opposite_is_mapped_to_the_share_that_is_right(kind):
    found = fit_map(np.repeat([0.2, 0.9], 50), np.arange(100) >= 60, kind)
    assert calibrated(found, 0.2) == pytest.approx(0.6, abs=0.01)
    assert calibrated(found, 0.2) < calibrated(found, 0.9) < 0.61


def test_a_temperature_that_no_number_helps_makes_everything_even():
    found = fit_map(np.repeat([0.2, 0.9], 50), np.arange(100) >= 50, "temperature")
    assert calibrated(found, 0.9) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kind", SMOOTH)
def test_scores_of_exactly_0_and_1_are_numbers_like_others(kind):
    stated = np.repeat([0.0, 0.5, 1.0], 40)
    wrong = np.concatenate((np.arange(40) < 36, np.arange(40) < 20, np.arange(40) < 4))
    found = fit_map(stated, wrong, kind)
    assert [calibrated(found, x) for x in (0.0, 0.5, 1.0)] == pytest.approx(
        [0.1, 0.5, 0.9], abs=1e-3
    )


def test_numbers_that_differ_by_rounding_are_one_step():
    stated = np.tile([0.3, 0.1 + 0.2, 0.8, 0.9], 1_500)
    found = fit_map(stated, np.tile([True, False, False, False], 1_500), "isotonic")
    assert problem_of(found) == ""
    assert calibrated(found, 0.3) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(
    ("stated", "wrong", "sentence"),
    [
        ([0.1, 0.9], [False, False], "all of the 2 labels are right"),
        ([0.1, 0.9], [True, True], "all of the 2 labels are wrong"),
        ([0.7, 0.7], [True, False], "all of the 2 decisions state 0.7"),
        ([], [], "there are no labels"),
        ([0.1, 1.9], [True, False], "a number from 0 to 1"),
        ([0.1, math.nan], [True, False], "a number from 0 to 1"),
        ([0.1, 0.2, 0.3], [True, False], "each label needs one confidence"),
        ([0.1, 0.9], [1, 0], "must be true or false"),
    ],
)
def test_labels_that_allow_no_map_are_refused_in_plain_words(stated, wrong, sentence):
    wrongs = np.array(wrong, dtype=bool if not wrong else None)
    with pytest.raises(ValueError, match=sentence):
        fit_map(np.array(stated), wrongs)


def test_auto_takes_one_parameter_below_1000_labels_and_three_from_there():
    stated, wrong, _ = overconfident(1_000, 6)
    assert fit_map(stated[:999], wrong[:999]).kind == "temperature"
    assert fit_map(stated, wrong).kind == "beta"


def test_a_staircase_is_refused_below_5000_labels():
    stated, wrong, _ = overconfident(5_000, 7)
    assert fit_map(stated, wrong, "isotonic").kind == "isotonic"
    with pytest.raises(ValueError, match=r"needs 5,000 labels, there are 4,999: .* take temp"):
        fit_map(stated[:-1], wrong[:-1], "isotonic")


def test_another_kind_is_refused_with_the_kinds_there_are():
    stated, wrong, _ = overconfident(50, 8)
    with pytest.raises(ValueError, match='"spline" is no kind of map: take auto, temperature'):
        fit_map(stated, wrong, "spline")


# On rows that a map was not fitted on.


def test_the_error_before_is_the_plain_one_and_after_is_that_of_unseen_rows():
    stated, wrong, _ = overconfident(5_000, 9)
    before, after = cross_fitted_ece(stated, wrong, "temperature")
    assert before == pytest.approx(plain_ece(stated, ~wrong))
    assert before == pytest.approx(reliability(stated, wrong, draws=1).ece)
    assert after < 0.02 < 0.06 < before


def test_a_map_looks_worse_on_unseen_rows_than_on_its_own():
    own, unseen = [], []
    for seed in range(30):
        stated, wrong, _ = overconfident(80, seed)
        own.append(plain_ece(all_calibrated(fit_map(stated, wrong, "beta"), stated), ~wrong))
        unseen.append(cross_fitted_ece(stated, wrong, "beta")[1])
    assert np.mean(unseen) > np.mean(own) + 0.01


def test_the_kind_is_chosen_by_all_labels_and_not_by_those_outside_a_fold():
    stated, wrong, _ = overconfident(5_000, 11)
    assert cross_fitted_ece(stated, wrong, "isotonic")[1] < 0.03
    fewer = cross_fitted_ece(stated[:1_000], wrong[:1_000])
    assert fewer == cross_fitted_ece(stated[:1_000], wrong[:1_000], "beta")


def test_the_same_seed_draws_the_same_folds():
    stated, wrong, _ = overconfident(500, 12)
    one, same, other = (cross_fitted_ece(stated, wrong, seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_each_fold_has_its_share_of_the_wrong_ones():
    wrong = np.arange(100) < 10
    fold = fitting._drawn(wrong, 5, 0)
    assert np.bincount(fold).tolist() == [20] * 5
    assert np.bincount(fold[wrong]).tolist() == [2] * 5


def test_folds_that_leave_nothing_to_fit_are_refused():
    stated = np.linspace(0.1, 0.9, 20)
    with pytest.raises(ValueError, match="all of the 16 labels are right"):
        cross_fitted_ece(stated, np.arange(20) == 3)
    with pytest.raises(ValueError, match="21 folds of 20 labels"):
        cross_fitted_ece(stated, np.arange(20) < 5, folds=21)
    with pytest.raises(ValueError, match="1 folds of 20 labels"):
        cross_fitted_ece(stated, np.arange(20) < 5, folds=1)
