"""How many decisions at a time are as good as one.

Tests of a rate take for granted that decisions come independently of each other. Those of one
outage, one customer or one day do not: then the rate goes up and down by more than chance, and a
test that knows nothing of it cries wolf. By how much more, the days of the past say.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LEAST_DAYS = 8
"""With fewer days nothing is said about it."""


def alike_at_a_time(days: Sequence[tuple[int, int]]) -> float:
    """Return how many decisions at a time are as good as one; at least 1, where they are enough.

    It is how far the rates of days next to each other lie apart, squared, against what chance
    alone would do (the design effect). A rate that moves slowly, or moved once, adds nothing: that
    is a change to be found and no habit to get used to.

    Args:
        days: of each day how many stopped, and of how many; in their order. Days without a
            decision are left out.

    Returns:
        1 for less than `LEAST_DAYS` days, and where all or none stopped.

    Raises:
        ValueError: for counts that cannot be.

    Source: von Neumann, Kent, Bellinson, Hart, "The mean square successive difference", Annals of
        Mathematical Statistics 12, 1941; the design effect: Kish, "Survey sampling", 1965.

    Example:
        >>> round(alike_at_a_time([(10, 100), (11, 100)] * 10), 2)
        1.0
        >>> round(alike_at_a_time([(5, 100), (17, 100)] * 10), 2)
        7.35
    """
    if any(not 0 <= stopped <= decisions for stopped, decisions in days):
        raise ValueError("a day with more stops than decisions is no count")
    seen = [(stopped, decisions) for stopped, decisions in days if decisions]
    total = sum(decisions for _, decisions in seen)
    rate = sum(stopped for stopped, _ in seen) / total if total else 0.0
    if len(seen) < LEAST_DAYS or rate in (0, 1):
        return 1.0
    apart = 0.0
    for (stopped, decisions), (later_stopped, later) in pairwise(seen):
        by_chance = rate * (1 - rate) * (1 / decisions + 1 / later)
        apart += (stopped / decisions - later_stopped / later) ** 2 / by_chance
    return max(apart / (len(seen) - 1), 1.0)
