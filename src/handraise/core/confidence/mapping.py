"""A calibration map: what share of decisions is right where an agent states some confidence.

The gate applies it to every decision, so nothing heavy is imported here. A map is a line through a
few knots that rises everywhere. So it changes no ranking, and a threshold that was chosen among
stated numbers is the same threshold among calibrated ones. Fitting it is `fitting`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from operator import itemgetter
from typing import Literal, get_args

from msgspec import Struct

Kind = Literal["temperature", "platt", "beta", "isotonic"]

MOST_KNOTS = 64
"""A map has no more knots."""

LEAST_RISE = 1e-6
"""How much steeper a map is made everywhere, so that one that is flat keeps the ranking too."""

NEAREST = 1e-12
"""Knots of a map that is read are no nearer to each other, so that every slope is a number."""

_STATED = itemgetter(0)


class CalibrationMap(Struct, frozen=True):
    """A line through knots, from a stated confidence to a calibrated one.

    Attributes:
        kind: how it was fitted: `temperature`, `platt`, `beta` or `isotonic`.
        knots: pairs of a stated and a calibrated confidence, 2 to 64, both strictly rising and in
            [0, 1]; the first is stated as 0.0, the last as 1.0. Between two knots it is straight.
    """

    kind: str
    knots: tuple[tuple[float, float], ...]


def calibrated(fitted: CalibrationMap, stated: float) -> float:
    """Return the calibrated confidence of a stated one; never lower for a higher one.

    The last knot (x0, y0) with x0 <= stated that has another (x1, y1) after it gives, in 64-bit
    floats and exactly in this order,

        least(greatest(y0 + (stated - x0) * ((y1 - y0) / (x1 - x0)), y0), y1)

    Each step rounds in one direction for all numbers, and the ends hold it between its knots, so
    that it is monotone to the last bit. By a map of `fit_map`, stated numbers that are 1e-9 apart
    stay apart.

    Args:
        fitted: a map without a `problem_of`.
        stated: in [0, 1]; below counts as 0, above as 1.

    Returns:
        In [0, 1]; NaN for NaN, which is below no threshold and must stop.

    Example:
        >>> overconfident = CalibrationMap("platt", ((0.0, 0.0), (0.9, 0.6), (1.0, 0.9)))
        >>> calibrated(overconfident, 0.9), round(calibrated(overconfident, 0.45), 3)
        (0.6, 0.3)
    """
    knots = fitted.knots
    after = bisect_right(knots, stated, 1, len(knots) - 1, key=_STATED)
    x0, y0 = knots[after - 1]
    x1, y1 = knots[after]
    found = y0 + (stated - x0) * ((y1 - y0) / (x1 - x0))
    if found < y0:
        return y0
    return y1 if found > y1 else found


def problem_of(fitted: CalibrationMap) -> str:
    """Return what is wrong with a map that was read from a file, or nothing: "".

    Args:
        fitted: a map whose fields have their types.

    Example:
        >>> problem_of(CalibrationMap("platt", ((0.0, 0.2), (1.0, 0.2))))
        'knot 2 is not above the one before it: 1.0 -> 0.2 after 0.0 -> 0.2'
    """
    knots = fitted.knots
    if fitted.kind not in get_args(Kind):
        return f'"{fitted.kind}" is no kind of map: it must be one of {", ".join(get_args(Kind))}'
    if not 2 <= len(knots) <= MOST_KNOTS:
        return f"it has {len(knots)} knots: it must have 2 to {MOST_KNOTS}"
    for place, (x, y) in enumerate(knots, 1):
        if not (_is_share(x) and _is_share(y)):
            return f"knot {place} is no pair of numbers from 0 to 1: {x} -> {y}"
    if (knots[0][0], knots[-1][0]) != (0.0, 1.0):
        return f"it goes from {knots[0][0]} to {knots[-1][0]}: it must go from 0.0 to 1.0"
    for place in range(1, len(knots)):
        (x0, y0), (x1, y1) = knots[place - 1], knots[place]
        if x1 - x0 < NEAREST or y1 <= y0:
            return (
                f"knot {place + 1} is not above the one before it: {x1} -> {y1} after {x0} -> {y0}"
            )
    return ""


def _is_share(value: float) -> bool:
    return math.isfinite(value) and 0.0 <= value <= 1.0
