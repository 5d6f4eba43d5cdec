"""What is promised is what the held-out rows can carry; what is guessed is on the careful side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.stats import beta

from handraise.core.familiar.look import Asked
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Fitted, Parts, Rows, fit
from handraise.service.learning.forecast import (
    Forecast,
    leave_types_out,
    overlaps,
    promise,
    stopped_types,
)
from tests.support.labelled import ABOUT, request

TYPES = tuple(ABOUT)[:4]


def rows_of(types: Sequence[str], numbers: range, **facts: float) -> Rows:
    asked = tuple(
        Asked(request(type, number), type, dict(facts)) for number in numbers for type in types
    )
    return Rows(asked, tuple(range(1, len(asked) + 1)))


def divided(types: Sequence[str] = TYPES) -> Parts:
    return Parts(
        rows_of(types, range(24)),
        rows_of(types, range(40, 52)),
        rows_of(types, range(52, 64)),
        reads_text=True,
    )


@pytest.fixture(scope="module")
def learned() -> Fitted:
    return fit(divided(), None)


@pytest.mark.parametrize(
    ("rate", "held_out", "count"), [(0.05, 1500, 75), (0.02, 300, 6), (0.02, 49, 1)]
)
def test_the_promise_is_the_middle_of_the_distribution_of_its_coverage(
    rate: float, held_out: int, count: int
) -> None:
    found = promise(rate, held_out)
    spread = beta(count, held_out + 1 - count)
    assert (found.rate, found.held_out) == (rate, held_out)
    assert found.low == pytest.approx(spread.ppf(0.05), rel=1e-6)
    assert found.high == pytest.approx(spread.ppf(0.95), rel=1e-6)
    assert spread.cdf(found.high) - spread.cdf(found.low) == pytest.approx(0.9)


def test_the_promise_is_kept_by_nine_of_ten_draws_of_held_out_rows() -> None:
    random = np.random.default_rng(1)
    found = promise(0.05, 399)
    stopped = []
    for _ in range(2_000):
        held_out = np.sort(random.random(399))
        # p = (1 + how many are as large) / 400 is at most 0.05 above the 20th largest.
        stopped.append(1 - held_out[-20])
    kept = [found.low <= share <= found.high for share in stopped]
    assert np.mean(kept) == pytest.approx(0.9, abs=0.02)
    assert np.mean(stopped) == pytest.approx(0.05, abs=0.002)


def test_more_rows_promise_more_closely() -> None:
    few, many = promise(0.02, 100), promise(0.02, 10_000)
    assert few.low < many.low < 0.02 < many.high < few.high


def test_types_that_were_left_out_are_stopped_much_more_often_than_familiar_ones() -> None:
    found = leave_types_out(divided(), {}, None, 0.1)
    assert found is not None
    assert (found.types, found.rows) == (1, 24)
    assert 0.5 < found.caught <= 1


def test_the_encoder_is_asked_where_there_is_one() -> None:
    asked: list[int] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        found = np.zeros((len(texts), 8), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            row[
                next(
                    at
                    for at, words in enumerate(ABOUT.values())
                    if set(words.split()) <= set(text.split())
                )
            ] = 1
        return found

    found = leave_types_out(divided(), {}, encode, 0.1)
    assert found is not None
    assert found.caught > 0.9
    assert asked


def test_with_few_types_nothing_is_left_out() -> None:
    assert leave_types_out(divided(TYPES[:3]), {}, None, 0.1) is None


def test_without_held_out_rows_of_the_types_that_stay_nothing_is_guessed() -> None:
    parts = divided()
    gone = replace(parts, whole=Rows((), ()))
    assert leave_types_out(gone, {}, None, 0.1) is None


def test_facts_alone_can_be_left_out_by_type_too() -> None:
    def rows(numbers: range) -> Rows:
        asked = tuple(
            Asked(None, type, {"amount": at * 1_000.0 + number})
            for number in numbers
            for at, type in enumerate(ABOUT)
        )
        return Rows(asked, tuple(range(1, len(asked) + 1)))

    parts = Parts(rows(range(40)), rows(range(40, 52)), rows(range(52, 64)), reads_text=False)
    found = leave_types_out(parts, {"amount": "number"}, None, 0.1)
    assert isinstance(found, Forecast)
    assert 0 <= found.caught <= 1


def test_of_many_rows_a_thousand_foreign_ones_are_scored() -> None:
    def rows(count: int) -> Rows:
        asked = tuple(Asked(None, f"t{at % 4}", {"amount": float(at)}) for at in range(count))
        return Rows(asked, tuple(range(1, count + 1)))

    parts = Parts(rows(9_000), rows(80), rows(80), reads_text=False)
    found = leave_types_out(parts, {"amount": "number"}, None, 0.1)
    assert found is not None
    assert (found.rows, found.types) == (1_000, 1)


def test_a_type_that_bears_the_false_alarms_is_named(learned: Fitted) -> None:
    odd = tuple(Asked(f"xylophone {number} zebras quietly", "refund", {}) for number in range(12))
    usual = rows_of(TYPES[1:], range(52, 64))
    rows = Rows(odd + usual.asked, tuple(range(len(odd) + len(usual.asked))))
    (worst,) = stopped_types(learned, rows, None, 0.05)
    assert (worst.type, worst.rows) == ("refund", 12)
    assert worst.share > 0.9


def test_where_no_type_stands_out_none_is_named(learned: Fitted) -> None:
    assert stopped_types(learned, divided().whole, None, 0.05) == ()


def test_types_that_are_worded_alike_are_named() -> None:
    def twins(numbers: range) -> Rows:
        asked = tuple(
            Asked(request("refund" if type == "payback" else type, number), type, {})
            for number in numbers
            for type in (*TYPES[:3], "payback")
        )
        return Rows(asked, tuple(range(1, len(asked) + 1)))

    parts = Parts(twins(range(30)), twins(range(30, 42)), twins(range(42, 54)), reads_text=True)
    found = overlaps(fit(parts, None), parts.whole, None)
    assert found
    pairs = {("refund", "payback"), ("payback", "refund")}
    assert {(one.type, one.other) for one in found} <= pairs
    assert all(0.2 <= one.share <= 1 for one in found)
    assert list(found) == sorted(found, key=lambda one: (-one.share, one.type, one.other))


def test_types_that_differ_do_not_overlap(learned: Fitted) -> None:
    assert overlaps(learned, divided().whole, None) == ()


def test_without_wording_no_types_overlap() -> None:
    rows = Rows(tuple(Asked(None, "x", {"vip": at % 2 == 0}) for at in range(30)), tuple(range(30)))
    counter = FactCounter({"vip": "boolean"})
    counter.add(rows.asked)
    fitted = fit(Parts(rows, rows, rows, reads_text=False), counter.facts())
    assert overlaps(fitted, rows, None) == ()
