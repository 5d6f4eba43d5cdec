"""How far people who were asked the same things, each on their own, answer alike.

Only questions with two answers or more say anything about it; what was not answered is left out and
never counts as agreement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec import Struct

LEAST_FOR_ALPHA = 20
"""With fewer answers that can be compared, a coefficient says more about chance than people."""


class Agreement(Struct, frozen=True, kw_only=True):
    """How far answers to the same questions agree.

    Attributes:
        alike: pairs of answers to one question that are the same.
        pairs: pairs of answers to one question.
        compared: the answers to questions that have two or more.
        alpha: Krippendorff's alpha, at most 1: 1 where all agree, 0 where they agree as by chance;
            None for fewer than `LEAST_FOR_ALPHA` answers, or where nobody ever answered otherwise.
    """

    alike: int
    pairs: int
    compared: int
    alpha: float | None


def agreement_of(questions: Iterable[Sequence[str]]) -> Agreement:
    """Return how far people agree.

    Args:
        questions: for each question the answers that were given; any number, none included.

    Example:
        >>> found = agreement_of([["approve", "approve", "reject"], ["approve"]])
        >>> (found.alike, found.pairs, found.alpha)
        (1, 3, None)
    """
    counts = [Counter(answers) for answers in questions if len(answers) > 1]
    alike = sum(times * (times - 1) // 2 for count in counts for times in count.values())
    sizes = [count.total() for count in counts]
    compared = sum(sizes)
    return Agreement(
        alike=alike,
        pairs=sum(size * (size - 1) // 2 for size in sizes),
        compared=compared,
        alpha=alpha(counts) if compared >= LEAST_FOR_ALPHA else None,
    )


def alpha(counts: Iterable[Counter[str]]) -> float | None:
    """Return Krippendorff's alpha for answers without an order.

    Args:
        counts: for each question how often each answer was given; those with fewer than two
            answers are left out.

    Returns:
        1 less the disagreement that was seen over the one that chance would give; None where all
        answers are the same: nobody knows what they would say to something else.

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C: nominal
        data, any number of observers, answers missing.
    """
    units = [count for count in counts if count.total() > 1]
    totals: Counter[str] = Counter()
    seen = Fraction(0)
    for count in units:
        totals.update(count)
        size = count.total()
        same = sum(times * (times - 1) for times in count.values())
        seen += Fraction(size * (size - 1) - same, size - 1)
    every = totals.total()
    by_chance = every * (every - 1) - sum(times * (times - 1) for times in totals.values())
    if by_chance == 0:
        return None
    return float(1 - seen * (every - 1) / by_chance)
