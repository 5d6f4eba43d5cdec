"""Which false-alarm rates some held-out rows can carry. Needs no arrays."""

from __future__ import annotations

LEAST_ROWS = 3
"""So many held-out rows must be as unusual as what is stopped at the lowest rate, it among them."""


def least_rate(held_out: int) -> float:
    """Return the lowest false-alarm rate that so many held-out rows can carry, in (0, 1].

    At it three rows draw the line: where one did, one mislabelled row would let everything pass.
    """
    return min(LEAST_ROWS / (held_out + 1), 1.0)


def held_out_for(least: float) -> int:
    """Return how many held-out rows carry a lowest rate, at least 1; see `least_rate`."""
    return max(round(LEAST_ROWS / least) - 1, 1)
