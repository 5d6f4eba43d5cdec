"""How long things took: counts, means, and exact medians of many sorted parts without one sorting.

The ninetieth percentile is the shortest time within which at least nine of ten were done.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain

from msgspec import Struct

FEW = 5_000
"""So many are simply sorted."""


class Times(Struct, frozen=True, kw_only=True):
    """How long something took, over some time, in seconds.

    Attributes:
        count: how often.
        mean_s: on average.
        median_s: half took no longer.
        most_s: nine of ten took no longer.
    """

    count: int
    mean_s: float
    median_s: float
    most_s: float


def times_of(parts: Iterable[Sequence[float]]) -> Times | None:
    """Return how long something took; None where it never happened.

    Args:
        parts: seconds, each part in ascending order; parts may be empty.

    Example:
        >>> times_of([[1.0, 5.0], [2.0]])
        Times(count=3, mean_s=2.6666666666666665, median_s=2.0, most_s=5.0)
    """
    filled = [part for part in parts if part]
    count = sum(map(len, filled))
    if not count:
        return None
    if count <= FEW:
        filled = [sorted(chain.from_iterable(filled))]
    middle = (nth(filled, (count - 1) // 2) + nth(filled, count // 2)) / 2
    return Times(
        count=count,
        mean_s=math.fsum(map(math.fsum, filled)) / count,
        median_s=middle,
        most_s=nth(filled, -(-9 * count // 10) - 1),
    )


def nth(parts: Sequence[Sequence[float]], place: int) -> float:
    """Return what would stand at a place, from 0 on, if all parts were sorted into one.

    Args:
        parts: each in ascending order, none of them empty.
        place: below the number of all.

    Example:
        >>> nth([[1.0, 5.0], [2.0]], 1)
        2.0
    """
    if len(parts) == 1:
        return parts[0][place]
    # Of each part only a window can hold it; the middle of the widest one halves the windows.
    low = [0] * len(parts)
    high = [len(part) for part in parts]
    while True:
        widest = max(range(len(parts)), key=lambda one: high[one] - low[one])
        value = parts[widest][(low[widest] + high[widest]) // 2]
        upto = [bisect_right(part, value) for part in parts]
        if sum(upto) <= place:
            low = [max(*pair) for pair in zip(low, upto, strict=True)]
            continue
        below = [bisect_left(part, value) for part in parts]
        if sum(below) <= place:
            return value
        high = [min(*pair) for pair in zip(high, below, strict=True)]
