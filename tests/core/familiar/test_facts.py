"""Facts: values, numbers, what is missing, and combinations that never come."""

import math

import numpy as np
import pytest

from handraise.core.familiar.facts import (
    LOOKS,
    NOTHING,
    TYPE,
    Facts,
    Found,
    Numbers,
    Values,
    pair_hashes,
    value_hash,
    value_text,
)
from handraise.core.familiar.look import CannotLookError
from handraise.core.familiar.together import Together

EMPTY = Facts(rows=10, missing={}, values={}, numbers={}, pairs={}, together=None)


def values(**counts):
    return Values(sum(counts.values()), {value_hash(one): n for one, n in counts.items()}, ())


def facts(**fields):
    return Facts(**({name: getattr(EMPTY, name) for name in EMPTY.__struct_fields__} | fields))


def test_truths_are_counted_as_words():
    assert [value_text(one) for one in (True, False, "true", 7)] == ["true", "false", "true", "7"]


def test_a_value_is_known_by_its_rows():
    country = values(PT=7, ES=2)
    assert (country.rows("PT"), country.rows("FR")) == (7, 0)
    assert country.share("PT") == 7.5 / 10
    assert country.share("FR") == 0.5 / 10


def test_values_that_run_into_each_other_are_different_pairs():
    assert value_hash("ab", "c") != value_hash("a", "bc")
    assert value_hash("a\x1fb", "c") != value_hash("a", "b\x1fc")
    assert 2**32 < value_hash("plumless") != value_hash("buckeroo")  # which have one CRC32
    assert value_hash("\ud800") != value_hash("\ud801")


def test_pairs_are_counted_in_alphabetical_order():
    given = {"b": "2", "a": "1", TYPE: "refund"}
    assert pair_hashes(given) == {
        (TYPE, "a"): value_hash(TYPE, "refund", "a", "1"),
        (TYPE, "b"): value_hash(TYPE, "refund", "b", "2"),
        ("a", "b"): value_hash("a", "1", "b", "2"),
    }


def test_where_nothing_was_learned_every_look_finds_nothing():
    found = EMPTY.looks({"amount": 5}, None)
    assert found == dict.fromkeys(LOOKS, Found(NOTHING))


def test_the_rarest_value_is_found():
    known = facts(
        values={TYPE: values(refund=9), "country": values(PT=9), "channel": values(web=5)}
    )
    found = known.looks({"country": "PT", "channel": "fax"}, "unheard")["value"]
    assert found == Found(pytest.approx(-math.log(0.5 / 6)), ("channel",))
    assert known.looks({}, "refund")["value"] == Found(NOTHING)


def test_the_number_furthest_out_is_found():
    familiar = np.arange(1.0, 100.0)
    known = facts(numbers={"amount": Numbers(familiar, {}), "fee": Numbers(familiar, {})})
    assert known.looks({"amount": 50, "fee": 400}, None)["number"].facts == ("fee",)
    assert known.looks({"amount": 50}, None)["number"] == Found(0.0, ("amount",))
    assert known.looks({}, None)["number"] == Found(NOTHING)


@pytest.mark.parametrize("value", [1e299, -1e299, -0.0, 2**53 + 1, True, 0])
def test_any_usable_number_has_a_finite_score(value):
    known = facts(
        numbers={"amount": Numbers(np.array([5.0, 5.0]), {"refund": np.array([1e299, 1e299])})},
        together=Together(("amount", "fee"), np.array([[5.0, 1e299], [5.0, -1e299]]), np.ones((2, 1))),
    )  # fmt: skip
    found = known.looks({"amount": value, "fee": value}, "refund")
    assert all(one.score < math.inf for one in found.values())
    assert found["together"].facts == ("amount", "fee")


@pytest.mark.parametrize("value", [10**400, math.inf, math.nan, "5 apples", None, [5]])
def test_what_is_no_number_cannot_be_looked_at(value):
    known = facts(numbers={"amount": Numbers(np.array([5.0]), {})})
    with pytest.raises(CannotLookError, match=r"^amount is no number that can be looked at$"):
        known.looks({"amount": value}, None)


def test_what_is_missing_where_it_always_was_is_found():
    known = facts(rows=99, missing={"amount": 0.0, "note": 1.0, "country": 0.5})
    assert known.looks({"country": "PT"}, None)["missing"] == Found(
        pytest.approx(-math.log(0.5 / 100)), ("amount",)
    )
    there = known.looks({"amount": 5, "note": "x"}, None)["missing"]
    assert there.facts == ("note",)
    assert known.looks({"amount": 5}, None)["missing"].facts == ("country",)


def paired(seen):
    return facts(
        rows=100,
        values={TYPE: values(refund=50, delay=50), "country": values(PT=50, ES=48, FR=2)},
        pairs={value_hash(TYPE, "refund", "country", "PT"): seen, 1: 1},
    )


def test_common_values_that_are_never_together_are_found():
    expected = (50.5 / 101) * (50.5 / 101) * 100
    found = paired(0).looks({"country": "PT"}, "refund")["pair"]
    assert found == Found(pytest.approx(math.log(expected / 0.5)), (TYPE, "country"))
    assert paired(3).looks({"country": "PT"}, "refund")["pair"].score < found.score


def test_values_as_often_together_as_by_chance_or_rare_ones_are_not_missed():
    assert paired(25).looks({"country": "PT"}, "refund")["pair"] == Found(NOTHING)
    assert paired(0).looks({"country": "FR"}, "refund")["pair"] == Found(NOTHING)
    assert paired(0).looks({"country": "PT"}, None)["pair"] == Found(NOTHING)
    assert paired(0).looks({"country": "PT"}, "unheard")["pair"] == Found(NOTHING)


def test_two_facts_whose_pairs_were_not_counted_miss_none():
    known = facts(rows=100, values=paired(0).values, pairs={1: 1}, unpaired=((TYPE, "country"),))
    assert known.looks({"country": "PT"}, "refund")["pair"] == Found(NOTHING)


def test_where_pairs_were_too_many_to_be_counted_none_is_missed():
    known = facts(rows=100, values=paired(0).values, pairs={})
    assert known.looks({"country": "PT"}, "refund")["pair"] == Found(NOTHING)


def test_a_usual_number_can_be_odd_for_its_type():
    by_type = {"refund": np.arange(1.0, 100.0)}
    known = facts(numbers={"amount": Numbers(np.arange(1.0, 1000.0), by_type)})
    found = known.looks({"amount": 600}, "refund")
    assert found["number"].score < 1
    assert found["number_for_type"].facts == (TYPE, "amount")
    assert found["number_for_type"].score > 3
    for given, type in (({"amount": 600}, "delay"), ({"amount": 600}, None), ({}, "refund")):
        assert known.looks(given, type)["number_for_type"] == Found(NOTHING)


def test_all_numbers_are_looked_at_together_only_where_all_are_there():
    line = np.linspace(0.0, 10.0, 200)
    together = Together(("a", "b"), np.stack([line, line], axis=1), np.ones((2, 50)) * 0.1)
    known = facts(together=together)
    assert known.looks({"a": 2.0, "b": 8.0}, None)["together"].score > 5
    assert known.looks({"a": 2.0, "b": 2.0}, None)["together"] == Found(0.0, ("a", "b"))
    assert known.looks({"a": 2.0}, None)["together"] == Found(NOTHING)
