"""Simulated years of answers, looked at every day: the chance of a false alarm is what is spent."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.special import betainc, betaincc, betaln

from handraise.core.monitor.people import window
from handraise.core.monitor.strata import PRIOR, at_least, at_most

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, YEARS, SHARE = 365, 1000, 0.05
EVERYWHERE = (1.0, 1.0)
MARGIN = 3 * math.sqrt(SHARE * (1 - SHARE) / YEARS)


def hits(
    found: np.ndarray, of: int, limit: float, alpha: float, prior: tuple[float, float], above: bool
) -> np.ndarray:
    """Return where the bound lies beyond the limit: `at_least` above it, or `at_most` below."""
    a, b = prior
    of_kept, of_prior = (betaincc, betaincc) if above else (betainc, betainc)
    kept = np.maximum(of_kept(a + found, b + of - found, limit), 1e-300)
    evidence = (
        betaln(a + found, b + of - found)
        - betaln(a, b)
        - found * math.log(limit)
        - (of - found) * math.log1p(-limit)
        + np.log(kept)
        - math.log(of_prior(a, b, limit))
    )
    beyond = found / of > limit if above else found / of < limit
    return (evidence >= -math.log(alpha)) & beyond


def years_with_an_alarm(
    limit: float, per_day: int, length: timedelta, prior: tuple[float, float], above: bool
) -> float:
    """Return in which share of years at exactly the limit a look of some day finds it passed."""
    rng = np.random.default_rng(20261123)
    counts = rng.binomial(per_day, limit, size=(YEARS, DAYS)).cumsum(axis=1)
    total = np.concatenate([np.zeros((YEARS, 1)), counts], axis=1)
    alarmed = np.zeros(YEARS, dtype=bool)
    for day in range(1, DAYS + 1):
        seen = window(START, START + timedelta(days=day), length)
        first = (seen.since - START).days
        found, of = total[:, day] - total[:, first], (day - first) * per_day
        alarmed |= hits(found, of, limit, SHARE * seen.share, prior, above)
    return float(alarmed.mean())


@pytest.mark.parametrize("per_day", [5, 200])
def test_a_fifth_that_is_unread_is_seldom_taken_for_more(per_day: int) -> None:
    alarmed = years_with_an_alarm(0.2, per_day, timedelta(days=14), EVERYWHERE, above=True)

    assert alarmed <= SHARE + MARGIN


@pytest.mark.parametrize("per_day", [5, 200])
def test_people_who_differ_in_one_of_fifty_are_seldom_taken_for_agreeing(per_day: int) -> None:
    alarmed = years_with_an_alarm(0.02, per_day, timedelta(days=28), PRIOR, above=False)

    assert alarmed <= SHARE + MARGIN


@pytest.mark.parametrize(("found", "of"), [(0, 30), (9, 30), (17, 26), (26, 26), (60, 200)])
def test_the_years_are_judged_as_the_watch_judges(found: int, of: int) -> None:
    one = np.array([float(found)])
    for alpha in (0.05, 0.0005):
        more = at_least(found, of, alpha, EVERYWHERE) > 0.2
        fewer = at_most(found, of * 20, alpha) < 0.02
        assert bool(hits(one, of, 0.2, alpha, EVERYWHERE, above=True)[0]) == more
        assert bool(hits(one, of * 20, 0.02, alpha, PRIOR, above=False)[0]) == fewer
