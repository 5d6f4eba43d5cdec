"""One chance of a false alarm, shared among all monitors."""

from __future__ import annotations

import math

import pytest

from handraise.core.monitor.budget import alpha_of, promised, shares
from handraise.core.monitor.intervals import clopper_pearson

SERIES = [
    "all",
    *(f"row confidence.{place}" for place in range(3)),
    *(f"condition {name}" for name in ("confidence", "consequence", "novelty")),
    *(f"route {name}" for name in ("support", "finance")),
    *(f"type {place}" for place in range(70)),
]


@pytest.mark.parametrize("audits", [True, False])
@pytest.mark.parametrize("people", [True, False])
def test_the_shares_make_up_the_whole(audits: bool, people: bool) -> None:
    found = shares(SERIES, audits=audits, people=people, total=0.05)
    assert sum(found.values()) == pytest.approx(0.05)
    assert set(found) - set(SERIES) == {
        *(["wrong_alone"] if audits else []),
        *(["agreeing", "unread"] if people else []),
    }
    assert min(found.values()) > 0


def test_the_rate_of_all_gets_more_than_one_of_seventy_types() -> None:
    found = shares(SERIES, audits=True, people=True, total=0.05)
    assert found["all"] == pytest.approx(0.04 / 3)
    assert found["all"] > 100 * found["type 0"]
    assert found["row confidence.0"] == pytest.approx(found["all"] / 2 / 3)


def test_more_types_cost_the_other_series_nothing() -> None:
    few = shares([*SERIES[:9], "type a"], audits=False, people=False, total=0.05)
    many = shares(SERIES, audits=False, people=False, total=0.05)
    assert {name: few[name] for name in SERIES[:9]} == {name: many[name] for name in SERIES[:9]}


def test_without_series_the_audits_and_the_people_get_no_more() -> None:
    assert shares([], audits=True, people=True, total=0.1) == pytest.approx(
        {"wrong_alone": 0.01, "agreeing": 0.005, "unread": 0.005}
    )


@pytest.mark.parametrize("total", [0, 1, -0.1, math.nan])
def test_a_total_that_cannot_be_is_refused(total: float) -> None:
    with pytest.raises(ValueError, match="false alarm lies between"):
        shares(SERIES, audits=True, people=True, total=total)


def test_half_of_a_share_is_for_the_promise_and_half_for_the_test() -> None:
    assert promised(119, 1000, 0.02) == clopper_pearson(119, 1000, 0.99)
    assert alpha_of(0.02) == 0.01


def test_a_backtest_without_rows_promises_nothing() -> None:
    assert promised(0, 0, 0.01) == (0.0, 1.0)
