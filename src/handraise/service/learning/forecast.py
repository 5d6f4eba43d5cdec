"""What can be promised of what was learned, and what can only be guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import Encode, judged
from handraise.core.familiar.wording import Neighbours
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Fitted, Parts, Rows, fit

SURE = 0.9
LEFT_OUT = 4
"""One type in so many is left out."""

MAX_FITTED = 6_000
MAX_FOREIGN = 1_000
OVERLAP = 0.2
LEAST_OVERLAP = 3
BY_CHANCE = 0.01
"""A type is named where so many false alarms would come by chance less often than this."""


class Promise(Struct, frozen=True, kw_only=True):
    """Of familiar decisions, how many a rate stops for nothing.

    Attributes:
        rate: what the table asks for, in (0, 1).
        low: with 90 % certainty it is at least this.
        high: with 90 % certainty it is at most this.
        held_out: rows it rests on.
    """

    rate: float
    low: float
    high: float
    held_out: int


class Forecast(Struct, frozen=True, kw_only=True):
    """How many requests of unheard-of types would be stopped: a guess, and a pessimistic one.

    Attributes:
        caught: the share of rows of types that were left out of learning, in [0, 1].
        rows: how many such rows.
        types: how many such types.
    """

    caught: float
    rows: int
    types: int


class Overlap(Struct, frozen=True, kw_only=True):
    """A type whose requests are often nearest to those of another."""

    type: str
    other: str
    share: float


class StoppedType(Struct, frozen=True, kw_only=True):
    """A type that is stopped for nothing much more often than promised for all."""

    type: str
    share: float
    rows: int


def promise(rate: float, held_out: int) -> Promise:
    """Return what a false-alarm rate will really be, given what happened to be held out.

    Source: the coverage of split conformal prediction given its calibration rows follows
        Beta(k, n + 1 - k), k = floor(rate (n + 1)); Vovk (2012), Conditional validity of inductive
        conformal predictors, 3.
    """
    from scipy.stats import beta

    count = max(int(np.floor(rate * (held_out + 1))), 1)
    low, high = beta.ppf([(1 - SURE) / 2, (1 + SURE) / 2], count, held_out + 1 - count)
    return Promise(rate=rate, low=float(low), high=float(high), held_out=held_out)


def leave_types_out(
    parts: Parts, kinds: dict[str, str], encode: Encode | None, rate: float
) -> Forecast | None:
    """Return how many rows of types that were not learned would be stopped; None for few types.

    One type in four is left out, the rest is learned anew from at most 6,000 rows. The foreign rows
    are scored only. Real new situations are mostly further away than a sister type, so this is
    pessimistic by 5 to 10 points where it was measured.
    """
    types = sorted({str(one.type) for one in parts.fit.asked})
    if len(types) < LEFT_OUT:
        return None
    order = np.random.default_rng(0).permutation(len(types))
    left = {types[at] for at in order[: len(types) // LEFT_OUT]}
    kept = [_only(rows, left, inside=False) for rows in (parts.fit, parts.members, parts.whole)]
    if not (kept[1].asked and kept[2].asked):
        return None
    fitted_on = _thinned(kept[0], MAX_FITTED)
    facts = None
    if kinds:
        counter = FactCounter(kinds)
        counter.add(fitted_on.asked)
        facts = counter.facts()
    fitted = fit(Parts(fitted_on, kept[1], kept[2], parts.reads_text), facts, encode)
    foreign = _thinned(_only(parts.fit, left, inside=True), MAX_FOREIGN)
    asked = [Asked(one.text, None, one.facts) for one in foreign.asked]
    p = _p_values(fitted, asked, encode)
    return Forecast(caught=float(np.mean(p <= rate)), rows=len(asked), types=len(left))


def stopped_types(
    fitted: Fitted, rows: Rows, encode: Encode | None, rate: float
) -> tuple[StoppedType, ...]:
    """Return the types that bear most of the false alarms, the worst first."""
    from scipy.stats import binom

    p = _p_values(fitted, rows.asked, encode)
    of_type: dict[str, list[bool]] = {}
    for one, value in zip(rows.asked, p, strict=True):
        of_type.setdefault(str(one.type), []).append(bool(value <= rate))
    found = [
        StoppedType(type=type, share=float(np.mean(stopped)), rows=len(stopped))
        for type, stopped in of_type.items()
        if binom.sf(sum(stopped) - 1, len(stopped), rate) < BY_CHANCE
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.type)))


def overlaps(fitted: Fitted, rows: Rows, encode: Encode | None) -> tuple[Overlap, ...]:
    """Return the types whose held-out requests are often nearest to another type's."""
    model = fitted.model
    if model.wording is None:
        return ()
    look = next(one for one in model.wording.members if isinstance(one, Neighbours))
    seen: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for at in range(0, len(rows.asked), 500):
        asked = rows.asked[at : at + 500]
        features = model.features(asked, encode)
        if features is None:
            return ()
        nearest = (look.placed(features) @ look.seen.T).argmax(axis=1)
        for one, place in zip(asked, nearest, strict=True):
            type, other = str(one.type), model.types[int(model.wording.types[int(place)])]
            seen[type] += 1
            if other != type:
                taken[type, other] += 1
    found = [
        Overlap(type=type, other=other, share=count / seen[type])
        for (type, other), count in taken.items()
        if count >= LEAST_OVERLAP and count / seen[type] >= OVERLAP
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.type, one.other)))


def _p_values(fitted: Fitted, asked: Sequence[Asked], encode: Encode | None) -> NDArray[np.float64]:
    chunks = [asked[at : at + 500] for at in range(0, len(asked), 500)]
    return np.concatenate(
        [judged(fitted.model, fitted.held_out, chunk, encode).p for chunk in chunks]
    )


def _only(rows: Rows, types: set[str], *, inside: bool) -> Rows:
    pairs = [
        (one, number)
        for one, number in zip(rows.asked, rows.numbers, strict=True)
        if (str(one.type) in types) == inside
    ]
    return Rows(tuple(one for one, _ in pairs), tuple(number for _, number in pairs))


def _thinned(rows: Rows, most: int) -> Rows:
    """Return evenly chosen rows, at most so many."""
    if len(rows.asked) <= most:
        return rows
    places = np.linspace(0, len(rows.asked) - 1, most).round().astype(int)
    return Rows(tuple(rows.asked[at] for at in places), tuple(rows.numbers[at] for at in places))
