"""More unusual decisions than promised: seldom reported where there are none, and soon else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from handraise.core.familiar.excess import TIMES, Excess, allowed_of, excess_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def seen(ps: list[float], rate: float = 0.02, held_out: int = 181) -> Excess:
    points = [(MONDAY + timedelta(minutes=at), p) for at, p in enumerate(ps)]
    return excess_of(points, rate, held_out)


@pytest.mark.parametrize("held_out", [1, 2, 49, 99, 181, 2000, 20_000])
@pytest.mark.parametrize("rate", [0.005, 0.02, 0.29, 0.95, 0.999])
def test_what_is_allowed_is_the_upper_bound_of_beta(held_out: int, rate: float):
    least = max(int(rate * (held_out + 1) + 1e-9), 1)
    wanted = stats.beta.ppf(0.9975, least, held_out + 1 - least)

    assert allowed_of(rate, held_out) == pytest.approx(wanted, abs=1e-9)


def test_twelve_in_a_hundred_where_two_were_promised_are_an_excess():
    ps = ([0.01] + [0.5] * 7) * 45

    found = seen(ps)

    assert (found.count, found.unusual, found.share) == (360, 45, 0.125)
    assert found.allowed < 0.06
    assert found.started_at is not None
    assert found.noticed_at is not None
    assert found.started_at < found.noticed_at
    assert found.e_value >= found.alarm_at == pytest.approx(400)


def test_its_start_is_where_they_began_to_be_more():
    ps = ([0.01] + [0.5] * 49) * 20 + ([0.01] + [0.5] * 3) * 50

    found = seen(ps, held_out=2000)

    assert found.started_at is not None
    assert 950 < (found.started_at - MONDAY) / timedelta(minutes=1) < 1050


def test_the_chance_of_one_set_of_held_out_rows_is_no_excess():
    rng = np.random.default_rng(1)
    runs, alarms = 200, 0
    for _ in range(runs):
        held = np.sort(rng.uniform(size=200))
        above = 200 - np.searchsorted(held, rng.uniform(size=1500), side="left")
        found = seen(((1 + above) / 201).tolist(), held_out=200)
        alarms += found.noticed_at is not None

    assert alarms <= stats.binom.ppf(0.999, runs, 0.005)


def test_no_bet_gains_while_no_more_are_unusual_than_allowed():
    allowed = allowed_of(0.02, 181)
    for times in TIMES:
        stated = times * allowed
        usual, unusual = (1 - stated) / (1 - allowed), stated / allowed
        assert allowed * unusual + (1 - allowed) * usual == pytest.approx(1)

    alone = seen([0.01])
    mean = sum(TIMES) / len(TIMES)
    assert alone.e_value == pytest.approx(0.5 * mean + 0.5)


def test_nothing_to_look_at_and_nothing_to_bet_on_are_no_excess():
    assert (seen([]).share, seen([]).started_at, seen([]).e_value) == (0, None, 1)
    assert seen([0.5] * 500, rate=0.9, held_out=2).started_at is None
    assert seen([0.9] * 500).e_value == pytest.approx(1, abs=1e-9)
