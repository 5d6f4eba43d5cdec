"""The lowest safe threshold: published values, every awkward set of labels, and the way it walks."""

import numpy as np
import pytest
from scipy.stats import binom

from handraise.core.confidence.thresholds import (
    labels_needed,
    safe_by_type,
    safe_threshold,
    upper_bound,
)

NOBODY = np.zeros(0)


def falling(*groups):
    """Return labels in groups of equal confidence: (confidence, right, wrong) each."""
    scores = np.concatenate([np.full(right + wrong, score) for score, right, wrong in groups])
    wrongs = np.concatenate([np.arange(right + wrong) < wrong for _, right, wrong in groups])
    return scores, wrongs


@pytest.mark.parametrize(
    ("max_error", "sure", "needed"),
    [
        (0.01, 0.90, [230, 388, 531, 667]),
        (0.01, 0.95, [299, 473, 628, 773]),
        (0.02, 0.90, [114, 194, 265, 333]),
        (0.02, 0.95, [149, 236, 313, 386]),
        (0.05, 0.90, [45, 77, 105, 132]),
        (0.05, 0.95, [59, 93, 124, 153]),
    ],
)
def test_so_many_labels_are_needed_with_no_one_two_and_three_errors(max_error, sure, needed):
    assert [labels_needed(max_error, sure, errors) for errors in range(4)] == needed


@pytest.mark.parametrize("errors", [0, 1, 7, 40])
def test_one_label_less_than_needed_does_not_pass(errors):
    needed = labels_needed(0.03, 0.9, errors)
    assert binom.cdf(errors, needed, 0.03) <= 0.1 < binom.cdf(errors, needed - 1, 0.03)


def test_where_errors_are_likely_one_more_label_than_errors_may_be_needed():
    assert labels_needed(0.9, 0.5, 0) == 1
    assert labels_needed(0.999, 0.5, 3) == 4


def test_the_bound_and_the_tail_are_the_published_ones():
    assert upper_bound(0, 230, 0.9) == pytest.approx(0.0099613, abs=5e-8)
    assert binom.cdf(10, 1000, 0.02) == pytest.approx(0.0102365, abs=5e-8)
    assert upper_bound(10, 1000, 1 - 0.0102365) == pytest.approx(0.02, abs=1e-6)
    assert upper_bound(3, 3, 0.9) == 1.0
    assert upper_bound(0, 0, 0.9) == 1.0


def test_the_walk_goes_on_until_the_first_threshold_that_has_too_many_errors():
    labels = falling((0.9, 100, 0), (0.8, 100, 0), (0.7, 50, 0), (0.6, 20, 30), (0.5, 5000, 0))
    found = safe_threshold(*labels, max_error=0.02, sure=0.95, minimum_coverage=0.01)
    assert (found.threshold, found.accepted, found.errors) == (0.7, 250, 0)
    assert found.labels == 5300
    assert found.coverage == 250 / 5300
    assert found.bound == pytest.approx(1 - 0.05 ** (1 / 250))
    assert (found.max_error, found.sure, found.minimum_coverage) == (0.02, 0.95, 0.01)
    assert (found.starts, found.why, found.more_labels) == ((0.01,), "", None)


def test_the_order_of_the_labels_does_not_matter():
    scores, wrongs = falling((0.9, 150, 0), (0.8, 150, 2), (0.7, 150, 50))
    order = np.random.default_rng(1).permutation(len(scores))
    as_is = safe_threshold(scores, wrongs, max_error=0.02, sure=0.9)
    assert as_is.threshold == 0.8
    assert safe_threshold(scores[order], wrongs[order], max_error=0.02, sure=0.9) == as_is


def test_equal_scores_go_ahead_together_or_not_at_all():
    scores, wrongs = falling((0.9, 300, 0), (0.8, 100, 20))
    assert safe_threshold(scores, wrongs, max_error=0.02, sure=0.9).threshold == 0.9
    # One by one, those at 0.8 that are right would have been accepted first.
    apart = scores + np.where(scores == 0.8, np.where(wrongs, 0.0, 0.01), 0.0)
    assert safe_threshold(apart, wrongs, max_error=0.02, sure=0.9).threshold == 0.81


def test_a_later_good_stretch_does_not_mend_an_earlier_bad_one():
    labels = falling((0.9, 80, 20), (0.8, 10_000, 0))
    found = safe_threshold(*labels, max_error=0.05, sure=0.9, minimum_coverage=0.005)
    assert found.threshold is None
    assert safe_threshold(*labels, max_error=0.05, sure=0.9).threshold == 0.8


def test_a_failure_far_down_is_found_among_many_scores():
    scores = np.linspace(1.0, 0.0, 20_001)
    wrongs = np.zeros(20_001, dtype=bool)
    wrongs[15_000:] = True
    found = safe_threshold(scores, wrongs, max_error=0.02, sure=0.95)
    assert 15_000 + 250 < found.accepted < 15_000 + 310
    assert found.bound <= 0.02
    assert upper_bound(found.errors + 1, found.accepted + 1, 0.95) > 0.02


def test_a_start_is_the_whole_number_that_is_meant():
    # 0.07 · 100 is a little more than 7 in binary; 8 accepted ones with an error would not pass.
    scores = np.linspace(1.0, 0.01, 100)
    asked = {"max_error": 0.3, "sure": 0.9, "minimum_coverage": 0.07}
    assert safe_threshold(scores, np.arange(100) == 7, **asked).accepted == 7


def test_no_labels_say_how_many_are_needed():
    found = safe_threshold(NOBODY, NOBODY.astype(bool), max_error=0.01, sure=0.95)
    assert (found.threshold, found.labels, found.coverage, found.bound) == (None, 0, 0.0, None)
    assert found.why == (
        "there are no labels: at most 1% errors with 95% certainty needs 299 if none of them is "
        "wrong"
    )
    assert found.more_labels == 299


@pytest.mark.parametrize(
    ("labels", "said"), [(1, "1 label is too few"), (2, "2 labels are too few")]
)
def test_one_and_two_labels_are_too_few(labels, said):
    found = safe_threshold(np.full(labels, 0.9), np.zeros(labels, bool), max_error=0.05, sure=0.9)
    assert found.threshold is None
    assert found.why.startswith(said)
    assert found.more_labels == 45


def test_one_label_is_enough_for_a_promise_that_is_next_to_none():
    found = safe_threshold(np.array([0.4]), np.array([False]), max_error=0.95, sure=0.9)
    assert (found.threshold, found.coverage) == (0.4, 1.0)


def test_too_few_labels_say_what_would_do():
    scores = np.linspace(1, 0.5, 180)
    found = safe_threshold(scores, np.zeros(180, bool), max_error=0.01, sure=0.95)
    assert (found.threshold, found.accepted, found.errors, found.coverage) == (None, 0, 0, 0.0)
    assert found.why == (
        "180 labels are too few for at most 1% errors with 95% certainty: with no error at all it "
        "needs 299"
    )
    assert found.more_labels == 299


def test_two_hundred_labels_never_certify_one_percent_and_the_needed_number_does():
    for count, is_safe in ((200, False), (229, False), (230, True)):
        scores = np.linspace(1, 0.5, count)
        found = safe_threshold(scores, np.zeros(count, bool), max_error=0.01, sure=0.9)
        assert (found.threshold is not None) == is_safe


def test_all_right_lets_everything_go_ahead():
    scores = np.linspace(1, 0.5, 500)
    found = safe_threshold(scores, np.zeros(500, bool), max_error=0.02, sure=0.95)
    assert (found.threshold, found.accepted, found.coverage, found.errors) == (0.5, 500, 1.0, 0)


def test_all_wrong_lets_nothing_go_ahead_and_more_labels_do_not_help():
    scores = np.linspace(1, 0.5, 1000)
    found = safe_threshold(scores, np.ones(1000, bool), max_error=0.02, sure=0.95)
    assert (found.threshold, found.more_labels) == (None, None)
    assert found.why == (
        "of the 200 most confident of 1,000 labels (0.9004 and up) 200 were wrong: for at most 2% "
        "errors with 95% certainty at most 0 may be"
    )


def test_equal_scores_everywhere_go_ahead_all_or_none():
    good = safe_threshold(*falling((0.8, 499, 1)), max_error=0.02, sure=0.95)
    assert (good.threshold, good.accepted, good.errors) == (0.8, 500, 1)
    bad = safe_threshold(*falling((0.8, 470, 30)), max_error=0.02, sure=0.95)
    assert bad.why == (
        "all 500 labels have the same confidence, 0.8, and 30 were wrong: for at most 2% errors "
        "with 95% certainty at most 4 may be"
    )
    assert (bad.threshold, bad.more_labels) == (None, None)


def test_the_sentence_says_how_many_errors_would_have_passed():
    for accepted, allowed in ((149, 0), (235, 0), (236, 1), (313, 2)):
        labels = falling((0.9, accepted - allowed - 1, allowed + 1), (0.1, 0, 50))
        found = safe_threshold(*labels, max_error=0.02, sure=0.95)
        were = "1 was" if allowed == 0 else f"{allowed + 1} were"
        assert f" {were} wrong: " in found.why
        assert found.why.endswith(f" at most {allowed} may be")


def test_as_many_labels_as_are_said_to_be_enough_are_so_four_times_in_five():
    rng = np.random.default_rng(4)
    seen = falling((0.9, 247, 3), (0.5, 450, 300))
    found = safe_threshold(*seen, max_error=0.02, sure=0.95)
    assert found.threshold is None
    assert 1_000 < found.more_labels < 20_000
    chance = 3 / 250, 300 / 750
    passed = 0
    for _ in range(400):
        is_sure = rng.random(found.more_labels) < 0.25
        wrongs = rng.random(found.more_labels) < np.where(is_sure, *chance)
        scores = np.where(is_sure, 0.9, 0.5)
        again = safe_threshold(scores, wrongs, max_error=0.02, sure=0.95)
        passed += again.threshold == 0.9
    assert 0.7 < passed / 400 < 0.95


def test_errors_just_below_the_target_would_need_more_labels_than_anybody_has():
    labels = falling((0.9, 98_020, 1_980))
    found = safe_threshold(*labels, max_error=0.02, sure=0.95)
    assert found.threshold is None
    assert found.more_labels > 1_000_000
    closer = falling((0.9, 980_001, 19_999))
    assert safe_threshold(*closer, max_error=0.02, sure=0.95).more_labels is None


def test_a_certainty_that_no_number_of_labels_gives_is_told():
    found = safe_by_type(
        np.array([0.9]),
        np.array([False]),
        ["a"],
        max_error=1e-6,
        sure=0.99,
        weights={"a": 1e-60, "b": 1 - 1e-60},
    )
    assert found["a"].threshold is None
    assert found["a"].more_labels is None


def test_several_starts_find_a_small_safe_top_that_one_start_cannot():
    labels = falling((0.9, 150, 0), (0.8, 500, 350))
    assert safe_threshold(*labels, max_error=0.05, sure=0.9).threshold is None
    found = safe_threshold(*labels, max_error=0.05, sure=0.9, starts=(0.05, 0.01))
    assert (found.threshold, found.accepted) == (0.9, 150)
    assert (found.minimum_coverage, found.starts) == (0.01, (0.01, 0.05, 0.2))


def test_a_walk_that_passes_hands_its_share_on_to_the_next_start():
    # Of 1,000 labels the first start accepts 80, the second 200, each with half of 0.1.
    tight, loose = (0.9, 80, 0), (0.8, 115, 5)
    rest = (0.1, 0, 800)
    assert 0.05 < binom.cdf(5, 200, 0.05) <= 0.1
    alone = safe_threshold(*falling((0.9, 80, 0), loose, rest), max_error=0.05, sure=0.95)
    assert alone.threshold is None
    both = safe_threshold(*falling(tight, loose, rest), max_error=0.05, sure=0.9, starts=(0.06,))
    assert both.threshold == 0.8


def test_a_walk_that_fails_hands_nothing_on():
    first, second = (0.9, 79, 1), (0.8, 116, 4)
    assert binom.cdf(1, 80, 0.05) > 0.05
    assert 0.05 < binom.cdf(5, 200, 0.05) <= 0.1
    labels = falling(first, second, (0.1, 0, 800))
    found = safe_threshold(*labels, max_error=0.05, sure=0.9, starts=(0.06,))
    assert found.threshold is None
    assert safe_threshold(*labels, max_error=0.05, sure=0.9).threshold == 0.8


def test_a_looser_start_finds_its_way_although_a_tighter_one_failed():
    labels = falling((0.9, 60, 20), (0.8, 3000, 0))
    found = safe_threshold(*labels, max_error=0.05, sure=0.9, starts=(0.02,))
    assert found.threshold == 0.8
    assert found.accepted == 3080


def test_starts_that_fall_on_one_threshold_share_it():
    # All three accept the 100 labels at 0.9, so these are tried with the whole of 0.1.
    labels = falling((0.9, 100, 0), (0.1, 20, 20))
    assert 0.1 / 3 < binom.cdf(1, 100, 0.05) <= 0.1
    one_wrong = falling((0.9, 99, 1), (0.1, 20, 20))
    for some in (labels, one_wrong):
        found = safe_threshold(*some, max_error=0.05, sure=0.9, starts=(0.05, 0.01))
        assert found.threshold == 0.9
    repeated = safe_threshold(*labels, max_error=0.05, sure=0.9, starts=(0.2, 0.2))
    assert repeated == safe_threshold(*labels, max_error=0.05, sure=0.9)


def test_several_starts_that_all_fail_tell_of_the_best_of_them():
    labels = falling((0.9, 90, 10), (0.8, 700, 200))
    found = safe_threshold(*labels, max_error=0.05, sure=0.9, starts=(0.05,))
    assert found.why.startswith("of the 100 most confident of 1,000 labels (0.9 and up) 10 were")
    assert found.more_labels is None


def test_the_least_number_of_labels_over_all_starts_is_told():
    labels = falling((0.9, 40, 0), (0.8, 360, 6), (0.1, 300, 300))
    one = safe_threshold(*labels, max_error=0.01, sure=0.9).more_labels
    several = safe_threshold(*labels, max_error=0.01, sure=0.9, starts=(0.03,)).more_labels
    assert one is None
    assert labels_needed(0.01, 0.95) < several < 20_000


def test_each_type_has_a_threshold_of_its_own_or_none():
    good, bad = falling((0.9, 300, 0), (0.6, 200, 1)), falling((0.9, 30, 30))
    scores = np.concatenate([good[0], bad[0]])
    wrongs = np.concatenate([good[1], bad[1]])
    types = ["card_not_arrived"] * 501 + ["chargeback"] * 60
    found = safe_by_type(scores, wrongs, types, max_error=0.05, sure=0.9)
    assert list(found) == ["card_not_arrived", "chargeback"]
    assert found["card_not_arrived"].threshold == 0.6
    assert found["card_not_arrived"].sure == pytest.approx(0.95)
    assert found["chargeback"].threshold is None
    assert found["chargeback"].labels == 60


def test_types_are_judged_by_their_own_share_of_the_certainty():
    labels = falling((0.9, 48, 0))
    twice = np.tile(labels[0], 2), np.tile(labels[1], 2)
    types = np.repeat(["a", "b"], 48)
    equal = safe_by_type(*twice, types, max_error=0.05, sure=0.9)
    assert equal["a"].threshold is None  # 48 pass at 0.1, 59 at half of it
    found = safe_by_type(*twice, types, max_error=0.05, sure=0.9, weights={"a": 0.9, "b": 0.1})
    assert (found["a"].threshold, found["b"].threshold) == (0.9, None)
    assert found["a"].sure == pytest.approx(0.91)
    assert found["b"].sure == pytest.approx(0.99)
    assert found["b"].more_labels == labels_needed(0.05, 0.99)


def test_a_single_type_has_the_whole_certainty():
    labels = falling((0.9, 300, 1), (0.5, 50, 50))
    alone = safe_by_type(*labels, ["a"] * 401, max_error=0.05, sure=0.9)
    whole = safe_threshold(*labels, max_error=0.05, sure=0.9)
    assert (alone["a"].threshold, alone["a"].accepted) == (whole.threshold, whole.accepted)


def test_a_type_without_labels_has_no_threshold():
    found = safe_by_type(
        *falling((0.9, 300, 0)),
        ["a"] * 300,
        max_error=0.05,
        sure=0.9,
        weights={"b": 0.5, "a": 0.5},
    )
    assert found["a"].threshold == 0.9
    assert (found["b"].threshold, found["b"].labels) == (None, 0)


def test_no_labels_have_no_types():
    assert safe_by_type(NOBODY, NOBODY.astype(bool), [], max_error=0.05, sure=0.9) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"max_error": 0.0}, "greatest error rate must be from 1e-6"),
        ({"max_error": 1.0}, "greatest error rate"),
        ({"max_error": float("nan")}, "greatest error rate"),
        ({"sure": 0.0}, "certainty must be between 0 and 1"),
        ({"sure": 1.0}, "certainty must be between 0 and 1"),
        ({"minimum_coverage": 0.0}, "minimum coverage must be above 0"),
        ({"minimum_coverage": 1.1}, "minimum coverage must be above 0"),
        ({"starts": (0.05, -1.0)}, "minimum coverage must be above 0"),
    ],
)
def test_a_promise_out_of_range_is_refused(change, said):
    asked = {"max_error": 0.02, "sure": 0.9} | change
    with pytest.raises(ValueError, match=said):
        safe_threshold(np.array([0.9]), np.array([False]), **asked)


@pytest.mark.parametrize(
    ("confidence", "wrong", "said"),
    [
        ([0.5, 0.6], [True], r"one confidence .* got shapes \(2,\) and \(1,\)"),
        ([[0.5]], [[True]], "one confidence"),
        ([0.5], [1], "true or false"),
        ([1.2], [True], "number from 0 to 1"),
        ([float("nan")], [True], "number from 0 to 1"),
    ],
)
def test_labels_that_are_none_are_refused(confidence, wrong, said):
    with pytest.raises(ValueError, match=said):
        safe_threshold(np.array(confidence), np.array(wrong), max_error=0.02, sure=0.9)


@pytest.mark.parametrize(
    ("types", "weights", "said"),
    [
        (["a"], None, "one type: got 1 for 2"),
        (["a", "b"], {"a": 1.0}, 'the type "b" has no weight'),
        (["a", "b"], {"a": 1.0, "b": 0.0}, "weight must be above 0"),
        (["a", "b"], {"a": 0.5, "b": 0.6}, "sum to 1, got 1.1"),
    ],
)
def test_types_that_do_not_fit_their_labels_are_refused(types, weights, said):
    labels = np.array([0.5, 0.6]), np.array([True, False])
    with pytest.raises(ValueError, match=said):
        safe_by_type(*labels, types, max_error=0.02, sure=0.9, weights=weights)


def test_fewer_errors_than_none_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        labels_needed(0.02, 0.9, -1)
    with pytest.raises(ValueError, match="greatest error rate"):
        labels_needed(2.0, 0.9)
