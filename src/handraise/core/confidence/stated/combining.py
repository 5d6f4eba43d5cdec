"""One confidence from several: agreement, log-probabilities and a verbal number together.

The mean is taken of log-odds: every voice counts, so decisions that tie by one of them are told
apart by the others, which the least of them would not do. No voice counts for certain.
"""

from __future__ import annotations

import math
from typing import Any

from handraise.core.table.values import number, sequence

EDGE = 1e-3
"""A confidence nearer to 0 or 1 counts as that near, so that one voice never outweighs all."""


def combined_confidence(*confidences: Any, weights: Any = None) -> float | None:
    """Return the weighted mean of several confidences, on the scale of log-odds.

    It rises with each of them and lies between the least and the greatest. It is a score, not a
    probability: voices that repeat each other make nothing surer. Calibrate it.

    Args:
        confidences: each in [0, 1]; below 0.001 and above 0.999 they count as that.
        weights: list or tuple, one for each, at least 0 and not all 0; None: all the same.

    Returns:
        In [0.001, 0.999]; None where any of them is none, for none at all, and for weights that
        do not fit.

    Source: the logarithmic opinion pool of two outcomes, Genest, Zidek, "Combining probability
        distributions", Statistical Science 1986, section 3.

    Example:
        >>> round(combined_confidence(0.8, 0.9), 3)
        0.857
        >>> combined_confidence(0.8, None) is None
        True
    """
    given = [1] * len(confidences) if weights is None else sequence(weights)
    if given is None or len(given) != len(confidences):
        return None
    shares = [number(weight) for weight in given]
    values = [number(confidence) for confidence in confidences]
    voices = [
        (math.log(kept / (1 - kept)), share)
        for value, share in zip(values, shares, strict=True)
        if value is not None and 0 <= value <= 1 and share is not None and share >= 0
        for kept in [min(max(value, EDGE), 1 - EDGE)]
    ]
    heaviest = max((share for _, share in voices), default=0)
    if len(voices) < len(values) or heaviest == 0:
        return None
    parts = [(odds, share / heaviest) for odds, share in voices]
    mean = math.fsum(odds * share for odds, share in parts) / math.fsum(w for _, w in parts)
    return min(max(1 / (1 + math.exp(-mean)), EDGE), 1 - EDGE)
