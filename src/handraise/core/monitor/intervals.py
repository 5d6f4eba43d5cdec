"""How far a share that was counted may be from the true one, in plain Python.

The regularised incomplete beta function and its inverse, and Clopper and Pearson's interval made
of them. The watch runs inside an agent's process, where there is no NumPy.
"""

from __future__ import annotations

import math

_EPSILON = 1e-16
_TERMS = 100_000
_STEPS = 100
_FARTHEST = 700.0


def clopper_pearson(successes: float, n: float, certainty: float = 0.95) -> tuple[float, float]:
    """Return between which shares the true one lies, with at least this certainty.

    Args:
        successes: how often it was so, 0 to `n`.
        n: of how many; for 0 nothing is known, and the answer is (0, 1). Neither need be whole:
            counts that say less than they seem to are divided by by how much (see `alike`).
        certainty: of the interval, in (0, 1): on each side half of the rest is left out.

    Raises:
        ValueError: for counts or a certainty that cannot be.

    Source: Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case of
        the binomial", Biometrika 26, 1934.

    Example:
        >>> low, high = clopper_pearson(119, 1000)
        >>> f"{low:.4f} {high:.4f}"
        '0.0996 0.1407'
    """
    _checked(successes, n, certainty)
    outside = (1 - certainty) / 2
    return _low(successes, n, outside), _high(successes, n, outside)


def at_least(successes: float, n: float, certainty: float = 0.95) -> float:
    """Return what the true share is at least, with this certainty; 0 where nothing was counted.

    Args:
        successes: how often it was so, 0 to `n`.
        n: of how many.
        certainty: of this one bound, in (0, 1).

    Raises:
        ValueError: for counts or a certainty that cannot be.
    """
    _checked(successes, n, certainty)
    return _low(successes, n, 1 - certainty)


def at_most(successes: float, n: float, certainty: float = 0.95) -> float:
    """Return what the true share is at most, with this certainty; 1 where nothing was counted.

    Args:
        successes: how often it was so, 0 to `n`.
        n: of how many.
        certainty: of this one bound, in (0, 1).

    Raises:
        ValueError: for counts or a certainty that cannot be.

    Example:
        >>> f"{at_most(0, 230, 0.9):.7f}"
        '0.0099613'
    """
    _checked(successes, n, certainty)
    return _high(successes, n, 1 - certainty)


def log_share_below(x: float, a: float, b: float) -> float:
    """Return the logarithm of the share of a Beta(a, b) that lies below `x`; -inf for none.

    Args:
        x: in [0, 1].
        a: greater than 0.
        b: greater than 0.

    Raises:
        ValueError: for what is outside of these.

    Source: Press, Teukolsky, Vetterling, Flannery, "Numerical Recipes", 3rd edition, 6.4: the
        continued fraction by Lentz's method.
    """
    if not (0 <= x <= 1 and 0 < a < math.inf and 0 < b < math.inf):
        raise ValueError(f"no share of a beta distribution: below {x} of Beta({a}, {b})")
    if x == 0:
        return -math.inf
    if x == 1:
        return 0.0
    if x <= (a + 1) / (a + b + 2):
        return _log_density(x, a, b) + math.log(x * _fraction(x, a, b) / a) + math.log1p(-x)
    return math.log1p(-math.exp(min(log_share_below(1 - x, b, a), -_EPSILON)))


def share_below(x: float, a: float, b: float) -> float:
    """Return the share of a Beta(a, b) that lies below `x`; see `log_share_below`.

    Example:
        >>> f"{share_below(0.5, 2, 2):.6f}"
        '0.500000'
    """
    return math.exp(log_share_below(x, a, b))


def value_at(share: float, a: float, b: float) -> float:
    """Return below which value this share of a Beta(a, b) lies.

    Args:
        share: in (0, 1).
        a: greater than 0.
        b: greater than 0.

    Raises:
        ValueError: for what is outside of these.

    Example:
        >>> f"{value_at(0.25, 1, 1):.6f}"
        '0.250000'
    """
    if not 0 < share < 1:
        raise ValueError(f"no share between 0 and 1: {share}")
    if share > 0.5:
        return 1 - _tail(math.log1p(-share), b, a)
    return _tail(math.log(share), a, b)


def _tail(log_share: float, a: float, b: float) -> float:
    """Return below which value a share of at most a half lies, by Newton's method.

    In logarithms both ways: far below the middle such a share is a power of the value. A step that
    leaves the bracket is replaced by halving it.
    """
    low, high = 0.0, 1.0
    x = a / (a + b)
    for _ in range(_STEPS):
        found = log_share_below(x, a, b)
        low, high = (x, high) if found < log_share else (low, x)
        slope = x * math.exp(_log_density(x, a, b) - found)
        nearer = x * math.exp(min((log_share - found) / slope, _FARTHEST))
        if not low < nearer < high:
            nearer = (low + high) / 2
        if abs(nearer - x) <= 1e-15 * x:
            break
        x = nearer
    return x


def _low(successes: float, n: float, outside: float) -> float:
    if successes == 0:
        return 0.0
    if successes == n:
        return math.exp(math.log(outside) / n)
    return value_at(outside, successes, n - successes + 1)


def _high(successes: float, n: float, outside: float) -> float:
    if successes == n:
        return 1.0
    if successes == 0:
        return -math.expm1(math.log(outside) / n)
    return 1 - value_at(outside, n - successes, successes + 1)


def _checked(successes: float, n: float, certainty: float) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no count")
    if not 0 < certainty < 1:
        raise ValueError(f"a certainty lies between 0 and 1: {certainty}")


def _log_density(x: float, a: float, b: float) -> float:
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return (a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - log_beta


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    c = 1.0
    d = 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + even * d)
        c = 1 + even / c
        value *= d * c
        d = 1 / (1 + odd * d)
        c = 1 + odd / c
        change = d * c
        value *= change
        if abs(change - 1) < _EPSILON:
            break
    return value
