"""Whether a rate left what was promised of it: a test that may be looked at every minute.

A bet against the promise, mixed over twelve sizes of change and over when it began (Shiryaev and
Roberts), without a horizon. As long as the true rate lies in the promised interval, the probability
that the evidence ever reaches 1/alpha is at most alpha, however often it is looked at. It takes for
granted that decisions come independently of each other, or so many alike at a time as it is told.

INVARIANT: the state has one size, whatever it has seen, and holds finite numbers only.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.intervals import clopper_pearson

FACTORS = (0.25, 0.4, 0.5, 0.65, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0, 2.5, 4.0)
"""The sizes of change that are bet on, as multiples of the promised rate.

They are multiples of the promise's end: with a promise that is uncertain by a tenth, a rate that is
a quarter higher than it was lies only a little beyond, and is found by the smallest of them.
"""

GREATEST = 0.95
"""No bet is on a higher rate: one decision that goes ahead would end it."""

NONE_YET = -1e300
"""The logarithm of no evidence at all, as a number that JSON can carry."""

CERTAINTY = 0.99
"""Of the interval of a changed rate. When it began was chosen by looking, which costs some of this:
where a change was only just found it holds the true rate at least 95 times in 100, as measured.
"""

Direction = Literal["more", "less"]
Promised = tuple[float, float]


class Start(Struct, frozen=True, array_like=True):
    """Where a change would have begun.

    Attributes:
        at: when the decisions of that look began.
        decisions: how many there had been before it.
        stopped: how many of those had stopped.
    """

    at: datetime
    decisions: int
    stopped: int


class Drift(Struct, frozen=True, kw_only=True):
    """What a test carries from one look to the next.

    Attributes:
        looks: how many looks brought a decision.
        decisions: how many decisions they brought.
        stopped: how many of those stopped.
        evidence: for each factor, the logarithm of its bet's stake.
        gains: for each factor, what it made since its change would have begun, in logarithms.
        starts: for each factor, where that was; empty before the first decision.
    """

    looks: int = 0
    decisions: int = 0
    stopped: int = 0
    evidence: tuple[float, ...] = (NONE_YET,) * len(FACTORS)
    gains: tuple[float, ...] = (0.0,) * len(FACTORS)
    starts: tuple[Start, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what was kept by a release that bet on other changes.

        Raises:
            ValueError: it is one; begin anew.
        """
        sizes = {len(self.evidence), len(self.gains), len(self.starts or FACTORS)}
        if sizes != {len(FACTORS)}:
            raise ValueError(f"a test of {len(FACTORS)} bets was kept with {sorted(sizes)}")


class Change(Struct, frozen=True, kw_only=True):
    """A rate that left its promise.

    Attributes:
        direction: whether there are more stops than promised, or fewer.
        since: when it began, as well as can be told.
        decisions: how many there have been since.
        stopped: how many of those stopped.
        rate: the share of them.
        low: the true rate is at least this, as if it had been known when it began.
        high: and at most this.
        factor: the size of change whose bet made most of it, as a multiple of the promised rate.
        promised: between which rates the true one was promised to lie.
        took: how many decisions it took to find it, from when it began.
        alike: so many decisions at a time were taken to be one; see `looked`.
    """

    direction: Direction
    since: datetime
    decisions: int
    stopped: int
    rate: float
    low: float
    high: float
    factor: float
    promised: Promised
    took: int
    alike: float = 1.0


def begin() -> Drift:
    """Return a test that has seen nothing yet."""
    return Drift()


def looked(
    drift: Drift,
    promised: Promised,
    stopped: int,
    decisions: int,
    at: datetime,
    *,
    alike: float = 1.0,
) -> Drift:
    """Return a test after one more look.

    For each factor f, S <- (t/p)^x · ((1 - t)/(1 - p))^(n - x) · (S + w) with t = f·p, at most
    0.95; p is the promise's upper end for f > 1 and its lower end for f < 1, and
    w = 1/((d + 1)(d + 2)) at the d-th look, from 0. Where such a t would not lie beyond the
    promise, nothing is bet.

    Args:
        drift: as the look before left it.
        promised: between which rates the true one lies if nothing changed: 0 <= low <= high <= 1,
            low less than 1 and high greater than 0. It may differ from look to look.
        stopped: how many of the decisions stopped, 0 to `decisions`.
        decisions: how many came since the look before; a look that brings none is none.
        at: when they began to come.
        alike: so many decisions at a time are taken to be one, at least 1; see
            `handraise.core.monitor.alike`.

    Raises:
        ValueError: for counts, a promise or an `alike` that cannot be.

    Source: Shin, Ramdas, Rinaldo, "E-detectors", New England Journal of Statistics in Data Science
        2024, section 3.

    Example:
        >>> from datetime import UTC, datetime
        >>> drift = looked(begin(), (0.1, 0.14), 40, 50, datetime(2026, 1, 5, tzinfo=UTC))
        >>> f"{log_evidence(drift):.1f}"
        '45.6'
    """
    low, high = promised
    if not (0 <= low <= high <= 1 and low < 1 and high > 0):
        raise ValueError(f"a promise lies between 0 and 1: {low} to {high}")
    if not 0 <= stopped <= decisions:
        raise ValueError(f"{stopped} of {decisions} is no count")
    if not 1 <= alike < math.inf:
        raise ValueError(f"so many decisions cannot be alike at a time: {alike}")
    if decisions == 0:
        return drift
    here = Start(at, drift.decisions, drift.stopped)
    log_weight = -math.log((drift.looks + 1) * (drift.looks + 2))
    evidence, gains, starts = [], [], []
    for place, factor in enumerate(FACTORS):
        step = gain(factor, promised, stopped, decisions - stopped) / alike
        evidence.append(log_sum(drift.evidence[place], log_weight) + step)
        begins = not drift.starts or drift.gains[place] <= 0
        gains.append(step if begins else drift.gains[place] + step)
        starts.append(here if begins else drift.starts[place])
    return Drift(
        looks=drift.looks + 1,
        decisions=drift.decisions + decisions,
        stopped=drift.stopped + stopped,
        evidence=tuple(evidence),
        gains=tuple(gains),
        starts=tuple(starts),
    )


def log_evidence(drift: Drift) -> float:
    """Return the logarithm of the evidence against the promise; 0 before the first look.

    It is the mean of the bets' stakes, and what was not staked yet: 1/(d + 1) after d looks.
    """
    most = max(drift.evidence)
    bets = most + math.log(math.fsum(math.exp(one - most) for one in drift.evidence))
    return log_sum(bets - math.log(len(FACTORS)), -math.log(drift.looks + 1))


def one_sided(drift: Drift, direction: Direction) -> Drift:
    """Return a test without what its bets on the other direction made: they begin anew."""
    kept = [direction_of(factor) == direction for factor in FACTORS]
    return replace(
        drift,
        evidence=tuple(
            one if mine else NONE_YET for one, mine in zip(drift.evidence, kept, strict=True)
        ),
        gains=tuple(one if mine else 0.0 for one, mine in zip(drift.gains, kept, strict=True)),
    )


def direction_of(factor: float) -> Direction:
    """Return which way a bet on a multiple of the promised rate looks."""
    return "more" if factor > 1 else "less"


def found(
    drift: Drift,
    promised: Promised,
    alpha: float,
    *,
    alike: float = 1.0,
    certainty: float = CERTAINTY,
) -> Change | None:
    """Return what changed, if the evidence is enough; None if not.

    Since when is the point from which the bet that made most of it gained (Page's CUSUM). The
    interval takes that point as given; see `CERTAINTY`.

    Args:
        drift: as the last look left it.
        promised: what that look was held against.
        alpha: how likely a false alarm may be, in (0, 1).
        alike: as in that look.
        certainty: of the interval of the rate now, in (0, 1).

    Raises:
        ValueError: for an alpha or a certainty that cannot be.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"a chance of a false alarm lies between 0 and 1: {alpha}")
    if log_evidence(drift) < -math.log(alpha):
        return None
    best = max(range(len(FACTORS)), key=drift.evidence.__getitem__)
    start = drift.starts[best]
    decisions = drift.decisions - start.decisions
    stopped = drift.stopped - start.stopped
    low, high = clopper_pearson(stopped / alike, decisions / alike, certainty)
    return Change(
        direction=direction_of(FACTORS[best]),
        since=start.at,
        decisions=decisions,
        stopped=stopped,
        rate=stopped / decisions,
        low=low,
        high=high,
        factor=FACTORS[best],
        promised=promised,
        took=decisions,
        alike=alike,
    )


def gain(factor: float, promised: Promised, stopped: int, ahead: int) -> float:
    """Return the logarithm of what a bet on a change makes of its stake by some decisions.

    Args:
        factor: the size of change, as a multiple of the promised rate.
        promised: see `looked`.
        stopped: how many decisions stopped.
        ahead: how many went ahead.

    Returns:
        0 where nothing is bet: for a rate that would not lie beyond the promise.
    """
    low, high = promised
    against = high if factor > 1 else low
    on = min(factor * against, GREATEST)
    if against == 0 or (factor > 1 and on <= against):
        return 0.0
    return stopped * math.log(on / against) + ahead * (math.log1p(-on) - math.log1p(-against))


def log_sum(one: float, other: float) -> float:
    """Return log(e^one + e^other)."""
    most = max(one, other)
    return most + math.log1p(math.exp(min(one, other) - most))
