"""Whether more decisions are as unusual as a row asks for than the promise of its rate allows.

How many familiar requests a rate stops for nothing depends on which rows happened to be held out.
`excess_of` takes the most that this can come to, and bets against it as an e-process: however often
it is looked at, the probability that it ever reports an excess where there is none is at most
`FALSE_ALARM`, half of it for the held-out rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from handraise.core.familiar.drift import FALSE_ALARM, Point, watched

TIMES = (1.25, 1.5, 2.0, 3.0, 5.0)
"""The bets: that so many times as many are unusual as is allowed."""

MOST = 0.95

_NEXT_TO_NOTHING = 1e-18
_HALVINGS = 60
_ROUNDING = 1e-9


class Excess(Struct, frozen=True, kw_only=True):
    """How many decisions were as unusual as the rate asks for, against how many may be.

    Attributes:
        rate: the false-alarm rate that was asked for, in (0, 1).
        count: how many decisions there are.
        unusual: how many of them have a p-value up to the rate.
        share: the same as a share; 0 for no decisions.
        allowed: the greatest share that familiar decisions come to, with the held-out rows at hand.
        started_at: since when they have been too many, as well as can be told; None for no excess.
        noticed_at: when the evidence was enough; None for no excess.
        e_value: the most evidence there was: enough at `alarm_at`.
        alarm_at: how much is enough.
    """

    rate: float
    count: int
    unusual: int
    share: float
    allowed: float
    started_at: datetime | None
    noticed_at: datetime | None
    e_value: float
    alarm_at: float


def excess_of(points: Sequence[Point], rate: float, held_out: int) -> Excess:
    """Return whether more p-values are up to a rate than familiar decisions give.

    Bernoulli bets that the share is larger than `allowed`, mixed over when that began as in
    `drift_of`; fewer than allowed never are evidence.

    Args:
        points: when, and the p-value in (0, 1]; oldest first.
        rate: the false-alarm rate that was asked for, in (0, 1).
        held_out: how many held-out rows the p-values are of.
    """
    allowed = allowed_of(rate, held_out)
    alarm_at = 2 / FALSE_ALARM
    low, high = _bets(allowed)
    gains = (high if p <= rate else low for _, p in points)
    noticed, started, most = watched(gains, len(TIMES), alarm_at)
    unusual = sum(p <= rate for _, p in points)
    return Excess(
        rate=rate,
        count=len(points),
        unusual=unusual,
        share=unusual / max(len(points), 1),
        allowed=allowed,
        started_at=None if noticed is None else points[started][0],
        noticed_at=None if noticed is None else points[noticed][0],
        e_value=most,
        alarm_at=alarm_at,
    )


def allowed_of(rate: float, held_out: int) -> float:
    """Return the most that a rate really stops of familiar ones; wrong with half of `FALSE_ALARM`.

    Args:
        rate: in (0, 1).
        held_out: rows, at least 1.

    Source: given its calibration rows, the rate of split conformal prediction follows
        Beta(k, n + 1 - k), k = floor(rate (n + 1)); Vovk (2012), Conditional validity of inductive
        conformal predictors, 3. Its distribution is that of at least k successes of n.

    Example:
        >>> round(allowed_of(0.02, 200), 4)
        0.0581
    """
    least = max(math.floor(rate * (held_out + 1) + _ROUNDING), 1)
    low, high = least / (held_out + 1), 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _fewer(least, held_out, middle) > FALSE_ALARM / 2:
            low = middle
        else:
            high = middle
    return low


def _fewer(least: int, count: int, share: float) -> float:
    """Return the probability of fewer than `least` of `count`, where that many or more are due."""
    total, at = 0.0, least - 1
    while at >= 0:
        ways = math.lgamma(count + 1) - math.lgamma(at + 1) - math.lgamma(count - at + 1)
        part = math.exp(ways + at * math.log(share) + (count - at) * math.log1p(-share))
        total += part
        if part < _NEXT_TO_NOTHING:
            break
        at -= 1
    return total


def _bets(allowed: float) -> tuple[list[float], list[float]]:
    """Return what each bet makes of a usual decision, and of an unusual one."""
    stated = [max(min(times * allowed, MOST), allowed) for times in TIMES]
    return (
        [(1 - one) / (1 - allowed) for one in stated],
        [one / allowed for one in stated],
    )
