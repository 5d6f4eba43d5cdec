"""How much of one stratum went wrong, by a bound that holds at every look, however often one looks.

A beta-binomial mixture: a rate is kept while the evidence against it stays under 1/alpha. Whoever
looks daily, or stops looking when it suits them, is wrong with a probability of at most alpha.

Source: the mixture martingale of a Bernoulli rate, H. Robbins, "Statistical methods related to the
law of the iterated logarithm", 1970; truncated to one side as in S. Howard et al., "Time-uniform,
nonparametric, nonasymptotic confidence sequences", 2021, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lgamma, log, log1p

from handraise.core.monitor.intervals import log_share_below

PRIOR = (1.0, 20.0)
"""Of the mixture: most of what goes ahead is right, so that small rates are told apart soonest."""

_EXACT = 1e-12
"""So exactly the ends are told, rounded away from what was seen."""


Prior = tuple[float, float]
"""The two parameters of a beta distribution, each greater than 0."""


def between(wrong: int, looked: int, alpha: float, prior: Prior = PRIOR) -> tuple[float, float]:
    """Return the rates that what was seen speaks against least, from both sides.

    Args:
        wrong: how many were wrong.
        looked: how many were looked at; 0 says nothing, and every rate is kept.
        alpha: the probability of ever being wrong, in (0, 1).
        prior: of the mixture: where the rate is looked for.

    Raises:
        ValueError: the counts are no counts.

    Example:
        >>> low, high = between(20, 1000, 0.05)
        >>> round(low, 7), round(high, 7)
        (0.0091104, 0.0371072)
    """
    _check(wrong, looked)

    def evidence(rate: float) -> float:
        return _mixed(wrong, looked, prior) - _likelihood(wrong, looked, rate)

    return _lowest(evidence, wrong, looked, alpha), _highest(evidence, wrong, looked, alpha)


def at_most(wrong: int, looked: int, alpha: float, prior: Prior = PRIOR) -> float:
    """Return the highest rate that is kept, where nobody asks for the lowest.

    Args:
        wrong: as for `between`.
        looked: as for `between`; 0 gives 1.
        alpha: the probability of ever being wrong, in (0, 1).
        prior: as for `between`.

    Raises:
        ValueError: the counts are no counts.

    Example:
        >>> round(at_most(20, 1000, 0.05), 7)
        0.0356989
    """
    _check(wrong, looked)
    a, b = prior

    def evidence(rate: float) -> float:
        share = log_share_below(rate, a + wrong, b + looked - wrong) - log_share_below(rate, a, b)
        return share + _mixed(wrong, looked, prior) - _likelihood(wrong, looked, rate)

    return _highest(evidence, wrong, looked, alpha)


def at_least(wrong: int, looked: int, alpha: float, prior: Prior = PRIOR) -> float:
    """Return the lowest rate that is kept, where nobody asks for the highest.

    Args:
        wrong: as for `between`.
        looked: as for `between`; 0 gives 0.
        alpha: the probability of ever being wrong, in (0, 1).
        prior: as for `between`.

    Raises:
        ValueError: the counts are no counts.
    """
    _check(wrong, looked)
    a, b = prior

    def evidence(rate: float) -> float:
        above = log_share_below(1 - rate, b + looked - wrong, a + wrong)
        share = above - log_share_below(1 - rate, b, a)
        return share + _mixed(wrong, looked, prior) - _likelihood(wrong, looked, rate)

    return _lowest(evidence, wrong, looked, alpha)


def _check(wrong: int, looked: int) -> None:
    if not 0 <= wrong <= looked:
        raise ValueError(f"{wrong} wrong of {looked}")


def _mixed(wrong: int, looked: int, prior: Prior) -> float:
    """Return the logarithm of how likely what was seen is when the rate is drawn from the prior."""
    a, b = prior
    return _log_beta(a + wrong, b + looked - wrong) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _likelihood(wrong: int, looked: int, rate: float) -> float:
    """Return the logarithm of how likely what was seen is at a rate; 0 * log 0 is 0."""
    right = looked - wrong
    return (wrong * log(rate) if wrong else 0.0) + (right * log1p(-rate) if right else 0.0)


def _highest(evidence: Callable[[float], float], wrong: int, looked: int, alpha: float) -> float:
    """Return the highest rate against which there is too little evidence, rounded up."""
    if wrong == looked:
        return 1.0
    kept, out = wrong / looked, 1.0
    while abs(out - kept) > _EXACT:
        middle = (kept + out) / 2
        if evidence(middle) < -log(alpha):
            kept = middle
        else:
            out = middle
    return out


def _lowest(evidence: Callable[[float], float], wrong: int, looked: int, alpha: float) -> float:
    """Return the lowest rate against which there is too little evidence, rounded down."""
    if wrong == 0:
        return 0.0
    out, kept = 0.0, wrong / looked
    while abs(out - kept) > _EXACT:
        middle = (kept + out) / 2
        if evidence(middle) < -log(alpha):
            kept = middle
        else:
            out = middle
    return out
