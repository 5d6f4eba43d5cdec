"""How far people agree: counted pairs, and a coefficient that matches the published one."""

from __future__ import annotations

from collections import Counter

import pytest

from handraise.core.agreement import LEAST_FOR_ALPHA, agreement_of, alpha

FOUR_OBSERVERS = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Section C of Krippendorff 2011: four observers, twelve units, some answers missing."""


def units(observers: str) -> list[list[str]]:
    rows = [line.split() for line in observers.strip().splitlines()]
    return [[one for one in column if one != "."] for column in zip(*rows, strict=True)]


def test_the_coefficient_is_the_published_one_for_two_observers_and_two_answers():
    meg, owen = "0100000010", "1110010000"
    found = agreement_of(list(zip(meg, owen, strict=True)))

    assert found.alpha == pytest.approx(0.095, abs=0.0005)
    assert (found.alike, found.pairs, found.compared) == (6, 10, 20)


def test_the_coefficient_is_the_published_one_where_answers_are_missing():
    assert agreement_of(units(FOUR_OBSERVERS)).alpha == pytest.approx(0.743, abs=0.0005)


def test_a_question_that_one_person_answered_says_nothing():
    found = agreement_of([["approve"], [], ["approve", "reject"]])
    assert (found.alike, found.pairs, found.compared) == (0, 1, 2)
    assert alpha([Counter(["approve"])]) is None


def test_with_few_answers_there_is_no_coefficient():
    few = [["a", "b"]] * (LEAST_FOR_ALPHA // 2 - 1)
    assert agreement_of(few).alpha is None
    assert agreement_of([*few, ["a", "b"]]).alpha is not None


def test_where_all_say_the_same_nobody_knows_how_they_would_differ():
    assert agreement_of([["approve", "approve"]] * LEAST_FOR_ALPHA).alpha is None


def test_all_who_agree_on_different_answers_have_one():
    assert agreement_of([["a", "a"], ["b", "b"]] * LEAST_FOR_ALPHA).alpha == 1


def test_nobody_asked_is_no_agreement():
    found = agreement_of([])
    assert (found.alike, found.pairs, found.alpha) == (0, 0, None)
