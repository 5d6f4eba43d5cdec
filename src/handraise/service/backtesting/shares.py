"""A share with its exact interval."""

from __future__ import annotations

from scipy.stats import beta

from handraise.service.backtesting.result import Share

OUTSIDE = 0.05
"""How often the interval may miss the true share."""


def share_of(count: int, of: int, outside: float = OUTSIDE) -> Share:
    """Return so many of so many, with the interval that holds the true share in 95 % of cases.

    Args:
        count: how many, at least 0.
        of: of how many, at least `count`.
        outside: how often the interval may miss it, in (0, 1).

    Source: C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated
        in the case of the binomial, Biometrika 26 (1934), 404-413.

    Example:
        >>> round(share_of(0, 100).high, 4)
        0.0362
    """
    low = float(beta.ppf(outside / 2, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - outside / 2, count + 1, of - count)) if count < of else 1.0
    return Share(count=count, of=of, share=count / of if of else 0.0, low=low, high=high)
