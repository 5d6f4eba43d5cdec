"""Counting facts, in bounded memory, however many rows there are."""

import numpy as np
import pytest

from handraise.core.familiar.facts import TYPE, value_hash
from handraise.core.familiar.look import Asked
from handraise.service.learning.fitting import facts_fit
from handraise.service.learning.fitting.facts_fit import FactCounter
from tests.support.familiar import KINDS, counted, requests


def rows(*facts, type="refund"):
    return [Asked(None, type, one) for one in facts]


def test_what_is_missing_is_counted():
    found = counted(rows({"amount": 1}, {"amount": 2, "country": "PT"}, {}, {"amount": 4}))
    assert found.rows == 4
    assert found.missing == {"amount": 0.25, "fee": 1.0, "country": 0.75, "member": 1.0}


def test_values_and_truths_are_counted_and_those_of_several_rows_can_be_shown():
    found = counted(rows({"country": "PT"}, {"country": "ES"}, {"country": "PT"}, {"member": True}))
    assert found.values["country"].counts == {value_hash("PT"): 2, value_hash("ES"): 1}
    assert found.values["country"].shown == ("PT",)
    assert found.values["member"].counts == {value_hash("true"): 1}
    assert found.values[TYPE].count == 4


def test_pairs_are_counted_with_the_type_and_with_each_other():
    found = counted(rows({"country": "PT", "member": False}, {"country": "PT", "member": False}))
    assert found.pairs[value_hash(TYPE, "refund", "country", "PT")] == 2
    assert found.pairs[value_hash("country", "PT", "member", "false")] == 2
    assert len(found.pairs) == 3


def test_without_values_there_is_nothing_for_types_to_be_together_with():
    found = counted(rows({"amount": 1}, {"amount": 2}))
    assert (found.values, found.pairs) == ({}, {})


def test_a_text_with_too_many_values_is_not_checked():
    counter = FactCounter({"name": "text", "country": "text"})
    counter.add(rows(*({"name": f"customer {at}", "country": "PT"} for at in range(1_001))))
    counter.add(rows({"name": "customer 0", "country": "PT"}))
    found = counter.facts()
    assert counter.too_many == {"name"}
    assert found.values.keys() == {TYPE, "country"}
    assert found.missing == {"name": 0.0, "country": 0.0}


def test_where_pairs_are_too_many_those_of_the_facts_with_the_most_values_go() -> None:
    kinds = {"few": "boolean", "some": "text", **{f"many {at}": "text" for at in range(10)}}
    counter = FactCounter(kinds, most_pairs=2_000)
    rng = np.random.default_rng(0)
    for row in range(80):
        values = {f"many {at}": str(value) for at, value in enumerate(rng.integers(900, size=10))}
        counter.add(rows({"few": row % 2 == 0, "some": str(row % 2), **values}))
    found = counter.facts()
    assert len(found.pairs) <= 2_000
    assert found.unpaired
    assert all(one.startswith("many") or two.startswith("many") for one, two in found.unpaired)
    assert not any(TYPE in pair for pair in found.unpaired)
    looked = found.looks({"few": True, "some": "1"}, "refund")["pair"]
    assert (looked.facts, looked.score > 3) == (("few", "some"), True)


def test_pairs_with_the_type_go_last_and_what_is_not_counted_is_not_looked_at() -> None:
    asked = rows(*({"a": str(at % 4), "b": str(at % 5)} for at in range(40)))
    unpaired = {}
    for most in (29, 28, 8, 4):
        counter = FactCounter({"a": "text", "b": "text"}, most_pairs=most)
        counter.add(asked)
        unpaired[most] = set(counter.unpaired)
    with_type = {("a", "b"), (TYPE, "b")}
    assert unpaired == {29: set(), 28: {("a", "b")}, 8: with_type, 4: with_type | {(TYPE, "a")}}
    counter = FactCounter({"a": "text", "b": "text"}, most_pairs=4)
    counter.add(rows(*({"a": at % 2 * "x", "b": at % 2 * "y"} for at in range(40))))
    counter.add(asked)
    assert counter.facts().looks({"a": "x", "b": ""}, "refund")["pair"].facts != ("a", "b")


def test_numbers_are_kept_sorted_and_by_type_where_there_are_enough():
    many = [Asked(None, "refund", {"amount": 200 - at}) for at in range(100)]
    few = [Asked(None, "delay", {"amount": float(at)}) for at in range(99)]
    found = counted(many + few).numbers
    assert found.keys() == {"amount"}
    assert len(found["amount"].familiar) == 199
    assert (np.diff(found["amount"].familiar) >= 0).all()
    assert found["amount"].by_type.keys() == {"refund"}
    assert found["amount"].by_type["refund"][0] == 101.0
    assert counted(many).numbers["amount"].by_type == {}


def test_of_very_many_numbers_quantiles_are_kept_with_both_ends():
    counter = FactCounter({"amount": "number"})
    counter.add(rows(*({"amount": at} for at in range(facts_fit.MAX_KEPT))))
    kept = counter.facts().numbers["amount"].familiar
    assert len(kept) == facts_fit.QUANTILES
    assert (kept[0], kept[-1]) == (0.0, facts_fit.MAX_KEPT - 1.0)
    assert np.quantile(kept, 0.3) == pytest.approx(0.3 * facts_fit.MAX_KEPT, rel=0.01)


def test_of_more_rows_than_are_kept_a_fair_and_repeatable_sample_is_looked_at():
    def counting():
        counter = FactCounter({"amount": "number", "fee": "number"})
        counter.add(rows(*({"amount": at, "fee": at} for at in range(2 * facts_fit.MAX_KEPT))))
        return counter.facts()

    first, second = counting(), counting()
    assert np.median(first.numbers["amount"].familiar) == pytest.approx(
        facts_fit.MAX_KEPT, rel=0.05
    )
    assert first.rows == 2 * facts_fit.MAX_KEPT
    assert (first.numbers["amount"].familiar == second.numbers["amount"].familiar).all()
    assert first.together.rows.shape == (facts_fit.MAX_TOGETHER, 2)
    assert (first.together.rows == second.together.rows).all()


def test_numbers_are_taken_together_only_where_two_rows_have_two_of_them():
    assert counted(requests(50)).together.facts == ("amount", "fee")
    assert counted(requests(50), {"amount": "number", "country": "text"}).together is None
    assert counted(rows({"amount": 1}, {"fee": 2}, {"amount": 1, "fee": 1})).together is None


def test_batch_by_batch_is_all_at_once():
    asked = requests(90)
    counter = FactCounter(KINDS)
    for at in range(0, 90, 7):
        counter.add(asked[at : at + 7])
    one, other = counter.facts(), counted(asked)
    assert (one.values, one.pairs, one.missing) == (other.values, other.pairs, other.missing)
    assert (one.together.rows == other.together.rows).all()


def test_without_rows_there_is_nothing():
    found = FactCounter(KINDS).facts()
    assert (found.rows, found.values, found.numbers, found.together) == (0, {}, {}, None)
    assert found.missing == dict.fromkeys(KINDS, 0.0)
