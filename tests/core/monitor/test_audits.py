"""What is said of decisions taken alone: what is not known is never right, and the bound holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from handraise.core.monitor.audits import FIRST, Estimate, Look, estimate_of, strata_of
from handraise.core.monitor.strata import PRIOR, at_least, at_most, between

ALPHA = 0.05


def looks(
    right: int = 0,
    wrong: int = 0,
    unclear: int = 0,
    pending: int = 0,
    *,
    severity: str = "low",
    probability: float = 0.1,
    cost: float | None = None,
) -> list[Look]:
    counts = {"right": right, "wrong": wrong, "unclear": unclear, "pending": pending}
    return [
        Look(severity=severity, probability=probability, finding=finding, cost=cost)
        for finding, count in counts.items()
        for _ in range(count)
    ]


def found(drawn: list[Look], **alone: int) -> Estimate:
    return estimate_of(alone or {"low": 10 * len(drawn)}, drawn, ALPHA)


def test_the_rate_is_weighed_by_what_went_ahead_and_not_by_what_was_looked_at():
    drawn = [*looks(90, 10), *looks(50, 50, severity="high", probability=1.0)]
    estimate = found(drawn, low=900, high=100)

    assert estimate.rate == pytest.approx(0.9 * 0.1 + 0.1 * 0.5)
    assert (estimate.decisions, estimate.right, estimate.wrong) == (1000, 140, 60)
    assert estimate.unseen == 0


def test_the_ends_are_the_sums_of_those_of_the_strata():
    drawn = [*looks(90, 10), *looks(50, 50, severity="high", probability=1.0)]
    estimate = found(drawn, low=900, high=100)
    own = ALPHA / 2 * FIRST

    assert estimate.bound == pytest.approx(
        0.9 * at_most(10, 100, own) + 0.1 * at_most(50, 100, own)
    )
    assert estimate.floor == pytest.approx(
        0.9 * at_least(10, 100, own) + 0.1 * at_least(50, 100, own)
    )
    assert estimate.low == pytest.approx(
        0.9 * between(10, 100, own)[0] + 0.1 * between(50, 100, own)[0]
    )
    assert estimate.low < estimate.floor < 0.14 < estimate.bound < estimate.high


def test_what_waits_counts_as_wrong_in_the_bound_and_as_right_in_the_floor():
    without, waiting = found(looks(50, 2), low=5000), found(looks(50, 2, pending=300), low=5000)
    own = ALPHA * FIRST

    assert waiting.rate == without.rate == pytest.approx(2 / 52)
    assert waiting.bound == at_most(302, 352, own) > waiting.rate_at_worst
    assert waiting.high == between(302, 352, own)[1]
    assert waiting.low == between(2, 352, own)[0]
    assert waiting.floor == at_least(2, 352, own)
    assert waiting.rate_at_worst == pytest.approx(302 / 352)


def test_what_nobody_can_tell_is_wrong_at_the_upper_end_and_right_at_the_lower():
    estimate, own = found(looks(50, 2, unclear=10)), ALPHA * FIRST

    assert estimate.rate == pytest.approx(2 / 52)
    assert estimate.bound == at_most(12, 62, own)
    assert estimate.high == between(12, 62, own)[1]
    assert estimate.low == between(2, 62, own)[0]
    assert estimate.floor == at_least(2, 62, own)
    assert estimate.rate_at_worst == pytest.approx(12 / 62)


def test_nothing_answered_has_no_rate_and_may_all_be_wrong():
    estimate = found(looks(pending=4))

    assert estimate.rate is None
    assert (estimate.low, estimate.floor) == (0, 0)
    assert (estimate.bound, estimate.high, estimate.rate_at_worst, estimate.unseen) == (1, 1, 1, 1)


def test_nothing_drawn_at_all_says_nothing():
    estimate = estimate_of({"low": 0, "high": 0}, [], ALPHA)

    assert estimate.rate is None
    assert estimate.strata == ()
    assert (estimate.low, estimate.floor, estimate.bound) == (0, 0, 1)
    assert (estimate.high, estimate.bound, estimate.unseen) == (1, 1, 1)


def test_a_severity_of_which_nothing_was_looked_at_may_have_gone_wrong_altogether():
    estimate = found(looks(500), low=900, high=100)

    assert estimate.rate == 0
    assert estimate.unseen == pytest.approx(0.1)
    assert 0.1 < estimate.bound < 0.12
    assert estimate.rate_at_worst == pytest.approx(0.1)


def test_looks_without_a_count_weigh_alike():
    estimate = found([*looks(1, 1), *looks(2, severity="high")], low=0, high=0)
    assert estimate.rate == pytest.approx(0.25)


def test_what_is_known_of_a_stratum_that_weighs_nothing_tells_no_rate():
    assert found([*looks(3)], low=0, high=10).rate is None


def test_another_probability_is_a_stratum_that_takes_nothing_from_the_first():
    drawn = [*looks(10), *looks(20, probability=0.2), *looks(5, probability=0.05)]
    first, second, third = strata_of({"low": 3000}, drawn, ALPHA)

    # 10 / 0.1, 20 / 0.2 and 5 / 0.05: each stands for a third of what went ahead.
    assert [one.decisions for one in (first, second, third)] == pytest.approx([1000] * 3)
    assert first.alpha == pytest.approx(ALPHA * 0.8)
    assert second.alpha == pytest.approx(ALPHA * 0.1)
    assert third.alpha == pytest.approx(ALPHA * 0.2 / 6)
    assert strata_of({"low": 100}, looks(10), ALPHA)[0].alpha == first.alpha


def test_a_severity_that_nothing_was_of_keeps_its_share_of_the_certainty():
    (only,) = strata_of({"low": 100, "high": 0}, looks(10), ALPHA)
    assert only.alpha == pytest.approx(ALPHA / 2 * FIRST)


def test_what_wrong_ones_cost_stands_for_all_that_went_ahead():
    drawn = [*looks(90), *looks(0, 5, cost=40.0), *looks(0, 5)]
    # Of 1,000 that went ahead one in ten is wrong, for 40 each as far as that was said.
    assert found(drawn, low=1000).cost == pytest.approx(1000 * 0.1 * 40)
    assert found(looks(90, 10), low=1000).cost is None
    assert found(looks(90, cost=40.0), low=1000).cost is None


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.01, float("nan")])
def test_a_probability_that_is_none_is_refused(probability):
    with pytest.raises(ValueError, match="a probability of"):
        strata_of({"low": 1}, looks(1, probability=probability), ALPHA)


def test_the_bound_holds_at_every_daily_look_with_strata_and_late_answers():
    """Over 400 operations of 120 days, looked at daily: ever wrong at most as often as promised.

    Three severities, drawn and put with probabilities of their own; answers come some days late.
    """
    rng = np.random.default_rng(7)
    operations, days = 400, 120
    alone = {"low": 400, "high": 60, "critical": 8}  # a day
    truth = {"low": 0.015, "high": 0.04, "critical": 0.10}
    drawn_with = {"low": 0.01, "high": 0.1, "critical": 1.0}
    counts = {}
    for severity, count in alone.items():
        draws = rng.binomial(count, drawn_with[severity], (operations, days))
        wrong = rng.binomial(draws, truth[severity])
        counts[severity] = _answered(rng, draws, wrong)
    weights = {one: count / sum(alone.values()) for one, count in alone.items()}
    rate = sum(weights[one] * truth[one] for one in alone)

    # A sum misses only where a part does: these alone are worked out whole.
    own = ALPHA / len(alone) * FIRST
    misses = sum(_misses(*counts[one], truth[one], own) for one in alone) > 0
    worst = np.zeros(operations, dtype=bool)
    for operation, day in np.argwhere(misses):
        tops = {
            one: at_most(*(int(part[operation, day]) for part in counts[one]), own) for one in alone
        }
        worst[operation] |= sum(weights[one] * tops[one] for one in alone) < rate

    parts = misses.any(axis=1).sum()
    most = stats.binom.ppf(0.999, operations, ALPHA)
    assert worst.sum() <= parts <= most
    assert parts > 0  # the simulation can miss: the bound is no trivial one


def _answered(rng, draws, wrong):
    """Return how many were answered, and wrong, by each day; a look is answered 0 to 6 days late."""
    operations, days = draws.shape
    looked = np.zeros((operations, days + 7), dtype=int)
    bad = np.zeros_like(looked)
    lags = np.full(7, 1 / 7)
    for day in range(days):
        late_wrong = rng.multinomial(wrong[:, day], lags)
        late_right = rng.multinomial(draws[:, day] - wrong[:, day], lags)
        bad[:, day : day + 7] += late_wrong
        looked[:, day : day + 7] += late_wrong + late_right
    return bad.cumsum(axis=1)[:, :days], looked.cumsum(axis=1)[:, :days]


def _misses(wrong, looked, rate, alpha):
    """Return where the true rate is over the one-sided bound: the same test, for all at once."""
    from scipy.special import betainc, betaln

    a, b = PRIOR
    evidence = betaln(a + wrong, b + looked - wrong) - betaln(a, b)
    evidence += np.log(betainc(a + wrong, b + looked - wrong, rate)) - np.log(betainc(a, b, rate))
    evidence -= wrong * np.log(rate) + (looked - wrong) * np.log1p(-rate)
    is_above = np.divide(wrong, looked, out=np.zeros(wrong.shape), where=looked > 0) < rate
    return ((evidence >= -np.log(alpha)) & is_above).astype(int)
