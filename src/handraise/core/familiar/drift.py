"""Whether the familiar drifts: familiar requests give uniform p-values, and those stay uniform.

A p-value is the share of familiar decisions that are at least as unusual as one. As long as
requests come as they came when they were learned, these are spread evenly over (0, 1]; once many
are small, either new situations come or the wording of familiar ones changes. `drift_of` bets
against that as an e-process: however often it is looked at, the probability that it ever reports
a drift where there is none is at most `FALSE_ALARM`.

It only bets on small p-values, with bets that decrease in p. So that holds for p-values that are
larger than even ones, too, as those of a limited number of held-out rows are: they come in steps,
none is 0. By how much one set of held-out rows is off by chance is the same for every decision, and
would be taken for a drift by and by; with `held_out`, p-values first become larger by as much as
that can be. Requests that depend on each other (one customer, one outage) count for more than they
should.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from msgspec import Struct

FALSE_ALARM = 0.005
"""The greatest probability, of each figure, that it ever reports a drift that is none."""

SMALL = 0.05
"""p-values up to this are counted as small."""

POWERS = (0.3, 0.5, 0.7, 0.9)
SLOPES = (0.25, 0.5, 1.0)
"""The bets: k·p^(k-1) for each power k, 1 + s·(1 - 2p) for each slope s; the mean of each is 1."""

BETS = len(POWERS) + len(SLOPES)

_ENOUGH = 1e100
_TERMS = 100

Point = tuple[datetime, float]


class Block(Struct, frozen=True, kw_only=True):
    """The p-values of one week.

    Attributes:
        starts_at: the Monday's midnight, UTC.
        count: how many there are; at least one.
        small: the share up to 0.05: about 0.05 as long as all is familiar.
        distance: how far their distribution is from the even one at most (Kolmogorov-Smirnov).
        p: the probability of such a distance, or a greater one, by chance.
    """

    starts_at: datetime
    count: int
    small: float
    distance: float
    p: float


class Drift(Struct, frozen=True, kw_only=True):
    """What the p-values of one agent say.

    Attributes:
        count: how many there are.
        started_at: since when they have been drifting, as well as can be told; None for no drift.
        noticed_at: when the evidence was enough; None for no drift.
        e_value: the most evidence there was: enough at `alarm_at`.
        alarm_at: how much is enough.
        blocks: week by week, those without any left out.
    """

    count: int
    started_at: datetime | None
    noticed_at: datetime | None
    e_value: float
    alarm_at: float
    blocks: tuple[Block, ...]


def drift_of(points: Sequence[Point], *, held_out: int | None = None, above: float = 0.0) -> Drift:
    """Return whether p-values have become smaller, and since when.

    An e-process, mixed over when the change began and over bets of seven kinds: power martingales
    and linear ones. After each p-value, for each bet f, S_f <- f(p)·(S_f + w_d) with
    w_d = 1 / ((d + 1)(d + 2)) at the d-th, from 0; the evidence is mean(S_f) + 1 - Σw. The start is
    where the bet that gained most has last been at its least (CUSUM).

    Args:
        points: when, and the p-value in (0, 1]; oldest first.
        held_out: how many held-out rows the p-values are of; None where they are exactly uniform.
        above: look only at what lies above this rate, in [0, 1): what was not stopped, if decisions
            up to it are. Familiar ones are spread evenly over the rest.

    Source: Vovk, Nouretdinov, Gammerman, "Testing exchangeability on-line", ICML 2003; mixed over
        start times as in Shin, Ramdas, Rinaldo, "E-detectors", NEJSDS 2024, section 3; the band of
        the held-out rows: Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz
        inequality", Annals of Probability 1990.

    Example:
        >>> from datetime import UTC, datetime, timedelta
        >>> start = datetime(2026, 1, 5, tzinfo=UTC)
        >>> ps = [0.5, 0.9, 0.1, 0.7] * 50 + [0.02] * 15
        >>> found = drift_of([(start + timedelta(hours=n), p) for n, p in enumerate(ps)])
        >>> str(found.started_at)
        '2026-01-13 08:00:00+00:00'
    """
    seen = [(at, (p - above) / (1 - above)) for at, p in points if p > above]
    slack = slack_of(held_out, is_cut=above > 0)
    alarm_at = 1 / FALSE_ALARM if held_out is None else 2 / FALSE_ALARM
    gains = (_bets(_larger(p, slack, above)) for _, p in seen)
    noticed, started, most = watched(gains, BETS, alarm_at)
    return Drift(
        count=len(seen),
        started_at=None if noticed is None else seen[started][0],
        noticed_at=None if noticed is None else seen[noticed][0],
        e_value=most,
        alarm_at=alarm_at,
        blocks=blocks_of(seen),
    )


def blocks_of(points: Sequence[Point]) -> tuple[Block, ...]:
    """Return p-values week by week; oldest first, as they are given."""
    return tuple(
        _block(starts_at, [p for _, p in week]) for starts_at, week in groupby(points, _monday)
    )


def slack_of(held_out: int | None, *, is_cut: bool) -> float:
    """Return by how much the held-out rows may be off; wrong with half of `FALSE_ALARM`.

    A shift that is smaller cannot be told from theirs. Source: Massart (1990), the constant of the
    Dvoretzky-Kiefer-Wolfowitz inequality.

    With a cut, the band is needed on both sides.
    """
    if held_out is None:
        return 0.0
    sides = 2 if is_cut else 1
    return math.sqrt(math.log(2 * sides / FALSE_ALARM) / (2 * max(held_out, 1)))


def _larger(p: float, slack: float, above: float) -> float:
    """Return a p-value as large as it may be.

    It is `(q - above) / (1 - above)` of one q whose true distribution F is off by `slack` at most,
    so that (F(q) - F(above)) / (1 - F(above)) is at most this.
    """
    if slack == 0:
        return p
    sides = 2 if above > 0 else 1
    room = slack if above > 0 else 0.0
    return min((p * (1 - above) + sides * slack) / (1 - above + room), 1.0)


def _bets(p: float) -> list[float]:
    powers = [k * p ** (k - 1) for k in POWERS]
    return powers + [1 + s * (1 - 2 * p) for s in SLOPES]


def watched(
    gains: Iterable[Sequence[float]], bets: int, alarm_at: float
) -> tuple[int | None, int, float]:
    """Return where the evidence was enough, where the change then began, and the most there was.

    Args:
        gains: what each bet made of its stake at each step, all at least 0.
        bets: how many bets there are, one or more.
        alarm_at: how much evidence is enough; it is wrong with at most 1 / alarm_at.
    """
    evidence, best = [0.0] * bets, [0.0] * bets
    began = [0] * bets
    noticed, started, most = None, 0, 1.0
    for place, step in enumerate(gains):
        weight = 1 / ((place + 1) * (place + 2))
        for bet, gain in enumerate(step):
            evidence[bet] = min(gain * (evidence[bet] + weight), _ENOUGH)
            if noticed is None:
                if best[bet] <= 0:
                    best[bet], began[bet] = 0.0, place
                best[bet] += math.log(gain) if gain > 0 else -math.inf
        most = max(most, math.fsum(evidence) / bets + 1 / (place + 2))
        if noticed is None and most >= alarm_at:
            noticed, started = place, began[max(range(bets), key=best.__getitem__)]
    return noticed, started, most


def _monday(point: Point) -> datetime:
    day = point[0].astimezone(UTC).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)


def _block(starts_at: datetime, ps: Sequence[float]) -> Block:
    distance = distance_of(ps)
    return Block(
        starts_at=starts_at,
        count=len(ps),
        small=sum(p <= SMALL for p in ps) / len(ps),
        distance=distance,
        p=chance_of(distance, len(ps)),
    )


def distance_of(ps: Sequence[float]) -> float:
    """Return the greatest distance of the distribution of p-values from the even one, in [0, 1].

    Args:
        ps: at least one, each in [0, 1].
    """
    count = len(ps)
    return max(
        max((place + 1) / count - p, p - place / count) for place, p in enumerate(sorted(ps))
    )


def chance_of(distance: float, count: int) -> float:
    """Return the probability of such a distance, or a greater one, of `count` even p-values.

    Source: Stephens, "EDF statistics for goodness of fit", JASA 1974: Kolmogorov's limit at
        (√n + 0.12 + 0.11/√n)·D. From 5 p-values on it is right to 0.025, and to 0.004 where it is
        below 0.2.
    """
    root = math.sqrt(count)
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:  # where the series needs many terms, and is 1 but for 1e-12
        return 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, _TERMS))
    return min(max(math.fsum(terms), 0.0), 1.0)
