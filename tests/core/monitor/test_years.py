"""Simulated years: false alarms within the budget, and how soon a change is found.

The full size is measured by `python -m bench watch`.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from bench.years import Operation, delays, intervals, null_years, operation
from handraise.core.monitor.intervals import clopper_pearson

BUDGET = 0.05
YEARS = 400

TABLE = {2.0: 450, 0.5: 1000, 1.25: 4750}
"""Decisions until a change is found, from 10 % on: the median that was set before."""


@pytest.mark.parametrize("rows", [None, 1000], ids=["exact", "backtest of 1000"])
def test_years_in_which_nothing_changes_raise_no_more_alarms_than_stated(rows: int | None) -> None:
    found = null_years(11, years=YEARS, looks=500, decisions=80, rows=rows, total=BUDGET)
    assert found.false <= binom.ppf(0.99, YEARS, BUDGET)


def test_with_a_budget_of_nine_in_ten_more_years_have_one() -> None:
    alone = null_years(11, years=100, looks=300, decisions=80, rows=None, total=0.9)
    assert alone.rate > BUDGET


@pytest.mark.parametrize("factor", TABLE)
def test_a_change_is_found_as_soon_as_promised(factor: float) -> None:
    found, early = delays(12, factor, times=300, most=15_000)
    assert np.median(found) <= 1.2 * TABLE[factor]
    assert early <= binom.ppf(0.99, 300, BUDGET)


def test_one_decision_feeds_several_series_of_the_operation() -> None:
    played = operation(np.random.default_rng(1))
    kinds = [name.partition(" ")[0] for name in played.series]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts == {"all": 1, "row": 4, "condition": 3, "route": 3, "type": 12}
    assert played.rates[played.series.index("row consequence.2")] == 0
    stopped, counted = played.drawn(np.random.default_rng(2), 5000, 20)
    assert (counted[:, :11] == 5000).all()
    assert (counted[:, 11:].sum(axis=1) == 5000).all()
    assert (stopped[:, 11:].sum(axis=1) == stopped[:, 0]).all()
    assert (stopped.sum(axis=0) / counted.sum(axis=0))[:11] == pytest.approx(
        played.rates[:11], abs=0.01
    )
    assert isinstance(played, Operation)


def test_intervals_in_arrays_are_the_same() -> None:
    counts = [(0, 1000, 0.01), (119, 1000, 0.01), (1000, 1000, 0.2), (0, 0, 0.1), (3, 7, 0.0003)]
    low, high = intervals(*(np.array(column, dtype=float) for column in zip(*counts, strict=True)))
    for place, (count, n, outside) in enumerate(counts):
        assert (low[place], high[place]) == pytest.approx(
            clopper_pearson(count, n, 1 - outside), abs=1e-9
        )
