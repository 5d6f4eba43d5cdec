"""What goes wrong among decisions taken alone, from those that were drawn by lot and looked at.

One stratum for each severity, and for each probability with which decisions of it were put to
people. What nobody has answered, and what nobody can tell, is never counted as right: the share is
of what was told; interval, bound and floor hold whatever the untold was. So the caller gives only
what is old enough to have been looked at: what is younger would make them wide for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Literal

from msgspec import Struct

from handraise.core.monitor.strata import at_least, at_most, between

Finding = Literal["right", "wrong", "unclear", "pending"]

FIRST = 0.8
"""The share of a severity's certainty for the probability that held first; the others share the
rest, one after the other, so that a new one takes nothing from those before."""

_SAME = 12
"""Probabilities that agree in so many digits are one."""


class Look(Struct, frozen=True, kw_only=True):
    """A decision that was drawn, and what came of looking at it.

    Attributes:
        severity: of its action; empty where it has none.
        probability: with which it was put to somebody, in (0, 1].
        finding: `unclear`: nobody can tell, or two who looked do not agree; `pending`: not
            answered, however late.
        cost: what a wrong one cost, in the table's money unit; None where not said.
    """

    severity: str
    probability: float
    finding: Finding
    cost: float | None = None


class Stratum(Struct, frozen=True, kw_only=True):
    """Decisions that were drawn alike.

    Attributes:
        severity: their action's.
        probability: with which each was put to somebody.
        decisions: how many went ahead; estimated where a severity had several probabilities.
        right: how many were found right.
        wrong: how many were found wrong.
        unclear: of how many nobody can tell.
        pending: how many wait.
        costs: what the wrong ones cost, of which that was said.
        alpha: its share of the probability of ever being wrong.
    """

    severity: str
    probability: float
    decisions: float
    right: int = 0
    wrong: int = 0
    unclear: int = 0
    pending: int = 0
    costs: tuple[float, ...] = ()
    alpha: float

    @property
    def told(self) -> int:
        """How many were found right or wrong."""
        return self.right + self.wrong

    @property
    def answered(self) -> int:
        """How many somebody has looked at."""
        return self.told + self.unclear

    @property
    def drawn(self) -> int:
        """How many were drawn, looked at or not."""
        return self.answered + self.pending

    @property
    def untold(self) -> int:
        """Of how many it is not known whether they were wrong."""
        return self.unclear + self.pending


class Estimate(Struct, frozen=True, kw_only=True):
    """The share of decisions taken alone that were wrong.

    Attributes:
        rate: among those that were found right or wrong, weighed by how many went ahead; None
            where none was.
        low: the lower end of the interval, valid at every look: what was not told counts as right.
        high: the upper end: what was not told counts as wrong.
        bound: what the rate is at most, where nobody asks for the least; valid at every look.
        floor: what it is at least, where nobody asks for the most; valid at every look.
        rate_at_worst: what the rate would be if everything that waits, or is unclear, were wrong.
        unseen: the share of decisions in strata of which none was found right or wrong.
        decisions: how many went ahead.
        right: how many were found right.
        wrong: how many were found wrong.
        unclear: of how many nobody can tell.
        pending: how many wait.
        cost: what the wrong ones cost, estimated for all that went ahead, as far as it was said;
            None where it was of none.
        strata: the parts, in the order they were given.
    """

    rate: float | None
    low: float
    high: float
    bound: float
    floor: float
    rate_at_worst: float
    unseen: float
    decisions: int
    right: int
    wrong: int
    unclear: int
    pending: int
    cost: float | None
    strata: tuple[Stratum, ...]


def strata_of(alone: Mapping[str, int], looks: Sequence[Look], alpha: float) -> list[Stratum]:
    """Return the strata of what was drawn.

    Args:
        alone: how many decisions went ahead, by severity.
        looks: what was drawn of them, in the order in which it was.
        alpha: the probability of ever being wrong, to be shared, in (0, 1).

    Raises:
        ValueError: a probability is none.

    Example:
        >>> looks = [Look(severity="low", probability=0.1, finding="right")] * 3
        >>> (only,) = strata_of({"low": 30}, looks, 0.05)
        >>> only.decisions, only.right, round(only.alpha, 3)
        (30.0, 3, 0.04)
    """
    wrong_ones = [one.probability for one in looks if not 0 < one.probability <= 1]
    if wrong_ones:
        raise ValueError(f"a probability of {wrong_ones[0]}")
    severities = list(dict.fromkeys([*alone, *(one.severity for one in looks)]))
    found: list[Stratum] = []
    for severity in severities:
        own = [one for one in looks if one.severity == severity]
        count = alone.get(severity, 0)
        if not own and not count:
            continue
        found += _classes(severity, count, own, alpha / len(severities))
    return found


def _classes(severity: str, count: int, looks: Sequence[Look], alpha: float) -> list[Stratum]:
    """Return the strata of one severity, one for each probability, as they came."""
    if not looks:
        return [Stratum(severity=severity, probability=1.0, decisions=count, alpha=alpha * FIRST)]
    by_class: dict[float, list[Look]] = {}
    for one in looks:
        by_class.setdefault(round(one.probability, _SAME), []).append(one)
    # Each stands for as many as it was one of: so what went ahead is shared among the classes.
    stands_for = {p: len(own) / p for p, own in by_class.items()}
    whole = fsum(stands_for.values())
    return [
        _stratum(severity, p, count * stands_for[p] / whole, own, alpha * _share(place))
        for place, (p, own) in enumerate(by_class.items())
    ]


def _share(place: int) -> float:
    return FIRST if place == 0 else (1 - FIRST) / (place * (place + 1))


def _stratum(
    severity: str, probability: float, decisions: float, looks: Sequence[Look], alpha: float
) -> Stratum:
    counts = Counter(one.finding for one in looks)
    return Stratum(
        severity=severity,
        probability=probability,
        decisions=float(decisions),
        right=counts["right"],
        wrong=counts["wrong"],
        unclear=counts["unclear"],
        pending=counts["pending"],
        costs=tuple(one.cost for one in looks if one.finding == "wrong" and one.cost is not None),
        alpha=alpha,
    )


def estimate_of(alone: Mapping[str, int], looks: Sequence[Look], alpha: float) -> Estimate:
    """Return what went wrong among the decisions taken alone.

    It may be asked for at any time and as often as one likes: interval, bound and floor each miss
    the true rate at any time with a probability of at most `alpha`. Whatever was not told counts as
    wrong in the bound, and as right in the floor; so does a severity of which nothing was drawn.

    Args:
        alone: how many decisions went ahead, by severity.
        looks: what was drawn of them, in the order in which it was.
        alpha: the probability of ever being wrong, in (0, 1).

    Raises:
        ValueError: a probability is none.

    Source: stratified sampling, W. Cochran, "Sampling Techniques", 1977, chapter 5.

    Example:
        >>> looks = [Look(severity="", probability=1.0, finding="right")] * 100
        >>> found = estimate_of({"": 100}, looks, 0.05)
        >>> found.rate, round(found.bound, 3)
        (0.0, 0.044)
    """
    strata = strata_of(alone, looks, alpha)
    weights = _weights(strata)
    ends = [between(one.wrong, one.drawn, one.alpha)[0] for one in strata]
    tops = [between(one.wrong + one.untold, one.drawn, one.alpha)[1] for one in strata]
    told = [place for place, one in enumerate(strata) if one.told]
    seen = fsum(weights[place] for place in told)
    return Estimate(
        rate=_rate(strata, weights, told, seen),
        low=_sum(weights, ends),
        high=_sum(weights, tops) if strata else 1.0,
        bound=_sum(weights, [_bound(one) for one in strata]) if strata else 1.0,
        floor=_sum(weights, [at_least(one.wrong, one.drawn, one.alpha) for one in strata]),
        rate_at_worst=_sum(weights, [_worst_rate(one) for one in strata]) if strata else 1.0,
        unseen=max(0.0, 1 - seen) if strata else 1.0,
        decisions=sum(alone.values()),
        right=sum(one.right for one in strata),
        wrong=sum(one.wrong for one in strata),
        unclear=sum(one.unclear for one in strata),
        pending=sum(one.pending for one in strata),
        cost=_cost(strata),
        strata=tuple(strata),
    )


def _weights(strata: Sequence[Stratum]) -> list[float]:
    """Return the share of each stratum in what went ahead; alike where no count is known."""
    whole = fsum(one.decisions for one in strata)
    if whole <= 0:
        return [1 / len(strata)] * len(strata) if strata else []
    return [one.decisions / whole for one in strata]


def _rate(
    strata: Sequence[Stratum], weights: Sequence[float], told: Sequence[int], seen: float
) -> float | None:
    if not told or seen <= 0:
        return None
    shares = (weights[place] * strata[place].wrong / strata[place].told for place in told)
    return fsum(shares) / seen


def _sum(weights: Iterable[float], values: Iterable[float]) -> float:
    return min(1.0, fsum(one * other for one, other in zip(weights, values, strict=True)))


def _bound(one: Stratum) -> float:
    return at_most(one.wrong + one.untold, one.drawn, one.alpha)


def _worst_rate(one: Stratum) -> float:
    return (one.wrong + one.untold) / one.drawn if one.drawn else 1.0


def _cost(strata: Sequence[Stratum]) -> float | None:
    """Return what went wrong cost in all, each that was looked at standing for as many as it does.

    Of the wrong ones of a stratum whose cost nobody said, the mean of the others is taken.
    """
    parts = [
        one.decisions * one.wrong / one.told * fsum(one.costs) / len(one.costs)
        for one in strata
        if one.costs
    ]
    return fsum(parts) if parts else None
