"""Agreement among samples: counted as the gate compares, and what is missing lowers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.confidence.stated.agreement import MOST_SAMPLES, agreement_confidence
from tests.support.tables import Rude, junk

MISSING = [None, "", "  ", float("nan"), object(), {1: 2}, 2**60, Rude()]


NO_SAMPLES = [
    [],
    ["yes"],
    ["yes", "yes"],
    "yes",
    b"yes",
    None,
    3,
    {"yes": 3},
    iter(["yes"] * 5),
    {"yes"},
]


@pytest.mark.parametrize(
    ("samples", "answer", "confidence", "distinct"),
    [
        (["refund"] * 3, "refund", 1.0, 1),
        (["reply", "refund", "refund"], "refund", 2 / 3, 2),
        (["Refund", " refund ", "re fund", "REFUND"], "Refund", 0.75, 2),
        (["two  words", "two\nwords", "two words", "x"], "two words", 0.75, 2),
        (["a", "b", "c"], "a", 1 / 3, 3),
        (["b", "a", "b", "a"], "b", 0.5, 2),
        ([{"refund": 40}, {"refund": 40.0}, {"refund": 41}], {"refund": 40}, 2 / 3, 2),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}], {"a": 1, "b": 2}, 2 / 3, 2),
        ([{"note": "A"}, {"note": "a"}, {"note": "A"}], {"note": "A"}, 2 / 3, 2),
        ([40, 40.0, "40"], 40, 2 / 3, 2),
        ([1, True, True], True, 2 / 3, 2),
        (("yes", "yes", "no"), "yes", 2 / 3, 2),
        ([False, False, False], False, 1.0, 1),
    ],
)
def test_the_most_frequent_answer_has_the_share_of_the_samples_that_give_it(
    samples, answer, confidence, distinct
):
    found = agreement_confidence(samples)
    assert found.confidence == pytest.approx(confidence)
    assert (found.distinct, found.samples) == (distinct, len(samples))
    assert found.answer in (answer, samples[0])
    assert agreement_confidence([found.answer] * 3).confidence == 1.0


def test_a_tie_is_the_first_answer_with_the_share_of_that_one():
    found = agreement_confidence(["b", "a", "a", "b"])
    assert (found.answer, found.confidence, found.distinct) == ("b", 0.5, 2)


@pytest.mark.parametrize("missing", MISSING, ids=range(len(MISSING)))
def test_a_sample_that_cannot_be_compared_agrees_with_none_and_counts(missing):
    found = agreement_confidence(["yes", missing, "yes", missing, missing])
    assert (found.answer, found.confidence, found.samples) == ("yes", 0.4, 5)


def test_samples_that_all_failed_are_no_answer_that_many_agree_on():
    found = agreement_confidence([None, None, None])
    assert (found.answer, found.confidence, found.samples, found.distinct) == (None, None, 3, 0)


@pytest.mark.parametrize("samples", NO_SAMPLES, ids=range(len(NO_SAMPLES)))
def test_too_few_samples_or_no_list_of_them_is_no_confidence(samples):
    assert agreement_confidence(samples).confidence is None
    assert agreement_confidence(samples).answer is None


def test_too_many_samples_are_no_confidence():
    assert agreement_confidence(["yes"] * MOST_SAMPLES).confidence == 1.0
    assert agreement_confidence(["yes"] * (MOST_SAMPLES + 1)).confidence is None


def test_what_means_the_same_is_for_the_caller_to_say():
    samples = ["pay 40 back", "refund 40", None, "reply", "refund forty"]
    found = agreement_confidence(
        samples, same=lambda one, other: ("reply" in one) == ("reply" in other)
    )
    assert (found.answer, found.confidence, found.distinct) == ("pay 40 back", 0.6, 2)


def test_a_comparison_that_fails_is_no_confidence():
    def same(one, other):
        raise RuntimeError

    assert agreement_confidence(["a", "b", "c"], same=same).confidence is None
    assert agreement_confidence([None, None, None], same=same).confidence is None


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=3, max_size=12))
def test_a_sample_that_failed_never_raises_the_confidence(samples):
    before = agreement_confidence(samples).confidence or 0.0
    assert (agreement_confidence([*samples, None]).confidence or 0.0) <= before


@given(junk() | st.lists(junk(), max_size=6))
def test_junk_never_raises_and_is_never_outside(samples):
    found = agreement_confidence(samples)
    assert found.confidence is None or 0.0 < found.confidence <= 1.0
