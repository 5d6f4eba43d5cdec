"""Made-up agents whose true error rate is known, and slow plain readings of the statistics."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import beta

Rates = Callable[[NDArray[np.float64]], NDArray[np.float64]]

TOUCH = 1 + 1e-9
"""By so much a flat error rate is above the target, so that going ahead at all breaks the promise."""


class Agent(Struct, frozen=True):
    """An agent whose confidence is 1 - q, with q even on [0, 1].

    Attributes:
        error: how likely it is wrong at q.
        risk: the true error rate of all decisions up to q.
    """

    error: Rates
    risk: Rates

    def labels(self, seed: int, *shape: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return confidences, and whether they were wrong."""
        rng = np.random.default_rng(seed)
        q = rng.random(shape)
        return 1 - q, rng.random(shape) < self.error(q)

    def breaks(self, threshold: float | None, max_error: float) -> bool:
        """Return whether decisions to come have more errors than promised."""
        return threshold is not None and bool(self.risk(np.array(1 - threshold)) > max_error)


def flat(rate: float) -> Agent:
    """Return an agent whose confidence says nothing, and who errs a touch more than `rate`."""
    return Agent(lambda q: np.full_like(q, rate * TOUCH), lambda q: np.full_like(q, rate * TOUCH))


SMOOTH = Agent(lambda q: 0.002 + 0.6 * q**3, lambda q: 0.002 + 0.15 * q**3)

TOO_SURE = Agent(
    lambda q: np.where(q < 0.03, 0.06, 0.002 + 0.6 * q**3),
    lambda q: np.where(
        q < 0.03, 0.06, (0.03 * 0.06 + 0.002 * (q - 0.03) + 0.15 * (q**4 - 0.03**4)) / q
    ),
)
"""The surest 3 % are wrong 6 times in 100."""

SAFE_TOP = Agent(
    lambda q: np.where(q < 0.1, 0.001, 0.3),
    lambda q: np.where(q < 0.1, 0.001, (0.1 * 0.001 + 0.3 * (q - 0.1)) / q),
)
"""Only the surest tenth is safe."""


def passes_up_to(max_error: float, delta: float, labels: int) -> list[int]:
    """Return how many errors pass among 0, 1, … labels, -1 for none, by Clopper-Pearson bounds."""
    allowed = [-1]
    for accepted in range(1, labels + 1):
        errors = allowed[-1]
        # Among one more at most one more error passes.
        if errors + 1 < accepted:
            bound = beta.ppf(1 - delta, errors + 2, accepted - errors - 1)
            errors += bool(bound <= max_error)
        allowed.append(errors)
    return allowed


def plain_threshold(confidence, wrong, allowed: list[int], first: int) -> float | None:
    """Return the threshold of fixed-sequence testing, label by label; no two scores are the same.

    Args:
        confidence: shape (n,).
        wrong: shape (n,).
        allowed: how many errors pass among 0, 1, … labels.
        first: how many labels the first threshold accepts.
    """
    found, errors = None, 0
    for accepted, (score, is_wrong) in enumerate(
        sorted(zip(confidence.tolist(), wrong.tolist(), strict=True), reverse=True), start=1
    ):
        errors += is_wrong
        if accepted >= first:
            if errors > allowed[accepted]:
                break
            found = score
    return found
